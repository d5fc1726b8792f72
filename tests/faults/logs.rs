//! Everything that anybody may write is a word to look for, and none of them is in the log, at any level: not from
//! good requests, not from hostile ones, not from errors, not from a panic. And both logs call a request by one id.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use serde_json::{Value, json};
use server::logs::{Format, panics_without_words, subscriber};
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tests::client::Client;
use tests::county::TestCounty;
use tests::device::Device;
use tests::markers::{held, marker as m};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// What was logged.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<u8>>>);

impl Write for Book {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Book {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<Value> {
        let bytes = self.bytes();
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

/// A worker's morning, typed in markers.
async fn morning(county: &TestCounty, folder: &std::path::Path) {
    let team = Some(m(1));
    county.admin.add_team(&m(1)).await.unwrap();
    let code = county.welcome(&m(0), "peer-support", team.as_deref()).await.unwrap();
    let maria = Device::enrol(&folder.join("maria"), &code, &m(2)).await.unwrap();
    let met = json!({
        "do": "add_person",
        "person": { "first_name": m(3), "last_name": m(4), "contact_note": m(5) },
        "place": { "kind": "street", "street": m(6), "city": m(7) },
        "phone": { "number": m(8), "belongs_to": m(9) },
        "event": { "agency": m(10), "incident_number": m(11) },
    });
    maria.call(met).await.unwrap();
    maria.call(json!({ "do": "search", "text": m(3) })).await.unwrap();
    maria.until_agreed().await.unwrap();
}

/// Requests that no app would send, with markers wherever there is room for one.
async fn hostility(county: &TestCounty) {
    let mut client = Client::enrol(&county.code(&m(0)).await.unwrap()).await.unwrap();
    let routes: Vec<_> =
        server::http::routes().into_iter().filter(|route| route.path != "/v1/events").collect();
    for route in &routes {
        let path = route.path.replace("{person}", &m(12)).replace("{device}", &m(13));
        let target = format!("{path}?after={}&limit={}&{}={}", m(14), m(15), m(16), m(17));
        let body =
            json!({ m(18): m(19), "code": m(20), "key": m(21), "name": m(22), "changes": [{ "id": m(23) }] });
        client.send(route.method, &target, body.to_string().as_bytes()).await.unwrap();
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in [
            ("authorization", format!("Porchlight {} {} {} {}", m(24), m(25), m(26), m(27))),
            ("porchlight-request", m(28)),
            ("content-type", m(29)),
            ("user-agent", m(30)),
            ("cookie", m(31)),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        client.unsigned(route.method, &target, headers, m(32).as_bytes()).await.unwrap();
    }
    client.send("GET", &format!("/{}", m(33)), b"").await.unwrap();
    client.send("PATCH", &format!("/v1/people/{}", m(34)), m(35).as_bytes()).await.unwrap();
    let id = "019a0000-0000-7000-8000-000000000001";
    let hello = json!({ "v": 1, "app": m(36), "now": 0, "token": m(37) });
    let lines = [
        json!({ "c": { "id": id, "kind": m(38), "op": m(39), "reason": m(40) } }),
        json!({ "h": { "id": id, "person": id, "what": "draft", "code": m(41), "body": { m(42): m(43) } } }),
    ];
    for line in lines {
        client.sync(&[hello.clone(), line]).await.unwrap();
    }
    client.sync(&[json!({ "v": m(44) })]).await.unwrap();
    client.send("POST", "/v1/sync", m(45).as_bytes()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_that_anybody_wrote_is_in_the_log_and_both_logs_name_a_request_alike() {
    let book = Book::default();
    let writer = book.clone();
    subscriber(EnvFilter::new("trace"), Format::Json, move || writer.clone()).init();
    panics_without_words();
    let folder = tempfile::tempdir().unwrap();
    let county = TestCounty::start(&folder.path().join("county"), &m(46), "America/New_York").await.unwrap();
    morning(&county, folder.path()).await;
    hostility(&county).await;
    let defect = std::thread::spawn(|| panic!("{}", m(47)));
    assert!(defect.join().is_err());
    // Another crate that is told to be chatty quotes a statement.
    tracing::debug!(target: "tokio_postgres::query", "executing {}", m(48));
    drop(county);

    let text = String::from_utf8(book.bytes()).unwrap();
    let leaking: Vec<_> = text.lines().filter(|line| !held(line.as_bytes()).is_empty()).collect();
    assert!(leaking.is_empty(), "{leaking:#?}");
    let said = |message: &str| book.lines().iter().filter(|line| line["message"] == message).count();
    assert!(said("answered") > 30, "there was something to look through");
    assert!(text.contains("tests/faults/logs.rs") && text.contains("panicked"), "a panic says where");

    // Each request that the app's log names stands in the county's under the same id, with the same status.
    let named = |message: &str, id: &dyn Fn(&Value) -> Value| -> BTreeSet<String> {
        let lines = book.lines().into_iter().filter(|line| line["message"] == message);
        lines.map(|line| format!("{} {}", id(&line), line["status"])).collect()
    };
    let device = named("asked the county", &|line| line["request"].clone());
    let server = named("answered", &|line| line["span"]["request"].clone());
    assert!(device.len() > 3, "{device:?}");
    let lost: Vec<_> = device.difference(&server).collect();
    assert!(lost.is_empty(), "only in the app's log: {lost:?}");

    // The control: the same search finds what is said on purpose.
    tracing::info!(target: "server::control", word = m(49), "a deliberate slip");
    assert_eq!(held(&book.bytes()), BTreeSet::from([49]));
}
