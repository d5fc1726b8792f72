//! Applies a frame: leaves, histories, changes, and the token that says so, in one transaction.

use super::answers;
use crate::codec::{Id, Owner};
use crate::held::Held;
use crate::log::{self, ChangeState};
use crate::proof::Signed;
use crate::tx::Tx;
use crate::{StoreError, Topic, meta};
use domain::PersonId;
use std::collections::HashSet;
use sync::ports::{Delivered, Frame, FrameItem};
use sync::wire::{Enter, HandedOver, LastFrame, Leave};

pub(super) fn apply<'c>(tx: &mut Tx<'_, 'c>, frame: &'c Frame) -> Result<(), StoreError> {
    // The county has answered, so it has heard the greeting.
    tx.db.prepare_cached("delete from forgot where said = 1")?.execute([])?;
    for one in &frame.leaves {
        leave(tx, one)?;
    }
    let mut arrivals = Arrivals::new(tx)?;
    let mut signed = Signed::new(tx.db, frame.end.proof.as_ref())?;
    for item in &frame.items {
        match item {
            FrameItem::Enter(one) => arrivals.enter(tx, one)?,
            FrameItem::Change(one) => arrivals.change(tx, one, &mut signed)?,
        }
    }
    signed.keep(tx.db)?;
    for person in &frame.end.complete {
        if arrivals.rechecking {
            answers::offer_again(tx, *person)?;
        }
        complete(tx, *person)?;
    }
    match &frame.end.last {
        Some(last) => note_last(tx, last)?,
        // What was agreed on before is not all that is known now.
        None => meta::put_number(tx.db, meta::AGREES, 0)?,
    }
    meta::put(tx.db, meta::TOKEN, frame.end.token.as_bytes())?;
    // The token is one of the epoch that counts: there is nothing more to offer.
    meta::remove(tx.db, meta::OFFERED)?;
    if !frame.end.complete.is_empty() || !frame.leaves.is_empty() {
        tx.topics.insert(Topic::Conflicts);
    }
    tx.topics.insert(Topic::Sync);
    Ok(())
}

fn leave(tx: &mut Tx<'_, '_>, leave: &Leave) -> Result<(), StoreError> {
    let held = tx.held(leave.person)?.unwrap_or_default();
    let unknown = leave.objects & !held.objects;
    if unknown != 0 {
        tx.forget(leave.person, unknown)?;
    }
    let leaving = held.leaving | (leave.objects & held.objects);
    if leaving != held.leaving {
        let held = Held { leaving, ..held };
        tx.hold(leave.person, Held { arriving: held.arriving && !held.leaves(), ..held })?;
        tx.recount(leave.person)?;
        tx.relist(leave.person);
    }
    Ok(())
}

/// The changes of one frame as they come in.
struct Arrivals {
    /// People of whom nothing was here before this frame.
    new: HashSet<PersonId>,
    /// The changes of these that this frame has brought so far: the log need not be asked.
    brought: HashSet<Id>,
    some_held: bool,
    rechecking: bool,
}

impl Arrivals {
    fn new(tx: &Tx<'_, '_>) -> Result<Self, StoreError> {
        let some_held = answers::some_held(tx)?;
        let mut look = tx.db.prepare_cached("select exists (select 1 from recheck)")?;
        let rechecking = look.query_row([], |row| row.get(0))?;
        Ok(Self { new: HashSet::new(), brought: HashSet::new(), some_held, rechecking })
    }

    fn enter(&mut self, tx: &mut Tx<'_, '_>, enter: &Enter) -> Result<(), StoreError> {
        let person = enter.person;
        let owner = Owner(Some(person));
        let held = tx.held(person)?.unwrap_or_default();
        let (objects, leaving) = (held.objects | enter.objects, held.leaving & !enter.objects);
        let now = Held { objects, leaving, arriving: true };
        tx.hold(person, now)?;
        tx.db.prepare_cached("delete from forgot where person = ?1")?.execute([owner])?;
        let mut known = tx.db.prepare_cached("select exists (select 1 from change where person = ?1)")?;
        if known.query_row([owner], |row| row.get(0))? {
            if !enter.more {
                let mut recheck = tx.db.prepare_cached(
                    "insert or ignore into recheck (person, id)
                     select person, id from change where person = ?1 and state = 1",
                )?;
                self.rechecking |= recheck.execute([owner])? > 0;
            }
            // What goes on was counted when it began.
            if !enter.more || now.counted() != held.counted() {
                tx.recount(person)?;
            }
            tx.relist(person);
        } else {
            self.new.insert(person);
            tx.is_unknown(person);
        }
        Ok(())
    }

