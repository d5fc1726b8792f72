//! What a device shows must follow from its log: the rows of lists, and whom search finds.

use crate::device::Device;
use crate::truth::{ACCEPTED, Row};
use domain::{Change, ChangeId, PersonId, RecordId, Stamp, fold};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// A record by its person, empty for the county's own.
type Key = (Vec<u8>, Vec<u8>);

/// Holds every table of a device that is made from its log against that log.
pub fn follow(device: &Device, own: &Connection, rows: &BTreeMap<ChangeId, Row>, wrong: &mut Vec<String>) {
    let n = device.n;
    let log = by_record(rows);
    let shown = records(own);
    let logged: BTreeSet<&Key> = log.keys().collect();
    for key in shown.keys().filter(|key| !logged.contains(key)) {
        wrong.push(format!("{n} lists {:?}, of which nothing is in its log", record(key)));
    }
    for (key, changes) in &log {
        let Some(row) = shown.get(key) else {
            wrong.push(format!("{n} does not list {:?}", record(key)));
            continue;
        };
        // What else counts, and when, is the store's to say; an older app folds what it does not understand as it can.
        if device.worker.older || changes.iter().any(|(_, _, state)| *state != ACCEPTED) {
            continue;
        }
        let folded = fold(changes.iter().map(|(change, stamp, _)| (change, *stamp)));
        let rivals = if folded.voided { 0 } else { folded.conflicts().len() as i64 };
        if *row != (folded.voided, rivals) {
            wrong.push(format!("{n} lists {:?} as {row:?}", record(key)));
        }
    }
    let people = |sql| -> BTreeSet<Vec<u8>> { all(own, sql).into_iter().collect() };
    let of_log: BTreeSet<Vec<u8>> =
        log.into_keys().map(|(person, _)| person).filter(|person| !person.is_empty()).collect();
    let listed = people("select person from person_list");
    if listed != of_log {
        wrong.push(format!("{n} lists other people than its log is about: {:?}", ids(&listed, &of_log)));
    }
    let numbers = |sql| -> BTreeSet<i64> { all(own, sql).into_iter().collect() };
    if numbers("select id from search_names_docsize") != numbers("select n from person_list") {
        wrong.push(format!("{n} finds other names than those of the people it lists"));
    }
    if !numbers("select id from search_notes_docsize").is_subset(&numbers("select n from change")) {
        wrong.push(format!("{n} finds notes that are gone"));
    }
}

fn by_record(rows: &BTreeMap<ChangeId, Row>) -> BTreeMap<Key, Vec<(Change, Stamp, i64)>> {
    let mut log: BTreeMap<Key, Vec<_>> = BTreeMap::new();
    for row in rows.values() {
        let person = row.person.map_or(Vec::new(), |person| person.bytes().to_vec());
        let one = (serde_json::from_str(&row.body).unwrap(), row.stamp, row.state);
        log.entry((person, row.record.bytes().to_vec())).or_default().push(one);
    }
    log
}

/// Whether each is voided, and how many of its fields need a look.
fn records(own: &Connection) -> BTreeMap<Key, (bool, i64)> {
    let mut query = own.prepare_cached("select person, id, voided, rivals from record").unwrap();
    let rows = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))));
    rows.unwrap().map(Result::unwrap).collect()
}

fn all<T: rusqlite::types::FromSql>(own: &Connection, sql: &str) -> Vec<T> {
    let mut query = own.prepare_cached(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn record(key: &Key) -> RecordId {
    RecordId::from_bytes(key.1.as_slice().try_into().unwrap())
}

fn ids(listed: &BTreeSet<Vec<u8>>, logged: &BTreeSet<Vec<u8>>) -> Vec<PersonId> {
    let other = listed.symmetric_difference(logged);
    other.map(|person| PersonId::from_bytes(person.as_slice().try_into().unwrap())).collect()
}
