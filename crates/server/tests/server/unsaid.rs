//! What the county leaves unsaid to a device that can do without: ids and stamps that the device sent, and a token
//! that it holds.

use crate::model::Device;
use crate::town::{Town, now};
use domain::Op;
use domain::records::{Phone, Record};
use serde_json::{Value, json};

fn phone(number: &str) -> Phone {
    Phone { number: Some(number.to_owned()), ..Phone::default() }
}

/// Sends lines as an app does that can read this much; the lines of the answer, and how it said its length.
async fn send(device: &mut Device, reads: u8, token: Option<&Value>, lines: &[Value]) -> (Vec<Value>, bool) {
    let hello = json!({ "v": 1, "app": "0.1.0", "now": now(), "r": reads, "token": token });
    let text: String = [hello].iter().chain(lines).map(|line| format!("{line}\n")).collect();
    let answer = device.client.send("POST", "/v1/sync", &sync::packing::compress(text.as_bytes())).await;
    assert_eq!(answer.status(), 200);
    let length = answer.headers().contains_key("content-length");
    let bytes = answer.bytes().await.unwrap();
    let text = sync::packing::decompress_all(&bytes, 1 << 20).unwrap();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    (lines.map(|line| serde_json::from_slice(line).unwrap()).collect(), length)
}

#[tokio::test]
async fn only_what_the_device_did_not_say_itself_is_said() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (person, _) = maria.meet("Red");
    for number in ["1", "2", "3"] {
        maria.create(Some(person), &phone(number));
    }
    let poison = domain::ChangeId::new(now(), crypto::secret::random_bytes());
    let mut fast = maria.change::<Phone>(None, Some(person), Op::Create, phone("4").to_values());
    fast.stamp = domain::Stamp::at(now().plus(domain::time::DAY));
    let mut lines: Vec<Value> = maria.store.outbox.iter().map(|change| json!({ "c": change })).collect();
    let good = lines.len() as u64;
    lines.insert(2, json!({ "c": { "id": poison, "kind": 7 } }));
    lines.push(json!({ "c": fast }));

    let (said, _) = send(&mut maria, 1, None, &lines).await;
    let before = said[0]["k"]["s"].as_u64().unwrap();
    assert_eq!(said[0], json!({ "k": { "s": before, "n": 2 } }));
    assert_eq!(said[1]["a"]["id"], json!(poison));
    assert_eq!(said[2], json!({ "k": { "s": before + 2, "n": good - 2 } }));
    // Its clock ran ahead, so another stamp counts, and is said.
    assert_eq!(said[3]["a"]["id"], json!(fast.id));
    assert_eq!(said[3]["a"]["accepted"]["seq"], before + good);
    assert!(said[3]["a"]["accepted"]["stamp"].as_u64().unwrap() < fast.stamp.0);
    // With the signature under what was accepted.
    assert_eq!((&said[4]["pushed"], said[4]["s"].is_string()), (&json!(good + 2), true));

    // Sent again, the answers are the same; to an app that cannot read them like this they are said in full.
    let (again, _) = send(&mut maria, 1, None, &lines).await;
    assert_eq!(again[..5], said[..5]);
    let (full, _) = send(&mut maria, 0, None, &lines).await;
    let ids: Vec<&Value> = full.iter().filter_map(|line| line.get("a")).map(|answer| &answer["id"]).collect();
    assert_eq!(ids, lines.iter().map(|line| &line["c"]["id"]).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_token_that_the_device_holds_is_not_said_again() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (first, _) = send(&mut maria, 1, None, &[]).await;
    let token = first.last().unwrap()["end"]["token"].clone();
    assert!(token.is_string(), "without a token there is none to mean");

    let (said, whole) = send(&mut maria, 1, Some(&token), &[]).await;
    assert_eq!(said.len(), 1);
    assert!(said[0]["end"].get("token").is_none() && said[0]["end"]["last"]["digest"].is_string());
    assert!(whole, "an answer that is ready at once says its length");
    let (said, _) = send(&mut maria, 0, Some(&token), &[]).await;
    assert!(said[0]["end"]["token"].is_string(), "an older app needs it");

    town.admin.add_team("West").await.unwrap();
    let (said, _) = send(&mut maria, 1, Some(&token), &[]).await;
    let end = &said.last().unwrap()["end"];
    assert!(end["token"].is_string() && end["token"] != token, "something is new");
}
