//! Reports that come in, once and again, and what the teams see of them.

use crate::model::Device;
use crate::town::{Town, now};
use domain::codes::*;
use domain::records::*;
use domain::{PersonId, RecordId};
use server::admin::County;
use server::db::{DbError, Taken};
use server::decide::{Author, Page};
use server::import::FileReport;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The kinds that [`one_of_everything`] makes, and that every worker may make.
pub const MADE: [&str; 10] = [
    "person",
    "place",
    "phone",
    "overdose_event",
    "case",
    "assignment",
    "contact_attempt",
    "visit",
    "peer_note",
    "safety_note",
];

/// One record of each kind that a peer may make.
pub fn one_of_everything(maria: &mut Device, person: PersonId, case: RecordId) {
    let at = Some(now());
    let who = Some(person);
    maria.create(
        who,
        &Place { kind: Some(PlaceKind::Street), label: Some("by the depot".into()), ..Place::default() },
    );
    maria.create(who, &Phone { number: Some("555-0100".into()), ..Phone::default() });
    maria.create(
        who,
        &OverdoseEvent { occurred_at: at, source: Some(EventSource::Outreach), ..OverdoseEvent::default() },
    );
    let attempt = maria.create(
        who,
        &ContactAttempt {
            happened_at: at,
            mode: Some(AttemptMode::HomeVisit),
            outcome: Some(AttemptOutcome::ReachedSurvivor),
            case: Some(case),
            ..ContactAttempt::default()
        },
    );
    maria.create(who, &Visit { attempt: Some(attempt), happened_at: at, ..Visit::default() });
    maria.create(who, &PeerNote { text: Some("in their own words".into()), ..PeerNote::default() });
    maria.create(who, &SafetyNote { category: Some(SafetyCategory::Dog), ..SafetyNote::default() });
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../exchange/tests/fixtures").join(name)
}

async fn import(town: &Town, name: &str) -> FileReport {
    town.admin.import_nemsis(&fixture(name), town.team).await.unwrap()
}

/// The records of one kind that Sam holds, folded.
fn all<R: Record>(sam: &Device) -> Vec<R> {
    let ids: std::collections::BTreeSet<_> = sam
        .store
        .log
        .values()
        .filter(|(change, _)| change.kind == R::KIND)
        .map(|(change, _)| change.record)
        .collect();
    ids.into_iter().map(|id| R::from_values(&sam.store.fold(id).values())).collect()
}

#[tokio::test]
async fn an_overdose_becomes_a_person_whom_the_supervisor_sees() {
    let town = Town::new().await;
    let report = import(&town, "meets_reachable.xml").await;
    assert_eq!((report.new, report.valid, report.sound()), (1, 1, true));
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    let (people, events, cases) = (all::<Person>(&sam), all::<OverdoseEvent>(&sam), all::<Case>(&sam));
    assert_eq!((people.len(), events.len(), cases.len()), (1, 1, 1));
    assert_eq!(people[0].first_name.as_deref(), Some("Rosa"));
    assert_eq!(events[0].triage, Some(Triage::Meets));
    assert_eq!(events[0].agency_name.as_deref(), Some("Pine County EMS"));
    assert_eq!((events[0].phone_usable, events[0].address_usable), (Some(true), Some(true)));
    assert_eq!(cases[0].stage, Some(CaseStage::Referred));
    assert_eq!(cases[0].team, Some(town.team));
    assert_eq!(all::<Phone>(&sam).len(), 2);
    assert!(all::<Place>(&sam).iter().any(|place| place.kind == Some(PlaceKind::Home)));
    // The same file again makes nothing.
    let seq = town.admin.describe().await.unwrap().seq;
    assert_eq!(import(&town, "meets_reachable.xml").await.unchanged, 1);
    assert_eq!(town.admin.describe().await.unwrap().seq, seq);
    assert!(town.admin.check().await.unwrap().sound());
}

#[tokio::test]
async fn a_second_unit_joins_and_a_nameless_one_is_left_to_a_human() {
    let town = Town::new().await;
    import(&town, "meets_reachable.xml").await;
    let joined = import(&town, "second_unit.xml").await;
    assert_eq!((joined.joined, joined.new), (1, 0));
    let unnamed = import(&town, "unnamed_unit.xml").await;
    assert_eq!((unnamed.new, unnamed.possible_matches), (1, 1));
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    let events = all::<OverdoseEvent>(&sam);
    assert_eq!(events.len(), 2);
    assert!(events.iter().any(|event| event.report_count == Some(2) && event.possible_match.is_none()));
    assert!(events.iter().any(|event| event.possible_match.is_some() && event.match_decision.is_none()));
    assert_eq!(all::<Person>(&sam).len(), 2);
    assert!(sam.store.log.values().all(|(change, _)| sam.store.fold(change.record).conflicts().is_empty()));
}

#[tokio::test]
async fn two_survivors_of_one_incident_stay_two() {
    let town = Town::new().await;
    assert_eq!(import(&town, "two_survivors.xml").await.new, 2);
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    assert_eq!(all::<Person>(&sam).len(), 2);
}

