//! Making, opening and re-wrapping a vault.

use super::*;
use crate::{UnlockError, Vault, database};
use crypto::secret::Secret32;

const GOOD: &str = "kestrel dune nine lamps";
const OTHER: &str = "tulip harbor violin march 4";

fn secret() -> Secret32 {
    Secret32::from_bytes([9; 32])
}

fn made() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Vault::create(dir.path(), ids(), GOOD, &secret(), "file", &[]).unwrap();
    store.say_hello();
    store.lock();
    dir
}

trait Hello {
    fn say_hello(&self);
}

impl Hello for Store {
    fn say_hello(&self) {
        self.save_draft("hello", None, &json!("zanzibarquokka"), NOW).unwrap();
    }
}

fn unlock(dir: &TempDir, passphrase: &str, now: Millis) -> Result<Store, UnlockError> {
    Vault::unlock(dir.path(), passphrase, &secret(), now)
}

#[test]
fn a_vault_opens_with_its_passphrase_and_device_secret_only() {
    let dir = made();
    assert_eq!(unlock(&dir, GOOD, NOW).unwrap().draft("hello").unwrap().unwrap().body, "zanzibarquokka");
    assert!(matches!(unlock(&dir, OTHER, NOW), Err(UnlockError::WrongPassphrase { wait_ms: 0 })));
    assert_eq!(Vault::describe(dir.path()).unwrap(), (ids(), "file".to_owned()));
    // Another device's secret opens nothing, and cannot even read the counter.
    let foreign = Vault::unlock(dir.path(), GOOD, &Secret32::from_bytes([8; 32]), NOW);
    assert!(matches!(foreign, Err(UnlockError::Locked)));
    let again = Vault::create(dir.path(), ids(), GOOD, &secret(), "file", &[]);
    assert!(matches!(again, Err(UnlockError::Exists)));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(unlock(&empty, GOOD, NOW), Err(UnlockError::NoVault)));
    let easy = Vault::create(empty.path(), ids(), "password password", &secret(), "file", &[]);
    assert!(matches!(easy, Err(UnlockError::Passphrase(_))));
}

#[test]
fn wrong_tries_are_counted_across_restarts_and_before_they_are_made() {
    let dir = made();
    for _ in 0..4 {
        assert!(matches!(unlock(&dir, OTHER, NOW), Err(UnlockError::WrongPassphrase { wait_ms: 0 })));
    }
    assert!(matches!(unlock(&dir, OTHER, NOW), Err(UnlockError::WrongPassphrase { wait_ms: 30_000 })));
    assert!(matches!(unlock(&dir, GOOD, NOW.plus(10_000)), Err(UnlockError::Throttled { wait_ms: 20_000 })));
    assert_eq!(Vault::wait_ms(dir.path(), &secret(), NOW).unwrap(), Some(30_000));
    assert!(matches!(
        Vault::change_passphrase(dir.path(), GOOD, OTHER, &secret(), NOW),
        Err(UnlockError::Throttled { .. })
    ));
    unlock(&dir, GOOD, NOW.plus(30_000)).unwrap().lock();
    assert_eq!(
        Vault::wait_ms(dir.path(), &secret(), NOW).unwrap(),
        Some(0),
        "the right one clears the count"
    );
    // A counter that was removed counts as locked, not as zero.
    std::fs::remove_file(dir.path().join("throttle.json")).unwrap();
    assert!(matches!(unlock(&dir, GOOD, NOW), Err(UnlockError::Locked)));
    assert_eq!(Vault::wait_ms(dir.path(), &secret(), NOW).unwrap(), None);
}

#[test]
fn a_new_passphrase_replaces_the_old_one() {
    let dir = made();
    Vault::change_passphrase(dir.path(), GOOD, OTHER, &secret(), NOW).unwrap();
    assert!(matches!(unlock(&dir, GOOD, NOW), Err(UnlockError::WrongPassphrase { .. })));
    assert!(unlock(&dir, OTHER, NOW).unwrap().draft("hello").unwrap().is_some());
}

#[test]
fn the_files_are_neither_plain_nor_open_to_others() {
    let dir = made();
    let store = unlock(&dir, GOOD, NOW).unwrap();
    store.say_hello();
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.starts_with(b"SQLite format 3"));
        assert!(!bytes.windows(14).any(|window| window == b"zanzibarquokka"));
    }
    let plain = rusqlite::Connection::open(dir.path().join("vault.db")).unwrap();
    assert!(plain.query_row("select count(*) from sqlite_master", [], |row| row.get::<_, i64>(0)).is_err());
    let wrong = database::open_writer(&dir.path().join("vault.db"), &DataKey::generate(), &[7; 16]);
    assert!(matches!(wrong, Err(UnlockError::Damaged)));
}

#[test]
fn every_connection_is_opened_in_the_safe_way() {
    let phone = Phone::new();
    let settings = |db: &rusqlite::Connection| {
        let ask = |name: &str| {
            let answer =
                db.query_row(&format!("pragma {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0));
            match answer.unwrap() {
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => panic!("{other:?}"),
            }
        };
        let names = [
            "cipher_memory_security",
            "journal_mode",
            "synchronous",
            "auto_vacuum",
            "trusted_schema",
            "cell_size_check",
            "temp_store",
            "secure_delete",
        ];
        assert_eq!(names.map(ask), ["1", "wal", "2", "2", "0", "1", "2", "1"]);
        assert!(db.db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DEFENSIVE).unwrap());
        let secure = |table: &str| {
            let sql = format!("select v from {table}_config where k = 'secure-delete'");
            db.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!((secure("search_names"), secure("search_notes")), (1, 1));
        Ok(())
    };
    phone.store.alone(settings).unwrap();
    phone.store.read(settings).unwrap();
    let refused = phone.store.read(|db| Ok(db.execute("delete from meta", [])?));
    assert!(refused.is_err(), "a reader cannot write");
}

#[test]
fn a_vault_of_a_newer_app_is_left_alone() {
    let phone = Phone::new();
    phone
        .store
        .alone(|db| {
            db.execute_batch(
                "insert into refinery_schema_history (version, name, applied_on, checksum)
                 values (9999, 'later', '2027-01-01T00:00:00Z', '1');",
            )?;
            Ok(())
        })
        .unwrap();
    phone.store.clone().lock();
    assert!(matches!(Store::open(phone.dir.path(), &phone.key, &[7; 16], &ids()), Err(UnlockError::TooNew)));
}

#[test]
fn slots_that_make_no_sense_are_damage_and_nothing_is_thrown_away() {
    let dir = made();
    let slots = dir.path().join("slots.json");
    let text = std::fs::read_to_string(&slots).unwrap();
    std::fs::write(&slots, &text[..text.len() / 2]).unwrap();
    assert!(matches!(unlock(&dir, GOOD, NOW), Err(UnlockError::Damaged)));
    std::fs::write(&slots, text.replacen("\"version\": 1", "\"version\": 2", 1)).unwrap();
    assert!(matches!(unlock(&dir, GOOD, NOW), Err(UnlockError::TooNew)));
    std::fs::write(&slots, text).unwrap();
    unlock(&dir, GOOD, NOW).unwrap();
}
