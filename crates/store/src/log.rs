//! The log of changes: every statement, with what became of it.

use crate::StoreError;
use crate::codec::{Id, Owner};
use crate::proof::Place;
use domain::codes::CodeList;
use domain::policy::Object;
use domain::validate::Refusal;
use domain::{Change, Folded, Op, PersonId, RecordId, RecordKind, Stamp};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};
use sync::ports::Delivered;

/// What became of a change. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i64)]
pub enum ChangeState {
    /// On this device only; waits to be sent.
    Local = 0,
    /// With the county.
    Accepted = 1,
    /// Sent, and waits at this device for the `create` of its record.
    Held = 2,
    /// Refused by the county; quarantined here until it is corrected or handed over.
    Refused = 3,
    /// The county does not know its kind yet; offered again after a while.
    CountyTooOld = 4,
    /// Refused, and corrected by a later change.
    Replaced = 5,
    /// Refused, and in the county's quarantine.
    HandedOver = 6,
    /// Somebody else's, and the county no longer sends it. Kept, and counts for nothing until it comes again.
    Unconfirmed = 7,
}

impl ChangeState {
    /// Whether the county does not have it yet.
    pub fn is_unsent(self) -> bool {
        matches!(self, Self::Local | Self::Held | Self::Refused | Self::CountyTooOld)
    }

    pub(crate) fn from_number(number: i64) -> Result<Self, StoreError> {
        Ok(match number {
            0 => Self::Local,
            1 => Self::Accepted,
            2 => Self::Held,
            3 => Self::Refused,
            4 => Self::CountyTooOld,
            5 => Self::Replaced,
            6 => Self::HandedOver,
            7 => Self::Unconfirmed,
            _ => return Err(StoreError::Damaged),
        })
    }
}

/// One change as the log holds it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The change.
    pub change: Change,
    /// The stamp that counts: its own until the county gave it one.
    pub stamp: Stamp,
    /// What became of it.
    pub state: ChangeState,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
}

/// A row to be inserted.
pub(crate) struct NewChange<'a> {
    pub change: &'a Change,
    pub object: i64,
    pub body: &'a str,
    pub state: ChangeState,
    pub stamp: Stamp,
    /// Where the county's word for it is.
    pub proof: Option<Place>,
}

/// The number of the policy object that records of this kind belong to; -1 for a kind of a newer version.
pub(crate) fn object_of(kind: &RecordKind) -> i64 {
    Object::of(kind).map_or(-1, |object| object as i64)
}

/// The same of a change that the county delivered: of a kind that this version does not know, the county may say it.
pub(crate) fn object_delivered(one: &Delivered) -> i64 {
    let said = one.object.filter(|object| *object < 32);
    match object_of(&one.change.kind) {
        -1 => said.map_or(-1, i64::from),
        known => known,
    }
}

/// What [`insert`] takes: a transaction that inserts thousands looks it up once.
pub(crate) fn inserting(db: &Connection) -> Result<CachedStatement<'_>, StoreError> {
    Ok(db.prepare_cached(
        "insert into change (id, record, person, kind, object, state, stamp, proof, place, body)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?)
}

pub(crate) fn insert(insert: &mut CachedStatement<'_>, new: &NewChange<'_>) -> Result<(), StoreError> {
    let change = new.change;
    insert.execute((
        Id::from(change.id),
        Id::from(change.record),
        Owner(change.person),
        change.kind.code(),
        new.object,
        new.state as i64,
        new.stamp.0 as i64,
        new.proof.map(|proof| proof.frame),
        new.proof.map(|proof| proof.at),
        new.body,
    ))?;
    Ok(())
}

/// Where a change is and what the county said of it, if it is here.
pub(crate) fn find(
    db: &Connection,
    change: &Change,
) -> Result<Option<(i64, ChangeState, Stamp)>, StoreError> {
    let mut find = db
        .prepare_cached("select n, state, stamp from change where person = ?1 and record = ?2 and id = ?3")?;
    let key = (Owner(change.person), Id::from(change.record), Id::from(change.id));
    let found =
        find.query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))).optional()?;
    found.map(|(n, state, stamp)| Ok((n, ChangeState::from_number(state)?, Stamp(stamp as u64)))).transpose()
}

