//! One folder per user: `vault.db` (encrypted), `slots.json` (its key, wrapped), `throttle.json` (wrong tries).
//!
//! A folder is a vault from the moment `slots.json` exists, which is written last.

use crate::store::Store;
use crate::{UnlockError, database};
use crypto::kdf::KdfParams;
use crypto::passphrase::{Passphrase, check_new};
use crypto::secret::{Secret32, random_bytes};
use crypto::slots::{KeySlot, SlotOwner};
use crypto::vault_key::DataKey;
use domain::{DeviceId, Millis, UserId};
use std::path::{Path, PathBuf};

mod slots;

mod tries;

use slots::SlotFile;

/// Whose vault it is, and on which device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultIds {
    /// The device.
    pub device: DeviceId,
    /// The user.
    pub user: UserId,
    /// The vault: any text of its own.
    pub vault: String,
}

/// A vault's folder. All functions take it by path: nothing of a locked vault is kept in memory.
pub struct Vault;

impl Vault {
    /// Whether there is a vault in `dir`.
    pub fn exists(dir: &Path) -> bool {
        slots::path(dir).exists()
    }

    /// Whose vault it is, and the name of the store that holds its device secret. Nothing of this is secret, and
    /// nothing of it is proven before the vault opens.
    ///
    /// # Errors
    /// `NoVault`, `Damaged`, `TooNew`.
    pub fn describe(dir: &Path) -> Result<(VaultIds, String), UnlockError> {
        let file = SlotFile::read(dir)?;
        let slot = file.newest()?;
        Ok((ids(slot)?, slot.device_secret_store.clone()))
    }

    /// How long to wait before a passphrase may be tried, in milliseconds; `None` when none is tried any more.
    ///
    /// # Errors
    /// `NoVault`, `Damaged`, `TooNew`.
    pub fn wait_ms(dir: &Path, device_secret: &Secret32, now: Millis) -> Result<Option<u64>, UnlockError> {
        let file = SlotFile::read(dir)?;
        let attempts = tries::read(dir, device_secret, &file.newest()?.vault)?.seen_at(now.0);
        Ok((!attempts.locked()).then(|| attempts.wait_ms(now.0)))
    }

    /// Makes a vault with a random data key in `dir`, which is created, and opens it. What it cannot work without
    /// (`kept`, see [`Store::keep`]) stands in it before it counts as a vault.
    ///
    /// # Errors
    /// `Exists`, `Passphrase` when the passphrase is too easy, or what the disk says.
    pub fn create(
        dir: &Path,
        ids: VaultIds,
        passphrase: &str,
        device_secret: &Secret32,
        secret_store_name: &str,
        kept: &[(&str, &[u8])],
    ) -> Result<Store, UnlockError> {
        check_new(passphrase)?;
        if Self::exists(dir) {
            return Err(UnlockError::Exists);
        }
        make_folder(dir)?;
        set_aside(&database_path(dir))?;
        let (key, salt) = (DataKey::generate(), random_bytes());
        let owner = SlotOwner {
            device: ids.device.to_string(),
            user: ids.user.to_string(),
            vault: ids.vault.clone(),
            device_secret_store: secret_store_name.to_owned(),
        };
        let typed = Passphrase::new(passphrase);
        let slot = KeySlot::seal(&key, &typed, device_secret, owner, KdfParams::DEFAULT)
            .map_err(slots::slot_error)?;
        let store = Store::open(dir, &key, &salt, &ids)?;
        for (name, value) in kept {
            store.keep(name, value)?;
        }
        tries::forget(dir, device_secret, &ids.vault)?;
        SlotFile::new(salt, slot).write(dir)?;
        Ok(store)
    }

