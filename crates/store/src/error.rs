//! What can go wrong here. No error carries anything that a person recorded.

use crypto::PassphraseProblem;
use domain::validate::Refusal;
use thiserror::Error;

/// Why an open store could not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The vault was locked meanwhile.
    #[error("the vault is locked")]
    Locked,
    /// The device has no room left. Nothing was half written.
    #[error("the device's storage is full")]
    DiskFull,
    /// What is stored does not make sense, or the database found itself changed from outside.
    #[error("the vault is damaged")]
    Damaged,
    /// The rules of the domain refuse the change.
    #[error("the change is refused: {0}")]
    Refused(#[from] Refusal),
    /// There is no such thing here.
    #[error("not found")]
    NotFound,
    /// The database failed in another way. The text names no data.
    #[error("the database failed ({code})")]
    Database {
        /// SQLite's extended result code.
        code: i32,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
                _ => Self::Database { code: failure.extended_code },
            },
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            _ => Self::Damaged,
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        Self::Damaged
    }
}

/// Why a vault did not open, or could not be made.
#[derive(Debug, Error)]
pub enum UnlockError {
    /// The passphrase is wrong.
    #[error("the passphrase is wrong")]
    WrongPassphrase {
        /// How long until the next try, in milliseconds.
        wait_ms: u64,
    },
    /// Too many wrong passphrases: this one was not tried.
    #[error("wait before the next try")]
    Throttled {
        /// How long, in milliseconds.
        wait_ms: u64,
    },
    /// No passphrase is tried any more: a recovery code or a supervisor is needed.
    #[error("the vault takes no passphrase any more")]
    Locked,
    /// The store that holds the device secret is not there, or does not have it.
    #[error("the device secret is missing")]
    MissingDeviceSecretStore,
    /// A newer version of the app wrote this vault.
    #[error("the vault belongs to a newer version of the app")]
    TooNew,
    /// The vault's files do not make sense.
    #[error("the vault is damaged")]
    Damaged,
    /// The device has no room left.
    #[error("the device's storage is full")]
    DiskFull,
    /// The device could not give the memory that the key derivation needs.
    #[error("not enough memory to open the vault")]
    OutOfMemory,
    /// There is no vault in this folder.
    #[error("there is no vault here")]
    NoVault,
    /// There is one already.
    #[error("there is a vault here already")]
    Exists,
    /// The new passphrase may not be used.
    #[error(transparent)]
    Passphrase(#[from] PassphraseProblem),
    /// The file system or the database failed. The text names no data.
    #[error("the vault's files cannot be used ({0})")]
    Io(String),
}

impl From<std::io::Error> for UnlockError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Io(kind.to_string()),
        }
    }
}

impl From<StoreError> for UnlockError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::DiskFull,
            StoreError::Database { code } => Self::Io(format!("sqlite {code}")),
            _ => Self::Damaged,
        }
    }
}

impl From<rusqlite::Error> for UnlockError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}
