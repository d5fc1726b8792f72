//! Devices: one's own, the team's, the county's; and the end of an admission.

use super::errors::HttpError;
use super::{App, Call};
use crate::db::{DeviceRow, MemberRow};
use axum::Json;
use axum::response::{IntoResponse, Response};
use crypto::device_key::DevicePublicKey;
use domain::DeviceId;
use domain::policy::{self, Action, Nearness, Object};
use serde_json::json;
use std::sync::Arc;

/// How the asking member stands to a device.
fn near(asks: &MemberRow, owner: &MemberRow) -> Nearness {
    Nearness {
        mine: asks.user == owner.user,
        team: asks.team.is_some() && asks.team == owner.team,
        ..Nearness::default()
    }
}

fn may(asks: &MemberRow, action: Action, owner: &MemberRow) -> bool {
    policy::allows(&asks.role, action, Object::Device, near(asks, owner))
}

/// The devices that the member may know of.
#[utoipa::path(
    get,
    path = "/v1/devices",
    responses((status = 200, body = super::openapi::DevicesDoc))
)]
pub(super) async fn list(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let asks = &call.session()?.member;
    let all = app.db.devices().await?;
    let seen = all.iter().filter(|(_, owner)| may(asks, Action::Read, owner));
    let devices: Vec<_> = seen.map(|(device, owner)| describe(device, owner)).collect();
    Ok(Json(json!({ "devices": devices })).into_response())
}

/// A device as people see it in lists. The fingerprint is for comparing two screens.
pub fn describe(device: &DeviceRow, owner: &MemberRow) -> serde_json::Value {
    json!({
        "device": device.device,
        "user": device.user,
        "user_name": owner.name,
        "name": device.name,
        "platform": device.platform,
        "app": device.app,
        "secret_store": device.secret_store,
        "fingerprint": DevicePublicKey::from_bytes(device.key).fingerprint(),
        "enrolled_at": device.enrolled_at,
        "revoked_at": device.revoked_at,
        "last_contact": device.last_contact,
        "unsent": device.unsent,
        "clock_offset": device.clock_offset,
    })
}

/// Ends a device's admission: lost, stolen, or its user left.
#[utoipa::path(
    post,
    path = "/v1/devices/{device}/revoke",
    responses(
        (status = 204)
    )
)]
pub(super) async fn revoke(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let session = call.session()?;
    let device: DeviceId = call.param("device")?;
    let found = app.db.device(device).await?;
    let allowed = found.is_some_and(|(_, owner)| may(&session.member, Action::Void, &owner));
    if !allowed || !app.db.revoke(device, app.now()).await? {
        return Err(HttpError::not_found());
    }
    tracing::info!(%device, by = %session.member.user, "a device was revoked");
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}
