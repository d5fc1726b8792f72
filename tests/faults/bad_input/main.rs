//! Bad input, from people, from the network, from the machine: each gets a code that a screen has words for, and loses
//! nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod clock;
mod disk;
mod door;
mod files;
mod notes;
mod wire;

use serde_json::{Value, json};
use std::path::Path;
use tests::county::TestCounty;
use tests::device::Device;

const TEAM: &str = "Pine response team";

/// A county with one team.
async fn county(folder: &Path) -> TestCounty {
    let county = TestCounty::start(&folder.join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team(TEAM).await.unwrap();
    county
}

async fn device(county: &TestCounty, folder: &Path, name: &str, role: &str) -> Device {
    let code = county.welcome(name, role, Some(TEAM)).await.unwrap();
    Device::enrol(&folder.join(name), &code, "a device").await.unwrap()
}

/// Somebody whom this worker meets.
async fn meet(device: &Device, alias: &str) -> Value {
    let met = json!({ "do": "add_person", "person": { "alias": alias } });
    device.call(met).await.unwrap()["person"].clone()
}

fn page(person: &Value) -> Value {
    json!({ "do": "person", "person": person })
}

fn attempt(person: &Value, note: &str) -> Value {
    json!({ "do": "record_attempt", "person": person, "attempt": { "outcome": "no-answer", "note": note } })
}

/// Everything that happened to a person, with its values only.
async fn timeline(device: &Device, person: &Value) -> Vec<Value> {
    let page = device.call(page(person)).await.unwrap();
    page["timeline"].as_array().unwrap().iter().map(|item| item["record"]["values"].clone()).collect()
}
