//! The device secret in a file, where the operating system has no keystore.

use super::{SecretError, secret_from};
use crypto::secret::Secret32;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("device.secret")
}

pub(super) fn exists(folder: &Path) -> bool {
    path(folder).exists()
}

pub(super) fn write(folder: &Path, secret: &Secret32) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    crate::files::replace(&path(folder), secret.as_bytes())
}

pub(super) fn read(folder: &Path) -> Result<Secret32, SecretError> {
    match std::fs::read(path(folder)) {
        Ok(bytes) => secret_from(&Zeroizing::new(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(SecretError::Missing),
        Err(_) => Err(SecretError::Broken),
    }
}
