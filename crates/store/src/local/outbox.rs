//! What waits to be sent.

use super::person;
use crate::StoreError;
use crate::codec::{Id, Owner};
use crate::log::{ChangeState, waiting_code};
use crate::store::Store;
use domain::{ChangeId, DeviceId, Millis, PersonId};
use rusqlite::Connection;
use serde_json::value::RawValue;
use std::collections::HashSet;
use sync::ports::Outbox;
use sync::wire::{HandOver, HandOverKind, Settle, UpLine};

/// Work that was refused or waits for a refused `create`: what its author handed over, and all that is about people who
/// leave.
const WORK: &str = "select c.id, c.person, c.state, c.code, c.body from change c indexed by change_open
     left join held h on h.person = c.person where c.state <> 1 and c.state < 5 and c.state in (2, 3, 4)
       and (c.filed_at is not null
         or h.leaving <> 0 and (h.objects & ~h.leaving = 0 or (c.object >= 0 and h.leaving >> c.object & 1)))
     order by c.n";

/// Drafts about people who leave, or who are here no more: somebody may go on typing about them.
macro_rules! homeless_drafts {
    ($columns:literal, $more:literal) => {
        concat!(
            "select ",
            $columns,
            " from draft d left join held h on h.person = d.person where d.person <> x''
               and (h.person is null or h.leaving <> 0 and h.objects & ~h.leaving = 0) and ",
            $more
        )
    };
}

/// Lines up to a number and a size, and how many wait behind them.
struct Taking {
    out: Outbox,
    count: usize,
    bytes: usize,
    taken: usize,
}

impl Taking {
    /// Takes a line if there is room, and one in any case.
    fn offer(
        &mut self,
        length: usize,
        line: impl FnOnce() -> Result<String, StoreError>,
    ) -> Result<bool, StoreError> {
        let room = self.out.lines.len() < self.count && self.taken + length <= self.bytes;
        if self.out.left > 0 || !(room || self.out.lines.is_empty()) {
            self.out.left += 1;
            return Ok(false);
        }
        self.taken += length;
        self.out.lines.push(line()?);
        Ok(true)
    }
}

