//! What an older version of the app stored of kinds that it did not know, looked at again by one that knows them.

use crate::codec::{Id, Owner};
use crate::store::Store;
use crate::tx::Tx;
use crate::{StoreError, log, meta, notes};
use domain::codes::CodeList;
use domain::{ChangeId, PersonId, RecordId, RecordKind, Stamp};
use std::collections::BTreeSet;

/// Makes follow what should have followed from changes of kinds that the version which opened this vault last did not
/// know. Once for each update: what this version knows is noted.
pub(crate) fn look_again(store: &Store) -> Result<(), StoreError> {
    let known = RecordKind::CODES.join(" ");
    let before = store.read(|db| meta::text(db, meta::KINDS))?;
    if before.as_deref() == Some(known.as_str()) {
        return Ok(());
    }
    store.transaction(|tx| {
        // In a new vault there is nothing to look at.
        let before: BTreeSet<&str> = before.as_deref().unwrap_or(&known).split(' ').collect();
        for code in RecordKind::CODES.iter().filter(|code| !before.contains(*code)) {
            refold(tx, &RecordKind::from_code(code))?;
        }
        meta::put(tx.db, meta::KINDS, known.as_bytes())
    })
}

fn refold(tx: &mut Tx<'_, '_>, kind: &RecordKind) -> Result<(), StoreError> {
    let object = log::object_of(kind);
    let mut find = tx
        .db
        .prepare_cached("select id, person, record, state, stamp, object from change where kind = ?1")?;
    let rows = find.query_map([kind.code()], |row| {
        let record = RecordId::from_bytes(row.get::<_, Id>(2)?.0);
        let (accepted, counted) = (row.get::<_, i64>(3)? == 1, row.get::<_, i64>(5)? >= 0);
        Ok((
            row.get::<_, Id>(0)?,
            row.get::<_, Owner>(1)?,
            record,
            accepted,
            Stamp(row.get::<_, i64>(4)? as u64),
            counted,
        ))
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    // Where the county said to which object they belong, they have counted all along.
    tx.db
        .prepare_cached("update change set object = ?2 where kind = ?1 and object < 0")?
        .execute((kind.code(), object))?;
    let mut people: BTreeSet<PersonId> = BTreeSet::new();
    for (id, owner, record, accepted, stamp, counted) in rows {
        tx.refold(owner, record, kind);
        match owner.0 {
            Some(person) if accepted => {
                tx.told_of(person, object)?;
                people.insert(person);
            }
            None if accepted && !counted => {
                tx.count(owner, object, ChangeId::from_bytes(id.0), None, stamp)?;
            }
            _ => {}
        }
    }
    for person in people {
        tx.recount(person)?;
    }
    notes::index_kind(tx.db, kind)
}
