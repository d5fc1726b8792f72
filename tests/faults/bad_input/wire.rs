//! On the wire: somebody else's certificate, rubbish, half an answer, other versions.

use crate::{TEAM, attempt, county, device, meet, page, timeline};
use serde_json::{Value, json};
use sync::enrolment::EnrolmentCode;
use tests::client::Client;
use tests::county::TestCounty;
use tests::device::Device;
use tests::impostor::{Identity, Impostor};

/// Something else answers in the county's place.
async fn replace(county: &mut TestCounty, impostor: &Impostor) {
    county.down().await;
    county.lead_to(impostor.address);
}

/// Syncs, and says what came of it. The app may be trying again already: then of that.
async fn tried(device: &Device) -> Value {
    device.call(json!({ "do": "sync_now" })).await.unwrap();
    device.until(json!({ "do": "sync_state" }), |sync| sync["phase"] != "syncing").await.unwrap()
}

/// The real county is there again: everything recorded meanwhile arrives.
async fn recovers(county: &mut TestCounty, maria: &Device, red: &Value) {
    let recorded = timeline(maria, red).await;
    county.up().await.unwrap();
    maria.call(json!({ "do": "sync_now" })).await.unwrap();
    maria.until_agreed().await.unwrap();
    assert_eq!(timeline(maria, red).await, recorded);
    let states = maria.call(page(red)).await.unwrap();
    for item in states["timeline"].as_array().unwrap() {
        assert_eq!(item["record"]["state"], "county");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_at_the_county_s_address_hears_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut county = county(folder.path()).await;
    let maria = device(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    let red = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();
    let code = county.code("Maria Ortiz").await.unwrap();
    let other = Identity::fresh().unwrap();
    let pin = other.pin().unwrap();
    let impostor = Impostor::start(other, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
    replace(&mut county, &impostor).await;

    // A sync, and the enrolment of another device: refused before a byte of either is sent.
    maria.call(attempt(&red, "meanwhile")).await.unwrap();
    let sync = tried(&maria).await;
    assert_eq!((&sync["phase"], &sync["trouble"]), (&json!("trouble"), &json!("wrong_certificate")));
    assert!(sync["on_device"].as_u64().unwrap() > 0);
    let error = Device::new(&folder.path().join("second")).join(&code, "a laptop").await.unwrap_err();
    assert_eq!(error.code, "wrong_certificate");
    for _ in 0..2 {
        assert_eq!(impostor.heard().unwrap(), b"");
    }
    recovers(&mut county, &maria, &red).await;

    // The control: whoever has the pinned key is told something.
    let code: EnrolmentCode = code.parse().unwrap();
    let server = format!("https://{}", impostor.address);
    let trusted = EnrolmentCode { server, pin, ..code }.to_string();
    let error = Device::new(&folder.path().join("third")).join(&trusted, "a laptop").await.unwrap_err();
    assert_eq!(error.code, "rubbish");
    let heard = std::iter::repeat_with(|| impostor.heard().unwrap()).find(|heard| !heard.is_empty()).unwrap();
    assert!(heard.starts_with(b"POST /v1/enrol"));
}

/// An answer of a kind, as HTTP.
fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_in_the_county_s_place_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut county = county(folder.path()).await;
    let maria = device(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    let red = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();
    let identity = Identity::of_county(&county.data).unwrap();
    let impostor = Impostor::start(identity, &http("200 OK", b"")).unwrap();
    replace(&mut county, &impostor).await;

    let squeezed = |text: &[u8]| http("200 OK", &sync::packing::compress(text));
    let too_old =
        |status, code: &str| http(status, json!({ "code": code, "message": "" }).to_string().as_bytes());
    let never_made = format!("{}\n", json!({ "end": { "token": 7 } }));
    for (what, answer, trouble) in [
        ("a login page", http("200 OK", b"<html>Welcome to Cafe WiFi</html>"), "rubbish"),
        ("a redirect", http("302 Found", b""), "rubbish"),
        ("a broken proxy", http("502 Bad Gateway", b"<html>Bad Gateway</html>"), "rubbish"),
        ("bytes without sense", http("200 OK", &[0xfe; 9_000]), "rubbish"),
        ("lines without sense", squeezed(b"{\"hello\":\n}{\n[[[[\n"), "rubbish"),
        ("a frame that was never made", squeezed(never_made.as_bytes()), "rubbish"),
        ("a line without end", squeezed(&vec![b'a'; 64 << 20]), "rubbish"),
        ("half an answer", http("200 OK", &sync::packing::compress(b"{\"a\":1}")[..5]), "interrupted"),
        ("no answer", Vec::new(), "interrupted"),
        (
            "an older app than the county serves",
            too_old("426 Upgrade Required", "app_too_old"),
            "app_too_old",
        ),
        ("an older county", too_old("409 Conflict", "county_too_old"), "county_too_old"),
    ] {
        impostor.say(&answer);
        maria.call(attempt(&red, what)).await.unwrap();
        let unsent = tried(&maria).await;
        assert_eq!(unsent["trouble"], trouble, "{what}");
        assert!(unsent["on_device"].as_u64().unwrap() > 0, "{what}");
    }
    assert_eq!(timeline(&maria, &red).await.len(), 11);
    recovers(&mut county, &maria, &red).await;
}

/// The line breaks off in the middle of what either side says, again and again. What arrived is kept.
#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_kept_and_the_rest_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let maria = device(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    let mut people = Vec::new();
    county.line.cut();
    for n in 0..30 {
        let red = meet(&maria, &format!("Somebody {n}")).await;
        for _ in 0..4 {
            // Words that do not compress: the answers have to be long.
            let words = crypto::codes::AccessToken::generate().to_text().repeat(3);
            maria.call(attempt(&red, &words)).await.unwrap();
        }
        people.push(red);
    }
    // Up, in pieces that grow until one is large enough.
    let mut broken = 0;
    let mut limit = 8 * 1024;
    county.line.break_after(limit, u64::MAX);
    county.line.mend();
    while tried(&maria).await["phase"] != "up_to_date" {
        broken += 1;
        limit += 8 * 1024;
        county.line.break_after(limit, u64::MAX);
    }
    assert!(broken > 0, "the control: it did break");

    // Down, to another device of hers.
    let code = county.code("Maria Ortiz").await.unwrap();
    county.line.break_after(u64::MAX, 6 * 1024);
    let mut laptop = Device::new(&folder.path().join("laptop"));
    laptop.join(&code, "Maria's laptop").await.unwrap();
    let (mut broken, mut limit, mut kept) = (0, 6 * 1024, 0);
    loop {
        let sync = tried(&laptop).await;
        let total = laptop.call(json!({ "do": "people" })).await.unwrap()["total"].as_u64().unwrap();
        assert!(total >= kept, "nobody who had arrived is gone");
        kept = total;
        if sync["phase"] == "up_to_date" {
            break;
        }
        broken += 1;
        limit += 2 * 1024;
        county.line.break_after(u64::MAX, limit);
    }
    assert!(broken > 0, "the control: it did break");
    assert_eq!(kept, 30);
    for red in &people {
        assert_eq!(timeline(&laptop, red).await, timeline(&maria, red).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_or_newer_app_is_told_so_before_anything_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let code = county.welcome("Maria Ortiz", "peer-support", Some(TEAM)).await.unwrap();
    let mut client = Client::enrol(&code).await.unwrap();
    let before = county.admin.describe().await.unwrap().seq;
    let now = server::server::clock();
    let id = domain::ChangeId::new(now, crypto::secret::random_bytes());
    let change = json!({ "c": {
        "id": id, "record": id, "kind": "person", "person": id, "op": "create", "author": client.enrolled.user,
        "device": client.enrolled.device, "stamp": 0, "happened_at": now, "fields": { "alias": { "v": "Red" } },
    } });
    let hello = |version: u16| json!({ "v": version, "app": "9.9.9", "now": now });
    for (version, status, code) in
        [(0, 426, "app_too_old"), (sync::wire::PROTOCOL + 1, 409, "county_too_old")]
    {
        let answer = client.sync(&[hello(version), change.clone()]).await.unwrap();
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)));
    }
    assert_eq!(county.admin.describe().await.unwrap().seq, before);
    // The control: the same change from an app of this version is taken.
    let answer = client.sync(&[hello(sync::wire::PROTOCOL), change]).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.lines()[0]["a"]["accepted"]["seq"].as_u64().unwrap() > before);
}