/// The next lines, without what was put off; `after` a number, only what is local and comes behind it.
pub(super) fn lines(
    db: &Connection,
    put_off: &HashSet<Id>,
    after: Option<u64>,
    (count, bytes): (usize, usize),
    now: Millis,
) -> Result<Outbox, StoreError> {
    let mut taking = Taking { out: Outbox::default(), count, bytes, taken: 0 };
    let mut due_sent = 0;
    if after.is_none() {
        let mut due = db.prepare_cached(
            "select body from change indexed by change_open where state <> 1 and state < 5
               and state = 4 and retry_at <= ?1 and filed_at is null order by n",
        )?;
        let mut rows = due.query([now.0])?;
        while let Some(row) = rows.next()? {
            due_sent += i64::from(offer_change(&mut taking, text(row.get_ref(0)?)?)?);
        }
    } else {
        // They went with the first page; those that were answered are not due any more.
        let mut due = db.prepare_cached(
            "select count(*) from change indexed by change_open where state <> 1 and state < 5
               and state = 4 and retry_at <= ?1 and filed_at is null",
        )?;
        due_sent = due.query_row([now.0], |row| row.get(0))?;
    }
    let mut upto = after.map_or(0, |after| after as i64);
    let mut local = db.prepare_cached(
        "select n, body from change indexed by change_open where state <> 1 and state < 5
           and state = 0 and n > ?1 order by n",
    )?;
    let mut rows = local.query([upto])?;
    while taking.out.left == 0
        && let Some(row) = rows.next()?
    {
        if offer_change(&mut taking, text(row.get_ref(1)?)?)? {
            upto = row.get(0)?;
        }
    }
    let behind = taking.out.left > 0;
    // What is taken care of first: the county may put off what is handed over.
    settling(db, &mut taking)?;
    hand_overs(db, put_off, &mut taking)?;
    let mut counts = db.prepare_cached(
        "select count(*), coalesce(sum(state = 0), 0), coalesce(sum(state = 0 and n > ?1), 0)
         from change indexed by change_open where state <> 1 and state < 5",
    )?;
    let (unsent, local, later): (i64, i64, i64) =
        counts.query_row([upto], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let number = |count: i64| count.clamp(0, i64::from(u32::MAX)) as u32;
    // The rest of the local ones was not walked through: it is only counted.
    taking.out.left = taking.out.left.max(number(later));
    taking.out.unsent_after = number(unsent - (local - later) - due_sent);
    let some_taken = upto > after.map_or(0, |after| after as i64);
    taking.out.next = (behind && some_taken).then_some(upto as u64);
    Ok(taking.out)
}

fn text(value: rusqlite::types::ValueRef<'_>) -> Result<&str, StoreError> {
    value.as_str().map_err(|_| StoreError::Damaged)
}

fn offer_change(taking: &mut Taking, body: &str) -> Result<bool, StoreError> {
    // The body is sent as it was written, so that fields of other versions travel on.
    taking.offer(body.len() + 6, || Ok(["{\"c\":", body, "}"].concat()))
}

fn settling(db: &Connection, taking: &mut Taking) -> Result<(), StoreError> {
    let mut settling = db.prepare_cached("select id, device from settling order by at")?;
    let mut rows = settling.query([])?;
    while let Some(row) = rows.next()? {
        let device = DeviceId::from_bytes(row.get::<_, Id>(1)?.0);
        let device = (device.bytes() != [0; 16]).then_some(device);
        let settle = Settle { id: ChangeId::from_bytes(row.get::<_, Id>(0)?.0), device };
        taking.offer(110, || Ok(serde_json::to_string(&UpLine::Settle(settle))?))?;
    }
    Ok(())
}

fn hand_overs(db: &Connection, put_off: &HashSet<Id>, taking: &mut Taking) -> Result<(), StoreError> {
    let mut work = db.prepare_cached(WORK)?;
    let mut rows = work.query([])?;
    while let Some(row) = rows.next()? {
        let id: Id = row.get(0)?;
        if put_off.contains(&id) {
            continue;
        }
        let code: Option<String> = row.get(3)?;
        let state = ChangeState::from_number(row.get(2)?)?;
        let code = waiting_code(state).map(str::to_owned).or(code);
        let id = ChangeId::from_bytes(id.0);
        offer_work(taking, id, person(row.get::<_, Owner>(1)?)?, HandOverKind::Refused, code, row.get(4)?)?;
    }
    let mut drafts = db.prepare_cached(homeless_drafts!(
        "d.handover, d.person, d.body",
        "d.handover is not null order by d.saved_at"
    ))?;
    let mut rows = drafts.query([])?;
    while let Some(row) = rows.next()? {
        let id: Id = row.get(0)?;
        if put_off.contains(&id) {
            continue;
        }
        let id = ChangeId::from_bytes(id.0);
        offer_work(taking, id, person(row.get::<_, Owner>(1)?)?, HandOverKind::Draft, None, row.get(2)?)?;
    }
    Ok(())
}

fn offer_work(
    taking: &mut Taking,
    id: ChangeId,
    person: PersonId,
    what: HandOverKind,
    code: Option<String>,
    body: String,
) -> Result<(), StoreError> {
    taking.offer(body.len() + 200, || {
        let body = RawValue::from_string(body)?;
        Ok(serde_json::to_string(&UpLine::HandOver(HandOver { id, person, what, code, body }))?)
    })?;
    Ok(())
}

impl Store {
    /// Gives drafts about people who leave, or have left, an id under which the county may keep them.
    pub(super) fn name_leaving_drafts(&self, now: Millis) -> Result<(), StoreError> {
        let unnamed: Vec<String> = self.read(|db| {
            let mut query = db.prepare_cached(homeless_drafts!("d.key", "d.handover is null"))?;
            let keys = query.query_map([], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        })?;
        if unnamed.is_empty() {
            return Ok(());
        }
        self.transaction(|tx| {
            let mut name = tx.db.prepare_cached("update draft set handover = ?2 where key = ?1")?;
            for key in &unnamed {
                let id = tx.id(now);
                name.execute((key, Id::from(id)))?;
            }
            Ok(())
        })
    }
}
