//! Tells an online device that something in its caseload was committed. It says no more than that.

use super::auth::{self, Session};
use super::errors::HttpError;
use super::{App, Call};
use crate::notify::Notice;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::caseload::Member;
use futures_util::stream;
use prometheus_client::metrics::gauge::Gauge;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, timeout_at};

/// A device asks again after so long, in a new session.
const LONGEST: Duration = Duration::from_secs(3_600);
/// The largest `limit`.
const MOST_LINES: u32 = 1_000;

/// `changed` whenever the device should sync.
#[utoipa::path(
    get,
    path = "/v1/events",
    responses(
        (
            status = 200,
            content_type = "text/event-stream",
            body = String,
            description = "`: open`, then `event: changed` without content for each moment at which a sync brings \
                           something"
        )
    )
)]
pub(super) async fn events(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let session = call.session()?.clone();
    let left = call.query_in("limit", 1..=MOST_LINES)?;
    let line = Line {
        listener: app.notifier.listen(),
        closing: app.closing.subscribe(),
        open: Open::new(&app),
        member: session.member.member(),
        opened: false,
        left,
        ends: Instant::now() + LONGEST,
        session,
        app,
    };
    let news = stream::unfold(line, |mut line| async move {
        let event = line.next().await?;
        Some((Ok::<_, Infallible>(event), line))
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(news).keep_alive(alive).into_response())
}

/// One device's line.
struct Line {
    app: Arc<App>,
    session: Session,
    member: Member,
    listener: broadcast::Receiver<Arc<Notice>>,
    closing: watch::Receiver<bool>,
    opened: bool,
    /// How many lines may follow, if that was asked for.
    left: Option<u32>,
    ends: Instant,
    #[allow(dead_code, reason = "counted as open until it is dropped")]
    open: Open,
}

impl Line {
    /// What to say next; none when the line ends.
    async fn next(&mut self) -> Option<Event> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        if !std::mem::replace(&mut self.opened, true) {
            return Some(Event::default().comment("open"));
        }
        loop {
            let heard = tokio::select! {
                heard = timeout_at(self.ends, self.listener.recv()) => heard,
                // The device asks again, and another process answers.
                _ = self.closing.wait_for(|closing| *closing) => return None,
            };
            let (recheck, changed) = match heard {
                Err(_) | Ok(Err(RecvError::Closed)) => return None,
                // Too much happened to say what: something of it may be theirs.
                Ok(Err(RecvError::Lagged(_))) => (true, true),
                Ok(Ok(notice)) => (notice.recheck, notice.is_for(&self.member, self.session.device.device)),
            };
            if recheck && !auth::still_admitted(&self.app, &self.session).await {
                return None;
            }
            if changed {
                return Some(Event::default().event("changed").data(""));
            }
        }
    }
}

/// Counts as an open stream until it is dropped.
struct Open(Gauge);

impl Open {
    fn new(app: &App) -> Self {
        let gauge = app.metrics.event_streams.clone();
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
