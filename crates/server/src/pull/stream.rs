//! Carries a plan out: frames of lines, compressed and handed to the socket one by one.
//!
//! What is sent is read in short transactions and is complete in memory before it goes, so a slow line never holds the
//! database. It is cut into frames that suit the line (see [`super::pace`]), and flushed at each frame's end: a device
//! keeps every whole frame.

use super::outlet::Outlet;
use super::pace::Pace;
use crate::db::{Begun, Database, DbError, Delivery, FeedAsk, HistoryAsk, HistoryPart, Result};
use crate::token::{Histories, Token};
use crypto::county::CountySecret;
use crypto::frame::{Leaf, Leaves};
use crypto::signature::Signature;
use domain::caseload::Member;
use domain::codes::CodeList;
use domain::{CountyId, DeviceId, Millis, PersonId, RecordKind, Stamp};
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use sync::wire::{Answer, DownLine, Enter, FIRST_KINDS, FrameEnd, Kept, LastFrame, Leave, Verdict};

/// The floor's level; higher ones cost more time than they save bytes on lines this small.
const LEVEL: i32 = 3;
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

/// Lines under compression.
pub struct Lines {
    encoder: zstd::stream::write::Encoder<'static, Vec<u8>>,
    outlet: Outlet,
    pace: Pace,
    /// How many frames may still end, if that was asked for.
    left: Option<u32>,
    /// Whether the app may meet kinds that it does not know.
    names_objects: bool,
    /// The token that the request brought, if the device can do without reading it again.
    brought: Option<Token>,
    secret: Arc<CountySecret>,
    county: CountyId,
    /// Of the changes of the frame under way.
    leaves: Leaves,
    /// Whether a frame has ended.
    framed: bool,
}

impl Lines {
    /// Lines to `outlet`, signed as this county, up to the end of so many frames if that is asked for.
    ///
    /// # Errors
    /// No memory for a compressor.
    pub fn new(
        outlet: Outlet,
        frames: Option<u32>,
        secret: Arc<CountySecret>,
        county: CountyId,
    ) -> std::io::Result<Self> {
        let encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
        let (pace, leaves) = (Pace::default(), Leaves::default());
        let (left, brought, names_objects, framed) = (frames, None, false, false);
        Ok(Self { encoder, outlet, pace, left, names_objects, brought, secret, county, leaves, framed })
    }

    /// The device holds this token, and knows that nothing said means that one.
    pub fn after(self, brought: Option<Token>) -> Self {
        Self { brought, ..self }
    }

    /// To an app that knows so many kinds of record (see [`sync::wire::Hello::kinds`]).
    pub fn to_app(self, kinds: Option<u8>) -> Self {
        let names_objects = usize::from(kinds.unwrap_or(FIRST_KINDS)) < RecordKind::CODES.len();
        Self { names_objects, ..self }
    }

    /// About so many compressed bytes are sent at the most, if that is asked for; one frame in any case.
    pub fn at_most(mut self, bytes: Option<u32>) -> Self {
        self.pace.at_most(bytes);
        self
    }

    fn line(&mut self, line: &DownLine) {
        // Writing to memory does not fail, and neither do these shapes.
        let text = serde_json::to_vec(line).unwrap_or_default();
        self.pace.take(text.len());
        let _ = self.encoder.write_all(&text).and_then(|()| self.encoder.write_all(b"\n"));
    }

    fn change(&mut self, delivery: &Delivery) {
        self.pace.take(delivery.body.len());
        self.leaves.push(&crypto::frame::leaf(delivery.id.bytes(), delivery.stamp.0, &delivery.body));
        let Delivery { body, stamp, object, .. } = delivery;
        let _ = match self.names_objects {
            true => writeln!(self.encoder, "{{\"c\":{body},\"t\":{},\"o\":{object}}}", stamp.0),
            false => writeln!(self.encoder, "{{\"c\":{body},\"t\":{}}}", stamp.0),
        };
    }

