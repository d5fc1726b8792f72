//! Who asks: every request is signed by an admitted device, with a fresh nonce, inside a short session.
//!
//! Everything is looked up again for every request: a revoked device or a changed role counts from the next one on.

use super::App;
use super::errors::HttpError;
use crate::db::{DeviceRow, MemberRow};
use crate::exchange::nobody;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use crypto::codes::{AccessToken, Nonce};
use crypto::device_key::DevicePublicKey;
use crypto::proof::{RequestParts, RequestProof, body_digest};
use crypto::signature::Signature;
use domain::{DeviceId, UserId};
use sync::certificate::Certificate;
use sync::wire::{AUTH_HEADER, AUTH_SCHEME, CERTIFICATE_HEADER, NONCE_HEADER, TOKEN_HEADER};

/// How long a session lasts, in milliseconds.
const SESSION: i64 = 10 * 60 * 1_000;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Session {
    /// On which device.
    pub device: DeviceRow,
    /// Who.
    pub member: MemberRow,
    /// The device was admitted after the backup that this county was restored from: it may send, and gets nothing.
    pub waiting: bool,
    /// The token of a session that this request opened.
    new_token: Option<String>,
}

/// What the header says.
struct Claim<'a> {
    device: DeviceId,
    token: &'a str,
    nonce: Nonce,
    signature: Signature,
}

impl<'a> Claim<'a> {
    fn read(headers: &'a HeaderMap) -> Option<Self> {
        let text = headers.get(AUTH_HEADER)?.to_str().ok()?;
        let mut parts = text.split(' ');
        let (Some(AUTH_SCHEME), Some(device), Some(token), Some(nonce), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        Some(Self {
            device: device.parse().ok()?,
            token: if token == "-" { "" } else { token },
            nonce: nonce.parse().ok()?,
            signature: Signature::from_text(signature).ok()?,
        })
    }
}

/// The nonce of a request, whether or not it is good.
pub fn nonce_of(headers: &HeaderMap) -> Option<Nonce> {
    headers.get(AUTH_HEADER)?.to_str().ok()?.split(' ').nth(3)?.parse().ok()
}

/// A request whose headers name a device of this county and a nonce of ours. Nothing is proved before its body is here,
/// because that is signed, too.
pub struct Named<'h> {
    claim: Claim<'h>,
    device: DeviceRow,
    member: MemberRow,
    waiting: bool,
}

impl Named<'_> {
    /// The device and whose it is, as the headers say.
    pub fn who(&self) -> (DeviceId, UserId) {
        (self.device.device, self.member.user)
    }
}

/// Looks at who says that they ask, before anything of the body is kept.
///
/// # Errors
/// `session_needed`, `not_authorized`, each with a fresh nonce.
pub async fn named<'h>(app: &App, headers: &'h HeaderMap) -> Result<Named<'h>, HttpError> {
    let now = app.now();
    let nonce = || app.nonces.give(now).to_string();
    let claim = Claim::read(headers).filter(|claim| app.nonces.is_good(claim.nonce, now));
    let Some(claim) = claim else { return Err(HttpError::session_needed(nonce())) };
    let (device, member, waiting) = match app.db.device(claim.device).await? {
        Some((device, member)) => (device, member, false),
        None => match certified(app, claim.device, headers).await? {
            Some((device, member)) => (device, member, true),
            None => return Err(HttpError::not_authorized(nonce())),
        },
    };
    Ok(Named { claim, device, member, waiting })
}

/// Checks a whole request.
///
/// # Errors
/// `session_needed`, `not_authorized`, `device_revoked`; each of the first two brings a fresh nonce.
pub async fn authorize(
    app: &App,
    method: &str,
    target: &str,
    Named { claim, device, member, waiting }: Named<'_>,
    body: &[u8],
) -> Result<Session, HttpError> {
    let now = app.now();
    let nonce = || app.nonces.give(now).to_string();
    let proof = RequestProof { nonce: claim.nonce, signature: claim.signature };
    let parts = RequestParts { method, target, body_sha256: body_digest(body), token: claim.token };
    if proof.verify(&DevicePublicKey::from_bytes(device.key), parts).is_err() {
        return Err(HttpError::not_authorized(nonce()));
    }
    if device.revoked_at.is_some() || !member.active {
        return Err(HttpError::device_revoked());
    }
    if waiting {
        app.db.wait_for_readmission(device.clone()).await?;
    }
    if !app.nonces.spend(app.db.as_ref(), claim.nonce, now).await? {
        return Err(HttpError::session_needed(nonce()));
    }
    let new_token = if claim.token.is_empty() {
        let token = AccessToken::generate();
        app.db.open_session(device.device, token.hash(), now, now.plus(SESSION)).await?;
        app.metrics.sessions.inc();
        Some(token.to_text().to_string())
    } else {
        let runs = match AccessToken::parse(claim.token) {
            Ok(token) => app.db.has_session(device.device, token.hash(), now).await?,
            Err(_) => false,
        };
        if !runs {
            return Err(HttpError::session_needed(nonce()));
        }
        None
    };
    Ok(Session { device, member, waiting, new_token })
}

/// A device that this county has forgotten, by the certificate that it was given when it was admitted; and whose it is,
/// as far as that is known here.
async fn certified(
    app: &App,
    device: DeviceId,
    headers: &HeaderMap,
) -> Result<Option<(DeviceRow, MemberRow)>, HttpError> {
    let text = headers.get(CERTIFICATE_HEADER).and_then(|value| value.to_str().ok());
    let read = text.and_then(|text| Certificate::read(text, &app.secret.public()).ok());
    let Some(certificate) = read else { return Ok(None) };
    if certificate.device != device || certificate.county != app.db.county().await?.id {
        return Ok(None);
    }
    let member = app.db.members().await?.into_iter().find(|member| member.user == certificate.user);
    let unknown =
        MemberRow { user: certificate.user, name: String::new(), role: nobody(), team: None, active: true };
    let row = DeviceRow {
        device,
        user: certificate.user,
        key: *certificate.key.as_bytes(),
        name: certificate.name,
        platform: certificate.platform,
        app: String::new(),
        secret_store: certificate.secret_store,
        enrolled_at: certificate.at,
        revoked_at: None,
        last_contact: None,
        unsent: 0,
        clock_offset: 0,
    };
    Ok(Some((row, member.unwrap_or(unknown))))
}

/// Whether the holder of a long answer may still have it.
pub async fn still_admitted(app: &App, session: &Session) -> bool {
    match app.db.device(session.device.device).await {
        Ok(Some((device, member))) => device.revoked_at.is_none() && member == session.member,
        Ok(None) => false,
        Err(_) => true,
    }
}

/// What every answer to an authorized request carries.
pub fn stamp(app: &App, session: &Session, headers: &mut HeaderMap) {
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put(NONCE_HEADER, &app.nonces.give(app.now()).to_string());
    if let Some(token) = &session.new_token {
        put(TOKEN_HEADER, token);
    }
}