    /// Opens the vault in `dir`.
    ///
    /// The try is counted, durably, before anything can be seen of what came of it, so that killing the app gains no
    /// free guess.
    ///
    /// # Errors
    /// [`UnlockError`].
    pub fn unlock(
        dir: &Path,
        passphrase: &str,
        device_secret: &Secret32,
        now: Millis,
    ) -> Result<Store, UnlockError> {
        let mut file = SlotFile::read(dir)?;
        let typed = Passphrase::new(passphrase);
        let (key, slot) = counted(dir, &file, &typed, device_secret, now)?;
        if slot.kdf.below_default()
            && let Ok(raised) = slot.rewrap(&typed, &typed, device_secret, KdfParams::DEFAULT)
        {
            file.replace_with(raised, dir, &typed, device_secret)?;
        }
        let ids = ids(&slot)?;
        // The disk takes its time over the counter; the database is opened meanwhile.
        std::thread::scope(|scope| {
            let forgotten = scope.spawn(|| tries::forget(dir, device_secret, &ids.vault));
            let store = Store::open(dir, &key, &file.salt, &ids);
            ended(forgotten)?;
            store
        })
    }

    /// Wraps the vault's key with another passphrase. The old one opens it until the new one is known to.
    ///
    /// # Errors
    /// As [`Self::unlock`] for the old passphrase; `Passphrase` when the new one is too easy.
    pub fn change_passphrase(
        dir: &Path,
        old: &str,
        new: &str,
        device_secret: &Secret32,
        now: Millis,
    ) -> Result<(), UnlockError> {
        check_new(new)?;
        let mut file = SlotFile::read(dir)?;
        let (old, new) = (Passphrase::new(old), Passphrase::new(new));
        let (_, slot) = counted(dir, &file, &old, device_secret, now)?;
        tries::forget(dir, device_secret, &slot.vault)?;
        let wrapped =
            slot.rewrap(&old, &new, device_secret, KdfParams::DEFAULT).map_err(slots::slot_error)?;
        file.replace_with(wrapped, dir, &new, device_secret)
    }
}

/// Opens a slot, with the throttle before it: the caller forgets the tries that were counted.
fn counted(
    dir: &Path,
    file: &SlotFile,
    typed: &Passphrase,
    device_secret: &Secret32,
    now: Millis,
) -> Result<(DataKey, KeySlot), UnlockError> {
    let vault = file.newest()?.vault.clone();
    let attempts = tries::permit(dir, device_secret, &vault, now)?;
    // The key is derived while the disk takes its time over the counter; nothing is said before both are done.
    let opened = std::thread::scope(|scope| {
        let counted = scope.spawn(|| tries::count(dir, device_secret, &vault, attempts));
        let opened = file.open(typed, device_secret);
        ended(counted)?;
        opened
    });
    match opened {
        Err(UnlockError::WrongPassphrase { .. }) => {
            Err(UnlockError::WrongPassphrase { wait_ms: attempts.wait_ms(now.0) })
        }
        other => other,
    }
}

/// Waits for work beside this thread.
fn ended(work: std::thread::ScopedJoinHandle<'_, Result<(), UnlockError>>) -> Result<(), UnlockError> {
    work.join().unwrap_or(Err(UnlockError::Damaged))
}

fn ids(slot: &KeySlot) -> Result<VaultIds, UnlockError> {
    let device = slot.device.parse().map_err(|_| UnlockError::Damaged)?;
    let user = slot.user.parse().map_err(|_| UnlockError::Damaged)?;
    Ok(VaultIds { device, user, vault: slot.vault.clone() })
}

pub(crate) fn database_path(dir: &Path) -> PathBuf {
    dir.join("vault.db")
}

fn make_folder(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    #[cfg(unix)]
    std::fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// A database without slots was never handed out, but somebody may have lost the slots: it is kept beside.
fn set_aside(database: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        let path = PathBuf::from(&name);
        if path.exists() {
            name.push(".aside");
            std::fs::rename(path, name)?;
        }
    }
    Ok(())
}

/// Opens the connection that writes to the database of a vault.
pub(crate) fn open_writer(
    dir: &Path,
    key: &DataKey,
    salt: &[u8; 16],
) -> Result<rusqlite::Connection, UnlockError> {
    let path = database_path(dir);
    let fresh = !path.exists();
    let writer = database::open_writer(&path, key, salt)?;
    if fresh {
        crate::files::sync_folder(dir)?;
    }
    Ok(writer)
}
