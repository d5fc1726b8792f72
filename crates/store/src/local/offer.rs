//! What a restored county is offered: everything that it ever accepted and that is still here, with its own proof.

use super::LocalSide;
use crate::codec::{Id, Owner};
use crate::log::{self, ChangeState};
use crate::proof::{self, Signed};
use crate::tx::Tx;
use crate::{StoreError, Topic, meta};
use crypto::digest::RecordDigest;
use crypto::frame::leaf;
use crypto::signature::Signature;
use domain::codes::CodeList;
use domain::time::HOUR;
use domain::{Change, ChangeId, Millis, RecordId, RecordKind, Stamp};
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, HashMap};
use sync::ports::{OfferItem, OfferPage};
use sync::wire::{Answer, HeldDigest, SealedCopy, UpLine, Verdict, Wanted};

/// The digests of everything that the county accepted once: of those who leave, too, and of what it no longer sent.
pub(super) fn everything(db: &Connection) -> Result<Vec<HeldDigest>, StoreError> {
    let mut query = db.prepare_cached(
        "select person, object, id, stamp from change where state in (1, 7) and object >= 0",
    )?;
    let mut rows = query.query([])?;
    let mut sums: BTreeMap<(Owner, u8), RecordDigest> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let entry = RecordDigest::entry(row.get::<_, Id>(2)?.0, row.get::<_, i64>(3)? as u64);
        *sums.entry((row.get(0)?, row.get(1)?)).or_default() += entry;
    }
    let digest = |((owner, object), sum): ((Owner, u8), RecordDigest)| HeldDigest {
        person: owner.0,
        object,
        digest: sum.to_string(),
    };
    Ok(sums.into_iter().map(digest).collect())
}

/// What is to be offered, earliest stamp first: nothing comes before what it saw. Own changes that carry no proof go
/// the ordinary way.
pub(super) fn items(
    tx: &mut Tx<'_, '_>,
    wanted: &[Wanted],
    epoch: u32,
) -> Result<Vec<OfferItem>, StoreError> {
    let wanted: HashMap<Owner, u32> = wanted.iter().map(|one| (Owner(one.person), one.objects)).collect();
    let mut query = tx.db.prepare_cached(
        "select n, person, object, proof is not null from change where state in (1, 7) order by stamp, n",
    )?;
    let mut rows = query.query([])?;
    let (mut items, mut unproven) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let (n, owner, object): (i64, Owner, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let objects = wanted.get(&owner).copied().unwrap_or(0);
        match row.get(3)? {
            // Kinds of newer versions have no digest here: the county says whether it has them.
            true if object < 0 || objects >> object & 1 == 1 => items.push(OfferItem::Change(n)),
            false if object < 0 || objects >> object & 1 == 1 => unproven.push((n, owner)),
            _ => {}
        }
    }
    for (n, owner) in unproven {
        send_again(tx, n, owner)?;
    }
    let mut copies = tx.db.prepare_cached("select n from copy where epoch <> ?1 order by n")?;
    let copies = copies.query_map([epoch], |row| row.get(0).map(OfferItem::Copy))?;
    items.extend(copies.collect::<Result<Vec<_>, _>>()?);
    Ok(items)
}

/// An own change goes back to the outbox; another author's waits for its history.
fn send_again(tx: &mut Tx<'_, '_>, n: i64, owner: Owner) -> Result<(), StoreError> {
    let body: String = tx.db.query_row("select body from change where n = ?1", [n], |row| row.get(0))?;
    let change: Change = serde_json::from_str(&body)?;
    if change.device != tx.ids.device {
        return Ok(());
    }
    log::set_state(tx.db, n, ChangeState::Local)?;
    tx.refold(owner, change.record, &change.kind);
    match owner.0 {
        Some(person) => tx.recount(person),
        None => Ok(()),
    }
}

/// One offered change as a line.
pub(super) fn line(body: &str, stamp: Stamp, frame: usize, place: i64) -> String {
    format!("{{\"o\":{{\"c\":{body},\"t\":{},\"f\":{frame},\"i\":{place}}}}}", stamp.0)
}

impl LocalSide {
    /// The next page, and what its answers will be about.
    pub(super) fn offer_page(
        &mut self,
        items: &[OfferItem],
        (count, bytes): (usize, usize),
    ) -> Result<OfferPage, StoreError> {
        self.offering.clear();
        let store = self.store.clone();
        store.read(|db| {
            let mut page = Page { count, bytes, ..Page::default() };
            for item in items {
                let fits = match item {
                    OfferItem::Change(n) => page.change(db, *n, &mut self.offering)?,
                    OfferItem::Copy(n) => page.copy(db, *n)?,
                };
                if !fits {
                    break;
                }
                page.out.taken += 1;
            }
            Ok(page.out)
        })
    }
}

