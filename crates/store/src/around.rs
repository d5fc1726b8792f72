//! What a list says about a person beyond their row: where to go first, which number to call, who goes along.

use crate::codec::{Id, Owner};
use crate::store::Store;
use crate::summary::records_of;
use crate::{StoreError, meta};
use domain::records::{Person, Phone, Place};
use domain::{Millis, PersonId, RecordId, RecordKind, UserId};
use std::cmp::Reverse;

/// A clock this far behind what it has shown was set back; less may be the county's stamps.
const SET_BACK: i64 = 2 * 60 * 1_000;

/// Who somebody is, and where to begin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirstContacts {
    /// Their own record.
    pub identity: Person,
    /// The place to go to first: a usable one, last seen there latest.
    pub place: Option<(RecordId, Place)>,
    /// The number to call first.
    pub phone: Option<(RecordId, Phone)>,
}

impl Store {
    /// Who somebody is, and where to begin.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_contacts(&self, person: PersonId) -> Result<FirstContacts, StoreError> {
        let rows = self.read(|db| records_of(db, Owner(Some(person))))?;
        let (mut places, mut phones, mut identity) = (Vec::new(), Vec::new(), Person::default());
        for row in rows {
            match row.kind {
                RecordKind::Person => identity = row.facts(),
                RecordKind::Place => places.push((row.id, row.facts::<Place>())),
                RecordKind::Phone => phones.push((row.id, row.facts::<Phone>())),
                _ => {}
            }
        }
        let best_place = |(id, place): &(RecordId, Place)| {
            let scene = place.kind == Some(domain::codes::PlaceKind::Scene);
            (place.usable == Some(false), Reverse(place.last_seen), scene, *id)
        };
        let best_phone =
            |(id, phone): &(RecordId, Phone)| (phone.usable == Some(false), Reverse(phone.last_seen), *id);
        Ok(FirstContacts {
            identity,
            place: places.into_iter().min_by_key(best_place),
            phone: phones.into_iter().min_by_key(best_phone),
        })
    }

    /// Who goes along with whom, and for how many people.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pairs(&self) -> Result<Vec<(UserId, UserId, u32)>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached(
                "select lead, partner, count(*) from person_list
                 where lead is not null and partner is not null group by lead, partner order by lead, partner",
            )?;
            let user = |id: Id| UserId::from_bytes(id.0);
            let rows = query.query_map([], |row| Ok((user(row.get(0)?), user(row.get(1)?), row.get(2)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The device's clock minus the county's, in milliseconds, as the last sync found it: the same for as long as
    /// nobody sets the clock. A clock that stands before a moment which it has shown already was set back; until the
    /// next sync it is taken to be right.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clock_offset(&self, now: Millis) -> Result<i64, StoreError> {
        self.read(|db| {
            let offset = meta::number(db, meta::CLOCK_OFFSET)?.unwrap_or(0);
            let shown = meta::number(db, meta::CHECKED_AT)?.unwrap_or(0) + offset;
            // The stamps of a clock that ran ahead are its own; else they may be the county's.
            let stamped = if offset > 0 { meta::stamp(db, meta::CLOCK)?.moment().0 } else { 0 };
            let set_back = now.0 < shown.max(stamped) - SET_BACK;
            Ok(if set_back { 0 } else { offset })
        })
    }

    /// How many people have fields that need a look.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn person_conflicts(&self) -> Result<u32, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached("select count(*) from person_list where conflicts > 0")?;
            Ok(query.query_row([], |row| row.get(0))?)
        })
    }
}
