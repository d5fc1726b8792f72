//! From a passphrase and a device's secret to the key that wraps a vault's data key.
//!
//! ```text
//! KEK = HKDF-SHA256( Argon2id(passphrase, salt), salt = HMAC-SHA256(device secret, user, vault, slot type),
//!                    info = "porchlight/v1/kek" )
//! ```
//!
//! So guessing needs both the passphrase and the device secret, which the OS keystore holds: copied files alone
//! allow no guess at all. The chain is a promise; `tests/vectors/kdf.json` holds it.

use std::borrow::Cow;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::SlotError;
use crate::passphrase::Passphrase;
use crate::secret::Secret32;
use crate::transcript::Transcript;

const ARGON2ID: &str = "argon2id";

/// How costly a guess is. Stored with each key slot, so that it can be raised later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfParams {
    /// `argon2id` (version 1.3). Named, so that a county bound to FIPS can have another one later.
    pub kdf: Cow<'static, str>,
    /// Memory in KiB.
    pub m_kib: u32,
    /// Passes over the memory.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

impl KdfParams {
    /// What a slot must ask for at least: 64 MiB, 3 passes, 4 lanes (the second option of RFC 9106, section 4).
    /// Anything weaker was planted by somebody who wants to guess cheaply.
    pub const FLOOR: Self = Self { kdf: Cow::Borrowed(ARGON2ID), m_kib: 64 * 1024, t: 3, p: 4 };
    /// What new slots get.
    pub const DEFAULT: Self = Self::FLOOR;
    /// What a slot may ask for at most: a planted slot must not hang a phone.
    pub const CAP: Self = Self { kdf: Cow::Borrowed(ARGON2ID), m_kib: 256 * 1024, t: 16, p: 16 };

    /// For tests about everything but the cost.
    #[cfg(test)]
    pub(crate) const FAST: Self = Self { kdf: Cow::Borrowed(ARGON2ID), m_kib: 64, t: 1, p: 1 };

    /// Whether a slot with these parameters may be made or opened.
    ///
    /// # Errors
    /// `UnknownKind`, `WeakParameters` below [`Self::FLOOR`], `TooCostly` above [`Self::CAP`].
    pub fn check(&self) -> Result<(), SlotError> {
        #[cfg(test)]
        if *self == Self::FAST {
            return Ok(());
        }
        if self.kdf != ARGON2ID {
            return Err(SlotError::UnknownKind);
        }
        let below = |limit: &Self| self.m_kib < limit.m_kib || self.t < limit.t || self.p < limit.p;
        let above = |limit: &Self| self.m_kib > limit.m_kib || self.t > limit.t || self.p > limit.p;
        if below(&Self::FLOOR) {
            return Err(SlotError::WeakParameters);
        }
        if above(&Self::CAP) { Err(SlotError::TooCostly) } else { Ok(()) }
    }

    /// Whether a slot should be wrapped anew on the next unlock, because the default was raised since.
    pub fn below_default(&self) -> bool {
        let default = Self::DEFAULT;
        self.m_kib < default.m_kib || self.t < default.t || self.p < default.p
    }
}

/// What a wrapping key is for. Another user, vault or slot type gives another key from the same passphrase.
#[derive(Debug, Clone, Copy)]
pub struct KekPurpose<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The vault's id.
    pub vault: &'a str,
    /// The slot's type, for example `passphrase`.
    pub slot_kind: &'a str,
}

/// The key that wraps a vault's data key. Takes about 0.2 s and 64 MiB with the default parameters.
///
/// # Errors
/// What [`KdfParams::check`] says, or `OutOfMemory`.
pub fn derive_kek(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    params: &KdfParams,
    device_secret: &Secret32,
    purpose: KekPurpose<'_>,
) -> Result<Secret32, SlotError> {
    params.check()?;
    let stretched = stretch(passphrase, salt, params)?;
    let bound = Transcript::new("porchlight/v1/kek-salt")
        .field(purpose.user.as_bytes())
        .field(purpose.vault.as_bytes())
        .field(purpose.slot_kind.as_bytes());
    let device_salt = device_secret.hmac(bound.bytes());
    Ok(stretched.hkdf(Some(device_salt.as_bytes()), b"porchlight/v1/kek"))
}

fn stretch(passphrase: &Passphrase, salt: &[u8; 16], params: &KdfParams) -> Result<Secret32, SlotError> {
    let argon = Params::new(params.m_kib, params.t, params.p, Some(32)).map_err(|_| SlotError::Damaged)?;
    let blocks = argon.block_count();
    // Our own memory: the library would abort where there is not enough, and would not wipe it.
    let mut memory = Zeroizing::new(Vec::new());
    memory.try_reserve_exact(blocks).map_err(|_| SlotError::OutOfMemory)?;
    memory.resize(blocks, Block::new());
    let mut out = [0; 32];
    let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, argon).hash_password_into_with_memory(
        passphrase.as_bytes(),
        salt,
        &mut out,
        memory.as_mut_slice(),
    );
    let secret = Secret32::from_bytes(out);
    out.zeroize();
    hashed.map(|()| secret).map_err(|_| SlotError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kek(typed: &str, device: u8, user: &str, vault: &str, slot_kind: &str) -> Secret32 {
        let purpose = KekPurpose { user, vault, slot_kind };
        let device_secret = Secret32::from_bytes([device; 32]);
        derive_kek(&Passphrase::new(typed), &[3; 16], &KdfParams::FAST, &device_secret, purpose).unwrap()
    }

    #[test]
    fn every_input_changes_the_key() {
        let key = kek("kestrel dune", 1, "maria", "v", "passphrase");
        assert_eq!(key, kek("kestrel dune ", 1, "maria", "v", "passphrase"));
        assert_ne!(key, kek("kestrel dunE", 1, "maria", "v", "passphrase"));
        assert_ne!(key, kek("kestrel dune", 2, "maria", "v", "passphrase"));
        assert_ne!(key, kek("kestrel dune", 1, "mariav", "", "passphrase"));
        assert_ne!(key, kek("kestrel dune", 1, "maria", "v", "recovery"));
    }

    #[test]
    fn weak_costly_and_unknown_parameters_are_refused() {
        let floor = KdfParams::FLOOR;
        assert_eq!(floor.check(), Ok(()));
        for weak in [
            KdfParams { m_kib: floor.m_kib - 1, ..floor.clone() },
            KdfParams { t: 2, ..floor.clone() },
            KdfParams { p: 3, ..floor.clone() },
        ] {
            assert_eq!(weak.check(), Err(SlotError::WeakParameters));
        }
        let cap = KdfParams::CAP;
        assert_eq!(cap.check(), Ok(()));
        for costly in [
            KdfParams { m_kib: cap.m_kib + 1, ..cap.clone() },
            KdfParams { t: 17, ..cap.clone() },
            KdfParams { p: 17, ..cap.clone() },
        ] {
            assert_eq!(costly.check(), Err(SlotError::TooCostly));
        }
        let other = KdfParams { kdf: "pbkdf2-hmac-sha512".into(), ..floor };
        assert_eq!(other.check(), Err(SlotError::UnknownKind));
    }
}
