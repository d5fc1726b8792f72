//! What becomes of pushed lines.

use crate::town::{Town, now};
use domain::records::{Assignment, Case, Phone, Record, Visit};
use domain::{Op, PersonId, RecordId, Stamp};
use serde_json::{Map, json};
use sync::wire::Verdict;

pub fn refused(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Refused(refusal) => &refusal.code,
        other => panic!("{other:?} is no refusal"),
    }
}

fn phone(number: &str) -> Phone {
    Phone { number: Some(number.to_owned()), ..Phone::default() }
}

#[tokio::test]
async fn the_same_change_gets_the_same_answer_however_often_it_comes() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (person, _) = maria.meet("Red");
    let bad = maria.create(Some(person), &phone(&"5".repeat(50)));
    let sent = maria.store.outbox.clone();
    maria.sync().await.unwrap();
    let first = maria.store.verdicts.clone();
    assert_eq!(refused(&first[&domain::ChangeId(bad.0)]), "too_long");
    maria.store.verdicts.clear();
    maria.store.outbox = sent;
    maria.sync().await.unwrap();
    assert_eq!(maria.store.verdicts, first);
    assert_eq!(town.admin.check().await.unwrap().changes, town.admin.describe().await.unwrap().seq);
}

#[tokio::test]
async fn a_nul_in_somebodys_words_stops_nobody() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (person, _) = maria.meet("Red");
    let name = domain::records::Person {
        first_name: Some("R\0se".to_owned()),
        last_name: Some("Ash".to_owned()),
        birth_date: "1980-02-03".parse().ok(),
        ..domain::records::Person::default()
    };
    maria.amend(person.into(), person, &name);
    maria.create(Some(person), &phone("555\0"));
    let good = maria.create(Some(person), &phone("555-0100"));
    maria.sync().await.unwrap();
    assert!(matches!(maria.verdict(domain::ChangeId(good.0)), Verdict::Accepted { .. }));
    assert!(town.admin.check().await.unwrap().sound());
}

#[tokio::test]
async fn poison_in_the_middle_stops_nobody() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (person, _) = maria.meet("Red");
    let good = maria.create(Some(person), &phone("555-0100"));
    let mut lines: Vec<String> = maria
        .store
        .outbox
        .iter()
        .map(|change| serde_json::to_string(&json!({ "c": change })).unwrap())
        .collect();
    let poison = domain::ChangeId::new(now(), crypto::secret::random_bytes());
    lines.insert(1, format!("{{\"c\":{{\"id\":\"{poison}\",\"kind\":7}}}}"));
    let mut tomorrow = maria.change::<Phone>(None, Some(person), Op::Create, phone("1").to_values());
    tomorrow.kind = domain::RecordKind::Other("a_kind_of_tomorrow".to_owned());
    lines.insert(2, serde_json::to_string(&json!({ "c": tomorrow })).unwrap());
    let hello = json!({ "v": 1, "app": "0.1.0", "now": now() }).to_string();
    let body = sync::packing::compress(format!("{hello}\n{}\n", lines.join("\n")).as_bytes());
    let answer = maria.client.send("POST", "/v1/sync", &body).await;
    let bytes = answer.bytes().await.unwrap();
    let text = String::from_utf8(sync::packing::decompress_all(&bytes, 1 << 20).unwrap()).unwrap();
    let answers: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| line.get("a").cloned())
        .collect();
    assert_eq!(answers.len(), lines.len());
    assert_eq!(answers[1]["refused"]["code"], "malformed");
    assert!(text.contains("county_too_old"));
    let last = answers.last().unwrap();
    assert_eq!(last["id"], good.to_string());
    assert!(last["accepted"]["seq"].is_u64());
}

#[tokio::test]
async fn what_builds_on_a_refused_record_is_held_until_it_is_corrected() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (person, _) = maria.meet("Red");
    let bad = maria.create(Some(person), &phone(&"5".repeat(50)));
    let amend = maria.amend(bad, person, &phone("555-0100"));
    maria.sync().await.unwrap();
    assert_eq!(*maria.verdict(amend), Verdict::Held);
    // Corrected under the same record.
    let again = maria.change::<Phone>(Some(bad), Some(person), Op::Create, phone("555-0101").to_values());
    maria.store.outbox.insert(0, again);
    maria.store.verdicts.clear();
    maria.settle().await;
    assert!(matches!(maria.verdict(amend), Verdict::Accepted { .. }));
    // A person whose create never came is not a refusal either.
    let nobody = PersonId::new(now(), crypto::secret::random_bytes());
    let early = maria.create(Some(nobody), &phone("555-0102"));
    maria.sync().await.unwrap();
    assert_eq!(*maria.verdict(domain::ChangeId(early.0)), Verdict::Held);
}

