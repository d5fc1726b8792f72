//! What the county does not take is never dropped: it is put right, sent again, or handed over; and what a silent
//! device may hold is never counted as not done.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use base64::Engine as _;
use domain::Millis;
use serde_json::{Value, json};
use server::admin::UserChange;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tests::county::TestCounty;
use tests::device::Device;

const TEAM: &str = "Pine response team";

struct Pine {
    folder: tempfile::TempDir,
    county: TestCounty,
}

impl Pine {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let county =
            TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
        county.admin.add_team(TEAM).await.unwrap();
        Self { folder, county }
    }

    async fn device(&self, name: &str, role: &str) -> Device {
        let code = self.county.welcome(name, role, Some(TEAM)).await.unwrap();
        Device::enrol(&self.folder.path().join(name), &code, name).await.unwrap()
    }

    async fn becomes(&self, name: &str, role: &str) {
        self.county
            .admin
            .set_user(name, &UserChange { role: Some(role), ..UserChange::default() })
            .await
            .unwrap();
    }
}

fn look() -> Value {
    json!({ "do": "needs_a_look" })
}

fn sync_state() -> Value {
    json!({ "do": "sync_state" })
}

fn page(person: &Value) -> Value {
    json!({ "do": "person", "person": person })
}

async fn meet(device: &Device, alias: &str) -> Value {
    let met = json!({ "do": "add_person", "person": { "alias": alias } });
    device.call(met).await.unwrap()["person"].clone()
}

/// An attempt that says more than the county takes, in a field that this version does not know.
fn too_long(person: &Value, note: &str) -> Value {
    let pasted = "x".repeat(200 * 1024);
    let attempt = json!({ "outcome": "no-answer", "note": note, "pasted": pasted });
    json!({ "do": "record_attempt", "person": person, "attempt": attempt })
}

/// Waits until so many items are in quarantine, and gives them.
async fn quarantined(device: &Device, count: usize) -> Vec<Value> {
    let some = |view: &Value| view["quarantine"].as_array().is_some_and(|items| items.len() == count);
    device.until(look(), some).await.unwrap()["quarantine"].as_array().unwrap().clone()
}

