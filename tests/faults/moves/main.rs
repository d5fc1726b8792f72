//! A case moves to somebody else while its worker is offline. What she did is neither refused nor stranded, and then
//! her device knows nothing of the person any more.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod team;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::county::TestCounty;
use tests::device::{Device, PASSPHRASE};
use tests::markers::{held, marker};
use tests::vault::RawVault;

struct Team {
    folder: tempfile::TempDir,
    county: TestCounty,
}

impl Team {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let county =
            TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
        county.admin.add_team("Pine response team").await.unwrap();
        Self { folder, county }
    }

    async fn device(&self, name: &str, role: &str) -> Device {
        let code = self.county.welcome(name, role, Some("Pine response team")).await.unwrap();
        Device::enrol(&self.folder.path().join(name), &code, "a device").await.unwrap()
    }
}

fn page(person: &Value) -> Value {
    json!({ "do": "person", "person": person })
}

/// The case on a person's page goes to somebody else.
async fn assign(sam: &Device, person: &Value, lead: &Device) {
    let case = sam.call(page(person)).await.unwrap()["case"]["record"].clone();
    let to = json!({ "do": "assign", "person": person, "case": case, "lead": lead.user(), "partner": null });
    sam.call(to).await.unwrap();
    sam.until_agreed().await.unwrap();
}

fn raw(device: &Device) -> RawVault {
    RawVault::open(&device.folder, device.user(), PASSPHRASE).unwrap()
}

/// The markers in the rows of a locked device's vault, and in its pages as they lie on the disk: the same.
fn rows(device: &Device) -> Vec<usize> {
    let raw = raw(device);
    assert_eq!(raw.faults().unwrap(), [""; 0]);
    let rows = held(raw.everything().unwrap().as_bytes());
    assert_eq!(raw.pages().unwrap().markers, rows);
    rows.into_iter().collect()
}

/// The markers in the pages of an open vault, those of the log file included.
fn pages(device: &Device) -> BTreeSet<usize> {
    raw(device).pages().unwrap().markers
}

