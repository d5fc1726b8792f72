//! The key that a device proves itself with, and its public half that the county knows it by.

use std::fmt;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::encoding::{base64url, crockford, unbase64url_array};
use crate::error::{Forged, Malformed};
use crate::secret::Secret32;
use crate::signature::{PublicKey, Signature, sign};

/// An Ed25519 signing key, made on the device at enrolment; never leaves it. Wiped on drop, never printed.
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self::from_bytes(&Secret32::random())
    }

    /// Reads the seed that [`Self::to_bytes`] gave.
    pub fn from_bytes(seed: &Secret32) -> Self {
        Self(SigningKey::from_bytes(seed.as_bytes()))
    }

    /// The 32-byte seed, for the keystore or the vault.
    pub fn to_bytes(&self) -> Secret32 {
        Secret32::from_bytes(*self.0.as_bytes())
    }

    /// The public half.
    pub fn public(&self) -> DevicePublicKey {
        DevicePublicKey(PublicKey::of(&self.0))
    }

    /// Signs `message` for one purpose, for example `enrolment`. Requests have [`crate::proof`].
    pub fn sign(&self, purpose: &str, message: &[u8]) -> Signature {
        sign(&self.0, purpose, message)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", self.public().fingerprint())
    }
}

/// What the county knows a device by. base64url text in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DevicePublicKey(PublicKey);

impl DevicePublicKey {
    /// Takes the 32 bytes of RFC 8032, unchecked: no signature verifies under bytes that are no key.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(PublicKey(bytes))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }

    /// base64url without padding, 43 characters.
    pub fn to_text(&self) -> String {
        base64url(&self.0.0)
    }

    /// Reads [`Self::to_text`].
    ///
    /// # Errors
    /// Not 32 bytes of base64url.
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        unbase64url_array(text).map(Self::from_bytes)
    }

    /// For people to compare on two screens: 80 bits of the key's hash in four groups, such as `7Q2M-0XKD-4T9R-WZ3B`.
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::new_with_prefix(b"porchlight/v1/fingerprint").chain_update(self.0.0).finalize();
        crockford(&hash[..10], 4)
    }

    /// Checks a signature of [`DeviceKey::sign`].
    ///
    /// # Errors
    /// Another key, purpose or message.
    pub fn verify(&self, purpose: &str, message: &[u8], signature: &Signature) -> Result<(), Forged> {
        self.0.verify(purpose, message, signature)
    }
}

impl fmt::Debug for DevicePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DevicePublicKey({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_the_keystore() {
        let key = DeviceKey::generate();
        let again = DeviceKey::from_bytes(&key.to_bytes());
        assert_eq!(again.public(), key.public());
        let signature = again.sign("enrolment", b"hello");
        assert_eq!(key.public().verify("enrolment", b"hello", &signature), Ok(()));
    }

    #[test]
    fn another_key_purpose_or_message_is_refused() {
        let (key, other) = (DeviceKey::generate(), DeviceKey::generate());
        let signature = key.sign("enrolment", b"hello");
        assert_eq!(other.public().verify("enrolment", b"hello", &signature), Err(Forged));
        assert_eq!(key.public().verify("enrolmenth", b"ello", &signature), Err(Forged));
        assert_eq!(key.public().verify("enrolment", b"hallo", &signature), Err(Forged));
    }

    #[test]
    fn weak_keys_and_stretched_signatures_are_refused() {
        // The identity point verifies anything under a lax verifier.
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut any = [0; 64];
        any[0] = 1;
        let signature = Signature::from_bytes(any);
        assert_eq!(DevicePublicKey::from_bytes(identity).verify("p", b"m", &signature), Err(Forged));
        // s + L is the same scalar written differently.
        let key = DeviceKey::generate();
        let mut bytes = *key.sign("p", b"m").as_bytes();
        const L: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut carry = 0;
        for (byte, add) in bytes[32..].iter_mut().zip(L) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(key.public().verify("p", b"m", &Signature::from_bytes(bytes)), Err(Forged));
    }

    #[test]
    fn public_keys_and_signatures_travel_as_text() {
        let key = DeviceKey::generate();
        let text = serde_json::to_string(&key.public()).unwrap();
        assert_eq!(text, format!("\"{}\"", key.public().to_text()));
        assert_eq!(serde_json::from_str::<DevicePublicKey>(&text).unwrap(), key.public());
        assert_eq!(DevicePublicKey::from_text(&key.public().to_text()), Ok(key.public()));
        let signature = key.sign("p", b"m");
        assert_eq!(Signature::from_text(&signature.to_text()), Ok(signature));
        assert!(serde_json::from_str::<DevicePublicKey>("\"AAAA\"").is_err());
    }

    #[test]
    fn fingerprints_are_short_and_debug_shows_nothing_else() {
        let key = DeviceKey::from_bytes(&Secret32::from_bytes([1; 32]));
        let fingerprint = key.public().fingerprint();
        assert_eq!(fingerprint.len(), 19);
        assert_eq!(format!("{key:?}"), format!("DeviceKey({fingerprint})"));
        assert_ne!(DeviceKey::generate().public().fingerprint(), fingerprint);
    }
}