async fn handed(device: &Device, count: usize) -> Vec<Value> {
    let some = |view: &Value| view["handed_over"].as_array().is_some_and(|items| items.len() == count);
    device.until(look(), some).await.unwrap()["handed_over"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_record_is_put_right_under_its_own_id_and_what_waited_for_it_goes_along() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria Ortiz", "peer-support").await;
    let sam = pine.device("Sam Lindqvist", "supervisor").await;
    let person = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();

    pine.county.line.cut();
    let saved = maria.call(too_long(&person, "by the bridge")).await.unwrap();
    let attempt = saved["records"][0].clone();
    let amend = json!({ "do": "amend", "record": attempt, "fields": { "note": "by the river" }, "reason": "wrong place",
        "seen": maria.call(page(&person)).await.unwrap()["timeline"][0]["record"]["seen"] });
    maria.call(amend).await.unwrap();
    pine.county.line.mend();

    let items = quarantined(&maria, 2).await;
    let refused = items.iter().find(|item| item["state"] == "refused").unwrap();
    let held = items.iter().find(|item| item["state"] == "held").unwrap();
    assert_eq!(
        (&refused["code"], &refused["op"], &refused["record"]),
        (&json!("too_long"), &json!("create"), &attempt)
    );
    assert_eq!((&refused["person_name"], &refused["kind"]), (&json!("Red"), &json!("contact_attempt")));
    assert_eq!(held["waits_for"], "contact_attempt");
    let state = maria.call(sync_state()).await.unwrap();
    assert_eq!((&state["needs_a_look"], &state["on_device"]), (&json!(2), &json!(0)));
    // As it is, it is refused again: the county repeats its answer under every id.
    maria.call(json!({ "do": "resend", "change": refused["change"] })).await.unwrap();
    let again = maria
        .until(look(), |view| {
            let items = view["quarantine"].as_array().unwrap();
            items.iter().any(|item| item["state"] == "refused" && item["change"] != refused["change"])
        })
        .await
        .unwrap();
    let refused = again["quarantine"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["state"] == "refused")
        .unwrap()
        .clone();

    let fix = json!({ "do": "correct", "change": refused["change"], "fields": { "pasted": null } });
    assert_eq!(maria.call(fix).await.unwrap()["records"], json!([attempt]));
    maria.until_agreed().await.unwrap();
    assert_eq!(quarantined(&maria, 0).await, Vec::<Value>::new());
    let there = |view: &Value| view["timeline"].as_array().is_some_and(|items| items.len() == 1);
    let seen = sam.until(page(&person), there).await.unwrap();
    let record = &seen["timeline"][0]["record"];
    assert_eq!((&record["record"], &record["values"]["note"]), (&attempt, &json!("by the river")));
    assert!(record["values"].get("pasted").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_person_is_put_right_and_everything_about_them_follows() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria Ortiz", "peer-support").await;
    let sam = pine.device("Sam Lindqvist", "supervisor").await;
    let met = json!({ "do": "add_person", "person": { "alias": "Red", "pasted": "x".repeat(200 * 1024) },
        "place": { "kind": "street", "label": "Bus shelter" } });
    let person = maria.call(met).await.unwrap()["person"].clone();
    maria
        .call(json!({ "do": "record_attempt", "person": person, "attempt": { "outcome": "no-answer" } }))
        .await
        .unwrap();
    let all_held = |view: &Value| {
        let items = view["quarantine"].as_array().unwrap();
        items.len() >= 5 && items.iter().filter(|item| item["state"] == "held").count() == items.len() - 1
    };
    let view = maria.until(look(), all_held).await.unwrap();
    let items = view["quarantine"].as_array().unwrap();
    let refused = items.iter().find(|item| item["state"] == "refused").unwrap();
    assert!(items.iter().filter(|item| item["state"] == "held").all(|item| item["waits_for"] == "person"));
    assert_eq!(sam.call(json!({ "do": "people" })).await.unwrap()["total"], 0);
    let fix = json!({ "do": "correct", "change": refused["change"], "fields": { "pasted": null } });
    maria.call(fix).await.unwrap();
    maria.until_agreed().await.unwrap();
    let page =
        sam.until(page(&person), |view| !view["timeline"].as_array().unwrap().is_empty()).await.unwrap();
    assert_eq!(page["places"][0]["values"]["label"], "Bus shelter");
    assert_eq!(page["lead"], "Maria Ortiz");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_lost_while_offline_goes_as_it_is_once_the_role_is_back() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria Ortiz", "peer-support").await;
    let person = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();
    pine.county.line.cut();
    let attempt = json!({
        "do": "record_attempt", "person": person, "attempt": { "outcome": "no-answer", "note": "at noon" },
    });
    maria.call(attempt).await.unwrap();
    pine.becomes("Maria Ortiz", "evaluator").await;
    pine.county.line.mend();
    let items = quarantined(&maria, 1).await;
    assert_eq!(items[0]["code"], "not_allowed");
    pine.becomes("Maria Ortiz", "peer-support").await;
    maria.call(json!({ "do": "resend", "change": items[0]["change"] })).await.unwrap();
    maria.until_agreed().await.unwrap();
    let seen = maria.call(page(&person)).await.unwrap();
    let record = &seen["timeline"][0]["record"];
    assert_eq!((&record["values"]["note"], &record["state"]), (&json!("at noon"), &json!("county")));
    assert_eq!(record["conflicts"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_put_right_is_handed_over_and_taken_care_of() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria Ortiz", "peer-support").await;
    let sam = pine.device("Sam Lindqvist", "supervisor").await;
    let person = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();
    maria.call(too_long(&person, "asked for a ride")).await.unwrap();
    let items = quarantined(&maria, 1).await;
    maria.call(json!({ "do": "hand_over", "changes": [items[0]["change"]] })).await.unwrap();
    quarantined(&maria, 0).await;
    let record = &maria.call(page(&person)).await.unwrap()["timeline"][0]["record"];
    assert_eq!((&record["state"], &record["values"]["note"]), (&json!("handed"), &json!("asked for a ride")));
    maria.until_agreed().await.unwrap();

    let work = handed(&sam, 1).await.remove(0);
    assert_eq!(
        (&work["author"], &work["what"], &work["code"]),
        (&json!("Maria Ortiz"), &json!("refused"), &json!("too_long"))
    );
    assert_eq!(work["body"]["fields"]["note"]["v"], "asked for a ride");
    let count = |view: &Value| view["needs_a_look"].clone();
    assert_eq!(count(&sam.call(json!({ "do": "today" })).await.unwrap()), 1);

    // Offline, and it counts at once; the other laptop hears of it later.
    let nick = pine.device("Nick Abara", "supervisor").await;
    assert!(handed(&nick, 1).await[0]["settled_at"].is_null());
    pine.county.line.cut();
    sam.call(json!({ "do": "settle_handed", "work": work["id"], "device": work["device"] })).await.unwrap();
    let settled = &handed(&sam, 1).await[0];
    assert_eq!(settled["settled_by"], "Sam Lindqvist");
    assert_eq!(count(&sam.call(json!({ "do": "today" })).await.unwrap()), 0);
    pine.county.line.mend();
    let by_sam = |view: &Value| view["handed_over"][0]["settled_by"] == "Sam Lindqvist";
    nick.until(look(), by_sam).await.unwrap();
    let unknown = json!({ "do": "settle_handed", "work": items[0]["record"] });
    assert_eq!(maria.call(unknown).await.unwrap_err().code, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_no_longer_let_in_hands_its_work_over_as_a_file() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria Ortiz", "peer-support").await;
    let sam = pine.device("Sam Lindqvist", "supervisor").await;
    let person = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();
    maria.call(too_long(&person, "left a card with her sister")).await.unwrap();
    let items = quarantined(&maria, 1).await;
    let device = maria.call(json!({ "do": "me" })).await.unwrap()["device"].as_str().unwrap().to_owned();
    pine.county.admin.revoke(&device).await.unwrap();

    let changes = json!([items[0]["change"]]);
    let file = maria.call(json!({ "do": "seal_for_county", "changes": changes })).await.unwrap();
    let name = file["name"].as_str().unwrap();
    assert!(name.starts_with("porchlight-20") && name.ends_with(".sealed"), "{name}");
    let bytes = base64::engine::general_purpose::STANDARD.decode(file["content"].as_str().unwrap()).unwrap();
    for words in ["sister", "Red", "Maria"] {
        assert!(!bytes.windows(words.len()).any(|window| window == words.as_bytes()), "{words}");
    }
    maria.call(json!({ "do": "hand_over", "changes": changes })).await.unwrap();
    // The county cannot say that it has it, so it stays, and counts as handed over.
    let item = quarantined(&maria, 1).await.remove(0);
    assert!(item["handed_at"].is_number());
    let state = maria.call(sync_state()).await.unwrap();
    assert_eq!((&state["handed"], &state["needs_a_look"]), (&json!(1), &json!(0)));

    let path = pine.folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let report = pine.county.admin.open_letter(&path).await.unwrap();
    assert_eq!((report.from.as_str(), report.taken), ("Maria Ortiz", 1));
    sam.call(json!({ "do": "sync_now" })).await.unwrap();
    let work = handed(&sam, 1).await.remove(0);
    assert_eq!(work["body"]["fields"]["note"]["v"], "left a card with her sister");

    // Maria hears that it arrived. It is off her list, and still on the person's page.
    maria.call(json!({ "do": "settle_filed", "change": item["change"] })).await.unwrap();
    quarantined(&maria, 0).await;
    let record = &maria.call(page(&person)).await.unwrap()["timeline"][0]["record"];
    assert_eq!(record["state"], "handed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_about_somebody_who_left_goes_to_the_supervisor_and_the_worker_is_told() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria Ortiz", "peer-support").await;
    let lee = pine.device("Lee Okafor", "peer-support").await;
    let sam = pine.device("Sam Lindqvist", "supervisor").await;
    let person = meet(&maria, "Red").await;
    maria.until_agreed().await.unwrap();
    let draft = |words: &str| {
        let key = format!("visit:{}", person.as_str().unwrap());
        json!({ "do": "save_draft", "key": key, "person": person, "body": { "notes": words } })
    };
    assert_eq!(maria.call(draft("She is")).await.unwrap()["left"], false, "the control: while they are hers");

    let one = |view: &Value| view["total"] == 1;
    sam.until(json!({ "do": "people" }), one).await.unwrap();
    let case = sam.call(page(&person)).await.unwrap()["case"]["record"].clone();
    let assign =
        json!({ "do": "assign", "person": person, "case": case, "lead": lee.user(), "partner": null });
    sam.call(assign).await.unwrap();
    // The form is still open. Its person and its first draft are gone from the device …
    maria.until(json!({ "do": "people" }), |view| view["total"] == 0).await.unwrap();
    let told =
        |count: usize| move |view: &Value| view["rehomed"].as_array().is_some_and(|told| told.len() == count);
    maria.until(look(), told(1)).await.unwrap();
    // … and she types on.
    assert_eq!(maria.call(draft("She is staying with her aunt")).await.unwrap()["left"], true);
    let view = maria.until(look(), told(2)).await.unwrap();
    let text = view["rehomed"].to_string();
    assert!(
        view["rehomed"].as_array().unwrap().iter().all(|one| one["draft"] == true && one["kind"] == "visit")
    );
    assert!(!text.contains("aunt") && !text.contains(person.as_str().unwrap()), "it says nothing about whom");
    assert_eq!(maria.call(json!({ "do": "today" })).await.unwrap()["drafts"], json!([]));
    maria.until_agreed().await.unwrap();

    let work = handed(&sam, 2).await;
    let words: Vec<&str> = work.iter().map(|work| work["body"]["notes"].as_str().unwrap()).collect();
    assert!(words.contains(&"She is staying with her aunt"), "{words:?}");
    assert!(work.iter().all(|work| work["what"] == "draft" && work["author"] == "Maria Ortiz"));

    maria.call(json!({ "do": "acknowledge_rehomed" })).await.unwrap();
    maria.until(look(), told(0)).await.unwrap();
}

/// A clock that a test sets.
fn clock(offset: &Arc<AtomicI64>) -> app::Clock {
    let (offset, real) = (Arc::clone(offset), app::system_clock());
    Arc::new(move || Millis(real().0 + offset.load(Ordering::SeqCst)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_silent_device_may_hold_is_not_yet_heard_and_never_not_done() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria Ortiz", "peer-support").await;
    let code = pine.county.welcome("Sam Lindqvist", "supervisor", Some(TEAM)).await.unwrap();
    let later = Arc::new(AtomicI64::new(0));
    let mut sam = Device::with_clock(&pine.folder.path().join("sam"), clock(&later));
    sam.join(&code, "a laptop").await.unwrap();
    let event = json!({ "occurred_at": app::system_clock()().0 - 71 * domain::time::HOUR, "source": "ems" });
    let met = json!({ "do": "add_person", "person": { "alias": "Red" }, "event": event });
    let person = maria.call(met).await.unwrap()["person"].clone();
    maria.until_agreed().await.unwrap();
    sam.until(json!({ "do": "people" }), |view| view["total"] == 1).await.unwrap();
    sam.until_agreed().await.unwrap();
    let loads = json!({ "do": "caseloads" });
    let of_maria = |view: &Value| {
        let load =
            view.as_array().unwrap().iter().find(|load| load["worker"]["name"] == "Maria Ortiz").unwrap();
        (load["overdue"].as_u64().unwrap(), load["not_heard"].as_u64().unwrap())
    };
    assert_eq!(of_maria(&sam.call(loads.clone()).await.unwrap()), (0, 0), "not due yet");

    // Two hours pass without a word from either. It fell due one hour ago; her phone was last heard before that.
    pine.county.line.cut();
    sam.until(sync_state(), |view| view["phase"] == "offline").await.unwrap();
    later.store(2 * domain::time::HOUR, Ordering::SeqCst);
    assert_eq!(of_maria(&sam.call(loads.clone()).await.unwrap()), (0, 1));
    let due = sam.call(json!({ "do": "people" })).await.unwrap()["people"][0]["due"].clone();
    assert!(due["not_heard_since"].is_number(), "{due}");
    assert_eq!(sam.call(page(&person)).await.unwrap()["due"], due);
    let hers = maria.call(page(&person)).await.unwrap()["due"].clone();
    assert!(hers["not_heard_since"].is_null(), "a worker is told of nobody's devices");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_put_right_is_believed_before_the_next_sync() {
    let pine = Pine::new().await;
    let code = pine.county.welcome("Maria Ortiz", "peer-support", Some(TEAM)).await.unwrap();
    let wrong = Arc::new(AtomicI64::new(5 * domain::time::HOUR));
    let mut maria = Device::with_clock(&pine.folder.path().join("maria"), clock(&wrong));
    maria.join(&code, "a phone").await.unwrap();
    maria.until_agreed().await.unwrap();
    let off = |view: &Value| {
        let now = view["now"].as_i64().unwrap() - app::system_clock()().0;
        (now as f64 / domain::time::HOUR as f64).round() as i64
    };
    let me = json!({ "do": "me" });
    assert_eq!(off(&maria.call(me.clone()).await.unwrap()), 0, "corrected by what the sync found");
    pine.county.line.cut();
    maria.until(sync_state(), |view| view["phase"] == "offline").await.unwrap();
    wrong.store(0, Ordering::SeqCst);
    assert_eq!(off(&maria.call(me).await.unwrap()), 0, "put right by its owner, and not corrected once more");
    assert!(maria.call(sync_state()).await.unwrap()["clock_offset"].is_null());
}
