//! What lies in the app's data folder beside the vaults, and who may unlock them.
//!
//! `vaults/<user>/` holds one vault each; its `profile.json` has the name shown on the lock screen and nothing else.
//! Which county and server a vault belongs to stands inside the vault.

use crate::Error;
use domain::UserId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The app's data folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

#[derive(Serialize, Deserialize)]
struct Profile {
    /// The name of the worker, as colleagues see it.
    name: String,
}

impl Folder {
    /// The folder at `path`; it is made when something is first kept in it.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The vault of one user.
    pub fn vault(&self, user: UserId) -> PathBuf {
        self.0.join("vaults").join(user.to_string())
    }

    /// Everybody who has a vault here, with the name to show, by name.
    pub fn users(&self) -> Vec<(UserId, String)> {
        let entries = fs::read_dir(self.0.join("vaults")).into_iter().flatten().flatten();
        let mut users: Vec<(UserId, String)> = entries
            .filter_map(|entry| {
                let user: UserId = entry.file_name().to_str()?.parse().ok()?;
                store::Vault::exists(&entry.path()).then(|| (user, profile(&entry.path())))
            })
            .collect();
        users.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        users
    }

    /// Keeps the name to show for a vault.
    ///
    /// # Errors
    /// `disk_full` or `disk_failed`.
    pub fn keep_name(&self, user: UserId, name: &str) -> Result<(), Error> {
        let text = serde_json::to_string(&Profile { name: name.to_owned() }).unwrap_or_default();
        write_whole(&self.vault(user).join("profile.json"), text.as_bytes()).map_err(disk)
    }
}

fn profile(vault: &Path) -> String {
    let text = fs::read_to_string(vault.join("profile.json")).unwrap_or_default();
    serde_json::from_str::<Profile>(&text).map(|profile| profile.name).unwrap_or_default()
}

/// Either the old content or the new, never half of it.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn disk(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Error::new("disk_full", "there is no room left on this device")
        }
        _ => Error::new("disk_failed", "the device's storage does not work"),
    }
}
