//! Who carries whom, folded from case and assignment records; and teams and members, folded from the county's own.

use domain::caseload::Carried;
use domain::codes::Role;
use domain::records::{Assignment, Case, Record, Staff, Team};
use domain::{Change, RecordId, RecordKind, Stamp, TeamId, clock72, fold};
use std::collections::BTreeMap;

/// One case as the caseload needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedCase {
    /// The case.
    pub case: RecordId,
    /// Who carries it.
    pub carried: Carried,
    /// Whether the team still works on it.
    pub open: bool,
}

/// The cases of one person, from all their case and assignment changes. A voided case is nobody's; a voided
/// assignment counts as none.
pub fn cases<'a>(changes: impl IntoIterator<Item = (&'a Change, Stamp)>) -> Vec<CarriedCase> {
    let mut cases: BTreeMap<RecordId, Vec<(&Change, Stamp)>> = BTreeMap::new();
    let mut assignments: BTreeMap<RecordId, Vec<(&Change, Stamp)>> = BTreeMap::new();
    for (change, stamp) in changes {
        match change.kind {
            RecordKind::Case => cases.entry(change.record).or_default().push((change, stamp)),
            RecordKind::Assignment => assignments.entry(change.record).or_default().push((change, stamp)),
            _ => {}
        }
    }
    let standing = |changes: Vec<(&Change, Stamp)>| {
        let folded = fold(changes);
        (folded.created && !folded.voided).then(|| folded.values())
    };
    let mut carried = Vec::new();
    for (id, changes) in cases {
        let Some(values) = standing(changes) else { continue };
        let case = Case::from_values(&values);
        let assignment = assignments.remove(&Assignment::id_for(id)).and_then(standing);
        let assignment = assignment.map(|values| Assignment::from_values(&values));
        carried.push(CarriedCase {
            case: id,
            carried: Carried::by(&case, assignment.as_ref()),
            open: clock72::is_open(&case),
        });
    }
    carried
}

/// A member as the county knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberFields {
    /// The name shown to colleagues.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// Their team.
    pub team: Option<TeamId>,
    /// Whether they work here now.
    pub active: bool,
}

/// A member, from the changes of their staff record. Somebody whose record was voided does not work here.
pub fn member<'a>(changes: impl IntoIterator<Item = (&'a Change, Stamp)>) -> Option<MemberFields> {
    let folded = fold(changes);
    let staff = Staff::from_values(&folded.values());
    Some(MemberFields {
        name: staff.name?,
        role: staff.role?,
        team: staff.team,
        active: staff.active != Some(false) && !folded.voided,
    })
}

/// A team's name, from the changes of its record.
pub fn team_name<'a>(changes: impl IntoIterator<Item = (&'a Change, Stamp)>) -> Option<String> {
    Team::from_values(&fold(changes).values()).name
}

/// A full name as people are found by it: words in lower case.
pub fn full_name(first: &str, last: &str) -> String {
    let words = first.split_whitespace().chain(last.split_whitespace()).map(str::to_lowercase);
    words.collect::<Vec<_>>().join(" ")
}
