//! One write transaction: what it touched, and what must follow from that before it may commit.
//!
//! Whoever writes (a worker's tap, the county's answers, a frame) only puts changes in and says what became of them.
//! [`Tx::settle`] then refolds the records, makes the rows of lists and search anew, and adds up the digests, so the
//! same things follow from every kind of write.

use crate::codec::{Id, Owner};
use crate::held::Held;
use crate::log::{self, ChangeState, NewChange};
use crate::proof::Place;
use crate::summary::Summary;
use crate::vault::VaultIds;
use crate::{Entropy, StoreError, Topic, county, meta, people};
use crypto::digest::RecordDigest;
use domain::{Change, ChangeId, HybridClock, Millis, Op, PersonId, RecordId, RecordKind, Stamp};
use rusqlite::{CachedStatement, Connection};
use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use sync::ports::Delivered;

/// More people than this in one transaction make only [`Topic::People`] stale.
const MANY: usize = 50;

/// The connection that writes, and the device's clock.
pub(crate) struct Writer {
    pub db: Connection,
    pub clock: HybridClock,
}

/// A record that a transaction touched.
struct Touched<'c> {
    kind: RecordKind,
    /// All of its changes, where it is new in this transaction; else it is read back.
    whole: Option<Vec<(Cow<'c, Change>, Stamp)>>,
}

/// A transaction under way.
pub(crate) struct Tx<'t, 'c> {
    pub db: &'t Connection,
    pub ids: &'t VaultIds,
    pub clock: HybridClock,
    pub entropy: &'t Entropy,
    started: HybridClock,
    newest: Stamp,
    insert: Option<CachedStatement<'t>>,
    records: BTreeMap<(Owner, RecordId), Touched<'c>>,
    people: BTreeSet<PersonId>,
    /// People of whom nothing may have changed but how much is unsent.
    answered: BTreeSet<PersonId>,
    renamed: HashSet<PersonId>,
    /// People of whom nothing was here before this transaction.
    unknown: HashSet<PersonId>,
    pub(crate) held: HashMap<PersonId, Option<Held>>,
    sums: BTreeMap<(Owner, i64), RecordDigest>,
    total: RecordDigest,
    pub topics: BTreeSet<Topic>,
}

impl<'t, 'c> Tx<'t, 'c> {
    pub(crate) fn new(
        db: &'t Connection,
        ids: &'t VaultIds,
        clock: HybridClock,
        entropy: &'t Entropy,
    ) -> Self {
        Self {
            db,
            ids,
            clock,
            entropy,
            started: clock,
            newest: Stamp(0),
            insert: None,
            records: BTreeMap::new(),
            people: BTreeSet::new(),
            answered: BTreeSet::new(),
            renamed: HashSet::new(),
            unknown: HashSet::new(),
            held: HashMap::new(),
            sums: BTreeMap::new(),
            total: RecordDigest::ZERO,
            topics: BTreeSet::new(),
        }
    }

    /// A new random id of this moment.
    pub(crate) fn id(&self, now: Millis) -> ChangeId {
        let mut random = [0; 10];
        (self.entropy)(&mut random);
        ChangeId::new(now, random)
    }

    /// The newest stamp of the county that this transaction has seen.
    pub(crate) fn newest(&self) -> Stamp {
        self.newest
    }

    /// Says that nothing about this person is here yet, so that nothing needs to be looked up.
    pub(crate) fn is_unknown(&mut self, person: PersonId) {
        self.unknown.insert(person);
    }

    /// Puts a change of this device into the log.
    pub(crate) fn say(&mut self, change: Change, body: &str, stamp: Stamp) -> Result<(), StoreError> {
        let (object, state) = (log::object_of(&change.kind), ChangeState::Local);
        self.insert(&NewChange { change: &change, object, body, state, stamp, proof: None })?;
        self.touch(Cow::Owned(change), stamp)
    }

    /// Puts a change that the county delivered into the log, with the county's word for it.
    pub(crate) fn deliver(&mut self, one: &'c Delivered, proof: Option<Place>) -> Result<(), StoreError> {
        let Delivered { change, stamp, raw, .. } = one;
        let (object, state) = (log::object_delivered(one), ChangeState::Accepted);
        self.insert(&NewChange { change, object, body: raw, state, stamp: *stamp, proof })?;
        self.count(Owner(change.person), object, change.id, None, *stamp)?;
        self.touch(Cow::Borrowed(change), *stamp)
    }

