//! What the person who runs the server asks: does it run, does it take requests, and how is it.

use super::errors::HttpError;
use super::{App, Call};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::sync::Arc;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether the process runs. Says nothing about its database: restarting a server does not mend that.
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = super::openapi::HealthDoc)))]
pub(super) async fn healthz(_app: Arc<App>, _call: Call) -> Result<Response, HttpError> {
    Ok(well())
}

/// Whether requests should be sent here: the database answers, its tables are of this version, and the server is not
/// stopping.
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = super::openapi::HealthDoc)))]
pub(super) async fn readyz(app: Arc<App>, _call: Call) -> Result<Response, HttpError> {
    app.ready().await?;
    Ok(well())
}

fn well() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The operator's own routes, for a socket that devices do not reach. They go on until the last request has ended.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { well() }))
        .route("/readyz", get(ready))
        .with_state(app)
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, OPENMETRICS)], app.metrics.text(app.db.as_ref()).await).into_response()
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    app.ready().await.map_or_else(IntoResponse::into_response, |()| well())
}
