//! Plans a pull: a pure function of the device's token, of what the county has told it, and of the caseload now.

use super::order::Order;
use crate::token::{Histories, Token};
use domain::PersonId;
use domain::caseload::PERSON_OBJECTS;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use sync::wire::Leave;

/// What the county has told a device of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Policy objects, as bits.
    pub objects: u32,
    /// Those of them that it was told to forget and has not yet said that it did.
    pub leaving: u32,
    /// The pull in which their history was last begun; 0 when the device made them itself.
    pub pull: u32,
    /// Something of them was left out of a frame, because they had left the caseload when it was built: whatever the
    /// token says, the device may lack it.
    pub missed: bool,
}

/// A row, and whether the device's token shows that it stored that history. This follows from the two pull numbers,
/// and from what was missed, so it is never written down.
type Row = (Told, bool);

/// What the device holds and goes on holding.
fn held((told, confirmed): &Row) -> u32 {
    if *confirmed { told.objects & !told.leaving } else { 0 }
}

/// What a pull is planned from.
#[derive(Debug, Default)]
pub struct Ask {
    /// The device's token, if it is one of this county and epoch.
    pub token: Option<Token>,
    /// What the device has erased.
    pub forgot: Vec<Leave>,
    /// People whose digests differed.
    pub differ: BTreeSet<PersonId>,
    /// What the device says that it holds, or may hold, and that is not its to hold: policy objects of people.
    pub beyond: BTreeMap<PersonId, u32>,
    /// Whether the digest of the county's own records differed.
    pub county_differs: bool,
    /// The county's epoch and last number now.
    pub epoch: u32,
    /// See `epoch`.
    pub seq: u64,
}

/// A person whose history is to be sent.
pub type Entering = (PersonId, u32);

/// The plan of one pull.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// Sent first.
    pub leaves: Vec<Leave>,
    /// Histories still to send, in order.
    pub entering: Vec<Entering>,
    /// How many histories of this run were complete before.
    pub done: u32,
    /// People whose history the device held before this run, and which objects of them.
    pub held: HashMap<PersonId, u32>,
    /// Those whose history was completed earlier in this run: they have everything up to its number.
    pub fresh: HashMap<PersonId, u32>,
    /// Where this pull starts: the token it goes on from.
    pub token: Token,
    /// The county's own records are sent from after this number.
    pub county_from: u64,
    /// Rows to write: changed or new.
    pub upserts: BTreeMap<PersonId, Told>,
    /// Rows to delete.
    pub deletes: BTreeSet<PersonId>,
}

/// Plans a pull. `told` are the device's rows, `now` the caseload of its user, `due_first` picks from the people that
/// enter those who are put first, at most [`crate::token::MAX_FIRST`].
pub fn plan(
    ask: &Ask,
    told: &BTreeMap<PersonId, Told>,
    now: &BTreeMap<PersonId, u32>,
    due_first: impl FnOnce(&[PersonId]) -> Vec<PersonId>,
) -> Plan {
    let token = ask.token.clone().filter(|token| token.epoch == ask.epoch && token.seq <= ask.seq);
    let mut plan = Plan::default();
    let mut rows = confirmed(told, token.as_ref());
    forget(&mut rows, &ask.forgot);
    let running = token.as_ref().is_some_and(|token| token.histories.is_some());
    if !running {
        for person in &ask.differ {
            if let Some(row) = rows.get_mut(person) {
                row.1 = false;
            }
        }
    }
    leave(&mut plan, &mut rows, now);
    leave_beyond(&mut plan, &rows, &ask.beyond);
    plan.token = token.unwrap_or(Token { epoch: ask.epoch, ..Token::default() });
    plan.county_from = if ask.county_differs { 0 } else { plan.token.seq };
    // A number is never given twice, also when a request comes late, with a token that has been replaced: what it is
    // told would count as stored by the token that the device has by now.
    let given = told.values().map(|row| row.pull).max().unwrap_or(0);
    match plan.token.histories.clone() {
        Some(run) => go_on(&mut plan, run, told, &rows, now),
        None => begin(&mut plan, (ask.seq, given), &mut rows, now, due_first),
    }
    for (person, row) in rows.iter().filter(|(person, row)| held(row) != 0 && now.contains_key(person)) {
        let of_this_run = running && row.0.pull == plan.token.pull;
        let group = if of_this_run { &mut plan.fresh } else { &mut plan.held };
        group.insert(*person, held(row));
    }
    plan.deletes = told.keys().filter(|person| !rows.contains_key(person)).copied().collect();
    let changed = rows.into_iter().map(|(person, (row, _))| (person, row));
    plan.upserts = changed.filter(|(person, row)| told.get(person) != Some(row)).collect();
    plan
}

