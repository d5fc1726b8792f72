//! Key slots: a vault's data key, wrapped so that one passphrase on one device opens it.
//!
//! A slot is a small JSON text beside the database. Its format is a promise: `tests/vectors/slot-v1.json` must open
//! for ever. All fields are authenticated together with the wrapped key, so a slot moved to another user, device or
//! vault, or with any field changed, does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::SlotError;
use crate::kdf::{KdfParams, KekPurpose, derive_kek};
use crate::passphrase::Passphrase;
use crate::secret::{Secret32, random_bytes};
use crate::transcript::Transcript;
use crate::vault_key::DataKey;

mod stored;
pub use stored::StoredSlot;

/// The version that is written here.
pub const SLOT_VERSION: u32 = 1;
/// The type of a slot that a passphrase opens.
pub const PASSPHRASE: &str = "passphrase";

/// Whom and what a slot is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotOwner {
    /// Id of the device.
    pub device: String,
    /// Id of the user.
    pub user: String,
    /// Id of the vault.
    pub vault: String,
    /// The name of the store that holds the device secret, for example `os-keystore` or `file`. A store that is
    /// missing later is an error, never a reason to make a new secret.
    pub device_secret_store: String,
}

/// One wrapped copy of a vault's data key. The JSON form is stored; binary fields are base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySlot {
    /// [`SLOT_VERSION`] when written by this version.
    pub version: u32,
    /// What opens it; [`PASSPHRASE`] is the only type so far.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id of the device that it was made on.
    pub device: String,
    /// Id of the user whose passphrase opens it.
    pub user: String,
    /// Id of the vault.
    pub vault: String,
    /// Counts up each time the key is wrapped anew: the highest that opens is the current one.
    pub generation: u64,
    /// Name of the store that holds the device secret.
    pub device_secret_store: String,
    /// Cost of a guess.
    pub kdf: KdfParams,
    /// Salt of the key derivation.
    #[serde(with = "crate::encoding::as_base64url")]
    pub salt: [u8; 16],
    /// Nonce of XChaCha20-Poly1305.
    #[serde(with = "crate::encoding::as_base64url")]
    pub nonce: [u8; 24],
    /// The wrapped data key (32 bytes) and its tag (16).
    #[serde(with = "crate::encoding::as_base64url")]
    pub ciphertext: [u8; 48],
}

impl KeySlot {
    /// Wraps `key` for `owner`'s passphrase and the device secret: the first slot, generation 1.
    ///
    /// # Errors
    /// Parameters that could not be opened again, or `OutOfMemory`.
    pub fn seal(
        key: &DataKey,
        passphrase: &Passphrase,
        device_secret: &Secret32,
        owner: SlotOwner,
        params: KdfParams,
    ) -> Result<Self, SlotError> {
        Self::seal_generation(key, passphrase, device_secret, owner, params, 1)
    }

    fn seal_generation(
        key: &DataKey,
        passphrase: &Passphrase,
        device_secret: &Secret32,
        owner: SlotOwner,
        params: KdfParams,
        generation: u64,
    ) -> Result<Self, SlotError> {
        let mut slot = Self {
            version: SLOT_VERSION,
            kind: PASSPHRASE.to_owned(),
            device: owner.device,
            user: owner.user,
            vault: owner.vault,
            generation,
            device_secret_store: owner.device_secret_store,
            kdf: params,
            salt: random_bytes(),
            nonce: random_bytes(),
            ciphertext: [0; 48],
        };
        let aad = slot.authenticated_fields();
        let payload = Payload { msg: key.secret().as_bytes(), aad: aad.bytes() };
        let sealed = slot.cipher(passphrase, device_secret)?.encrypt(&XNonce::from(slot.nonce), payload);
        let sealed = sealed.map_err(|_| SlotError::Damaged)?;
        slot.ciphertext = sealed.try_into().map_err(|_| SlotError::Damaged)?;
        Ok(slot)
    }

    /// The data key.
    ///
    /// # Errors
    /// `WrongKey` for a wrong passphrase, a wrong device secret or any changed field; the others before any costly
    /// work, from the slot's own fields.
    pub fn open(&self, passphrase: &Passphrase, device_secret: &Secret32) -> Result<DataKey, SlotError> {
        if self.version > SLOT_VERSION {
            return Err(SlotError::TooNew);
        }
        if self.version == 0 {
            return Err(SlotError::Damaged);
        }
        if self.kind != PASSPHRASE {
            return Err(SlotError::UnknownKind);
        }
        let aad = self.authenticated_fields();
        let payload = Payload { msg: &self.ciphertext, aad: aad.bytes() };
        let opened = self.cipher(passphrase, device_secret)?.decrypt(&XNonce::from(self.nonce), payload);
        let opened = opened.map(Zeroizing::new).map_err(|_| SlotError::WrongKey)?;
        let mut key = Zeroizing::new([0; 32]);
        if opened.len() != key.len() {
            return Err(SlotError::Damaged);
        }
        key.copy_from_slice(&opened);
        Ok(DataKey::from_secret(Secret32::from_bytes(*key)))
    }

    /// A slot for the same key, owner and device secret with another passphrase or cost, one generation up. The
    /// caller writes it, sees it open, and only then drops this one.
    ///
    /// # Errors
    /// As [`Self::open`] with the old passphrase.
    pub fn rewrap(
        &self,
        old: &Passphrase,
        new: &Passphrase,
        device_secret: &Secret32,
        params: KdfParams,
    ) -> Result<Self, SlotError> {
        let key = self.open(old, device_secret)?;
        let generation = self.generation.checked_add(1).ok_or(SlotError::Damaged)?;
        Self::seal_generation(&key, new, device_secret, self.owner(), params, generation)
    }

    /// Whom and what it is for.
    pub fn owner(&self) -> SlotOwner {
        SlotOwner {
            device: self.device.clone(),
            user: self.user.clone(),
            vault: self.vault.clone(),
            device_secret_store: self.device_secret_store.clone(),
        }
    }

    fn cipher(
        &self,
        passphrase: &Passphrase,
        device_secret: &Secret32,
    ) -> Result<XChaCha20Poly1305, SlotError> {
        let purpose = KekPurpose { user: &self.user, vault: &self.vault, slot_kind: &self.kind };
        let kek = derive_kek(passphrase, &self.salt, &self.kdf, device_secret, purpose)?;
        Ok(XChaCha20Poly1305::new(kek.as_bytes().into()))
    }

    /// Everything but the nonce and the ciphertext, which the cipher authenticates itself.
    fn authenticated_fields(&self) -> Transcript {
        Transcript::new("porchlight/v1/slot")
            .number(self.version.into())
            .field(self.kind.as_bytes())
            .field(self.device.as_bytes())
            .field(self.user.as_bytes())
            .field(self.vault.as_bytes())
            .number(self.generation)
            .field(self.device_secret_store.as_bytes())
            .field(self.kdf.kdf.as_bytes())
            .number(self.kdf.m_kib.into())
            .number(self.kdf.t.into())
            .number(self.kdf.p.into())
            .field(&self.salt)
    }
}

#[cfg(test)]
mod tests;
