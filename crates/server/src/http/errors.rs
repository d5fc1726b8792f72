//! The only errors that HTTP sees. What went wrong inside is logged, never sent.

use crate::db::DbError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sync::wire::{ErrorBody, NONCE_HEADER};

/// The code of what is to be sent again later.
pub const BUSY: &str = "busy";

/// An answer that says no.
#[derive(Debug, Clone)]
pub struct HttpError {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    nonce: Option<String>,
    retry_after: Option<u64>,
}

impl HttpError {
    const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, nonce: None, retry_after: None }
    }

    /// Not there, or not for this reader: the two look the same.
    pub const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here that you may see.")
    }

    /// The request must be signed with this nonce, to open or renew a session.
    pub fn session_needed(nonce: String) -> Self {
        let error = Self::new(
            StatusCode::UNAUTHORIZED,
            "session_needed",
            "Sign the request with the nonce in this answer, and open a session with it.",
        );
        Self { nonce: Some(nonce), ..error }
    }

    /// The signature is not one of an admitted device over this request.
    pub fn not_authorized(nonce: String) -> Self {
        let message = "The request is not signed by a device of this county.";
        Self { nonce: Some(nonce), ..Self::new(StatusCode::UNAUTHORIZED, "not_authorized", message) }
    }

    /// The device's admission has ended, or its user does not work here any more.
    pub const fn device_revoked() -> Self {
        Self::new(StatusCode::FORBIDDEN, "device_revoked", "This device is no longer admitted to the county.")
    }

    /// The county was restored from a backup that is older than the device's admission.
    pub const fn waiting_for_readmission() -> Self {
        let message = "The county was restored from a backup and does not know this device yet. Somebody must admit \
                       it again.";
        Self::new(StatusCode::FORBIDDEN, sync::wire::WAITING, message)
    }

    /// No enrolment code of this county.
    pub const fn code_unknown() -> Self {
        Self::new(StatusCode::FORBIDDEN, "code_unknown", "This enrolment code is not one of this county.")
    }

    /// Too late, or tried too often.
    pub const fn code_expired() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "code_expired",
            "This enrolment code has expired. Ask for a new one.",
        )
    }

    /// Another device used it.
    pub const fn code_used() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "code_used",
            "This enrolment code was used already. Ask for a new one.",
        )
    }

    /// Not what the route takes.
    pub const fn malformed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request cannot be read.")
    }

    /// More than the route takes.
    pub const fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request is larger than the county takes.")
    }

    /// The body did not come in time.
    pub const fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "The request did not arrive in time.")
    }

    /// The app speaks a version that the county no longer serves.
    pub const fn app_too_old() -> Self {
        Self::new(
            StatusCode::UPGRADE_REQUIRED,
            "app_too_old",
            "The app is too old for this county. Update it.",
        )
    }

    /// The app speaks a version that the county does not know yet.
    pub const fn county_too_old() -> Self {
        Self::new(StatusCode::CONFLICT, "county_too_old", "The county's server is older than the app.")
    }

    /// Too much from this address or this device.
    pub fn too_many(retry_after: u64) -> Self {
        let message = "Too many requests. Wait a little.";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, BUSY, message);
        Self { retry_after: Some(retry_after), ..error }
    }

    /// The route does not take this method; the answer's `allow` names those that it takes.
    pub const fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "That cannot be done here.")
    }

    /// The body is of a kind that the route does not take.
    pub const fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The county does not take bodies of this kind here.",
        )
    }

    /// The county has too much to do.
    pub fn busy() -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, BUSY, "The county is busy. Try again soon.");
        Self { retry_after: Some(5), ..error }
    }

    /// Something failed inside.
    pub const fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong at the county.")
    }

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

/// The code of an answer that says no, for the log.
#[derive(Clone, Copy, Debug)]
pub struct Code(pub &'static str);

impl From<DbError> for HttpError {
    fn from(error: DbError) -> Self {
        match error {
            // The device comes back.
            DbError::Busy | DbError::Unreachable => Self::busy(),
            error => {
                tracing::error!(%error, cause = error.cause(), "the database failed");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let body = ErrorBody { code: self.code.to_owned(), message: self.message.to_owned() };
        let mut answer = (self.status, axum::Json(body)).into_response();
        answer.extensions_mut().insert(Code(self.code));
        let headers = answer.headers_mut();
        if let Some(nonce) = self.nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
            headers.insert(NONCE_HEADER, nonce);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }
}