pub(crate) fn accept(
    db: &Connection,
    n: i64,
    stamp: Stamp,
    seq: Option<u64>,
    proof: Option<Place>,
) -> Result<(), StoreError> {
    let mut update = db.prepare_cached(
        "update change set state = 1, stamp = ?2, seq = coalesce(?3, seq), code = null, field = null,
           retry_at = null, proof = ?4, place = ?5 where n = ?1",
    )?;
    let (frame, at) = (proof.map(|proof| proof.frame), proof.map(|proof| proof.at));
    update.execute((n, stamp.0 as i64, seq.map(|seq| seq as i64), frame, at))?;
    Ok(())
}

pub(crate) fn set_state(db: &Connection, n: i64, state: ChangeState) -> Result<(), StoreError> {
    let mut update = db.prepare_cached("update change set state = ?2, retry_at = null where n = ?1")?;
    update.execute((n, state as i64))?;
    Ok(())
}

/// Why something waits that was not refused, as the county's quarantine is told.
pub(crate) fn waiting_code(state: ChangeState) -> Option<&'static str> {
    match state {
        ChangeState::Held => Some("held"),
        ChangeState::CountyTooOld => Some("county_too_old"),
        _ => None,
    }
}

pub(crate) fn entry(row: &Row<'_>) -> Result<Entry, StoreError> {
    let change = serde_json::from_str(row.get_ref(0)?.as_str().map_err(|_| StoreError::Damaged)?)?;
    let code: Option<String> = row.get(3)?;
    let field: Option<String> = row.get(4)?;
    Ok(Entry {
        change,
        stamp: Stamp(row.get::<_, i64>(1)? as u64),
        state: ChangeState::from_number(row.get(2)?)?,
        refusal: code.map(|code| Refusal { code, field: field.unwrap_or_default() }),
    })
}

/// All changes of one record, by no order that means anything.
pub(crate) fn of_record(db: &Connection, owner: Owner, record: RecordId) -> Result<Vec<Entry>, StoreError> {
    let mut query = db.prepare_cached(
        "select body, stamp, state, code, field from change where person = ?1 and record = ?2",
    )?;
    let mut rows = query.query((owner, Id::from(record)))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

/// All changes about one person, record by record.
pub(crate) fn of_person(db: &Connection, person: PersonId) -> Result<Vec<Entry>, StoreError> {
    let mut query = db.prepare_cached(
        "select body, stamp, state, code, field from change where person = ?1 order by record",
    )?;
    let mut rows = query.query([Owner(Some(person))])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

/// Folds what counts. A refused change counts only where the record would not exist without it, so that what somebody
/// recorded stays visible until it is corrected, and also after it was handed over.
pub(crate) fn folded(entries: &[Entry]) -> Folded {
    let stays = |state| matches!(state, ChangeState::Refused | ChangeState::HandedOver);
    let stands = stands(entries);
    let shown = entries.iter().filter(|entry| counts(entry) || (!stands && stays(entry.state)));
    domain::fold(shown.map(|entry| (&entry.change, entry.stamp)))
}

/// Whether a record exists by what counts. In one that is only shown, nobody can choose between claims.
pub(crate) fn stands(entries: &[Entry]) -> bool {
    entries.iter().filter(|entry| counts(entry)).any(|entry| entry.change.op == Op::Create)
}

fn counts(entry: &Entry) -> bool {
    use ChangeState::{Accepted, CountyTooOld, Held, Local};
    matches!(entry.state, Local | Accepted | Held | CountyTooOld)
}

/// Whose a record is: looked for at each of the people held, who are all of whom anything is here, one after the other.
/// That takes some milliseconds where there are ten thousand: whoever knows the person asks for both.
pub(crate) fn owner_of(db: &Connection, record: RecordId) -> Result<Option<Owner>, StoreError> {
    let mut find = db.prepare_cached(
        "select r.person from (select x'' as person union all select person from held) h
         cross join record r on r.person = h.person and r.id = ?1 limit 1",
    )?;
    Ok(find.query_row([Id::from(record)], |row| row.get(0)).optional()?)
}

/// Whether anything of a record is here.
pub(crate) fn is_known(db: &Connection, owner: Owner, record: RecordId) -> Result<bool, StoreError> {
    let mut find = db.prepare_cached("select exists (select 1 from record where person = ?1 and id = ?2)")?;
    Ok(find.query_row((owner, Id::from(record)), |row| row.get(0))?)
}
