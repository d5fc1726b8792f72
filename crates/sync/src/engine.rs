//! One sync, from the first byte to "up to date".
//!
//! Each round sends what waits in the outbox and receives what is new, in one request. Rounds follow each other until
//! nothing waits on either side and both digests agree. A difference is looked into once, person by person, and
//! repaired. Whatever the line does, whole frames that arrived are kept, and the next sync goes on from there. A county
//! that was restored from a backup is offered what it forgot before anything else.
//!
//! What is at stake at once follows the line. Frames that have arrived together are applied together, so a thin line
//! is kept frame by frame and a fast one costs few transactions. Pages are pushed as large as the line carried the
//! page before, and while the county decides one, the device takes in what it said of the last and reads the next. A
//! line that has died is asked for its answers in parts ([`Line`]).

use crate::ports::{Frame, FrameItem, Greeting, Incoming, Local, Outbox, Remote, RemoteError};
use crate::wire::{Answer, Hello, LastFrame, OfferStep, Offering, PROTOCOL, READS, Verdict, WAITING};
use crypto::signature::Signature;
use domain::Millis;

mod apart;
mod decoding;
mod incoming;
mod line;
mod lines;
mod offering;
mod page;
mod pushing;

pub use line::Line;
use pushing::Said;

/// What a sync came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests made.
    pub requests: u32,
    /// Changes that the county accepted, now or earlier.
    pub accepted: u32,
    /// Changes that it refused; they wait in quarantine.
    pub refused: u32,
    /// Changes that wait for the `create` of their record, or for a newer county.
    pub held: u32,
    /// Changes that arrived.
    pub received: u32,
    /// Changes and copies that were offered to a restored county.
    pub offered: u32,
    /// Whether both digests agree: only then is anything "up to date".
    pub agrees: bool,
    /// The county's time at the end.
    pub county_now: Millis,
    /// The device's clock minus the county's, in milliseconds.
    pub clock_offset: i64,
}

/// How far a long pull has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Changes sent so far.
    pub sent: u32,
    /// Changes received so far.
    pub received: u32,
    /// People done and people in all, while histories run.
    pub people: Option<(u32, u32)>,
    /// Whether the county has answered in this sync: it can be reached, and knows the device.
    pub answered: bool,
}

/// Why a sync stopped early. Nothing is lost by any of them.
#[derive(Debug, thiserror::Error)]
pub enum SyncError<E: std::error::Error + 'static> {
    /// The device's own side failed.
    #[error("the device's store failed")]
    Local(#[source] E),
    /// The county's side failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// So many changes are applied at once at the most: a save that somebody waits for goes through between.
const APPLIED_AT_ONCE: usize = 2_000;
/// So many changes are pushed at once at the most: each side works while the other does, page by page.
const PAGE: usize = 2_000;
/// More rounds than any honest county asks for. Past it the sync stops and is tried again later.
const MAX_ROUNDS: u32 = 10_000;

/// Runs one sync to its end, over a line of which nothing is known.
///
/// `clock` gives the device's time; `app` is the app's version; `progress` is told after every step.
///
/// # Errors
/// [`SyncError`]; all whole frames that had arrived and all answers are kept.
pub async fn run<L: Local, R: Remote>(
    local: &mut L,
    remote: &mut R,
    app: &str,
    clock: impl Fn() -> Millis,
    progress: impl FnMut(Progress),
) -> Result<Report, SyncError<L::Error>> {
    run_over(&mut Line::default(), local, remote, app, clock, progress).await
}

/// As [`run`], by what earlier syncs learned about the line.
///
/// # Errors
/// As [`run`].
pub async fn run_over<L: Local, R: Remote>(
    line: &mut Line,
    local: &mut L,
    remote: &mut R,
    app: &str,
    clock: impl Fn() -> Millis,
    progress: impl FnMut(Progress),
) -> Result<Report, SyncError<L::Error>> {
    let hello = Hello { v: PROTOCOL, app: app.to_owned(), reads: READS, ..Hello::default() };
    let side = Side { local, line, clock, progress, report: Report::default(), put_off: 0, answered: false };
    let mut sync = Sync { side, remote, hello };
    let done = sync.rounds().await;
    let Side { line, report, .. } = sync.side;
    if let Err(SyncError::Remote(RemoteError::Interrupted)) = done {
        line.died();
    }
    done.map(|()| report)
}

/// A sync under way.
struct Sync<'a, L, R, C, P> {
    side: Side<'a, L, C, P>,
    remote: &'a mut R,
    /// What every request says.
    hello: Hello,
}

