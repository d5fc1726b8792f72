//! Where this device keeps its vaults.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use tauri::{AppHandle, Manager, Runtime};

/// Names another folder, on desktops: several workers on one machine in a demo, or a test with a fresh one.
pub const OVERRIDE: &str = "PORCHLIGHT_DATA";

/// The folder could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The platform names no place for an app's data.
    #[error("this system names no folder for app data: {0}")]
    Unknown(#[from] tauri::Error),
    /// It cannot be made or closed to others.
    #[error("the data folder cannot be made: {0}")]
    Denied(#[from] io::Error),
}

/// The data folder of this app: [`OVERRIDE`] where that is set (desktops only), else the platform's. Made if it
/// is missing, and then readable by this user alone.
pub fn for_app<R: Runtime>(app: &AppHandle<R>) -> Result<PathBuf, FolderError> {
    let named = if cfg!(desktop) { env::var_os(OVERRIDE).filter(|name| !name.is_empty()) } else { None };
    let folder = match named {
        Some(name) => std::path::absolute(name)?,
        None => app.path().app_data_dir()?,
    };
    make_private(&folder)?;
    Ok(folder)
}

fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_folder_is_closed_to_others_even_if_it_was_open() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        super::make_private(&folder).unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}