#[tokio::test(flavor = "multi_thread")]
async fn work_done_offline_on_a_case_that_moved_arrives_and_the_leaving_device_forgets() {
    let team = Team::new().await;
    let maria = team.device("Maria Ortiz", "peer-support").await;
    let lee = team.device("Lee Okafor", "peer-support").await;
    let sam = team.device("Sam Lindqvist", "supervisor").await;

    let met = json!({
        "do": "add_person", "person": { "alias": marker(0) }, "place": { "kind": "street", "label": marker(1) },
    });
    let person = maria.call(met).await.unwrap()["person"].clone();
    let other = json!({ "do": "add_person", "person": { "alias": "Blue" } });
    let other = maria.call(other).await.unwrap()["person"].clone();
    maria.until_agreed().await.unwrap();
    sam.until(json!({ "do": "people" }), |view| view["total"] == 2).await.unwrap();

    // Maria goes where there is no network. Sam's laptop has another way to the county.
    team.county.line.cut();
    let visit = json!({
        "do": "record_visit", "person": person, "attempt": {}, "visit": { "notes": marker(2), "next_step": marker(3) },
        "supplies": [], "referrals": [], "steps": [], "follow_ups": [], "fulfils": [],
    });
    maria.call(visit).await.unwrap();
    let attempt = json!({ "outcome": "no-answer", "note": marker(4) });
    maria.call(json!({ "do": "record_attempt", "person": person, "attempt": attempt })).await.unwrap();
    let draft =
        json!({ "do": "save_draft", "key": "visit", "person": person, "body": { "notes": marker(5) } });
    maria.call(draft).await.unwrap();
    maria.call(json!({ "do": "lock" })).await.unwrap();
    team.county.line.mend();
    assign(&sam, &person, &lee).await;
    lee.until(json!({ "do": "people" }), |view| view["total"] == 1).await.unwrap();
    assert_eq!(rows(&maria), [0, 1, 2, 3, 4, 5], "the control: before she hears of it, all of it is there");

    // She comes back. Nothing is refused, nothing asks for her.
    maria.unlock().await.unwrap();
    maria.until(json!({ "do": "people" }), |view| view["total"] == 1).await.unwrap();
    maria.until_agreed().await.unwrap();
    let look = maria.call(json!({ "do": "needs_a_look" })).await.unwrap();
    assert_eq!(look["quarantine"], json!([]));

    // Lee has what she did, under her name.
    let arrived = |view: &Value| {
        let text = view["timeline"].to_string();
        [2, 3, 4].iter().all(|n| text.contains(&marker(*n)))
    };
    let seen = lee.until(page(&person), arrived).await.unwrap();
    for item in seen["timeline"].as_array().unwrap() {
        assert_eq!(item["record"]["author"], "Maria Ortiz");
        assert_eq!(item["record"]["state"], "county");
    }
    // What she had begun is with Sam, marked as unfinished.
    let handed = sam
        .until(json!({ "do": "needs_a_look" }), |view| !view["handed_over"].as_array().unwrap().is_empty())
        .await
        .unwrap();
    let [draft] = &handed["handed_over"].as_array().unwrap()[..] else { panic!("{handed}") };
    assert_eq!((&draft["what"], &draft["author"]), (&json!("draft"), &json!("Maria Ortiz")));
    assert_eq!(draft["person"], person);
    assert_eq!(draft["body"]["notes"], marker(5), "her words can be read, not only counted");

    // Her device knows nothing of the person any more, by no way; whom she still serves is untouched.
    assert_eq!(maria.call(page(&person)).await.unwrap_err().code, "not_found");
    for n in 0..6 {
        let found = maria.call(json!({ "do": "search", "text": marker(n) })).await.unwrap();
        assert_eq!(found["hits"], json!([]), "{}", marker(n));
    }
    assert!(maria.call(json!({ "do": "draft", "key": "visit" })).await.unwrap().is_null());
    assert_eq!(maria.call(page(&other)).await.unwrap()["name"], "Blue");
    assert_eq!(pages(&maria), BTreeSet::new(), "nor before she locks, in free pages or in the log file");
    maria.call(json!({ "do": "lock" })).await.unwrap();
    assert_eq!(rows(&maria), [0; 0]);
    let found = lee.call(json!({ "do": "search", "text": marker(0) })).await.unwrap();
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "the control: Lee finds them");
    let checked = team.county.admin.check().await.unwrap();
    assert_eq!((checked.damaged, checked.digests_wrong, checked.caseload_wrong), (0, 0, 0));
}

/// The case comes back: the device gets everything again, what she had done herself among it.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_comes_back_is_whole_again() {
    let team = Team::new().await;
    let maria = team.device("Maria Ortiz", "peer-support").await;
    let lee = team.device("Lee Okafor", "peer-support").await;
    let sam = team.device("Sam Lindqvist", "supervisor").await;
    let met = json!({ "do": "add_person", "person": { "alias": "Red" } });
    let person = maria.call(met).await.unwrap()["person"].clone();
    let attempt = json!({ "outcome": "no-answer", "note": "by Maria" });
    maria.call(json!({ "do": "record_attempt", "person": person, "attempt": attempt })).await.unwrap();
    maria.until_agreed().await.unwrap();
    let everybody = json!({ "do": "people" });
    sam.until(everybody.clone(), |view| view["total"] == 1).await.unwrap();
    assign(&sam, &person, &lee).await;
    maria.until(everybody.clone(), |view| view["total"] == 0).await.unwrap();
    lee.until(everybody.clone(), |view| view["total"] == 1).await.unwrap();
    let attempt = json!({ "outcome": "no-answer", "note": "by Lee" });
    lee.call(json!({ "do": "record_attempt", "person": person, "attempt": attempt })).await.unwrap();
    lee.until_agreed().await.unwrap();
    assign(&sam, &person, &maria).await;
    maria.until(everybody.clone(), |view| view["total"] == 1).await.unwrap();
    maria.until_agreed().await.unwrap();
    let seen = maria.call(page(&person)).await.unwrap();
    let timeline = seen["timeline"].to_string();
    assert!(timeline.contains("by Maria") && timeline.contains("by Lee"));
    lee.until(everybody, |view| view["total"] == 0).await.unwrap();
}
