//! The policy table, tried over every push: role × kind × operation × how near the person is.

use super::*;
use domain::codes::{CodeList, Role};
use domain::policy::{self, Action, Object};
use domain::records::{Rule, belongs_to_person, fields_of};
use domain::{FieldChange, Op, TeamId};
use serde_json::{Value, json};

const NOW: Millis = Millis(1_790_000_000_000);

fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

fn member(role: &Role) -> Member {
    Member { user: UserId(uuid(10)), role: role.clone(), team: Some(TeamId(uuid(20))) }
}

/// A change of this kind that is well-formed: every required field has a value of its rule.
fn change(id: u128, kind: &RecordKind, op: Op, record: RecordId, person: Option<PersonId>) -> Change {
    let value = |rule: Rule| match rule {
        Rule::Text(_) | Rule::Code => json!("x"),
        Rule::Time => json!(NOW.0),
        Rule::Date => json!("2026-11-22"),
        Rule::Flag => json!(true),
        Rule::Whole(min, _) => json!(min),
        Rule::Number(min, _) => json!(min),
        Rule::Codes => json!(["x"]),
        Rule::Ref => json!(uuid(77)),
    };
    let optional = ["alias", "label"];
    let fields = fields_of(kind).unwrap().iter().filter(|f| f.required || optional.contains(&f.name));
    let set = fields.map(|field| {
        let value = if field.name == "case" { json!(uuid(78)) } else { value(field.rule) };
        (field.name.to_owned(), FieldChange { value, seen: Vec::new() })
    });
    Change {
        id: ChangeId(uuid(id)),
        record,
        kind: kind.clone(),
        person,
        op: op.clone(),
        author: UserId(uuid(10)),
        device: DeviceId(uuid(11)),
        stamp: Stamp::at(NOW),
        happened_at: NOW,
        reason: (op != Op::Create).then(|| "a reason".to_owned()),
        fields: if op == Op::Void { BTreeMap::new() } else { set.collect() },
    }
}

fn verdict(role: &Role, change: Change, known: Known) -> Verdict {
    let author = Author::Device { member: member(role), device: DeviceId(uuid(11)) };
    let raw = serde_json::to_string(&change).unwrap();
    let page =
        Page { author, received: NOW, lines: vec![Line::Change(Box::new(change), raw)], contact: None };
    decide(page, known).answers.remove(0).verdict
}

fn code(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Accepted { .. } => "accepted",
        Verdict::Refused(refusal) => &refusal.code,
        Verdict::Held => "held",
        _ => "other",
    }
}

#[test]
fn every_push_is_judged_as_the_table_says() {
    let person = PersonId(uuid(50));
    let case = RecordId(uuid(78));
    let near = [
        ("nobody", KnownPerson::default()),
        ("told", KnownPerson { told: true, ..KnownPerson::default() }),
        (
            "own",
            KnownPerson { near: Nearness { own: true, ..Nearness::default() }, ..KnownPerson::default() },
        ),
        (
            "team",
            KnownPerson { near: Nearness { team: true, ..Nearness::default() }, ..KnownPerson::default() },
        ),
    ];
    let mut decisions = 0;
    for role in policy::roles() {
        for kind in RecordKind::CODES.iter().map(|code| RecordKind::from_code(code)) {
            for (op, action) in
                [(Op::Create, Action::Create), (Op::Amend, Action::Amend), (Op::Void, Action::Void)]
            {
                for (context, who) in near {
                    let own = belongs_to_person(&kind).then_some(person);
                    let made = KnownRecord { kind: kind.clone(), person: own, author: UserId(uuid(99)) };
                    let mut known = Known::default();
                    known.people.insert(person, who);
                    let a_case =
                        KnownRecord { kind: RecordKind::Case, person: Some(person), author: made.author };
                    known.records.insert(case, a_case);
                    let record = match kind {
                        RecordKind::Person => person.into(),
                        RecordKind::Assignment => domain::records::Assignment::id_for(case),
                        _ => RecordId(uuid(60)),
                    };
                    // A person who exists is not created again: that would be an amend.
                    let exists = op != Op::Create || kind == RecordKind::Person;
                    if exists {
                        known.records.insert(record, made);
                    }
                    let action = if exists && op == Op::Create { Action::Amend } else { action };
                    let mut near = who.near;
                    if who.told {
                        if role == Role::Supervisor { near.team = true } else { near.own = true }
                    }
                    let scope = own.is_none() || who.told || member(&role).sees(near) != 0;
                    let granted = policy::allows(&role, action, Object::of(&kind).unwrap(), near);
                    let expected = match (scope, granted) {
                        (false, _) => "not_found",
                        (true, false) => "not_allowed",
                        (true, true) => "accepted",
                    };
                    let is = verdict(&role, change(60, &kind, op.clone(), record, own), known);
                    assert_eq!(code(&is), expected, "{role:?} {op:?} {kind:?} {context}");
                    decisions += 1;
                }
            }
        }
    }
    assert_eq!(decisions, 6 * 19 * 3 * 4);
}

