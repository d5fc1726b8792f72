//! The data key: 32 random bytes that encrypt one vault.

use zeroize::Zeroizing;

use crate::encoding::push_hex;
use crate::secret::Secret32;

/// Bytes of a page of an encrypted database. Each is encrypted and authenticated for itself, with some work that does not
/// depend on its size.
pub const PAGE: u32 = 8 * 1024;
/// What authenticates each page of an encrypted database, as SQLCipher names it: every chip of these years computes it
/// in its own instructions, phones' included, and no page is read or written without.
pub const PAGE_MAC: &str = "HMAC_SHA256";

/// The key of one database. Made once, wrapped in key slots, never stored bare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKey(Secret32);

impl DataKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(Secret32::random())
    }

    pub(crate) fn from_secret(secret: Secret32) -> Self {
        Self(secret)
    }

    pub(crate) fn secret(&self) -> &Secret32 {
        &self.0
    }

    /// What SQLCipher takes as `PRAGMA key`, without the outer quotes: `x'`, 64 hexadecimal digits of key, 32 of the
    /// database's salt, `'`. A raw key: SQLCipher runs no key derivation of its own on it.
    pub fn sqlcipher_key(&self, db_salt: &[u8; 16]) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(3 + 64 + 32));
        text.push_str("x'");
        push_hex(&mut text, self.0.as_bytes());
        push_hex(&mut text, db_salt);
        text.push('\'');
        text
    }

    /// A key for something else inside the vault; `info` names what, for example `attachment/<id>`.
    pub fn derive(&self, info: &str) -> Secret32 {
        let named = [b"porchlight/v1/vault/", info.as_bytes()].concat();
        self.0.hkdf(None, &named)
    }
}

/// Openings of encrypted databases take turns in one process: hold this until the key has been given.
///
/// SQLCipher sets up state of the whole process at the first keys, and a simultaneous first use was once seen to lose
/// one. It costs nothing to wait a millisecond.
pub fn opening() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sqlcipher_key_has_the_form_that_sqlcipher_takes_raw() {
        let key = DataKey::from_secret(Secret32::from_bytes([0xa5; 32]));
        let text = key.sqlcipher_key(&[0x0f; 16]);
        assert_eq!(*text, format!("x'{}{}'", "a5".repeat(32), "0f".repeat(16)));
        assert_eq!(text.len(), text.capacity());
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_from_the_key_itself() {
        let key = DataKey::generate();
        assert_eq!(key.derive("drafts"), key.derive("drafts"));
        assert_ne!(key.derive("drafts"), key.derive("attachment/1"));
        assert_ne!(key.derive(""), *key.secret());
        assert_ne!(DataKey::generate(), key);
    }
}
