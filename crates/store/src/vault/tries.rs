//! `throttle.json`: wrong passphrases since the last right one, with a MAC by the device secret.

use crate::{UnlockError, files};
use crypto::secret::Secret32;
use crypto::throttle::{Attempts, MAX_FAILURES, Permission, SealedAttempts};
use domain::Millis;
use std::path::{Path, PathBuf};

/// What a counter that is missing or was edited counts as: locked, never zero.
const FORGED: Attempts = Attempts { failures: MAX_FAILURES, last_failure_ms: 0 };

pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join("throttle.json")
}

pub(super) fn read(dir: &Path, device_secret: &Secret32, vault: &str) -> Result<Attempts, UnlockError> {
    let text = match std::fs::read(path(dir)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(FORGED),
        Err(error) => return Err(error.into()),
    };
    let sealed = serde_json::from_slice::<SealedAttempts>(&text);
    Ok(sealed.ok().and_then(|sealed| sealed.open(device_secret, vault).ok()).unwrap_or(FORGED))
}

/// Whether there may be a try now. Returns the counter as it stands if the try fails, which is still to be written.
pub(super) fn permit(
    dir: &Path,
    device_secret: &Secret32,
    vault: &str,
    now: Millis,
) -> Result<Attempts, UnlockError> {
    let stored = read(dir, device_secret, vault)?;
    let attempts = stored.seen_at(now.0);
    match attempts.permission(now.0) {
        Permission::Locked => return Err(UnlockError::Locked),
        Permission::WaitMs(wait_ms) => {
            if attempts != stored {
                write(dir, device_secret, vault, attempts)?;
            }
            return Err(UnlockError::Throttled { wait_ms });
        }
        Permission::Now => {}
    }
    Ok(attempts.failed(now.0))
}

/// Counts a try, durably, before anybody hears what came of it.
pub(super) fn count(
    dir: &Path,
    device_secret: &Secret32,
    vault: &str,
    failed: Attempts,
) -> Result<(), UnlockError> {
    write(dir, device_secret, vault, failed)
}

/// After the right passphrase.
pub(super) fn forget(dir: &Path, device_secret: &Secret32, vault: &str) -> Result<(), UnlockError> {
    write(dir, device_secret, vault, Attempts::NONE)
}

fn write(dir: &Path, device_secret: &Secret32, vault: &str, attempts: Attempts) -> Result<(), UnlockError> {
    let text = serde_json::to_vec(&attempts.seal(device_secret, vault)).map_err(|_| UnlockError::Damaged)?;
    Ok(files::replace(&path(dir), &text)?)
}