/// The device's side of it, which goes on while the county is asked.
struct Side<'a, L, C, P> {
    local: &'a mut L,
    line: &'a mut Line,
    clock: C,
    progress: P,
    report: Report,
    /// How many lines the county has put off.
    put_off: u32,
    /// See [`Progress::answered`].
    answered: bool,
}

/// How the answer to one request ended.
enum Received {
    /// With a last frame.
    Last(LastFrame),
    /// Before that, as it was asked to; some frames came.
    Part,
    /// Answers were all that it was asked for.
    Pushed,
    /// The county counts this epoch and asks for an offer.
    Offer(u32),
    /// The device must be admitted again before it gets anything; whether what it sent was taken.
    Waiting { taken: bool },
}

impl<L: Local, R: Remote, C: Fn() -> Millis, P: FnMut(Progress)> Sync<'_, L, R, C, P> {
    async fn rounds(&mut self) -> Result<(), SyncError<L::Error>> {
        let mut compare = false;
        let mut compared = false;
        let mut offered_later = false;
        // The epoch in which everything was offered and nothing was pulled yet.
        let mut whole = None;
        while self.side.report.requests < MAX_ROUNDS {
            let Greeting { token, forgot, offered, kinds } =
                self.side.local.greeting().map_err(SyncError::Local)?;
            let outbox = match whole {
                // What is pushed with it would be missing in the comparison.
                Some(_) => Outbox::default(),
                None => self.side.outbox(None)?,
            };
            let mut left = outbox.left;
            // Without a token nobody would see that the county was restored after it had answered a page; and while
            // everything is offered to a new epoch, each request has to say so.
            let ahead = outbox.next.is_some() && token.is_some() && offered.is_none();
            let judged = self.side.judged();
            let hello = Hello { token, kinds, now: (self.side.clock)(), ..self.hello.clone() };
            let received = if ahead {
                let (received, behind) = self.push_pages(&hello, &forgot, outbox).await?;
                left = behind;
                received
            } else {
                let differs = std::mem::take(&mut compare);
                compared |= differs;
                let hello = Hello {
                    unsent: outbox.unsent_after,
                    forgot,
                    compare: if differs {
                        Some(self.side.local.digests().map_err(SyncError::Local)?)
                    } else {
                        None
                    },
                    most: self.side.line.most(),
                    offer: offered.map(|epoch| Offering { epoch, step: OfferStep::Whole }),
                    ..hello.clone()
                };
                self.exchange(&hello, outbox).await?
            };
            let asked = whole.take();
            let last = match received {
                Received::Last(last) => last,
                Received::Pushed => continue,
                Received::Part => {
                    compared &= asked.is_none();
                    continue;
                }
                Received::Offer(epoch) if asked == Some(epoch) => return Err(RemoteError::Rubbish.into()),
                Received::Offer(epoch) => {
                    whole =
                        Some(if offered == Some(epoch) { epoch } else { self.offer(&hello, epoch).await? });
                    compare = true;
                    continue;
                }
                Received::Waiting { taken }
                    if asked.is_some() || (taken && left > 0 && self.side.judged() > judged) =>
                {
                    continue;
                }
                Received::Waiting { .. } => {
                    return Err(RemoteError::Refused { code: WAITING.to_owned() }.into());
                }
            };
            let now = (self.side.clock)();
            self.side.report.county_now = last.now;
            self.side.report.clock_offset = now.since(last.now);
            let erased = self.side.local.erase_left().map_err(SyncError::Local)?;
            if asked.is_some() {
                // Comparing was part of the offer: a difference that stays is looked into once more.
                compared = false;
                continue;
            }
            // What was put off has time: it is not sent again and again until the county has room for it.
            let goes_on = left > 0 && self.side.judged() > judged;
            if goes_on || last.more || erased > 0 {
                continue;
            }
            self.side.report.agrees = self.side.local.digest().map_err(SyncError::Local)? == last.digest;
            let (agrees, offset) = (self.side.report.agrees, self.side.report.clock_offset);
            self.side.local.verified(agrees, last.now, offset).map_err(SyncError::Local)?;
            if !agrees && !compared {
                compare = true;
                continue;
            }
            // Once in a sync: what the county puts off a second time has time.
            if std::mem::replace(&mut offered_later, true) {
                break;
            }
            match self.offer_later(&hello).await {
                Ok(true) => {}
                // All that is new is here, and both sides agree: this waits for the next sync.
                Ok(false) | Err(SyncError::Remote(_)) => break,
                Err(error) => return Err(error),
            }
            compared = false;
        }
        Ok(())
    }

    /// Offers everything to a county of a new epoch; returns the epoch in which the offer is whole.
    async fn offer(&mut self, hello: &Hello, epoch: u32) -> Result<u32, SyncError<L::Error>> {
        let Side { local, progress, report, .. } = &mut self.side;
        let told = |report: &Report| {
            progress(Progress { sent: report.offered, answered: true, ..Progress::default() })
        };
        offering::run(*local, self.remote, hello, epoch, report, told).await
    }

    /// Offers what the county could not take before; whether it took any of it now.
    async fn offer_later(&mut self, hello: &Hello) -> Result<bool, SyncError<L::Error>> {
        let Side { local, clock, progress, report, .. } = &mut self.side;
        let told = |report: &Report| {
            progress(Progress { sent: report.offered, answered: true, ..Progress::default() })
        };
        offering::later(*local, self.remote, hello, clock, report, told).await
    }

    /// One request, and its answer.
    async fn exchange(&mut self, hello: &Hello, page: Outbox) -> Result<Received, SyncError<L::Error>> {
        self.side.report.requests += 1;
        let body = lines::request(hello, &page.lines);
        let begun = (self.side.clock)();
        self.side.line.page.leaves(&page, begun);
        let incoming = self.remote.sync(body).await?;
        self.side.brought(incoming, hello, page, begun).await
    }
}

