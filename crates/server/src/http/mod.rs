//! The county over HTTP.
//!
//! Every route is a row of [`routes`], with the policy that guards it; the router is built from that table and from
//! nothing else, so a handler without a policy row cannot be served.

use crate::db::{AuditRow, Database};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::notify::Notifier;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawPathParams, State};
use axum::http::{Request, Uri};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use crypto::county::CountySecret;
use domain::codes::Role;
use domain::policy::{self, Action, Nearness, Object};
use domain::{DeviceId, Millis, UserId};
use futures_util::future::BoxFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

mod answer;
pub mod auth;
mod changes;
pub mod connections;
mod devices;
mod enrol;
pub mod errors;
mod events;
mod limiter;
mod nonces;
pub mod openapi;
pub mod operator;
mod outer;
mod people;
mod syncing;

pub use devices::describe as describe_device;
use errors::HttpError;

/// So many offers to a restored county are opened and taken in at once.
const OFFERS: usize = 2;

/// What handlers work with.
pub struct App {
    /// The county's database.
    pub db: Arc<dyn Database>,
    /// The county's secret.
    pub secret: Arc<CountySecret>,
    /// Those who listen.
    pub notifier: Arc<Notifier>,
    clock: Arc<dyn Fn() -> Millis + Send + Sync>,
    /// The figures.
    pub metrics: Arc<Metrics>,
    limits: Limits,
    nonces: nonces::Nonces,
    limiter: limiter::Limiter,
    closing: watch::Sender<bool>,
    /// The bytes that bodies under way may still take.
    bodies: Arc<Semaphore>,
    /// Turns for opening offers.
    offers: Semaphore,
}

impl App {
    /// An app on a database.
    pub fn new(
        db: Arc<dyn Database>,
        secret: Arc<CountySecret>,
        clock: Arc<dyn Fn() -> Millis + Send + Sync>,
        limits: Limits,
    ) -> Self {
        Self {
            nonces: nonces::Nonces::new(Arc::clone(&secret), db.nonce_scope()),
            metrics: Arc::new(Metrics::new(db.as_ref())),
            limiter: limiter::Limiter::new(&limits),
            bodies: Arc::new(Semaphore::new(limits.bodies)),
            limits,
            db,
            secret,
            notifier: Arc::default(),
            clock,
            closing: watch::Sender::new(false),
            offers: Semaphore::new(OFFERS),
        }
    }

    /// The server stops: it is not ready any more, and event streams end.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Whether the county can be served now.
    ///
    /// # Errors
    /// `busy` while the server stops, or where the database does not answer or is not of this version.
    pub async fn ready(&self) -> Result<(), HttpError> {
        if *self.closing.borrow() {
            return Err(HttpError::busy());
        }
        self.db.ready().await.map_err(|error| {
            tracing::warn!(%error, cause = error.cause(), "the database is not ready");
            HttpError::busy()
        })
    }

    /// Keeps that somebody who has not asked too often was refused something. The answer does not wait for a database
    /// that fails.
    async fn refused(&self, session: (DeviceId, UserId), door: &str, code: &str, subject: Option<Uuid>) {
        let (door, code) = (door.to_owned(), code.to_owned());
        let row =
            AuditRow { at: self.now(), device: session.0, user: session.1, door, code, subject, tries: 1 };
        if let Err(error) = self.db.audit(row).await {
            tracing::error!(%error, cause = error.cause(), "a refusal could not be kept");
        }
    }

    /// The county's time.
    pub fn now(&self) -> Millis {
        (self.clock)()
    }
}

/// A request, checked as far as its route asks.
pub struct Call {
    /// Who asks; always present but on public routes.
    session: Option<auth::Session>,
    /// Where from.
    peer: Option<SocketAddr>,
    /// The parts of the path, by name.
    params: Vec<(String, String)>,
    uri: Uri,
    body: Bytes,
    /// What it takes of the room for bodies.
    intake: answer::Intake,
}

impl Call {
    fn session(&self) -> Result<&auth::Session, HttpError> {
        self.session.as_ref().ok_or_else(HttpError::not_found)
    }

    /// A part of the path; one that is not an id of ours is not found.
    fn param<T: std::str::FromStr>(&self, name: &str) -> Result<T, HttpError> {
        let text = self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        text.and_then(|text| text.parse().ok()).ok_or_else(HttpError::not_found)
    }

    /// A value of the query.
    fn query<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, HttpError> {
        let pairs = self.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next();
        found.map(|value| value.parse().map_err(|_| HttpError::malformed())).transpose()
    }
}

