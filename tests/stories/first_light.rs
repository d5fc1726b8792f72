//! First light: the whole loop, from an EMS report to a reviewed visit, offline in between.
//!
//! Pine County. Maria is a peer support specialist with a phone, Dev a community paramedic with a tablet, Sam their
//! supervisor with a laptop. The app, its vaults on disk, the server and TLS are the real ones; the network is cut by
//! a proxy.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tests::county::TestCounty;
use tests::device::Device;

struct Team {
    county: TestCounty,
    maria: Device,
    dev: Device,
    sam: Device,
}

async fn team(folder: &Path) -> Team {
    let county = TestCounty::start(&folder.join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let team = Some("Pine response team");
    let maria = county.welcome("Maria Ortiz", "peer-support", team).await.unwrap();
    let dev = county.welcome("Dev Patel", "ems", team).await.unwrap();
    let sam = county.welcome("Sam Lindqvist", "supervisor", team).await.unwrap();
    let maria = Device::enrol(&folder.join("maria"), &maria, "Maria's phone").await.unwrap();
    let dev = Device::enrol(&folder.join("dev"), &dev, "Dev's tablet").await.unwrap();
    let sam = Device::enrol(&folder.join("sam"), &sam, "Sam's laptop").await.unwrap();
    Team { county, maria, dev, sam }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/exchange/tests/fixtures").join(name)
}

fn one<'a>(list: &'a Value, what: &str) -> &'a Value {
    let list = list.as_array().unwrap_or_else(|| panic!("{what}: not a list"));
    assert_eq!(list.len(), 1, "{what}");
    &list[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_ems_report_to_a_reviewed_visit() {
    let folder = tempfile::tempdir().unwrap();
    let Team { county, maria, dev, sam } = team(folder.path()).await;

    // Intake: a report that meets the definition.
    let reports =
        county.import(&[fixture("meets_reachable.xml"), fixture("meets_reachable.xml")]).await.unwrap();
    assert_eq!((reports[0].new, reports[1].new), (1, 0), "the same file again makes nothing twice");

    // Sam sees it without asking, and gives it to Maria; Dev comes along without being picked.
    let new = json!({ "do": "new_events" });
    let events = sam
        .until(new.clone(), |view| view["events"].as_array().is_some_and(|list| list.len() == 1))
        .await
        .unwrap();
    let event = one(&events["events"], "new events");
    let person = event["person"]["person"].clone();
    assert_eq!(events["usual_partner"][maria.user()], json!(dev.user()), "Dev is preselected");
    let assign = json!({
        "do": "assign", "person": person, "case": event["case"], "lead": maria.user(), "partner": dev.user(),
    });
    sam.call(assign).await.unwrap();
    assert!(sam.call(new).await.unwrap()["events"].as_array().unwrap().is_empty());

    // Her phone and his tablet have it before they leave.
    let page = json!({ "do": "person", "person": person });
    let today = json!({ "do": "today" });
    let seen = maria
        .until(today.clone(), |view| view["due"].as_array().is_some_and(|due| due.len() == 1))
        .await
        .unwrap();
    let row = one(&seen["due"], "due today").clone();
    assert_eq!(row["due"]["what"], "first_contact");
    dev.until(today.clone(), |view| view["due"].as_array().is_some_and(|due| due.len() == 1)).await.unwrap();
    maria.until_agreed().await.unwrap();
    dev.until_agreed().await.unwrap();

    // No network.
    county.line.cut();
    let no_answer = json!({ "outcome": "no-answer", "place": row["place_id"] });
    maria.call(json!({ "do": "record_attempt", "person": person, "attempt": no_answer })).await.unwrap();

    // Half-way through a note the app is killed. What she typed is there when she unlocks again.
    let draft = json!({ "notes": "Met at the river camp. She asked" });
    maria.call(json!({ "do": "save_draft", "key": "visit", "person": person, "body": draft })).await.unwrap();
    let maria = maria.restarted();
    assert_eq!(maria.call(today.clone()).await.unwrap_err().code, "locked");
    maria.unlock().await.unwrap();
    let kept = maria.call(json!({ "do": "draft", "key": "visit" })).await.unwrap();
    assert_eq!(kept["body"], draft);

    // She finds the person at another place, and records everything in one go.
    let before = maria.call(page.clone()).await.unwrap();
    let phone = before["phones"][0].clone();
    let friday = "2026-11-27";
    let visit = json!({
        "do": "record_visit", "person": person, "draft": "visit",
        "attempt": { "mode": "community-site" },
        "place": { "kind": "encampment", "label": "Blue tent at the river camp" },
        "visit": {
            "present": ["person", "friend"], "topics": ["what-happened", "naloxone-use", "using-alone"],
            "needs": ["food", "wound-care"], "next_step": "Walk to the clinic together",
            "notes": "Met at the river camp. She asked about a wound on her hand.",
        },
        "supplies": [{
            "item": "naloxone-nasal-4mg", "kits": 1, "doses": 2, "lot": "PX4471", "trained": true,
            "recipient": "survivor",
        }],
        "referrals": [{ "category": "wound-care", "service": "Pine Street Clinic" }],
        "steps": [{ "text": "Told her sister where she is staying", "area": "connection" }],
        "follow_ups": [{ "kind": "visit", "due_on": friday }],
        "fulfils": [],
    });
    maria.call(visit).await.unwrap();
    let number = json!({ "number": "828-555-0142" });
    maria.call(amend(&phone, number)).await.unwrap();
    let met = json!({
        "do": "add_person", "person": { "alias": "Red" },
        "place": { "kind": "street", "label": "Bus shelter on Main" },
    });
    let red = maria.call(met).await.unwrap()["person"].clone();
    let waiting = maria.call(json!({ "do": "sync_state" })).await.unwrap();
    assert!(waiting["on_device"].as_u64().unwrap() > 10, "all of it is on this device");
    let after = maria.call(page.clone()).await.unwrap();
    assert_eq!(after["places"].as_array().unwrap().len(), before["places"].as_array().unwrap().len() + 1);
    assert_eq!(after["timeline"][0]["record"]["state"], "device");
    assert_eq!(after["due"]["what"], "follow_up");
    assert_eq!(after["due"]["day"], friday);

    // Meanwhile Dev corrects the same number to another value, and adds a safety note.
    let theirs = dev.call(page.clone()).await.unwrap();
    let same = by_record(&theirs["phones"], &phone["record"]).clone();
    dev.call(amend(&same, json!({ "number": "828-555-0199" }))).await.unwrap();
    let dog = json!({
        "do": "add", "person": person, "kind": "safety_note",
        "fields": { "category": "dog", "text": "Loose dog behind the gate" },
    });
    dev.call(dog).await.unwrap();

    // The county is reachable again. Nobody does anything.
    county.line.mend();
    let look = json!({ "do": "needs_a_look" });
    let conflict =
        sam.until(look.clone(), |view| !view["conflicts"].as_array().unwrap().is_empty()).await.unwrap();
    let conflict = one(&conflict["conflicts"], "conflicts").clone();
    assert_eq!(conflict["field"], "number");
    let mut values: Vec<&str> =
        conflict["claims"].as_array().unwrap().iter().map(|c| c["value"].as_str().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, ["828-555-0142", "828-555-0199"], "both values stay visible");
    let seen = sam
        .until(page.clone(), |view| {
            view["safety"].as_array().is_some_and(|s| s.len() == 1)
                && view["follow_ups"].as_array().is_some_and(|f| f.len() == 1)
        })
        .await
        .unwrap();
    assert_eq!(
        seen["referrals"][0]["values"]["service"], "Pine Street Clinic",
        "what did not collide has merged"
    );
    maria.until_agreed().await.unwrap();
    let sent =
        maria.until(page.clone(), |view| view["timeline"][0]["record"]["state"] == "county").await.unwrap();
    assert_eq!(sent["safety"][0]["values"]["category"], "dog");

    // Sam settles it: a choice is a change that saw both.
    let right =
        conflict["claims"].as_array().unwrap().iter().find(|claim| claim["value"] == "828-555-0199").unwrap();
    let choose = json!({
        "do": "choose", "record": conflict["record"], "field": "number", "claim": right["change"],
        "seen": conflict["seen"],
    });
    sam.call(choose).await.unwrap();
    let settled = |view: &Value| {
        let phone = by_record(&view["phones"], &conflict["record"]);
        phone["values"]["number"] == "828-555-0199" && phone["conflicts"].as_object().unwrap().is_empty()
    };
    maria.until(page.clone(), settled).await.unwrap();
    dev.until(page.clone(), settled).await.unwrap();

    // And marks the visit as reviewed.
    let visits = sam.call(json!({ "do": "visits_to_review" })).await.unwrap();
    let visit = one(&visits, "visits to review");
    assert!(
        visit["item"]["with"].as_array().unwrap().iter().any(|with| with["kind"] == "peer_note"),
        "Sam reads the peer's note"
    );
    sam.call(json!({ "do": "review", "visit": visit["visit"], "note": "Good work." })).await.unwrap();
    let reviewed = |view: &Value| {
        view["timeline"].as_array().unwrap().iter().any(|item| item["reviewed_by"] == "Sam Lindqvist")
    };
    maria.until(page.clone(), reviewed).await.unwrap();

    // Dev goes along, but a peer's note is not for him to read.
    let devs = dev.until(page.clone(), reviewed).await.unwrap();
    assert!(!devs.to_string().contains("wound on her hand"));

    // Nothing lost, nothing twice: the digests of all three match the county's.
    for device in [&maria, &dev, &sam] {
        device.until_agreed().await.unwrap();
        let sync = device.call(json!({ "do": "sync_now" })).await.unwrap();
        assert_eq!(sync["phase"], "up_to_date");
        assert!(sync["agreed_at"].is_i64());
    }
    let check = county.admin.check().await.unwrap();
    assert_eq!((check.damaged, check.digests_wrong, check.caseload_wrong), (0, 0, 0));

    // Somebody known only by an alias is in Maria's caseload and Sam's, not in Dev's.
    let red = json!({ "do": "person", "person": red });
    assert_eq!(sam.call(red.clone()).await.unwrap()["name"], "Red");
    assert_eq!(dev.call(red).await.unwrap_err().code, "not_found");
}

fn by_record<'a>(list: &'a Value, record: &Value) -> &'a Value {
    list.as_array().unwrap().iter().find(|one| one["record"] == *record).unwrap()
}

fn amend(record: &Value, fields: Value) -> Value {
    json!({ "do": "amend", "record": record["record"], "fields": fields, "seen": record["seen"] })
}
