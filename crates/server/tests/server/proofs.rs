//! Enrolment codes, signatures, nonces, sessions, certificates.

use crate::client::{Client, enrol_request, error, http};
use crate::town::Town;
use crypto::device_key::DeviceKey;
use server::Config;
use sync::wire::{NONCE_HEADER, TOKEN_HEADER};

#[tokio::test]
async fn a_code_admits_one_device_and_repeats_its_answer_to_that_one_only() {
    let town = Town::new().await;
    let code = town.code("Maria").await;
    let key = DeviceKey::generate();
    let twin = DeviceKey::from_bytes(&key.to_bytes());
    let first = Client::enrol_with(&code, key).await.unwrap();
    assert_eq!(first.enrolled.user_name, "Maria");
    assert_eq!(first.enrolled.county_name, "Pine");
    let again = Client::enrol_with(&code, twin).await.unwrap();
    assert_eq!(again.device(), first.device(), "the first answer was lost");
    let other = Client::enrol(&code, "Maria").await;
    assert_eq!(other.err().as_deref(), Some("code_used"));
    let mut wrong = code.clone();
    wrong.secret = crypto::codes::EnrolmentSecret::generate().to_text().to_string();
    assert_eq!(Client::enrol(&wrong, "Maria").await.err().as_deref(), Some("code_unknown"));
    wrong.secret = "nonsense".to_owned();
    assert_eq!(Client::enrol(&wrong, "Maria").await.err().as_deref(), Some("code_unknown"));
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let town = Town::new().await;
    let code = town.code("Maria").await;
    let body = serde_json::to_vec(&enrol_request("GUESS", &DeviceKey::generate())).unwrap();
    let http = http(code.pin);
    let mut last = 0;
    for _ in 0..25 {
        let answer = http.post(format!("{}/v1/enrol", code.server)).body(body.clone()).send().await.unwrap();
        last = answer.status().as_u16();
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn a_proof_is_good_for_one_request_and_for_no_other() {
    let town = Town::new().await;
    let (mut maria, sam) = (town.device("Maria").await.client, town.device("Sam").await.client);
    assert_eq!(maria.get("/v1/people").await.0, 200);
    let token = maria.token.clone().unwrap();
    let target = "/v1/people?limit=5";
    let fresh = async |maria: &mut Client| {
        maria.get("/v1/devices").await;
        maria.nonce.clone().unwrap()
    };
    let nonce = fresh(&mut maria).await;
    let good = maria.header("GET", target, b"", &token, Some(&nonce));
    // Another URL, method, body, key or token: refused, and the nonce is not spent by it.
    let post = maria.raw("POST", "/v1/changes", b"", &good).await;
    assert_eq!((post.status().as_u16(), error(post).await.as_str()), (401, "not_authorized"));
    let other = maria.raw("GET", "/v1/people?limit=6", b"", &good).await;
    assert_eq!(error(other).await, "not_authorized");
    let theirs = sam
        .header("GET", target, b"", &token, Some(&nonce))
        .replace(&sam.device().to_string(), &maria.device().to_string());
    assert_eq!(error(maria.raw("GET", target, b"", &theirs).await).await, "not_authorized");
    let swapped = good.replace(&token, crypto::codes::AccessToken::generate().to_text().as_str());
    assert_eq!(error(maria.raw("GET", target, b"", &swapped).await).await, "not_authorized");
    assert_eq!(maria.raw("GET", target, b"", &good).await.status(), 200);
    // Replayed.
    let replay = maria.raw("GET", target, b"", &good).await;
    assert!(replay.headers().contains_key(NONCE_HEADER));
    assert_eq!(error(replay).await, "session_needed");
    // Every single character of the header counts.
    let nonce = fresh(&mut maria).await;
    let good = maria.header("GET", target, b"", &token, Some(&nonce));
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone().into_bytes();
        // Another value, not the same in another case.
        bytes[at] = if bytes[at].eq_ignore_ascii_case(&b'a') { b'b' } else { b'a' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(maria.raw("GET", target, b"", &changed).await.status(), 401, "{at}");
    }
    // A changed body.
    let nonce = fresh(&mut maria).await;
    let signed = maria.header("POST", "/v1/changes", b"{\"changes\":[]}", &token, Some(&nonce));
    let body = maria.raw("POST", "/v1/changes", b"{\"changes\":[] }", &signed).await;
    assert_eq!(error(body).await, "not_authorized");
    assert_eq!(maria.raw("POST", "/v1/changes", b"{\"changes\":[]}", &signed).await.status(), 200);
}

#[tokio::test]
async fn joining_brings_the_nonce_of_the_first_request_and_of_no_other() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await.client;
    let (code, key) = (town.code("Maria").await, DeviceKey::generate());
    let body = serde_json::to_vec(&enrol_request(&code.secret, &key)).unwrap();
    let joined = maria.http.post(format!("{}/v1/enrol", code.server)).body(body).send().await.unwrap();
    let nonce = joined.headers()[NONCE_HEADER].to_str().unwrap().to_owned();
    maria.enrolled = serde_json::from_slice(&joined.bytes().await.unwrap()).unwrap();
    maria.key = key;
    let header = maria.header("GET", "/v1/people", b"", "", Some(&nonce));
    let first = maria.raw("GET", "/v1/people", b"", &header).await;
    assert_eq!(first.status(), 200);
    assert!(first.headers().contains_key(TOKEN_HEADER), "it opens a session");
    assert_eq!(error(maria.raw("GET", "/v1/people", b"", &header).await).await, "session_needed");
}

#[tokio::test]
async fn a_token_of_another_device_opens_nothing() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await.client, town.device("Sam").await.client);
    maria.get("/v1/people").await;
    sam.get("/v1/people").await;
    let stolen = maria.token.clone().unwrap();
    let nonce = sam.nonce.clone().unwrap();
    let header = sam.header("GET", "/v1/people", b"", &stolen, Some(&nonce));
    assert_eq!(error(sam.raw("GET", "/v1/people", b"", &header).await).await, "session_needed");
}

