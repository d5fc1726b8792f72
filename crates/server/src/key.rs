//! Where the county's master secret comes from: a file that only its owner may read, or the environment.

use crate::files::write_private;
use crypto::county::CountySecret;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The environment variable that may hold it.
pub const VARIABLE: &str = "PORCHLIGHT_COUNTY_KEY";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Neither file nor environment.
    #[error("there is no county key: neither {} nor {VARIABLE}", .0.display())]
    Missing(PathBuf),
    /// Others may read it.
    #[error("{} can be read by others; make it 0600", .0.display())]
    Open(PathBuf),
    /// Not a key.
    #[error("the county key is not in the expected form")]
    Malformed,
    /// The disk.
    #[error("the county key cannot be written")]
    Io(#[from] std::io::Error),
}

/// The key file, unless another is named.
pub fn default_file(data: &Path) -> PathBuf {
    data.join("county.key")
}

/// Reads the key: from the environment where it is set, else from the file.
///
/// # Errors
/// [`KeyError`].
pub fn load(data: &Path, file: Option<&Path>) -> Result<CountySecret, KeyError> {
    if let Some(secret) = from_environment()? {
        return Ok(secret);
    }
    let file = file.map_or_else(|| default_file(data), Path::to_path_buf);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::InvalidData => return Err(KeyError::Malformed),
        Err(_) => return Err(KeyError::Missing(file)),
    };
    let text = Zeroizing::new(text);
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file)?.permissions()) & 0o077 != 0 {
        return Err(KeyError::Open(file));
    }
    CountySecret::parse(&text).map_err(|_| KeyError::Malformed)
}

/// The key of a new county: from the environment or an existing file; else made and written to the file.
///
/// # Errors
/// [`KeyError`].
pub fn load_or_make(data: &Path, file: Option<&Path>) -> Result<CountySecret, KeyError> {
    match load(data, file) {
        Err(KeyError::Missing(file)) => {
            let secret = CountySecret::generate();
            write_private(&file, secret.to_text().as_bytes())?;
            Ok(secret)
        }
        other => other,
    }
}

fn from_environment() -> Result<Option<CountySecret>, KeyError> {
    match std::env::var(VARIABLE) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            CountySecret::parse(&text).map(Some).map_err(|_| KeyError::Malformed)
        }
        Err(_) => Ok(None),
    }
}
