//! A vault opened by hand, past the app: what is really in the file.

use crate::pages::{self, Found, PAGE};
use crypto::passphrase::Passphrase;
use crypto::secret::Secret32;
use crypto::slots::StoredSlot;
use crypto::vault_key::{DataKey, PAGE_MAC};
use rusqlite::Connection;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use store::secrets::{self, SecretStore};

/// The key and the file of one vault.
pub struct RawVault {
    file: PathBuf,
    salt: [u8; 16],
    key: DataKey,
}

#[derive(Deserialize)]
struct Slots {
    salt: [u8; 16],
    slots: Vec<StoredSlot>,
}

impl RawVault {
    /// Unwraps the key of a user's vault in the app's `folder`, whose device secret is a file.
    ///
    /// # Errors
    /// Whatever is wrong with the files, or with the passphrase.
    pub fn open(folder: &Path, user: &str, passphrase: &str) -> anyhow::Result<Self> {
        let secret = secrets::load(SecretStore::File, folder, "")?;
        Self::at(&folder.join("vaults").join(user), &secret, passphrase)
    }

    /// Unwraps the key of the vault in a folder of its own.
    ///
    /// # Errors
    /// As [`RawVault::open`].
    pub fn at(vault: &Path, secret: &Secret32, passphrase: &str) -> anyhow::Result<Self> {
        let slots: Slots = serde_json::from_slice(&std::fs::read(vault.join("slots.json"))?)?;
        let typed = Passphrase::new(passphrase);
        let key = slots.slots.iter().find_map(|slot| slot.open(&typed, secret).ok());
        let key = key.ok_or_else(|| anyhow::anyhow!("no slot opens"))?;
        Ok(Self { file: vault.join("vault.db"), salt: slots.salt, key })
    }

    /// Where the database is.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A connection of one's own.
    ///
    /// # Errors
    /// The database's.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        self.connect_to(&self.file)
    }

    /// A connection to a copy of the database.
    ///
    /// # Errors
    /// The database's.
    pub fn connect_to(&self, copy: &Path) -> anyhow::Result<Connection> {
        let db = Connection::open(copy)?;
        db.execute_batch(&format!("pragma key = \"{}\";", *self.key.sqlcipher_key(&self.salt)))?;
        db.execute_batch(&format!(
            "pragma cipher_page_size = {PAGE}; pragma cipher_hmac_algorithm = {PAGE_MAC};"
        ))?;
        Ok(db)
    }

    /// What lies in its files, page by page, free pages and the log file included.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn pages(&self) -> anyhow::Result<Found> {
        self.pages_of(&self.file)
    }

    /// As [`RawVault::pages`], of a copy of the database.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn pages_of(&self, copy: &Path) -> anyhow::Result<Found> {
        let text = self.key.sqlcipher_key(&self.salt);
        let mut key = [0; 32];
        for (byte, digits) in key.iter_mut().zip(text.as_bytes()[2..66].chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits)?, 16)?;
        }
        pages::scan(copy, &key)
    }

    /// What SQLite and SQLCipher find wrong with the file; nothing when it is whole.
    ///
    /// # Errors
    /// When it does not open at all.
    pub fn faults(&self) -> anyhow::Result<Vec<String>> {
        let db = self.connect()?;
        let mut faults = rows(&db, "pragma cipher_integrity_check")?;
        faults.extend(rows(&db, "pragma integrity_check")?.into_iter().filter(|line| line != "ok"));
        Ok(faults)
    }

    /// Every value of every table, as text: rows, and what the search index and its shadow tables hold.
    ///
    /// # Errors
    /// The database's.
    pub fn everything(&self) -> anyhow::Result<String> {
        let db = self.connect()?;
        let mut all = String::new();
        for table in rows(&db, "select name from sqlite_master where type = 'table'")? {
            let mut query = db.prepare(&format!("select * from \"{table}\""))?;
            let columns = query.column_count();
            let mut found = query.query([])?;
            while let Some(row) = found.next()? {
                for column in 0..columns {
                    all.push_str(&String::from_utf8_lossy(bytes(row.get_ref(column)?)));
                    all.push('\n');
                }
            }
        }
        Ok(all)
    }
}

fn rows(db: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    db.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

/// Numbers say nothing that a marker could hide in.
fn bytes(value: rusqlite::types::ValueRef<'_>) -> &[u8] {
    match value {
        rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => bytes,
        _ => &[],
    }
}
