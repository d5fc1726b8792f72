//! The device secret: 32 random bytes that every passphrase is mixed with, so that copied files allow no guess.
//!
//! The operating system's keystore holds it where there is one, else a file that only its owner may read. Which one
//! it is stands in the vault's key slot. A store that is missing later is an error and never a reason to make a new
//! secret: that would lock the owner out of everything recorded. A kernel key ring does not count; it forgets at
//! reboot.

use crypto::secret::Secret32;
use std::path::Path;
use thiserror::Error;
use zeroize::Zeroizing;

mod file;
#[cfg(feature = "os-keystore")]
mod os;

/// Where a device secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// The operating system's keystore.
    OsKeystore,
    /// A file that only its owner may read.
    File,
}

/// Which stores may be used for a new secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// The keystore if it works, else the file.
    KeystoreThenFile,
    /// The file: for tests and demonstrations, which must not touch the owner's keystore.
    FileOnly,
}

/// Why there is no device secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecretError {
    /// The store is not there, or it does not hold the secret.
    #[error("the device secret is missing")]
    Missing,
    /// What it holds is no device secret.
    #[error("the device secret is damaged")]
    Damaged,
    /// It could not be written or read.
    #[error("the store of the device secret does not work")]
    Broken,
}

impl From<SecretError> for crate::UnlockError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Damaged => Self::Damaged,
            SecretError::Missing | SecretError::Broken => Self::MissingDeviceSecretStore,
        }
    }
}

impl SecretStore {
    /// The name that a key slot carries.
    pub fn name(self) -> &'static str {
        match self {
            Self::OsKeystore => "os-keystore",
            Self::File => "file",
        }
    }

    /// From the name in a key slot; `None` for a store that this version does not know.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::OsKeystore, Self::File].into_iter().find(|store| store.name() == name)
    }
}

/// The secret of this device for a new vault, and where it is kept: the one that is there already, else a new one.
///
/// `folder` is the app's data folder; `account` tells this installation apart from others of the same owner.
///
/// # Errors
/// `Broken` when no store takes it, `Damaged` when one holds something else.
pub fn obtain(
    folder: &Path,
    account: &str,
    preference: Preference,
) -> Result<(SecretStore, Secret32), SecretError> {
    if file::exists(folder) {
        return load(SecretStore::File, folder, account).map(|secret| (SecretStore::File, secret));
    }
    if preference == Preference::KeystoreThenFile {
        match load(SecretStore::OsKeystore, folder, account) {
            Ok(secret) => return Ok((SecretStore::OsKeystore, secret)),
            Err(SecretError::Damaged) => return Err(SecretError::Damaged),
            Err(SecretError::Missing | SecretError::Broken) => {}
        }
    }
    let secret = Secret32::random();
    if preference == Preference::KeystoreThenFile && keystore_keeps(account, &secret) {
        return Ok((SecretStore::OsKeystore, secret));
    }
    file::write(folder, &secret).map_err(|_| SecretError::Broken)?;
    Ok((SecretStore::File, secret))
}

/// The secret that an existing vault needs, from the store that its slot names.
///
/// # Errors
/// [`SecretError`]; never a new secret.
pub fn load(store: SecretStore, folder: &Path, account: &str) -> Result<Secret32, SecretError> {
    match store {
        SecretStore::File => file::read(folder),
        #[cfg(feature = "os-keystore")]
        SecretStore::OsKeystore => os::read(account),
        #[cfg(not(feature = "os-keystore"))]
        SecretStore::OsKeystore => {
            let _: &str = account;
            Err(SecretError::Missing)
        }
    }
}

/// Writes to the keystore and reads back: only what comes back counts.
fn keystore_keeps(account: &str, secret: &Secret32) -> bool {
    #[cfg(feature = "os-keystore")]
    return os::write(account, secret).is_ok() && os::read(account).is_ok_and(|kept| kept == *secret);
    #[cfg(not(feature = "os-keystore"))]
    {
        let _: (&str, &Secret32) = (account, secret);
        false
    }
}

fn secret_from(bytes: &Zeroizing<Vec<u8>>) -> Result<Secret32, SecretError> {
    let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| SecretError::Damaged)?;
    Ok(Secret32::from_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_secret_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let (store, secret) = obtain(folder.path(), "device-1", Preference::FileOnly).unwrap();
        assert_eq!(store, SecretStore::File);
        assert_eq!(obtain(folder.path(), "device-1", Preference::FileOnly).unwrap().1, secret);
        assert_eq!(load(SecretStore::File, folder.path(), "device-1"), Ok(secret));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file::path(folder.path()).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_missing_or_damaged_secret_is_an_error_and_never_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(SecretStore::File, folder.path(), "device-1"), Err(SecretError::Missing));
        assert!(!file::exists(folder.path()));
        std::fs::write(file::path(folder.path()), [1; 31]).unwrap();
        assert_eq!(load(SecretStore::File, folder.path(), "device-1"), Err(SecretError::Damaged));
        let again = obtain(folder.path(), "device-1", Preference::FileOnly);
        assert_eq!(again.map(|(store, _)| store), Err(SecretError::Damaged));
    }

    #[test]
    fn stores_go_by_their_names() {
        for store in [SecretStore::OsKeystore, SecretStore::File] {
            assert_eq!(SecretStore::from_name(store.name()), Some(store));
        }
        assert_eq!(SecretStore::from_name("kernel-key-ring"), None);
    }
}
