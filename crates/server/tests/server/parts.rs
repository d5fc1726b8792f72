//! Answers to devices that do not want everything at once: a page that others follow, and a line that was seen to die.

use crate::model::Device;
use crate::syncs::many;
use crate::town::{Town, now};
use domain::codes::{AttemptMode, AttemptOutcome};
use domain::records::ContactAttempt;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Sends a first line, with more about it, and what follows; the lines of the answer, and its length on the wire.
pub async fn send(device: &mut Device, more: Value, lines: &[Value]) -> (Vec<Value>, usize) {
    let mut hello = json!({ "v": 1, "app": "0.1.0", "now": now(), "r": 1 });
    hello.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let text: String = [hello].iter().chain(lines).map(|line| format!("{line}\n")).collect();
    let answer = device.client.send("POST", "/v1/sync", &sync::packing::compress(text.as_bytes())).await;
    assert_eq!(answer.status(), 200);
    let bytes = answer.bytes().await.unwrap();
    let text = sync::packing::decompress_all(&bytes, 64 << 20).unwrap();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    (lines.map(|line| serde_json::from_slice(line).unwrap()).collect(), bytes.len())
}

#[tokio::test]
async fn a_page_that_others_follow_is_answered_and_brings_nothing_else() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (_, case) = maria.meet("Red");
    let lines: Vec<Value> = maria.store.outbox.iter().map(|change| json!({ "c": change })).collect();
    let before = town.admin.describe().await.unwrap().seq;

    let (said, _) = send(&mut maria, json!({ "f": true }), &lines).await;
    assert_eq!(said[0], json!({ "k": { "s": before + 1, "n": lines.len() } }));
    assert_eq!((said.len(), &said[1]["pushed"]), (2, &json!(lines.len())));
    assert!(said[1]["s"].is_string(), "with the signature under what was accepted");
    assert_eq!(town.admin.describe().await.unwrap().seq, before + lines.len() as u64, "it is kept");
    // The control: the same without the word for it.
    let (said, _) = send(&mut maria, json!({}), &lines).await;
    assert!(said.last().unwrap()["end"]["last"].is_object());
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    assert!(sam.store.fold(case).created);
}

#[tokio::test]
async fn an_app_that_has_no_dictionary_is_answered_without_it() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    maria.settle().await;
    for (reads, plain) in [(1, true), (2, false)] {
        let hello = json!({ "v": 1, "app": "0.1.0", "now": now(), "r": reads });
        let body = sync::packing::compress(format!("{hello}\n").as_bytes());
        let answer = maria.client.send("POST", "/v1/sync", &body).await;
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(zstd::decode_all(&bytes[..]).is_ok(), plain);
        let text = sync::packing::decompress_all(&bytes, 1 << 20).unwrap();
        assert!(String::from_utf8(text).unwrap().contains("Red"));
    }
}

#[tokio::test]
async fn the_first_frame_of_a_first_pull_says_who_the_first_person_is_and_hardly_more() {
    let town = Town::new().await;
    many(&town, 20, 12).await;
    let mut sam = town.device("Sam").await;
    let (said, _) = send(&mut sam, json!({}), &[]).await;
    let frames: Vec<&[Value]> = said.split(|line| line["end"].is_object()).collect();
    let people = |lines: &[Value]| lines.iter().filter(|line| line["enter"].is_object()).count();
    let is = |kind: &str| frames[0].iter().any(|line| line["c"]["kind"] == kind);
    assert!(people(frames[0]) == 1 && is("person") && is("case"), "{:?}", frames[0]);
    assert!(people(frames[1]) > 2, "the control: others bring several people");
}

#[tokio::test]
async fn a_history_that_comes_late_holds_what_the_device_has_said_meanwhile() {
    let town = Town::new().await;
    many(&town, 20, 12).await;
    let mut maria = town.device("Maria").await;
    let (red, case) = maria.meet("Red");
    let outbox = |maria: &mut Device| -> Vec<Value> {
        std::mem::take(&mut maria.store.outbox).iter().map(|change| json!({ "c": change })).collect()
    };
    let lines = outbox(&mut maria);
    let (said, _) = send(&mut maria, json!({ "m": 1_024 }), &lines).await;
    let enters = |lines: &[Value]| lines.iter().any(|line| line["enter"]["person"] == json!(red));
    assert!(!enters(&said), "the control: the answer ended before");

    let attempt = ContactAttempt {
        happened_at: Some(now()),
        mode: Some(AttemptMode::HomeVisit),
        outcome: Some(AttemptOutcome::NoAnswer),
        case: Some(case),
        ..ContactAttempt::default()
    };
    maria.create(Some(red), &attempt);
    let lines = outbox(&mut maria);
    let token = &said.last().unwrap()["end"]["token"];
    let (said, _) = send(&mut maria, json!({ "token": token }), &lines).await;
    let whole =
        |line: &Value| line["end"]["complete"].as_array().is_some_and(|all| all.contains(&json!(red)));
    let end = said.iter().position(whole).unwrap();
    assert!(enters(&said[..end]));
    assert!(said[..end].iter().any(|line| line["c"]["id"] == lines[0]["c"]["id"]), "{:?}", &said[..end]);
}

#[tokio::test]
async fn an_answer_that_may_be_small_only_ends_at_a_frame_and_the_next_goes_on_from_there() {
    let town = Town::new().await;
    many(&town, 60, 12).await;
    let mut sam = town.device("Sam").await;
    let (whole, length) = send(&mut sam, json!({}), &[]).await;
    let changes = |lines: &[Value]| -> BTreeMap<String, Value> {
        let changes = lines.iter().filter_map(|line| line.get("c"));
        changes.map(|change| (change["id"].to_string(), change.clone())).collect()
    };
    let everything = changes(&whole);
    assert!(everything.len() > 60 * 12 && length > 5 * 4_096, "the control: {length} bytes at once");

    let mut other = town.device("Sam").await;
    let (mut token, mut arrived, mut answers) = (Value::Null, BTreeMap::new(), 0);
    loop {
        let (said, length) = send(&mut other, json!({ "m": 4_096, "token": token }), &[]).await;
        answers += 1;
        let last = said.last().unwrap();
        assert!(last["end"].is_object(), "nothing is half said");
        assert!(length < 4_096 * 3 / 2, "{length} bytes");
        arrived.extend(changes(&said));
        token = last["end"]["token"].clone();
        if last["end"]["last"].is_object() {
            break;
        }
        assert!(answers < 100, "it does not come to an end");
    }
    assert!(answers > 4, "{answers}");
    assert_eq!(arrived, everything);
}
