//! One sync exchange, apart from HTTP: the answers to what was pushed, then the pull, chunk by chunk.
//!
//! Nothing here spawns a task or looks at the time of the machine: whoever polls an [`Answer`] drives it, so the same
//! code runs behind a socket and under the simulation.

use crate::db::{County, Database, DbError, Outcome, PullAsk};
use crate::decide::{Author, Contact, Line, LineReader, Page, parse_line};
use crate::notify::Notifier;
use crate::pull::lines::Lines;
use crate::pull::outlet::Outlet;
use crate::pull::stream::{self, Ended, Reader};
use crate::token::Token;
use bytes::Bytes;
use crypto::county::CountySecret;
use domain::codes::{CodeList, Role};
use domain::{CountyId, Millis, Stamp};
use futures_util::future::BoxFuture;
use std::io::Read;
use std::sync::Arc;
use std::task::Poll;
use sync::wire::{DownLine, Hello, MAX_LINE, OfferStep, PROTOCOL, PUSH_PAGE, PUSH_PAGE_BYTES, Verdict};

/// The longest first line: a device's digests of everything it holds.
const MAX_HELLO: usize = 16 * 1024 * 1024;
/// The longest body, expanded.
const MAX_TEXT: usize = MAX_HELLO + PUSH_PAGE_BYTES + MAX_LINE;
/// So many bytes are expanded at once.
const STEP: u64 = 256 * 1024;
/// The longest line that proves something: a page that does not shrink by compression, in base64; a frame of 300,000.
const MAX_PROOF: usize = 2 * PUSH_PAGE_BYTES;
/// The longest version of an app that is kept, in characters.
const MAX_APP: usize = 120;
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
    /// Lines of an offer, as long as they are not opened.
    offers: Vec<String>,
    /// The device was admitted after the backup that this county was restored from: it may send, and gets nothing.
    pub waiting: bool,
}

impl Request {
    /// Whether it brings an offer that is still to be opened.
    pub fn is_sealed(&self) -> bool {
        !self.offers.is_empty()
    }

    /// Opens what it offers to the county of this secret and id: hashes, signatures, decryption. That takes seconds
    /// where much is offered, so whoever serves others meanwhile does it beside.
    pub fn open(&mut self, secret: &CountySecret, county: CountyId) {
        let mut reader = LineReader::new(secret, county);
        let offers = std::mem::take(&mut self.offers);
        self.lines.extend(offers.iter().filter_map(|line| reader.read(line)?));
    }
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
    /// There is no room for it now.
    #[error("the requests under way take all the room there is")]
    NoRoom,
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
    read_within(body, |_| true)
}

/// As [`read`], where there may be no room for what the body expands to: `takes` is asked for so many more bytes, and
/// says whether there is.
///
/// # Errors
/// Every [`Refused`] but the database's.
pub fn read_within(body: &[u8], takes: impl FnMut(usize) -> bool) -> Result<Request, Refused> {
    let text = expanded(body, takes)?;
    let text = std::str::from_utf8(&text).map_err(|_| Refused::Malformed)?;
    let mut texts = text.split('\n').filter(|line| !line.is_empty());
    let hello: Hello =
        texts.next().and_then(|line| serde_json::from_str(line).ok()).ok_or(Refused::Malformed)?;
    let (mut lines, mut offers) = (Vec::new(), Vec::new());
    for line in texts {
        // A proof is as long as its frame, and a sealed copy as the page that it was made of.
        let long = line.starts_with("{\"y\":") || line.starts_with("{\"p\":");
        let longest = if long { MAX_PROOF } else { MAX_LINE };
        if lines.len() + offers.len() == PUSH_PAGE || line.len() > longest {
            return Err(Refused::TooLarge);
        }
        if hello.offer.is_some_and(|offer| offer.step == OfferStep::Changes) {
            offers.push(line.to_owned());
        } else {
            lines.push(parse_line(line).ok_or(Refused::Malformed)?);
        }
    }
    match hello.v {
        v if v < PROTOCOL => Err(Refused::AppTooOld),
        v if v > PROTOCOL => Err(Refused::CountyTooOld),
        _ => Ok(Request { hello, lines, frames: None, offers, waiting: false }),
    }
}

