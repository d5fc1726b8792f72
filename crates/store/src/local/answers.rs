//! What the county answered to what was pushed.

use super::copies::Copy;
use crate::codec::{Id, Owner};
use crate::log::{self, ChangeState};
use crate::proof::{Place, Signed};
use crate::tx::Tx;
use crate::{StoreError, Topic, meta};
use crypto::frame::leaf;
use crypto::signature::Signature;
use domain::codes::CodeList;
use domain::time::HOUR;
use domain::validate::Refusal;
use domain::{ChangeId, Millis, PersonId, RecordId, RecordKind, Stamp};
use rusqlite::Row;
use std::collections::{HashMap, HashSet};
use sync::wire::{Answer, Verdict};

/// A change that the county had not accepted before.
struct Pushed {
    n: i64,
    owner: Owner,
    record: RecordId,
    kind: RecordKind,
    object: i64,
    stamp: Stamp,
    state: ChangeState,
    body: String,
}

pub(super) fn take(
    tx: &mut Tx<'_, '_>,
    answers: &[Answer],
    signature: Option<&Signature>,
    now: Millis,
) -> Result<(), StoreError> {
    if answers.is_empty() {
        return Ok(());
    }
    let mut signed = Signed::new(tx.db, signature)?;
    let mut copy = Copy::default();
    let mut sent = sent(tx, answers)?;
    let (mut some_held, mut ahead) = (some_held(tx)?, false);
    for answer in answers {
        let id = Id::from(answer.id);
        let Some(pushed) = sent.get_mut(&id) else {
            no_change(tx, answer, now)?;
            continue;
        };
        match &answer.verdict {
            Verdict::Accepted { seq, stamp } => {
                ahead |= *stamp < pushed.stamp;
                let place = accepted(tx, &mut signed, pushed, answer.id, (*seq, *stamp))?;
                if let Some(place) = place {
                    copy.add(place, *stamp, &pushed.body);
                }
                if some_held {
                    release(tx, pushed.owner, pushed.record, &pushed.kind)?;
                }
            }
            Verdict::Refused(refusal) => {
                refused(tx, pushed, refusal)?;
                pushed.state = ChangeState::Refused;
            }
            Verdict::Held => {
                // Its `create` may come later in the same page: a correction of one that was refused.
                some_held = true;
                log::set_state(tx.db, pushed.n, ChangeState::Held)?;
            }
            Verdict::HandedOver => handed_over(tx, pushed, answer.id, now)?,
            // No change is settled, and none is a copy. Work that the county has no room for goes with the next sync.
            Verdict::Settled | Verdict::Taken | Verdict::Later => {}
            Verdict::CountyTooOld | Verdict::Unknown => {
                let mut wait =
                    tx.db.prepare_cached("update change set state = 4, retry_at = ?2 where n = ?1")?;
                wait.execute((pushed.n, now.plus(HOUR).0))?;
            }
        }
        if let Some(person) = pushed.owner.0 {
            tx.recount_unsent(person);
        }
        // Work that was due again when its person left goes both ways in one page, and is answered twice. What is in
        // the county's log is not counted once more, whatever else is said of it.
        if matches!(answer.verdict, Verdict::Accepted { .. }) {
            sent.remove(&id);
        }
    }
    copy.keep(tx, &signed, now)?;
    signed.keep(tx.db)?;
    tx.topics.insert(Topic::Sync);
    if ahead { set_clock_back(tx) } else { Ok(()) }
}

