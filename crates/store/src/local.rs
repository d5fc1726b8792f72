//! The device's side of a sync: what the engine asks of the store, each method one transaction.

use crate::codec::{Id, Owner};
use crate::store::Store;
use crate::{StoreError, Topic, meta, tx};
use crypto::signature::Signature;
use domain::{ChangeId, Millis, PersonId};
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use sync::ports::{Frame, Greeting, Local, OfferItem, OfferPage, Outbox};
use sync::wire::{Answer, HeldDigest, Leave, Verdict, Wanted, kinds_known};

mod answers;
mod copies;
mod erase;
mod frame;
mod offer;
mod outbox;

/// A store as the sync engine sees it, for one sync and what follows it at once.
#[derive(Clone, Debug)]
pub struct LocalSide {
    store: Store,
    /// The changes of the page of an offer that is under way.
    offering: HashMap<ChangeId, i64>,
    /// What the county has put off: it goes with the next sync, and nothing stands behind it until then.
    put_off: HashSet<Id>,
}

impl Store {
    /// The side of this store that a sync works on.
    pub fn local_side(&self) -> LocalSide {
        LocalSide { store: self.clone(), offering: HashMap::new(), put_off: HashSet::new() }
    }
}

impl Local for LocalSide {
    type Error = StoreError;

    fn greeting(&mut self) -> Result<Greeting, StoreError> {
        let (greeting, unsaid) = self.store.read(greeting)?;
        if unsaid {
            self.store.transaction(|tx| {
                tx.db.execute("update forgot set said = 1 where said = 0", [])?;
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(greeting)
    }

    fn outbox(&mut self, count: usize, bytes: usize, now: Millis) -> Result<Outbox, StoreError> {
        self.store.name_leaving_drafts(now)?;
        self.store.read_where_written(|db| outbox::lines(db, &self.put_off, None, (count, bytes), now))
    }

    fn outbox_after(
        &mut self,
        after: u64,
        count: usize,
        bytes: usize,
        now: Millis,
    ) -> Result<Outbox, StoreError> {
        self.store.read_where_written(|db| outbox::lines(db, &self.put_off, Some(after), (count, bytes), now))
    }

    fn answers(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.begins(answers, proof, &[], now)
    }

    fn frame(&mut self, frame: &Frame, now: Millis) -> Result<(), StoreError> {
        self.frames(std::slice::from_ref(frame), now)
    }

    fn frames(&mut self, frames: &[Frame], _now: Millis) -> Result<(), StoreError> {
        self.store.transaction(|tx| frames.iter().try_for_each(|frame| frame::apply(tx, frame)))
    }

    fn begins(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        frames: &[Frame],
        now: Millis,
    ) -> Result<(), StoreError> {
        self.store.transaction(|tx| {
            answers::take(tx, answers, proof, now)?;
            frames.iter().try_for_each(|frame| frame::apply(tx, frame))
        })?;
        // What the county puts off is not sent again in this sync.
        let later = answers.iter().filter(|answer| answer.verdict == Verdict::Later);
        self.put_off.extend(later.map(|answer| Id::from(answer.id)));
        Ok(())
    }

    fn erase_left(&mut self) -> Result<usize, StoreError> {
        self.store.erase_left()
    }

    fn digest(&mut self) -> Result<String, StoreError> {
        self.store.read(|db| Ok(tx::total(db)?.to_string()))
    }

    fn digests(&mut self) -> Result<Vec<HeldDigest>, StoreError> {
        self.store.read(digests)
    }

    fn everything(&mut self) -> Result<Vec<HeldDigest>, StoreError> {
        self.store.read(offer::everything)
    }

    fn to_offer(&mut self, wanted: &[Wanted], epoch: u32) -> Result<Vec<OfferItem>, StoreError> {
        self.store.transaction(|tx| offer::items(tx, wanted, epoch))
    }

    fn offer(&mut self, items: &[OfferItem], count: usize, bytes: usize) -> Result<OfferPage, StoreError> {
        self.offer_page(items, (count, bytes))
    }

    fn offered(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        epoch: u32,
    ) -> Result<(), StoreError> {
        let offering = std::mem::take(&mut self.offering);
        self.store.transaction(|tx| offer::answered(tx, &offering, answers, proof, epoch))
    }

    fn offer_later(&mut self, now: Millis) -> Result<Option<(u32, Vec<OfferItem>)>, StoreError> {
        match self.store.read(|db| meta::number(db, meta::PUT_OFF))? {
            Some(epoch) => self.store.transaction(|tx| offer::put_off(tx, epoch as u32, now)),
            None => Ok(None),
        }
    }

    fn offer_whole(&mut self, epoch: u32) -> Result<(), StoreError> {
        self.store.transaction(|tx| offer::whole(tx, epoch))
    }

    fn verified(&mut self, agrees: bool, county_now: Millis, clock_offset: i64) -> Result<(), StoreError> {
        self.store.transaction(|tx| {
            meta::put_number(tx.db, meta::AGREES, i64::from(agrees))?;
            meta::put_number(tx.db, meta::CHECKED_AT, county_now.0)?;
            meta::put_number(tx.db, meta::CLOCK_OFFSET, clock_offset)?;
            if agrees {
                meta::put_number(tx.db, meta::AGREED_AT, county_now.0)?;
                frame::all_arrived(tx)?;
            }
            copies::age(tx.db, county_now)?;
            tx.topics.insert(Topic::Sync);
            Ok(())
        })
    }
}

/// The greeting, and whether it says anything for the first time.
fn greeting(db: &Connection) -> Result<(Greeting, bool), StoreError> {
    let mut query = db.prepare_cached("select person, objects, said from forgot order by person")?;
    let mut rows = query.query([])?;
    let (mut forgot, mut unsaid) = (Vec::new(), false);
    while let Some(row) = rows.next()? {
        forgot.push(Leave { person: person(row.get(0)?)?, objects: row.get(1)? });
        unsaid |= !row.get::<_, bool>(2)?;
    }
    let offered = meta::number(db, meta::OFFERED)?.map(|epoch| epoch as u32);
    Ok((Greeting { token: meta::text(db, meta::TOKEN)?, forgot, offered, kinds: kinds_known() }, unsaid))
}

fn digests(db: &Connection) -> Result<Vec<HeldDigest>, StoreError> {
    let mut query = db.prepare_cached("select person, object, sum from digest order by person, object")?;
    let rows = query.query_map([], |row| {
        let sum = crypto::digest::RecordDigest::from_bytes(row.get::<_, crate::codec::Id>(2)?.0);
        Ok(HeldDigest { person: row.get::<_, Owner>(0)?.0, object: row.get(1)?, digest: sum.to_string() })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A row that always has a person.
fn person(owner: Owner) -> Result<PersonId, StoreError> {
    owner.0.ok_or(StoreError::Damaged)
}
