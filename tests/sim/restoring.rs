//! The county's machine dies, and its database comes back from a backup: what was accepted in between is gone there,
//! and whatever a living device has of it must come back, as it was.

use crate::database::member_now;
use crate::device::Device;
use crate::drive::ready;
use crate::faults::Fault;
use crate::ledger::{Ledger, Owed};
use crate::spare::opened;
use crate::town;
use crate::truth::{ACCEPTED, log};
use crate::world::World;
use crypto::county::CountySecret;
use domain::ChangeId;
use rusqlite::{Connection, MAIN_DB};
use serde_json::Value;
use server::db::Database;
use server::db::sqlite::Sqlite;
use std::collections::{BTreeMap, BTreeSet};
use sync::packing::decompress_all;
use sync::wire::COPY;

/// How a device has a change: as accepted, or as something that is still to be sent.
type Has = BTreeMap<ChangeId, bool>;

impl World {
    /// Makes a backup, or goes back to the one there is.
    pub fn back_up_or_restore(&mut self) {
        match self.backup.take_if(|_| self.chance.percent(50)) {
            Some(backup) => self.restore(&backup),
            None => {
                let mut connection = self.disk.connection.lock().unwrap();
                self.backup = Some(connection.serialize(MAIN_DB).unwrap().to_vec());
                self.trace.note(format_args!("backup"));
            }
        }
    }

    fn restore(&mut self, backup: &[u8]) {
        self.book.fault(Fault::Restored);
        // The machine takes everything with it that is on its way to it or from it.
        self.restart_all();
        self.ups.clear();
        self.downs.clear();
        let have: Vec<(usize, Has)> = self
            .devices
            .iter_mut()
            .map(|device| (device.n, device.look(|db| has(db, &self.secret))))
            .collect();
        let before = std::mem::replace(&mut *self.disk.connection.lock().unwrap(), opened(backup));
        let now = self.now();
        ready(Sqlite::inline(&self.disk.connection).unwrap().new_epoch(None, now)).unwrap();
        self.restart_all();
        let after = self.disk.connection.lock().unwrap();
        let mut ledger = self.book.open();
        owe(&mut ledger, &before, &after, &have);
        self.trace.note(format_args!("restore: {} are owed", ledger.owed.len()));
    }

    fn restart_all(&mut self) {
        for at in 0..self.processes.len() {
            let unknown = self.processes[at].unknown.clone();
            self.restart(at, unknown);
        }
    }
}

/// What a device has, sealed copies of work about people whom it has erased included.
fn has(device: &Connection, secret: &CountySecret) -> Has {
    let mut copies = device.prepare("select sealed from copy").unwrap();
    let copies = copies.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap);
    let copied = copies.flat_map(|sealed: Vec<u8>| {
        let packed = secret.open(COPY, &sealed).unwrap();
        let lines = decompress_all(&packed, usize::MAX / 2).unwrap();
        let ids = lines.split(|byte| *byte == b'\n').filter_map(|line| {
            let line: Value = serde_json::from_slice(line).ok()?;
            line["o"]["c"]["id"].as_str()?.parse().ok()
        });
        ids.collect::<Vec<ChangeId>>()
    });
    let mut has: Has = copied.map(|id| (id, true)).collect();
    let mut query = device.prepare("select id, state from change where state < 5").unwrap();
    let rows =
        query.query_map([], |row| Ok((ChangeId::from_bytes(row.get(0)?), row.get::<_, i64>(1)? == ACCEPTED)));
    has.extend(rows.unwrap().map(Result::unwrap));
    has
}

/// Works out what the county now owes to whom, and what nobody has any more.
fn owe(ledger: &mut Ledger, before: &Connection, after: &Connection, have: &[(usize, Has)]) {
    let (before_log, after_log) = (log(before), log(after));
    for (id, kept) in before_log.iter().filter(|(id, _)| !after_log.contains_key(id)) {
        ledger.accepted.remove(id);
        let holders = have.iter().filter(|(_, has)| has.get(id) == Some(&true)).map(|(n, _)| *n).collect();
        // Whoever has not heard that it was accepted says it once more, and it counts as said then.
        let unheard = have.iter().any(|(_, has)| has.get(id) == Some(&false));
        ledger.owed.insert(*id, Owed { holders, stamp: (!unheard).then_some(kept.stamp) });
    }
    let quarantine = |connection: &Connection| -> BTreeSet<(Vec<u8>, String)> {
        let mut query = connection.prepare("select id, body from quarantine").unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    ledger.unpromised.extend(quarantine(before).difference(&quarantine(after)).cloned());
}

/// What living devices held must have come back, as it was.
pub fn came_back(
    devices: &[Device],
    county: &Connection,
    log: &crate::truth::Log,
    ledger: &Ledger,
    wrong: &mut Vec<String>,
) {
    let lives = |n: usize| member_now(county, town::device(n), town::user(town::OWNERS[n])).is_some();
    let living: BTreeSet<usize> = devices.iter().map(|device| device.n).filter(|n| lives(*n)).collect();
    for (id, owed) in &ledger.owed {
        match (log.get(id), owed.stamp) {
            (None, _) if !owed.holders.is_disjoint(&living) => {
                wrong.push(format!("{id} was held by {:?} and did not come back", owed.holders));
            }
            (Some(kept), Some(stamp)) if kept.stamp != stamp && !owed.holders.is_empty() => {
                wrong.push(format!("{id} came back under another stamp"));
            }
            _ => {}
        }
    }
}
