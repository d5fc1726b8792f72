//! A clock that is a year off, in either direction: it wins nothing, loses nothing, and the worker is told.

use crate::{TEAM, county, device, meet, page};
use domain::Millis;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::device::Device;

const HOUR: i64 = 3_600_000;
const YEAR: i64 = 365 * 24 * HOUR;

fn number(view: &Value) -> &Value {
    &view["phones"][0]["values"]["number"]
}

async fn correct(device: &Device, person: &Value, to: &str) {
    let seen = device.call(page(person)).await.unwrap()["phones"][0].clone();
    let fields = json!({ "number": to });
    let amend = json!({ "do": "amend", "record": seen["record"], "fields": fields, "seen": seen["seen"] });
    device.call(amend).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_fast() {
    a_clock_that_is_off_by(YEAR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_slow() {
    a_clock_that_is_off_by(-YEAR).await;
}

async fn a_clock_that_is_off_by(offset: i64) {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let sam = device(&county, folder.path(), "Sam Lindqvist", "supervisor").await;
    let code = county.welcome("Maria Ortiz", "peer-support", Some(TEAM)).await.unwrap();
    let clock = Arc::new(move || server::server::clock().plus(offset));
    let mut maria = Device::with_clock(&folder.path().join("maria"), clock);
    maria.join(&code, "Maria's phone").await.unwrap();

    // She is told, within the second that a sync takes.
    let sync = maria.until_agreed().await.unwrap();
    let told = sync["clock_offset"].as_i64().unwrap();
    assert!((told - offset).abs() < HOUR, "{told}");
    assert!(sam.call(json!({ "do": "sync_state" })).await.unwrap()["clock_offset"].is_null(), "the control");

    // Her screens go by the county's time: what day it is, what is due.
    let real = server::server::clock();
    let near = |at: &Value, to: Millis| (at.as_i64().unwrap() - to.0).abs() < HOUR;
    let me = maria.call(json!({ "do": "me" })).await.unwrap();
    assert!(near(&me["now"], real));
    let theirs = sam.call(json!({ "do": "today" })).await.unwrap();
    assert_eq!(maria.call(json!({ "do": "today" })).await.unwrap()["date"], theirs["date"]);
    let event = json!({ "source": "family" });
    let met = json!({
        "do": "add_person", "person": { "alias": "Red" }, "phone": { "number": "555-0100" }, "event": event,
    });
    let red = maria.call(met).await.unwrap()["person"].clone();
    let seen = maria.call(page(&red)).await.unwrap();
    assert_eq!(seen["due"]["what"], "first_contact");
    assert!(near(&seen["due"]["by"], real.plus(72 * HOUR)), "{}", seen["due"]);
    maria.until_agreed().await.unwrap();
    let shown = sam.until(page_of_all(), |view| view["total"] == 1).await.unwrap();
    assert!(near(&shown["people"][0]["due"]["by"], real.plus(72 * HOUR)));

    // A correction beats what it corrected, whoever makes it and whatever their clock says.
    for (who, other, to) in [
        (&sam, &maria, "555-0101"),
        (&maria, &sam, "555-0102"),
        (&sam, &maria, "555-0103"),
        (&maria, &sam, "555-0104"),
    ] {
        correct(who, &red, to).await;
        who.until_agreed().await.unwrap();
        let seen = other.until(page(&red), |view| number(view) == to).await.unwrap();
        assert_eq!(seen["phones"][0]["conflicts"], json!({}), "{to}");
        assert_eq!(*number(&who.call(page(&red)).await.unwrap()), json!(to));
    }
    // What was recorded without a network is kept and counts, too.
    county.line.cut();
    correct(&maria, &red, "555-0105").await;
    let blue = meet(&maria, "Blue").await;
    county.line.mend();
    sam.until(page(&red), |view| number(view) == "555-0105").await.unwrap();
    maria.until_agreed().await.unwrap();
    assert_eq!(sam.call(page(&blue)).await.unwrap()["name"], "Blue");
}

fn page_of_all() -> Value {
    json!({ "do": "people" })
}
