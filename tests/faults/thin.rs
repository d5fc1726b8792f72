//! A thin, long, short-lived line: a basement, a border county, a bus. What arrives is kept and can be used while the
//! rest is under way, those due today first, and a cut costs about a second of the line.
//!
//! The line is ten times faster than the 64 kbit/s that it stands for, so that tests are short; what is asserted are
//! bytes and order, which do not depend on it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use sync::ports::Local;
use tests::county::TestCounty;
use tests::device::Device;
use tests::phone::Phone;
use tests::proxy::{Direction, Fault, Line, What};

/// 64 kbit/s and 600 ms, ten times as fast.
const THIN: Line = Line { kbit_s: Some(640), rtt: Duration::from_millis(60), cut_every: None };
/// Twenty seconds of a line of 64 kbit/s.
const TWENTY_SECONDS: u64 = 160_000;
/// A second of it, and what each new connection costs: the handshake, and the headers of a request and its answer.
const A_SECOND: u64 = 8_000;
const CONNECTION: u64 = 6_000;

async fn county(folder: &std::path::Path) -> TestCounty {
    let county = TestCounty::start(&folder.join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    county
}

async fn sync(phone: &Phone) -> sync::engine::Report {
    phone.sync(phone.store.local_side(), |_| {}).await.unwrap()
}

/// Waits, however long the machine takes.
async fn patiently(device: &Device, command: Value, done: impl Fn(&Value) -> bool) -> Value {
    loop {
        match device.until(command.clone(), &done).await {
            Err(error) if error.code == "still_waiting" => {}
            other => return other.unwrap(),
        }
    }
}

fn names(people: &Value) -> BTreeSet<String> {
    people.as_array().unwrap().iter().map(|row| row["person"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_over_a_thin_line_is_usable_as_it_arrives_and_survives_every_cut() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let code = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await.unwrap();
    let phone = Phone::enrol(&folder.path().join("phone"), &code).await.unwrap();
    sync(&phone).await;
    let people = phone.meet(300, 10, 3).unwrap();
    let today: Vec<_> = people.iter().step_by(60).copied().collect();
    for person in &today {
        phone.call_today(*person).unwrap();
    }
    assert!(sync(&phone).await.agrees);

    // What it takes on a line that holds, byte for byte.
    let code = county.code("Maria Ortiz").await.unwrap();
    let mut other = Phone::enrol(&folder.path().join("other"), &code).await.unwrap();
    let line = county.another_line().await.unwrap();
    other.go_by(line.address);
    assert!(sync(&other).await.agrees);
    let whole = line.count().down;

    // Her tablet, on a line that holds its breath after some of it.
    let code = county.code("Maria Ortiz").await.unwrap();
    let mut tablet = Device::new(&folder.path().join("tablet"));
    let before = county.line.count().down;
    county.line.carry_as(Line { cut_every: Some(TWENTY_SECONDS), ..THIN });
    let held = Fault { direction: Direction::Down, at: 60_000, what: What::Hold };
    county.line.faults(&[held]);
    tablet.join(&code, "a tablet").await.unwrap();
    county.line.until(|count| count.held > 0).await;
    county.line.faults(&[]);
    let everybody = json!({ "do": "people", "order": "name", "limit": 500 });
    let some = patiently(&tablet, everybody.clone(), |view| view["total"].as_u64() > Some(10)).await;
    let arrived = names(&some["people"]);
    assert!(arrived.len() < 100, "the control: most of it is still under way");
    assert!(today.iter().all(|person| arrived.contains(&person.to_string())), "those due today came first");
    let state = tablet.call(json!({ "do": "sync_state" })).await.unwrap();
    assert_eq!((&state["phase"], &state["progress"][1]), (&json!("syncing"), &json!(people.len())));
    let due = tablet.call(json!({ "do": "today" })).await.unwrap();
    assert!(names(&due["due"]).is_superset(&today.iter().map(ToString::to_string).collect()));

    // She goes to see one of them.
    let visit = json!({
        "do": "record_visit", "person": today[0], "attempt": {}, "visit": { "notes": "on the porch" },
        "supplies": [], "referrals": [], "steps": [], "follow_ups": [], "fulfils": [],
    });
    tablet.call(visit).await.unwrap();
    let page = tablet.call(json!({ "do": "person", "person": today[0] })).await.unwrap();
    assert!(page["timeline"].to_string().contains("on the porch"));
    county.line.release();

    patiently(&tablet, json!({ "do": "sync_state" }), |sync| sync["phase"] == "up_to_date").await;
    let count = county.line.count();
    let all = tablet.call(everybody).await.unwrap();
    assert_eq!(all["total"], json!(people.len()));
    assert!(all["people"].as_array().unwrap().iter().all(|row| row["arriving"] == false));
    assert!(count.cuts >= 3, "the control: {} cuts", count.cuts);
    let again = (count.down - before).saturating_sub(whole);
    assert!(
        again <= (count.cuts + 3) * (A_SECOND + CONNECTION),
        "{again} bytes came again after {} cuts of a sync of {whole}",
        count.cuts
    );
    assert!(sync(&phone).await.received >= 2, "the visit reached her phone");
    println!("{whole} bytes, {} cuts, {again} bytes more", count.cuts);
}

/// A phone comes back with much to send: the county's challenge costs a round trip, and not the page twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_to_be_sent_goes_over_the_line_once() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let code = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await.unwrap();
    let mut phone = Phone::enrol(&folder.path().join("phone"), &code).await.unwrap();
    sync(&phone).await;
    phone.meet(20, 10, 5).unwrap();
    let waits = phone.store.local_side().outbox(10_000, usize::MAX, Phone::now()).unwrap();
    let page = sync::packing::compress(waits.lines.join("\n").as_bytes()).len() as u64;
    assert!(page > 4 * CONNECTION, "the control: {page} bytes wait");
    let line = county.another_line().await.unwrap();
    phone.go_by(line.address);
    assert!(sync(&phone).await.agrees);
    let up = line.count().up;
    assert!(up < page + page / 4 + CONNECTION, "{up} bytes for {page}");
}

/// A week's work goes up over a line that never lives long enough for all of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_outbox_gets_through_a_line_that_is_cut_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let code = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await.unwrap();
    let mut phone = Phone::enrol(&folder.path().join("phone"), &code).await.unwrap();
    sync(&phone).await;
    phone.meet(100, 12, 5).unwrap();
    let line = county.another_line().await.unwrap();
    line.carry_as(Line { cut_every: Some(TWENTY_SECONDS), ..THIN });
    phone.go_by(line.address);
    let mut tries = 0;
    loop {
        tries += 1;
        match phone.sync(phone.store.local_side(), |_| {}).await {
            Ok(report) => {
                assert!(report.agrees);
                break;
            }
            Err(error) => assert!(tries < 50, "{error}"),
        }
    }
    assert!(line.count().cuts > 0, "the control: the line was cut");
    let seq = county.admin.describe().await.unwrap().seq;
    let code = county.code("Maria Ortiz").await.unwrap();
    let other = Phone::enrol(&folder.path().join("other"), &code).await.unwrap();
    let report = sync(&other).await;
    assert!(report.agrees && u64::from(report.received) <= seq);
    assert!(report.received > 100 * 12 * 2, "all of it is there");
}
