//! Too much, too often, too slowly: what is answered, and that the others are served meanwhile.

use crate::client::{Client, enrol_request, error, http};
use crate::model::Device;
use crate::town::{Town, now};
use crypto::device_key::DeviceKey;
use futures_util::StreamExt;
use reqwest::{Body, Response};
use server::Limits;
use std::time::Duration;
use sync::wire::{MAX_LINE, PUSH_PAGE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

#[tokio::test]
async fn a_device_that_asks_too_often_is_told_when_to_come_again_and_the_others_go_on() {
    let town = Town::within(Limits { device_per_minute: 3, ..Limits::default() }).await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let mut last = 200;
    let mut asked = 0;
    while last == 200 {
        let answer = maria.client.send("GET", "/v1/people", b"").await;
        last = answer.status().as_u16();
        asked += 1;
        if last != 200 {
            let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(error(answer).await, "busy");
        }
    }
    assert_eq!((last, asked), (429, 4), "three at once, and not the fourth");
    assert_eq!(sam.client.get("/v1/people").await.0, 200);
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_so_before_anything_is_looked_up() {
    let town = Town::within(Limits { address_per_minute: 4, ..Limits::default() }).await;
    let plain = http(town.running.pin);
    let url = format!("{}/nowhere", town.running.address);
    for _ in 0..4 {
        assert_eq!(plain.get(&url).send().await.unwrap().status(), 404);
    }
    for _ in 0..2 {
        comes_again(plain.get(&url).send().await.unwrap()).await;
    }
}

/// Whoever gets this answer came too often, and is told when to come again.
async fn comes_again(answer: Response) {
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (429, "busy"));
}

#[tokio::test]
async fn whoever_tries_codes_too_often_is_told_when_to_come_again_and_a_good_code_stays_good() {
    let town = Town::within(Limits { enrolments_per_minute: 3, ..Limits::default() }).await;
    let mut maria = town.device("Maria").await;
    let (plain, key) = (http(town.running.pin), DeviceKey::generate());
    let url = format!("{}/v1/enrol", town.running.address);
    let enrol = async |code: &str| {
        let body = serde_json::to_vec(&enrol_request(code, &key)).unwrap();
        plain.post(&url).body(body).send().await.unwrap()
    };
    for _ in 0..2 {
        let answer = enrol("a guess").await;
        assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (403, "code_unknown"));
    }
    let mut good = town.code("Sam").await;
    comes_again(enrol(&good.secret).await).await;
    assert_eq!(maria.client.get("/v1/people").await.0, 200, "whoever is admitted is served");
    town.running.stop().await;
    let anew = Town::serve(town.folder.path(), town.base.server()).await;
    good.server = anew.address.clone();
    assert!(Client::enrol(&good, "Sam").await.is_ok(), "the code was not looked at");
}

#[tokio::test]
async fn a_page_of_too_many_lines_or_with_one_too_long_is_refused_whole() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    let line = |change| format!("{{\"c\":{}}}", serde_json::to_string(change).unwrap());
    let good: Vec<String> = maria.store.outbox.iter().map(line).collect();
    let page = |lines: &[String]| {
        let hello = format!("{{\"v\":1,\"app\":\"0.1.0\",\"now\":{}}}\n", now().0);
        sync::packing::compress((hello + &lines.join("\n")).as_bytes())
    };
    let many = |count: usize| page(&[good.clone(), vec![good[0].clone(); count - good.len()]].concat());
    // What is good comes first; the blanks belong to no change.
    let long = |bytes: usize| {
        let blanks = " ".repeat(bytes - good[0].len());
        page(&[good.clone(), vec![good[0].clone() + &blanks]].concat())
    };
    let before = town.admin.check().await.unwrap();
    for too_large in [many(PUSH_PAGE + 1), long(MAX_LINE + 1)] {
        let answer = maria.client.send("POST", "/v1/sync", &too_large).await;
        assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (413, "too_large"));
        assert_eq!(town.admin.check().await.unwrap(), before, "nothing of it is kept");
    }
    // The control: one less, and all of it is read.
    for as_large_as_may_be in [long(MAX_LINE), many(PUSH_PAGE)] {
        let answer = maria.client.send("POST", "/v1/sync", &as_large_as_may_be).await;
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
        assert_eq!(town.admin.check().await.unwrap().changes, before.changes + good.len() as u64);
    }
}

#[tokio::test]
async fn what_is_too_large_of_the_wrong_kind_or_the_wrong_method_is_called_so() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let large = vec![b' '; 9 * 1024 * 1024];
    let answer = maria.client.send("POST", "/v1/changes", &large).await;
    assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (413, "too_large"));
    let many = format!("{{\"changes\":[{}]}}", vec!["{}"; 5_001].join(","));
    let answer = maria.client.send("POST", "/v1/changes", many.as_bytes()).await;
    assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (413, "too_large"));
    let answer = maria.client.send("DELETE", "/v1/people", b"").await;
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "GET,HEAD"));
    assert_eq!(error(answer).await, "method_not_allowed");
    let plain = http(town.running.pin);
    let enrol = plain.post(format!("{}/v1/enrol", town.running.address));
    let answer = enrol.header("content-type", "text/xml").body("<enrol/>").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (415, "unsupported_media_type"));
}