    fn insert(&mut self, new: &NewChange<'_>) -> Result<(), StoreError> {
        let insert = match &mut self.insert {
            Some(insert) => insert,
            None => self.insert.insert(log::inserting(self.db)?),
        };
        log::insert(insert, new)
    }

    /// Says that a change is new in the log.
    fn touch(&mut self, change: Cow<'c, Change>, stamp: Stamp) -> Result<(), StoreError> {
        self.touch_person(change.person, &change.kind);
        let owner = Owner(change.person);
        let touched = match self.records.entry((owner, change.record)) {
            Entry::Occupied(touched) => touched.into_mut(),
            Entry::Vacant(place) => {
                let known = change.person.is_some_and(|person| self.unknown.contains(&person));
                let new = known || !log::is_known(self.db, owner, change.record)?;
                place.insert(Touched { kind: change.kind.clone(), whole: new.then(Vec::new) })
            }
        };
        if let Some(whole) = &mut touched.whole {
            whole.push((change, stamp));
        }
        Ok(())
    }

    /// Says that a record must be folded anew from the log.
    pub(crate) fn refold(&mut self, owner: Owner, record: RecordId, kind: &RecordKind) {
        let touched = Touched { kind: kind.clone(), whole: None };
        self.records.insert((owner, record), touched);
        self.touch_person(owner.0, kind);
    }

    /// Says that a person's row in the lists must be made anew.
    pub(crate) fn relist(&mut self, person: PersonId) {
        self.people.insert(person);
    }

    /// Says that less, or more, about a person may be unsent than before.
    pub(crate) fn recount_unsent(&mut self, person: PersonId) {
        self.answered.insert(person);
    }

    /// As [`Self::relist`], and what name search knows of them.
    pub(crate) fn rename(&mut self, person: PersonId) {
        self.people.insert(person);
        self.renamed.insert(person);
    }

    fn touch_person(&mut self, person: Option<PersonId>, kind: &RecordKind) {
        use RecordKind::{Alias, Person, Phone, Place};
        let Some(person) = person else { return };
        self.people.insert(person);
        if matches!(kind, Person | Alias | Place | Phone) {
            self.renamed.insert(person);
        }
    }

    /// Adds an accepted change to the digests, in place of what it counted by before.
    pub(crate) fn count(
        &mut self,
        owner: Owner,
        object: i64,
        id: domain::ChangeId,
        before: Option<Stamp>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        self.newest = self.newest.max(stamp);
        if !self.counts(owner, object)? {
            return Ok(());
        }
        let mut delta = RecordDigest::entry(id.bytes(), stamp.0);
        if let Some(before) = before {
            delta -= RecordDigest::entry(id.bytes(), before.0);
        }
        *self.sums.entry((owner, object)).or_default() += delta;
        self.total += delta;
        Ok(())
    }

    /// Whether accepted changes of this object are part of what this device should hold.
    fn counts(&mut self, owner: Owner, object: i64) -> Result<bool, StoreError> {
        if object < 0 {
            return Ok(false);
        }
        match owner.0 {
            None => Ok(true),
            Some(person) => Ok(self.held(person)?.is_some_and(|held| held.counted() >> object & 1 == 1)),
        }
    }

    /// Adds a person's digests up anew from the log, after the set of what counts has changed.
    pub(crate) fn recount(&mut self, person: PersonId) -> Result<(), StoreError> {
        let owner = Owner(Some(person));
        let pending: Vec<_> =
            self.sums.range((owner, i64::MIN)..=(owner, i64::MAX)).map(|(k, _)| *k).collect();
        for key in pending {
            let delta = self.sums.remove(&key).unwrap_or_default();
            self.total -= delta;
        }
        let mut old = self.db.prepare_cached("delete from digest where person = ?1 returning sum")?;
        for sum in old.query_map([owner], |row| row.get::<_, Id>(0))? {
            self.total -= RecordDigest::from_bytes(sum?.0);
        }
        let mut accepted =
            self.db.prepare_cached("select object, id, stamp from change where person = ?1 and state = 1")?;
        let mut rows = accepted.query([owner])?;
        while let Some(row) = rows.next()? {
            let (object, id): (i64, Id) = (row.get(0)?, row.get(1)?);
            if self.counts(owner, object)? {
                let entry = RecordDigest::entry(id.0, row.get::<_, i64>(2)? as u64);
                *self.sums.entry((owner, object)).or_default() += entry;
                self.total += entry;
            }
        }
        Ok(())
    }

