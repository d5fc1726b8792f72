//! A whole team's cases move while two workers of each are out of reach, and come back.

use super::{Team, assign, page, pages, raw};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::device::Device;
use tests::markers::marker;

/// People, with four markers each: alias, place, a visit and a try at the door.
const PEOPLE: usize = 12;
/// In a form that was not finished, and in what the second worker wrote.
const DRAFT: usize = 48;
const SECOND: usize = 49;

fn everybody() -> Value {
    json!({ "do": "people", "limit": 100 })
}

async fn total(device: &Device, total: usize) {
    device.until(everybody(), |view| view["total"] == total).await.unwrap();
    device.until_agreed().await.unwrap();
}

async fn both(sam: &Device, person: &Value, lead: &Device, partner: &Device) {
    let case = sam.call(page(person)).await.unwrap()["case"]["record"].clone();
    let to = json!({ "do": "assign", "person": person, "case": case, "lead": lead.user(), "partner": partner.user() });
    sam.call(to).await.unwrap();
}

/// What is on somebody's page, and who wrote it.
async fn story(device: &Device, person: &Value) -> BTreeSet<(String, String)> {
    let seen = device.call(page(person)).await.unwrap();
    let item = |item: &Value| (item["record"]["author"].to_string(), item["record"]["values"].to_string());
    seen["timeline"].as_array().unwrap().iter().map(item).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_team_is_reassigned_while_two_workers_are_away_and_comes_back() {
    let team = Team::new().await;
    let maria = team.device("Maria Ortiz", "peer-support").await;
    let lee = team.device("Lee Okafor", "peer-support").await;
    let ana = team.device("Ana Ruiz", "peer-support").await;
    let sam = team.device("Sam Lindqvist", "supervisor").await;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        let place = json!({ "kind": "street", "label": marker(4 * n + 1) });
        let met = json!({ "do": "add_person", "person": { "alias": marker(4 * n) }, "place": place });
        people.push(maria.call(met).await.unwrap()["person"].clone());
    }
    maria.until_agreed().await.unwrap();
    total(&sam, PEOPLE).await;
    for person in &people {
        both(&sam, person, &maria, &lee).await;
    }
    total(&lee, PEOPLE).await;

    // Both go where there is no network; each sees every one of them.
    team.county.line.cut();
    for (n, person) in people.iter().enumerate() {
        let visit = json!({
            "do": "record_visit", "person": person, "attempt": {}, "visit": { "next_step": marker(4 * n + 2) },
            "supplies": [], "referrals": [], "steps": [], "follow_ups": [], "fulfils": [],
        });
        maria.call(visit).await.unwrap();
        for (device, n) in [(&maria, 4 * n + 3), (&lee, SECOND)] {
            let attempt = json!({ "outcome": "no-answer", "note": marker(n) });
            let attempt = json!({ "do": "record_attempt", "person": person, "attempt": attempt });
            device.call(attempt).await.unwrap();
        }
    }
    let draft = json!({ "do": "save_draft", "key": "visit", "person": people[0], "body": { "notes": marker(DRAFT) } });
    maria.call(draft).await.unwrap();
    let all: BTreeSet<usize> = (0..4 * PEOPLE).chain([DRAFT]).collect();
    let found = raw(&maria).pages().unwrap();
    assert_eq!(found.markers, all, "the control: on the open vault's disk, all of it is found");
    assert!(found.logged > 0, "the control: some of it in the log file");
    let deleted = deleted_carelessly(&team, &maria);
    assert!(deleted.is_superset(&all), "the control: what is only deleted is found in free pages");
    maria.call(json!({ "do": "lock" })).await.unwrap();
    lee.call(json!({ "do": "lock" })).await.unwrap();
    team.county.line.mend();
    for person in &people {
        assign(&sam, person, &ana).await;
    }
    total(&ana, PEOPLE).await;

    // They come back, one after the other.
    for device in [&lee, &maria] {
        device.unlock().await.unwrap();
        total(device, 0).await;
        let look = device.call(json!({ "do": "needs_a_look" })).await.unwrap();
        assert_eq!(look["quarantine"], json!([]));
        assert_eq!(pages(device), BTreeSet::new());
    }
    let mut stories = Vec::new();
    for (n, person) in people.iter().enumerate() {
        let hers = |view: &Value| {
            let text = view["timeline"].to_string();
            [4 * n + 2, 4 * n + 3, SECOND].iter().all(|n| text.contains(&marker(*n)))
        };
        ana.until(page(person), hers).await.unwrap();
        let story = story(&ana, person).await;
        let by = |who: &str, what: usize| {
            story.iter().any(|(author, values)| author.contains(who) && values.contains(&marker(what)))
        };
        assert!(by("Maria Ortiz", 4 * n + 3) && by("Lee Okafor", SECOND), "each under her own name");
        stories.push(story);
    }
    let handed = |view: &Value| !view["handed_over"].as_array().unwrap().is_empty();
    let handed = sam.until(json!({ "do": "needs_a_look" }), handed).await.unwrap();
    assert_eq!(handed["handed_over"][0]["body"]["notes"], marker(DRAFT));

    // All of them return to Maria, and nothing of them stays with Ana.
    for person in &people {
        assign(&sam, person, &maria).await;
    }
    total(&maria, PEOPLE).await;
    total(&ana, 0).await;
    assert_eq!(pages(&ana), BTreeSet::new());
    for (person, before) in people.iter().zip(&stories) {
        assert_eq!(&story(&maria, person).await, before, "whole again");
    }
    for device in [&maria, &lee, &ana, &sam] {
        device.call(json!({ "do": "lock" })).await.unwrap();
        assert_eq!(raw(device).faults().unwrap(), [""; 0]);
    }
    assert_eq!(pages(&maria).len(), 4 * PEOPLE + 1, "all but the draft, which is with Sam");
    let checked = team.county.admin.check().await.unwrap();
    assert_eq!((checked.damaged, checked.digests_wrong, checked.caseload_wrong), (0, 0, 0));
}

/// What a scan finds in a copy of the vault whose rows were deleted as if by somebody who does not know better.
fn deleted_carelessly(team: &Team, device: &Device) -> BTreeSet<usize> {
    let raw = raw(device);
    let copy = team.folder.path().join("copy.db");
    let log = |file: &std::path::Path| std::path::PathBuf::from(format!("{}-wal", file.display()));
    std::fs::copy(raw.file(), &copy).unwrap();
    std::fs::copy(log(raw.file()), log(&copy)).unwrap();
    let db = raw.connect_to(&copy).unwrap();
    db.execute_batch(
        "pragma secure_delete = off; delete from change; delete from record; delete from person_list;
         delete from search_names; delete from draft; pragma wal_checkpoint(truncate);",
    )
    .unwrap();
    drop(db);
    let found = raw.pages_of(&copy).unwrap();
    assert!(found.free > 0 && found.logged == 0, "{found:?}");
    found.markers
}
