//! What the person who runs the server sees: figures, health, ids of requests.

use crate::client::http;
use crate::imports::one_of_everything;
use crate::town::Town;
use domain::records::Phone;
use server::Limits;

async fn figures(town: &Town) -> String {
    let url = format!("http://{}/metrics", town.running.operator.unwrap());
    let answer = http([0; 32]).get(url).send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    answer.text().await.unwrap()
}

/// The value of one line.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.split_once(' ').is_some_and(|(known, _)| known == name));
    line.unwrap_or_else(|| panic!("no {name}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn figures_count_what_happened_and_name_nobody() {
    let town = Town::within(Limits::default()).await;
    let mut maria = town.device("Maria").await;
    let (person, case) = maria.meet("Larkspur");
    one_of_everything(&mut maria, person, case);
    maria.settle().await;
    maria.create(Some(person), &Phone { number: Some("555-0100".to_owned()), ..Phone::default() });
    maria.settle().await;
    let stream = maria.client.send("GET", "/v1/events?limit=9", b"").await;
    maria.client.get("/v1/people/019a0000-0000-7000-8000-000000000000").await;
    let text = figures(&town).await;
    assert!(text.ends_with("# EOF\n"));
    assert_eq!(value(&text, "porchlight_event_streams"), 1.0);
    assert_eq!(value(&text, "porchlight_sessions_opened_total"), 1.0);
    assert!(value(&text, "porchlight_changes_total{kind=\"accepted\"}") > 10.0);
    let seq = town.admin.check().await.unwrap().seq;
    assert_eq!(value(&text, "porchlight_county{kind=\"seq\"}"), seq as f64);
    assert_eq!(value(&text, "porchlight_county{kind=\"epoch\"}"), 1.0);
    let missing = "porchlight_requests_total{method=\"GET\",route=\"/v1/people/{person}\",status=\"404\"}";
    assert_eq!(value(&text, missing), 1.0);
    assert!(
        value(&text, "porchlight_requests_total{method=\"POST\",route=\"/v1/sync\",status=\"200\"}") >= 2.0
    );
    let timed = "porchlight_request_seconds_count{method=\"POST\",route=\"/v1/sync\"}";
    assert!(value(&text, timed) >= 3.0, "with the answers that only bring a nonce");
    assert!(value(&text, "porchlight_pull_frames_total") >= 2.0);
    assert!(value(&text, "porchlight_bytes_total{kind=\"in\"}") > 1_000.0);
    assert!(value(&text, "porchlight_bytes_total{kind=\"out\"}") > 1_000.0);
    assert!(value(&text, "porchlight_database_wait_seconds_count") > 5.0);
    assert!(value(&text, "porchlight_database_connections{kind=\"open\"}") >= 1.0);
    if cfg!(target_os = "linux") {
        assert!(value(&text, "porchlight_resident_memory_bytes") > 1_000_000.0);
    }
    for secret in [
        "Larkspur",
        "Maria",
        "127.0.0.1",
        &person.to_string(),
        &maria.client.device().to_string(),
        &maria.client.enrolled.user.to_string(),
        "019a0000",
    ] {
        assert!(!text.contains(secret), "{secret} in the figures");
    }
    drop(stream);
}

#[tokio::test]
async fn health_is_the_process_and_readiness_is_the_county() {
    let town = Town::within(Limits::default()).await;
    let operator = town.running.operator.unwrap();
    let maria = town.device("Maria").await;
    let get = async |url: String| {
        let answer = http(town.running.pin).get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
    };
    for base in [town.running.address.clone(), format!("http://{operator}")] {
        assert_eq!(get(format!("{base}/healthz")).await, (200, false));
        assert_eq!(get(format!("{base}/readyz")).await, (200, false));
    }
    // A newer program has changed the tables beside this one.
    let noted = crate::base::NOTED;
    let sql = format!("insert into {noted} (version, name, applied_on, checksum) values (999, 'n', '', '0')");
    town.base.run(town.folder.path(), &sql).await;
    assert_eq!(get(format!("http://{operator}/readyz")).await, (503, true));
    assert_eq!(
        get(format!("{}/healthz", maria.client.server)).await,
        (200, false),
        "restarting would not help"
    );
}

#[tokio::test]
async fn every_answer_that_says_no_names_the_request() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let named = "0123456789abcdef01234567";
    let url = |path: &str| format!("{}{path}", maria.client.server);
    let plain = http(town.running.pin);
    for (path, status) in [("/nowhere", 404), ("/v1/people", 401)] {
        let answer = plain.get(url(path)).header("porchlight-request", named).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["porchlight-request"], named);
        let answer =
            plain.get(url(path)).header("porchlight-request", "Larkspur Lane 7").send().await.unwrap();
        let given = answer.headers()["porchlight-request"].to_str().unwrap().to_owned();
        assert!(given.len() == 24 && given.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given}");
    }
    // A signed request is called by its nonce, and an answer that says yes spares the bytes.
    maria.settle().await;
    let nonce: crypto::codes::Nonce = maria.client.nonce.clone().unwrap().parse().unwrap();
    let answer = maria.client.send("GET", "/v1/people/nobody", b"").await;
    let id = sync::request::RequestId::from_bytes(*nonce.as_bytes()).to_string();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["porchlight-request"].to_str().unwrap()),
        (404, &*id)
    );
    let answer = maria.client.send("GET", "/v1/people", b"").await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("porchlight-request"));
}

#[tokio::test]
async fn streams_end_after_as_much_as_was_asked_for() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    sam.settle().await;
    let opened = maria.client.send("GET", "/v1/events?limit=1", b"").await;
    assert_eq!(opened.text().await.unwrap(), ": open\n\n");
    let heard = sam.client.send("GET", "/v1/events?limit=2", b"").await;
    for name in ["Red", "Blue"] {
        maria.meet(name);
    }
    maria.settle().await;
    let heard = heard.text().await.unwrap();
    assert_eq!(heard.matches("event: changed").count(), 1, "{heard}");
    for wrong in ["0", "1001", "-1", "many", ""] {
        let (status, body) = maria.client.get(&format!("/v1/events?limit={wrong}")).await;
        assert_eq!((status, body["code"].as_str()), (400, Some("malformed")), "limit={wrong}");
    }
}
