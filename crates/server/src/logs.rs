//! The log: ids, codes, routes and times, never what somebody recorded.
//!
//! Three things hold it to that. What this program writes are ids and codes, in fields of their own. Of the crates it
//! is built from only warnings pass, whatever level is asked for, because some of them quote statements and values
//! when they are told to be chatty. And of a panic the log names the place and not the message, which may quote what
//! it could not handle.

use std::io::IsTerminal;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line, for programs.
    Json,
    /// For people.
    Text,
}

impl Format {
    /// For people where standard error is a terminal, else for programs.
    pub fn for_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// A log that writes to `writer` what passes `filter`.
pub fn subscriber<W>(filter: EnvFilter, format: Format, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::registry()
        .with(lines(format, writer).with_filter(filter_fn(may_be_logged)))
        .with(filter)
}

fn lines<S, W>(format: Format, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        Format::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
        Format::Text => layer.with_ansi(std::io::stderr().is_terminal()).boxed(),
    }
}

/// Our own words at any level; everybody else's only when something is wrong.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let room = metadata.target().split("::").next().unwrap_or_default();
    matches!(
        room,
        "server" | "porchlight_server" | "app" | "store" | "domain" | "crypto" | "sync" | "exchange"
    ) || *metadata.level() <= Level::WARN
}

/// From here on a panic is a line in the log that says where, and not what.
pub fn panics_without_words() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
        tracing::error!(place, "the program has a defect: panicked");
    }));
}
