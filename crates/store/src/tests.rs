//! Stories about one device. The county is played by the test: it answers and sends frames.

use crate::{LocalSide, Store, StoreError, VaultIds};
use crypto::digest::RecordDigest;
use crypto::vault_key::DataKey;
use domain::caseload::PERSON_OBJECTS;
use domain::{
    Change, ChangeId, DeviceId, FieldChange, Millis, Op, PersonId, RecordId, RecordKind, Stamp, UserId,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync::ports::{Delivered, Frame, FrameItem, Local};
use sync::wire::{Answer, Enter, FrameEnd, LastFrame, Leave, Verdict};
use tempfile::TempDir;

mod arriving;
mod leaving;
mod offering;
mod pushing;
mod reading;
mod recording;
mod updated;
mod vault;

/// Some Monday.
pub(crate) const NOW: Millis = Millis(1_790_000_000_000);

/// An id that sorts by `n`.
pub(crate) fn uuid(n: u16) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes
}

pub(crate) fn person(n: u16) -> PersonId {
    PersonId::from_bytes(uuid(n))
}

pub(crate) fn ids() -> VaultIds {
    VaultIds {
        device: DeviceId::from_bytes(uuid(60_001)),
        user: UserId::from_bytes(uuid(60_002)),
        vault: "vault-1".into(),
    }
}

/// Maria's phone, without the costly part of unlocking.
pub(crate) struct Phone {
    pub dir: TempDir,
    key: DataKey,
    pub store: Store,
}

impl Phone {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = DataKey::generate();
        let store = Store::open(dir.path(), &key, &[7; 16], &ids()).unwrap();
        Self { dir, key, store }
    }

    /// As after a crash: nothing was closed, and somebody opens it again.
    pub fn reopened(&self) -> Store {
        Store::open(self.dir.path(), &self.key, &[7; 16], &ids()).unwrap()
    }

    pub fn side(&self) -> LocalSide {
        self.store.local_side()
    }

    /// Records one change and returns its id.
    pub fn say(&self, what: Say) -> ChangeId {
        let saved = self.store.write(NOW, |tx| {
            let (id, stamp) = (tx.id(), tx.stamp());
            Ok::<_, StoreError>(vec![what.change(id, stamp, ids().device)])
        });
        saved.unwrap().changes[0]
    }

    pub fn frame(&self, frame: Frame) {
        self.side().frame(&frame, NOW).unwrap();
    }

    /// The county accepts everything that waits, at the stamps that the device gave.
    pub fn all_accepted(&self) {
        let waiting = self.waiting();
        let answers: Vec<_> =
            waiting.iter().zip(1..).map(|(change, seq)| accepted(change.id, seq, change.stamp)).collect();
        self.side().answers(&answers, None, NOW).unwrap();
    }

    /// The changes that the next push would send.
    pub fn waiting(&self) -> Vec<Change> {
        let lines = self.side().outbox(10_000, usize::MAX, NOW).unwrap().lines;
        let changes =
            lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).unwrap().get("c").cloned());
        changes.map(|change| serde_json::from_value(change).unwrap()).collect()
    }

    /// Every word in the two search indexes that begins with `start`.
    pub fn indexed(&self, start: &str) -> u32 {
        let sql = "select count(*) from (select term from temp.names union all select term from temp.notes)
             where term like ?1 || '%'";
        self.store
            .alone(|db| {
                db.execute_batch(
                    "create virtual table if not exists temp.names using fts5vocab('main', 'search_names', 'row');
                     create virtual table if not exists temp.notes using fts5vocab('main', 'search_notes', 'row');",
                )?;
                Ok(db.query_row(sql, [start], |row| row.get(0))?)
            })
            .unwrap()
    }
}

/// A change in few words.
pub(crate) struct Say {
    pub kind: RecordKind,
    pub person: Option<PersonId>,
    pub record: Option<RecordId>,
    pub op: Op,
    pub fields: Value,
    pub seen: Vec<ChangeId>,
    pub reason: Option<&'static str>,
}

