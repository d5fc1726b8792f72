//! How much goes into one frame, and what a pull compares: judgements that need no SQL.

use super::{County, FeedAsk, NOBODY};
use crate::pull::plan::Told;
use crate::token::Token;
use crypto::digest::RecordDigest;
use domain::caseload::PERSON_OBJECTS;
use domain::{Millis, PersonId};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use sync::wire::{HeldDigest, Wanted};

/// A frame is cut at so many changes …
pub(super) const FRAME_CHANGES: usize = 1_000;
/// … or so many bytes of their text.
const FRAME_BYTES: usize = 256 * 1024;
/// Reading along the feed costs about an eighth of looking at one person.
const SEEK_COST: u64 = 8;

/// What has been collected for one frame.
#[derive(Default)]
pub(super) struct Room {
    changes: usize,
    bytes: usize,
}

impl Room {
    pub(super) fn full(&self) -> bool {
        self.changes >= FRAME_CHANGES || self.bytes >= FRAME_BYTES
    }

    /// How many changes it still takes, and how many bytes: the last one may go beyond them.
    pub(super) fn left(&self) -> (usize, usize) {
        (FRAME_CHANGES.saturating_sub(self.changes), FRAME_BYTES.saturating_sub(self.bytes))
    }

    pub(super) fn take(&mut self, body: &str) {
        self.changes += 1;
        self.bytes += body.len();
    }
}

/// Whether what is new is found sooner by reading along the feed than by looking at each person held.
pub(super) fn along_the_feed(changes: u64, held: usize) -> bool {
    changes <= FRAME_CHANGES as u64 || changes <= SEEK_COST * held as u64
}

/// What a reader gets of a person's change: it is theirs when the device holds that object of them and they may still
/// see it. One that they may not see any more is `missed`, because the token will say that everything up to here came.
pub(super) fn takes(held: u32, sees: u32, object: u8, missed: impl FnOnce()) -> bool {
    let bit = 1u32 << object;
    if held & bit != 0 && sees & bit == 0 {
        missed();
    }
    held & sees & bit != 0
}

/// Somebody entered who was not sent, or left without being told; or came back of whom something was missed.
pub(super) fn changed_meanwhile(
    ask: &FeedAsk,
    now: &BTreeMap<PersonId, u32>,
    told: &BTreeMap<PersonId, Told>,
) -> bool {
    let held = |person: &PersonId| ask.held.get(person).copied().unwrap_or(0);
    if now.iter().any(|(person, objects)| objects & !held(person) != 0) {
        return true;
    }
    let sent: HashMap<_, _> = ask.leaves.iter().map(|leave| (leave.person, leave.objects)).collect();
    told.iter().any(|(person, row)| {
        let leaves = row.objects & !now.get(person).copied().unwrap_or(0);
        row.missed && now.contains_key(person) || leaves & !sent.get(person).copied().unwrap_or(0) != 0
    })
}

/// Where a device's digests are not the county's.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differing {
    /// People of the caseload, those of whom the device has nothing included.
    pub(super) people: BTreeSet<PersonId>,
    /// What the device has, or may have, beyond its caseload: policy objects of people.
    pub(super) beyond: BTreeMap<PersonId, u32>,
    /// Whether the county's own records differ.
    pub(super) county: bool,
}

/// Compares a device's digests with the county's. `whole`: what this county has told the device is not known, so it may
/// have anything of those who are in the caseload.
/// `sums` gives the county's sums of one person, or of the county itself under [`NOBODY`], by object.
pub(super) fn differing<E>(
    now: &BTreeMap<PersonId, u32>,
    theirs: &[HeldDigest],
    whole: bool,
    mut sums: impl FnMut([u8; 16]) -> Result<Vec<(u8, RecordDigest)>, E>,
) -> Result<Differing, E> {
    let zero = RecordDigest::ZERO.to_string();
    let mut said: HashMap<([u8; 16], u8), &str> = HashMap::new();
    for held in theirs.iter().filter(|held| held.digest != zero) {
        said.insert((held.person.map_or(NOBODY, |person| person.bytes()), held.object), &held.digest);
    }
    let (mut differ, mut beyond) = (BTreeSet::new(), BTreeMap::new());
    for (person, objects) in now {
        let has = |object: &u8| said.contains_key(&(person.bytes(), *object));
        let has = (0..32).filter(has).fold(0, |all, object| all | 1 << object);
        let more = if whole { PERSON_OBJECTS } else { has } & !objects;
        if more != 0 {
            beyond.insert(*person, more);
        }
        let mut same = true;
        for (object, sum) in sums(person.bytes())? {
            let theirs = said.remove(&(person.bytes(), object));
            let readable = objects & (1 << object) != 0;
            same &= !readable || theirs == Some(sum.to_string().as_str());
        }
        // Something is left that the county does not have.
        same &= !(0..32).any(|object| said.contains_key(&(person.bytes(), object)));
        if !same {
            differ.insert(*person);
        }
    }
    let ours: RecordDigest = sums(NOBODY)?.into_iter().map(|(_, sum)| sum).sum();
    let own = said.iter().filter(|((person, _), _)| *person == NOBODY);
    let theirs: RecordDigest = own.filter_map(|(_, digest)| digest.parse::<RecordDigest>().ok()).sum();
    let strangers = said.keys().map(|(person, _)| *person).filter(|person| *person != NOBODY);
    let strangers = strangers.map(PersonId::from_bytes).filter(|person| !now.contains_key(person));
    beyond.extend(strangers.map(|person| (person, PERSON_OBJECTS)));
    Ok(Differing { people: differ, beyond, county: ours != theirs })
}

