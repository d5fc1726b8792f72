//! Refusals are kept: who asked for what, and when. Nothing that somebody else could fill with their own.

use crate::client::error;
use crate::parts::send;
use crate::town::{Town, now};
use domain::Op;
use domain::records::{Person, Record};
use domain::time::HOUR;
use serde_json::json;
use server::Limits;
use std::collections::BTreeSet;
use uuid::Uuid;

#[tokio::test]
async fn what_is_refused_to_somebody_who_may_not_is_kept_with_who_asked() {
    let town = Town::new().await;
    let (mut maria, mut nora) = (town.device("Maria").await, town.device("Nora").await);
    let before = now();
    let (red, _) = maria.meet("Red");
    maria.settle().await;
    assert_eq!(maria.client.get(&format!("/v1/people/{red}")).await.0, 200);
    assert_eq!(town.admin.audit(10).await.unwrap(), [], "the control: what is granted is not in it");

    assert_eq!(nora.client.get(&format!("/v1/people/{red}")).await.0, 404);
    let says = Person { alias: Some("Crimson".to_owned()), ..Person::default() }.to_values();
    let change = nora.change::<Person>(Some(red.into()), Some(red), Op::Amend, says);
    let id = change.id;
    nora.store.outbox.push(change.clone());
    nora.sync().await.unwrap();
    // The same again is the same refusal.
    nora.store.outbox.push(change);
    nora.sync().await.unwrap();
    town.admin.revoke(&nora.client.device().to_string()).await.unwrap();
    assert_eq!(error(nora.client.send("GET", "/v1/people", b"").await).await, "device_revoked");
    // Nobody has proved to be who this says.
    let forged = format!("Porchlight {} - - -", maria.client.device());
    assert_eq!(maria.client.raw("GET", "/v1/people", b"", &forged).await.status(), 401);

    let kept = town.admin.audit(10).await.unwrap();
    let seen: Vec<_> = kept.iter().map(|row| (row.door.as_str(), row.code.as_str(), row.subject)).collect();
    let expected: [(&str, &str, Option<Uuid>); 3] = [
        ("/v1/people", "device_revoked", None),
        ("push", "not_found", Some(id.0)),
        ("/v1/people/{person}", "not_found", Some(red.0)),
    ];
    assert_eq!(seen, expected, "newest first");
    for row in &kept {
        assert_eq!((row.device, row.user), (nora.client.device(), nora.user()));
        assert!(row.at >= before && row.at <= now());
    }
    assert_eq!(town.admin.audit(1).await.unwrap(), kept[..1]);
}

#[tokio::test]
async fn a_forbidden_change_that_stands_twice_in_a_page_is_refused_and_kept_once() {
    let town = Town::new().await;
    let (mut maria, mut nora) = (town.device("Maria").await, town.device("Nora").await);
    let (red, _) = maria.meet("Red");
    maria.settle().await;
    let says = Person { alias: Some("Crimson".to_owned()), ..Person::default() }.to_values();
    let change = nora.change::<Person>(Some(red.into()), Some(red), Op::Amend, says);
    let line = json!({ "c": change });

    let (said, _) = send(&mut nora, json!({}), &[line.clone(), line]).await;
    let answers: Vec<_> = said.iter().filter(|line| line["a"].is_object()).collect();
    assert_eq!(answers.len(), 2, "{said:?}");
    let kept = town.admin.audit(10).await.unwrap();
    let seen: Vec<_> = kept.iter().map(|row| (row.code.as_str(), row.subject, row.tries)).collect();
    assert_eq!(seen, [("not_found", Some(change.id.0), 1)]);
}

#[tokio::test]
async fn whoever_goes_on_asking_is_counted_and_no_more_often_than_their_rate() {
    let town = Town::within(Limits { device_per_minute: 3, ..Limits::default() }).await;
    let mut nora = town.device("Nora").await;
    town.admin.revoke(&nora.client.device().to_string()).await.unwrap();
    let mut said = Vec::new();
    for _ in 0..5 {
        said.push(error(nora.client.send("GET", "/v1/people", b"").await).await);
    }
    assert_eq!(said[..3], ["device_revoked", "device_revoked", "device_revoked"]);
    assert_eq!(said[3..], ["busy", "busy"]);

    let kept = town.admin.audit(10).await.unwrap();
    let hours: BTreeSet<_> = kept.iter().map(|row| row.at.0 / HOUR).collect();
    assert_eq!(hours.len(), kept.len(), "one entry an hour");
    assert_eq!(kept.iter().map(|row| row.tries).sum::<i64>(), 3, "and it says how often");

    // The control: at another door it is another refusal.
    let town = Town::new().await;
    let mut nora = town.device("Nora").await;
    town.admin.revoke(&nora.client.device().to_string()).await.unwrap();
    for door in ["/v1/people", "/v1/events"] {
        assert_eq!(error(nora.client.send("GET", door, b"").await).await, "device_revoked");
    }
    let doors = town.admin.audit(10).await.unwrap().into_iter().map(|row| (row.door, row.tries));
    let expected = [("/v1/events", 1), ("/v1/people", 1)].map(|(door, tries)| (door.to_owned(), tries));
    assert_eq!(doors.collect::<BTreeSet<_>>(), BTreeSet::from(expected));
}
