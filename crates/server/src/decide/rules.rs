//! The rules that need to know more than the change itself: which record, whose person, may they.

use super::{Author, Known, KnownRecord};
use domain::caseload::Member;
use domain::codes::{CodeList, Role};
use domain::ids::SYSTEM_USER;
use domain::policy::{self, Action, Nearness, Object};
use domain::records::{Assignment, belongs_to_person};
use domain::validate::Refusal;
use domain::{Change, FieldChange, FoldedField, Op, RecordId, RecordKind, TeamId, UserId, fold};
use std::str::FromStr;
use sync::wire::Verdict;

/// A kind or operation of a newer version: the device holds it, nothing is kept.
pub(super) fn unknown_to_this_version(change: &Change) -> Option<Verdict> {
    let known = change.kind.is_known() && change.op.is_known();
    (!known).then_some(Verdict::CountyTooOld)
}

/// A change speaks for the session's user and device only.
pub(super) fn is_authors_own(change: &Change, author: &Author) -> Result<(), Refusal> {
    if change.author == author.user() && change.device == author.device() {
        Ok(())
    } else {
        Err(Refusal::whole("not_yours"))
    }
}

/// Judges a well-formed change of its author. `Accepted` here only says yes; number and stamp follow.
pub(super) fn judge(change: &Change, author: &Author, known: &Known) -> Verdict {
    let yes = Verdict::Accepted { seq: 0, stamp: domain::Stamp(0) };
    match judge_inner(change, author, known) {
        Ok(true) => yes,
        Ok(false) => Verdict::Held,
        Err(code) => Verdict::Refused(Refusal::whole(code)),
    }
}

/// `Ok(false)`: held.
fn judge_inner(change: &Change, author: &Author, known: &Known) -> Result<bool, &'static str> {
    let makes_person = change.kind == RecordKind::Person && change.op == Op::Create;
    let mut near = Nearness::default();
    if let Some(person) = change.person {
        match (known.people.get(&person), author) {
            (Some(_), Author::County) => {}
            (Some(who), Author::Device { member, .. }) => {
                near = nearness(member, who).ok_or("not_found")?;
            }
            (None, _) if makes_person => near.own = true,
            // The person is not known here: their `create` was refused or has not come.
            (None, _) => return Ok(false),
        }
    }
    let record = known.records.get(&change.record);
    match record {
        None if change.op != Op::Create => return Ok(false),
        Some(record) if record.kind != change.kind || record.person != change.person => {
            return Err("wrong_record");
        }
        _ => {}
    }
    let allowed = match author {
        Author::County => intake_may(change, record),
        Author::Device { .. } if !knows_its_case(change, known)? => return Ok(false),
        Author::Device { member, .. } => member_may(change, record, member, near, known),
    };
    if allowed { Ok(true) } else { Err("not_allowed") }
}

/// How a member stands to a person for the purpose of writing; `None` when the person is out of scope.
///
/// Somebody whose device was told of the person keeps writing as before, also when the case was reassigned
/// meanwhile: work that was done offline is neither refused nor stranded.
fn nearness(member: &Member, who: &super::KnownPerson) -> Option<Nearness> {
    let mut near = who.near;
    if who.told {
        match member.role {
            Role::Supervisor => near.team = true,
            _ => near.own = true,
        }
    }
    let in_scope = who.told || member.sees(near) != 0;
    in_scope.then_some(near)
}

/// Imports and administration: the county's own records; of people, C on identity, address, event and case, and U on
/// what intake created itself.
fn intake_may(change: &Change, record: Option<&KnownRecord>) -> bool {
    if !belongs_to_person(&change.kind) {
        return true;
    }
    let takes_in = matches!(
        Object::of(&change.kind),
        Some(Object::PersonIdentity | Object::Address | Object::OverdoseEvent | Object::Case)
    );
    let own = record.is_none_or(|record| record.author == SYSTEM_USER);
    takes_in && own && change.op != Op::Void
}

