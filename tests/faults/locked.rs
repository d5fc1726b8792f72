//! While locked, every command but four is refused, whatever it asks for, and nothing of it happens.
//!
//! The commands are read out of the generated types, so one that was added without a sample here fails the test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::county::TestCounty;
use tests::device::{Device, PASSPHRASE};

/// What is answered while locked. `design.md` names more, for key slots that do not exist yet.
const WORK_LOCKED: [&str; 4] = ["device_state", "suggest_passphrase", "enrol", "unlock"];

/// A record, person or change that the device may or may not have.
const ID: &str = "0198f0c2-5f5e-7cc3-9d0b-2f6a3a5b7c11";

/// One sample of every command, as a screen would send it.
fn samples(user: &str, person: &str) -> Vec<Value> {
    vec![
        json!({ "do": "device_state" }),
        json!({ "do": "suggest_passphrase" }),
        json!({ "do": "enrol", "code": "PORCHLIGHT1.x", "passphrase": PASSPHRASE, "device_name": "a phone" }),
        json!({ "do": "unlock", "user": user, "passphrase": "some other words entirely" }),
        json!({ "do": "change_passphrase", "old": PASSPHRASE, "new": "violet kettle harbor stone" }),
        json!({ "do": "me" }),
        json!({ "do": "today" }),
        json!({ "do": "people" }),
        json!({ "do": "search", "text": "red" }),
        json!({ "do": "person", "person": person }),
        json!({ "do": "staff" }),
        json!({ "do": "add_person", "person": { "alias": "Blue" } }),
        json!({ "do": "record_attempt", "person": person, "attempt": { "outcome": "no-answer" } }),
        json!({ "do": "record_visit", "person": person, "attempt": {}, "visit": {}, "supplies": [],
            "referrals": [], "steps": [], "follow_ups": [], "fulfils": [] }),
        json!({ "do": "add", "person": person, "kind": "alias", "fields": { "name": "Blue" } }),
        json!({ "do": "amend", "record": person, "fields": { "alias": "Blue" }, "seen": {} }),
        json!({ "do": "void", "record": person, "reason": "entered twice" }),
        json!({ "do": "choose", "record": person, "field": "alias", "claim": ID, "seen": [] }),
        json!({ "do": "save_draft", "key": "visit", "person": person, "body": { "notes": "half a" } }),
        json!({ "do": "draft", "key": "visit" }),
        json!({ "do": "drop_draft", "key": "visit" }),
        json!({ "do": "needs_a_look" }),
        json!({ "do": "correct", "change": ID, "fields": {} }),
        json!({ "do": "resend", "change": ID }),
        json!({ "do": "hand_over", "changes": [ID] }),
        json!({ "do": "seal_for_county", "changes": [ID] }),
        json!({ "do": "settle_filed", "change": ID }),
        json!({ "do": "settle_handed", "work": ID }),
        json!({ "do": "acknowledge_rehomed" }),
        json!({ "do": "sync_state" }),
        json!({ "do": "sync_now" }),
        json!({ "do": "new_events" }),
        json!({ "do": "assign", "person": person, "case": ID, "lead": user, "partner": null }),
        json!({ "do": "decide_triage", "event": ID, "decision": "overdose" }),
        json!({ "do": "decide_match", "event": ID, "decision": "same" }),
        json!({ "do": "caseloads" }),
        json!({ "do": "visits_to_review" }),
        json!({ "do": "review", "visit": ID, "note": null }),
        // Last: it would lock the control.
        json!({ "do": "lock" }),
    ]
}

/// The names of all commands, from the types that the screens are built with.
fn commands() -> BTreeSet<String> {
    let types = app::typescript::file();
    let names = types.split("\"do\": \"").skip(1);
    names.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// The codes that the samples are answered with; `ok` for an answer.
async fn codes(device: &Device, samples: Vec<Value>) -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    for sample in samples {
        let name = sample["do"].as_str().unwrap().to_owned();
        let code = match device.call(sample).await {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.code,
        };
        assert_ne!(code, "bad_command", "the sample of {name} is not what the command takes");
        assert!(codes.insert(name, code).is_none(), "a command has two samples");
    }
    codes
}

fn assert_locked(codes: &BTreeMap<String, String>) {
    for (name, code) in codes {
        let answers = WORK_LOCKED.contains(&name.as_str());
        assert_eq!(code == "locked", !answers, "{name} while locked: {code}");
    }
}

#[test]
fn every_command_has_a_sample() {
    let sampled = samples(ID, ID).into_iter().map(|sample| sample["do"].as_str().unwrap().to_owned());
    assert_eq!(sampled.collect::<BTreeSet<_>>(), commands());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_never_enrolled_answers_four_commands() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::new(&folder.path().join("phone"));
    let codes = codes(&device, samples(ID, ID)).await;
    assert_locked(&codes);
    assert_eq!((codes["device_state"].as_str(), codes["suggest_passphrase"].as_str()), ("ok", "ok"));
    assert_eq!((codes["enrol"].as_str(), codes["unlock"].as_str()), ("not_a_code", "no_vault"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_device_answers_four_commands_and_nothing_happened_by_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let county = TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let code = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await.unwrap();
    let maria = Device::enrol(&folder.path().join("maria"), &code, "Maria's phone").await.unwrap();
    let red = json!({ "do": "add_person", "person": { "alias": "Red" } });
    let person = maria.call(red).await.unwrap()["person"].as_str().unwrap().to_owned();
    let page = json!({ "do": "person", "person": person });
    let before = maria.call(page.clone()).await.unwrap();

    for how in ["lock", "restart"] {
        let locked = match how {
            "lock" => {
                maria.call(json!({ "do": "lock" })).await.unwrap();
                &maria
            }
            _ => &maria.restarted(),
        };
        let codes = codes(locked, samples(maria.user(), &person)).await;
        assert_locked(&codes);
        assert_eq!(codes["unlock"], "wrong_passphrase", "{how}");
        let state = locked.call(json!({ "do": "device_state" })).await.unwrap();
        assert!(state["unlocked"].is_null(), "{how}");
    }

    // Nothing was written meanwhile, and the control: unlocked, no command says that it is locked.
    maria.unlock().await.unwrap();
    let after = maria.call(page).await.unwrap();
    assert_eq!(after["identity"]["values"], before["identity"]["values"]);
    assert_eq!(after["timeline"], before["timeline"]);
    assert!(maria.call(json!({ "do": "draft", "key": "visit" })).await.unwrap().is_null());
    let codes = codes(&maria, samples(maria.user(), &person)).await;
    for (name, code) in &codes {
        assert_ne!(code, "locked", "{name} while unlocked");
    }
    assert_eq!(codes["record_attempt"], "ok");
}