/// The rows, with what the token confirms and what it does not.
fn confirmed(told: &BTreeMap<PersonId, Told>, token: Option<&Token>) -> BTreeMap<PersonId, Row> {
    let order =
        token.and_then(|token| token.histories.as_ref()).map(|run| (Order::new(&run.first), run.last));
    let confirms = |person: PersonId, row: &Told| match token {
        None => false,
        Some(token) if row.pull != token.pull => row.pull < token.pull,
        Some(_) => order.as_ref().is_none_or(|(order, last)| order.done(person, *last)),
    };
    told.iter().map(|(person, row)| (*person, (*row, !row.missed && confirms(*person, row)))).collect()
}

fn forget(rows: &mut BTreeMap<PersonId, Row>, forgot: &[Leave]) {
    for leave in forgot {
        if let Some((row, _)) = rows.get_mut(&leave.person) {
            row.objects &= !leave.objects;
            row.leaving &= !leave.objects;
            if row.objects == 0 {
                rows.remove(&leave.person);
            }
        }
    }
}

/// People, or objects of them, that are no longer in the caseload: said in every pull until the device has erased
/// them. Their rows stay, so that work done meanwhile is still in scope.
fn leave(plan: &mut Plan, rows: &mut BTreeMap<PersonId, Row>, now: &BTreeMap<PersonId, u32>) {
    for (person, (row, _)) in rows {
        let objects = row.objects & !now.get(person).copied().unwrap_or(0);
        if objects != 0 {
            // A device that made somebody may think that it holds more of them than it was told of.
            let whole = now.get(person).is_none_or(|objects| *objects == 0);
            let all = if whole { PERSON_OBJECTS } else { 0 };
            plan.leaves.push(Leave { person: *person, objects: objects | all });
            row.leaving |= objects;
        }
    }
}

/// What a device should not have leaves, whether or not the county knows why it has it.
fn leave_beyond(plan: &mut Plan, rows: &BTreeMap<PersonId, Row>, beyond: &BTreeMap<PersonId, u32>) {
    if beyond.is_empty() {
        return;
    }
    let mut leaves: BTreeMap<_, _> = plan.leaves.iter().map(|leave| (leave.person, leave.objects)).collect();
    for (person, objects) in beyond {
        // What it was told of is judged by that.
        let objects = objects & !rows.get(person).map_or(0, |(row, _)| row.objects);
        if objects != 0 {
            *leaves.entry(*person).or_default() |= objects;
        }
    }
    plan.leaves = leaves.into_iter().map(|(person, objects)| Leave { person, objects }).collect();
}

/// Histories that were begun earlier and are not complete. The one that was cut off goes on where it stood; when it is
/// no longer to be sent, the next one begins at its start.
fn go_on(
    plan: &mut Plan,
    mut run: Histories,
    told: &BTreeMap<PersonId, Told>,
    rows: &BTreeMap<PersonId, Row>,
    now: &BTreeMap<PersonId, u32>,
) {
    let order = Order::new(&run.first);
    let begun = rows.iter().filter(|(_, (row, _))| row.pull == plan.token.pull);
    let (done, left): (Vec<_>, Vec<_>) = begun.partition(|(person, _)| order.done(**person, run.last));
    plan.done = done.len() as u32;
    plan.entering = left
        .into_iter()
        .filter_map(|(person, (row, _))| Some((*person, row.objects & now.get(person)?)))
        .filter(|(_, objects)| *objects != 0)
        .collect();
    plan.entering.sort_by_key(|(person, _)| order.key(*person));
    // By the rows as they were: what the device forgot meanwhile is among them.
    let of_run = told.iter().filter(|(_, row)| row.pull == plan.token.pull).map(|(person, _)| *person);
    let undone = of_run.filter(|person| !order.done(*person, run.last));
    let cut_off = undone.min_by_key(|person| order.key(*person));
    if plan.entering.first().map(|(person, _)| *person) != cut_off {
        run.at = 0;
    }
    plan.county_from = run.to;
    plan.token.histories = Some(run);
}

/// A new run, for everybody whose history the device does not hold whole.
fn begin(
    plan: &mut Plan,
    (seq, given): (u64, u32),
    rows: &mut BTreeMap<PersonId, Row>,
    now: &BTreeMap<PersonId, u32>,
    due_first: impl FnOnce(&[PersonId]) -> Vec<PersonId>,
) {
    let lacking = |person: &PersonId, objects: u32| objects & !rows.get(person).map_or(0, held) != 0;
    let enter: Vec<_> = now.iter().filter(|(person, objects)| lacking(person, **objects)).collect();
    if enter.is_empty() {
        return;
    }
    plan.token.pull = plan.token.pull.max(given) + 1;
    let people: Vec<PersonId> = enter.iter().map(|(person, _)| **person).collect();
    let first = due_first(&people);
    let order = Order::new(&first);
    plan.entering = enter.into_iter().map(|(person, objects)| (*person, *objects)).collect();
    plan.entering.sort_by_key(|(person, _)| order.key(*person));
    for (person, objects) in &plan.entering {
        let (row, confirmed) = rows.entry(*person).or_default();
        row.objects |= objects;
        row.leaving &= !objects;
        row.pull = plan.token.pull;
        row.missed = false;
        *confirmed = false;
    }
    plan.token.histories = Some(Histories { to: seq, first, last: None, at: 0 });
}
