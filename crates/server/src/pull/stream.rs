//! Carries a plan out: reads what it names, and says it in frames of [`Lines`].
//!
//! What is sent is read in short transactions and is complete in memory before it goes, so a slow line never holds the
//! database. It is cut into frames that suit the line (see [`super::pace`]), and flushed at each frame's end: a device
//! keeps every whole frame.

use super::lines::Lines;
use crate::db::{Begun, Database, DbError, Delivery, FeedAsk, HistoryAsk, HistoryPart, Result};
use crate::token::{Histories, Token};
use crypto::county::CountySecret;
use domain::caseload::Member;
use domain::{DeviceId, Millis, PersonId};
use std::collections::BTreeSet;
use std::sync::Arc;
use sync::wire::{Enter, FrameEnd, LastFrame, Leave};

/// Ranges up to this many changes go into the last frame as they are.
const SMALL: u64 = 50;

/// The reader of a pull.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Who.
    pub member: Member,
    /// On which device.
    pub device: DeviceId,
}

/// Why a pull ended early.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The line is gone, or the reader may not have the rest. A device that is still admitted comes back with its
    /// token and is asked anew who it is.
    #[error("the device is gone")]
    Gone,
    /// As many frames as were asked for have been sent; the answer is complete in form, and more may follow.
    #[error("no more frames were asked for")]
    Enough,
    /// The county's own side failed.
    #[error(transparent)]
    Database(DbError),
}

impl From<DbError> for Ended {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NoLongerReads => Self::Gone,
            error => Self::Database(error),
        }
    }
}

/// Sends everything that `begun` plans. `clock` gives the county's time.
///
/// # Errors
/// See [`Ended`]; whole frames that were sent stand.
pub async fn run(
    db: &dyn Database,
    secret: &CountySecret,
    reader: &Reader,
    begun: Begun,
    mut lines: Lines,
    clock: impl Fn() -> Millis,
) -> std::result::Result<(), Ended> {
    let Begun { plan, seq } = begun;
    for leave in &plan.leaves {
        lines.leave(leave);
    }
    let leaves = Arc::new(plan.leaves);
    let mut held = plan.held;
    let mut token = plan.token;
    if let Some(run) = token.histories.clone() {
        for delivery in db.county_records(plan.county_from, run.to).await? {
            lines.change(&delivery);
        }
        lines.pace.set_aside();
        let (entering, done) = (plan.entering, plan.done);
        let history = History { db, secret, reader, entering, done, upto: seq, clock: &clock };
        let complete = history.run(&mut lines, token.clone(), run.clone()).await?;
        // What is new up to that number, of those who were held before.
        token.histories = None;
        let before = Arc::new(held.clone());
        if !before.is_empty() {
            catch_up(db, secret, reader, &before, &leaves, &mut token, run.to, &mut lines, &clock).await?;
        }
        token.seq = token.seq.max(run.to);
        held.extend(plan.fresh);
        held.extend(complete);
    } else if plan.county_from < token.seq {
        for delivery in db.county_records(plan.county_from, token.seq).await? {
            lines.change(&delivery);
        }
    }
    let held = Arc::new(held);
    if seq.saturating_sub(token.seq) > SMALL {
        catch_up(db, secret, reader, &held, &leaves, &mut token, seq, &mut lines, &clock).await?;
    }
    let ask = feed_ask(reader, &held, &leaves, &token, seq);
    let last = db.last_frame(ask).await?;
    note_missed(db, reader, last.missed).await?;
    for delivery in &last.changes {
        lines.change(delivery);
    }
    token.seq = last.seq;
    let end = LastFrame {
        digest: last.digest,
        now: clock(),
        more: last.more,
        devices: last.devices,
        handed_over_waiting: last.handed_over.as_ref().map(|handed| handed.waiting),
        handed_over: last.handed_over.map(|handed| handed.shown),
    };
    // A token that is what it was need not be said again.
    let same = lines.brought.as_ref() == Some(&token);
    let token = if same { String::new() } else { token.seal(secret) };
    lines.end(FrameEnd { token, last: Some(end), ..FrameEnd::default() });
    lines.finish().await
}

/// Writes down what a frame leaves out, before anybody has that frame.
async fn note_missed(db: &dyn Database, reader: &Reader, people: BTreeSet<PersonId>) -> Result<()> {
    if people.is_empty() { Ok(()) } else { db.missed(reader.device, people).await }
}

fn feed_ask(
    reader: &Reader,
    held: &Arc<std::collections::HashMap<PersonId, u32>>,
    leaves: &Arc<Vec<Leave>>,
    token: &Token,
    to: u64,
) -> FeedAsk {
    FeedAsk {
        member: reader.member.clone(),
        device: reader.device,
        held: Arc::clone(held),
        leaves: Arc::clone(leaves),
        pull: token.pull,
        from: token.seq,
        to,
    }
}

