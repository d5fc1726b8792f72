//! One sync over HTTP: the exchange, streamed to the socket.

use super::errors::HttpError;
use super::{App, Call};
use crate::exchange::{self, Answer, Refused, Side};
use crate::metrics::Metrics;
use crate::pull::stream::{Ended, Reader};
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::DeviceId;
use futures_util::FutureExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

/// The largest request, compressed.
pub(super) const BODY: usize = 16 * 1024 * 1024;
/// So many frames are made before the first of them has left.
const AHEAD: usize = 4;
/// A device that takes nothing for so long is given up; it comes back with its token.
const STALLED: Duration = Duration::from_secs(120);

/// One sync.
#[utoipa::path(
    post,
    path = "/v1/sync",
    request_body(
        content = String,
        content_type = "application/zstd",
        description = "JSON lines under zstd, with the dictionary or without: hello, then changes"
    ),
    responses(
        (
            status = 200,
            content_type = "application/zstd",
            body = String,
            description = "JSON lines under zstd (for apps that say `r` 2, with their dictionary): answers, then frames"
        ),
        (
            status = 409,
            body = super::openapi::ErrorDoc,
            description = "`county_too_old`: the app speaks a newer version."
        ),
        (
            status = 426,
            body = super::openapi::ErrorDoc,
            description = "`app_too_old`: the app speaks a version that is no longer served."
        )
    )
)]
pub(super) async fn sync(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let session = call.session()?.clone();
    let frames = call.query_in("limit", 1..=u32::MAX)?;
    let (body, mut intake) = (call.body, call.intake);
    let read = tokio::task::spawn_blocking(move || {
        let read = exchange::read_within(&body, |bytes| intake.takes(bytes));
        (read, intake)
    });
    // Its share of the room is held until the page is decided.
    let (read, _intake) = read.await.map_err(|_| HttpError::internal())?;
    let mut request = read.inspect_err(|refused| {
        if matches!(refused, Refused::NoRoom) {
            app.metrics.limited("bodies");
        }
    })?;
    request.frames = frames;
    request.waiting = session.waiting;
    // What an offer expands to is large, so few are open at once; the others wait for their turn.
    let _turn = if request.is_sealed() {
        let turn = app.offers.acquire().await.map_err(|_| HttpError::busy())?;
        let (secret, county) = (Arc::clone(&app.secret), app.db.county().await?.id);
        let opened = tokio::task::spawn_blocking(move || {
            request.open(&secret, county);
            request
        });
        request = opened.await.map_err(|_| HttpError::internal())?;
        Some(turn)
    } else {
        None
    };
    let reader = Reader { member: session.member.member(), device: session.device.device };
    let device = reader.device;
    let kind = [(header::CONTENT_TYPE, "application/zstd")];
    let mut answer = exchange::answer(app.side(), reader, request).await?;
    app.metrics.verdicts(&answer.verdicts);
    let first = answer.chunk().await;
    let next = if matches!(first, Ok(Some(_))) { answer.chunk().now_or_never() } else { None };
    let ready = match (first, next) {
        // An answer that is ready at once says its length, which takes fewer bytes than chunks do.
        (Ok(Some(whole)), Some(Ok(None))) => {
            app.metrics.frames.inc();
            return Ok((kind, Body::from(whole)).into_response());
        }
        (first, next) => [Some(first), next],
    };
    let (socket, stream) = tokio::sync::mpsc::channel(AHEAD);
    // A task of its own, so that a frame is made while the one before it is on the line.
    tokio::spawn(forward(ready, answer, socket, device, Arc::clone(&app.metrics)).in_current_span());
    let body = Body::from_stream(ReceiverStream::new(stream));
    Ok((kind, body).into_response())
}

/// What is ready already, and then the rest.
type Ready = [Option<Result<Option<Bytes>, Ended>>; 2];

async fn forward(
    ready: Ready,
    mut answer: Answer,
    socket: Sender<std::io::Result<Bytes>>,
    device: DeviceId,
    metrics: Arc<Metrics>,
) {
    let (mut ready, mut begins) = (ready.into_iter().flatten(), true);
    loop {
        let chunk = match ready.next() {
            Some(chunk) => chunk,
            None => answer.chunk().await,
        };
        match chunk {
            Ok(Some(bytes)) => {
                let sent = tokio::time::timeout(STALLED, socket.send(Ok(bytes))).await;
                metrics.frames.inc();
                if !matches!(sent, Ok(Ok(()))) {
                    return tracing::debug!(%device, "the line died");
                }
                // On a thin line, what shares a TLS record with the next frame comes half a second later. The first one
                // mostly leaves by itself when the next waits until it was taken.
                if std::mem::take(&mut begins) {
                    let gone = tokio::time::timeout(STALLED, socket.reserve_many(AHEAD)).await;
                    if !matches!(gone, Ok(Ok(_))) {
                        return tracing::debug!(%device, "the line died");
                    }
                }
            }
            Ok(None) => return,
            Err(ended) => {
                match ended {
                    Ended::Database(error) => {
                        metrics.broken_pulls.inc();
                        tracing::error!(%error, cause = error.cause(), %device, "a pull broke off");
                    }
                    Ended::Gone | Ended::Enough => tracing::debug!(%device, "the device is no longer served"),
                }
                // The device sees a broken line, keeps its whole frames, and comes back.
                let _ = socket.send(Err(std::io::Error::other("broken off"))).await;
                return;
            }
        }
    }
}

impl App {
    fn side(&self) -> Side {
        Side {
            db: Arc::clone(&self.db),
            secret: Arc::clone(&self.secret),
            notifier: Arc::clone(&self.notifier),
            clock: Arc::clone(&self.clock),
        }
    }
}

impl From<Refused> for HttpError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Malformed => Self::malformed(),
            Refused::TooLarge => Self::too_large(),
            Refused::NoRoom => Self::busy(),
            Refused::AppTooOld => Self::app_too_old(),
            Refused::CountyTooOld => Self::county_too_old(),
            Refused::Database(error) => error.into(),
        }
    }
}
