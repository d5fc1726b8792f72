//! The county outgrows its machine: it moves from the embedded database to PostgreSQL while its workers are offline,
//! and they go on as if nothing had happened.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use serde_json::json;
use server::admin::{AdminError, County, copy};
use server::place::{Backend, Place};
use std::sync::Arc;
use tests::cluster::scratch;
use tests::county::TestCounty;
use tests::device::Device;

#[tokio::test(flavor = "multi_thread")]
async fn a_county_moves_to_postgresql_and_its_workers_do_not_notice() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("county");
    let mut county = TestCounty::start(&data, "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let team = Some("Pine response team");
    let maria = county.welcome("Maria Ortiz", "peer-support", team).await.unwrap();
    let sam = county.welcome("Sam Lindqvist", "supervisor", team).await.unwrap();
    let maria = Device::enrol(&folder.path().join("maria"), &maria, "Maria's phone").await.unwrap();
    let sam = Device::enrol(&folder.path().join("sam"), &sam, "Sam's laptop").await.unwrap();
    let add = |alias: &str| {
        json!({
            "do": "add_person", "person": { "alias": alias }, "place": { "kind": "street", "label": "Bus shelter" },
        })
    };
    let red = maria.call(add("Red")).await.unwrap()["person"].clone();
    sam.until(json!({ "do": "people" }), |view| view["total"] == 1).await.unwrap();
    maria.until_agreed().await.unwrap();
    let before = county.admin.describe().await.unwrap();

    // The server is down, which a worker only sees in that her work stays on her phone.
    county.down().await;
    let attempt = json!({ "do": "record_attempt", "person": red, "attempt": { "outcome": "no-answer" } });
    maria.call(attempt).await.unwrap();
    let base = scratch().await;
    let at = |url| Place { database: Backend::Postgres(Box::new(url)), ..Place::embedded(&data) };
    let clock = Arc::new(server::server::clock);
    let moved = copy(&Place::embedded(&data), &at(base.owner()), clock.clone()).await.unwrap();
    assert_eq!((moved.county, moved.changes, moved.epoch), (before.id, before.seq, before.epoch));
    assert!(moved.digests > 0, "the digests of everybody were compared");
    let old = County::open(&data, None, clock).await;
    assert!(matches!(old, Err(AdminError::Moved)), "nobody goes on in the old place");

    county.place = at(base.server());
    county.up().await.unwrap();
    let page = json!({ "do": "person", "person": red });
    let heard = |view: &serde_json::Value| view["timeline"].as_array().is_some_and(|line| !line.is_empty());
    let seen = sam.until(page, heard).await.unwrap();
    assert_eq!(seen["timeline"][0]["record"]["author"], "Maria Ortiz");
    maria.call(add("Blue")).await.unwrap();
    sam.until(json!({ "do": "people" }), |view| view["total"] == 2).await.unwrap();
    maria.until_agreed().await.unwrap();
    sam.until_agreed().await.unwrap();
    let large = county.open_again().await.unwrap();
    let after = large.describe().await.unwrap();
    assert!(after.seq > before.seq);
    assert_eq!((after.id, after.epoch), (before.id, before.epoch));
    assert!(large.check().await.unwrap().sound());
    county.down().await;
}