impl<L: Local, C: Fn() -> Millis, P: FnMut(Progress)> Side<'_, L, C, P> {
    /// The next page, or the one after a page that is not answered yet.
    fn outbox(&mut self, after: Option<u64>) -> Result<Outbox, SyncError<L::Error>> {
        let (bytes, now) = (self.line.page.bytes(), (self.clock)());
        let page = match after {
            None => self.local.outbox(PAGE, bytes, now),
            Some(after) => self.local.outbox_after(after, PAGE, bytes, now),
        };
        page.map_err(SyncError::Local)
    }

    /// Receives what the county says to a page that asked for all that is new, and left at `begun`.
    async fn brought<I: Incoming>(
        &mut self,
        incoming: I,
        hello: &Hello,
        page: Outbox,
        begun: Millis,
    ) -> Result<Received, SyncError<L::Error>> {
        self.answers();
        let token = hello.token.clone().unwrap_or_default();
        let mut answer = incoming::Reader::new(incoming, page.lines, token);
        let received = self.receive(&mut answer, hello.token.is_none()).await;
        let took = (self.clock)().since(begun);
        self.line.carried(answer.bytes(), took);
        match received? {
            Received::Part if hello.most.is_none() => Err(RemoteError::Interrupted.into()),
            received => Ok(received),
        }
    }

    /// Receives the answer to one request, and keeps it as it comes. To a device without a token the county's word for
    /// what it pushed is kept with the first frame, which brings one: a county that is restored in between could not be
    /// told from the one that gave its word, and would be offered nothing.
    async fn receive<I: Incoming>(
        &mut self,
        answer: &mut incoming::Reader<I>,
        tokenless: bool,
    ) -> Result<Received, SyncError<L::Error>> {
        let mut taken = false;
        let mut waits: Option<Said> = None;
        let mut some = false;
        let mut together: Vec<Frame> = Vec::new();
        let mut next = answer.next().await?;
        loop {
            match next {
                decoding::Part::Answers(answers, proof) => {
                    taken = true;
                    self.line.page.answered((self.clock)());
                    self.count(&answers);
                    match tokenless && !some {
                        true => waits = Some((answers, proof)),
                        false => self.take(&answers, proof.as_ref())?,
                    }
                    next = answer.next().await?;
                }
                decoding::Part::Frame(frame) => {
                    some = true;
                    let (last, people) = (frame.end.last.clone(), frame.end.progress);
                    together.push(frame);
                    let changes: u32 = together.iter().map(changes_in).sum();
                    let room = last.is_none() && (changes as usize) < APPLIED_AT_ONCE;
                    let more = if room { answer.arrived().await } else { None };
                    if let Some(Ok(part @ decoding::Part::Frame(_))) = more {
                        next = part;
                        continue;
                    }
                    // Also when the line has died meanwhile: what arrived is whole.
                    let now = (self.clock)();
                    let kept = match waits.take() {
                        Some((answers, proof)) => self.local.begins(&answers, proof.as_ref(), &together, now),
                        None => self.local.frames(&together, now),
                    };
                    kept.map_err(SyncError::Local)?;
                    answer.done(std::mem::take(&mut together));
                    self.report.received += changes;
                    self.tell(people);
                    if let Some(last) = last {
                        return Ok(Received::Last(last));
                    }
                    next = match more {
                        Some(part) => part?,
                        None => answer.next().await?,
                    };
                }
                decoding::Part::Offer(epoch) => return Ok(Received::Offer(epoch)),
                decoding::Part::Waiting => {
                    if let Some((answers, proof)) = waits {
                        self.take(&answers, proof.as_ref())?;
                    }
                    return Ok(Received::Waiting { taken });
                }
                decoding::Part::End if some => return Ok(Received::Part),
                decoding::Part::End => return Err(RemoteError::Interrupted.into()),
                decoding::Part::Wanted(_) => return Err(RemoteError::Rubbish.into()),
            }
        }
    }

    /// Counts what became of a page.
    fn count(&mut self, answers: &[Answer]) {
        for answer in answers {
            match answer.verdict {
                Verdict::Accepted { .. } | Verdict::HandedOver | Verdict::Settled | Verdict::Taken => {
                    self.report.accepted += 1;
                }
                Verdict::Refused(_) => self.report.refused += 1,
                Verdict::Held | Verdict::CountyTooOld | Verdict::Unknown => self.report.held += 1,
                Verdict::Later => {
                    self.report.held += 1;
                    self.put_off += 1;
                }
            }
        }
    }

    /// How many lines the county has judged: what it put off is not among them.
    fn judged(&self) -> u32 {
        self.report.accepted + self.report.refused + self.report.held - self.put_off
    }

    /// Keeps what the county said of a page.
    fn take(&mut self, answers: &[Answer], proof: Option<&Signature>) -> Result<(), SyncError<L::Error>> {
        self.local.answers(answers, proof, (self.clock)()).map_err(SyncError::Local)?;
        self.tell(None);
        Ok(())
    }

    fn tell(&mut self, people: Option<(u32, u32)>) {
        let Report { accepted, received, .. } = self.report;
        (self.progress)(Progress { sent: accepted, received, people, answered: self.answered });
    }

    /// Notes that the county answers.
    fn answers(&mut self) {
        if !std::mem::replace(&mut self.answered, true) {
            self.tell(None);
        }
    }
}

fn changes_in(frame: &Frame) -> u32 {
    frame.items.iter().filter(|item| matches!(item, FrameItem::Change(_))).count() as u32
}
