//! Ed25519 signatures and public keys, shared by devices and the county.
//!
//! Every signature names its purpose inside the signed bytes, so that one made for a request never passes for one
//! on an enrolment certificate. Verification is strict: no small-order keys, no second form of a signature.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::encoding::{base64url, unbase64url_array};
use crate::error::{Forged, Malformed};
use crate::transcript::Transcript;

/// The 64 bytes of a signature; base64url text in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signature(#[serde(with = "crate::encoding::as_base64url")] [u8; 64]);

impl Signature {
    /// Takes the bytes of a signature, unchecked: verifying checks them.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes, as RFC 8032 lays them out.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// base64url without padding, 86 characters.
    pub fn to_text(&self) -> String {
        base64url(&self.0)
    }

    /// Reads [`Self::to_text`].
    ///
    /// # Errors
    /// Not 64 bytes of base64url.
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        unbase64url_array(text).map(Self)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}…)", &self.to_text()[..8])
    }
}

/// The public half of a key: 32 bytes; base64url text in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PublicKey(#[serde(with = "crate::encoding::as_base64url")] pub(crate) [u8; 32]);

impl PublicKey {
    pub(crate) fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    pub(crate) fn verify(&self, purpose: &str, message: &[u8], signature: &Signature) -> Result<(), Forged> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| Forged)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(signed_bytes(purpose, message).bytes(), &signature).map_err(|_| Forged)
    }
}

pub(crate) fn sign(key: &SigningKey, purpose: &str, message: &[u8]) -> Signature {
    Signature(key.sign(signed_bytes(purpose, message).bytes()).to_bytes())
}

fn signed_bytes(purpose: &str, message: &[u8]) -> Transcript {
    Transcript::new("porchlight/v1/signed").field(purpose.as_bytes()).field(message)
}
