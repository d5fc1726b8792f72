//! Tells an online device that something in its caseload was committed. It says no more than that.

use super::errors::HttpError;
use super::{App, Call, auth};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

/// A device asks again after so long, in a new session.
const LONGEST: Duration = Duration::from_secs(3_600);

/// `changed` whenever the device should sync.
#[utoipa::path(
    get,
    path = "/v1/events",
    responses(
        (status = 200, content_type = "text/event-stream", body = String, description = "`event: changed` without content"),
        (status = 401, body = super::openapi::ErrorDoc)
    )
)]
pub(super) async fn events(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let session = call.session()?.clone();
    let member = session.member.member();
    let listener = app.notifier.listen();
    let ends = Instant::now() + LONGEST;
    let news = stream::unfold(listener, move |mut listener| {
        let (app, session, member) = (Arc::clone(&app), session.clone(), member.clone());
        async move {
            loop {
                let changed = match tokio::time::timeout_at(ends, listener.recv()).await {
                    Err(_) | Ok(Err(RecvError::Closed)) => return None,
                    // Too much happened to say what: something of it may be theirs.
                    Ok(Err(RecvError::Lagged(_))) => true,
                    Ok(Ok(notice)) => {
                        if notice.recheck && !auth::still_admitted(&app, &session).await {
                            return None;
                        }
                        notice.is_for(&member, session.device.device)
                    }
                };
                if changed {
                    let event = Event::default().event("changed").data("");
                    return Some((Ok::<_, Infallible>(event), listener));
                }
            }
        }
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(news).keep_alive(alive).into_response())
}
