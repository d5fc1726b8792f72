//! What workers do all day: they record, correct, choose, assign, and leave drafts behind.

use crate::chance::Chance;
use crate::faults::Fault;
use crate::ledger::{Book, Kept, Said};
use crate::town;
use domain::codes::{CodeList, Role};
use domain::policy::Object;
use domain::records::{Assignment, is_signed};
use domain::{Change, ChangeId, FieldChange, Folded, Millis, Op, PersonId, RecordId, RecordKind, UserId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use store::{ChangeState, Order, PeopleFilter, PersonRow, Store, StoreError, StoredRecord, WriteTx};

/// Somebody at a device.
#[derive(Clone)]
pub struct Worker {
    /// The number of the device.
    pub n: usize,
    pub role: Role,
    /// What the device's clock says.
    pub clock: Arc<AtomicI64>,
    /// Changes that this device sends in a form that cannot be read.
    pub poison: Arc<Mutex<BTreeSet<ChangeId>>>,
    /// What was being written when the app died: it may have been saved.
    pub doubtful: Arc<Mutex<Vec<ChangeId>>>,
    /// Whether its app is of a newer version, and writes fields and kinds of it.
    pub newer: bool,
    /// Whether its app does not know every kind that the county knows.
    pub older: bool,
}

/// One thing that is said, before it has an id.
struct Saying {
    kind: RecordKind,
    record: Option<RecordId>,
    person: PersonId,
    op: Op,
    fields: Vec<(&'static str, Value, Vec<ChangeId>)>,
}

impl Saying {
    fn create(kind: RecordKind, person: PersonId, fields: &[(&'static str, Value)]) -> Self {
        let fields = fields.iter().map(|(name, value)| (*name, value.clone(), Vec::new())).collect();
        Self { kind, record: None, person, op: Op::Create, fields }
    }

    /// Sets one field, having seen how it stands.
    fn amend(of: &StoredRecord, person: PersonId, name: &'static str, value: Value) -> Self {
        let seen = of.folded.fields.get(name).map(|field| field.seen()).unwrap_or_default();
        let fields = vec![(name, value, seen)];
        Self { kind: of.kind.clone(), record: Some(of.id), person, op: Op::Amend, fields }
    }
}

impl Worker {
    pub fn now(&self) -> Millis {
        Millis(self.clock.load(Ordering::Relaxed))
    }

    fn user(&self) -> UserId {
        town::user(town::OWNERS[self.n])
    }

    fn supervises(&self) -> bool {
        self.role == Role::Supervisor
    }

    /// Does something; what, follows from `seed`. What the device confirms goes into the book.
    pub fn tap(&self, store: &Store, book: &Book, seed: u64) -> &'static str {
        let mut chance = Chance::new(seed);
        self.act(store, book, &mut chance).unwrap_or("failed")
    }

    fn act(&self, store: &Store, book: &Book, chance: &mut Chance) -> Result<&'static str, StoreError> {
        let choice = chance.below(100);
        if choice < 6 && !self.supervises() {
            return self.meet(store, book, chance);
        }
        if choice < 14 && self.correct(store, book, chance)? {
            return Ok("correct");
        }
        if choice < 26 && self.choose(store, book, chance)? {
            return Ok("choose");
        }
        let people = store.person_list(&PeopleFilter::default(), Order::Name, None, 30)?.rows;
        let Some(row) = chance.pick(&people) else { return Ok("nobody") };
        match choice {
            _ if self.supervises() && choice < 60 => self.assign(store, book, row, chance),
            26..36 => self.draft(store, book, row, chance),
            36..52 => self.amend(store, book, row, chance),
            52..55 => self.void(store, book, row, chance),
            55..59 if self.newer => self.unheard_of(store, book, row),
            59..68 => self.add(store, book, row, chance),
            68..78 => self.visit(store, book, row, chance),
            _ => self.attempt(store, book, row, chance),
        }
    }

    fn meet(&self, store: &Store, book: &Book, chance: &mut Chance) -> Result<&'static str, StoreError> {
        let team = town::team(town::STAFF[town::OWNERS[self.n]].1);
        let (name, now) = (format!("Met {}", chance.below(1_000)), self.now());
        self.write(store, book, chance, |tx| {
            let person = PersonId(tx.id().0);
            let mut who = Saying::create(RecordKind::Person, person, &[("first_name", json!(name))]);
            who.record = Some(person.into());
            let case = RecordId(tx.id().0);
            let opened = [("stage", json!("reached")), ("opened_at", json!(now)), ("team", json!(team))];
            let mut opened = Saying::create(RecordKind::Case, person, &opened);
            opened.record = Some(case);
            let carried = [("case", json!(case)), ("team", json!(team)), ("lead", json!(self.user()))];
            let mut carried = Saying::create(RecordKind::Assignment, person, &carried);
            carried.record = Some(Assignment::id_for(case));
            Ok(vec![who, opened, carried])
        })?;
        Ok("meet")
    }

    fn attempt(
        &self,
        store: &Store,
        book: &Book,
        row: &PersonRow,
        chance: &mut Chance,
    ) -> Result<&'static str, StoreError> {
        let fields =
            [("happened_at", json!(self.now())), ("mode", json!("phone")), ("outcome", json!("no-answer"))];
        self.write(store, book, chance, |_| {
            Ok(vec![Saying::create(RecordKind::ContactAttempt, row.person, &fields)])
        })?;
        Ok("attempt")
    }

    fn visit(
        &self,
        store: &Store,
        book: &Book,
        row: &PersonRow,
        chance: &mut Chance,
    ) -> Result<&'static str, StoreError> {
        let (now, note) = (self.now(), format!("note {}", chance.below(100_000)));
        self.write(store, book, chance, |tx| {
            let (attempt, visit) = (RecordId(tx.id().0), RecordId(tx.id().0));
            let fields = [
                ("happened_at", json!(now)),
                ("mode", json!("phone")),
                ("outcome", json!("reached-survivor")),
            ];
            let mut reached = Saying::create(RecordKind::ContactAttempt, row.person, &fields);
            reached.record = Some(attempt);
            let fields = [("attempt", json!(attempt)), ("happened_at", json!(now)), ("notes", json!(note))];
            let mut visited = Saying::create(RecordKind::Visit, row.person, &fields);
            visited.record = Some(visit);
            let fields = [("visit", json!(visit)), ("text", json!(note))];
            let note = Saying::create(RecordKind::PeerNote, row.person, &fields);
            Ok(vec![reached, visited, note])
        })?;
        Ok("visit")
    }

    fn add(
        &self,
        store: &Store,
        book: &Book,
        row: &PersonRow,
        chance: &mut Chance,
    ) -> Result<&'static str, StoreError> {
        let now = self.now();
        let (kind, fields) = match chance.below(if self.older { 4 } else { 7 }) {
            0 => (RecordKind::Phone, vec![("number", json!("555 0100"))]),
            1 => (RecordKind::Place, vec![("kind", json!("home")), ("street", json!("1 Elm Street"))]),
            2 => (RecordKind::FollowUp, vec![("kind", json!("check-in")), ("due_on", json!("2026-09-25"))]),
            3 => (RecordKind::SafetyNote, vec![("category", json!("dog"))]),
            _ => (RecordKind::StepForward, vec![("text", json!("called back")), ("happened_at", json!(now))]),
        };
        self.write(store, book, chance, |_| Ok(vec![Saying::create(kind, row.person, &fields)]))?;
        Ok("add")
    }

    /// Says something of a kind that no other version knows.
    fn unheard_of(&self, store: &Store, book: &Book, row: &PersonRow) -> Result<&'static str, StoreError> {
        let kind = RecordKind::from_code("drone_flight");
        let saved = self.write(store, book, &mut Chance::new(0), |_| {
            Ok(vec![Saying::create(kind, row.person, &[("height", json!(30))])])
        })?;
        let mut book = book.open();
        book.unknown_kinds.extend(saved);
        book.faults.count(Fault::UnknownKind);
        Ok("unheard of")
    }

    fn amend(
        &self,
        store: &Store,
        book: &Book,
        row: &PersonRow,
        chance: &mut Chance,
    ) -> Result<&'static str, StoreError> {
        let fits = |record: &StoredRecord| field_of(&record.kind).is_some() && !record.folded.voided;
        let records = store.person(row.person)?.map(|bundle| bundle.records).unwrap_or_default();
        let records: Vec<_> = records.into_iter().filter(fits).collect();
        let Some(record) = chance.pick(&records) else { return Ok("nothing to amend") };
        let Some(name) = field_of(&record.kind) else { return Ok("nothing to amend") };
        let value = if record.kind == RecordKind::Case {
            json!(["attempting", "reached", "engaged"][chance.below(3)])
        } else {
            json!(format!("{} {}", self.n, chance.below(6)))
        };
        self.write(store, book, chance, |_| Ok(vec![Saying::amend(record, row.person, name, value)]))?;
        Ok("amend")
    }

    /// Mostly refused: few may.
    fn void(
        &self,
        store: &Store,
        book: &Book,
        row: &PersonRow,
        chance: &mut Chance,
    ) -> Result<&'static str, StoreError> {
        let fits = |record: &StoredRecord| {
            let kept = matches!(record.kind, RecordKind::Person | RecordKind::Assignment);
            !kept && !record.folded.voided && Object::of(&record.kind).is_some()
        };
        let records = store.person(row.person)?.map(|bundle| bundle.records).unwrap_or_default();
        let records: Vec<_> = records.into_iter().filter(fits).collect();
        let Some(record) = chance.pick(&records) else { return Ok("nothing to void") };
        let (kind, id) = (record.kind.clone(), Some(record.id));
        self.write(store, book, chance, |_| {
            Ok(vec![Saying { kind, record: id, person: row.person, op: Op::Void, fields: Vec::new() }])
        })?;
        Ok("void")
    }

    fn choose(&self, store: &Store, book: &Book, chance: &mut Chance) -> Result<bool, StoreError> {
        let conflicts = store.conflicts()?;
        let Some(conflict) = chance.pick(&conflicts) else { return Ok(false) };
        if Object::of(&conflict.record.kind).is_none() {
            return Ok(false);
        }
        let Some(person) = conflict.record.person else { return Ok(false) };
        let names = conflict.record.folded.conflicts();
        let Some(name) = chance.pick(&names).and_then(|name| known_name(name)) else { return Ok(false) };
        let claims = &conflict.record.folded.fields[name].claims;
        let value = claims[chance.below(claims.len())].value.clone();
        self.write(store, book, chance, |_| Ok(vec![Saying::amend(&conflict.record, person, name, value)]))?;
        Ok(true)
    }

    fn assign(
        &self,
        store: &Store,
        book: &Book,
        row: &PersonRow,
        chance: &mut Chance,
    ) -> Result<&'static str, StoreError> {
        let Some(case) = row.case else { return Ok("no case") };
        let lead = [Some(0), Some(0), Some(2), Some(4), None][chance.below(5)].map(town::user);
        let team = town::team(usize::from(chance.percent(20)));
        let id = Assignment::id_for(case);
        let stands = store.stored(id)?;
        self.write(store, book, chance, |_| {
            Ok(vec![match &stands {
                Some(record) => {
                    let mut said = Saying::amend(record, row.person, "lead", json!(lead));
                    let seen = record.folded.fields.get("team").map(|field| field.seen()).unwrap_or_default();
                    said.fields.push(("team", json!(team), seen));
                    said
                }
                None => {
                    let fields = [("case", json!(case)), ("team", json!(team)), ("lead", json!(lead))];
                    let mut said = Saying::create(RecordKind::Assignment, row.person, &fields);
                    said.record = Some(id);
                    said
                }
            }])
        })?;
        if row.lead.is_some() && row.lead != lead {
            book.fault(Fault::Reassigned);
        }
        Ok("assign")
    }

    fn draft(
        &self,
        store: &Store,
        book: &Book,
        row: &PersonRow,
        chance: &mut Chance,
    ) -> Result<&'static str, StoreError> {
        let key = format!("visit/{}", row.person);
        let body = json!({ "notes": format!("half a sentence {}", chance.below(100_000)) });
        store.save_draft(&key, Some(row.person), &body, self.now())?;
        let kept =
            Kept { device: self.n, key: key.clone(), person: Some(row.person), body: body.to_string() };
        book.open().drafts.insert((self.n, key), kept);
        Ok("draft")
    }

    /// Says again, under another id, what was refused.
    fn correct(&self, store: &Store, book: &Book, chance: &mut Chance) -> Result<bool, StoreError> {
        let quarantine = store.quarantine()?;
        let refused = |one: &&store::Quarantined| {
            one.entry.state == ChangeState::Refused && one.entry.change.op != Op::Void
        };
        let Some(one) = quarantine.iter().find(refused) else { return Ok(false) };
        let old = &one.entry.change;
        let Some(person) = old.person else { return Ok(false) };
        let fields = old.fields.iter().filter_map(|(name, set)| {
            known_name(name).map(|name| (name, set.value.clone(), set.seen.clone()))
        });
        let said = Saying {
            kind: old.kind.clone(),
            record: Some(old.record),
            person,
            op: old.op.clone(),
            fields: fields.collect(),
        };
        self.write(store, book, chance, |tx| {
            tx.correct(old.id)?;
            Ok(vec![said])
        })?;
        book.open().corrected.insert((self.n, old.id));
        Ok(true)
    }

    fn write(
        &self,
        store: &Store,
        book: &Book,
        chance: &mut Chance,
        build: impl FnOnce(&mut WriteTx<'_, '_, '_>) -> Result<Vec<Saying>, StoreError>,
    ) -> Result<Vec<ChangeId>, StoreError> {
        let mut ids = Vec::new();
        let saved = store.write(self.now(), |tx| {
            let said = build(tx)?;
            let changes: Vec<_> = said.into_iter().map(|one| self.change(tx, one)).collect();
            ids.extend(changes.iter().map(|change| change.id));
            Ok::<_, StoreError>(changes)
        });
        // An app that dies just after the commit has not said that it is saved, but it is.
        let saved = saved.inspect_err(|_| self.doubtful.lock().unwrap().extend(ids))?;
        if self.newer {
            self.write_as_newer(store, &saved.changes, book);
        }
        let mut ledger = book.open();
        for id in &saved.changes {
            ledger.said.insert(*id, Said { device: self.n });
            if chance.percent(2) {
                self.poison.lock().unwrap().insert(*id);
            }
        }
        Ok(saved.changes)
    }

    fn change(&self, tx: &mut WriteTx<'_, '_, '_>, said: Saying) -> Change {
        let (mut id, stamp) = (tx.id(), tx.stamp());
        if let (Op::Create, Some(record)) = (&said.op, said.record)
            && said.kind != RecordKind::Assignment
            && tx.folded(record).is_err()
        {
            id = ChangeId(record.0);
        }
        let reason = said.op == Op::Void || said.op == Op::Amend && is_signed(&said.kind);
        let set = |(name, value, seen): (&str, Value, Vec<ChangeId>)| {
            (name.to_owned(), FieldChange { value, seen })
        };
        Change {
            id,
            record: said.record.unwrap_or(id.into()),
            kind: said.kind,
            person: Some(said.person),
            op: said.op,
            author: self.user(),
            device: town::device(self.n),
            stamp,
            happened_at: self.now(),
            reason: reason.then(|| "a slip".to_owned()),
            fields: said.fields.into_iter().map(set).collect(),
        }
    }
}

/// A text field of each kind that workers correct.
fn field_of(kind: &RecordKind) -> Option<&'static str> {
    Some(match kind {
        RecordKind::Person => "first_name",
        RecordKind::Case => "stage",
        RecordKind::Phone => "number",
        RecordKind::Place => "street",
        RecordKind::ContactAttempt => "note",
        RecordKind::Visit => "notes",
        RecordKind::SafetyNote | RecordKind::StepForward => "text",
        _ => return None,
    })
}

/// The name again, as it is written here.
fn known_name(name: &str) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "first_name",
        "stage",
        "number",
        "street",
        "note",
        "notes",
        "text",
        "lead",
        "team",
        "case",
        "opened_at",
        "happened_at",
        "mode",
        "outcome",
        "attempt",
        "visit",
        "kind",
        "due_on",
        "category",
        "height",
    ];
    NAMES.iter().find(|known| **known == name).copied()
}

/// Unused claims of a record, for whoever looks at it.
pub fn rivals(folded: &Folded) -> usize {
    if folded.voided { 0 } else { folded.conflicts().len() }
}
