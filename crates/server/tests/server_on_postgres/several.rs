//! Several server processes over one database.

use crate::client::error;
use crate::told::{hears, listen};
use crate::town::Town;

#[tokio::test]
async fn what_one_server_accepts_the_others_announce() {
    let town = Town::new().await;
    let second = Town::serve(town.folder.path(), town.base.server()).await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    maria.client.server = town.running.address.clone();
    sam.client.server = second.address.clone();
    let mut stream = listen(&mut sam).await;
    let (person, _) = maria.meet("Red");
    maria.settle().await;
    assert!(hears(&mut stream).await.contains("event: changed"));
    sam.settle().await;
    assert_eq!(sam.store.people(), [person].into());
    // A device goes on at any of them, and what each remembers of it does no harm.
    for address in [&town.running.address, &second.address, &town.running.address, &second.address] {
        maria.client.server = address.clone();
        sam.client.server = address.clone();
        maria.meet(address);
        maria.settle().await;
        sam.settle().await;
    }
    assert_eq!(sam.store.people(), maria.store.people());
    assert_eq!(sam.store.people().len(), 5);
    second.stop().await;
}

#[tokio::test]
async fn a_nonce_is_good_once_at_any_of_them_and_after_a_restart() {
    let town = Town::new().await;
    let second = Town::serve(town.folder.path(), town.base.server()).await;
    let mut maria = town.device("Maria").await.client;
    maria.server = town.running.address.clone();
    assert_eq!(maria.get("/v1/people").await.0, 200);
    let (token, nonce) = (maria.token.clone().unwrap(), maria.nonce.clone().unwrap());
    let header = maria.header("GET", "/v1/people", b"", &token, Some(&nonce));
    // Given by the first, taken by the second, in the same session.
    maria.server = second.address.clone();
    assert_eq!(maria.raw("GET", "/v1/people", b"", &header).await.status(), 200);
    for restarted in [false, true] {
        let again =
            if restarted { Some(Town::serve(town.folder.path(), town.base.server()).await) } else { None };
        let third = again.as_ref().map(|running| running.address.clone());
        for server in [&town.running.address, &second.address].into_iter().chain(third.as_ref()) {
            maria.server = server.clone();
            assert_eq!(error(maria.raw("GET", "/v1/people", b"", &header).await).await, "session_needed");
        }
        if let Some(running) = again {
            running.stop().await;
        }
    }
    second.stop().await;
}
