//! Server-sent events, and commits of other processes.

use crate::model::Device;
use crate::town::Town;
use reqwest::Response;
use std::time::Duration;

pub async fn listen(device: &mut Device) -> Response {
    let answer = device.client.send("GET", "/v1/events", b"").await;
    assert_eq!(answer.status(), 200);
    answer
}

/// The next event; the time is a bound on a hang, not a promise.
pub async fn hears(stream: &mut Response) -> String {
    let next = async {
        loop {
            let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
            let text = String::from_utf8(chunk.to_vec()).unwrap();
            if text.contains("event:") {
                return text;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), next).await.expect("an event")
}

#[tokio::test]
async fn those_concerned_hear_that_something_changed_and_nothing_more() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let mut stream = listen(&mut sam).await;
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    let said = hears(&mut stream).await;
    assert!(said.contains("event: changed"));
    assert!(!said.contains(&person.to_string()));
}

#[tokio::test]
async fn a_commit_of_another_process_is_noticed_and_a_revoked_device_hears_no_more() {
    let town = Town::new().await;
    let mut sam = town.device("Sam").await;
    let mut stream = listen(&mut sam).await;
    // Administration has its own connections, as another process would.
    town.admin.add_team("South").await.unwrap();
    assert!(hears(&mut stream).await.contains("event: changed"));
    town.admin.revoke(&sam.client.device().to_string()).await.unwrap();
    let ended = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the stream ends");
}