/// An accepted change of one field of a record.
fn claim(id: u128, author: u128, kind: &RecordKind, of: (&str, Value, &[u128])) -> (Change, Stamp) {
    let mut claim = change(id, kind, Op::Amend, RecordId(uuid(60)), Some(PersonId(uuid(50))));
    claim.author = UserId(uuid(author));
    claim.fields = BTreeMap::from([field(of.0, of.1, of.2)]);
    (claim, Stamp(id as u64))
}

/// What comes of setting this field of the record that these claims are of.
fn choosing(
    role: &Role,
    lead: bool,
    kind: &RecordKind,
    claims: Vec<(Change, Stamp)>,
    of: (&str, Value, &[u128]),
) -> Verdict {
    let (person, record) = (PersonId(uuid(50)), RecordId(uuid(60)));
    let mut known = Known::default();
    known.people.insert(person, KnownPerson { told: true, lead, ..KnownPerson::default() });
    known
        .records
        .insert(record, KnownRecord { kind: kind.clone(), person: Some(person), author: UserId(uuid(99)) });
    known.choices.insert(record, claims);
    let mut choice = change(9, kind, Op::Amend, record, Some(person));
    choice.fields = BTreeMap::from([field(of.0, of.1, of.2)]);
    verdict(role, choice, known)
}

#[test]
fn a_choice_is_for_an_author_the_lead_or_the_supervisor() {
    let rows = [
        // role, lead, author of one, values differ → what comes of it
        (Role::PeerSupport, false, false, true, "not_allowed"),
        (Role::PeerSupport, true, false, true, "accepted"),
        (Role::PeerSupport, false, true, true, "accepted"),
        (Role::PeerSupport, false, false, false, "accepted"),
        (Role::Clinician, true, false, true, "accepted"),
        (Role::Clinician, true, false, false, "not_allowed"),
        (Role::Supervisor, false, false, true, "accepted"),
        (Role::Supervisor, false, false, false, "not_allowed"),
    ];
    for (role, lead, author, differ, expected) in rows {
        let claims = vec![
            claim(1, if author { 10 } else { 97 }, &RecordKind::Visit, ("notes", json!("one"), &[])),
            claim(2, 98, &RecordKind::Visit, ("notes", json!(if differ { "two" } else { "one" }), &[])),
        ];
        let is = choosing(&role, lead, &RecordKind::Visit, claims, ("notes", json!("one"), &[1, 2]));
        assert_eq!(code(&is), expected, "{role:?} lead={lead} author={author} differ={differ}");
    }
}

#[test]
fn what_is_no_choice_between_the_values_of_now_is_for_the_table() {
    let visit = |id, value: &str, seen| claim(id, 90 + id, &RecordKind::Visit, ("notes", json!(value), seen));
    let rivals = || vec![visit(1, "one", &[]), visit(2, "two", &[])];
    let settled = || [rivals(), vec![visit(3, "one", &[1, 2])]].concat();
    let third = || [rivals(), vec![visit(3, "three", &[])]].concat();
    let rows: [(&str, Vec<_>, &str, &[u128], &str); 5] = [
        ("takes one of them", rivals(), "one", &[1, 2], "accepted"),
        ("brings a value of its own", rivals(), "mine", &[1, 2], "not_allowed"),
        ("names only what was settled before", settled(), "two", &[1, 2], "not_allowed"),
        ("has not seen them all", third(), "one", &[1, 2], "not_allowed"),
        ("has seen all three", third(), "one", &[1, 2, 3], "accepted"),
    ];
    for (what, claims, value, seen, expected) in rows {
        let field = ("notes", json!(value), seen);
        let is = choosing(&Role::Supervisor, false, &RecordKind::Visit, claims, field);
        assert_eq!(code(&is), expected, "{what}");
    }
}

