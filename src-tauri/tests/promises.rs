//! The promises that are kept by configuration rather than by code: what the webview may ask, run and load, and
//! what a phone hides and leaves out of its backups. Somebody who loosens one has to change this file too.

// Helpers of a test are tests too: a file that cannot be read fails it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_under(&path, found) } else { found.push(path) }
    }
}

#[test]
fn a_page_may_call_one_command_save_a_file_and_listen_and_nothing_else() {
    let granted =
        json!(["allow-call", "allow-save-file", "core:event:allow-listen", "core:event:allow-unlisten"]);
    let mut platforms = Vec::new();
    for name in ["desktop", "mobile"] {
        let capability = json(&format!("capabilities/{name}.json"));
        assert_eq!(capability["permissions"], granted, "{name}");
        assert_eq!(capability["windows"], json!(["main"]), "{name}");
        assert!(capability.get("remote").is_none(), "{name}: no page from elsewhere may ask anything");
        platforms.extend(capability["platforms"].as_array().unwrap().clone());
    }
    assert_eq!(Value::from(platforms), json!(["linux", "macOS", "windows", "android", "iOS"]));
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("capabilities")).unwrap().count();
    assert_eq!(files, 2, "a capability that this test does not read");
}

#[test]
fn the_content_policy_lets_nothing_in_from_outside() {
    let config = json("tauri.conf.json");
    let security = &config["app"]["security"];
    assert_eq!(config["app"]["withGlobalTauri"], json!(false));
    assert_eq!(security["freezePrototype"], json!(true));
    let policy = security["csp"].as_object().unwrap();
    assert_eq!(policy["default-src"], "'none'");
    assert_eq!(policy["script-src"], "'self'");
    assert_eq!(policy["style-src"], "'self'");
    for fallback_free in ["base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(policy[fallback_free], "'none'");
    }
    let known = ["'none'", "'self'", "data:", "blob:", "ipc:", "http://ipc.localhost"];
    for (directive, sources) in policy {
        for source in sources.as_str().unwrap().split(' ') {
            assert!(known.contains(&source), "{directive} allows {source}");
        }
    }
}

#[test]
fn the_window_is_neutral_and_not_captured() {
    let config = json("tauri.conf.json");
    let windows = config["app"]["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0]["title"], "Porchlight");
    assert_eq!(windows[0]["contentProtected"], json!(true));
    assert_eq!(windows[0]["dragDropEnabled"], json!(false));
    assert_eq!(windows[0]["create"], json!(false), "window.rs opens it, privately");
    let shown = format!("{} {}", config["productName"], config["bundle"]["shortDescription"]).to_lowercase();
    for word in ["overdose", "drug", "opioid", "naloxone", "substance", "treatment", "health"] {
        assert!(!shown.contains(word), "the bundle says {word}");
    }
}

#[test]
fn android_hides_the_screen_and_backs_nothing_up() {
    let project = "gen/android/app/src/main";
    let manifest = text(&format!("{project}/AndroidManifest.xml"));
    for promise in [
        r#"android:allowBackup="false""#,
        r#"android:dataExtractionRules="@xml/data_extraction_rules""#,
        r#"android:fullBackupContent="@xml/backup_rules""#,
        r#"android:usesCleartextTraffic="false""#,
        r#"android:windowSoftInputMode="adjustResize""#,
    ] {
        assert!(manifest.contains(promise), "the manifest lacks {promise}");
    }
    let asked: Vec<_> = manifest.lines().filter(|line| line.contains("<uses-permission")).collect();
    assert_eq!(asked.len(), 3, "permissions: {asked:?}");
    for (line, permission) in asked.iter().zip(["INTERNET", "ACCESS_NETWORK_STATE", "CAMERA"]) {
        assert!(line.contains(&format!("permission.{permission}\"")), "{line}");
    }

    let activity = text(&format!("{project}/java/org/porchlight/field/MainActivity.kt"));
    assert!(activity.contains("FLAG_SECURE, WindowManager.LayoutParams.FLAG_SECURE"));
    for rules in ["backup_rules", "data_extraction_rules"] {
        let rules = text(&format!("{project}/res/xml/{rules}.xml"));
        assert!(rules.contains(r#"<exclude domain="root" path="." />"#) && !rules.contains("<include"));
    }
    let names = text(&format!("{project}/res/values/strings.xml"));
    assert_eq!(names.matches(">Porchlight<").count(), 2);
}

#[test]
fn the_android_project_builds_anywhere() {
    let mut files = Vec::new();
    files_under(&Path::new(env!("CARGO_MANIFEST_DIR")).join("gen/android"), &mut files);
    let sources = ["kt", "kts", "xml", "gradle", "properties", "pro"];
    let mut read = 0;
    for file in files
        .iter()
        .filter(|file| sources.iter().any(|ending| file.extension().is_some_and(|e| e == *ending)))
    {
        // Written by a local build or by the builder's own hand; git ignores them.
        if file.file_name().is_some_and(|name| name == "local.properties" || name == "keystore.properties") {
            continue;
        }
        let text = fs::read_to_string(file).unwrap();
        for place in ["/home/", "/root/", "/Users/", "/tmp/", "C:\\"] {
            assert!(!text.contains(place), "{} names a folder of one machine", file.display());
        }
        read += 1;
    }
    assert!(read > 10, "only {read} files of the project were found");
}