/// Sends the feed up to `to` in whole frames, and moves the token along.
#[allow(clippy::too_many_arguments, reason = "the parts of one pull, named")]
async fn catch_up(
    db: &dyn Database,
    secret: &CountySecret,
    reader: &Reader,
    held: &Arc<std::collections::HashMap<PersonId, u32>>,
    leaves: &Arc<Vec<Leave>>,
    token: &mut Token,
    to: u64,
    lines: &mut Lines,
    clock: &impl Fn() -> Millis,
) -> std::result::Result<(), Ended> {
    let mut unended = false;
    while token.seq < to {
        let part = db.feed(feed_ask(reader, held, leaves, token, to)).await?;
        note_missed(db, reader, part.missed).await?;
        for delivery in &part.changes {
            lines.change(delivery);
            token.seq = delivery.seq;
            unended = true;
            if lines.pace.full() {
                lines.end(FrameEnd { token: token.seal(secret), ..FrameEnd::default() });
                lines.flush(clock).await?;
                unended = false;
            }
        }
        token.seq = part.upto;
    }
    if unended {
        lines.end(FrameEnd { token: token.seal(secret), ..FrameEnd::default() });
        lines.flush(clock).await?;
    }
    Ok(())
}

struct History<'a, C> {
    db: &'a dyn Database,
    secret: &'a CountySecret,
    reader: &'a Reader,
    entering: Vec<(PersonId, u32)>,
    done: u32,
    /// A history is said as it stands now. One that ended where its run began would lack what the device itself has
    /// pushed since, and the device would take that for lost. The feed goes on from the run's number all the same:
    /// after a cut, others' news may come twice, which counts once.
    upto: u64,
    clock: &'a C,
}

/// How far the histories of one pull have been sent.
struct Sent {
    token: Token,
    run: Histories,
    /// How many of the entering people are behind.
    behind: usize,
    /// Who is complete in the frame under way.
    complete: Vec<PersonId>,
    /// Who is complete, and which objects of them.
    held: Vec<(PersonId, u32)>,
}

impl<C: Fn() -> Millis> History<'_, C> {
    /// Sends the histories; returns who is complete, and which objects of them.
    async fn run(
        self,
        lines: &mut Lines,
        token: Token,
        run: Histories,
    ) -> std::result::Result<Vec<(PersonId, u32)>, Ended> {
        let (complete, held) = (Vec::new(), Vec::new());
        let mut sent = Sent { token, run, behind: 0, complete, held };
        while sent.behind < self.entering.len() {
            let mut part = self.part(&sent).await?;
            note_missed(self.db, self.reader, std::mem::take(&mut part.missed)).await?;
            self.send(lines, part, &mut sent).await?;
        }
        if !self.entering.is_empty() {
            self.end(lines, &mut sent).await?;
        }
        Ok(sent.held)
    }

    /// Sends a part, person by person, in as many frames as the line wants.
    async fn send(
        &self,
        lines: &mut Lines,
        part: HistoryPart,
        sent: &mut Sent,
    ) -> std::result::Result<(), Ended> {
        let whole = sent.behind + part.passed;
        let mut people = part.people.into_iter().peekable();
        while let Some((person, _)) = self.entering.get(sent.behind).copied() {
            let is_whole = sent.behind < whole;
            // Who is not in the part has left the caseload meanwhile, or waits for the next part.
            let found = people.next_if(|(found, ..)| *found == person);
            if !is_whole && found.is_none() {
                break;
            }
            if let Some((_, objects, more, changes)) = found {
                self.changes(lines, Enter { person, objects, more }, &changes, sent).await?;
                if is_whole {
                    sent.complete.push(person);
                    sent.held.push((person, objects));
                }
            }
            if !is_whole {
                sent.run.at = part.at;
                break;
            }
            sent.behind += 1;
            sent.run = Histories { last: Some(person), at: 0, ..std::mem::take(&mut sent.run) };
            if lines.pace.full() {
                self.end(lines, sent).await?;
            }
        }
        Ok(())
    }

    /// Sends one person's changes. A long history goes on in the next frame.
    async fn changes(
        &self,
        lines: &mut Lines,
        enter: Enter,
        changes: &[Delivery],
        sent: &mut Sent,
    ) -> std::result::Result<(), Ended> {
        lines.enter(enter.clone());
        for (n, delivery) in changes.iter().enumerate() {
            lines.change(delivery);
            sent.run.at = delivery.seq;
            if lines.pace.full() && n + 1 < changes.len() {
                self.end(lines, sent).await?;
                lines.enter(Enter { more: true, ..enter.clone() });
            }
        }
        Ok(())
    }

    async fn end(&self, lines: &mut Lines, sent: &mut Sent) -> std::result::Result<(), Ended> {
        let all = self.done + self.entering.len() as u32;
        sent.token.histories = Some(sent.run.clone());
        lines.end(FrameEnd {
            token: sent.token.seal(self.secret),
            complete: std::mem::take(&mut sent.complete),
            progress: Some((self.done + sent.behind as u32, all)),
            ..FrameEnd::default()
        });
        lines.flush(self.clock).await
    }

    async fn part(&self, sent: &Sent) -> Result<HistoryPart> {
        // No frame holds more people than changes.
        let next = self.entering[sent.behind..].iter().take(1_000).copied().collect();
        let (member, device) = (self.reader.member.clone(), self.reader.device);
        let ask = HistoryAsk { member, device, entering: next, to: self.upto, at: sent.run.at };
        self.db.histories(ask).await
    }
}
