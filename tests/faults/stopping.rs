//! The real program is told to stop while a push is on its way and a device listens: the push is answered and durable,
//! the listener's line ends as lines end, and nothing new is sent there meanwhile.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use domain::codes::Role;
use domain::{PersonId, RecordKind};
use reqwest::Body;
use serde_json::{Value, json};
use server::admin::{County, NewUser};
use std::sync::Arc;
use tests::client::Client;
use tests::program::Serving;
use tokio_stream::wrappers::UnboundedReceiverStream;

/// A change that makes a person.
fn somebody(client: &Client) -> Value {
    let now = server::server::clock();
    let id = domain::ChangeId::new(now, crypto::secret::random_bytes());
    json!({
        "id": id, "record": id, "kind": "person", "person": id, "op": "create",
        "author": client.enrolled.user, "device": client.enrolled.device,
        "stamp": now.0 << 16, "happened_at": now, "fields": { "alias": { "v": "Red" } },
    })
}

async fn status(address: &str, path: &str) -> (u16, String) {
    let answer = reqwest::Client::new().get(format!("http://{address}{path}")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_in_flight_is_answered_and_durable_and_streams_end_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(server::server::clock);
    let admin = County::init(folder.path(), None, "Pine", "America/New_York", clock).await.unwrap();
    let team = Some("Pine response team".to_owned());
    admin.add_team("Pine response team").await.unwrap();
    admin.add_user(NewUser { name: "Maria".to_owned(), role: Role::PeerSupport, team }).await.unwrap();
    let mut serving = Serving::start(folder.path(), &[]).unwrap();
    let operator = serving.said["metrics"].as_str().unwrap().to_owned();
    let mut maria = Client::enrol(&admin.enroll("Maria", None).await.unwrap().to_string()).await.unwrap();
    let mut listener = Client::enrol(&admin.enroll("Maria", None).await.unwrap().to_string()).await.unwrap();
    let mut line = listener.answer("GET", "/v1/events", None, b"").await.unwrap();
    assert_eq!(maria.send("GET", "/v1/people", b"").await.unwrap().status, 200);
    assert_eq!(status(&operator, "/readyz").await.0, 200);

    // Half of a push, and then the order to stop.
    let change = somebody(&maria);
    let hello = json!({ "v": 1, "app": "0.1.0", "now": change["happened_at"] });
    let text = format!("{hello}\n{}\n", json!({ "c": change }));
    let body = sync::packing::compress(text.as_bytes());
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<std::io::Result<Vec<u8>>>();
    let stream = Body::wrap_stream(UnboundedReceiverStream::new(receiver));
    let (first, second) = body.split_at(body.len() / 2);
    let push = maria.signed("POST", "/v1/sync", &body).unwrap().body(stream).send();
    let push = tokio::spawn(push);
    sender.send(Ok(first.to_vec())).unwrap();
    while !status(&operator, "/metrics").await.1.contains("porchlight_requests_under_way 1") {}
    serving.terminate().unwrap();
    serving.until_logged("stopping").unwrap();
    assert_eq!(status(&operator, "/readyz").await.0, 503, "nothing more should be sent here");
    let fresh = Client::enrol(&admin.enroll("Maria", None).await.unwrap().to_string()).await;
    assert!(fresh.is_err(), "nobody new is taken in");

    // The listener's line ends; it does not break.
    while let Some(bytes) = line.chunk().await.unwrap() {
        assert!(bytes.starts_with(b":"));
    }
    sender.send(Ok(second.to_vec())).unwrap();
    drop(sender);
    let answer = push.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    let text = sync::packing::decompress_all(&answer.bytes().await.unwrap(), 1 << 20).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("\"accepted\"") && text.contains("\"last\""), "answered to its end: {text}");
    assert!(serving.ended().unwrap().success());
    let found = admin.check().await.unwrap();
    assert!(found.sound());
    let person: PersonId = serde_json::from_value(change["id"].clone()).unwrap();
    let kept = admin.database().changes_of_kind(Some(person), RecordKind::Person).await.unwrap();
    assert_eq!(kept.len(), 1, "what was answered is there");
}