#[tokio::test]
async fn nobody_speaks_for_another_and_no_record_changes_its_kind_or_person() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let (person, case) = maria.meet("Red");
    let (other, _) = maria.meet("Blue");
    maria.settle().await;
    sam.settle().await;
    let mut forged = maria.change::<Phone>(None, Some(person), Op::Create, phone("1").to_values());
    forged.author = sam.user();
    let mut borrowed = maria.change::<Phone>(None, Some(person), Op::Create, phone("1").to_values());
    borrowed.device = sam.client.device();
    let moved = maria.change::<Case>(
        Some(case),
        Some(other),
        Op::Amend,
        Case { engagement: Some(domain::codes::EngagementLevel::Low), ..Case::default() }.to_values(),
    );
    let turned = maria.change::<Phone>(Some(case), Some(person), Op::Amend, phone("1").to_values());
    let expected = [
        (forged.id, "not_yours"),
        (borrowed.id, "not_yours"),
        (moved.id, "wrong_record"),
        (turned.id, "wrong_record"),
    ];
    maria.store.outbox.extend([forged, borrowed, moved, turned]);
    maria.sync().await.unwrap();
    for (id, code) in expected {
        assert_eq!(refused(maria.verdict(id)), code);
    }
}

#[tokio::test]
async fn a_worker_carries_whom_they_made_and_brings_in_nobody_else() {
    let town = Town::new().await;
    let (mut maria, mut nora) = (town.device("Maria").await, town.device("Nora").await);
    let north = nora.client.enrolled.team.unwrap();
    let (person, case) = maria.meet("Red");
    maria.settle().await;
    nora.settle().await;
    let with = |lead, team, partner| Assignment {
        case: Some(case),
        team: Some(team),
        lead: Some(lead),
        partner,
        ..Assignment::default()
    };
    let mut tries = Vec::new();
    for assignment in [
        with(nora.user(), town.team, None),
        with(maria.user(), north, None),
        with(maria.user(), town.team, Some(nora.user())),
    ] {
        let values = assignment.to_values();
        tries.push(maria.change::<Assignment>(
            Some(Assignment::id_for(case)),
            Some(person),
            Op::Amend,
            values,
        ));
    }
    let own = RecordId::new(now(), crypto::secret::random_bytes());
    let values = with(maria.user(), town.team, None).to_values();
    tries.push(maria.change::<Assignment>(Some(own), Some(person), Op::Create, values));
    let mut list = Map::new();
    list.insert("team".to_owned(), json!(north));
    tries.push(maria.change::<Case>(Some(case), Some(person), Op::Amend, list));
    let ids: Vec<_> = tries.iter().map(|change| change.id).collect();
    maria.store.outbox.extend(tries);
    maria.sync().await.unwrap();
    for id in ids {
        assert!(matches!(maria.verdict(id), Verdict::Refused(_)), "{:?}", maria.verdict(id));
    }
    nora.settle().await;
    assert!(nora.store.people().is_empty());
}

#[tokio::test]
async fn a_supervisor_settles_a_conflict_that_they_could_not_have_amended() {
    let town = Town::new().await;
    let (mut maria, mut sam, mut dev) =
        (town.device("Maria").await, town.device("Sam").await, town.device("Dev").await);
    let (person, case) = maria.meet("Red");
    let attempt = RecordId::new(now(), crypto::secret::random_bytes());
    let visit = |notes: &str| Visit {
        attempt: Some(attempt),
        happened_at: Some(now()),
        notes: Some(notes.to_owned()),
        ..Visit::default()
    };
    let record = maria.create(Some(person), &visit("first"));
    maria.settle().await;
    sam.settle().await;
    sam.assign(person, case, town.team, maria.user(), Some(dev.user()));
    sam.settle().await;
    dev.settle().await;
    maria.settle().await;
    let note = |notes: &str| Visit { notes: Some(notes.to_owned()), ..Visit::default() };
    let plain = sam.amend(record, person, &note("mine"));
    sam.sync().await.unwrap();
    assert_eq!(refused(sam.verdict(plain)), "not_allowed");
    maria.amend(record, person, &note("hers"));
    dev.amend(record, person, &note("his"));
    maria.settle().await;
    dev.settle().await;
    sam.settle().await;
    assert_eq!(sam.store.fold(record).conflicts(), ["notes"]);
    let choice = sam.amend(record, person, &note("his"));
    sam.settle().await;
    assert!(matches!(sam.verdict(choice), Verdict::Accepted { .. }));
    dev.settle().await;
    assert!(dev.store.fold(record).conflicts().is_empty());
}

#[tokio::test]
async fn a_clock_that_is_a_year_off_is_no_reason_to_refuse_and_wins_nothing() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let (person, _) = maria.meet("Red");
    let id = maria.create(Some(person), &phone("555-0100"));
    for change in &mut maria.store.outbox {
        change.stamp = Stamp::at(now().plus(365 * domain::time::DAY));
    }
    maria.settle().await;
    sam.settle().await;
    sam.amend(id, person, &phone("555-0101"));
    sam.settle().await;
    assert_eq!(sam.store.fold(id).values()["number"], "555-0101");
}