/// What the county wants of what a device says it holds: what it has not, or has otherwise, of those who are the
/// device's, and everything of everybody else. So the answer tells nobody whether the county knows a person who is not
/// theirs. `mine` gives the objects of a person that the device was told of and its user may read now.
pub(super) fn compared(
    held: &[HeldDigest],
    mine: impl Fn(PersonId) -> u32,
    mut sums: impl FnMut([u8; 16]) -> super::Result<Vec<(u8, RecordDigest)>>,
) -> super::Result<Vec<Wanted>> {
    let mut ours: HashMap<[u8; 16], Vec<(u8, RecordDigest)>> = HashMap::new();
    let mut wanted = BTreeMap::<Option<PersonId>, u32>::new();
    for one in held.iter().filter(|one| one.object < 32) {
        let bit = 1u32 << one.object;
        if one.person.is_some_and(|person| mine(person) & bit == 0) {
            *wanted.entry(one.person).or_default() |= bit;
            continue;
        }
        let person = one.person.map_or(NOBODY, |person| person.bytes());
        if let Entry::Vacant(new) = ours.entry(person) {
            new.insert(sums(person)?);
        }
        let sum = ours[&person].iter().find(|(object, _)| *object == one.object);
        let sum = sum.map_or(RecordDigest::ZERO, |(_, sum)| *sum);
        if one.digest != sum.to_string() {
            *wanted.entry(one.person).or_default() |= bit;
        }
    }
    Ok(wanted.into_iter().map(|(person, objects)| Wanted { person, objects }).collect())
}

/// Where a device stands that has offered everything in an epoch: where the county stands, but for those who differ.
pub(super) fn after_offer(here: &County, told: &BTreeMap<PersonId, Told>) -> Token {
    let pull = told.values().map(|row| row.pull).max().unwrap_or(0);
    Token { epoch: here.epoch, seq: here.seq, pull, histories: None }
}

/// The epoch after `here`'s, where a token of this epoch and number shows that one is needed (or nothing needs to).
pub(super) fn next_epoch(here: &County, met: Option<(u32, u64)>, now: Millis) -> Option<u32> {
    let given = met.is_some_and(|met| met <= (here.epoch, here.seq));
    (!given).then(|| epoch_above(met.map_or(0, |(epoch, _)| epoch).max(here.epoch), now))
}

/// An epoch above this one, and above any that was given before `now`: the same backup may have been put back already,
/// by somebody who left no trace in it. Epochs are seconds since 1970, unless they come faster.
pub fn epoch_above(known: u32, now: Millis) -> u32 {
    let seconds = u32::try_from(now.0.max(0) / 1_000).unwrap_or(u32::MAX);
    known.max(seconds).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn what_a_device_has_and_may_not_read_is_asked_back() {
        let [ana, ben, cleo] = [1, 2, 3].map(|n| PersonId::from_bytes([n; 16]));
        let sum = RecordDigest::entry([9; 16], 1);
        let held = |person, object| HeldDigest { person: Some(person), object, digest: sum.to_string() };
        let theirs = [held(ana, 0), held(ana, 1), held(ben, 0), held(ben, 1), held(cleo, 0)];
        let now = BTreeMap::from([(ana, 0b01), (ben, 0b11)]);
        let sums =
            |person| Ok::<_, Infallible>(if person == NOBODY { vec![] } else { vec![(0, sum), (1, sum)] });
        let found = |whole| differing(&now, &theirs, whole, sums).unwrap_or_default();
        assert_eq!(found(false).beyond, [(ana, 0b10), (cleo, PERSON_OBJECTS)].into());
        assert!(found(false).people.is_empty() && !found(false).county, "what both have is the same");
        let all = [(ana, PERSON_OBJECTS & !0b01), (ben, PERSON_OBJECTS & !0b11), (cleo, PERSON_OBJECTS)];
        assert_eq!(found(true).beyond, all.into(), "it may have anything");
    }
}
