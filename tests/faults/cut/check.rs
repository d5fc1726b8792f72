//! What must be true of a device's database at any moment: what the token says is there, all of it and nothing else,
//! and everything that is made of it is whole.

use crypto::digest::RecordDigest;
use domain::{ChangeId, PersonId};
use rusqlite::Connection;
use server::admin::County;
use server::token::Token;
use std::collections::{BTreeMap, BTreeSet};

/// What lists and pages are made of, as text.
const RECORDS: &str =
    "select person, id, json_array(kind, at, hex(about), mark, voided, rivals, facts) from record";
const LISTS: &str = "select person, person, json_array(name, alias, sort, due, due_kind, last_contact, last_attempt,
    latest_event, stage, open, hex(case_id), hex(team), hex(lead), hex(partner), attempts, visits, to_review, undecided,
    safety, referrals, conflicts, died) from person_list";

type Rows = BTreeMap<(Vec<u8>, Vec<u8>), String>;

/// What the county has for one worker, and what a device that was never cut makes of it.
#[derive(Default)]
pub struct Reference {
    people: BTreeMap<PersonId, Vec<(u64, ChangeId)>>,
    county: BTreeSet<ChangeId>,
    records: Rows,
    lists: Rows,
}

impl Reference {
    /// Asks the county, past any pull, and the device that has everything.
    pub async fn new(county: &County, worker: domain::UserId, whole: &Connection) -> Self {
        let db = county.database();
        let members = db.members().await.unwrap();
        let member = members.iter().find(|member| member.user == worker).unwrap().member();
        let mut people = BTreeMap::new();
        for row in db.people(member.clone(), None, 1_000).await.unwrap() {
            let changes = db.changes_of(member.clone(), row.person, 0, 100_000).await.unwrap().unwrap();
            people.insert(row.person, changes.iter().map(|one| (one.seq, id_of(&one.body))).collect());
        }
        let seq = county.describe().await.unwrap().seq;
        let records = db.county_records(0, seq).await.unwrap();
        Self {
            people,
            county: records.iter().map(|one| id_of(&one.body)).collect(),
            records: rows(whole, RECORDS),
            lists: rows(whole, LISTS),
        }
    }

    /// Everything.
    pub fn all(&self) -> BTreeSet<ChangeId> {
        let changes = self.people.values().flatten().map(|(_, id)| *id);
        changes.chain(self.county.iter().copied()).collect()
    }

    /// What a device with this token has stored, and whose history is whole.
    fn promised(&self, token: Option<&Token>) -> (BTreeSet<ChangeId>, BTreeSet<PersonId>) {
        let Some(token) = token else { return Default::default() };
        let Some(run) = &token.histories else { return (self.all(), self.people.keys().copied().collect()) };
        let mut promised = self.county.clone();
        let mut whole = BTreeSet::new();
        let others = self.people.keys().filter(|person| !run.first.contains(person));
        let mut order = run.first.iter().chain(others);
        if let Some(last) = run.last {
            for person in order.by_ref() {
                promised.extend(self.people[person].iter().map(|(_, id)| *id));
                whole.insert(*person);
                if *person == last {
                    break;
                }
            }
        }
        if let Some(next) = order.next() {
            promised.extend(self.people[next].iter().filter(|(seq, _)| *seq <= run.at).map(|(_, id)| *id));
        }
        (promised, whole)
    }

    /// How many changes the device holds; or what is wrong with it.
    pub fn check(&self, device: &Connection, token: Option<&Token>) -> Result<usize, String> {
        let (promised, whole) = self.promised(token);
        let held = ids(device, "select id from change where state = 1");
        let count = count(device, "select count(*) from change");
        sound(count == held.len(), || format!("{count} changes, {} of them different", held.len()))?;
        let missing = promised.difference(&held).count();
        let beyond = held.difference(&promised).count();
        sound(missing + beyond == 0, || {
            format!("{missing} promised by the token are not there, {beyond} more are")
        })?;
        structure(device)?;
        self.rows_are_whole(device, &whole)?;
        Ok(count)
    }

