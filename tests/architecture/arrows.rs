//! Holds the rooms of the house to their arrows: who may name whom, what stays pure, and who may speak to Tauri.
//!
//! The same list stands in docs/ARCHITECTURE.md; this test also sees to it that the two agree.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every room, and the rooms that it may name. `porchlight` is the shell in `src-tauri`.
const ARROWS: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("crypto", &[]),
    ("sync", &["domain", "crypto"]),
    ("store", &["domain", "crypto", "sync"]),
    ("exchange", &["domain"]),
    ("app", &["domain", "crypto", "sync", "store", "exchange"]),
    ("server", &["domain", "crypto", "sync", "exchange"]),
    ("porchlight", &["app"]),
    ("tests", &["domain", "crypto", "sync", "store", "exchange", "app", "server"]),
];

/// The most lines of a Rust file. One that outgrows it usually holds two ideas.
const MOST_LINES: usize = 450;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the workspace").to_owned()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo speaks JSON");
    metadata["packages"].as_array().expect("a list of packages").clone()
}

/// Every file below `folder` whose name ends in one of `endings`, without what was built, fetched or generated.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("a folder that can be listed").path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !["target", "node_modules", "gen", "dist"].contains(&name.as_str()) {
                folders.push(path);
            } else if path.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing in {}: is it still the place to look?", folder.display());
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of all kinds of dependency: a test that needs an upper room belongs into the upper room.
fn rooms_named_by(package: &Value, rooms: &BTreeSet<&str>) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("a list of dependencies").iter();
    let names = all.filter_map(|dependency| dependency["name"].as_str());
    names.filter(|name| rooms.contains(name)).map(str::to_owned).collect()
}

#[test]
fn rooms_name_only_the_rooms_they_may() {
    let packages = packages();
    let rooms: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    let members: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    assert_eq!(members, rooms, "a room was added or left: say here whom it may name");
    for package in &packages {
        let room = package["name"].as_str().unwrap_or_default();
        let (_, may) = ARROWS.iter().find(|(named, _)| *named == room).expect("checked above");
        let may: BTreeSet<String> = may.iter().map(|name| (*name).to_owned()).collect();
        let more: Vec<String> = rooms_named_by(package, &rooms).difference(&may).cloned().collect();
        assert!(more.is_empty(), "{room} must not name {more:?}");
    }
}

#[test]
fn the_arrows_are_those_of_the_map() {
    let map = read(&root().join("docs/ARCHITECTURE.md"));
    for (room, may) in ARROWS {
        let to = if may.is_empty() { "nothing".to_owned() } else { may.join(", ") };
        let line = format!("{room} → {to}");
        assert!(map.lines().any(|written| written.trim() == line), "docs/ARCHITECTURE.md lacks: {line}");
    }
}

#[test]
fn the_pure_rooms_have_no_clock_no_disk_and_no_network() {
    let outside = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "SystemTime",
        "Instant::now",
        "Utc::now",
        "Local::now",
    ];
    for room in ["domain", "exchange", "sync"] {
        for path in files(&root().join("crates").join(room).join("src"), &[".rs"]) {
            let text = read(&path);
            for word in outside {
                assert!(!text.contains(word), "{}: {word} is passed in, never fetched", path.display());
            }
        }
    }
}

#[test]
fn one_folder_of_the_screens_speaks_to_tauri() {
    let api = root().join("ui/src/lib/api");
    let mut speakers = 0;
    for path in files(&root().join("ui/src"), &[".ts", ".svelte", ".js", ".html"]) {
        let text = read(&path);
        let speaks = text.contains("@tauri-apps") || text.contains("__TAURI");
        assert!(!speaks || path.starts_with(&api), "{}: go through lib/api", path.display());
        speakers += u32::from(speaks);
    }
    assert!(
        speakers > 0,
        "lib/api no longer speaks to Tauri: does this test still look for the right words?"
    );
}

#[test]
fn rust_files_stay_short() {
    let mut long = Vec::new();
    for folder in ["crates", "src-tauri/src", "tests"] {
        for path in files(&root().join(folder), &[".rs"]) {
            let lines = read(&path).lines().count();
            if lines > MOST_LINES {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "split where a file holds two ideas:\n{}", long.join("\n"));
}
