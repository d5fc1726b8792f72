//! Secret bytes that wipe themselves, and the operating system's randomness.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret bytes: wiped on drop, compared in constant time, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret32([u8; 32]);

impl Secret32 {
    /// Takes bytes over. The caller wipes its own copy.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new random secret.
    ///
    /// # Panics
    /// As [`random_bytes`].
    pub fn random() -> Self {
        let mut secret = Self([0; 32]);
        fill_random(&mut secret.0);
        secret
    }

    /// The bytes, for a keystore or a 0600 file. Nothing else should need them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA256 with this secret as key material: another secret, for the purpose named by `info`.
    pub(crate) fn hkdf(&self, salt: Option<&[u8]>, info: &[u8]) -> Secret32 {
        let mut derived = Secret32([0; 32]);
        let (mut extracted, hkdf) = Hkdf::<Sha256>::extract(salt, &self.0);
        extracted.as_mut_slice().zeroize();
        hkdf.expand(info, &mut derived.0).expect("HKDF gives up to 255 blocks, and this is one");
        derived
    }

    /// HMAC-SHA256 over `message` with this secret.
    pub(crate) fn hmac(&self, message: &[u8]) -> Secret32 {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(message);
        Secret32(mac.finalize().into_bytes().into())
    }
}

/// Wipes the stack below when it is dropped: what was called meanwhile may have left there what it worked on. SQLite
/// sorts the cells of pages on the stack, and nothing else would wipe that.
#[derive(Debug)]
pub struct Swept;

impl Swept {
    /// Bytes of stack: SQLite's scratch for pages of 8 KiB, and what lies between.
    const DEPTH: usize = 96 * 1024;

    #[inline(never)]
    fn sweep() {
        let mut below = [0; Self::DEPTH];
        std::hint::black_box::<&mut [u8]>(&mut below);
    }
}

impl Drop for Swept {
    fn drop(&mut self) {
        Self::sweep();
    }
}

impl PartialEq for Secret32 {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret32 {}

impl fmt::Debug for Secret32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret32(…)")
    }
}

/// `N` random bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give (a sandbox that forbids the call). No key may be made then, and no
/// caller could go on.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill_random(&mut bytes);
    bytes
}

/// Fills bytes with the operating system's randomness.
///
/// # Panics
/// As [`random_bytes`].
pub fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret32::from_bytes([0xab; 32])), "Secret32(…)");
    }

    #[test]
    fn equality_looks_at_every_byte() {
        let secret = Secret32::from_bytes([7; 32]);
        for i in 0..32 {
            let mut other = [7; 32];
            other[i] ^= 1;
            assert_ne!(secret, Secret32::from_bytes(other));
        }
        assert_eq!(secret, secret.clone());
    }

    #[test]
    fn random_secrets_differ() {
        assert_ne!(Secret32::random(), Secret32::random());
        assert_ne!(random_bytes::<16>(), random_bytes::<16>());
    }

    /// RFC 4231, test case 2 has a 4-byte key; ours are 32 bytes, so the key is padded here with its zeros, which
    /// HMAC does anyway.
    #[test]
    fn hmac_matches_rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let tag = Secret32::from_bytes(key).hmac(b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(crate::encoding::hex(tag.as_bytes()), expected);
    }
}