/// The changes that these answers are about. What was sent lies together, where what is open begins: it is walked
/// through once, as far as needed, and not looked up one by one.
fn sent(tx: &Tx<'_, '_>, answers: &[Answer]) -> Result<HashMap<Id, Pushed>, StoreError> {
    let mut wanted: HashSet<Id> = answers.iter().map(|answer| Id::from(answer.id)).collect();
    let mut open = tx.db.prepare_cached(
        "select id, n, person, record, kind, object, stamp, state, body from change indexed by change_open
         where state <> 1 and state < 5",
    )?;
    let mut rows = open.query([])?;
    let mut found = HashMap::with_capacity(wanted.len());
    while !wanted.is_empty()
        && let Some(row) = rows.next()?
    {
        let id: Id = row.get(0)?;
        if wanted.remove(&id) {
            found.insert(id, pushed(row)?);
        }
    }
    Ok(found)
}

fn pushed(row: &Row<'_>) -> Result<Pushed, StoreError> {
    Ok(Pushed {
        n: row.get(1)?,
        owner: row.get(2)?,
        record: RecordId::from_bytes(row.get::<_, Id>(3)?.0),
        kind: RecordKind::from_code(row.get_ref(4)?.as_str().map_err(|_| StoreError::Damaged)?),
        object: row.get(5)?,
        stamp: Stamp(row.get::<_, i64>(6)? as u64),
        state: ChangeState::from_number(row.get(7)?)?,
        body: row.get(8)?,
    })
}

/// Whether anything waits for the `create` of its record.
pub(super) fn some_held(tx: &Tx<'_, '_>) -> Result<bool, StoreError> {
    let mut find = tx.db.prepare_cached(
        "select exists (select 1 from change indexed by change_open
           where state <> 1 and state < 5 and state = 2)",
    )?;
    Ok(find.query_row([], |row| row.get(0))?)
}

/// Notes that the county has it; gives the place of its proof.
fn accepted(
    tx: &mut Tx<'_, '_>,
    signed: &mut Signed<'_>,
    pushed: &Pushed,
    id: ChangeId,
    (seq, stamp): (u64, Stamp),
) -> Result<Option<Place>, StoreError> {
    let proof = signed.add(leaf(id.bytes(), stamp.0, &pushed.body));
    signed.is_used();
    log::accept(tx.db, pushed.n, stamp, Some(seq), proof)?;
    if let Some(person) = pushed.owner.0 {
        tx.leaves_beyond(person, pushed.object)?;
    }
    tx.count(pushed.owner, pushed.object, id, None, stamp)?;
    tx.clock.observe(stamp);
    if stamp != pushed.stamp || pushed.state == ChangeState::Refused {
        tx.refold(pushed.owner, pushed.record, &pushed.kind);
    }
    Ok(proof)
}

fn refused(tx: &mut Tx<'_, '_>, pushed: &Pushed, refusal: &Refusal) -> Result<(), StoreError> {
    let mut update = tx
        .db
        .prepare_cached("update change set state = 3, code = ?2, field = ?3, retry_at = null where n = ?1")?;
    update.execute((pushed.n, &refusal.code, &refusal.field))?;
    tx.refold(pushed.owner, pushed.record, &pushed.kind);
    Ok(())
}

