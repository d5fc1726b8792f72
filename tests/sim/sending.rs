//! How what was recorded is written and leaves a device: as it is, as a newer app writes it, or spoilt.

use crate::faults::Fault;
use crate::ledger::Book;
use crate::work::Worker;
use domain::ChangeId;
use rusqlite::Connection;
use serde_json::Value;
use store::{Store, StoreError};
use sync::ports::Local;
use sync::wire::{Answer, Verdict};

impl Worker {
    /// How a line leaves this device: as it is, or spoilt.
    pub fn as_sent(&self, line: &mut String, book: &Book) {
        if !line.starts_with("{\"c\":{") {
            return;
        }
        let poison = self.poison.lock().unwrap();
        if !poison.is_empty() {
            let value: Value = serde_json::from_str(line).unwrap();
            let id: ChangeId = value["c"]["id"].as_str().unwrap().parse().unwrap();
            if poison.contains(&id) {
                *line = format!("{{\"c\":{{\"id\":\"{id}\",\"kind\":7}}}}");
                book.fault(Fault::PoisonInPage);
            }
        }
    }

    /// A newer app writes a field that nobody knows yet.
    pub fn write_as_newer(&self, store: &Store, said: &[ChangeId], book: &Book) {
        let add = |db: &mut Connection| {
            let sql = r#"update change set body = '{"of_2031":[1],' || substr(body, 2) where id = ?1"#;
            let mut add = db.prepare_cached(sql)?;
            said.iter().try_for_each(|id| add.execute([id.bytes()]).map(drop))
        };
        // An app that dies while it does has written like an older one.
        if let Some(Ok(())) = store.on_connection(add) {
            book.fault(Fault::NewerApp);
        }
    }

    /// A bug: takes what is unsent about people who leave for sent.
    pub fn hand_in_nothing(&self, store: &Store) -> Result<(), StoreError> {
        let mut side = store.local_side();
        let mut answers = Vec::new();
        for line in side.outbox(1_000, usize::MAX, self.now())?.lines {
            let line: Value = serde_json::from_str(&line)?;
            let work = if line["c"].is_null() { &line["h"] } else { &line["c"] };
            let (Some(id), Some(person)) = (work["id"].as_str(), work["person"].as_str()) else { continue };
            let (Ok(id), Ok(person)) = (id.parse(), person.parse()) else { continue };
            if store.person(person)?.is_some_and(|bundle| bundle.leaving) {
                answers.push(Answer { id, verdict: Verdict::HandedOver });
            }
        }
        side.answers(&answers, None, self.now())
    }
}
