//! One sync exchange, apart from HTTP: the answers to what was pushed, then the pull, chunk by chunk.
//!
//! Nothing here spawns a task or looks at the time of the machine: whoever polls an [`Answer`] drives it, so the same
//! code runs behind a socket and under the simulation.

use crate::db::{Database, DbError, Outcome, PullAsk};
use crate::decide::{Author, Line, Page, parse_line};
use crate::notify::Notifier;
use crate::pull::stream::{self, Ended, Lines, Outlet, Reader};
use crate::token::Token;
use bytes::Bytes;
use crypto::county::CountySecret;
use domain::{Millis, Stamp};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::task::Poll;
use sync::engine::decompress_all;
use sync::wire::{Hello, MAX_LINE, PROTOCOL, PUSH_PAGE, PUSH_PAGE_BYTES, Verdict};

/// The longest first line: a device's digests of everything it holds.
const MAX_HELLO: usize = 16 * 1024 * 1024;
/// So many answers are sent at once, before the pull is planned.
const MANY_ANSWERS: usize = 100;

/// The county's side of an exchange.
#[derive(Clone)]
pub struct Side {
    /// Its database.
    pub db: Arc<dyn Database>,
    /// Its secret.
    pub secret: Arc<CountySecret>,
    /// Those who listen.
    pub notifier: Arc<Notifier>,
    /// Its time.
    pub clock: Arc<dyn Fn() -> Millis + Send + Sync>,
}

/// A request that could be read.
#[derive(Debug)]
pub struct Request {
    hello: Hello,
    lines: Vec<Line>,
    /// How many frames the answer may have, if the device asks for less than all.
    pub frames: Option<u32>,
}

/// Why a request gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("the request cannot be read")]
    Malformed,
    /// It is larger than a request may be.
    #[error("the request is too large")]
    TooLarge,
    /// The app speaks a version that the county no longer serves.
    #[error("the app is too old")]
    AppTooOld,
    /// The app speaks a version that the county does not know yet.
    #[error("the county is too old")]
    CountyTooOld,
    /// The county's own side failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Reads a request's body: JSON lines under zstd.
///
/// # Errors
/// Every [`Refused`] but the database's.
pub fn read(body: &[u8]) -> Result<Request, Refused> {
    let text = decompress_all(body, MAX_HELLO + PUSH_PAGE_BYTES + MAX_LINE).ok_or(Refused::Malformed)?;
    let text = std::str::from_utf8(&text).map_err(|_| Refused::Malformed)?;
    let mut texts = text.split('\n').filter(|line| !line.is_empty());
    let hello: Hello =
        texts.next().and_then(|line| serde_json::from_str(line).ok()).ok_or(Refused::Malformed)?;
    let mut lines = Vec::new();
    for line in texts {
        if lines.len() == PUSH_PAGE || line.len() > MAX_LINE {
            return Err(Refused::TooLarge);
        }
        lines.push(parse_line(line).ok_or(Refused::Malformed)?);
    }
    match hello.v {
        v if v < PROTOCOL => Err(Refused::AppTooOld),
        v if v > PROTOCOL => Err(Refused::CountyTooOld),
        _ => Ok(Request { hello, lines, frames: None }),
    }
}

/// Takes in what was pushed; what it accepts is durable when this returns. The answer is still to be read.
///
/// # Errors
/// The database's.
pub async fn answer(side: Side, reader: Reader, request: Request) -> Result<Answer, DbError> {
    let Request { hello, lines, frames } = request;
    let (member, device) = (reader.member.clone(), reader.device);
    let now = (side.clock)();
    let reads = hello.reads >= 1;
    let said = |line: &Line| match line {
        Line::Change(change, _) => Some(change.stamp),
        _ => None,
    };
    let said: Vec<Option<Stamp>> = if reads { lines.iter().map(said).collect() } else { Vec::new() };
    let outcome = if lines.is_empty() {
        Outcome::default()
    } else {
        let author = Author::Device { member: member.clone(), device };
        side.db.accept(Page { author, received: now, lines }, None).await?
    };
    side.notifier.announce(&outcome, Some(device));
    let ask = PullAsk {
        member,
        device,
        token: hello.token.as_deref().and_then(|token| Token::open(token, &side.secret)),
        forgot: hello.forgot,
        compare: hello.compare,
        now,
        clock_offset: hello.now.since(now),
        unsent: hello.unsent,
        app: hello.app.chars().take(120).collect(),
    };
    let outlet = Outlet::default();
    let lines = Lines::new(outlet.clone(), frames).map_err(|_| DbError::GivenUp)?;
    let mut lines = lines.after(ask.token.clone().filter(|_| reads));
    let verdicts = Verdicts::of(&outcome);
    let many = outcome.answers.len() > MANY_ANSWERS;
    lines.answers(outcome.answers, &said);
    let rest = Box::pin(pull(side, reader, many, ask, lines));
    Ok(Answer { outlet, rest: Some(rest), verdicts })
}

async fn pull(side: Side, reader: Reader, many: bool, ask: PullAsk, mut lines: Lines) -> Result<(), Ended> {
    if many {
        lines.flush(&|| (side.clock)()).await?;
    }
    let begun = side.db.begin_pull(ask).await?;
    match stream::run(side.db.as_ref(), &side.secret, &reader, begun, lines, || (side.clock)()).await {
        Err(Ended::Enough) => Ok(()),
        ended => ended,
    }
}

/// How many of a page's changes became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Kept.
    pub accepted: u64,
    /// To be offered again.
    pub held: u64,
    /// Not kept.
    pub refused: u64,
    /// Of a kind that this version does not know.
    pub county_too_old: u64,
    /// In quarantine.
    pub handed_over: u64,
    /// Taken care of.
    pub settled: u64,
}

impl Verdicts {
    /// Of one page.
    pub fn of(outcome: &Outcome) -> Self {
        let mut counts = Self::default();
        for answer in &outcome.answers {
            *match answer.verdict {
                Verdict::Accepted { .. } => &mut counts.accepted,
                Verdict::Held => &mut counts.held,
                Verdict::Refused(_) => &mut counts.refused,
                Verdict::CountyTooOld => &mut counts.county_too_old,
                Verdict::HandedOver => &mut counts.handed_over,
                Verdict::Settled => &mut counts.settled,
                // Never given; read from newer counties only.
                Verdict::Unknown => continue,
            } += 1;
        }
        counts
    }
}

/// An answer on its way: JSON lines under zstd, made as they are asked for.
pub struct Answer {
    outlet: Outlet,
    rest: Option<BoxFuture<'static, Result<(), Ended>>>,
    /// What became of the page that was pushed.
    pub verdicts: Verdicts,
}

impl Answer {
    /// The next bytes; `None` at the proper end.
    ///
    /// # Errors
    /// [`Ended`]: whole frames that were given out stand.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Ended> {
        std::future::poll_fn(|context| {
            let Some(rest) = self.rest.as_mut() else { return Poll::Ready(Ok(None)) };
            let polled = rest.as_mut().poll(context);
            if polled.is_ready() {
                self.rest = None;
            }
            match (self.outlet.take(), polled) {
                (Some(bytes), _) => Poll::Ready(Ok(Some(bytes))),
                (None, polled) => polled.map(|done| done.map(|()| None)),
            }
        })
        .await
    }
}
