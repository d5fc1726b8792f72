//! Enrol, push, pull, enter, leave, agree.

use crate::model::Device;
use crate::town::{Town, now};
use domain::codes::AttemptMode;
use domain::records::{ContactAttempt, Person, Phone, Record, StepForward};
use domain::{Op, PersonId};
use sync::engine::SyncError;
use sync::ports::RemoteError;

#[tokio::test]
async fn what_one_writes_the_other_reads_and_all_agree() {
    let town = Town::new().await;
    let (mut maria, mut sam, mut nora) =
        (town.device("Maria").await, town.device("Sam").await, town.device("Nora").await);
    let (person, case) = maria.meet("Red");
    let phone =
        maria.create(Some(person), &Phone { number: Some("555-0100".to_owned()), ..Phone::default() });
    maria.settle().await;
    assert!(maria.store.outbox.is_empty());
    sam.settle().await;
    nora.settle().await;
    assert_eq!(sam.store.people(), [person].into());
    assert!(nora.store.people().is_empty(), "another team's peer");
    assert_eq!(sam.store.fold(phone).values()["number"], "555-0100");
    // Sam gives the case to Dev, with Maria as partner, and Dev corrects the number.
    let mut dev = town.device("Dev").await;
    dev.settle().await;
    assert!(dev.store.people().is_empty());
    let lead = dev.user();
    sam.assign(person, case, town.team, lead, Some(maria.user()));
    sam.settle().await;
    dev.settle().await;
    assert_eq!(dev.store.people(), [person].into());
    dev.amend(phone, person, &Phone { number: Some("555-0199".to_owned()), ..Phone::default() });
    dev.settle().await;
    maria.settle().await;
    assert_eq!(maria.store.fold(phone).values()["number"], "555-0199");
    assert!(maria.store.fold(phone).conflicts().is_empty());
    assert!(town.admin.check().await.unwrap().sound());
}

#[tokio::test]
async fn a_quiet_sync_is_one_request_and_a_busy_one_too() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    assert_eq!(maria.settle().await.requests, 1);
    assert_eq!(maria.settle().await.requests, 1);
    let delivered = maria.store.delivered;
    assert_eq!(maria.settle().await.received, 0);
    assert_eq!(maria.store.delivered, delivered, "its own changes do not come back");
}

#[tokio::test]
async fn work_done_offline_on_a_case_that_moved_meanwhile_is_taken_and_shown_to_the_new_worker() {
    let town = Town::new().await;
    let (mut maria, mut sam, mut dev) =
        (town.device("Maria").await, town.device("Sam").await, town.device("Dev").await);
    let (person, case) = maria.meet("Red");
    maria.settle().await;
    sam.settle().await;
    sam.assign(person, case, town.team, dev.user(), None);
    sam.settle().await;
    // Maria has not heard of it.
    let step = maria.create(
        Some(person),
        &StepForward {
            text: Some("ate".into()),
            happened_at: Some(crate::town::now()),
            ..StepForward::default()
        },
    );
    let report = maria.settle().await;
    assert_eq!((report.accepted, report.refused), (1, 0));
    assert!(maria.store.people().is_empty(), "she was told to forget, and did");
    assert!(maria.store.log.values().all(|(change, _)| change.person.is_none()));
    dev.settle().await;
    assert!(dev.store.fold(step).created);
    // Once she has confirmed it, the person is out of her scope.
    maria.settle().await;
    let late = maria.create(
        Some(person),
        &StepForward {
            text: Some("late".into()),
            happened_at: Some(crate::town::now()),
            ..StepForward::default()
        },
    );
    let late = domain::ChangeId(late.0);
    maria.sync().await.unwrap();
    assert_eq!(crate::pushes::refused(maria.verdict(late)), "not_found");
    // And back: the whole history comes again.
    sam.settle().await;
    sam.assign(person, case, town.team, maria.user(), None);
    sam.settle().await;
    maria.settle().await;
    assert!(maria.store.fold(step).created);
    assert_eq!(maria.store.people(), [person].into());
}