impl Call {
    /// A number of the query that must lie in a range.
    fn query_in(&self, name: &str, range: std::ops::RangeInclusive<u32>) -> Result<Option<u32>, HttpError> {
        match self.query(name)? {
            Some(number) if !range.contains(&number) => Err(HttpError::malformed()),
            number => Ok(number),
        }
    }
}

/// What guards a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guard {
    /// Anybody, for a reason.
    Public(&'static str),
    /// Any admitted device; each thing it brings or asks for is judged by itself, as the reason says.
    Judged(&'static str),
    /// Members to whom the policy table grants this for anything at all; each thing is then judged by itself.
    Policy(Action, Object),
}

impl Guard {
    /// Whether somebody of this role may come in.
    pub fn admits(self, role: &Role) -> bool {
        let anything = Nearness { own: true, team: true, mine: true, ..Nearness::default() };
        match self {
            Guard::Public(_) | Guard::Judged(_) => true,
            Guard::Policy(action, object) => policy::allows(role, action, object, anything),
        }
    }
}

type Handler = fn(Arc<App>, Call) -> BoxFuture<'static, Result<Response, HttpError>>;

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its path, parts in braces.
    pub path: &'static str,
    /// What guards it.
    pub guard: Guard,
    /// The largest body, in bytes as sent.
    pub limit: usize,
    /// The kind of body that it takes.
    takes: &'static str,
    handler: Handler,
}

const NO_BODY: usize = 0;
const SMALL_BODY: usize = 16 * 1024;

/// All routes.
pub fn routes() -> Vec<Route> {
    use Guard::{Judged, Policy, Public};
    let route = |method, path, guard, limit, handler: Handler| {
        let takes = if path == "/v1/sync" { "application/zstd" } else { "application/json" };
        Route { method, path, guard, limit, takes, handler }
    };
    vec![
        route("GET", "/healthz", Public("says only that the server runs"), NO_BODY, |app, call| {
            Box::pin(operator::healthz(app, call))
        }),
        route("GET", "/readyz", Public("says only whether it takes requests"), NO_BODY, |app, call| {
            Box::pin(operator::readyz(app, call))
        }),
        route("GET", "/v1/openapi.json", Public("describes the routes"), NO_BODY, |app, call| {
            Box::pin(openapi::document(app, call))
        }),
        route("POST", "/v1/enrol", Public("the one-time code is the proof"), SMALL_BODY, |app, call| {
            Box::pin(enrol::enrol(app, call))
        }),
        route("POST", "/v1/sync", Judged("each change and each person"), syncing::BODY, |app, call| {
            Box::pin(syncing::sync(app, call))
        }),
        route(
            "GET",
            "/v1/events",
            Judged("says nothing but that something changed"),
            NO_BODY,
            |app, call| Box::pin(events::events(app, call)),
        ),
        route("POST", "/v1/changes", Judged("each change"), changes::BODY, |app, call| {
            Box::pin(changes::push(app, call))
        }),
        route("GET", "/v1/people", Policy(Action::Read, Object::PersonIdentity), NO_BODY, |app, call| {
            Box::pin(people::list(app, call))
        }),
        route(
            "GET",
            "/v1/people/{person}",
            Policy(Action::Read, Object::PersonIdentity),
            NO_BODY,
            |app, call| Box::pin(people::one(app, call)),
        ),
        route(
            "GET",
            "/v1/people/{person}/history",
            Policy(Action::Read, Object::PersonIdentity),
            NO_BODY,
            |app, call| Box::pin(people::history(app, call)),
        ),
        route("GET", "/v1/devices", Policy(Action::Read, Object::Device), NO_BODY, |app, call| {
            Box::pin(devices::list(app, call))
        }),
        route(
            "POST",
            "/v1/devices/{device}/revoke",
            Policy(Action::Void, Object::Device),
            SMALL_BODY,
            |app, call| Box::pin(devices::revoke(app, call)),
        ),
    ]
}

/// The router, built from the table.
pub fn router(app: Arc<App>) -> Router {
    router_of(app, routes())
}

fn router_of(app: Arc<App>, routes: Vec<Route>) -> Router {
    let mut router = Router::new();
    for route in routes {
        let filter = if route.method == "GET" { MethodFilter::GET } else { MethodFilter::POST };
        let serve = move |State(app): State<Arc<App>>, params: RawPathParams, request: Request<Body>| {
            answer::answer(route, app, params, request)
        };
        router = router.route(route.path, on(filter, serve));
    }
    router
        .fallback(|| async { HttpError::not_found() })
        .method_not_allowed_fallback(|| async { HttpError::method_not_allowed() })
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), outer::outer))
        .with_state(app)
}
