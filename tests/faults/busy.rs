//! A county that asks to be left alone is left alone, however much a worker writes meanwhile; and gets all of it after.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use serde_json::json;
use server::Limits;
use tests::county::TestCounty;
use tests::device::Device;

/// How often the county has sent this device away.
async fn sent_away(county: &TestCounty) -> u64 {
    let text = county.figures().await.unwrap();
    let line = text.lines().find(|line| line.starts_with("porchlight_limited_total{kind=\"device\"}"));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_waits_as_long_as_it_is_told_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut county =
        TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    county.down().await;
    // One request in ten seconds, and six at once.
    county.limits = Limits { device_per_minute: 6, ..Limits::default() };
    county.up().await.unwrap();
    let code = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await.unwrap();
    let maria = Device::enrol(&folder.path().join("maria"), &code, "a phone").await.unwrap();
    let met = json!({ "do": "add_person", "person": { "alias": "Red" } });
    let mut wrote = 0;
    while sent_away(&county).await == 0 {
        maria.call(met.clone()).await.unwrap();
        maria.call(json!({ "do": "sync_now" })).await.unwrap();
        wrote += 1;
        assert!(wrote < 100, "nobody is ever sent away");
    }
    let state =
        maria.until(json!({ "do": "sync_state" }), |sync| sync["trouble"] != json!(null)).await.unwrap();
    // Every save wakes the syncer.
    for _ in 0..30 {
        maria.call(met.clone()).await.unwrap();
    }
    let times = sent_away(&county).await;
    assert!(times <= 3, "asked {times} times while told to wait: {state}");
    maria.until_agreed().await.unwrap();
    let found = county.admin.check().await.unwrap();
    assert!(found.sound() && found.changes >= 30 + wrote);
}