/// Histories that fill many frames, from a supervisor's point of view.
pub async fn many(town: &Town, count: usize, notes: usize) -> Vec<PersonId> {
    let mut maria = town.device("Maria").await;
    let mut people = Vec::new();
    for n in 0..count {
        let (person, case) = maria.meet(&format!("P{n}"));
        for note in 0..notes {
            let attempt = ContactAttempt {
                happened_at: Some(crate::town::now()),
                mode: Some(AttemptMode::HomeVisit),
                outcome: Some(domain::codes::AttemptOutcome::NoAnswer),
                case: Some(case),
                note: Some(format!("{note} {}", "nobody came to the door ".repeat(20))),
                ..ContactAttempt::default()
            };
            maria.create(Some(person), &attempt);
        }
        people.push(person);
    }
    maria.settle().await;
    people
}

#[tokio::test]
async fn a_pull_goes_on_from_the_last_frame_wherever_the_line_dies() {
    let town = Town::new().await;
    let people = many(&town, 40, 50).await;
    let mut whole = town.device("Sam").await;
    whole.settle().await;
    assert_eq!(whole.store.people().len(), people.len());
    assert!(whole.store.frames > 4, "{} frames", whole.store.frames);
    let mut cut = town.device("Sam").await;
    let mut breaks = 0;
    for bytes in [0, 1, 2_000, 4_000, 3_000, 5_000, 2_500, 7_000, 2_000, 6_000] {
        cut.client.cut_after = Some(bytes);
        match cut.sync().await {
            Ok(report) => assert!(report.agrees),
            Err(SyncError::Remote(RemoteError::Interrupted)) => breaks += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(breaks >= 3);
    cut.settle().await;
    assert_eq!(cut.store.log.keys().collect::<Vec<_>>(), whole.store.log.keys().collect::<Vec<_>>());
    // What was stored was not sent again, but for the frame that the line cut.
    assert!(cut.store.delivered < whole.store.delivered + 50, "{}", cut.store.delivered);
}

#[tokio::test]
async fn one_history_longer_than_a_frame_is_split_and_resumed() {
    let town = Town::new().await;
    many(&town, 1, 2_500).await;
    let mut sam = town.device("Sam").await;
    sam.client.cut_after = Some(14_000);
    assert!(sam.sync().await.is_err());
    assert!(sam.store.frames > 0, "a part is stored");
    sam.settle().await;
    assert_eq!(sam.store.log.values().filter(|(change, _)| change.person.is_some()).count(), 2_503);
    assert!(sam.store.delivered < 2_503 + 60);
}

#[tokio::test]
async fn a_difference_is_found_and_repaired_for_just_those_people() {
    let town = Town::new().await;
    let people = many(&town, 20, 2).await;
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    let before = sam.store.delivered;
    let lost = *sam.store.log.iter().find(|(_, (change, _))| change.person == Some(people[3])).unwrap().0;
    sam.store.log.remove(&lost);
    let report = sam.sync().await.unwrap();
    assert!(report.agrees);
    assert!(sam.store.log.contains_key(&lost));
    assert_eq!(sam.store.delivered - before, 5, "one person's history");
    // The county's own records are repaired too.
    sam.store.log.retain(|_, (change, _)| change.person.is_some());
    assert!(sam.sync().await.unwrap().agrees);
}

#[tokio::test]
async fn a_device_that_lost_everything_gets_everything_again() {
    let town = Town::new().await;
    many(&town, 5, 3).await;
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    let had = sam.store.log.len();
    sam.store = Default::default();
    sam.settle().await;
    assert_eq!(sam.store.log.len(), had);
    sam.store.token = Some("bm90IGEgdG9rZW4gb2Ygb3Vycw".to_owned());
    sam.settle().await;
    assert_eq!(sam.store.log.len(), had);
}

#[tokio::test]
async fn who_is_due_comes_first() {
    let town = Town::new().await;
    let people = many(&town, 60, 1).await;
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    let due = people[41];
    let mut maria = town.device("Maria").await;
    maria.settle().await;
    let follow_up = domain::records::FollowUp {
        kind: Some(domain::codes::FollowUpKind::Visit),
        due_on: Some(crate::town::now().date_in(chrono_tz::America::New_York)),
        ..Default::default()
    };
    maria.create(Some(due), &follow_up);
    maria.settle().await;
    let mut new = town.device("Sam").await;
    new.settle().await;
    assert_eq!(new.store.order[0], due);
    let mut rest = new.store.order[1..].to_vec();
    let order = rest.clone();
    rest.sort();
    assert_eq!(order, rest, "the others by id");
}

#[tokio::test]
async fn a_changed_role_and_team_change_what_a_device_may_hold_from_the_next_request_on() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    sam.settle().await;
    assert_eq!(sam.store.people(), [person].into());
    let north = server::admin::UserChange { team: Some("North"), ..Default::default() };
    town.admin.set_user("Sam", &north).await.unwrap();
    sam.settle().await;
    assert!(sam.store.people().is_empty());
    let gone = server::admin::UserChange { active: Some(false), ..Default::default() };
    town.admin.set_user("Sam", &gone).await.unwrap();
    let refused = sam.sync().await;
    assert!(
        matches!(refused, Err(SyncError::Remote(RemoteError::Refused { code })) if code == "device_revoked")
    );
}

#[tokio::test]
async fn the_supervisor_hears_of_devices_and_the_worker_does_not() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    maria.settle().await;
    sam.settle().await;
    let devices = sam.store.last.take().unwrap().devices.unwrap();
    let hers = devices.iter().find(|device| device.user == maria.user()).unwrap();
    assert!(hers.last_contact.is_some() && hers.unsent == 0);
    assert_eq!(maria.store.last.unwrap().devices, None);
}

