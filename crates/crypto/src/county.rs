//! The county server's one secret, and everything that is derived from it.
//!
//! The master secret is kept in a 0600 file or the environment, outside the database. From it come, by HKDF with one
//! `info` each: the database's key, the keys that authenticate tokens and nonces, the signing key and the key that
//! opens what devices sealed to the county. So the county recognises its own tokens and signatures, and opens sealed
//! copies, also after its database was restored from a backup.

use std::fmt;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::encoding::{base64url, unbase64url, unbase64url_array, unhex};
use crate::error::{Forged, Malformed};
use crate::sealed::{SealingKey, SealingPublicKey};
use crate::secret::Secret32;
use crate::signature::{PublicKey, Signature, sign};
use crate::transcript::Transcript;
use crate::vault_key::DataKey;

/// Bytes of a token's tag: HMAC-SHA256, cut.
const TAG: usize = 16;

/// The county's master secret with its derived keys; wiped on drop, never printed.
pub struct CountySecret {
    master: Secret32,
    token_key: Secret32,
    nonce_key: Secret32,
    signing_key: SigningKey,
    sealing_key: SealingKey,
}

impl CountySecret {
    /// A new random one, made once by `init`.
    pub fn generate() -> Self {
        Self::from_secret(Secret32::random())
    }

    /// From the 32 bytes of the master secret.
    pub fn from_secret(master: Secret32) -> Self {
        Self {
            token_key: master.hkdf(None, b"porchlight/v1/county/token"),
            nonce_key: master.hkdf(None, b"porchlight/v1/county/nonce"),
            signing_key: SigningKey::from_bytes(
                master.hkdf(None, b"porchlight/v1/county/signing").as_bytes(),
            ),
            sealing_key: SealingKey::derive(&master.hkdf(None, b"porchlight/v1/county/sealing")),
            master,
        }
    }

    /// Reads the text of the key file or the environment: base64url (43 characters) or hexadecimal (64), white space
    /// around it ignored.
    ///
    /// # Errors
    /// Neither of the two.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let bytes = Zeroizing::new(if text.len() == 64 { unhex(text)? } else { unbase64url_array(text)? });
        Ok(Self::from_secret(Secret32::from_bytes(*bytes)))
    }

    /// The master secret as base64url text, for the 0600 file.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url(self.master.as_bytes()))
    }

    /// The key of the embedded database; [`DataKey::sqlcipher_key`] gives it in SQLCipher's form.
    pub fn database_key(&self) -> DataKey {
        DataKey::from_secret(self.master.hkdf(None, b"porchlight/v1/county/database"))
    }

    /// The key of one backup file, which begins with `salt`.
    pub(crate) fn archive_key(&self, salt: &[u8]) -> Secret32 {
        self.master.hkdf(Some(salt), b"porchlight/v1/county/archive")
    }

    /// A token that only this county can make: base64url of payload and tag. Whoever holds it can read the payload,
    /// but not change it, nor use it as another `kind` (for example `pull`).
    pub fn seal_token(&self, kind: &str, payload: &[u8]) -> String {
        let mut token = Vec::with_capacity(payload.len() + TAG);
        token.extend_from_slice(payload);
        token.extend_from_slice(&self.token_tag(kind, payload));
        base64url(&token)
    }

    /// The payload of a token of this county and `kind`.
    ///
    /// # Errors
    /// Not a token, changed, of another kind or of another county.
    pub fn open_token(&self, kind: &str, token: &str) -> Result<Vec<u8>, Forged> {
        let mut bytes = unbase64url(token).map_err(|Malformed| Forged)?;
        let (payload, tag) = bytes.split_last_chunk::<TAG>().ok_or(Forged)?;
        if !bool::from(self.token_tag(kind, payload).ct_eq(tag)) {
            return Err(Forged);
        }
        let length = payload.len();
        bytes.truncate(length);
        Ok(std::mem::take(&mut *bytes))
    }

    fn token_tag(&self, kind: &str, payload: &[u8]) -> [u8; TAG] {
        let authenticated = Transcript::new("porchlight/v1/token").field(kind.as_bytes()).field(payload);
        cut(&self.token_key.hmac(authenticated.bytes()))
    }

    /// A tag over what a nonce was made from, so that a nonce can be recognised without being stored.
    pub fn nonce_tag(&self, message: &[u8]) -> [u8; TAG] {
        cut(&self.nonce_key.hmac(Transcript::new("porchlight/v1/nonce").field(message).bytes()))
    }

    /// Signs as the county, for one purpose, for example `frame` or `enrolment`.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> Signature {
        sign(&self.signing_key, purpose, message)
    }

    /// Opens what was sealed to this county's [`Self::sealing_public`] for `purpose`; wiped on drop.
    ///
    /// # Errors
    /// Sealed to another county or for another purpose, changed, or not sealed at all.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Forged> {
        self.sealing_key.open(purpose, sealed)
    }

    /// What devices seal things to the county with.
    pub fn sealing_public(&self) -> SealingPublicKey {
        self.sealing_key.public()
    }

    /// What devices check the county's signatures with.
    pub fn public(&self) -> CountyPublicKey {
        CountyPublicKey(PublicKey::of(&self.signing_key))
    }
}

fn cut(mac: &Secret32) -> [u8; TAG] {
    let mut tag = [0; TAG];
    tag.copy_from_slice(&mac.as_bytes()[..TAG]);
    tag
}

impl fmt::Debug for CountySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountySecret(…)")
    }
}

/// What devices know the county by. base64url text in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CountyPublicKey(PublicKey);

impl CountyPublicKey {
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

    /// Checks a signature of [`CountySecret::sign`].
    ///
    /// # Errors
    /// Another key, purpose or message.
    pub fn verify(&self, purpose: &str, message: &[u8], signature: &Signature) -> Result<(), Forged> {
        self.0.verify(purpose, message, signature)
    }
}

#[cfg(test)]
mod tests;
