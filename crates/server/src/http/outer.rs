//! Around every request: its id, the limit of its address, its figures, its line in the log, and what becomes of a
//! defect.

use super::answer::Asked;
use super::errors::{Code, HttpError};
use super::{App, auth};
use crate::metrics::RequestLabels;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, State};
use axum::http::{HeaderMap, HeaderValue, Method, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use prometheus_client::metrics::gauge::Gauge;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use sync::request::{REQUEST_HEADER, RequestId};
use tracing::Instrument;

/// Takes a request in and lets its answer out.
pub(super) async fn outer(State(app): State<Arc<App>>, request: Request<Body>, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        _ => "other",
    };
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request = %id, method, route);
    let under_way = UnderWay::new(app.metrics.under_way.clone());
    let mut answer = guarded(&app, request, next).instrument(span.clone()).await;
    drop(under_way);
    let status = answer.status();
    let seconds = started.elapsed().as_secs_f64();
    let code = answer.extensions().get::<Code>().map(|code| code.0);
    let device = answer.extensions().get::<Asked>().map(|asked| tracing::field::display(asked.0));
    let ms = (seconds * 1_000.0) as u64;
    tracing::info!(parent: &span, status = status.as_u16(), code, device, ms, "answered");
    app.metrics.request(RequestLabels { method, route, status: status.as_u16() }, seconds);
    let refused = status.is_client_error() || status.is_server_error();
    if let (true, Ok(id)) = (refused, HeaderValue::from_str(&id.to_string())) {
        answer.headers_mut().insert(REQUEST_HEADER, id);
    }
    answer
}

/// Counts as under way until it is dropped, also by a line that died.
struct UnderWay(Gauge);

impl UnderWay {
    fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

async fn guarded(app: &Arc<App>, request: Request<Body>, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    if let Err(wait) = app.limiter.address(from) {
        app.metrics.limited("address");
        return HttpError::too_many(wait).into_response();
    }
    // A defect in one request must not take the connection of others with it, nor leave the device without an answer.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(answer) => answer,
        Err(_) => {
            app.metrics.panics.inc();
            HttpError::internal().into_response()
        }
    }
}

/// What the device calls the request, or what it is called from here on.
fn request_id(headers: &HeaderMap) -> RequestId {
    let given = headers.get(REQUEST_HEADER).and_then(|id| id.to_str().ok()?.parse().ok());
    let nonce = || auth::nonce_of(headers).map(|nonce| RequestId::from_bytes(*nonce.as_bytes()));
    given.or_else(nonce).unwrap_or_else(|| RequestId::from_bytes(crypto::secret::random_bytes()))
}
