//! The device secret in the operating system's keystore: Secret Service, Keychain, Credential Manager, or Android's
//! keystore (whose activity must have set up the `ndk-context` first).

use super::{SecretError, secret_from};
use crypto::secret::Secret32;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

/// Under which name the keystore lists it: the owner of a phone may see this one.
const SERVICE: &str = "org.porchlight.field";

#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
fn entry(account: &str) -> keyring_core::Result<Entry> {
    zbus_secret_service_keyring_store::Store::new()?.build(SERVICE, account, None)
}

#[cfg(target_os = "macos")]
fn entry(account: &str) -> keyring_core::Result<Entry> {
    apple_native_keyring_store::keychain::Store::new()?.build(SERVICE, account, None)
}

#[cfg(target_os = "ios")]
fn entry(account: &str) -> keyring_core::Result<Entry> {
    // Readable while the phone is unlocked, on this phone only.
    let only_here = std::collections::HashMap::from([("access-policy", "when-unlocked-this-device-only")]);
    apple_native_keyring_store::protected::Store::new()?.build(SERVICE, account, Some(&only_here))
}

#[cfg(target_os = "windows")]
fn entry(account: &str) -> keyring_core::Result<Entry> {
    windows_native_keyring_store::Store::new()?.build(SERVICE, account, None)
}

#[cfg(target_os = "android")]
fn entry(account: &str) -> keyring_core::Result<Entry> {
    android_native_keyring_store::Store::new()?.build(SERVICE, account, None)
}

pub(super) fn read(account: &str) -> Result<Secret32, SecretError> {
    let bytes = entry(account).map_err(|_| SecretError::Missing)?.get_secret();
    match bytes.map(Zeroizing::new) {
        Ok(bytes) => secret_from(&bytes),
        Err(Error::NoEntry) => Err(SecretError::Missing),
        Err(_) => Err(SecretError::Broken),
    }
}

pub(super) fn write(account: &str, secret: &Secret32) -> Result<(), SecretError> {
    let entry = entry(account).map_err(|_| SecretError::Broken)?;
    entry.set_secret(secret.as_bytes()).map_err(|_| SecretError::Broken)
}