#[derive(Default)]
struct Page {
    out: OfferPage,
    count: usize,
    bytes: usize,
    taken: usize,
    /// The proofs in this page, by their number here.
    proofs: HashMap<i64, usize>,
}

impl Page {
    /// Whether so many more lines of so many bytes fit; the first always do.
    fn fits(&mut self, lines: &[String]) -> bool {
        let length: usize = lines.iter().map(String::len).sum();
        let room = self.out.lines.len() + lines.len() <= self.count && self.taken + length <= self.bytes;
        let fits = room || self.out.answers == 0;
        if fits {
            self.taken += length;
            self.out.lines.extend_from_slice(lines);
            self.out.answers += 1;
        }
        fits
    }

    fn change(
        &mut self,
        db: &Connection,
        n: i64,
        offering: &mut HashMap<ChangeId, i64>,
    ) -> Result<bool, StoreError> {
        let mut find = db.prepare_cached(
            "select id, stamp, proof, place, body from change where n = ?1 and proof is not null",
        )?;
        let found = find.query_row([n], |row| {
            let id = ChangeId::from_bytes(row.get::<_, Id>(0)?.0);
            let stamp = Stamp(row.get::<_, i64>(1)? as u64);
            Ok((id, stamp, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?, row.get::<_, String>(4)?))
        });
        // Erased meanwhile.
        let Some((id, stamp, frame, place, body)) = found.optional()? else { return Ok(true) };
        let known = self.proofs.get(&frame).copied();
        let at = known.unwrap_or(self.proofs.len());
        let mut lines = Vec::with_capacity(2);
        if known.is_none() {
            lines.push(serde_json::to_string(&UpLine::Proof(proof::read(db, frame)?))?);
        }
        lines.push(line(&body, stamp, at, place));
        let fits = self.fits(&lines);
        if fits {
            self.proofs.insert(frame, at);
            offering.insert(id, n);
        }
        Ok(fits)
    }

    fn copy(&mut self, db: &Connection, n: i64) -> Result<bool, StoreError> {
        let mut find = db.prepare_cached("select id, sealed from copy where n = ?1")?;
        let found = find.query_row([n], |row| Ok((row.get::<_, Id>(0)?, row.get::<_, Vec<u8>>(1)?)));
        let Some((id, sealed)) = found.optional()? else { return Ok(true) };
        let copy = SealedCopy { id: ChangeId::from_bytes(id.0), sealed };
        Ok(self.fits(&[serde_json::to_string(&UpLine::Copy(copy))?]))
    }
}

/// Takes the answers to a page. A change that the county has already, by another stamp than here, counts by the
/// county's from now on. What it did not take is found by the comparison that follows the offer.
pub(super) fn answered(
    tx: &mut Tx<'_, '_>,
    offering: &HashMap<ChangeId, i64>,
    answers: &[Answer],
    signature: Option<&Signature>,
    epoch: u32,
) -> Result<(), StoreError> {
    let mut signed = Signed::new(tx.db, signature)?;
    for answer in answers {
        match (&answer.verdict, offering.get(&answer.id)) {
            (Verdict::Accepted { seq, stamp }, Some(n)) => {
                judged(tx, *n)?;
                taken(tx, &mut signed, *n, answer.id, (*seq, *stamp))?;
            }
            (Verdict::CountyTooOld | Verdict::Unknown | Verdict::Later, n) => {
                if let Some(n) = n {
                    tx.db.prepare_cached("update change set retry_at = 0 where n = ?1")?.execute([n])?;
                } else {
                    let mut mark = tx.db.prepare_cached("update copy set retry_at = 0 where id = ?1")?;
                    mark.execute([Id::from(answer.id)])?;
                }
                meta::put_number(tx.db, meta::PUT_OFF, i64::from(epoch))?;
            }
            // A copy that nobody can open would be offered for ever.
            (Verdict::Taken | Verdict::Refused(_), None) => {
                let mut mark =
                    tx.db.prepare_cached("update copy set epoch = ?2, retry_at = null where id = ?1")?;
                mark.execute((Id::from(answer.id), epoch))?;
            }
            (_, Some(n)) => judged(tx, *n)?,
            _ => {}
        }
    }
    signed.keep(tx.db)?;
    tx.topics.insert(Topic::Sync);
    Ok(())
}

/// What was put off once and is judged now is not offered again.
fn judged(tx: &Tx<'_, '_>, n: i64) -> Result<(), StoreError> {
    let sql = "update change set retry_at = null where n = ?1 and retry_at is not null";
    tx.db.prepare_cached(sql)?.execute([n])?;
    Ok(())
}

