//! Takes one request in: who says that they ask, body, proof, policy, handler.

use super::errors::{BUSY, HttpError};
use super::{App, Call, Guard, Route, auth};
use crate::limits::SLOWEST;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use domain::DeviceId;
use futures_util::StreamExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

/// The device that asked, for the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked(pub DeviceId);

/// Bytes beyond a route's limit that are read and thrown away, so that whoever sends them reads the answer.
const THROWN_AWAY: usize = 32 * 1024 * 1024;

/// Answers a request that has found its route.
pub(super) async fn answer(
    route: Route,
    app: Arc<App>,
    params: RawPathParams,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    judged(route, &app, params, parts, body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn judged(
    route: Route,
    app: &Arc<App>,
    params: RawPathParams,
    parts: Parts,
    body: Body,
) -> Result<Response, HttpError> {
    let (limit, time) = (route.limit, app.limits.body_time);
    let named = match route.guard {
        Guard::Public(_) => None,
        _ => match auth::named(app, &parts.headers).await {
            Ok(named) => Some(named),
            Err(error) => {
                // What it says of the body is said later, if at all.
                let _ = Intake::of_nobody().read(body, limit, time).await;
                return Err(error);
            }
        },
    };
    let mut intake = Intake::within(Arc::clone(&app.bodies));
    let body = intake.read(body, limit, time).await.inspect_err(|error| {
        if error.code() == BUSY {
            app.metrics.limited("bodies");
        }
    })?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let session = match named {
        None => None,
        Some(named) => {
            let who = named.who();
            let session = auth::authorize(app, parts.method.as_str(), target, named, &body).await;
            let revoked = HttpError::device_revoked().code();
            if session.as_ref().is_err_and(|error| error.code() == revoked) {
                within_rate(app, who.0)?;
                app.refused(who, route.path, revoked, None).await;
            }
            Some(session?)
        }
    };
    if !body.is_empty() && !takes(route, &parts.headers) {
        return Err(HttpError::unsupported_media_type());
    }
    let call = Call {
        peer: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0),
        params: params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        uri: parts.uri,
        body,
        intake,
        session: session.clone(),
    };
    let subject: Option<Uuid> = call.params.iter().find_map(|(_, value)| value.parse().ok());
    let Some(session) = session else { return (route.handler)(Arc::clone(app), call).await };
    let device = session.device.device;
    let answered = match within_rate(app, device) {
        Err(too_many) => Err(too_many),
        Ok(()) if session.waiting && route.path != "/v1/sync" => Err(HttpError::waiting_for_readmission()),
        Ok(()) if route.guard.admits(&session.member.role) => (route.handler)(Arc::clone(app), call).await,
        Ok(()) => Err(HttpError::not_found()),
    };
    // Not there, or not for them: the two are kept alike, as they look alike.
    let not_found = HttpError::not_found().code();
    if answered.as_ref().is_err_and(|error| error.code() == not_found) {
        app.refused((device, session.member.user), route.path, not_found, subject).await;
    }
    let mut answer = answered.unwrap_or_else(IntoResponse::into_response);
    auth::stamp(app, &session, answer.headers_mut());
    answer.extensions_mut().insert(Asked(device));
    Ok(answer)
}

/// Counts a request of a device that has proved itself.
fn within_rate(app: &App, device: DeviceId) -> Result<(), HttpError> {
    app.limiter.device(device).map_err(|wait| {
        app.metrics.limited("device");
        HttpError::too_many(wait)
    })
}

/// Whether the route takes bodies of the kind that the request names. Naming none is naming the right one: devices
/// spare the bytes.
fn takes(route: Route, headers: &HeaderMap) -> bool {
    let Some(named) = headers.get(header::CONTENT_TYPE) else { return true };
    let named = named.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    named.eq_ignore_ascii_case(route.takes) || named.eq_ignore_ascii_case("application/octet-stream")
}

/// Takes in a body, and holds its share of what all bodies under way may take together until it is dropped.
pub(super) struct Intake {
    /// None keeps nothing.
    room: Option<Arc<Semaphore>>,
    share: Option<OwnedSemaphorePermit>,
}

impl Intake {
    /// Keeps a body as far as there is room.
    fn within(room: Arc<Semaphore>) -> Self {
        Self { room: Some(room), share: None }
    }

    /// Keeps nothing: whoever sends it is told no, and must have sent it to read that.
    fn of_nobody() -> Self {
        Self { room: None, share: None }
    }

    /// Whether so many more bytes may be kept.
    pub(super) fn takes(&mut self, bytes: usize) -> bool {
        let Some(room) = &self.room else { return false };
        let share = u32::try_from(bytes).ok().and_then(|n| Arc::clone(room).try_acquire_many_owned(n).ok());
        let Some(share) = share else { return false };
        match &mut self.share {
            Some(held) => held.merge(share),
            None => self.share = Some(share),
        }
        true
    }

    /// Reads a body that may be so long, at the pace of the slowest line that is waited for.
    async fn read(&mut self, body: Body, limit: usize, time: Duration) -> Result<Bytes, HttpError> {
        let started = Instant::now();
        let mut stream = body.into_data_stream();
        let mut kept = BytesMut::new();
        let (mut came, mut full) = (0, false);
        loop {
            let patience = time + Duration::from_secs(came as u64 / SLOWEST);
            match timeout_at(started + patience, stream.next()).await {
                Err(_) => return Err(HttpError::too_slow()),
                Ok(Some(Err(_))) => return Err(HttpError::malformed()),
                Ok(Some(Ok(bytes))) => {
                    came += bytes.len();
                    full |= came <= limit && !full && !self.takes(bytes.len());
                    if came <= limit && !full {
                        kept.extend_from_slice(&bytes);
                    } else if came > limit + THROWN_AWAY {
                        return Err(HttpError::too_large());
                    } else {
                        (kept, self.share) = (BytesMut::new(), None);
                    }
                }
                Ok(None) if came > limit => return Err(HttpError::too_large()),
                Ok(None) if full => return Err(HttpError::busy()),
                Ok(None) => return Ok(kept.freeze()),
            }
        }
    }
}
