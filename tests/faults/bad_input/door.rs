//! At the door: wrong passphrases, and codes that do not admit.

use crate::{TEAM, attempt, county, device, meet, timeline};
use domain::Millis;
use serde_json::json;
use server::admin::County;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use sync::enrolment::EnrolmentCode;
use tests::device::{Device, PASSPHRASE};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_costs_time_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let maria = device(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    let red = meet(&maria, "Red").await;
    maria.call(attempt(&red, "before")).await.unwrap();
    let before = timeline(&maria, &red).await;
    maria.call(json!({ "do": "lock" })).await.unwrap();

    let time = Arc::new(AtomicI64::new(server::server::clock().0));
    let shown = Arc::clone(&time);
    let clock: app::Clock = Arc::new(move || Millis(shown.load(Ordering::SeqCst)));
    let phone = Device::with_clock(&maria.folder, clock);
    let unlock = |words: &str| json!({ "do": "unlock", "user": maria.user(), "passphrase": words });
    let mut waits = Vec::new();
    for _ in 0..5 {
        let error = phone.call(unlock("correct porch lantern ocean")).await.unwrap_err();
        assert_eq!(error.code, "wrong_passphrase");
        waits.push(error.wait_ms.unwrap());
    }
    assert_eq!(waits, [0, 0, 0, 0, 30_000]);
    // The right one is not even tried before the time is up, also after a restart; the screen says how long.
    let phone = Device::with_clock(&maria.folder, {
        let shown = Arc::clone(&time);
        Arc::new(move || Millis(shown.load(Ordering::SeqCst)))
    });
    let error = phone.call(unlock(PASSPHRASE)).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.wait_ms), ("throttled", Some(30_000)));
    let state = phone.call(json!({ "do": "device_state" })).await.unwrap();
    assert_eq!(state["vaults"][0]["wait_ms"], 30_000);
    time.fetch_add(30_000, Ordering::SeqCst);
    phone.call(unlock(PASSPHRASE)).await.unwrap();
    assert_eq!(timeline(&phone, &red).await, before);
    // The right one set the count back.
    phone.call(json!({ "do": "lock" })).await.unwrap();
    assert_eq!(phone.call(unlock("wrong again, all of it")).await.unwrap_err().wait_ms, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_does_not_admit_says_why_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let good = county.welcome("Maria Ortiz", "peer-support", Some(TEAM)).await.unwrap();
    // Made an hour ago; codes are good for a quarter of one.
    let hour_ago = Arc::new(|| server::server::clock().plus(-3_600_000));
    let expired = County::open(&county.data, None, hour_ago).await.unwrap();
    let expired = expired.enroll("Maria Ortiz", None).await.unwrap().to_string();
    let parsed: EnrolmentCode = good.parse().unwrap();
    let secret = crypto::codes::EnrolmentSecret::generate().to_text().to_string();
    let unknown = EnrolmentCode { secret, ..parsed.clone() }.to_string();
    let nobody = EnrolmentCode { server: "https://127.0.0.1:1".to_owned(), ..parsed }.to_string();
    let used = county.welcome("Dev Patel", "ems", Some(TEAM)).await.unwrap();
    Device::enrol(&folder.path().join("dev"), &used, "Dev's tablet").await.unwrap();

    let phone = folder.path().join("maria");
    for (code, expected) in [
        ("visit tomorrow at nine", "not_a_code"),
        (expired.as_str(), "code_expired"),
        (unknown.as_str(), "code_unknown"),
        (used.as_str(), "code_used"),
        (nobody.as_str(), "unreachable"),
    ] {
        let mut maria = Device::new(&phone);
        let error = maria.join(code, "Maria's phone").await.unwrap_err();
        assert_eq!(error.code, expected);
        let state = maria.call(json!({ "do": "device_state" })).await.unwrap();
        assert_eq!((&state["vaults"], &state["unlocked"]), (&json!([]), &json!(null)), "{expected}");
    }
    // A passphrase that is too easy does not use the code up, and pasted line breaks do no harm.
    let weak = json!({ "do": "enrol", "code": good, "passphrase": "password", "device_name": "a phone" });
    let error = Device::new(&phone).call(weak).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("passphrase"));
    let (start, end) = good.split_at(good.len() / 2);
    Device::enrol(&phone, &format!("  {start}\n {end}\n"), "Maria's phone").await.unwrap();
}
