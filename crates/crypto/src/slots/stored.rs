//! Slots as they lie in a file, among which may be some that this version does not know.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{KeySlot, SLOT_VERSION};
use crate::error::SlotError;
use crate::passphrase::Passphrase;
use crate::secret::Secret32;
use crate::vault_key::DataKey;

/// One entry of a list of slots. What is not understood (a type or field of a newer version) is kept and written
/// back as it was: an older app must not destroy the recovery slot of a newer one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredSlot {
    /// A slot with the fields that this version knows, perhaps of a type that it cannot open.
    Slot(Box<KeySlot>),
    /// Anything else.
    Other(Value),
}

impl StoredSlot {
    /// As [`KeySlot::open`].
    ///
    /// # Errors
    /// For what is not understood: `TooNew` with a higher version, else `Damaged`.
    pub fn open(&self, passphrase: &Passphrase, device_secret: &Secret32) -> Result<DataKey, SlotError> {
        match self {
            Self::Slot(slot) => slot.open(passphrase, device_secret),
            Self::Other(value) => match value.get("version").and_then(Value::as_u64) {
                Some(version) if version > u64::from(SLOT_VERSION) => Err(SlotError::TooNew),
                _ => Err(SlotError::Damaged),
            },
        }
    }
}
