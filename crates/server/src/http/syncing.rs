//! One sync: answers to what was pushed, then the pull, streamed.

use super::errors::HttpError;
use super::{App, Call};
use crate::db::{Outcome, PullAsk};
use crate::decide::{Author, Line, Page, parse_line};
use crate::pull::stream::{self, Ended, Lines, Reader};
use crate::token::Token;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use sync::engine::decompress_all;
use sync::wire::{Hello, MAX_LINE, PROTOCOL, PUSH_PAGE, PUSH_PAGE_BYTES};
use tokio_stream::wrappers::ReceiverStream;

/// The largest request, compressed.
pub(super) const BODY: usize = 16 * 1024 * 1024;
/// The longest first line: a device's digests of everything it holds.
const MAX_HELLO: usize = 16 * 1024 * 1024;
/// So many answers are sent at once, before the pull is planned.
const MANY_ANSWERS: usize = 100;

/// One sync.
#[utoipa::path(
    post,
    path = "/v1/sync",
    request_body(content = String, content_type = "application/zstd", description = "JSON lines under zstd: hello, then changes"),
    responses(
        (status = 200, content_type = "application/zstd", body = String, description = "JSON lines under zstd: answers, then frames"),
        (status = 401, body = super::openapi::ErrorDoc),
        (status = 403, body = super::openapi::ErrorDoc)
    )
)]
pub(super) async fn sync(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let session = call.session()?.clone();
    let body = call.body;
    let read = tokio::task::spawn_blocking(move || read(&body)).await.map_err(|_| HttpError::internal())?;
    let (hello, lines) = read?;
    if hello.v < PROTOCOL {
        return Err(HttpError::app_too_old());
    }
    if hello.v > PROTOCOL {
        return Err(HttpError::county_too_old());
    }
    let (member, device) = (session.member.member(), session.device.device);
    let now = app.now();
    let outcome = if lines.is_empty() {
        Outcome::default()
    } else {
        let author = Author::Device { member: member.clone(), device };
        app.db.accept(Page { author, received: now, lines }, None).await?
    };
    app.notifier.announce(&outcome, Some(device));
    let ask = PullAsk {
        member: member.clone(),
        device,
        token: hello.token.as_deref().and_then(|token| Token::open(token, &app.secret)),
        forgot: hello.forgot,
        compare: hello.compare,
        now,
        clock_offset: hello.now.since(now),
        unsent: hello.unsent,
        app: hello.app.chars().take(120).collect(),
    };
    let (socket, stream) = tokio::sync::mpsc::channel(4);
    let lines = Lines::new(socket.clone()).map_err(|_| HttpError::internal())?;
    let reader = Reader { member, device };
    tokio::spawn(async move {
        match pull(&app, &reader, outcome, ask, lines).await {
            Ok(()) => {}
            Err(Ended::Gone) => tracing::debug!(device = %reader.device, "the line died"),
            Err(Ended::Database(error)) => {
                tracing::error!(%error, device = %reader.device, "a pull broke off");
                // The device sees a broken line, keeps its whole frames, and comes back.
                let _ = socket.send(Err(std::io::Error::other("broken off"))).await;
            }
        }
    });
    let body = Body::from_stream(ReceiverStream::new(stream));
    Ok(([(header::CONTENT_TYPE, "application/zstd")], body).into_response())
}

async fn pull(
    app: &App,
    reader: &Reader,
    outcome: Outcome,
    ask: PullAsk,
    mut lines: Lines,
) -> Result<(), Ended> {
    let many = outcome.answers.len() > MANY_ANSWERS;
    lines.answers(outcome.answers);
    if many {
        lines.flush().await?;
    }
    let begun = app.db.begin_pull(ask).await?;
    stream::run(app.db.as_ref(), &app.secret, reader, begun, lines, || app.now()).await
}

/// Reads a request's lines.
fn read(body: &[u8]) -> Result<(Hello, Vec<Line>), HttpError> {
    let text =
        decompress_all(body, MAX_HELLO + PUSH_PAGE_BYTES + MAX_LINE).ok_or_else(HttpError::malformed)?;
    let text = std::str::from_utf8(&text).map_err(|_| HttpError::malformed())?;
    let mut texts = text.split('\n').filter(|line| !line.is_empty());
    let hello =
        texts.next().and_then(|line| serde_json::from_str(line).ok()).ok_or_else(HttpError::malformed)?;
    let mut lines = Vec::new();
    for line in texts {
        if lines.len() == PUSH_PAGE || line.len() > MAX_LINE {
            return Err(HttpError::too_large());
        }
        lines.push(parse_line(line).ok_or_else(HttpError::malformed)?);
    }
    Ok((hello, lines))
}