/// An answer about a draft that was handed over, or about work that was taken care of.
fn no_change(tx: &mut Tx<'_, '_>, answer: &Answer, now: Millis) -> Result<(), StoreError> {
    let id = Id::from(answer.id);
    // Refused: this user takes care of nothing any more, and will not be shown it again.
    if matches!(answer.verdict, Verdict::Settled | Verdict::Refused(_))
        && tx.db.prepare_cached("delete from settling where id = ?1")?.execute([id])? > 0
    {
        tx.topics.insert(Topic::Conflicts);
    }
    if answer.verdict == Verdict::HandedOver {
        let mut drop = tx.db.prepare_cached("delete from draft where handover = ?1 returning key")?;
        let keys = drop.query_map([id], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        if let Some(key) = keys.first() {
            rehomed(tx, answer.id, true, &draft_kind(key), now)?;
            tx.topics.insert(Topic::Drafts);
        }
    }
    Ok(())
}

/// What a draft is of, without whom it is about: `visit:<person>` is a visit, `add:<person>:phone` a phone.
fn draft_kind(key: &str) -> String {
    match key.split(':').collect::<Vec<_>>()[..] {
        ["add", _, kind] => kind.to_owned(),
        [kind, ..] => kind.to_owned(),
        [] => String::new(),
    }
}

/// The county has it. Its author is told, unless they handed it over themself.
fn handed_over(tx: &mut Tx<'_, '_>, pushed: &Pushed, id: ChangeId, now: Millis) -> Result<(), StoreError> {
    let mut find = tx.db.prepare_cached("select filed_at is not null from change where n = ?1")?;
    if !find.query_row([pushed.n], |row| row.get::<_, bool>(0))? {
        rehomed(tx, id, false, pushed.kind.code(), now)?;
    }
    log::set_state(tx.db, pushed.n, ChangeState::HandedOver)?;
    tx.refold(pushed.owner, pushed.record, &pushed.kind);
    tx.topics.insert(Topic::Conflicts);
    Ok(())
}

fn rehomed(
    tx: &mut Tx<'_, '_>,
    id: ChangeId,
    draft: bool,
    kind: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let mut note = tx
        .db
        .prepare_cached("insert or ignore into rehomed (id, draft, kind, at) values (?1, ?2, ?3, ?4)")?;
    note.execute((Id::from(id), draft, kind, now.0))?;
    tx.topics.insert(Topic::Conflicts);
    Ok(())
}

/// An accepted change means that its record exists: what waited for that goes back to the outbox. A person who is
/// accepted lets go of everything about them, because the county holds whatever is about somebody it does not know.
pub(super) fn release(
    tx: &Tx<'_, '_>,
    owner: Owner,
    record: RecordId,
    kind: &RecordKind,
) -> Result<(), StoreError> {
    let mut update = tx.db.prepare_cached(
        "update change set state = 0, filed_at = null where person = ?1 and (?3 or record = ?2) and state = 2",
    )?;
    update.execute((owner, Id::from(record), *kind == RecordKind::Person))?;
    Ok(())
}

/// A clock that ran ahead goes on from the county's stamps, but never before what is still unsent.
fn set_clock_back(tx: &mut Tx<'_, '_>) -> Result<(), StoreError> {
    let mut latest = tx.db.prepare_cached(
        "select max(stamp) from change indexed by change_open where state <> 1 and state < 5 and state <> 3",
    )?;
    let unsent: Option<i64> = latest.query_row([], |row| row.get(0))?;
    let county = meta::stamp(tx.db, meta::COUNTY_STAMP)?.max(tx.newest());
    tx.clock.set_back_to(county.max(Stamp(unsent.unwrap_or(0) as u64)));
    Ok(())
}

/// What a repeated history did not bring, the county does not have: own work goes back to the outbox, and the work of
/// others is kept but counts for nothing.
pub(super) fn offer_again(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<(), StoreError> {
    let mut missing = tx.db.prepare_cached("delete from recheck where person = ?1 returning id")?;
    let ids = missing.query_map([Owner(Some(person))], |row| row.get::<_, Id>(0))?;
    let ids: Vec<Id> = ids.collect::<Result<_, _>>()?;
    if ids.is_empty() {
        return Ok(());
    }
    for id in ids {
        let mut find = tx.db.prepare_cached("select n, body from change where person = ?1 and id = ?2")?;
        let found =
            find.query_row((Owner(Some(person)), id), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        let Some((n, body)) = rusqlite::OptionalExtension::optional(found)? else { continue };
        let change: domain::Change = serde_json::from_str(&body)?;
        let own = change.device == tx.ids.device;
        if own {
            log::set_state(tx.db, n, ChangeState::Local)?;
        } else {
            // With its time, where the county was too old to take it when it was offered.
            tx.db.prepare_cached("update change set state = 7 where n = ?1")?.execute([n])?;
        }
        tx.refold(Owner(Some(person)), change.record, &change.kind);
    }
    tx.recount(person)
}