fn taken(
    tx: &mut Tx<'_, '_>,
    signed: &mut Signed<'_>,
    n: i64,
    id: ChangeId,
    (seq, stamp): (u64, Stamp),
) -> Result<(), StoreError> {
    let mut find = tx
        .db
        .prepare_cached("select person, record, kind, object, stamp, state, body from change where n = ?1")?;
    let found = find.query_row([n], |row| {
        let record = RecordId::from_bytes(row.get::<_, Id>(1)?.0);
        let kind = RecordKind::from_code(row.get_ref(2)?.as_str()?);
        let was = Stamp(row.get::<_, i64>(4)? as u64);
        let state: i64 = row.get(5)?;
        Ok((
            row.get::<_, Owner>(0)?,
            record,
            kind,
            row.get::<_, i64>(3)?,
            was,
            state,
            row.get::<_, String>(6)?,
        ))
    });
    let Some((owner, record, kind, object, was, state, body)) = found.optional()? else { return Ok(()) };
    let place = signed.add(leaf(id.bytes(), stamp.0, &body));
    let counted = ChangeState::from_number(state)? == ChangeState::Accepted;
    if counted && was == stamp {
        return Ok(());
    }
    signed.is_used();
    log::accept(tx.db, n, stamp, Some(seq), place)?;
    tx.count(owner, object, id, counted.then_some(was), stamp)?;
    tx.clock.observe(stamp);
    tx.refold(owner, record, &kind);
    Ok(())
}

/// What the county put off in this epoch and is due now, earliest stamp first; none of it within the hour again, unless
/// the county says so.
pub(super) fn put_off(
    tx: &mut Tx<'_, '_>,
    epoch: u32,
    now: Millis,
) -> Result<Option<(u32, Vec<OfferItem>)>, StoreError> {
    let mut changes = tx.db.prepare_cached(
        "select n from change where state in (1, 7) and proof is not null and retry_at <= ?1 order by stamp, n",
    )?;
    let mut copies =
        tx.db.prepare_cached("select n from copy where epoch <> ?2 and retry_at <= ?1 order by n")?;
    let changes = changes.query_map([now.0], |row| row.get(0).map(OfferItem::Change))?;
    let mut due = changes.collect::<Result<Vec<_>, _>>()?;
    let copies = copies.query_map((now.0, epoch), |row| row.get(0).map(OfferItem::Copy))?;
    due.extend(copies.collect::<Result<Vec<_>, _>>()?);
    let next = now.plus(HOUR).0;
    for item in &due {
        let (sql, n) = match item {
            OfferItem::Change(n) => ("update change set retry_at = ?2 where n = ?1", n),
            OfferItem::Copy(n) => ("update copy set retry_at = ?2 where n = ?1", n),
        };
        tx.db.prepare_cached(sql)?.execute((n, next))?;
    }
    if !due.is_empty() {
        return Ok(Some((epoch, due)));
    }
    let waits = "select exists (select 1 from change
                     where state in (1, 7) and proof is not null and retry_at is not null)
                   or exists (select 1 from copy where retry_at is not null)";
    if !tx.db.query_row(waits, [], |row| row.get::<_, bool>(0))? {
        meta::remove(tx.db, meta::PUT_OFF)?;
    }
    Ok(None)
}

/// What was handed over is refused work again, or work that waits: a county that was restored may have forgotten it.
/// What its author handed over goes by itself; the county keeps it once.
fn file_again(tx: &mut Tx<'_, '_>) -> Result<(), StoreError> {
    let mut update = tx.db.prepare_cached(
        "update change set state = iif(code is null, 2, 3) where state <> 1 and state = 6
         returning person, record, kind",
    )?;
    let again = update.query_map([], |row| {
        let record = RecordId::from_bytes(row.get::<_, Id>(1)?.0);
        Ok((row.get::<_, Owner>(0)?, record, RecordKind::from_code(row.get_ref(2)?.as_str()?)))
    })?;
    for (owner, record, kind) in again.collect::<Result<Vec<_>, _>>()? {
        tx.refold(owner, record, &kind);
        tx.topics.insert(Topic::Conflicts);
    }
    Ok(())
}

/// Everything was offered: what waited for something that the county had not yet is sent again.
pub(super) fn whole(tx: &mut Tx<'_, '_>, epoch: u32) -> Result<(), StoreError> {
    file_again(tx)?;
    tx.db.execute("update change set state = 0 where state = 2 and filed_at is null", [])?;
    proof::sweep(tx.db)?;
    meta::put_number(tx.db, meta::OFFERED, i64::from(epoch))
}