#[tokio::test]
async fn the_supervisor_sees_whose_clock_is_wrong_and_who_has_been_silent() {
    const AHEAD: i64 = 2 * 60 * 60 * 1_000;
    let town = Town::new().await;
    let (mut maria, mut dev, mut sam) =
        (town.device("Maria").await, town.device("Dev").await, town.device("Sam").await);
    let asked = now();
    dev.settle().await;
    let silent_since = now();
    let (began, mut client) = (now(), maria.client);
    let wrong_clock = || now().plus(AHEAD);
    sync::engine::run(&mut maria.store, &mut client, "0.1.0", wrong_clock, |_| ()).await.unwrap();
    let ended = now();
    sam.settle().await;
    let devices = sam.store.last.take().unwrap().devices.unwrap();
    let of = |user| devices.iter().find(|device| device.user == user).unwrap();
    let (hers, his) = (of(client.enrolled.user), of(dev.user()));
    // The request was under way for no longer than all of this took.
    let offset = AHEAD - ended.since(began)..=AHEAD;
    assert!(offset.contains(&hers.clock_offset), "{} of {offset:?}", hers.clock_offset);
    assert!((began..=ended).contains(&hers.last_contact.unwrap()), "by the county's clock");
    let in_time = asked.since(silent_since)..=0;
    assert!(in_time.contains(&his.clock_offset), "{} of {in_time:?}", his.clock_offset);
    assert!((asked..=silent_since).contains(&his.last_contact.unwrap()), "nobody has heard of it since");
}

#[tokio::test]
async fn a_device_is_heard_of_with_each_page_of_a_long_outbox() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let seen = async |sam: &mut Device, user| {
        sam.settle().await;
        let devices = sam.store.last.take().unwrap().devices.unwrap();
        let hers = devices.into_iter().find(|device| device.user == user).unwrap();
        (hers.last_contact.is_some(), hers.unsent, hers.app)
    };
    let user = maria.user();
    assert_eq!(
        seen(&mut sam, user).await,
        (false, 0, "0.1.0".to_owned()),
        "the control: enrolled, and no more"
    );
    maria.meet("Red");
    let line = |change| format!("{{\"c\":{}}}", serde_json::to_string(change).unwrap());
    let lines: Vec<_> = maria.store.outbox.iter().map(line).collect();
    // A page that others follow, of a newer app; then the line dies.
    let hello = format!("{{\"v\":1,\"app\":\"0.2.0\",\"now\":{},\"unsent\":7,\"f\":true}}\n", now().0);
    let body = sync::packing::compress((hello + &lines.join("\n")).as_bytes());
    assert_eq!(maria.client.send("POST", "/v1/sync", &body).await.status(), 200);
    assert_eq!(seen(&mut sam, user).await, (true, 7, "0.2.0".to_owned()));
}

#[tokio::test]
async fn unknown_fields_and_their_order_travel_as_they_were_written() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let (person, _) = maria.meet("Red");
    let mut change =
        maria.change::<Person>(Some(person.into()), Some(person), Op::Amend, Person::default().to_values());
    let set = domain::FieldChange { value: "tomorrow".into(), seen: vec![] };
    change.fields.insert("a_field_of_tomorrow".to_owned(), set);
    maria.store.outbox.push(change);
    maria.settle().await;
    sam.settle().await;
    assert_eq!(sam.store.fold(person.into()).values()["a_field_of_tomorrow"], "tomorrow");
}