#[test]
fn no_worker_chooses_who_carries_a_case() {
    let (her, him) = (json!(uuid(31)), json!(uuid(32)));
    let kind = RecordKind::Assignment;
    for (role, expected) in [(Role::PeerSupport, "not_allowed"), (Role::Supervisor, "accepted")] {
        let claims = vec![
            claim(1, 10, &kind, ("lead", her.clone(), &[])),
            claim(2, 98, &kind, ("lead", him.clone(), &[])),
        ];
        let is = choosing(&role, true, &kind, claims, ("lead", her.clone(), &[1, 2]));
        assert_eq!(code(&is), expected, "{role:?}");
    }
}

#[test]
fn a_worker_carries_whom_they_made_only_while_nobody_else_does() {
    let (person, case) = (PersonId(uuid(50)), RecordId(uuid(78)));
    for (others, expected) in [(false, "accepted"), (true, "not_allowed")] {
        let mut known = Known::default();
        known.people.insert(person, KnownPerson { told: true, others, ..KnownPerson::default() });
        let made = |kind| KnownRecord { kind, person: Some(person), author: UserId(uuid(10)) };
        known.records.insert(person.into(), made(RecordKind::Person));
        known.records.insert(case, made(RecordKind::Case));
        let record = domain::records::Assignment::id_for(case);
        let mut carry = change(61, &RecordKind::Assignment, Op::Create, record, Some(person));
        carry.fields = BTreeMap::from([
            field("case", json!(case), &[]),
            field("lead", json!(uuid(10)), &[]),
            field("team", json!(uuid(20)), &[]),
        ]);
        assert_eq!(code(&verdict(&Role::PeerSupport, carry, known)), expected, "others={others}");
    }
}

#[test]
fn whom_a_worker_made_is_carried_also_when_their_team_changed_meanwhile() {
    let (person, case) = (PersonId(uuid(50)), RecordId(uuid(78)));
    let before = TeamId(uuid(21));
    let rows = [
        // who made the person, a case they have, the team is one → of the case, of the assignment
        (10, None, true, "accepted", "accepted"),
        (99, None, true, "not_allowed", "held"),
        (10, Some(RecordId(uuid(79))), true, "not_allowed", "held"),
        (10, None, false, "not_allowed", "held"),
    ];
    for (maker, first_case, exists, of_case, of_assignment) in rows {
        let mut known = Known::default();
        known.people.insert(person, KnownPerson { told: true, first_case, ..KnownPerson::default() });
        let made =
            KnownRecord { kind: RecordKind::Person, person: Some(person), author: UserId(uuid(maker)) };
        known.records.insert(person.into(), made);
        if exists {
            let team = KnownRecord { kind: RecordKind::Team, person: None, author: UserId(uuid(99)) };
            known.records.insert(before.into(), team);
        }
        let mut opened = change(78, &RecordKind::Case, Op::Create, case, Some(person));
        opened.fields.extend([field("team", json!(before), &[])]);
        let record = domain::records::Assignment::id_for(case);
        let mut carry = change(61, &RecordKind::Assignment, Op::Create, record, Some(person));
        carry.fields = BTreeMap::from([
            field("case", json!(case), &[]),
            field("lead", json!(uuid(10)), &[]),
            field("team", json!(before), &[]),
        ]);
        let lines = [opened, carry].map(|change| {
            let raw = serde_json::to_string(&change).unwrap();
            Line::Change(Box::new(change), raw)
        });
        let author = Author::Device { member: member(&Role::PeerSupport), device: DeviceId(uuid(11)) };
        let answers =
            decide(Page { author, received: NOW, lines: lines.into(), contact: None }, known).answers;
        let is: Vec<_> = answers.iter().map(|answer| code(&answer.verdict)).collect();
        assert_eq!(is, [of_case, of_assignment], "made by {maker}, {first_case:?}, team: {exists}");
    }
}

fn field(name: &str, value: Value, seen: &[u128]) -> (String, FieldChange) {
    let seen = seen.iter().map(|id| ChangeId(uuid(*id))).collect();
    (name.to_owned(), FieldChange { value, seen })
}

#[test]
fn a_line_that_says_its_id_is_answered_and_one_that_does_not_is_none() {
    let id = ChangeId(uuid(5));
    assert!(
        matches!(parse_line(&format!("{{\"c\":{{\"id\":\"{id}\"}}}}")), Some(Line::Unreadable(i, _)) if i == id)
    );
    assert!(
        matches!(parse_line(&format!("{{\"h\":{{\"id\":\"{id}\"}}}}")), Some(Line::Unreadable(i, _)) if i == id)
    );
    for line in ["", "{}", "[]", "{\"c\":{}}", "{\"c\":7}", "nonsense"] {
        assert!(parse_line(line).is_none(), "{line}");
    }
}
