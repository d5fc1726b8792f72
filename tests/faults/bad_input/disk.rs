//! A full disk: a small file system of the test's own, filled by the app, and then with room again.

use crate::{county, device, meet};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::{Command, Output};
use tests::device::Device;

/// Mounts a small file system where nobody else sees it, puts the device's folder there, and lets the child fill it.
const IN_A_SMALL_ROOM: &str = r#"
    set -e
    mount -t tmpfs -o size=6m,mode=700 tmpfs "$1"
    cp -a "$2/." "$1/"
    exec "$3" fill "$1" "$4" "$5"
"#;

/// Whether this machine lets the test have a file system of its own.
fn room(rights: &[&str]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mount = r#"mount -t tmpfs -o size=64k tmpfs "$1""#;
    let tried =
        Command::new("unshare").args(rights).args(["sh", "-c", mount, "sh"]).arg(folder.path()).output();
    tried.is_ok_and(|tried| tried.status.success())
}

fn fill(maria: &Device, person: &str) -> Option<Output> {
    let rights = [&["--mount"][..], &["--user", "--map-root-user", "--mount"][..]];
    let rights = rights.into_iter().find(|rights| room(rights))?;
    let small = tempfile::tempdir().unwrap();
    let mut child = Command::new("unshare");
    child.args(rights).args(["sh", "-c", IN_A_SMALL_ROOM, "sh"]);
    child.arg(small.path()).arg(&maria.folder).arg(env!("CARGO_BIN_EXE_porchlight-child"));
    Some(child.args([maria.user(), person]).output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_says_so_and_what_was_saved_stays() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let maria = device(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    let red = meet(&maria, "Red").await.as_str().unwrap().to_owned();
    maria.until_agreed().await.unwrap();
    maria.call(json!({ "do": "lock" })).await.unwrap();
    county.line.cut();
    let filled = tokio::task::spawn_blocking(move || fill(&maria, &red)).await.unwrap();
    let Some(filled) = filled else {
        println!("skipped: this machine gives a test no file system of its own (unshare --mount)");
        return;
    };
    let said = String::from_utf8(filled.stdout).unwrap();
    assert!(filled.status.success(), "{said} {}", String::from_utf8_lossy(&filled.stderr));
    let all = |what: &str| -> BTreeSet<&str> {
        said.lines().filter_map(|line| line.strip_prefix(what)?.strip_prefix(' ')).collect()
    };
    assert_eq!(all("refused"), BTreeSet::from(["disk_full"]));
    assert_eq!(all("draft-refused"), BTreeSet::from(["disk_full"]));
    let saved = all("saved");
    assert!(saved.len() > 10 && saved.contains("room-again"), "{said}");
    // Everything saved was readable while the disk was full, and is there after a restart, with the draft of before.
    assert_eq!(all("readable"), BTreeSet::from([(saved.len() - 1).to_string().as_str()]));
    assert_eq!(all("there"), saved);
    assert_eq!(all("draft"), BTreeSet::from(["before"]));
}
