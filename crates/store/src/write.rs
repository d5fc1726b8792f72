//! Recording: changes, record, lists, search and outbox in one transaction with one sync to disk.

use crate::codec::{Id, Owner};
use crate::held::Held;
use crate::log::{self, ChangeState};
use crate::store::Store;
use crate::tx::Tx;
use crate::{StoreError, Topic};
use domain::caseload::PERSON_OBJECTS;
use domain::{Change, ChangeId, Folded, Millis, Op, PersonId, RecordId, RecordKind, Stamp};
use rusqlite::OptionalExtension;
use sync::wire::MAX_HAND_OVER;

/// What was recorded: durable when it is returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The ids of the changes, in order.
    pub changes: Vec<ChangeId>,
}

/// What a worker's action sees while it makes its changes.
pub struct WriteTx<'x, 't, 'c> {
    tx: &'x mut Tx<'t, 'c>,
    now: Millis,
    corrected: Vec<RecordId>,
}

impl WriteTx<'_, '_, '_> {
    /// The stamp for the next change: later than every stamp given or seen before.
    pub fn stamp(&mut self) -> Stamp {
        self.tx.clock.tick(self.now)
    }

    /// A new random id.
    pub fn id(&self) -> ChangeId {
        self.tx.id(self.now)
    }

    pub(crate) fn db(&self) -> &rusqlite::Connection {
        self.tx.db
    }

    /// The moment given to [`Store::write`].
    pub fn now(&self) -> Millis {
        self.now
    }

    /// A record as it stands, with the claims that a change made from it has seen.
    ///
    /// # Errors
    /// `NotFound`, or what the database says.
    pub fn folded(&self, record: RecordId) -> Result<Folded, StoreError> {
        let owner = log::owner_of(self.tx.db, record)?.ok_or(StoreError::NotFound)?;
        Ok(log::folded(&log::of_record(self.tx.db, owner, record)?))
    }

    /// Drops a draft together with what is recorded from it.
    ///
    /// # Errors
    /// What the database says.
    pub fn drop_draft(&mut self, key: &str) -> Result<(), StoreError> {
        self.tx.db.prepare_cached("delete from draft where key = ?1")?.execute([key])?;
        self.tx.topics.insert(Topic::Drafts);
        Ok(())
    }

    /// Takes a refused change out of quarantine, because a change for the same record, made in this transaction,
    /// replaces it. Returns the refused one.
    ///
    /// # Errors
    /// `NotFound` when there is no refused change of this id.
    pub fn correct(&mut self, change: ChangeId) -> Result<Change, StoreError> {
        let db = self.tx.db;
        let mut find = db.prepare_cached(
            "select n, body from change indexed by change_open
             where state <> 1 and state < 5 and state = 3 and id = ?1",
        )?;
        let found = find.query_row([Id::from(change)], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        let (n, body) = found.optional()?.ok_or(StoreError::NotFound)?;
        let change: Change = serde_json::from_str(&body)?;
        log::set_state(db, n, ChangeState::Replaced)?;
        self.tx.refold(Owner(change.person), change.record, &change.kind);
        self.corrected.push(change.record);
        Ok(change)
    }
}

impl Store {
    /// Records what `build` makes: all of it, durably, or nothing.
    ///
    /// `build` gets stamps, ids and records as they stand in the same transaction, so that nothing can come between
    /// what it saw and what it says.
    ///
    /// # Errors
    /// What `build` says, `Refused` when the domain's rules refuse a change, or what the database says.
    pub fn write<E: From<StoreError>>(
        &self,
        now: Millis,
        build: impl FnOnce(&mut WriteTx<'_, '_, '_>) -> Result<Vec<Change>, E>,
    ) -> Result<Saved, E> {
        self.transaction(|tx| {
            let mut write = WriteTx { tx, now, corrected: Vec::new() };
            let changes = build(&mut write)?;
            let corrected = std::mem::take(&mut write.corrected);
            let replaced = |record| changes.iter().any(|change| change.record == record);
            if !corrected.iter().all(|record| replaced(*record)) {
                return Err(StoreError::NotFound.into());
            }
            let mut saved = Saved::default();
            for change in changes {
                saved.changes.push(change.id);
                insert(tx, change)?;
            }
            tx.topics.insert(Topic::Sync);
            Ok(saved)
        })
    }

    /// Records changes that have their stamps already (from [`WriteTx::stamp`]).
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn record(&self, changes: Vec<Change>, now: Millis) -> Result<Saved, StoreError> {
        self.write(now, |_| Ok(changes))
    }
}

fn insert(tx: &mut Tx<'_, '_>, change: Change) -> Result<(), StoreError> {
    domain::validate::check(&change)?;
    tx.clock.observe(change.stamp);
    if let Some(person) = change.person
        && change.kind == RecordKind::Person
        && change.op == Op::Create
    {
        hold_own(tx, person)?;
    }
    let body = serde_json::to_string(&change)?;
    if body.len() > MAX_HAND_OVER {
        return Err(domain::validate::Refusal::whole("too_long").into());
    }
    let stamp = change.stamp;
    tx.say(change, &body, stamp)
}

/// Whoever creates a person holds them, without waiting for the county to say so; and holds all of them, because the
/// role that says what they may see may have changed meanwhile. The county has what is not theirs leave.
fn hold_own(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<(), StoreError> {
    if tx.held(person)?.is_some() {
        return Ok(());
    }
    tx.hold(person, Held { objects: PERSON_OBJECTS, ..Held::default() })
}
