//! At rest: fifty words typed through the app, and no file of the device, of its temporary folder, of its home, of the
//! log or of the county holds one of them: not while it is open, not after a crash, not locked.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use crypto::vault_key::{DataKey, PAGE, PAGE_MAC};
use rusqlite::Connection;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tests::device::{Device, PASSPHRASE};
use tests::markers::{MARKERS, files, find, held, marker};
use tests::vault::RawVault;

/// A child that has everything it may write to inside `folder`; it says one line and waits.
fn child(folder: &Path, arguments: &[&str]) -> (Child, String) {
    for inside in ["tmp", "home"] {
        std::fs::create_dir_all(folder.join(inside)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_porchlight-child"));
    command.args(arguments).current_dir(folder.join("home")).env("TMPDIR", folder.join("tmp"));
    for home in ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(home, folder.join("home"));
    }
    let errors = std::fs::File::options().create(true).append(true).open(folder.join("errors.txt")).unwrap();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    (child, said.trim().to_owned())
}

fn assert_clean(folder: &Path, state: &str) {
    assert_eq!(find(folder).unwrap(), [], "{state}");
    let vault = files(folder).unwrap().into_iter().filter(|file| file.ends_with("vault.db"));
    assert_eq!(vault.count(), 1, "{state}: the search went through the vault");
}

/// Bits of surprise in each byte, 8 at most.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let shares = counts.iter().filter(|count| **count > 0).map(|n| f64::from(*n) / bytes.len() as f64);
    shares.map(|share| -share * share.log2()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_typed_can_be_read_in_any_file() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let path = folder.to_str().unwrap();
    let (mut open, said) = child(folder, &["markers", path]);
    let user = said.strip_prefix("open ").unwrap_or_else(|| panic!("the child said {said:?}")).to_owned();
    assert_clean(folder, "open");
    open.kill().unwrap();
    open.wait().unwrap();
    assert_clean(folder, "killed");
    let (mut locked, said) = child(folder, &["markers-locked", path, &user]);
    assert_eq!(said, "locked");
    assert_clean(folder, "locked");
    locked.kill().unwrap();
    locked.wait().unwrap();

    let phone = folder.join("maria");
    let vault = phone.join("vaults").join(&user);
    let database = vault.join("vault.db");
    let bytes = std::fs::read(&database).unwrap();
    let entropy = entropy(&bytes);
    assert!(entropy > 7.9, "{entropy} bits per byte");
    assert!(!bytes.starts_with(b"SQLite format 3"));
    no_key_but_the_right_one(&database);
    let raw = RawVault::open(&phone, &user, PASSPHRASE).unwrap();
    let inside = held(raw.everything().unwrap().as_bytes());
    // Searches and what was refused were never kept, and a dropped draft is gone.
    let never = BTreeSet::from([41, 42, 46, 47, 48, 49]);
    let expected: BTreeSet<usize> = (0..MARKERS).filter(|n| !never.contains(n)).collect();
    assert_eq!(inside, expected, "the vault holds what was typed, and no more");
    a_copied_vault_opens_nowhere_else(&phone, &user).await;
}

fn no_key_but_the_right_one(database: &Path) {
    let tries = |pragma: Option<String>| {
        let db = Connection::open(database).unwrap();
        if let Some(pragma) = pragma {
            let sizes =
                format!("pragma cipher_page_size = {PAGE}; pragma cipher_hmac_algorithm = {PAGE_MAC};");
            db.execute_batch(&format!("pragma key = \"{pragma}\"; {sizes}")).unwrap();
        }
        db.query_row("select count(*) from sqlite_master", [], |row| row.get::<_, i64>(0))
    };
    let salt: [u8; 16] = std::fs::read(database).unwrap()[..16].try_into().unwrap();
    for key in [None, Some(DataKey::generate().sqlcipher_key(&salt).to_string()), Some(PASSPHRASE.to_owned())]
    {
        let error = tries(key).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::NotADatabase));
    }
}

/// Copied files are worth nothing without the device's secret, even to somebody who knows the passphrase.
async fn a_copied_vault_opens_nowhere_else(phone: &Path, user: &str) {
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = |name: &str, with_secret: bool| {
        let folder = elsewhere.path().join(name);
        for file in files(phone).unwrap() {
            let inside = file.strip_prefix(phone).unwrap();
            if with_secret || inside.starts_with("vaults") {
                let to = folder.join(inside);
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(&file, to).unwrap();
            }
        }
        folder
    };
    let bare = copy("bare", false);
    let error = Device::at(&bare, user).unlock().await.unwrap_err();
    assert_eq!(error.code, "device_secret_missing");
    // On a device that has a secret of its own.
    let other = copy("other", false);
    store::secrets::obtain(&other, "", store::secrets::Preference::FileOnly).unwrap();
    assert_eq!(Device::at(&other, user).unlock().await.unwrap_err().code, "passphrase_locked");
    assert!(RawVault::open(&other, user, PASSPHRASE).is_err(), "the key itself does not unwrap");
    // The control: with the secret the same copy opens.
    let whole = copy("whole", true);
    Device::at(&whole, user).unlock().await.unwrap();
}

/// The same search finds all fifty in a database without encryption, in either encoding, in the file or in its log.
#[test]
fn the_search_finds_the_markers_where_nothing_is_encrypted() {
    for encoding in ["UTF-8", "UTF-16le"] {
        for journal in ["wal", "delete"] {
            let folder = tempfile::tempdir().unwrap();
            let db = Connection::open(folder.path().join("plain.db")).unwrap();
            db.execute_batch(&format!(
                "pragma encoding = '{encoding}'; pragma journal_mode = {journal}; create table note (body text);"
            ))
            .unwrap();
            for n in 0..MARKERS {
                let body = json!({ "notes": marker(n).to_uppercase() }).to_string();
                db.execute("insert into note values (?1)", [body]).unwrap();
            }
            let found = find(folder.path()).unwrap();
            let all: BTreeSet<usize> = found.into_iter().flat_map(|(_, held)| held).collect();
            assert_eq!(all.len(), MARKERS, "{encoding} {journal}");
        }
    }
}