/// The text of a body. A few bytes can expand to all that a request may hold, so room is asked for step by step.
fn expanded(body: &[u8], mut takes: impl FnMut(usize) -> bool) -> Result<Vec<u8>, Refused> {
    let decoder = zstd::stream::read::Decoder::with_prepared_dictionary(body, sync::packing::reading());
    let mut decoder = decoder.map_err(|_| Refused::Malformed)?;
    let mut text = Vec::new();
    loop {
        let step = (&mut decoder).take(STEP).read_to_end(&mut text).map_err(|_| Refused::Malformed)?;
        if step == 0 {
            return Ok(text);
        }
        if text.len() > MAX_TEXT {
            return Err(Refused::Malformed);
        }
        if !takes(step) {
            return Err(Refused::NoRoom);
        }
    }
}

/// Takes in what was pushed; what it accepts is durable when this returns. The answer is still to be read.
///
/// # Errors
/// The database's.
pub async fn answer(side: Side, reader: Reader, request: Request) -> Result<Answer, DbError> {
    let here = side.db.county().await?;
    let county = here.id;
    let (frames, kinds, most) = (request.frames, request.hello.kinds, request.hello.most);
    let dictionary = request.hello.reads >= 2;
    let next = decide(&side, &reader, here, request).await?;
    let outlet = Outlet::default();
    let lines = Lines::new(outlet.clone(), frames, dictionary, Arc::clone(&side.secret), county);
    let lines = lines.map_err(|_| DbError::GivenUp)?.to_app(kinds).at_most(most);
    let verdicts = next.outcome().map(Verdicts::of).unwrap_or_default();
    Ok(Answer { outlet, rest: Some(Box::pin(say(side, reader, next, lines))), verdicts })
}