    fn change<'c>(
        &mut self,
        tx: &mut Tx<'_, 'c>,
        one: &'c Delivered,
        signed: &mut Signed<'_>,
    ) -> Result<(), StoreError> {
        let change = &one.change;
        let owner = Owner(change.person);
        let proof = signed.add(one.leaf);
        tx.clock.observe(one.stamp);
        let expected = told_of(tx, one)?;
        if change.person.is_some_and(|person| self.new.contains(&person)) {
            if self.brought.insert(Id::from(change.id)) {
                signed.is_used();
                tx.deliver(one, proof)?;
            }
            return Ok(());
        }
        if self.rechecking {
            let mut seen = tx.db.prepare_cached("delete from recheck where person = ?1 and id = ?2")?;
            seen.execute((owner, Id::from(change.id)))?;
        }
        match log::find(tx.db, change)? {
            Some((_, ChangeState::Accepted, stamp)) if stamp == one.stamp => return Ok(()),
            Some((n, state, stamp)) => {
                signed.is_used();
                log::accept(tx.db, n, one.stamp, None, proof)?;
                let before = (state == ChangeState::Accepted).then_some(stamp);
                tx.count(owner, log::object_delivered(one), change.id, before, one.stamp)?;
                tx.refold(owner, change.record, &change.kind);
            }
            // Somebody whom the county did not announce, or who has left: not to be kept here. If it was due all the
            // same, the digests differ, and the county sends them whole.
            None if !expected => return Ok(()),
            None => {
                signed.is_used();
                tx.deliver(one, proof)?;
            }
        }
        if self.some_held {
            answers::release(tx, owner, change.record, &change.kind)?;
        }
        Ok(())
    }
}

/// Whether the county has told this device of whom the change is about; what is about nobody, everybody holds.
fn told_of(tx: &mut Tx<'_, '_>, one: &Delivered) -> Result<bool, StoreError> {
    let Some(person) = one.change.person else { return Ok(true) };
    if tx.held(person)?.is_none() {
        return Ok(false);
    }
    let object = log::object_delivered(one);
    if object >= 0 && tx.told_of(person, object)? {
        tx.recount(person)?;
    }
    Ok(true)
}

/// A history is whole now.
fn complete(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<(), StoreError> {
    if let Some(held) = tx.held(person)? {
        tx.hold(person, Held { arriving: false, ..held })?;
        tx.relist(person);
    }
    Ok(())
}

/// Both sides hold the same, so nobody's history is under way any more. One that began before the county was restored is
/// not begun anew, nor ended, where nothing of it is missing.
pub(super) fn all_arrived(tx: &mut Tx<'_, '_>) -> Result<(), StoreError> {
    let mut query = tx.db.prepare_cached("select person from held where arriving = 1")?;
    let people = query.query_map([], |row| row.get::<_, Owner>(0))?.collect::<Result<Vec<_>, _>>()?;
    for person in people.into_iter().filter_map(|owner| owner.0) {
        complete(tx, person)?;
        tx.topics.insert(Topic::Conflicts);
    }
    Ok(())
}

fn note_last(tx: &mut Tx<'_, '_>, last: &LastFrame) -> Result<(), StoreError> {
    if let Some(devices) = &last.devices {
        tx.db.prepare_cached("delete from device_seen")?.execute([])?;
        let mut insert = tx.db.prepare_cached("insert into device_seen (device, body) values (?1, ?2)")?;
        for seen in devices {
            insert.execute((Id(seen.device.bytes()), serde_json::to_string(seen)?))?;
        }
    }
    match &last.handed_over {
        Some(handed_over) => {
            note_handed_over(tx, handed_over)?;
            let waiting = last.handed_over_waiting.unwrap_or(0);
            if meta::number(tx.db, meta::HANDED_WAITING)? != Some(i64::from(waiting)) {
                meta::put_number(tx.db, meta::HANDED_WAITING, i64::from(waiting))?;
                tx.topics.insert(Topic::Conflicts);
            }
            Ok(())
        }
        None => Ok(()),
    }
}

/// It is the same from one sync to the next, most of the time: then nothing is written, and no screen reads it again.
fn note_handed_over(tx: &mut Tx<'_, '_>, handed_over: &[HandedOver]) -> Result<(), StoreError> {
    let mut new: Vec<(Id, Id, String)> = Vec::new();
    for work in handed_over {
        new.push((
            Id::from(work.id),
            crate::quarantine::from_device(work.device),
            serde_json::to_string(work)?,
        ));
    }
    new.sort();
    let mut query = tx.db.prepare_cached("select id, device, body from handed_over order by id, device")?;
    let old = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let old = old.collect::<Result<Vec<_>, _>>()?;
    if old == new {
        return Ok(());
    }
    tx.db.execute("delete from handed_over", [])?;
    let mut insert =
        tx.db.prepare_cached("insert or replace into handed_over (id, device, body) values (?1, ?2, ?3)")?;
    for row in &new {
        insert.execute((row.0, row.1, &row.2))?;
    }
    tx.topics.insert(Topic::Conflicts);
    Ok(())
}
