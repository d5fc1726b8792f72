//! What must hold once the network has healed, judged from the two kinds of database alone.

use crate::database::{carried, member_now};
use crate::device::Device;
use crate::ledger::Ledger;
use crate::restoring::came_back;
use crate::tables;
use crate::town;
use crate::work::rivals;
use crate::world::World;
use crypto::digest::RecordDigest;
use domain::caseload::{Carried, Member};
use domain::records::{Assignment, Case, Record};
use domain::{Change, ChangeId, Folded, Millis, PersonId, RecordId, RecordKind, Stamp, fold};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// A change as the county keeps it.
pub struct Kept {
    seq: u64,
    pub stamp: Stamp,
    object: u8,
    device: [u8; 16],
    received: Millis,
    body: String,
    change: Change,
}

pub type Log = BTreeMap<ChangeId, Kept>;

/// Judges a healed world; adds what is wrong to the ledger's violations.
pub fn judge(world: &mut World) {
    let connection = world.disk.connection.lock().unwrap();
    let mut ledger = world.book.open();
    let mut wrong = Vec::new();
    let log = log(&connection);
    county(&connection, &log, &ledger, &mut wrong);
    came_back(&world.devices, &connection, &log, &ledger, &mut wrong);
    let handed: BTreeMap<Vec<u8>, (String, String)> = handed_over(&connection);
    let rivalries = rivalries(&log);
    for device in &mut world.devices {
        let conflicts: BTreeSet<RecordId> =
            device.store.conflicts().unwrap().iter().map(|conflict| conflict.record.id).collect();
        let own = device.store.clone().crash().unwrap();
        let rows = rows(&own);
        let member = member_now(&connection, town::device(device.n), town::user(town::OWNERS[device.n]));
        let live = member.is_some();
        if let Some(member) = member {
            let seen = |person| member.sees(member.nearness(&carried(&connection, person)));
            holds_its_caseload(device, &own, &rows, &log, seen, &mut wrong);
            shows_conflicts(device, &rows, &log, (&conflicts, &rivalries), seen, &mut wrong);
            nothing_is_stuck(device, &rows, &ledger, &mut wrong);
            drafts_are_kept(device, &own, &ledger, &handed, &mut wrong);
        }
        tables::follow(device, &own, &rows, &mut wrong);
        said_is_kept(device, live, &rows, &log, &ledger, &handed, &mut wrong);
        town::town().device.leave(own);
    }
    for kept in log.values() {
        world.trace.note(format_args!("{} {:?} {}", kept.seq, kept.stamp, kept.body));
    }
    ledger.violations.extend(wrong);
}