#[tokio::test]
async fn a_revoked_device_is_out_at_once() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await.client, town.device("Sam").await.client);
    assert_eq!(maria.get("/v1/people").await.0, 200);
    let target = format!("/v1/devices/{}/revoke", maria.device());
    assert_eq!(sam.send("POST", &target, b"").await.status(), 204);
    let answer = maria.send("GET", "/v1/people", b"").await;
    assert_eq!((answer.status().as_u16(), error(answer).await.as_str()), (403, "device_revoked"));
}

#[tokio::test]
async fn a_renewed_certificate_keeps_its_pin_and_a_restart_costs_one_more_answer() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.settle().await;
    let (pin, listen) = (town.running.pin, town.running.listen);
    town.running.stop().await;
    let certificate = std::fs::read(town.folder.path().join("tls/server.crt")).unwrap();
    let database = town.base.server();
    let running = server::Server::start(Config {
        listen,
        database,
        renew_certificate: true,
        ..Config::new(town.folder.path())
    })
    .await
    .unwrap();
    assert_eq!(running.pin, pin);
    assert_ne!(std::fs::read(town.folder.path().join("tls/server.crt")).unwrap(), certificate);
    maria.settle().await;
    let wrong = http([7; 32]).get(format!("{}/healthz", running.address)).send().await;
    assert!(wrong.is_err(), "another pin");
}

#[tokio::test]
async fn rubbish_gets_an_honest_answer() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await.client;
    for (body, code) in [
        (b"not zstd".to_vec(), "malformed"),
        (sync::packing::compress(b"not json\n"), "malformed"),
        (sync::packing::compress(&vec![b'x'; 64 << 20]), "malformed"),
        (sync::packing::compress(b"{\"v\":0,\"app\":\"x\",\"now\":0}\n"), "app_too_old"),
        (sync::packing::compress(b"{\"v\":2,\"app\":\"x\",\"now\":0}\n"), "county_too_old"),
    ] {
        assert_eq!(error(maria.send("POST", "/v1/sync", &body).await).await, code);
    }
    let large = maria.http.post(format!("{}/v1/enrol", maria.server)).body(vec![b'x'; 20_000]).send().await;
    assert_eq!(large.unwrap().status(), 413);
    let health = maria.http.get(format!("{}/healthz", maria.server)).send().await.unwrap();
    assert_eq!(health.status(), 200);
    for target in ["/", "/v1/nothing", "/v1/people/../devices"] {
        let answer = maria.http.get(format!("{}{target}", maria.server)).send().await.unwrap();
        assert!(answer.status() == 404 || answer.status() == 401, "{target}");
    }
}