/// A body that never ends, and never comes.
fn silence() -> Body {
    Body::wrap_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>())
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let town = Town::within(Limits { body_time: Duration::from_millis(300), ..Limits::default() }).await;
    let plain = http(town.running.pin);
    let slow = plain.post(format!("{}/v1/enrol", town.running.address)).body(silence()).send().await.unwrap();
    assert_eq!((slow.status().as_u16(), error(slow).await.as_str()), (408, "too_slow"));
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_and_gives_its_place_back() {
    let limits = Limits { connections: 2, header_time: Duration::from_millis(800), ..Limits::default() };
    let town = Town::within(limits).await;
    // Two that say nothing at all, and half of what they should.
    let mut silent = tokio::net::TcpStream::connect(town.running.listen).await.unwrap();
    let mut halting = tokio::net::TcpStream::connect(town.running.listen).await.unwrap();
    halting.write_all(b"\x16\x03\x01").await.unwrap();
    // There is no room now, and that is what is said, with when to come again.
    let url = format!("{}/healthz", town.running.address);
    let full = http(town.running.pin).get(&url).send().await;
    if let Ok(answer) = full {
        // On a slow machine the two may be gone before this one comes.
        assert!([200, 503].contains(&answer.status().as_u16()));
        assert_eq!(answer.status() == 503, answer.headers().contains_key("retry-after"));
    }
    // Both are closed by the server; reading ends, whatever it brings.
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest).await;
    let _ = halting.read_to_end(&mut rest).await;
    let served = async {
        while !matches!(http(town.running.pin).get(&url).send().await, Ok(answer) if answer.status() == 200) {
        }
    };
    tokio::time::timeout(Duration::from_secs(60), served).await.expect("the places are free again");
}

#[tokio::test]
async fn beyond_the_last_place_the_answer_is_503_and_says_when_to_come_again() {
    let town = Town::within(Limits { connections: 1, ..Limits::default() }).await;
    let url = format!("{}/healthz", town.running.address);
    let inside = http(town.running.pin);
    assert_eq!(inside.get(&url).send().await.unwrap().status(), 200);
    // The one inside keeps its connection open, as clients do.
    let answer = http(town.running.pin).get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    assert_eq!(error(answer).await, "busy");
    assert_eq!(inside.get(&url).send().await.unwrap().status(), 200, "whoever is inside is served");
}

/// A body of which so many bytes come, and then nothing until the sender is dropped; and whether they were sent.
fn halting(bytes: usize) -> (oneshot::Sender<()>, oneshot::Receiver<()>, Body) {
    let (go_on, rest) = oneshot::channel::<()>();
    let (say, sent) = oneshot::channel();
    let start = futures_util::stream::once(async move { Ok::<_, std::io::Error>(vec![b' '; bytes]) });
    let end = futures_util::stream::once(async move {
        let _ = say.send(());
        let _ = rest.await;
        Ok(Vec::new())
    });
    (go_on, sent, Body::wrap_stream(start.chain(end)))
}

#[tokio::test]
async fn bodies_take_no_more_memory_than_there_is_and_only_of_those_who_say_who_they_are() {
    let town = Town::within(Limits { bodies: 10_000, ..Limits::default() }).await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let body = vec![b' '; 8_000];
    let status =
        async |device: &mut Device| device.client.send("POST", "/v1/changes", &body).await.status().as_u16();
    assert_eq!(status(&mut maria).await, 400, "the control: there is room for one");

    let plain = http(town.running.pin);
    let url = |path: &str| format!("{}{path}", town.running.address);
    let mut tries = 0;
    let (go_on, enrolling, full) = loop {
        let (go_on, sent, held) = halting(4_000);
        let enrolling = tokio::spawn(plain.post(url("/v1/enrol")).body(held).send());
        sent.await.unwrap();
        // What was sent before this is answered has arrived; if not, it is tried again.
        assert_eq!(plain.get(url("/healthz")).send().await.unwrap().status(), 200);
        let answer = maria.client.send("POST", "/v1/changes", &body).await;
        if answer.status() != 400 {
            break (go_on, enrolling, answer);
        }
        drop(go_on);
        enrolling.await.unwrap().unwrap();
        tries += 1;
        assert!(tries < 10, "there is always room");
    };
    assert_eq!((full.status().as_u16(), full.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    assert_eq!(error(full).await, "busy");
    assert_eq!(sam.client.get("/v1/people").await.0, 200, "whoever sends nothing is served");
    // Nothing is kept of somebody unknown, so there is room for any of it: they are asked who they are.
    let unknown = plain.post(url("/v1/changes")).body(vec![b' '; 50_000]).send().await.unwrap();
    assert_eq!((unknown.status().as_u16(), error(unknown).await.as_str()), (401, "session_needed"));
    drop(go_on);
    assert_eq!(enrolling.await.unwrap().unwrap().status(), 400);
    assert_eq!(status(&mut sam).await, 400, "and there is room again");
}

#[tokio::test]
async fn what_a_body_expands_to_counts_as_well() {
    let town = Town::within(Limits { bodies: 1024 * 1024, ..Limits::default() }).await;
    let mut maria = town.device("Maria").await;
    let hello = "{\"v\":1,\"app\":\"0.1.0\",\"now\":0}\n";
    let expands_to =
        |bytes: usize| sync::packing::compress(hello.replace('\n', &"\n".repeat(bytes)).as_bytes());
    let (some, much) = (expands_to(500_000), expands_to(5_000_000));
    assert!(much.len() < 10_000);
    let answer = maria.client.send("POST", "/v1/sync", &much).await;
    assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (503, "busy"));
    // The control: there is room for less, and the same room again.
    for _ in 0..4 {
        assert_eq!(maria.client.send("POST", "/v1/sync", &some).await.status(), 200);
    }
}
