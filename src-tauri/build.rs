//! Embeds ui/dist and the capabilities. Naming the commands here makes each of them need a permission: one that
//! no capability grants cannot be called, even by our own page.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&["call", "save_file"]);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands)) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
