//! The policy table, tried at the county's door: every role, on every kind of record, creating, amending and voiding,
//! over sync and over REST, near and far; and every read. The county answers what `domain::policy` says, and what it
//! refuses to show looks as if it were not there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod attempts;
mod town;

use attempts::{Door, OPS, Try};
use domain::codes::CodeList;
use domain::policy::{self, Action, Nearness, Object};
use domain::records::belongs_to_person;
use domain::{PersonId, RecordKind};
use serde_json::Value;
use town::{Carried, Member, Town};

fn kinds() -> impl Iterator<Item = RecordKind> {
    RecordKind::CODES.iter().map(|code| RecordKind::from_code(code))
}

/// What the table says about a reader of one person: which objects, as bits. None at all: not found.
fn readable(member: &Member, near: Nearness) -> u32 {
    let enrolled = &member.client.enrolled;
    let team = enrolled.team;
    domain::caseload::Member { user: enrolled.user, role: member.role.clone(), team }.sees(near)
}

/// How a member stands to somebody: by who carries them, and nothing else.
fn near(member: &Member, carried: &Carried) -> Nearness {
    let enrolled = &member.client.enrolled;
    Nearness {
        own: enrolled.user == carried.lead,
        team: enrolled.team == Some(carried.team),
        ..Nearness::default()
    }
}

/// The one answer that the county may give.
fn expected(member: &Member, carried: &Carried, tried: &Try) -> Option<&'static str> {
    let object = Object::of(&tried.kind).unwrap();
    let makes_person = tried.kind == RecordKind::Person && tried.action == Action::Create;
    if makes_person {
        let own = Nearness { own: true, ..Nearness::default() };
        return (!policy::allows(&member.role, tried.action, object, own)).then_some("not_allowed");
    }
    let near = if belongs_to_person(&tried.kind) { near(member, carried) } else { Nearness::default() };
    if belongs_to_person(&tried.kind) && readable(member, near) == 0 {
        return Some("not_found");
    }
    let mut allowed = policy::allows(&member.role, tried.action, object, near);
    // The one assignment that a worker may create: of somebody they made, led by themself.
    let assigns = tried.kind == RecordKind::Assignment && tried.action == Action::Create;
    if assigns && !policy::allows(&member.role, Action::Assign, object, near) {
        allowed = near.own && carried.made_by == member.client.enrolled.user;
    }
    (!allowed).then_some("not_allowed")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_writes_what_the_table_grants_and_nothing_else() {
    let mut town = Town::new().await;
    let mut decisions = 0;
    let mut granted = 0;
    for name in Town::names() {
        // A device that was told of nobody yet: only the caseload counts.
        let mut member = town.member(name).await;
        for carried in town.carried.clone() {
            for door in [Door::Sync, Door::Rest] {
                let mut tries = Vec::new();
                for kind in kinds() {
                    for (op, action) in OPS {
                        tries.push(attempts::make(&member, &town, &carried, &kind, op, action));
                    }
                }
                let answers = attempts::push(&mut member, door, &tries).await;
                assert_eq!(answers.len(), tries.len());
                for (tried, answer) in tries.iter().zip(&answers) {
                    let said = answer["refused"]["code"].as_str();
                    let what = format!("{name} {:?} {} over {door:?}", tried.action, tried.kind.code());
                    assert!(said.is_some() != answer["accepted"].is_object(), "{what}: {answer}");
                    assert_eq!(said, expected(&member, &carried, tried), "{what}, carried by {}", carried.by);
                    decisions += 1;
                    granted += usize::from(said.is_none());
                }
                town.spare += 1;
            }
        }
    }
    let kinds = RecordKind::CODES.len();
    assert_eq!(decisions, Town::names().count() * town.carried.len() * kinds * OPS.len() * 2);
    assert!(granted > 100 && granted < decisions / 2, "{granted}");
    println!("{decisions} decisions on writing, {granted} granted, 0 wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_reads_what_the_table_grants_and_the_rest_is_not_there() {
    let town = Town::new().await;
    let nobody = PersonId::new(server::server::clock(), crypto::secret::random_bytes());
    let mut decisions = 0;
    for name in Town::names() {
        let mut member = town.member(name).await;
        let mut listed = Vec::new();
        for carried in &town.carried {
            let near = near(&member, carried);
            let objects = readable(&member, near);
            for path in ["", "/history"] {
                let absent = member.get(&format!("/v1/people/{nobody}{path}")).await;
                let answer = member.get(&format!("/v1/people/{}{path}", carried.person)).await;
                if objects == 0 {
                    assert_eq!(answer, absent, "{name} {}: a refusal looks like nobody", carried.by);
                    assert_eq!(answer.0, 404);
                } else {
                    assert_eq!(answer.0, 200, "{name} {}", carried.by);
                }
                let shown = kinds_in(&answer.1);
                for kind in kinds().filter(belongs_to_person) {
                    let object = Object::of(&kind).unwrap();
                    let may = objects & object.bit() != 0
                        && policy::allows(&member.role, Action::Read, object, near);
                    assert_eq!(
                        shown.contains(&kind.code()),
                        may,
                        "{name} {} of {}{path}",
                        kind.code(),
                        carried.by
                    );
                    decisions += 1;
                }
            }
            listed.extend((objects != 0).then(|| carried.person.to_string()));
        }
        let (status, list) = member.get("/v1/people").await;
        let people = list["people"].as_array().cloned().unwrap_or_default();
        let mut found: Vec<String> =
            people.iter().map(|row| row["person"].as_str().unwrap().to_owned()).collect();
        found.sort();
        listed.sort();
        assert_eq!(found, listed, "{name}: the list says the same as the answers, {status}");
        decisions += town.carried.len();
        decisions += devices(&town, &mut member).await;
    }
    println!("{decisions} decisions on reading, 0 wrong");
}

/// The kinds of record in an answer: of a person as they stand, or of their history.
fn kinds_in(body: &Value) -> Vec<&str> {
    let standing = body["records"].as_object().into_iter().flatten().map(|(kind, _)| kind.as_str());
    let history = body["changes"].as_array().into_iter().flatten();
    standing.chain(history.filter_map(|entry| entry["change"]["kind"].as_str())).collect()
}

/// Devices: one's own, the team's, the county's, as the table says. Returns how many decisions that were.
async fn devices(town: &Town, member: &mut Member) -> usize {
    let (_, body) = member.get("/v1/devices").await;
    let listed: Vec<String> =
        body["devices"].as_array().into_iter().flatten().map(|d| d["device"].to_string()).collect();
    let all = town.county.admin.devices().await.unwrap();
    for (device, owner) in &all {
        let enrolled = &member.client.enrolled;
        let near = Nearness {
            mine: owner.user == enrolled.user,
            team: enrolled.team.is_some() && owner.team == enrolled.team,
            ..Nearness::default()
        };
        let may = policy::allows(&member.role, Action::Read, Object::Device, near);
        let shown = listed.contains(&format!("\"{}\"", device.device));
        assert_eq!(shown, may, "{} sees a device of {}", enrolled.user_name, owner.name);
    }
    all.len()
}
