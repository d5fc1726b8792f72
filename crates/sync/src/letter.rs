//! Work that goes to the county as a file, where no sync takes it: sealed so that only the county reads it, signed so
//! that the county knows whose it is.
//!
//! Inside the seal: 64 bytes of the device's signature, then the letter as JSON under zstd. The format is a promise: a
//! file may lie on a desk for months.

use crate::packing::{compress, decompress_all};
use crate::wire::HandOver;
use crypto::county::CountySecret;
use crypto::device_key::{DeviceKey, DevicePublicKey};
use crypto::sealed::SealingPublicKey;
use crypto::signature::Signature;
use domain::{CountyId, DeviceId, Millis, UserId};
use serde::{Deserialize, Serialize};

/// The purpose of both seal and signature.
const PURPOSE: &str = "hand-over";
const SIGNATURE: usize = 64;
/// The longest letter, decompressed.
const MAX_LETTER: usize = 64 * 1024 * 1024;

/// What a file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    /// To which county.
    pub county: CountyId,
    /// From which device.
    pub device: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// When it was written, by the device's clock.
    pub at: Millis,
    /// The work.
    pub work: Vec<HandOver>,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotALetter {
    /// Sealed to another county, changed, or no such file at all.
    #[error("this file was not sealed to this county, or it is damaged")]
    NotSealed,
    /// The seal opened, and what is inside cannot be read.
    #[error("this file cannot be read by this version")]
    Unreadable,
    /// Not signed by the device that it names.
    #[error("this file was not signed by the device that it names")]
    NotSigned,
}

/// A letter whose signature has not been looked at: it says which device to ask for the key of.
#[derive(Debug)]
pub struct Unproven {
    letter: Letter,
    signed: Vec<u8>,
    signature: Signature,
}

impl Letter {
    /// The bytes of the file; `None` when nothing can be sealed to this key.
    pub fn seal(&self, key: &DeviceKey, to: &SealingPublicKey) -> Option<Vec<u8>> {
        let text = compress(&serde_json::to_vec(self).ok()?);
        let signature = key.sign(PURPOSE, &text);
        to.seal(PURPOSE, &[signature.as_bytes().as_slice(), &text].concat()).ok()
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`NotALetter::NotSealed`] or [`NotALetter::Unreadable`].
    pub fn open(secret: &CountySecret, file: &[u8]) -> Result<Unproven, NotALetter> {
        let inside = secret.open(PURPOSE, file).map_err(|_| NotALetter::NotSealed)?;
        let (signature, text) = inside.split_first_chunk::<SIGNATURE>().ok_or(NotALetter::Unreadable)?;
        let letter = decompress_all(text, MAX_LETTER).and_then(|text| serde_json::from_slice(&text).ok());
        let letter = letter.ok_or(NotALetter::Unreadable)?;
        Ok(Unproven { letter, signed: text.to_vec(), signature: Signature::from_bytes(*signature) })
    }
}

impl Unproven {
    /// The device that is said to have written it.
    pub fn device(&self) -> DeviceId {
        self.letter.device
    }

    /// The letter, if that device's key signed it.
    ///
    /// # Errors
    /// [`NotALetter::NotSigned`].
    pub fn proven(self, key: &DevicePublicKey) -> Result<Letter, NotALetter> {
        let checked = key.verify(PURPOSE, &self.signed, &self.signature);
        checked.map(|()| self.letter).map_err(|_| NotALetter::NotSigned)
    }
}
