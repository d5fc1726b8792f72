//! A device's store as the engine sees it, with everything that may come between two transactions: the app dies, the
//! worker records something, a bug.

use crate::bugs::Bug;
use crate::database::Disk;
use crate::faults::Fault;
use crate::ledger::Book;
use crate::work::Worker;
use crypto::signature::Signature;
use domain::codes::CodeList;
use domain::{Millis, PersonId, RecordKind};
use rusqlite::Connection;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use store::{LocalSide, Store, StoreError};
use sync::ports::{Frame, FrameItem, Greeting, Local, OfferItem, OfferPage, Outbox};
use sync::wire::{Answer, FIRST_KINDS, FrameEnd, HeldDigest, Verdict, Wanted};

/// Small pages, so that a push takes several requests.
const PAGE: usize = 12;

/// Kills what runs on a connection after so many of its steps, or at its next commit.
#[derive(Clone, Debug)]
pub struct Fuse(Arc<AtomicI64>);

/// Never.
const SAFE: i64 = -1;
/// At the next commit.
const AT_COMMIT: i64 = -2;
/// It has happened at a commit; 0 says that it has happened in the middle.
const COMMIT_FAILED: i64 = -3;

impl Default for Fuse {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(SAFE)))
    }
}

impl Fuse {
    /// Puts the fuse into a connection: what it does at a commit.
    pub fn fit(&self, connection: &mut Connection) {
        let commit = Arc::clone(&self.0);
        let fails = move || {
            let burns = AT_COMMIT;
            commit.compare_exchange(burns, COMMIT_FAILED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        connection.commit_hook(Some(fails)).unwrap();
    }

    /// Burns down with each step. They are counted one by one: counted by the hundred, it would matter how often a
    /// statement had run before.
    pub fn light(&self, connection: &mut Connection, steps: i64) {
        self.0.store(steps, Ordering::Relaxed);
        let steps = Arc::clone(&self.0);
        let burns = move || {
            let left = steps.load(Ordering::Relaxed);
            if left > 0 {
                steps.store(left - 1, Ordering::Relaxed);
            }
            left == 0
        };
        connection.progress_handler(1, Some(burns)).unwrap();
    }

    /// Counts no more steps.
    pub fn take_out(connection: &mut Connection) {
        connection.progress_handler(0, None::<fn() -> bool>).unwrap();
    }

    pub fn light_commit(&self) {
        self.0.store(AT_COMMIT, Ordering::Relaxed);
    }

    /// What it has killed.
    pub fn burnt(&self) -> Option<Fault> {
        match self.0.load(Ordering::Relaxed) {
            0 => Some(Fault::CrashDuring),
            COMMIT_FAILED => Some(Fault::CrashAtCommit),
            _ => None,
        }
    }

    /// Whether it was lit.
    pub fn put_out(&self) -> bool {
        self.0.swap(SAFE, Ordering::Relaxed) != SAFE
    }
}

/// What is to happen while a sync runs, counted in transactions.
#[derive(Debug, Default)]
pub struct Plan {
    /// The app dies before this one.
    pub before: Option<u32>,
    /// The app dies after this one.
    pub after: Option<u32>,
    /// The worker records something before this one; the number chooses what.
    pub tap: Option<(u32, u64)>,
    /// Transactions so far.
    pub done: u32,
}

/// Why a sync ended at the device.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    #[error("the app died")]
    Crash,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Side {
    pub inner: LocalSide,
    pub store: Store,
    pub worker: Worker,
    pub book: Book,
    pub plan: Arc<Mutex<Plan>>,
    pub bug: Option<Bug>,
    /// The county's, to say what differs when something has to be repaired.
    pub disk: Disk,
    /// Whether the county was offered everything and has not told anything since: then both sides compare.
    pub offered: bool,
}

impl Side {
    fn step<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, Ended> {
        let (tap, dies) = {
            let mut plan = self.plan.lock().unwrap();
            plan.done += 1;
            let done = plan.done;
            (plan.tap.take_if(|(at, _)| *at <= done), plan.before.take_if(|at| *at <= done).is_some())
        };
        if let Some((_, seed)) = tap {
            self.worker.tap(&self.store, &self.book, seed);
            self.book.fault(Fault::TapDuringSync);
        }
        if dies {
            self.book.fault(Fault::CrashBefore);
            return Err(Ended::Crash);
        }
        let result = work(self)?;
        let mut plan = self.plan.lock().unwrap();
        let done = plan.done;
        if plan.after.take_if(|at| *at <= done).is_some() {
            self.book.fault(Fault::CrashAfter);
            return Err(Ended::Crash);
        }
        Ok(result)
    }

    /// Bugs: what it has is not offered.
    fn keeps_to_itself(&self, items: &mut Vec<OfferItem>) {
        match self.bug {
            Some(Bug::NothingOffered) => items.clear(),
            Some(Bug::CopiesForgotten) => items.retain(|item| matches!(item, OfferItem::Change(_))),
            _ => {}
        }
    }

    /// What parts a newer county is awaited for.
    fn waiting(&self) -> BTreeSet<(Option<PersonId>, u8)> {
        let read = |db: &mut Connection| {
            let mut query = db.prepare_cached("select person, object from change where state = 4").unwrap();
            let parts = query.query_map([], |row| {
                let person: Option<[u8; 16]> = row.get(0)?;
                Ok((person.map(PersonId::from_bytes), row.get(1)?))
            });
            parts.unwrap().filter_map(Result::ok).collect()
        };
        self.store.on_connection(read).unwrap_or_default()
    }

    fn page(
        &mut self,
        read: impl FnOnce(&mut LocalSide) -> Result<Outbox, StoreError>,
    ) -> Result<Outbox, Ended> {
        self.step(|side| {
            let mut outbox = read(&mut side.inner)?;
            for line in &mut outbox.lines {
                side.worker.as_sent(line, &side.book);
            }
            Ok(outbox)
        })
    }
}

impl Local for Side {
    type Error = Ended;

    fn greeting(&mut self) -> Result<Greeting, Ended> {
        let greeting = self.step(|side| side.inner.greeting())?;
        self.offered = greeting.offered.is_some();
        let kinds = if self.worker.older { Some(FIRST_KINDS - 1) } else { greeting.kinds };
        Ok(Greeting { kinds, ..greeting })
    }

    fn outbox(&mut self, count: usize, bytes: usize, now: Millis) -> Result<Outbox, Ended> {
        self.page(|inner| inner.outbox(count.min(PAGE), bytes, now))
    }

    fn outbox_after(&mut self, after: u64, count: usize, bytes: usize, now: Millis) -> Result<Outbox, Ended> {
        self.page(|inner| inner.outbox_after(after, count.min(PAGE), bytes, now))
    }

    fn answers(&mut self, answers: &[Answer], proof: Option<&Signature>, now: Millis) -> Result<(), Ended> {
        self.step(|side| match side.bug {
            Some(Bug::SwallowedRefusal) => {
                let swallowed = answers.iter().cloned().map(|answer| match answer.verdict {
                    Verdict::Refused(_) => Answer { verdict: Verdict::HandedOver, ..answer },
                    _ => answer,
                });
                side.inner.answers(&swallowed.collect::<Vec<_>>(), proof, now)
            }
            Some(Bug::PageAnsweredByOne) => {
                let first = answers.iter().find(|one| matches!(one.verdict, Verdict::Accepted { .. }));
                let same = |one: &Answer| match first {
                    Some(first) => Answer { id: one.id, verdict: first.verdict.clone() },
                    None => one.clone(),
                };
                side.inner.answers(&answers.iter().map(same).collect::<Vec<_>>(), proof, now)
            }
            _ => side.inner.answers(answers, proof, now),
        })
    }

    fn frame(&mut self, frame: &Frame, now: Millis) -> Result<(), Ended> {
        let read = self.as_read(std::slice::from_ref(frame));
        let frame = &read[0];
        if self.bug == Some(Bug::TokenFirst) {
            let end = FrameEnd { token: frame.end.token.clone(), ..FrameEnd::default() };
            self.step(|side| side.inner.frame(&Frame { end, ..Frame::default() }, now))?;
        }
        self.step(|side| match side.bug {
            Some(Bug::ForgottenLeave) if !frame.leaves.is_empty() => {
                side.inner.frame(&without_leaves(frame), now)
            }
            _ => side.inner.frame(frame, now),
        })
    }

    fn frames(&mut self, frames: &[Frame], now: Millis) -> Result<(), Ended> {
        if matches!(self.bug, Some(Bug::TokenFirst | Bug::ForgottenLeave)) {
            return frames.iter().try_for_each(|frame| self.frame(frame, now));
        }
        let read = self.as_read(frames);
        self.step(|side| side.inner.frames(&read, now))
    }

    fn begins(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        frames: &[Frame],
        now: Millis,
    ) -> Result<(), Ended> {
        if self.bug.is_some() {
            self.answers(answers, proof, now)?;
            return self.frames(frames, now);
        }
        let read = self.as_read(frames);
        self.step(|side| side.inner.begins(answers, proof, &read, now))
    }

    fn erase_left(&mut self) -> Result<usize, Ended> {
        self.step(|side| match side.bug {
            Some(Bug::ForgottenPurge) => Ok(0),
            Some(Bug::PurgeBeforeSending) => {
                side.worker.hand_in_nothing(&side.store)?;
                side.inner.erase_left()
            }
            _ => side.inner.erase_left(),
        })
    }

    fn digest(&mut self) -> Result<String, Ended> {
        self.step(|side| side.inner.digest())
    }

    fn digests(&mut self) -> Result<Vec<HeldDigest>, Ended> {
        let digests = self.step(|side| side.inner.digests())?;
        let differing = if self.offered { Vec::new() } else { self.disk.differing(&digests) };
        // One process took what another, of an older version, had told to wait when the same request came to both.
        let waits = self.waiting();
        if !self.offered && (differing.is_empty() || differing.iter().any(|part| !waits.contains(part))) {
            self.book.violation(format!("{} had to be repaired: {differing:?}", self.worker.n));
        }
        Ok(digests)
    }

    fn everything(&mut self) -> Result<Vec<HeldDigest>, Ended> {
        self.step(|side| side.inner.everything())
    }

    fn to_offer(&mut self, wanted: &[Wanted], epoch: u32) -> Result<Vec<OfferItem>, Ended> {
        let mut items = self.step(|side| side.inner.to_offer(wanted, epoch))?;
        self.keeps_to_itself(&mut items);
        Ok(items)
    }

    fn offer(&mut self, items: &[OfferItem], count: usize, bytes: usize) -> Result<OfferPage, Ended> {
        self.step(|side| side.inner.offer(items, count, bytes))
    }

    fn offered(&mut self, answers: &[Answer], proof: Option<&Signature>, epoch: u32) -> Result<(), Ended> {
        self.step(|side| side.inner.offered(answers, proof, epoch))
    }

    fn offer_later(&mut self, now: Millis) -> Result<Option<(u32, Vec<OfferItem>)>, Ended> {
        let mut later = self.step(|side| side.inner.offer_later(now))?;
        if let Some((_, items)) = &mut later {
            self.keeps_to_itself(items);
        }
        Ok(later)
    }

    fn offer_whole(&mut self, epoch: u32) -> Result<(), Ended> {
        self.step(|side| side.inner.offer_whole(epoch))
    }

    fn verified(&mut self, agrees: bool, county_now: Millis, clock_offset: i64) -> Result<(), Ended> {
        self.step(|side| side.inner.verified(agrees, county_now, clock_offset))
    }
}

/// What an older app takes a kind for that it does not know.
const LATER: &str = "later_step";

impl Side {
    /// Frames as this version of the app reads them.
    fn as_read<'f>(&self, frames: &'f [Frame]) -> Cow<'f, [Frame]> {
        if !self.worker.older {
            return Cow::Borrowed(frames);
        }
        let mut frames = frames.to_vec();
        for item in frames.iter_mut().flat_map(|frame| &mut frame.items) {
            if let FrameItem::Change(one) = item
                && one.change.kind == RecordKind::StepForward
            {
                one.change.kind = RecordKind::from_code(LATER);
                self.book.fault(Fault::OlderApp);
            }
        }
        Cow::Owned(frames)
    }
}

fn without_leaves(frame: &Frame) -> Frame {
    Frame { leaves: Vec::new(), ..frame.clone() }
}
