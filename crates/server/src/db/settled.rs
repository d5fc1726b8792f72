//! What the last whole pull of each device came to, so that the next one need not look at everybody again.
//!
//! A small sync of a supervisor would otherwise read ten thousand rows of the caseload, of what the device was told
//! and of the digests, to find that nothing about them has changed. Whose people are whose follows from the log: as
//! long as no change of [`CARRYING`] was written since, the caseload is what it was, and the digest is what it was and
//! the changes since.
//!
//! It is kept in memory only and is never needed: another process, or this one after a restart, looks at everybody.
//! A device that has synced at another process meanwhile brings another token, so nothing old is believed.

use crate::db::{FeedAsk, PullAsk};
use crate::pull::plan::Plan;
use crate::token::Token;
use crypto::digest::RecordDigest;
use domain::caseload::Member;
use domain::{DeviceId, PersonId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The kinds of changes that say whose people are whose.
pub(super) const CARRYING: [&str; 5] = ["case", "assignment", "person", "team", "staff"];
/// Past so many changes, looking at everybody costs no more.
const FEW: u64 = 1_000;
/// How many people are remembered in all: about 20 MB.
const MOST_PEOPLE: usize = 500_000;

/// A whole pull: nobody was entering or leaving, and the device held exactly its user's caseload.
#[derive(Clone)]
pub(super) struct Whole {
    member: Member,
    epoch: u32,
    /// The number of the pull in which histories were last begun.
    pull: u32,
    held: Arc<HashMap<PersonId, u32>>,
    /// The county's last number in it.
    pub(super) seq: u64,
    /// Over everything held.
    pub(super) digest: RecordDigest,
}

impl Whole {
    /// The plan of a pull that goes on from here.
    pub(super) fn plan(&self, token: Token) -> Plan {
        let held = self.held.as_ref().clone();
        Plan { held, county_from: token.seq, token, ..Plan::default() }
    }

    /// Whether the device reads an object of a person, or of the county itself.
    pub(super) fn reads(&self, person: Option<PersonId>, object: u8) -> bool {
        let objects = person.map_or(u32::MAX, |person| self.held.get(&person).copied().unwrap_or(0));
        objects & (1 << object) != 0
    }
}

/// The last whole pull of each device.
#[derive(Clone, Default)]
pub(super) struct Settled(Arc<Mutex<HashMap<DeviceId, Whole>>>);

impl Settled {
    /// The whole pull from which this one goes on, and its token: if nothing of [`CARRYING`] came in between.
    pub(super) fn goes_on(&self, ask: &PullAsk, (epoch, seq): (u32, u64)) -> Option<(Whole, Token)> {
        if ask.compare.is_some() {
            // A difference is looked into without believing anything.
            self.map().remove(&ask.device);
        }
        let token = ask.token.as_ref().filter(|token| token.histories.is_none())?;
        let last = self.last(ask.device, &ask.member)?;
        let same = token.epoch == epoch && token.pull == last.pull && token.seq == last.seq;
        let goes_on = same && last.epoch == epoch && ask.forgot.is_empty() && few(last.seq, seq);
        goes_on.then(|| (last, token.clone()))
    }

    /// The whole pull whose digest, with what was added since, is that of this one: on the same condition.
    pub(super) fn adds_up(&self, ask: &FeedAsk, (epoch, seq): (u32, u64)) -> Option<Whole> {
        let last = self.last(ask.device, &ask.member)?;
        let same = last.epoch == epoch && last.pull == ask.pull && last.held == ask.held;
        (same && ask.leaves.is_empty() && few(last.seq, seq)).then_some(last)
    }

    /// Remembers a whole pull.
    pub(super) fn keep(&self, ask: &FeedAsk, (epoch, seq): (u32, u64), digest: RecordDigest) {
        let (member, held) = (ask.member.clone(), Arc::clone(&ask.held));
        let whole = Whole { member, epoch, pull: ask.pull, held, seq, digest };
        let mut map = self.map();
        let all: usize = map.values().map(|whole| whole.held.len()).sum();
        if all + whole.held.len() > MOST_PEOPLE {
            map.clear();
        }
        map.insert(ask.device, whole);
    }

    fn last(&self, device: DeviceId, member: &Member) -> Option<Whole> {
        self.map().get(&device).filter(|last| last.member == *member).cloned()
    }

    fn map(&self) -> MutexGuard<'_, HashMap<DeviceId, Whole>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn few(from: u64, to: u64) -> bool {
    from <= to && to - from <= FEW
}