#[tokio::test]
async fn somebody_who_died_is_on_no_list_and_a_later_death_takes_them_off_at_once() {
    let town = Town::new().await;
    assert_eq!(import(&town, "fatal.xml").await.died, 1);
    let first = import(&town, "later_fatal_1.xml").await;
    assert_eq!((first.new, first.died), (1, 0));
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    let open = |sam: &Device| all::<Case>(sam).iter().filter(|case| domain::clock72::is_open(case)).count();
    assert_eq!(open(&sam), 1);
    let later = import(&town, "later_fatal_2.xml").await;
    assert_eq!((later.amended, later.died, later.new), (1, 1, 0));
    sam.settle().await;
    assert_eq!(open(&sam), 0);
    assert!(all::<Person>(&sam).iter().all(|person| person.died == Some(true)));
    for event in all::<OverdoseEvent>(&sam) {
        assert!(!domain::clock72::counts_for_outreach(&event));
    }
    assert!(all::<Case>(&sam).iter().all(|case| case.closing_reason == Some(ClosingReason::Deceased)));
}

#[tokio::test]
async fn what_is_open_is_shown_what_is_none_is_counted_what_is_wrong_is_told() {
    let town = Town::new().await;
    let review = import(&town, "review.xml").await;
    assert_eq!((review.new, review.review), (1, 1));
    let no = import(&town, "no.xml").await;
    assert_eq!((no.not_overdose, no.new), (1, 0));
    let wrong = import(&town, "one_invalid.xml").await;
    assert_eq!((wrong.valid, wrong.invalid, wrong.sound()), (2, 1, false));
    assert!(wrong.problems.iter().any(|problem| problem.element == "eTimes.03" && problem.line > 1));
    let missing = import(&town, "no_such_file.xml").await;
    assert!(!missing.sound() && missing.valid == 0);
    let unreachable = import(&town, "meets_unreachable.xml").await;
    assert_eq!(unreachable.new, 1);
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    let events = all::<OverdoseEvent>(&sam);
    assert!(
        events.iter().any(|event| event.phone_usable == Some(false) && event.address_usable == Some(false))
    );
    assert!(town.admin.check().await.unwrap().sound());
}

#[tokio::test]
async fn a_known_person_in_another_incident_is_a_question_never_a_merge() {
    let town = Town::new().await;
    import(&town, "meets_reachable.xml").await;
    let text = std::fs::read_to_string(fixture("meets_reachable.xml")).unwrap();
    let uuid = text.split("PatientCareReport UUID=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let other = text.replace("26-004411", "26-009999").replace(&uuid, "01a20254-9923-4f88-b40e-84b6d8b178b5");
    let file = town.folder.path().join("other.xml");
    // Another team is not told that somebody of this name is known here.
    let north = town.device("Nora").await.client.enrolled.team.unwrap();
    let theirs =
        text.replace("26-004411", "26-009998").replace(&uuid, "01a20254-9923-4f88-b40e-84b6d8b178b6");
    std::fs::write(&file, theirs).unwrap();
    let report = town.admin.import_nemsis(&file, north).await.unwrap();
    assert_eq!((report.new, report.possible_matches), (1, 0));
    std::fs::write(&file, other).unwrap();
    let report = town.admin.import_nemsis(&file, town.team).await.unwrap();
    assert_eq!((report.new, report.possible_matches), (1, 1));
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    assert_eq!(all::<Person>(&sam).len(), 2);
}

/// A file of so many incidents, each with one report.
fn many(town: &Town, incidents: usize) -> PathBuf {
    let text = std::fs::read_to_string(fixture("meets_reachable.xml")).unwrap();
    let end = "</PatientCareReport>";
    let from = text.find("<PatientCareReport").unwrap();
    let upto = text.find(end).unwrap() + end.len();
    let one = |n: usize| {
        let report = text[from..upto].replace("26-004411", &format!("26-1{n:05}"));
        report.replace("5d0c3f6e-8a41-4f0e-9b7d", &format!("5d0c3f6e-8a41-4f0e-{:04x}", 0x8000 + n))
    };
    let reports: String = (0..incidents).map(one).collect();
    let file = town.folder.path().join("many.xml");
    std::fs::write(&file, [&text[..from], &reports, &text[upto..]].concat()).unwrap();
    file
}

#[tokio::test]
async fn two_imports_of_one_file_at_one_moment_take_each_report_in_once() {
    let town = Town::new().await;
    let file = many(&town, 12);
    // As another process would.
    let place = server::place::Place {
        database: town.base.server(),
        ..server::place::Place::embedded(town.folder.path())
    };
    let other = County::open_at(&place, Arc::new(server::server::clock)).await.unwrap();
    let (one, two) =
        tokio::join!(town.admin.import_nemsis(&file, town.team), other.import_nemsis(&file, town.team));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.valid, two.valid, one.new + two.new, one.unchanged + two.unchanged), (12, 12, 12, 12));
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    assert_eq!(all::<OverdoseEvent>(&sam).len(), 12);
    assert!(town.admin.check().await.unwrap().sound());
}

#[tokio::test]
async fn a_report_is_kept_only_where_no_other_was_taken_in_since_it_was_looked_up() {
    let town = Town::new().await;
    import(&town, "meets_reachable.xml").await;
    let county = town.admin.describe().await.unwrap().id;
    let db = town.base.operations(town.folder.path(), county).await;
    let seen = db.county().await.unwrap().imports;
    let report =
        db.reports_of_incident("37/0920101".to_owned(), "26-004411".to_owned()).await.unwrap().remove(0);
    let keep = async || {
        let page = Page { author: Author::County, received: now(), lines: Vec::new(), contact: None };
        db.accept(page, Some(Taken { report: report.clone(), seen })).await
    };
    assert!(keep().await.is_ok(), "the control: nothing came between");
    assert!(matches!(keep().await, Err(DbError::Overtaken)));
    assert_eq!(db.county().await.unwrap().imports, seen + 1);
}
