//! The one error that screens see: a stable code to branch on, and words that hold no personal data.

use serde::Serialize;
use ts_rs::TS;

/// What went wrong, for a screen. The UI chooses its words by `code`; `message` is for logs and for developers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS, thiserror::Error)]
#[error("{code}: {message}")]
#[ts(rename = "AppError")]
pub struct Error {
    /// A stable code, such as `locked`, `wrong_passphrase`, `required`.
    pub code: String,
    /// Plain words. Never a value that somebody typed.
    pub message: String,
    /// The field it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// Milliseconds to wait before the next try.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub wait_ms: Option<i64>,
}

impl Error {
    /// An error with a code.
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), field: None, wait_ms: None }
    }

    /// About one field.
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// The vault is locked.
    pub fn locked() -> Self {
        Self::new("locked", "unlock first")
    }

    /// There is no such thing here, or this user may not see it: the same answer.
    pub fn not_found() -> Self {
        Self::new("not_found", "there is nothing here by that name")
    }
}

impl From<domain::validate::Refusal> for Error {
    fn from(refusal: domain::validate::Refusal) -> Self {
        let error = Self::new(&refusal.code, "the record is not complete or not valid");
        if refusal.field.is_empty() { error } else { error.at(&refusal.field) }
    }
}

impl From<store::StoreError> for Error {
    fn from(error: store::StoreError) -> Self {
        use store::StoreError as S;
        match error {
            S::Locked => Self::locked(),
            S::DiskFull => Self::new("disk_full", "there is no room left on this device"),
            S::Refused(refusal) => refusal.into(),
            S::NotFound => Self::not_found(),
            S::Damaged => Self::new("vault_damaged", "the vault on this device is damaged"),
            S::Database { .. } => Self::new("store_failed", "the vault on this device could not be written"),
        }
    }
}

impl From<store::UnlockError> for Error {
    fn from(error: store::UnlockError) -> Self {
        use store::UnlockError as U;
        let wait = |code: &str, wait_ms: u64| Self {
            wait_ms: Some(i64::try_from(wait_ms).unwrap_or(i64::MAX)),
            ..Self::new(code, "wait before the next try")
        };
        match error {
            U::WrongPassphrase { wait_ms } => wait("wrong_passphrase", wait_ms),
            U::Throttled { wait_ms } => wait("throttled", wait_ms),
            U::Locked => Self::new("passphrase_locked", "too many wrong passphrases"),
            U::MissingDeviceSecretStore => {
                Self::new("device_secret_missing", "the keystore does not have this device's secret")
            }
            U::TooNew => Self::new("app_too_old", "a newer version of the app wrote this vault"),
            U::Damaged => Self::new("vault_damaged", "the vault on this device is damaged"),
            U::DiskFull => Self::new("disk_full", "there is no room left on this device"),
            U::OutOfMemory => Self::new("out_of_memory", "the device is short of memory"),
            U::NoVault => Self::new("no_vault", "nobody is enrolled here by that name"),
            U::Exists => Self::new("already_enrolled", "this person is enrolled on this device"),
            U::Passphrase(problem) => {
                Self::new(problem.code(), "this passphrase is too easy to guess").at("passphrase")
            }
            U::Io(_) => Self::new("disk_failed", "the device's storage does not work"),
        }
    }
}

impl From<sync::ports::RemoteError> for Error {
    fn from(error: sync::ports::RemoteError) -> Self {
        use sync::ports::RemoteError as R;
        match error {
            R::Unreachable => Self::new("unreachable", "the county cannot be reached"),
            R::Interrupted => Self::new("interrupted", "the connection broke off"),
            R::WrongCertificate => {
                Self::new("wrong_certificate", "something else answers at the county's address")
            }
            R::Rubbish => Self::new("rubbish", "the county's answer makes no sense"),
            R::Refused { code } => Self::new(&code, "the county refuses"),
            R::Busy { retry_after } => Self {
                wait_ms: Some(i64::try_from(retry_after.saturating_mul(1_000)).unwrap_or(i64::MAX)),
                ..Self::new("county_busy", "the county is busy")
            },
        }
    }
}