fn member_may(
    change: &Change,
    record: Option<&KnownRecord>,
    member: &Member,
    near: Nearness,
    known: &Known,
) -> bool {
    let Some(object) = Object::of(&change.kind) else { return false };
    if change.kind == RecordKind::Assignment && record.is_none() && is_worker(&member.role) {
        return carries_own_person(change, member, known);
    }
    if change.kind == RecordKind::Case
        && is_worker(&member.role)
        && names_other_team(change, member)
        && !(record.is_none() && opens_first_case(change, member, known))
    {
        return false;
    }
    let action = match (&change.op, record) {
        (Op::Create, None) => Action::Create,
        (Op::Create | Op::Amend, _) => Action::Amend,
        _ => Action::Void,
    };
    if change.op != Op::Amend {
        return policy::allows(&member.role, action, object, near);
    }
    let lead = change.person.and_then(|person| known.people.get(&person)).is_some_and(|who| who.lead);
    // Who carries a case is no matter of choice for those who may not assign.
    let chooses = !(change.kind == RecordKind::Assignment && is_worker(&member.role));
    let stands = known.choices.get(&change.record).filter(|_| chooses);
    let stands = stands.map(|changes| fold(changes.iter().map(|(change, stamp)| (change, *stamp))));
    let rivals = |name: &str, field| rivals(stands.as_ref()?.fields.get(name)?, field);
    change.fields.iter().all(|(name, field)| match rivals(name, field) {
        Some(authors) => {
            let near = Nearness { author: authors.contains(&member.user), ..near };
            policy::may_choose(&member.role, lead, near)
        }
        None => policy::allows(&member.role, action, object, near),
    })
}

fn is_worker(role: &Role) -> bool {
    matches!(role, Role::PeerSupport | Role::Ems | Role::Clinician)
}

/// The authors of the values that stand against each other in this field now, when the change is a choice between
/// them: it saw them all and takes one of them. Anything else is an amend like any other.
fn rivals(stands: &FoldedField, field: &FieldChange) -> Option<Vec<UserId>> {
    let saw_all = stands.claims.iter().all(|claim| field.seen.contains(&claim.change));
    let takes_one = stands.claims.iter().any(|claim| claim.value == field.value);
    let choice = stands.in_conflict() && saw_all && takes_one;
    choice.then(|| stands.claims.iter().map(|claim| claim.author).collect())
}

/// A case has one assignment, under the id that follows from the case's. `false` while that case is not known: its
/// `create` was refused or has not come.
fn knows_its_case(change: &Change, known: &Known) -> Result<bool, &'static str> {
    let field = change.fields.get("case").filter(|_| change.kind == RecordKind::Assignment);
    let Some(field) = field else { return Ok(true) };
    let id = id::<RecordId>(Some(field)).ok_or("wrong_record")?;
    let case = known.records.get(&id);
    let fits = Assignment::id_for(id) == change.record
        && case.is_none_or(|case| case.kind == RecordKind::Case && case.person == change.person);
    if fits { Ok(case.is_some()) } else { Err("wrong_record") }
}

/// The one assignment that a worker may create: for a person they created themself and whom nobody else carries, led
/// by themself, in their own team, with nobody else brought in.
///
/// The first case may be in another team: the worker's own may have changed while this was on its way.
fn carries_own_person(change: &Change, member: &Member, known: &Known) -> bool {
    let who = change.person.and_then(|person| known.people.get(&person));
    let team = id::<TeamId>(change.fields.get("team"));
    let case = id::<RecordId>(change.fields.get("case"));
    let first = case.is_some() && who.and_then(|who| who.first_case) == case;
    made(change.person.map(RecordId::from), member, known)
        && who.is_some_and(|who| !who.others)
        && id::<UserId>(change.fields.get("lead")) == Some(member.user)
        && team.is_some()
        && (team == member.team || first && made(case, member, known) && is_team(team, known))
        && change.fields.get("partner").is_none_or(|field| field.value.is_null())
}

/// Whether this is the first case of somebody whom the member created, in a team that there is.
fn opens_first_case(change: &Change, member: &Member, known: &Known) -> bool {
    let who = change.person.and_then(|person| known.people.get(&person));
    made(change.person.map(RecordId::from), member, known)
        && who.is_some_and(|who| who.first_case.is_none())
        && is_team(id(change.fields.get("team")), known)
}

fn made(record: Option<RecordId>, member: &Member, known: &Known) -> bool {
    record.and_then(|record| known.records.get(&record)).is_some_and(|record| record.author == member.user)
}

fn is_team(team: Option<TeamId>, known: &Known) -> bool {
    let record = team.and_then(|team| known.records.get(&team.into()));
    record.is_some_and(|record| record.kind == RecordKind::Team)
}

/// A worker puts nobody onto another team's list, except as [`opens_first_case`] says.
fn names_other_team(change: &Change, member: &Member) -> bool {
    change
        .fields
        .get("team")
        .is_some_and(|field| !field.value.is_null() && id::<TeamId>(Some(field)) != member.team)
}

fn id<T: FromStr>(field: Option<&FieldChange>) -> Option<T> {
    field?.value.as_str()?.parse().ok()
}
