//! Notes that are empty, huge, or not what the county takes.

use crate::{attempt, county, device, meet, page, timeline};
use serde_json::{Value, json};
use tests::device::{Device, PASSPHRASE};
use tests::vault::RawVault;

/// The longest note, in characters.
const LONGEST: usize = 20_000;

fn visit(person: &Value, notes: &str) -> Value {
    json!({
        "do": "record_visit", "person": person, "attempt": {}, "visit": { "notes": notes },
        "supplies": [{ "item": "naloxone-nasal-4mg", "kits": 1 }], "referrals": [], "steps": [{ "text": "slept" }],
        "follow_ups": [], "fulfils": [], "draft": "visit",
    })
}

fn count(view: &Value, kind: &str) -> usize {
    view.to_string().matches(&format!("\"kind\":\"{kind}\"")).count()
}

async fn drafted(device: &Device) -> Value {
    device.call(json!({ "do": "draft", "key": "visit" })).await.unwrap()["body"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_is_too_long_is_refused_whole_and_stays_in_its_draft() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    // A peer's notes are a record of their own; an EMS worker's belong to the visit.
    for (name, role, field) in [("Maria Ortiz", "peer-support", "text"), ("Dev Patel", "ems", "notes")] {
        let worker = device(&county, folder.path(), name, role).await;
        let red = meet(&worker, "Red").await;
        // Four bytes to the character: the longest that there is.
        let longest = "\u{1f54a}".repeat(LONGEST);
        let too_long = format!("{longest}!");
        let typed = json!({ "notes": too_long });
        let draft = json!({ "do": "save_draft", "key": "visit", "person": red, "body": typed });
        worker.call(draft).await.unwrap();
        let error = worker.call(visit(&red, &too_long)).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.field.as_deref()), ("too_long", Some(field)));
        assert!(timeline(&worker, &red).await.is_empty(), "nothing of it was half saved");
        assert_eq!(drafted(&worker).await, typed, "what was typed is still there");

        // One character less is taken, with everything that belongs to it; the draft goes with it.
        worker.call(visit(&red, &longest)).await.unwrap();
        assert!(drafted(&worker).await.is_null());
        worker.until_agreed().await.unwrap();
        let seen = worker.call(page(&red)).await.unwrap();
        assert!(seen["timeline"].to_string().contains(&longest));
        assert_eq!(count(&seen["timeline"], "supply_handout"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_note_is_no_note_and_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let maria = device(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    let red = meet(&maria, "Red").await;
    for notes in ["", "  \n\t "] {
        maria.call(visit(&red, notes)).await.unwrap();
    }
    let seen = maria.call(page(&red)).await.unwrap();
    assert_eq!((count(&seen, "visit"), count(&seen, "peer_note")), (2, 0));
    maria.call(visit(&red, "words")).await.unwrap();
    let seen = maria.call(page(&red)).await.unwrap();
    assert_eq!(count(&seen, "peer_note"), 1, "the control");
    // Where a text is all there is, an empty one is missing.
    let empty = json!({ "do": "add", "person": red, "kind": "step_forward", "fields": { "text": "  " } });
    let error = maria.call(empty).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.field.as_deref()), ("required", Some("text")));
    maria.until_agreed().await.unwrap();
}

/// The county refuses what the device took: its role changed while it was away. Nobody else's work waits for it, it
/// stays visible with its reason, and is corrected and accepted.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_is_shown_corrected_and_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let maria = device(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    let sam = device(&county, folder.path(), "Sam Lindqvist", "supervisor").await;
    let red = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();
    county.line.cut();
    maria.call(attempt(&red, "first")).await.unwrap();
    let wrong = "w".repeat(300);
    let phone = poisoned(&maria, &red, &wrong).await;
    maria.call(attempt(&red, "second")).await.unwrap();
    county.line.mend();

    // What was sent around it has arrived.
    let both = |view: &Value| view["timeline"].as_array().is_some_and(|items| items.len() == 2);
    sam.until(json!({ "do": "people" }), |view| view["total"] == 1).await.unwrap();
    let seen = sam.until(page(&red), both).await.unwrap();
    assert_eq!(seen["phones"], json!([]));
    let look = json!({ "do": "needs_a_look" });
    let waiting = |view: &Value| view["quarantine"][0]["state"] == "refused";
    let item = maria.until(look.clone(), waiting).await.unwrap()["quarantine"][0].clone();
    assert_eq!((&item["code"], &item["field"]), (&json!("too_long"), &json!("number")));
    assert_eq!((&item["kind"], &item["person_name"]), (&json!("phone"), &json!("Red")));
    assert_eq!(item["values"]["number"], wrong, "what she typed is there to be corrected");
    let sync = maria.call(json!({ "do": "sync_now" })).await.unwrap();
    assert_eq!(sync["needs_a_look"], 1);
    assert_ne!(sync["phase"], "up_to_date", "it is not with the county, and nobody says so");

    // A correction that is wrong again is refused here, and nothing is lost by it.
    let correct =
        |number: &str| json!({ "do": "correct", "change": item["change"], "fields": { "number": number } });
    let error = maria.call(correct(&wrong)).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.field.as_deref()), ("too_long", Some("number")));
    assert_eq!(maria.call(look.clone()).await.unwrap()["quarantine"][0], item);
    let saved = maria.call(correct("555-0142")).await.unwrap();
    assert_eq!(saved["records"][0], phone, "under the same record");
    maria.until_agreed().await.unwrap();
    assert_eq!(maria.call(look).await.unwrap()["quarantine"], json!([]));
    let number = |view: &Value| view["phones"][0]["values"]["number"] == "555-0142";
    sam.until(page(&red), number).await.unwrap();
}

/// Puts a number into the outbox that this version's forms would not take, as an app of another version might.
async fn poisoned(maria: &Device, person: &Value, number: &str) -> Value {
    let fields = json!({ "number": "555-0100" });
    let add = json!({ "do": "add", "person": person, "kind": "phone", "fields": fields });
    let phone = maria.call(add).await.unwrap()["records"][0].clone();
    maria.call(json!({ "do": "lock" })).await.unwrap();
    let raw = RawVault::open(&maria.folder, maria.user(), PASSPHRASE).unwrap();
    let changed = raw.connect().unwrap().execute(
        "update change set body = replace(body, '555-0100', ?1) where kind = 'phone' and state = 0",
        [number],
    );
    assert_eq!(changed.unwrap(), 1);
    maria.unlock().await.unwrap();
    phone
}
