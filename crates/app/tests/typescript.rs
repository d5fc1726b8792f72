//! The committed types are those of the code.

#[test]
fn the_types_that_the_screens_use_are_those_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/lib/api/types.ts");
    let fresh = app::typescript::file();
    if std::env::var_os("WRITE_TYPES").is_some() {
        std::fs::write(path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == fresh, "ui/src/lib/api/types.ts is stale: run `make types` and commit it");
}
