//! What is tried, and through which door.

use crate::town::{Carried, Member, Town};
use domain::policy::Action;
use domain::records::{Assignment, belongs_to_person};
use domain::{Change, ChangeId, FieldChange, Op, PersonId, RecordId, RecordKind, Stamp};
use serde_json::{Value, json};

/// Through which door.
#[derive(Clone, Copy, Debug)]
pub enum Door {
    Sync,
    Rest,
}

/// What is done to a record, and what the table calls it.
pub const OPS: [(Op, Action); 3] =
    [(Op::Create, Action::Create), (Op::Amend, Action::Amend), (Op::Void, Action::Void)];

/// One try.
pub struct Try {
    pub kind: RecordKind,
    pub action: Action,
    pub change: Change,
}

/// A well-formed change of this kind: about a record of the person that is there, or a new one.
pub fn make(
    member: &Member,
    town: &Town,
    carried: &Carried,
    kind: &RecordKind,
    op: Op,
    action: Action,
) -> Try {
    let theirs = belongs_to_person(kind);
    let code = domain::codes::CodeList::code(kind);
    let record = if theirs { carried.records[code] } else { town.own[code] };
    let person = theirs.then_some(carried.person);
    let change = match (kind, &op) {
        (RecordKind::Person, Op::Create) => {
            let new = PersonId::new(server::server::clock(), crypto::secret::random_bytes());
            change(member, RecordKind::Person, Some(new), Some(new.into()), Op::Create)
        }
        (RecordKind::Assignment, Op::Create) => {
            let case = carried.spare[town.spare % carried.spare.len()];
            let fields = json!({ "case": case, "team": carried.team, "lead": carried.lead });
            assignment(member, carried.person, case, Op::Create, fields)
        }
        (_, Op::Create) => change(member, kind.clone(), person, None, op),
        _ => change(member, kind.clone(), person, Some(record), op),
    };
    Try { kind: kind.clone(), action, change }
}

/// A change of any kind, with just the fields that it needs.
pub fn change(
    member: &Member,
    kind: RecordKind,
    person: Option<PersonId>,
    record: Option<RecordId>,
    op: Op,
) -> Change {
    let now = server::server::clock();
    let some = RecordId::new(now, crypto::secret::random_bytes());
    let fields = match kind {
        RecordKind::Person => json!({ "alias": "Red" }),
        RecordKind::Alias | RecordKind::Team => json!({ "name": "Red" }),
        RecordKind::Place => json!({ "kind": "street", "label": "by the depot" }),
        RecordKind::Phone => json!({ "number": "555-0100" }),
        RecordKind::OverdoseEvent => json!({ "occurred_at": now, "source": "outreach" }),
        RecordKind::Case => json!({ "stage": "attempting", "opened_at": now }),
        RecordKind::Assignment => json!({ "assigned_at": now }),
        RecordKind::ContactAttempt => json!({ "happened_at": now, "mode": "phone", "outcome": "no-answer" }),
        RecordKind::Visit => json!({ "attempt": some, "happened_at": now }),
        RecordKind::PeerNote => json!({ "text": "in their own words" }),
        RecordKind::Referral => json!({ "category": "wound-care", "status": "requested", "offered_at": now }),
        RecordKind::SupplyHandout => json!({ "item": "naloxone-nasal-4mg", "kits": 1, "happened_at": now }),
        RecordKind::FollowUp => json!({ "kind": "visit", "due_on": "2031-01-02" }),
        RecordKind::StepForward => json!({ "text": "slept indoors", "happened_at": now }),
        RecordKind::SafetyNote => json!({ "category": "dog" }),
        RecordKind::ReviewMark => json!({ "visit": some, "reviewed_at": now }),
        RecordKind::Staff => json!({ "name": "Red", "role": "supervisor" }),
        RecordKind::CountySettings => json!({ "name": "Pine", "timezone": "America/New_York" }),
        RecordKind::Other(_) => json!({}),
    };
    build(member, kind, person, record, op, fields)
}

/// What somebody says about a case's one assignment.
pub fn assignment(member: &Member, person: PersonId, case: RecordId, op: Op, fields: Value) -> Change {
    build(member, RecordKind::Assignment, Some(person), Some(Assignment::id_for(case)), op, fields)
}

fn build(
    member: &Member,
    kind: RecordKind,
    person: Option<PersonId>,
    record: Option<RecordId>,
    op: Op,
    fields: Value,
) -> Change {
    let now = server::server::clock();
    let id = ChangeId::new(now, crypto::secret::random_bytes());
    let reason = (op != Op::Create).then(|| "tried".to_owned());
    let fields = if op == Op::Void { json!({}) } else { fields };
    let set =
        |(name, value): (&String, &Value)| (name.clone(), FieldChange { value: value.clone(), seen: vec![] });
    Change {
        id,
        record: record.unwrap_or(id.into()),
        kind,
        person,
        op,
        author: member.client.enrolled.user,
        device: member.client.enrolled.device,
        stamp: Stamp::at(now),
        happened_at: now,
        reason,
        fields: fields.as_object().into_iter().flatten().map(set).collect(),
    }
}

/// Pushes all of it in one page; one answer each, in order.
pub async fn push(member: &mut Member, door: Door, tries: &[Try]) -> Vec<Value> {
    let changes = tries.iter().map(|tried| &tried.change);
    match door {
        Door::Rest => {
            let body = json!({ "changes": changes.collect::<Vec<_>>() }).to_string();
            let answer = member.client.send("POST", "/v1/changes", body.as_bytes()).await.unwrap();
            answer.json()["answers"].as_array().cloned().unwrap_or_default()
        }
        Door::Sync => {
            let mut lines =
                vec![json!({ "v": sync::wire::PROTOCOL, "app": "0.1.0", "now": server::server::clock() })];
            lines.extend(changes.map(|change| json!({ "c": change })));
            let answer = member.client.sync(&lines).await.unwrap();
            answer.lines().iter().filter_map(|line| line.get("a").cloned()).collect()
        }
    }
}
