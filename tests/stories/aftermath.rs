//! What must follow from what was recorded, whoever recorded it: nobody is sent to a bereaved family's door, and a
//! second overdose of the same person is not closed as a duplicate.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use serde_json::{Value, json};
use std::path::Path;
use tests::county::TestCounty;
use tests::device::Device;

const TEAM: Option<&str> = Some("Pine response team");

async fn pine(folder: &Path) -> (TestCounty, Device, Device, Device) {
    let county = TestCounty::start(&folder.join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let mut devices = Vec::new();
    for (name, role) in
        [("Maria Ortiz", "peer-support"), ("Dev Patel", "ems"), ("Sam Lindqvist", "supervisor")]
    {
        let code = county.welcome(name, role, TEAM).await.unwrap();
        devices.push(Device::enrol(&folder.join(role), &code, name).await.unwrap());
    }
    let [maria, dev, sam] = <[Device; 3]>::try_from(devices).ok().unwrap();
    (county, maria, dev, sam)
}

async fn assign_the_only_one(sam: &Device, lead: &Device, partner: &Device) -> Value {
    let one = |view: &Value| view["events"].as_array().is_some_and(|events| events.len() == 1);
    let view = sam.until(json!({ "do": "new_events" }), one).await.unwrap();
    let event = &view["events"][0];
    let person = event["person"]["person"].clone();
    let assign = json!({
        "do": "assign", "person": person, "case": event["case"], "lead": lead.user(), "partner": partner.user(),
    });
    sam.call(assign).await.unwrap();
    person
}

fn due(count: usize) -> impl Fn(&Value) -> bool {
    move |view| view["due"].as_array().is_some_and(|due| due.len() == count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_that_a_paramedic_learns_of_takes_the_person_off_everybodys_list() {
    let folder = tempfile::tempdir().unwrap();
    let (county, maria, dev, sam) = pine(folder.path()).await;
    county.import(&[fixture("meets_reachable.xml")]).await.unwrap();
    let person = assign_the_only_one(&sam, &maria, &dev).await;
    let today = json!({ "do": "today" });
    maria.until(today.clone(), due(1)).await.unwrap();
    dev.until(today.clone(), due(1)).await.unwrap();

    let attempt = json!({ "do": "record_attempt", "person": person, "attempt": { "outcome": "deceased" } });
    dev.call(attempt).await.unwrap();
    maria.until(today, due(0)).await.unwrap();
    let page = sam.until(json!({ "do": "person", "person": person }), |page| {
        page["case"]["values"]["stage"] == "closed"
    });
    assert_eq!(page.await.unwrap()["case"]["values"]["closing_reason"], "deceased");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_overdose_of_the_same_person_keeps_its_clock() {
    let folder = tempfile::tempdir().unwrap();
    let (county, maria, dev, sam) = pine(folder.path()).await;
    county.import(&[fixture("meets_reachable.xml")]).await.unwrap();
    assign_the_only_one(&sam, &maria, &dev).await;

    // Two days later, under another incident number and another report.
    let again = std::fs::read_to_string(fixture("meets_reachable.xml")).unwrap();
    let again = again
        .replace("26-004411", "26-004999")
        .replace("0a2b1c01", "0a2b1c99")
        .replace("PC-26-101", "PC-26-999");
    let path = folder.path().join("again.xml");
    std::fs::write(&path, again).unwrap();
    county.import(&[path]).await.unwrap();

    let asks = |view: &Value| {
        view["events"].as_array().is_some_and(|events| events.iter().any(|e| e["possible_match"].is_string()))
    };
    let view = sam.until(json!({ "do": "new_events" }), asks).await.unwrap();
    let event =
        view["events"].as_array().unwrap().iter().find(|event| event["possible_match"].is_string()).unwrap();
    assert_eq!(event["possible_match_name"], "Rosa Núñez", "a human is asked, nothing is merged");
    let same = json!({ "do": "decide_match", "event": event["event"]["record"], "decision": "same" });
    sam.call(same).await.unwrap();
    let page = sam.call(json!({ "do": "person", "person": event["person"]["person"] })).await.unwrap();
    assert_eq!(
        page["case"]["values"]["stage"], "referred",
        "the new clock goes on, and somebody can be sent"
    );
    assert_eq!(page["due"]["what"], "first_contact");
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/exchange/tests/fixtures").join(name)
}
