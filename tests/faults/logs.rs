//! Everything that anybody may write is a word to look for, and none of them is in the log, at any level: not from
//! good requests, not from hostile ones, not from errors, not from a panic, not from a database whose connections die.
//! And both logs call a request by one id.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use serde_json::{Value, json};
use server::logs::{Format, panics_without_words, subscriber};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tests::client::Client;
use tests::cluster::scratch;
use tests::county::TestCounty;
use tests::device::Device;
use tests::markers::{held, marker as m};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// The password in the address of the database, which is nobody's to see either.
const PASSWORD: &str = "hawthornqz";
/// So many connections to the database are ended while requests run.
const ENDED: usize = 10;
/// What the server logs when it cannot ask its database for what others committed.
const UNSEEN: &str = "commits of other processes cannot be seen";

/// What was logged.
#[derive(Clone, Default)]
struct Book {
    bytes: Arc<Mutex<Vec<u8>>>,
    written: Arc<watch::Sender<()>>,
}

impl Write for Book {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        self.written.send_replace(());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Book {
    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    fn says(&self, message: &str) -> usize {
        self.lines().iter().filter(|line| line["message"] == message).count()
    }

    /// Waits until a message is logged once more.
    async fn until_again(&self, message: &str) {
        let (mut written, before) = (self.written.subscribe(), self.says(message));
        while self.says(message) == before {
            written.changed().await.unwrap();
        }
    }

    fn lines(&self) -> Vec<Value> {
        let bytes = self.bytes();
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

/// A worker's morning, typed in markers.
async fn morning(county: &TestCounty, folder: &Path) -> Device {
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
    maria
}

/// Requests that no app would send, with markers wherever there is room for one.
async fn hostility(client: &mut Client) -> anyhow::Result<()> {
    let routes: Vec<_> =
        server::http::routes().into_iter().filter(|route| route.path != "/v1/events").collect();
    for route in &routes {
        let path = route.path.replace("{person}", &m(12)).replace("{device}", &m(13));
        let target = format!("{path}?after={}&limit={}&{}={}", m(14), m(15), m(16), m(17));
        let body =
            json!({ m(18): m(19), "code": m(20), "key": m(21), "name": m(22), "changes": [{ "id": m(23) }] });
        client.send(route.method, &target, body.to_string().as_bytes()).await?;
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in [
            ("authorization", format!("Porchlight {} {} {} {}", m(24), m(25), m(26), m(27))),
            ("porchlight-request", m(28)),
            ("content-type", m(29)),
            ("user-agent", m(30)),
            ("cookie", m(31)),
        ] {
            headers.insert(name, value.parse()?);
        }
        client.unsigned(route.method, &target, headers, m(32).as_bytes()).await?;
    }
    client.send("GET", &format!("/{}", m(33)), b"").await?;
    client.send("PATCH", &format!("/v1/people/{}", m(34)), m(35).as_bytes()).await?;
    let id = "019a0000-0000-7000-8000-000000000001";
    let hello = json!({ "v": 1, "app": m(36), "now": 0, "token": m(37) });
    let lines = [
        json!({ "c": { "id": id, "kind": m(38), "op": m(39), "reason": m(40) } }),
        json!({ "h": { "id": id, "person": id, "what": "draft", "code": m(41), "body": { m(42): m(43) } } }),
    ];
    for line in lines {
        client.sync(&[hello.clone(), line]).await?;
    }
    client.sync(&[json!({ "v": m(44) })]).await?;
    client.send("POST", "/v1/sync", m(45).as_bytes()).await?;
    Ok(())
}

/// What this test itself fails with is for whoever runs it, too.
fn show_own_panics() {
    let (own, logged) = (std::thread::current().id(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        logged(panic);
        if std::thread::current().id() == own {
            eprintln!("{panic}");
        }
    }));
}

/// A device that no app runs on.
async fn by_hand(county: &TestCounty) -> Client {
    Client::enrol(&county.code(&m(0)).await.unwrap()).await.unwrap()
}

/// The same on PostgreSQL, whose connections are ended under it: while requests run, and then so that there is no new
/// one either. What the database itself has logged.
async fn on_postgresql(folder: &Path, book: &Book) -> Vec<u8> {
    let base = scratch().await;
    let mut county =
        TestCounty::start_on(&base, &folder.join("county"), &m(46), "America/New_York").await.unwrap();
    county.down().await;
    let address = base.address(false).replacen('@', &format!(":{PASSWORD}@"), 1);
    county.place.database = address.parse().unwrap();
    // Whoever is refused for being too busy asks the database nothing.
    county.limits.device_per_minute = 0;
    county.limits.address_per_minute = 0;
    county.up().await.unwrap();
    county.admin = county.open_again().await.unwrap();
    let maria = morning(&county, folder).await;
    let mut client = by_hand(&county).await;
    let ended = AtomicUsize::new(0);
    let ending = async {
        loop {
            ended.fetch_add(base.end_lines().await, Ordering::SeqCst);
        }
    };
    let under_it = async {
        while ended.load(Ordering::SeqCst) < ENDED {
            // An answer that was under way breaks off.
            let _ = hostility(&mut client).await;
        }
    };
    tokio::select! {
        () = under_it => {}
        () = ending => {}
    }

    base.shut_out().await;
    book.until_again(UNSEEN).await;
    let visit = json!({ "do": "add_person", "person": { "first_name": m(3), "alias": m(4) } });
    maria.call(visit).await.unwrap();
    let refused = client.send("GET", &format!("/v1/people/{}", m(12)), b"").await.unwrap();
    assert_eq!(refused.status, 503, "the control: there is no new connection");
    let trouble = |sync: &Value| sync["trouble"] == "county_busy";
    maria.until(json!({ "do": "sync_state" }), trouble).await.unwrap();
    base.let_in().await;
    maria.call(json!({ "do": "sync_now" })).await.unwrap();
    maria.until_agreed().await.unwrap();
    county.down().await;
    base.log()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_that_anybody_wrote_is_in_the_log_and_both_logs_name_a_request_alike() {
    let book = Book::default();
    let writer = book.clone();
    subscriber(EnvFilter::new("trace"), Format::Json, move || writer.clone()).init();
    panics_without_words();
    show_own_panics();
    let folder = tempfile::tempdir().unwrap();
    let county = TestCounty::start(&folder.path().join("county"), &m(46), "America/New_York").await.unwrap();
    morning(&county, folder.path()).await;
    hostility(&mut by_hand(&county).await).await.unwrap();
    let database = on_postgresql(&folder.path().join("large"), &book).await;
    let defect = std::thread::spawn(|| panic!("{}", m(47)));
    assert!(defect.join().is_err());
    // Another crate that is told to be chatty quotes a statement.
    tracing::debug!(target: "tokio_postgres::query", "executing {}", m(48));
    drop(county);

    let text = String::from_utf8(book.bytes()).unwrap();
    let leaking: Vec<_> = text.lines().filter(|line| !held(line.as_bytes()).is_empty()).collect();
    assert!(leaking.is_empty(), "{leaking:#?}");
    assert!(!text.contains(PASSWORD));
    let database = String::from_utf8_lossy(&database);
    let leaking: Vec<_> = database.lines().filter(|line| !held(line.as_bytes()).is_empty()).collect();
    assert!(leaking.is_empty() && !database.contains(PASSWORD), "{leaking:#?}");
    // A server that somebody runs keeps its log to itself.
    assert!(database.is_empty() || database.contains("too many connections"), "the control");
    let said = |message: &str| book.says(message);
    assert!(said(UNSEEN) > 0 && said("answered") > 30, "there was something to look through");
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
