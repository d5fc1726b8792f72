//! `slots.json`: the wrapped copies of a vault's key, and the salt of its database. The format is a promise.

use crate::{UnlockError, files};
use crypto::SlotError;
use crypto::passphrase::Passphrase;
use crypto::secret::Secret32;
use crypto::slots::{KeySlot, PASSPHRASE, StoredSlot};
use crypto::vault_key::DataKey;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
pub(super) struct SlotFile {
    version: u32,
    /// The first 16 bytes of the database, which SQLCipher would otherwise read from the file.
    pub(super) salt: [u8; 16],
    slots: Vec<StoredSlot>,
}

pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join("slots.json")
}

pub(super) fn slot_error(error: SlotError) -> UnlockError {
    match error {
        SlotError::WrongKey => UnlockError::WrongPassphrase { wait_ms: 0 },
        SlotError::TooNew => UnlockError::TooNew,
        SlotError::OutOfMemory => UnlockError::OutOfMemory,
        _ => UnlockError::Damaged,
    }
}

impl SlotFile {
    pub(super) fn new(salt: [u8; 16], slot: KeySlot) -> Self {
        Self { version: VERSION, salt, slots: vec![StoredSlot::Slot(Box::new(slot))] }
    }

    pub(super) fn read(dir: &Path) -> Result<Self, UnlockError> {
        let text = std::fs::read(path(dir)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => UnlockError::NoVault,
            _ => error.into(),
        })?;
        let file: Self = serde_json::from_slice(&text).map_err(|_| UnlockError::Damaged)?;
        if file.version > VERSION { Err(UnlockError::TooNew) } else { Ok(file) }
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), UnlockError> {
        let text = serde_json::to_vec_pretty(self).map_err(|_| UnlockError::Damaged)?;
        Ok(files::replace(&path(dir), &text)?)
    }

    /// The passphrase slots, newest first. There are two only if a change of passphrase was cut off.
    fn passphrases(&self) -> Vec<&KeySlot> {
        let known = |slot: &StoredSlot| matches!(slot, StoredSlot::Slot(slot) if slot.kind == PASSPHRASE);
        let mut found: Vec<&KeySlot> = Vec::new();
        for slot in self.slots.iter().filter(|slot| known(slot)) {
            if let StoredSlot::Slot(slot) = slot {
                found.push(slot);
            }
        }
        found.sort_by_key(|slot| std::cmp::Reverse(slot.generation));
        found
    }

    pub(super) fn newest(&self) -> Result<&KeySlot, UnlockError> {
        self.passphrases().first().copied().ok_or(UnlockError::Damaged)
    }

    /// The data key and the slot that gave it.
    pub(super) fn open(
        &self,
        typed: &Passphrase,
        device_secret: &Secret32,
    ) -> Result<(DataKey, KeySlot), UnlockError> {
        let mut problem = UnlockError::Damaged;
        for slot in self.passphrases() {
            match slot.open(typed, device_secret) {
                Ok(key) => return Ok((key, slot.clone())),
                Err(error) => problem = slot_error(error),
            }
        }
        Err(problem)
    }

    /// Takes `slot` into use: written beside the old ones, seen to open, and only then are the old ones dropped.
    pub(super) fn replace_with(
        &mut self,
        slot: KeySlot,
        dir: &Path,
        typed: &Passphrase,
        device_secret: &Secret32,
    ) -> Result<(), UnlockError> {
        let generation = slot.generation;
        self.slots.push(StoredSlot::Slot(Box::new(slot)));
        self.write(dir)?;
        let written = Self::read(dir)?;
        let opens = written.newest()?.open(typed, device_secret).map_err(slot_error);
        if written.newest()?.generation != generation {
            return Err(UnlockError::Damaged);
        }
        opens?;
        self.slots.retain(|slot| match slot {
            StoredSlot::Slot(slot) => slot.kind != PASSPHRASE || slot.generation == generation,
            StoredSlot::Other(_) => true,
        });
        self.write(dir)
    }
}
