//! The app behind loopback HTTP: the same commands and the same screens, for a browser on this machine.
//!
//! A door for tests and for `make run` without a display; release builds do not contain it. The token in the printed
//! address is exchanged once for a cookie that scripts cannot read; Host and Origin are checked on every request, so
//! that no page of another origin can speak through the worker's browser.

use app::{App, Command, Error};
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;
use tower_http::services::{ServeDir, ServeFile};

const COOKIE: &str = "porchlight_bridge";
/// As in the app's own window, plus the page's own origin in place of Tauri's channel.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; worker-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The largest command: a visit with the longest notes.
const MAX_COMMAND: usize = 2 * 1024 * 1024;

struct Door {
    app: App,
    token: String,
    address: SocketAddr,
}

/// A bridge that is being served.
pub struct Bridge {
    /// The address to open, with its one-time token.
    pub url: String,
    /// Serves until it is dropped or aborted.
    pub task: tokio::task::JoinHandle<()>,
}

impl Bridge {
    /// Serves `app` and the built screens of `screens` on a loopback address.
    ///
    /// # Errors
    /// When the address cannot be bound, or is not a loopback address.
    pub async fn start(app: App, screens: &Path, listen: SocketAddr) -> anyhow::Result<Self> {
        anyhow::ensure!(listen.ip().is_loopback(), "the bridge listens on loopback only");
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let token = crypto::codes::AccessToken::generate().to_text().to_string();
        let url = format!("http://{address}/enter?token={token}");
        let door = Arc::new(Door { app, token, address });
        let router = router(door, screens);
        let task = tokio::spawn(async move {
            // Ends with the task; an error here means that the socket is gone.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, task })
    }
}

fn router(door: Arc<Door>, screens: &Path) -> Router {
    let files = ServeDir::new(screens).fallback(ServeFile::new(screens.join("index.html")));
    Router::new()
        .route("/call", post(call))
        .route("/events", get(events))
        .fallback_service(files)
        .route_layer(axum::extract::DefaultBodyLimit::max(MAX_COMMAND))
        .layer(from_fn_with_state(Arc::clone(&door), only_with_cookie))
        .route("/enter", get(enter))
        .layer(from_fn_with_state(Arc::clone(&door), only_from_here))
        .with_state(door)
}

#[derive(serde::Deserialize)]
struct Entry {
    token: String,
}

async fn enter(State(door): State<Arc<Door>>, Query(entry): Query<Entry>) -> Response {
    if entry.token != door.token {
        return StatusCode::NOT_FOUND.into_response();
    }
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", door.token);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

async fn only_from_here(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if !is_from_here(&door, request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_from_here(door: &Door, headers: &HeaderMap) -> bool {
    let here = door.address.to_string();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).is_none_or(|origin| origin == format!("http://{here}"));
    text(header::HOST) == Some(&here) && origin
}

async fn only_with_cookie(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='));
    let ours = known.into_iter().any(|(name, value)| name == COOKIE && value == door.token);
    if ours { next.run(request).await } else { StatusCode::UNAUTHORIZED.into_response() }
}

async fn call(State(door): State<Arc<Door>>, body: Json<serde_json::Value>) -> Response {
    let Ok(command) = serde_json::from_value::<Command>(body.0) else {
        let error = Error::new("bad_command", "this version has no such command");
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response();
    };
    match door.app.run(command).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response(),
    }
}

async fn events(State(door): State<Arc<Door>>) -> Response<Body> {
    // A reader that fell behind is told to read everything again: an event without data.
    let stale = BroadcastStream::new(door.app.subscribe()).map(|stale| {
        let event = match stale {
            Ok(stale) => Event::default().json_data(stale).unwrap_or_default(),
            Err(_) => Event::default().data("{\"topic\":\"all\",\"person\":null}"),
        };
        Ok::<_, Infallible>(event)
    });
    Sse::new(stale).keep_alive(KeepAlive::default()).into_response()
}