    /// What was folded of whole histories is what a device that was never cut makes of them.
    fn rows_are_whole(&self, device: &Connection, whole: &BTreeSet<PersonId>) -> Result<(), String> {
        let is_whole = |person: &[u8]| whole.iter().any(|one| one.bytes() == person);
        for (sql, reference) in [(RECORDS, &self.records), (LISTS, &self.lists)] {
            let here = rows(device, sql);
            let wrong = reference
                .iter()
                .filter(|((person, _), _)| is_whole(person))
                .filter(|(key, row)| here.get(*key) != Some(row))
                .count();
            sound(wrong == 0, || format!("{wrong} rows are not what their histories make"))?;
        }
        let arriving = ids(device, "select person from person_list where arriving = 1");
        let arriving = arriving.iter().filter(|id| whole.iter().any(|one| one.bytes() == id.bytes())).count();
        sound(arriving == 0, || format!("{arriving} whole histories still arrive"))?;
        let open = count(device, "select count(*) from person_list where arriving = 0");
        sound(open == whole.len(), || format!("{open} people count as complete, not {}", whole.len()))
    }
}

/// What must be true of any device: records, digests and counts are those of its log.
pub fn structure(device: &Connection) -> Result<(), String> {
    let logged = ids(device, "select distinct record from change");
    let folded = ids(device, "select id from record");
    sound(logged == folded, || format!("{} records in the log, {} folded", logged.len(), folded.len()))?;
    let mut sums: BTreeMap<(Vec<u8>, i64), RecordDigest> = BTreeMap::new();
    let mut query = device
        .prepare("select person, object, id, stamp from change where state = 1 and object >= 0")
        .unwrap();
    let mut found = query.query([]).unwrap();
    while let Some(row) = found.next().unwrap() {
        let entry = RecordDigest::entry(row.get(2).unwrap(), row.get::<_, i64>(3).unwrap() as u64);
        *sums.entry((row.get(0).unwrap(), row.get(1).unwrap())).or_default() += entry;
    }
    let mut query = device.prepare("select person, object, sum from digest").unwrap();
    let kept = query
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), RecordDigest::from_bytes(row.get(2)?))))
        .unwrap()
        .collect::<Result<BTreeMap<_, _>, _>>()
        .unwrap();
    sound(kept == sums, || "the digests are not those of the log".to_owned())?;
    let wrong = count(
        device,
        "with made as (select person, kind, json_extract(body, '$.fields.happened_at.v') as at from change
           where json_extract(body, '$.op') = 'create')
         select count(*) from person_list l
           where last_attempt <> (select coalesce(max(at), 0) from made m
             where m.person = l.person and m.kind = 'contact_attempt')
           or visits <> (select count(*) from made m where m.person = l.person and m.kind = 'visit')",
    );
    sound(wrong == 0, || format!("the attempts or visits of {wrong} people are not those of the log"))
}

/// The token that a device has stored.
pub fn token(device: &Connection, county: &County) -> Option<Token> {
    let text = rusqlite::OptionalExtension::optional(device.query_row(
        "select cast(value as text) from meta where key = 'token'",
        [],
        |row| row.get(0),
    ));
    let text: String = text.unwrap()?;
    Some(Token::open(&text, &county.secret()).expect("a token of this county"))
}

fn sound(holds: bool, else_what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(else_what()) }
}

/// What a query counts.
pub fn count(db: &Connection, sql: &str) -> usize {
    db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize
}

fn id_of(body: &str) -> ChangeId {
    serde_json::from_str::<domain::Change>(body).unwrap().id
}

fn ids(db: &Connection, sql: &str) -> BTreeSet<ChangeId> {
    let mut query = db.prepare(sql).unwrap();
    let ids = query.query_map([], |row| Ok(ChangeId::from_bytes(row.get(0)?))).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

fn rows(db: &Connection, sql: &str) -> Rows {
    let mut query = db.prepare(sql).unwrap();
    let rows = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
