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
