//! Admits a device by its one-time code.

use super::errors::HttpError;
use super::{App, Call};
use crate::db::{DeviceRow, EnrolOutcome, Enrolment};
use axum::Json;
use axum::response::{IntoResponse, Response};
use crypto::codes::EnrolmentSecret;
use crypto::device_key::DevicePublicKey;
use domain::DeviceId;
use domain::codes::CodeList;
use std::sync::Arc;
use sync::certificate::Certificate;
use sync::enrolment::EnrolmentCode;
use sync::wire::{EnrolRequest, Enrolled, NONCE_HEADER};

const MAX_NAME: usize = 120;

/// Admits a device. Wrong codes look alike; a code that was ours says what became of it.
#[utoipa::path(
    post,
    path = "/v1/enrol",
    request_body = super::openapi::EnrolRequestDoc,
    responses(
        (status = 200, body = super::openapi::EnrolledDoc),
        (status = 403, body = super::openapi::ErrorDoc, description = "`code_unknown`, `code_expired`, `code_used`")
    )
)]
pub(super) async fn enrol(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let now = app.now();
    app.limiter.enrolment(call.peer.map(|peer| peer.ip())).map_err(|wait| {
        app.metrics.limited("enrolment");
        HttpError::too_many(wait)
    })?;
    let ask: EnrolRequest = serde_json::from_slice(&call.body).map_err(|_| HttpError::malformed())?;
    // Whoever pastes the whole code means its secret part.
    let whole = ask.code.parse::<EnrolmentCode>();
    let secret = whole.as_ref().map_or(ask.code.as_str(), |code| code.secret.as_str());
    let secret = EnrolmentSecret::parse(secret).map_err(|_| HttpError::code_unknown())?;
    let key = DevicePublicKey::from_text(&ask.key).map_err(|_| HttpError::malformed())?;
    let texts = [&ask.name, &ask.platform, &ask.app, &ask.secret_store];
    if texts.iter().any(|text| text.chars().count() > MAX_NAME || text.chars().any(char::is_control)) {
        return Err(HttpError::malformed());
    }
    let device = DeviceRow {
        device: DeviceId::new(now, crypto::secret::random_bytes()),
        user: domain::ids::SYSTEM_USER,
        key: *key.as_bytes(),
        name: ask.name,
        platform: ask.platform,
        app: ask.app,
        secret_store: ask.secret_store,
        enrolled_at: now,
        revoked_at: None,
        last_contact: None,
        unsent: 0,
        clock_offset: 0,
    };
    let mut certificate = Certificate {
        county: app.db.county().await?.id,
        device: device.device,
        user: device.user,
        key,
        name: device.name.clone(),
        platform: device.platform.clone(),
        secret_store: device.secret_store.clone(),
        at: now,
    };
    let (device, member) = match app.db.enrol(Enrolment { hash: secret.hash(), now, device }).await? {
        EnrolOutcome::Admitted(device, member) => (device, member),
        EnrolOutcome::Unknown => return Err(HttpError::code_unknown()),
        EnrolOutcome::Expired => return Err(HttpError::code_expired()),
        EnrolOutcome::Used => return Err(HttpError::code_used()),
    };
    tracing::info!(%device, user = %member.user, "a device was admitted");
    let county = app.db.county().await?;
    certificate.device = device;
    certificate.user = member.user;
    let enrolled = Enrolled {
        county: county.id,
        county_name: county.name,
        timezone: county.timezone,
        user: member.user,
        user_name: member.name,
        role: member.role.code().to_owned(),
        team: member.team,
        device,
        county_key: app.secret.public().to_text(),
        sealing_key: Some(app.secret.sealing_public()),
        certificate: certificate.issue(&app.secret),
    };
    // The device's first sync needs no challenge.
    let nonce = [(NONCE_HEADER, app.nonces.give(app.now()).to_string())];
    Ok((nonce, Json(enrolled)).into_response())
}
