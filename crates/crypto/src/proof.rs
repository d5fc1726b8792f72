//! A device's proof that it made one request: one signature over method, target, body, token and a server nonce.
//!
//! In the manner of RFC 9449 (DPoP), but compact: a stolen token is useless without the device key, and a recorded
//! request is useless a second time, because the county takes each nonce once.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::codes::Nonce;
use crate::device_key::{DeviceKey, DevicePublicKey};
use crate::error::{Forged, Malformed};
use crate::signature::Signature;
use crate::transcript::Transcript;

const PURPOSE: &str = "porchlight/v1/request";

/// What a proof is about. The server takes each part from the request as it arrived, never from the proof.
#[derive(Debug, Clone, Copy)]
pub struct RequestParts<'a> {
    /// `POST`, in capitals.
    pub method: &'a str,
    /// Path and query as sent, for example `/v1/sync?wait=1`.
    pub target: &'a str,
    /// [`body_digest`] of the body's bytes as sent, after compression.
    pub body_sha256: [u8; 32],
    /// The access token's text; empty where there is none yet.
    pub token: &'a str,
}

/// SHA-256 of a request's body.
pub fn body_digest(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// What travels with the request; as text `nonce.signature`, 103 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestProof {
    /// The nonce from the county's previous answer. The county checks that it gave it, lately, and not used since.
    pub nonce: Nonce,
    /// Over the canonical bytes of the request.
    pub signature: Signature,
}

impl RequestProof {
    /// Signs a request with the nonce of the county's previous answer.
    pub fn sign(key: &DeviceKey, request: RequestParts<'_>, nonce: Nonce) -> Self {
        Self { nonce, signature: key.sign(PURPOSE, request.canonical(nonce).bytes()) }
    }

    /// Checks that `key` signed exactly this request. Whether the nonce is fresh is the caller's to check.
    ///
    /// # Errors
    /// Any part differs from what was signed, or another key signed.
    pub fn verify(&self, key: &DevicePublicKey, request: RequestParts<'_>) -> Result<(), Forged> {
        key.verify(PURPOSE, request.canonical(self.nonce).bytes(), &self.signature)
    }
}

impl RequestParts<'_> {
    fn canonical(&self, nonce: Nonce) -> Transcript {
        Transcript::new(PURPOSE)
            .field(self.method.as_bytes())
            .field(self.target.as_bytes())
            .field(&self.body_sha256)
            .field(self.token.as_bytes())
            .field(nonce.as_bytes())
    }
}

impl fmt::Display for RequestProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.nonce, self.signature.to_text())
    }
}

impl FromStr for RequestProof {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (nonce, signature) = text.split_once('.').ok_or(Malformed)?;
        Ok(Self { nonce: nonce.parse()?, signature: Signature::from_text(signature)? })
    }
}
