//! Carries a plan out: frames of lines, compressed and handed to the socket one by one.
//!
//! Each frame is read in one short transaction and is complete in memory before it is sent, so a slow line never holds
//! the database. What was sent is flushed at each frame's end: a device keeps every whole frame.

use crate::db::{Begun, Database, Delivery, FeedAsk, HistoryAsk, Result};
use crate::token::{Histories, Token};
use bytes::Bytes;
use crypto::county::CountySecret;
use domain::caseload::Member;
use domain::{DeviceId, Millis, PersonId};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use sync::wire::{Answer, DownLine, Enter, FrameEnd, LastFrame, Leave};

/// The floor's level; higher ones cost more time than they save bytes on lines this small.
const LEVEL: i32 = 3;
/// Ranges up to this many changes go into the last frame as they are.
const SMALL: u64 = 1_000;

/// Where finished bytes wait to be taken: room for one chunk, so nothing is made that nobody takes.
#[derive(Clone, Default)]
pub struct Outlet(Arc<Mutex<Option<Bytes>>>);

impl Outlet {
    /// What waits.
    pub fn take(&self) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Puts bytes out and goes on when they were taken. Whoever takes them polls again, so nobody needs to be woken.
    async fn send(&self, bytes: Bytes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        std::future::poll_fn(|_| {
            let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some();
            if waits { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

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
    /// The line is gone; the device comes back with its token.
    #[error("the device is gone")]
    Gone,
    /// The county's own side failed.
    #[error(transparent)]
    Database(#[from] crate::db::DbError),
}

/// Lines under compression.
pub struct Lines {
    encoder: zstd::stream::write::Encoder<'static, Vec<u8>>,
    outlet: Outlet,
}

impl Lines {
    /// Lines to `outlet`.
    ///
    /// # Errors
    /// No memory for a compressor.
    pub fn new(outlet: Outlet) -> std::io::Result<Self> {
        Ok(Self { encoder: zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?, outlet })
    }

    fn line(&mut self, line: &DownLine) {
        // Writing to memory does not fail, and neither do these shapes.
        let text = serde_json::to_vec(line).unwrap_or_default();
        let _ = self.encoder.write_all(&text).and_then(|()| self.encoder.write_all(b"\n"));
    }

    fn change(&mut self, delivery: &Delivery) {
        let _ = writeln!(self.encoder, "{{\"c\":{},\"t\":{}}}", delivery.body, delivery.stamp.0);
    }

    fn leave(&mut self, leave: &Leave) {
        self.line(&DownLine { leave: Some(leave.clone()), ..DownLine::default() });
    }

    fn end(&mut self, end: FrameEnd) {
        self.line(&DownLine { end: Some(end), ..DownLine::default() });
    }

    /// The answers to what was pushed.
    pub fn answers(&mut self, answers: Vec<Answer>) {
        let count = answers.len() as u32;
        for answer in answers {
            self.line(&DownLine { answer: Some(answer), ..DownLine::default() });
        }
        if count > 0 {
            self.line(&DownLine { pushed: Some(count), ..DownLine::default() });
        }
    }

    /// Sends what there is.
    ///
    /// # Errors
    /// [`Ended::Gone`].
    pub async fn flush(&mut self) -> std::result::Result<(), Ended> {
        self.encoder.flush().map_err(|_| Ended::Gone)?;
        let bytes = std::mem::take(self.encoder.get_mut());
        self.outlet.send(bytes.into()).await;
        Ok(())
    }

    async fn finish(mut self) -> std::result::Result<(), Ended> {
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
        let history = History { db, secret, reader, entering: plan.entering, done: plan.done };
        let complete = history.run(&mut lines, token.clone(), &run).await?;
        // What is new up to that number, of those who were held before.
        token.histories = None;
        let before = Arc::new(held.clone());
        if !before.is_empty() {
            catch_up(db, secret, reader, &before, &leaves, &mut token, run.to, &mut lines).await?;
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
        catch_up(db, secret, reader, &held, &leaves, &mut token, seq, &mut lines).await?;
    }
    let ask = feed_ask(reader, &held, &leaves, &token, seq);
    let last = db.last_frame(ask).await?;
    for delivery in &last.changes {
        lines.change(delivery);
    }
    token.seq = last.seq;
    let end = LastFrame {
        digest: last.digest,
        now: clock(),
        more: last.more,
        devices: last.devices,
        handed_over: last.handed_over,
    };
    lines.end(FrameEnd { token: token.seal(secret), last: Some(end), ..FrameEnd::default() });
    lines.finish().await
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
) -> std::result::Result<(), Ended> {
    while token.seq < to {
        let part = db.feed(feed_ask(reader, held, leaves, token, to)).await?;
        for delivery in &part.changes {
            lines.change(delivery);
        }
        token.seq = part.upto;
        if !part.changes.is_empty() {
            lines.end(FrameEnd { token: token.seal(secret), ..FrameEnd::default() });
            lines.flush().await?;
        }
    }
    Ok(())
}

struct History<'a> {
    db: &'a dyn Database,
    secret: &'a CountySecret,
    reader: &'a Reader,
    entering: Vec<(PersonId, u32)>,
    done: u32,
}

impl History<'_> {
    /// Sends the histories; returns who is complete, and which objects of them.
    async fn run(
        self,
        lines: &mut Lines,
        mut token: Token,
        run: &Histories,
    ) -> std::result::Result<Vec<(PersonId, u32)>, Ended> {
        let all = self.done + self.entering.len() as u32;
        let (mut at, mut behind) = (run.at, 0);
        let mut held = Vec::new();
        let mut last = run.last;
        while behind < self.entering.len() {
            let part = self.part(behind, run.to, at).await?;
            for (person, objects, more, changes) in &part.people {
                let enter = Enter { person: *person, objects: *objects, more: *more };
                lines.line(&DownLine { enter: Some(enter), ..DownLine::default() });
                changes.iter().for_each(|delivery| lines.change(delivery));
            }
            let complete = part.people.iter().filter(|(person, ..)| part.complete.contains(person));
            held.extend(complete.map(|(person, objects, ..)| (*person, *objects)));
            behind += part.passed;
            at = part.at;
            last = behind.checked_sub(1).map(|at| self.entering[at].0).or(last);
            token.histories = Some(Histories { last, at, ..run.clone() });
            lines.end(FrameEnd {
                token: token.seal(self.secret),
                complete: part.complete,
                progress: Some((self.done + behind as u32, all)),
                last: None,
            });
            lines.flush().await?;
        }
        Ok(held)
    }

    async fn part(&self, behind: usize, to: u64, at: u64) -> Result<crate::db::HistoryPart> {
        // No frame holds more people than changes.
        let next = self.entering[behind..].iter().take(1_000).copied().collect();
        let member = self.reader.member.clone();
        self.db.histories(HistoryAsk { member, entering: next, to, at }).await
    }
}