impl Say {
    pub fn create(kind: RecordKind, person: PersonId, fields: Value) -> Self {
        Self { kind, person: Some(person), record: None, op: Op::Create, fields, seen: vec![], reason: None }
    }

    pub fn amend(kind: RecordKind, person: PersonId, record: RecordId, fields: Value) -> Self {
        let reason = Some("a slip");
        Self { record: Some(record), op: Op::Amend, reason, ..Self::create(kind, person, fields) }
    }

    /// The person's own record.
    pub fn somebody(n: u16, name: &str) -> Self {
        let fields = json!({ "first_name": name });
        Self { record: Some(person(n).into()), ..Self::create(RecordKind::Person, person(n), fields) }
    }

    pub fn having_seen(self, seen: &[ChangeId]) -> Self {
        Self { seen: seen.to_vec(), ..self }
    }

    pub fn change(self, id: ChangeId, stamp: Stamp, device: DeviceId) -> Change {
        let Value::Object(fields) = self.fields else { panic!("fields are an object") };
        let set = |(name, value)| (name, FieldChange { value, seen: self.seen.clone() });
        Change {
            id,
            record: self.record.unwrap_or(id.into()),
            kind: self.kind,
            person: self.person,
            op: self.op,
            author: if device == ids().device { ids().user } else { UserId::from_bytes(uuid(60_004)) },
            device,
            stamp,
            happened_at: NOW,
            reason: self.reason.map(str::to_owned),
            fields: fields.into_iter().map(set).collect::<BTreeMap<_, _>>(),
        }
    }

    /// Said by Dev, on his tablet, `ms` after [`NOW`].
    pub fn by_dev(self, n: u16, ms: i64) -> Change {
        self.change(
            ChangeId::from_bytes(uuid(n)),
            Stamp::at(NOW.plus(ms)),
            DeviceId::from_bytes(uuid(60_003)),
        )
    }
}

pub(crate) fn accepted(id: ChangeId, seq: u64, stamp: Stamp) -> Answer {
    Answer { id, verdict: Verdict::Accepted { seq, stamp } }
}

pub(crate) fn delivered(change: &Change) -> FrameItem {
    let raw = serde_json::to_string(change).unwrap();
    FrameItem::Change(Delivered::new(change.clone(), change.stamp, raw, None))
}

/// The whole history of one person, in one frame.
pub(crate) fn history(who: PersonId, changes: &[&Change]) -> Frame {
    let enter = FrameItem::Enter(Enter { person: who, objects: PERSON_OBJECTS, more: false });
    let items = std::iter::once(enter).chain(changes.iter().map(|change| delivered(change))).collect();
    let end = FrameEnd { token: "after-history".into(), complete: vec![who], ..FrameEnd::default() };
    Frame { leaves: vec![], items, end }
}

/// A frame that brings changes of people already held.
pub(crate) fn news(changes: &[&Change]) -> Frame {
    let items = changes.iter().map(|change| delivered(change)).collect();
    let end = FrameEnd { token: "after-news".into(), ..FrameEnd::default() };
    Frame { leaves: vec![], items, end }
}

pub(crate) fn leaves(who: PersonId, objects: u32) -> Frame {
    let end = FrameEnd { token: "after-leave".into(), ..FrameEnd::default() };
    Frame { leaves: vec![Leave { person: who, objects }], items: vec![], end }
}

pub(crate) fn last(frame: Frame, last: LastFrame) -> Frame {
    Frame { end: FrameEnd { last: Some(last), ..frame.end }, ..frame }
}

pub(crate) fn digest_of(changes: &[&Change]) -> String {
    let entries = changes.iter().map(|change| RecordDigest::entry(change.id.bytes(), change.stamp.0));
    entries.sum::<RecordDigest>().to_string()
}

pub(crate) fn visit(n: u16, note: &str) -> Say {
    let fields = json!({
        "attempt": RecordId::from_bytes(uuid(9)), "happened_at": NOW.0, "minutes": 30, "notes": note,
    });
    Say::create(RecordKind::Visit, person(n), fields)
}
