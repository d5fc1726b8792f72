//! One sync, from the first byte to "up to date".
//!
//! Each round sends what waits in the outbox and receives what is new, in one request. Rounds follow each other until
//! nothing waits on either side and both digests agree. A difference is looked into once, person by person, and
//! repaired. Whatever the line does, whole frames that arrived are kept, and the next sync goes on from there. A county
//! that was restored from a backup is offered what it forgot before anything else.
//!
//! What is at stake at once follows the line. Frames that have arrived together are applied together, so a thin line
//! is kept frame by frame and a fast one costs few transactions. Pages are pushed as large as the line carried the
//! page before.

use crate::ports::{Frame, FrameItem, Greeting, Incoming, Local, Outbox, Remote, RemoteError};
use crate::wire::{Hello, LastFrame, OfferStep, Offering, PROTOCOL, PUSH_PAGE, READS, Verdict, WAITING};
use domain::Millis;

mod incoming;
mod lines;
mod offering;
mod page;

pub use lines::{compress, decompress_all};

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
/// More rounds than any honest county asks for. Past it the sync stops and is tried again later.
const MAX_ROUNDS: u32 = 10_000;

/// Runs one sync to its end.
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
    mut progress: impl FnMut(Progress),
) -> Result<Report, SyncError<L::Error>> {
    let mut report = Report::default();
    let mut compare = false;
    let mut compared = false;
    let mut page = page::Page::default();
    let mut offered_later = false;
    // The epoch in which everything was offered and nothing was pulled yet.
    let mut whole = None;
    while report.requests < MAX_ROUNDS {
        let Greeting { token, forgot, offered, kinds } = local.greeting().map_err(SyncError::Local)?;
        let outbox = match whole {
            // What is pushed with it would be missing in the comparison.
            Some(_) => Outbox::default(),
            None => local.outbox(PUSH_PAGE, page.bytes(), clock()).map_err(SyncError::Local)?,
        };
        let hello = Hello {
            v: PROTOCOL,
            app: app.to_owned(),
            token,
            reads: READS,
            kinds,
            now: clock(),
            unsent: outbox.unsent_after,
            forgot,
            compare: if compare { Some(local.digests().map_err(SyncError::Local)?) } else { None },
            offer: offered.map(|epoch| Offering { epoch, step: OfferStep::Whole }),
        };
        compared |= compare;
        report.requests += 1;
        let body = lines::request(&hello, &outbox.lines);
        page.leaves(&outbox, clock());
        let token = hello.token.clone().unwrap_or_default();
        let mut answer = incoming::Reader::new(remote.sync(body).await?, outbox.lines, token);
        let received = receive(local, &mut answer, &clock, &mut page, &mut report, &mut progress).await?;
        drop(answer);
        compare = false;
        let asked = whole.take();
        let last = match received {
            Received::Last(last) => last,
            Received::Offer(epoch) if asked == Some(epoch) => return Err(RemoteError::Rubbish.into()),
            Received::Offer(epoch) => {
                if offered != Some(epoch) {
                    let told =
                        |report: &Report| progress(Progress { sent: report.offered, ..Progress::default() });
                    whole = Some(offering::run(local, remote, &hello, epoch, &mut report, told).await?);
                } else {
                    whole = Some(epoch);
                }
                compare = true;
                continue;
            }
            Received::Waiting { taken } if asked.is_some() || (taken && outbox.left > 0) => continue,
            Received::Waiting { .. } => return Err(RemoteError::Refused { code: WAITING.to_owned() }.into()),
        };
        report.county_now = last.now;
        report.clock_offset = clock().since(last.now);
        let erased = local.erase_left().map_err(SyncError::Local)?;
        if asked.is_some() {
            // Comparing was part of the offer: a difference that stays is looked into once more.
            compared = false;
            continue;
        }
        if outbox.left > 0 || last.more || erased > 0 {
            continue;
        }
        report.agrees = local.digest().map_err(SyncError::Local)? == last.digest;
        local.verified(report.agrees, last.now, report.clock_offset).map_err(SyncError::Local)?;
        if !report.agrees && !compared {
            compare = true;
            continue;
        }
        // Once in a sync: what the county puts off a second time has time.
        if std::mem::replace(&mut offered_later, true) {
            break;
        }
        let told = |report: &Report| progress(Progress { sent: report.offered, ..Progress::default() });
        if !offering::later(local, remote, &hello, &clock, &mut report, told).await? {
            break;
        }
        compared = false;
    }
    Ok(report)
}

/// How the answer to one request ended.
enum Received {
    /// With a last frame.
    Last(LastFrame),
    /// The county counts this epoch and asks for an offer.
    Offer(u32),
    /// The device must be admitted again before it gets anything; whether what it sent was taken.
    Waiting { taken: bool },
}

/// Receives the answer to one request, and keeps it as it comes.
async fn receive<L: Local, I: Incoming>(
    local: &mut L,
    answer: &mut incoming::Reader<I>,
    clock: &impl Fn() -> Millis,
    page: &mut page::Page,
    report: &mut Report,
    progress: &mut impl FnMut(Progress),
) -> Result<Received, SyncError<L::Error>> {
    let mut taken = false;
    let mut together: Vec<Frame> = Vec::new();
    let mut next = answer.next().await?;
    loop {
        match next {
            incoming::Part::Answers(answers, proof) => {
                page.answered(clock());
                for answer in &answers {
                    match answer.verdict {
                        Verdict::Accepted { .. }
                        | Verdict::HandedOver
                        | Verdict::Settled
                        | Verdict::Taken => report.accepted += 1,
                        Verdict::Refused(_) => report.refused += 1,
                        Verdict::Held | Verdict::CountyTooOld | Verdict::Later | Verdict::Unknown => {
                            report.held += 1;
                        }
                    }
                }
                taken = true;
                local.answers(&answers, proof.as_ref(), clock()).map_err(SyncError::Local)?;
                progress(Progress { sent: report.accepted, received: report.received, people: None });
                next = answer.next().await?;
            }
            incoming::Part::Frame(frame) => {
                let (last, people) = (frame.end.last.clone(), frame.end.progress);
                together.push(frame);
                let changes: u32 = together.iter().map(changes_in).sum();
                let room = last.is_none() && (changes as usize) < APPLIED_AT_ONCE;
                let more = if room { answer.arrived().await } else { None };
                if let Some(Ok(part @ incoming::Part::Frame(_))) = more {
                    next = part;
                    continue;
                }
                // Also when the line has died meanwhile: what arrived is whole.
                local.frames(&together, clock()).map_err(SyncError::Local)?;
                together.clear();
                report.received += changes;
                progress(Progress { sent: report.accepted, received: report.received, people });
                if let Some(last) = last {
                    return Ok(Received::Last(last));
                }
                next = match more {
                    Some(part) => part?,
                    None => answer.next().await?,
                };
            }
            incoming::Part::Offer(epoch) => return Ok(Received::Offer(epoch)),
            incoming::Part::Waiting => return Ok(Received::Waiting { taken }),
            incoming::Part::Wanted(_) => return Err(RemoteError::Rubbish.into()),
        }
    }
}

fn changes_in(frame: &Frame) -> u32 {
    frame.items.iter().filter(|item| matches!(item, FrameItem::Change(_))).count() as u32
}
