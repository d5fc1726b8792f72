//! A page of changes as plain JSON: the same decisions as in a sync.

use super::errors::HttpError;
use super::{App, Call};
use crate::decide::{Author, Page, parse_change};
use crate::exchange::Verdicts;
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use sync::wire::PUSH_PAGE;

/// The largest page, in bytes.
pub(super) const BODY: usize = sync::wire::PUSH_PAGE_BYTES;

#[derive(Deserialize)]
struct Push {
    changes: Vec<Value>,
}

/// Pushes changes; each gets its own answer.
#[utoipa::path(
    post,
    path = "/v1/changes",
    request_body = super::openapi::PushDoc,
    responses(
        (status = 200, body = super::openapi::AnswersDoc)
    )
)]
pub(super) async fn push(app: Arc<App>, call: Call) -> Result<Response, HttpError> {
    let session = call.session()?;
    let Push { changes } = serde_json::from_slice(&call.body).map_err(|_| HttpError::malformed())?;
    if changes.len() > PUSH_PAGE {
        return Err(HttpError::too_large());
    }
    // Written anew: a change is one line wherever it goes from here.
    let lines = changes.iter().map(|change| parse_change(&change.to_string()));
    let lines = lines.collect::<Option<Vec<_>>>().ok_or_else(HttpError::malformed)?;
    let device = session.device.device;
    let author = Author::Device { member: session.member.member(), device };
    let outcome = app.db.accept(Page { author, received: app.now(), lines, contact: None }, None).await?;
    app.metrics.verdicts(&Verdicts::of(&outcome));
    app.notifier.announce(&outcome, Some(device));
    Ok(Json(serde_json::json!({ "answers": outcome.answers })).into_response())
}
