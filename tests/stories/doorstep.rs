//! On a doorstep: what a worker records without a network is hers at once, survives her phone dying, and reaches her
//! supervisor when the county can be reached again.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use serde_json::json;
use tests::county::TestCounty;
use tests::device::Device;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_offline_survives_a_restart_and_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let county = TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let maria = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await.unwrap();
    let sam = county.welcome("Sam Lindqvist", "supervisor", Some("Pine response team")).await.unwrap();
    let maria = Device::enrol(&folder.path().join("maria"), &maria, "Maria's phone").await.unwrap();
    let sam = Device::enrol(&folder.path().join("sam"), &sam, "Sam's laptop").await.unwrap();

    county.line.cut();
    let red = json!({
        "do": "add_person", "person": { "alias": "Red" }, "place": { "kind": "street", "label": "Bus shelter" },
    });
    let person = maria.call(red).await.unwrap()["person"].clone();
    let attempt = json!({ "do": "record_attempt", "person": person, "attempt": { "outcome": "no-answer" } });
    maria.call(attempt).await.unwrap();

    let maria = maria.restarted();
    assert_eq!(maria.call(json!({ "do": "today" })).await.unwrap_err().code, "locked");
    maria.unlock().await.unwrap();
    let page = json!({ "do": "person", "person": person });
    let seen = maria.call(page.clone()).await.unwrap();
    assert_eq!(seen["name"], "Red");
    assert_eq!(seen["timeline"][0]["record"]["values"]["outcome"], "no-answer");
    assert_eq!(seen["timeline"][0]["record"]["state"], "device");
    assert_eq!(sam.call(page.clone()).await.unwrap_err().code, "not_found");

    county.line.mend();
    let people = json!({ "do": "people" });
    sam.until(people, |view| view["total"] == 1).await.unwrap();
    maria.until_agreed().await.unwrap();
    let seen = maria.call(page.clone()).await.unwrap();
    assert_eq!(seen["timeline"][0]["record"]["state"], "county");
    assert_eq!(sam.call(page).await.unwrap()["timeline"][0]["record"]["author"], "Maria Ortiz");
}
