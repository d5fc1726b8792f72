//! The pages of a vault's files as they lie on the disk, decrypted by hand with the vault's key: used pages, free
//! pages, and every frame of the log file, also those that no longer count. SQLite has no say in what is looked at.
//!
//! SQLCipher 4: pages, here of 8192 bytes, AES-256 in CBC mode, and at each page's end 16 bytes of initialisation vector and
//! 32 of authentication. The first 16 bytes of the file are the salt, where SQLite has its magic words.

use crate::markers;
use aes::Aes256;
use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use std::collections::BTreeSet;
use std::path::Path;

/// As the store makes them.
pub(crate) const PAGE: usize = crypto::vault_key::PAGE as usize;
const RESERVED: usize = 48;
const VECTOR: usize = 16;
const SALT: usize = 16;
/// The log file's header, and that of each page in it.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What was found in the pages of one vault.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Pages of the database, whether in use or free.
    pub pages: usize,
    /// Of those, how many the database says are free.
    pub free: usize,
    /// Pages in the log file.
    pub logged: usize,
    /// The markers in any of them.
    pub markers: BTreeSet<usize>,
}

/// Reads every page of `database` and of the log file beside it.
///
/// # Errors
/// A file that cannot be read, and a page that this key does not open.
pub fn scan(database: &Path, key: &[u8; 32]) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let file = std::fs::read(database)?;
    for (n, page) in file.chunks(PAGE).enumerate() {
        let text = decrypt(page, key, if n == 0 { SALT } else { 0 })?;
        if n == 0 {
            // Byte 36 of the header, as text that begins after the salt.
            let free = text[36 - SALT..40 - SALT].try_into()?;
            anyhow::ensure!(text[5] == 64 && text[6] == 32, "the first page is not a database's");
            found.free = u32::from_be_bytes(free) as usize;
        }
        found.markers.extend(markers::held(&text));
        found.pages += 1;
    }
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let log = match std::fs::read(log) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        log => log?,
    };
    for frame in log.get(LOG_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER + PAGE) {
        let number = u32::from_be_bytes(frame[..4].try_into()?);
        let text = decrypt(&frame[FRAME_HEADER..], key, if number == 1 { SALT } else { 0 })?;
        found.markers.extend(markers::held(&text));
        found.logged += 1;
    }
    Ok(found)
}

fn decrypt(page: &[u8], key: &[u8; 32], skip: usize) -> anyhow::Result<Vec<u8>> {
    anyhow::ensure!(page.len() == PAGE, "half a page");
    let vector: [u8; VECTOR] = page[PAGE - RESERVED..][..VECTOR].try_into()?;
    let mut text = page[skip..PAGE - RESERVED].to_vec();
    cbc::Decryptor::<Aes256>::new(key.into(), &vector.into())
        .decrypt_padded::<NoPadding>(&mut text)
        .map_err(|_| anyhow::anyhow!("not a multiple of a block"))?;
    Ok(text)
}