pub fn log(connection: &Connection) -> Log {
    let mut query = connection
        .prepare_cached("select seq, stamp, object, device, received, body from change order by seq")
        .unwrap();
    let rows = query.query_map([], |row| {
        let body: String = row.get(5)?;
        let change: Change = serde_json::from_str(&body).unwrap();
        let kept = Kept {
            seq: row.get::<_, i64>(0)? as u64,
            stamp: Stamp(row.get::<_, i64>(1)? as u64),
            object: row.get(2)?,
            device: row.get(3)?,
            received: Millis(row.get(4)?),
            body,
            change,
        };
        Ok((kept.change.id, kept))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// The county itself: what it said it has, it has, once; stamps are sound; its tables are folds of its log.
fn county(connection: &Connection, log: &Log, ledger: &Ledger, wrong: &mut Vec<String>) {
    for (id, (seq, stamp, _)) in &ledger.accepted {
        match log.get(id) {
            None => wrong.push(format!("{id} was acknowledged and is lost")),
            Some(kept) if (kept.seq, kept.stamp) != (*seq, *stamp) => {
                wrong.push(format!("{id} is kept otherwise than it was acknowledged"));
            }
            Some(_) => {}
        }
    }
    for (id, kept) in log {
        let office = kept.change.author == domain::ids::SYSTEM_USER || kept.received == town::START;
        if !office && !ledger.said.contains_key(id) {
            wrong.push(format!("{id} was kept and nobody said it"));
        }
        let committed = ledger.accepted.get(id).map_or(kept.received, |(_, _, committed)| *committed);
        if kept.stamp.moment().since(committed) > 1_000 {
            wrong.push(format!("{id} counts from after it came"));
        }
        let newer =
            |seen: &ChangeId| log.get(seen).is_some_and(|by| by.seq < kept.seq && by.stamp >= kept.stamp);
        if kept.change.seen().any(|seen| newer(&seen)) {
            wrong.push(format!("{id} does not beat what it corrected"));
        }
    }
    let people: BTreeSet<PersonId> = log.values().filter_map(|kept| kept.change.person).collect();
    for person in people {
        let mut kept = carried(connection, person);
        let mut folded = folded_cases(log, person);
        let key = |case: &Carried| {
            (case.team.map(|id| id.0), case.lead.map(|id| id.0), case.partner.map(|id| id.0))
        };
        kept.sort_by_key(key);
        folded.sort_by_key(key);
        if kept != folded {
            wrong.push(format!("the caseload of {person} is not the fold of its log"));
        }
    }
}

fn folded_cases(log: &Log, person: PersonId) -> Vec<Carried> {
    let of = |kind: RecordKind| {
        let mut records: BTreeMap<RecordId, Vec<(&Change, Stamp)>> = BTreeMap::new();
        for kept in log.values().filter(|kept| kept.change.person == Some(person) && kept.change.kind == kind)
        {
            records.entry(kept.change.record).or_default().push((&kept.change, kept.stamp));
        }
        let stands = records.into_iter().map(|(id, changes)| (id, fold(changes)));
        stands.filter(|(_, folded)| folded.created && !folded.voided).collect::<BTreeMap<_, _>>()
    };
    let assignments = of(RecordKind::Assignment);
    let carried = |(id, folded): (RecordId, Folded)| {
        let assignment = assignments.get(&Assignment::id_for(id));
        let assignment = assignment.map(|folded| Assignment::from_values(&folded.values()));
        Carried::by(&Case::from_values(&folded.values()), assignment.as_ref())
    };
    of(RecordKind::Case).into_iter().map(carried).collect()
}

/// A change as a device keeps it.
pub struct Row {
    pub person: Option<PersonId>,
    pub record: RecordId,
    pub state: i64,
    pub stamp: Stamp,
    pub body: String,
}

fn rows(own: &Connection) -> BTreeMap<ChangeId, Row> {
    let mut query = own.prepare_cached("select id, person, record, state, stamp, body from change").unwrap();
    let rows = query.query_map([], |row| {
        let person: Vec<u8> = row.get(1)?;
        let row_of = Row {
            person: person.try_into().ok().map(PersonId::from_bytes),
            record: RecordId::from_bytes(row.get(2)?),
            state: row.get(3)?,
            stamp: Stamp(row.get::<_, i64>(4)? as u64),
            body: row.get(5)?,
        };
        Ok((ChangeId::from_bytes(row.get(0)?), row_of))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What the county has.
pub const ACCEPTED: i64 = 1;

/// Exactly its caseload, as the county has it: no more, no less, and the digests say so.
fn holds_its_caseload(
    device: &Device,
    own: &Connection,
    rows: &BTreeMap<ChangeId, Row>,
    log: &Log,
    seen: impl Fn(PersonId) -> u32,
    wrong: &mut Vec<String>,
) {
    let n = device.n;
    let mut sum = RecordDigest::ZERO;
    let mut sees: BTreeMap<PersonId, u32> = BTreeMap::new();
    for (id, kept) in log {
        let person = kept.change.person;
        let objects = person.map_or(u32::MAX, |person| *sees.entry(person).or_insert_with(|| seen(person)));
        let theirs = objects & (1 << kept.object) != 0;
        match rows.get(id).filter(|row| row.state == ACCEPTED) {
            None if theirs => wrong.push(format!("{n} lacks {id}, number {}", kept.seq)),
            Some(_) if !theirs => wrong.push(format!("{n} holds {id}, which is not its to hold")),
            Some(row) if row.stamp != kept.stamp => wrong.push(format!("{n} has {id} by another stamp")),
            Some(row) if row.body != kept.body && kept.device != town::device(n).bytes() => {
                wrong.push(format!("{n} has {id} in other words"));
            }
            _ => {}
        }
        if theirs {
            sum += RecordDigest::entry(id.bytes(), kept.stamp.0);
        }
    }
    for (id, row) in rows.iter().filter(|(_, row)| row.state == ACCEPTED) {
        if !log.contains_key(id) {
            wrong.push(format!("{n} takes {id} for accepted, and the county does not have it"));
        }
        let _ = row;
    }
    let total: Vec<u8> = own
        .query_row("select value from meta where key = 'digest'", [], |row| row.get(0))
        .unwrap_or_default();
    if total != sum.as_bytes() {
        wrong.push(format!("the digest of {n} is not that of its caseload"));
    }
    let mut query = own.prepare("select person, objects, leaving, arriving from held").unwrap();
    let held = query.query_map([], |row| {
        let person = PersonId::from_bytes(row.get(0)?);
        Ok((person, (row.get::<_, u32>(1)?, row.get::<_, u32>(2)?, row.get::<_, bool>(3)?)))
    });
    let held: BTreeMap<_, _> = held.unwrap().map(Result::unwrap).collect();
    let expected: BTreeMap<_, _> = sees
        .into_iter()
        .filter(|(_, objects)| *objects != 0)
        .map(|(who, objects)| (who, (objects, 0, false)))
        .collect();
    // Objects of which there is nothing are nobody's to hold or not to hold.
    let mut there: BTreeMap<PersonId, u32> = BTreeMap::new();
    for kept in log.values() {
        if let Some(person) = kept.change.person {
            *there.entry(person).or_default() |= 1 << kept.object;
        }
    }
    let real = |set: &BTreeMap<PersonId, (u32, u32, bool)>| {
        let each = set.iter().map(|(who, (objects, leaving, arriving))| {
            (*who, (objects & there.get(who).unwrap_or(&0), *leaving, *arriving))
        });
        each.collect::<BTreeMap<_, _>>()
    };
    // Somebody whom the county never took in stays with what was said of them.
    let held: BTreeMap<_, _> = held.into_iter().filter(|(who, _)| there.contains_key(who)).collect();
    if real(&held) != real(&expected) {
        wrong.push(format!("{n} holds {held:?} and should hold {expected:?}"));
    }
}

/// The records in which the county has conflicts, with the person and the object that whoever sees them may see.
type Rivalries = BTreeMap<RecordId, (Option<PersonId>, u8)>;

/// All changes of a record are of one kind and about one person.
fn rivalries(log: &Log) -> Rivalries {
    let mut records: BTreeMap<RecordId, Vec<&Kept>> = BTreeMap::new();
    for kept in log.values() {
        records.entry(kept.change.record).or_default().push(kept);
    }
    let torn =
        |all: &Vec<&Kept>| all.len() > 1 && rivals(&fold(all.iter().map(|one| (&one.change, one.stamp)))) > 0;
    records.retain(|_, all| torn(all));
    records.into_iter().map(|(record, all)| (record, (all[0].change.person, all[0].object))).collect()
}

/// Every conflict that was made stands at every device that may see it, and no other.
fn shows_conflicts(
    device: &Device,
    rows: &BTreeMap<ChangeId, Row>,
    log: &Log,
    (shown, made): (&BTreeSet<RecordId>, &Rivalries),
    seen: impl Fn(PersonId) -> u32,
    wrong: &mut Vec<String>,
) {
    // What waits at this device for its create, or for a newer county, counts here already.
    let mut waits: BTreeSet<RecordId> =
        rows.values().filter(|row| matches!(row.state, 0 | 2 | 4)).map(|row| row.record).collect();
    if device.worker.older {
        // Whether it shows a conflict in what it does not understand is its own affair.
        let not_understood = log.values().filter(|kept| kept.change.kind == RecordKind::StepForward);
        waits.extend(not_understood.map(|kept| kept.change.record));
    }
    let sees =
        |(person, object): (Option<PersonId>, u8)| person.is_none_or(|who| seen(who) & (1 << object) != 0);
    let made: BTreeSet<RecordId> = made
        .iter()
        .filter(|(record, whose)| !waits.contains(record) && sees(**whose))
        .map(|(record, _)| *record)
        .collect();
    let shown: BTreeSet<RecordId> = shown.difference(&waits).copied().collect();
    if made != shown {
        wrong.push(format!("{} shows conflicts in {shown:?}, made were {made:?}", device.n));
    }
}

/// Nothing waits any more but what waits for somebody: a create that was refused (or then handed over), a county that
/// knows the kind.
fn nothing_is_stuck(
    device: &Device,
    rows: &BTreeMap<ChangeId, Row>,
    ledger: &Ledger,
    wrong: &mut Vec<String>,
) {
    let refused: BTreeSet<RecordId> =
        rows.values().filter(|row| matches!(row.state, 3 | 6)).map(|row| row.record).collect();
    for (id, row) in rows {
        let about_refused = refused.contains(&row.record)
            || row.person.is_some_and(|person| refused.contains(&RecordId::from(person)))
            || row.body.contains("\"assignment\"") && !refused.is_empty();
        let stuck = match row.state {
            0 => true,
            2 => !about_refused,
            4 => !ledger.unknown_kinds.contains(id),
            _ => false,
        };
        if stuck {
            let same = rows.iter().filter(|(other, of)| of.record == row.record && *other != id);
            let same: Vec<_> = same.map(|(other, of)| (other, of.state, &of.body)).collect();
            wrong.push(format!(
                "{id} of {} is stuck in state {}: {}; beside {same:?}",
                device.n, row.state, row.body
            ));
        }
    }
}

fn handed_over(connection: &Connection) -> BTreeMap<Vec<u8>, (String, String)> {
    let mut query = connection.prepare("select id, what, body from quarantine").unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
    rows.unwrap().map(Result::unwrap).collect()
}

/// Whatever was recorded is with the county, or stands in quarantine, here or there.
fn said_is_kept(
    device: &Device,
    live: bool,
    rows: &BTreeMap<ChangeId, Row>,
    log: &Log,
    ledger: &Ledger,
    handed: &BTreeMap<Vec<u8>, (String, String)>,
    wrong: &mut Vec<String>,
) {
    for id in ledger.said.iter().filter(|(_, said)| said.device == device.n).map(|(id, _)| id) {
        let with_county = log.contains_key(id) || handed.contains_key(id.bytes().as_slice());
        let here = rows.get(id).is_some_and(|row| match row.state {
            // A correction stands in its place.
            5 => true,
            6 => false,
            _ if live => row.state == 2 || row.state == 3 || row.state == 4,
            _ => true,
        });
        // A device that was cut off keeps its sealed copies to itself.
        let sealed = !live && ledger.owed.get(id).is_some_and(|owed| owed.holders.contains(&device.n));
        let excused = sealed || replaced(id, device, ledger) || unpromised(id, ledger);
        if !with_county && !here && !excused {
            wrong.push(format!("{id} of {} is nowhere: {:?}", device.n, rows.get(id).map(|row| row.state)));
        }
    }
}

/// Whether a correction took its place before its person left.
fn replaced(id: &ChangeId, device: &Device, ledger: &Ledger) -> bool {
    ledger.corrected.contains(&(device.n, *id))
}

/// Whether it went with the county's machine, and no device had it any more.
fn unpromised(id: &ChangeId, ledger: &Ledger) -> bool {
    let erased = ledger.owed.get(id).is_some_and(|owed| owed.holders.is_empty());
    erased || ledger.unpromised.iter().any(|(lost, _)| lost == id.bytes().as_slice())
}

/// What was half typed is here, or in the county's quarantine.
fn drafts_are_kept(
    device: &Device,
    own: &Connection,
    ledger: &Ledger,
    handed: &BTreeMap<Vec<u8>, (String, String)>,
    wrong: &mut Vec<String>,
) {
    let mut query = own.prepare("select body from draft").unwrap();
    let here: BTreeSet<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for kept in ledger.drafts.values().filter(|kept| kept.device == device.n) {
        let there = handed.values().any(|(what, body)| what == "draft" && *body == kept.body);
        let unpromised = ledger.unpromised.iter().any(|(_, body)| *body == kept.body);
        if !there && !here.contains(&kept.body) && !unpromised {
            wrong.push(format!("the draft {} of {} is lost", kept.key, device.n));
        }
    }
}

/// Whose device it is, as the county has it now; for the loop that heals.
pub fn is_live(world: &World, n: usize) -> Option<Member> {
    let connection = world.disk.connection.lock().unwrap();
    member_now(&connection, town::device(n), town::user(town::OWNERS[n]))
}