    fn enter(&mut self, enter: Enter) {
        self.line(&DownLine { enter: Some(enter), ..DownLine::default() });
    }

    fn kept(&mut self, kept: Option<Kept>) {
        if kept.is_some() {
            self.line(&DownLine { kept, ..DownLine::default() });
        }
    }

    fn leave(&mut self, leave: &Leave) {
        self.line(&DownLine { leave: Some(leave.clone()), ..DownLine::default() });
    }

    fn end(&mut self, end: FrameEnd) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.framed = true;
        let proof = self.sign();
        self.line(&DownLine { end: Some(FrameEnd { proof, ..end }), ..DownLine::default() });
    }

    /// Signs the leaves so far; nothing is not signed.
    fn sign(&mut self) -> Option<Signature> {
        let leaves = std::mem::take(&mut self.leaves);
        (!leaves.is_empty()).then(|| leaves.sign(&self.secret, self.county.bytes()))
    }

    /// The answers to what was pushed, in the order of its lines, and what those that say `Accepted` are signed over.
    /// `said` holds the stamp that each change brought, where the device can read that it counts as it stands.
    pub fn answers(&mut self, answers: Vec<Answer>, said: &[Option<Stamp>], leaves: &[Leaf]) {
        let count = answers.len() as u32;
        let mut run: Option<Kept> = None;
        for (at, answer) in answers.into_iter().enumerate() {
            let said = said.get(at).copied().flatten();
            let kept = match &answer.verdict {
                Verdict::Accepted { seq, stamp } if said == Some(*stamp) => Some(*seq),
                _ => None,
            };
            run = match (run, kept) {
                (Some(run), Some(seq)) if run.seq + u64::from(run.count) == seq => {
                    Some(Kept { count: run.count + 1, ..run })
                }
                (before, kept) => {
                    self.kept(before);
                    kept.map(|seq| Kept { seq, count: 1 })
                }
            };
            if run.is_none() {
                self.line(&DownLine { answer: Some(answer), ..DownLine::default() });
            }
        }
        self.kept(run);
        if count > 0 {
            self.leaves = leaves.iter().collect();
            let proof = self.sign();
            self.line(&DownLine { pushed: Some(count), proof, ..DownLine::default() });
        }
    }

    /// Sends what there is; `clock` says when it has gone.
    ///
    /// # Errors
    /// [`Ended::Gone`], or [`Ended::Enough`].
    pub async fn flush(&mut self, clock: &impl Fn() -> Millis) -> std::result::Result<(), Ended> {
        self.encoder.flush().map_err(|_| Ended::Gone)?;
        let full = self.framed && self.pace.enough(self.encoder.get_ref().len());
        let enough = full || self.left == Some(0);
        if enough {
            self.encoder.do_finish().map_err(|_| Ended::Gone)?;
        }
        let bytes = std::mem::take(self.encoder.get_mut());
        let length = bytes.len();
        self.outlet.send(bytes.into()).await;
        self.pace.sent(length, clock());
        if enough { Err(Ended::Enough) } else { Ok(()) }
    }

    /// Says one thing and ends: an epoch in which to offer, what is wanted, that the device must wait.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn only(mut self, line: DownLine<'_>) -> std::result::Result<(), Ended> {
        self.line(&line);
        self.finish().await
    }

    /// Ends.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn finish(mut self) -> std::result::Result<(), Ended> {
        self.encoder.do_finish().map_err(|_| Ended::Gone)?;
        let bytes = std::mem::take(self.encoder.get_mut());
        self.outlet.send(bytes.into()).await;
        Ok(())
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
        let history = History { db, secret, reader, entering: plan.entering, done: plan.done, clock: &clock };
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
        let ask = HistoryAsk { member, device, entering: next, to: sent.run.to, at: sent.run.at };
        self.db.histories(ask).await
    }
}