/// What a request is answered with.
enum Next {
    /// One thing, and nothing of the request was taken in.
    Only(Box<DownLine<'static>>),
    /// Answers to a page of an offer, or to one that others follow. Of what was pushed, the stamps that the device can
    /// do without reading again.
    Answers(Outcome, Vec<Option<Stamp>>),
    /// Answers, and nothing else until the device is admitted again.
    Wait(Outcome),
    /// Answers, and a pull. Of what was pushed, the stamps that the device can do without reading again; and whether it
    /// can do without its own token.
    Pull(Outcome, Box<PullAsk>, Vec<Option<Stamp>>, bool),
}

impl Next {
    /// What came of the lines, where there were any.
    fn outcome(&self) -> Option<&Outcome> {
        match self {
            Next::Only(_) => None,
            Next::Answers(outcome, _) | Next::Wait(outcome) | Next::Pull(outcome, ..) => Some(outcome),
        }
    }
}

/// Finds out where the device stands, and takes in what it sends.
///
/// A device of an older epoch offers before anything else: what it pushes may speak of people whom this county has
/// forgotten, and what it would be told to forget may be all that is left of them.
async fn decide(side: &Side, reader: &Reader, here: County, mut request: Request) -> Result<Next, DbError> {
    if request.is_sealed() {
        request.open(&side.secret, here.id);
    }
    let Request { hello, lines, waiting, .. } = request;
    let token = hello.token.as_deref().and_then(|token| Token::open(token, &side.secret));
    let epoch = match &token {
        // It was given by this county, so an older copy of its database was put back without a word.
        Some(token) if (token.epoch, token.seq) > (here.epoch, here.seq) => {
            side.db.new_epoch(Some((token.epoch, token.seq)), (side.clock)()).await?
        }
        _ => here.epoch,
    };
    let earlier = token.as_ref().is_some_and(|token| token.epoch != epoch);
    // Whoever has pulled in this epoch has nothing to compare, and is shown to hold nobody by what they bring.
    let open = earlier || waiting;
    let only = |line: DownLine<'static>| Ok(Next::Only(Box::new(line)));
    let offer = || only(DownLine { offer: Some(epoch), ..DownLine::default() });
    let step = match hello.offer {
        Some(offering) if offering.epoch != epoch => return offer(),
        Some(offering) => Some(offering.step),
        None if earlier => return offer(),
        None => None,
    };
    let now = (side.clock)();
    let contact = Contact {
        unsent: hello.unsent,
        clock_offset: hello.now.since(now),
        app: hello.app.chars().take(MAX_APP).collect(),
    };
    let page = |lines| Page {
        author: Author::Device { member: reader.member.clone(), device: reader.device },
        received: now,
        lines,
        contact: Some(contact.clone()),
    };
    match (step, hello.compare) {
        (Some(OfferStep::Compare), held) => {
            let (member, held) = (reader.member.clone(), held.unwrap_or_default());
            let want = if open { side.db.wanted(reader.device, member, held).await? } else { Vec::new() };
            only(DownLine { want: Some(want), ..DownLine::default() })
        }
        (Some(OfferStep::Changes), _) => {
            let lines =
                lines.into_iter().map(|line| if open { line } else { line.outside_an_offer() }).collect();
            Ok(Next::Answers(push(side, reader, page(lines)).await?, Vec::new()))
        }
        // Who they are comes with the offers of those who know.
        _ if waiting && reader.member.role == nobody() => {
            only(DownLine { waiting: true, ..DownLine::default() })
        }
        _ if waiting => Ok(Next::Wait(push(side, reader, page(lines)).await?)),
        (_, None) if earlier => offer(),
        (_, compare) => {
            let reads = hello.reads >= 1;
            let said = if reads { lines.iter().map(said).collect() } else { Vec::new() };
            let outcome = push(side, reader, page(lines)).await?;
            if hello.follows {
                return Ok(Next::Answers(outcome, said));
            }
            let ask = PullAsk {
                member: reader.member.clone(),
                device: reader.device,
                token: token.filter(|_| !earlier),
                forgot: hello.forgot,
                compare,
                whole: earlier,
                now: (side.clock)(),
                contact,
            };
            Ok(Next::Pull(outcome, Box::new(ask), said, reads))
        }
    }
}

/// The stamp that a line brought.
fn said(line: &Line) -> Option<Stamp> {
    match line {
        Line::Change(change, _) => Some(change.stamp),
        _ => None,
    }
}

/// Takes in a page.
async fn push(side: &Side, reader: &Reader, page: Page) -> Result<Outcome, DbError> {
    let outcome = if page.lines.is_empty() { Outcome::default() } else { side.db.accept(page, None).await? };
    side.notifier.announce(&outcome, Some(reader.device));
    Ok(outcome)
}

async fn say(side: Side, reader: Reader, next: Next, mut lines: Lines) -> Result<(), Ended> {
    match next {
        Next::Only(line) => lines.only(*line).await,
        Next::Answers(outcome, said) => {
            lines.answers(outcome.answers, &said, &outcome.leaves);
            lines.finish().await
        }
        Next::Wait(outcome) => {
            lines.answers(outcome.answers, &[], &outcome.leaves);
            lines.only(DownLine { waiting: true, ..DownLine::default() }).await
        }
        Next::Pull(outcome, ask, said, reads) => {
            let mut lines = lines.after(ask.token.clone().filter(|_| reads));
            let many = outcome.answers.len() > MANY_ANSWERS;
            lines.answers(outcome.answers, &said, &outcome.leaves);
            if many {
                lines.flush(&|| (side.clock)()).await?;
            }
            let begun = side.db.begin_pull(*ask).await?;
            match stream::run(side.db.as_ref(), &side.secret, &reader, begun, lines, || (side.clock)()).await
            {
                Err(Ended::Enough) => Ok(()),
                ended => ended,
            }
        }
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
                // Of an offer; and never given, read from newer counties only.
                Verdict::Taken | Verdict::Unknown => continue,
                Verdict::Later => &mut counts.held,
            } += 1;
        }
        counts
    }
}

/// The role of somebody whom this county has forgotten: one to which nothing is granted.
pub fn nobody() -> Role {
    Role::from_code("unknown-here")
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
