//! Figures for the operator, in the text format that Prometheus reads.
//!
//! Labels are routes, statuses and codes: never an id, an address or a name, so that figures may be kept and shown
//! where logs may not.

use crate::db::Database;
use crate::exchange::Verdicts;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

mod process;

/// What a request was, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// `GET`, `POST`, or `other`.
    pub method: &'static str,
    /// The route's path with its parts in braces, or `none`.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

/// The figures of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    changes: Family<KindLabel, Counter>,
    limited: Family<KindLabel, Counter>,
    bytes: Family<KindLabel, Counter>,
    pool: Family<KindLabel, Gauge>,
    place: Family<KindLabel, Gauge>,
    process: process::Process,
    /// Open connections.
    pub connections: Gauge,
    /// Requests whose answer has not begun.
    pub under_way: Gauge,
    /// Open event streams.
    pub event_streams: Gauge,
    /// Sessions that were opened.
    pub sessions: Counter,
    /// Frames of syncs that were sent, and the answers before them.
    pub frames: Counter,
    /// Pulls that broke off because of the county's own side.
    pub broken_pulls: Counter,
    /// Requests that failed by a defect of the program.
    pub panics: Counter,
}

impl Metrics {
    /// The figures of a server on this database.
    pub fn new(db: &dyn Database) -> Self {
        let mut registry = Registry::with_prefix("porchlight");
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The program that runs", Info::new(build.to_vec()));
        let seconds: Family<RouteLabels, Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.5, 11)));
        let metrics = Self {
            requests: Family::default(),
            seconds,
            changes: Family::default(),
            limited: Family::default(),
            bytes: Family::default(),
            pool: Family::default(),
            place: Family::default(),
            process: process::Process::register(&mut registry),
            connections: Gauge::default(),
            under_way: Gauge::default(),
            event_streams: Gauge::default(),
            sessions: Counter::default(),
            frames: Counter::default(),
            broken_pulls: Counter::default(),
            panics: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests by route and status", metrics.requests.clone());
        registry.register("request_seconds", "Time until an answer began, by route", metrics.seconds.clone());
        registry.register("changes", "Changes that were pushed, by verdict", metrics.changes.clone());
        registry.register(
            "limited",
            "Requests that were told to come later, by limit",
            metrics.limited.clone(),
        );
        registry.register("bytes", "Bytes over the sockets, encrypted, by direction", metrics.bytes.clone());
        registry.register(
            "database_connections",
            "Connections to the database, by state",
            metrics.pool.clone(),
        );
        registry.register("database_wait_seconds", "Time that work waited for a connection", db.waits());
        registry.register("county", "The county's epoch and last sequence number", metrics.place.clone());
        registry.register("connections", "Open connections", metrics.connections.clone());
        registry.register(
            "requests_under_way",
            "Requests whose answer has not begun",
            metrics.under_way.clone(),
        );
        registry.register("event_streams", "Open event streams", metrics.event_streams.clone());
        registry.register("sessions_opened", "Sessions that were opened", metrics.sessions.clone());
        registry.register(
            "pull_frames",
            "Frames of syncs that were sent, and answers before them",
            metrics.frames.clone(),
        );
        registry.register(
            "pulls_broken_off",
            "Pulls that the county broke off",
            metrics.broken_pulls.clone(),
        );
        registry.register("panics", "Requests that failed by a defect", metrics.panics.clone());
        Self { registry, ..metrics }
    }

    /// Counts a request when its answer begins.
    pub fn request(&self, labels: RequestLabels, seconds: f64) {
        let route = RouteLabels { method: labels.method, route: labels.route.clone() };
        self.seconds.get_or_create(&route).observe(seconds);
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts what became of a page of changes.
    pub fn verdicts(&self, page: &Verdicts) {
        let counts = [
            ("accepted", page.accepted),
            ("held", page.held),
            ("refused", page.refused),
            ("county_too_old", page.county_too_old),
            ("handed_over", page.handed_over),
            ("settled", page.settled),
        ];
        for (kind, count) in counts {
            self.changes.get_or_create(&KindLabel { kind }).inc_by(count);
        }
    }

    /// Counts somebody who was told to come later: `address`, `device`, `enrolment`, `connections` or `bodies`.
    pub fn limited(&self, kind: &'static str) {
        self.limited.get_or_create(&KindLabel { kind }).inc();
    }

    /// The counters of bytes that came in and went out.
    pub fn traffic(&self) -> (Counter, Counter) {
        let of = |kind| self.bytes.get_or_create_owned(&KindLabel { kind });
        (of("in"), of("out"))
    }

    /// Everything as text. What only the database knows is left as it was when it does not answer.
    pub async fn text(&self, db: &dyn Database) -> String {
        let pool = db.pool();
        for (kind, count) in [("open", pool.size), ("busy", pool.busy), ("waiting", pool.waiting)] {
            self.pool.get_or_create(&KindLabel { kind }).set(count as i64);
        }
        if let Ok(county) = db.county().await {
            self.place.get_or_create(&KindLabel { kind: "epoch" }).set(i64::from(county.epoch));
            self.place.get_or_create(&KindLabel { kind: "seq" }).set(county.seq as i64);
        }
        self.process.look();
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