    /// Takes a person's digests out, when they are erased.
    pub(crate) fn uncount(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.held.insert(person, None);
        self.recount(person)
    }

    /// Makes everything follow that has to. Returns the clock after it and what became stale.
    pub(crate) fn settle(mut self) -> Result<(HybridClock, Vec<Topic>), StoreError> {
        let mut settings = false;
        let mut write = Summary::writing(self.db)?;
        for ((owner, record), touched) in std::mem::take(&mut self.records) {
            settings |= touched.kind == RecordKind::CountySettings;
            if owner.0.is_none() {
                self.topics.insert(Topic::County);
            }
            self.summarise(owner, record, &touched, &mut write)?;
        }
        drop(write);
        if settings {
            county::note_settings(self.db)?;
            self.people.extend(people::all(self.db)?);
        }
        if !self.people.is_empty() {
            let county = county::Calendar::read(self.db)?;
            for person in &self.people {
                let held = match self.held.get(person) {
                    Some(held) => *held,
                    None => crate::held::read(self.db, *person)?,
                };
                let arriving = held.is_some_and(|held| held.arriving);
                people::refresh(self.db, *person, &county, arriving, self.renamed.contains(person))?;
            }
        }
        for person in self.answered.difference(&self.people) {
            people::recount_unsent(self.db, *person)?;
        }
        self.people.append(&mut self.answered);
        if !self.people.is_empty() {
            self.topics.insert(Topic::People);
            if self.people.len() <= MANY {
                self.topics.extend(self.people.iter().map(|person| Topic::Person(*person)));
            }
        }
        self.add_digests()?;
        if self.newest > meta::stamp(self.db, meta::COUNTY_STAMP)? {
            meta::put_number(self.db, meta::COUNTY_STAMP, self.newest.0 as i64)?;
        }
        if self.clock != self.started {
            meta::put_number(self.db, meta::CLOCK, self.clock.last().0 as i64)?;
        }
        Ok((self.clock, self.topics.into_iter().collect()))
    }

    fn summarise(
        &mut self,
        owner: Owner,
        record: RecordId,
        touched: &Touched<'c>,
        write: &mut CachedStatement<'_>,
    ) -> Result<(), StoreError> {
        let summary = match touched.whole.as_deref() {
            Some([(only, _)]) if only.op == Op::Create => Summary::of_create(only),
            Some(whole) => {
                let folded = domain::fold(whole.iter().map(|(change, stamp)| (change.as_ref(), *stamp)));
                Summary::of_folded(&touched.kind, &folded)
            }
            None => {
                let entries = log::of_record(self.db, owner, record)?;
                let summary = Summary::of_folded(&touched.kind, &log::folded(&entries));
                Summary { rivals: if log::stands(&entries) { summary.rivals } else { 0 }, ..summary }
            }
        };
        if summary.rivals > 0 || touched.whole.is_none() {
            self.topics.insert(Topic::Conflicts);
        }
        summary.write(write, owner, record, &touched.kind)
    }

    fn add_digests(&mut self) -> Result<(), StoreError> {
        let mut find = self.db.prepare_cached("select sum from digest where person = ?1 and object = ?2")?;
        let mut put = self.db.prepare_cached(
            "insert into digest (person, object, sum) values (?1, ?2, ?3)
             on conflict (person, object) do update set sum = excluded.sum",
        )?;
        for ((owner, object), delta) in std::mem::take(&mut self.sums) {
            let known = owner.0.is_some_and(|person| self.unknown.contains(&person));
            let before = if known {
                None
            } else {
                let found = find.query_row((owner, object), |row| row.get::<_, Id>(0));
                rusqlite::OptionalExtension::optional(found)?
            };
            let sum = before.map_or(RecordDigest::ZERO, |sum| RecordDigest::from_bytes(sum.0)) + delta;
            put.execute((owner, object, Id(*sum.as_bytes())))?;
        }
        if self.total != RecordDigest::ZERO {
            let total = total(self.db)? + self.total;
            meta::put(self.db, meta::DIGEST, total.as_bytes())?;
        }
        Ok(())
    }
}

/// One digest over everything accepted that this device should hold.
pub(crate) fn total(db: &Connection) -> Result<RecordDigest, StoreError> {
    let bytes = meta::get(db, meta::DIGEST)?.map(|bytes| <[u8; 16]>::try_from(bytes.as_slice()));
    let bytes = bytes.transpose().map_err(|_| StoreError::Damaged)?;
    Ok(bytes.map_or(RecordDigest::ZERO, RecordDigest::from_bytes))
}
