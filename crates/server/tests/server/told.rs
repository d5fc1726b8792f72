//! Server-sent events, and commits of other processes.

use crate::model::Device;
use crate::town::Town;
use domain::caseload::Member;
use domain::codes::Role;
use reqwest::Response;
use server::notify::{Notice, Notifier};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

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

#[tokio::test]
async fn devices_are_looked_up_again_when_an_admission_may_have_ended_and_not_at_every_commit() {
    let town = Town::new().await;
    let (mut maria, nora) = (town.device("Maria").await, town.device("Nora").await);
    let (notifier, db) = (Arc::new(Notifier::default()), town.admin.database());
    let mut heard = notifier.listen();
    let watching = tokio::spawn({
        let notifier = Arc::clone(&notifier);
        async move { notifier.watch(db.as_ref()).await }
    });
    // It hears of what is committed after it has begun.
    let mut teams = 0;
    let first = loop {
        teams += 1;
        town.admin.add_team(&format!("South {teams}")).await.unwrap();
        if let Ok(notice) = tokio::time::timeout(Duration::from_secs(2), heard.recv()).await {
            break notice.unwrap();
        }
    };
    assert!(first.recheck, "who works here may have changed");
    let next = async |heard: &mut Receiver<Arc<Notice>>| {
        tokio::time::timeout(Duration::from_secs(60), heard.recv()).await.expect("a notice").unwrap()
    };
    let member = Member { user: nora.user(), role: Role::PeerSupport, team: None };
    let ordinary = loop {
        maria.meet("Red");
        maria.settle().await;
        let notice = next(&mut heard).await;
        // Those about the teams are for everybody.
        if !notice.is_for(&member, nora.client.device()) {
            break notice;
        }
    };
    assert!(!ordinary.recheck);
    town.admin.revoke(&nora.client.device().to_string()).await.unwrap();
    while !next(&mut heard).await.recheck {}
    town.admin.restored().await.unwrap();
    while !next(&mut heard).await.recheck {}
    watching.abort();
}
