//! Whoever runs the county, on its hard days: the machine dies, a device has to be let in again, somebody brings work as
//! a file, and the county outgrows its machine. Every step is a command of the real `porchlight-server`, in words and as
//! JSON; and what is asked wrongly is refused with a code, and changes nothing.
//!
//! Pine County. Maria and Lee are peer support specialists, Sam is their supervisor.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use base64::Engine as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tests::cluster::scratch;
use tests::device::Device;
use tests::program::{Operator, Serving};
use tests::proxy::Proxy;
use tokio::sync::watch;

const TEAM: &str = "Pine response team";
/// What must not stand in what is refused, nor in the audit.
const WORDS: [&str; 6] = ["Maria", "Sam", "Lee", "Red", "sister", "pass-w0rd"];

/// A county's folder, the line to whatever serves it, and its devices' folders.
struct Pine {
    folder: tempfile::TempDir,
    operator: Operator,
    line: Proxy,
    target: watch::Sender<Option<SocketAddr>>,
    serving: Option<Serving>,
}

impl Pine {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operator = Operator::of(&folder.path().join("county"));
        let init = operator.says(&["init", "--name", "Pine", "--timezone", "America/New_York"]).unwrap();
        assert!(init.code == 0 && init.out.starts_with("Pine is ready in"), "{init:?}");
        let (target, receiver) = watch::channel(None);
        let line = Proxy::start(receiver).await.unwrap();
        let mut pine = Self { folder, operator, line, target, serving: None };
        pine.up();
        assert_eq!(pine.operator.run(&["team", "add", TEAM]).unwrap().1, 0);
        pine
    }

    /// Serves the county where it is now.
    fn up(&mut self) {
        let address = format!("https://{}", self.line.address);
        let words: Vec<&str> = self.operator.words.iter().map(String::as_str).collect();
        let more = [&words[..], &["--address", &address]].concat();
        let serving = Serving::start(&self.operator.data, &more).unwrap();
        self.target.send_replace(Some(serving.said["listen"].as_str().unwrap().parse().unwrap()));
        self.serving = Some(serving);
    }

    fn down(&mut self) {
        self.target.send_replace(None);
        let mut serving = self.serving.take().unwrap();
        serving.terminate().unwrap();
        assert!(serving.ended().unwrap().success());
    }

    async fn device(&self, name: &str, role: &str) -> Device {
        let added = self.operator.run(&["user", "add", name, "--role", role, "--team", TEAM]).unwrap();
        assert_eq!(added.1, 0);
        let code = self.operator.run(&["enroll", name]).unwrap().0["code"].as_str().unwrap().to_owned();
        Device::enrol(&self.path(name), &code, &format!("{name}'s phone")).await.unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder with what lies outside the database: the key and the certificate.
    fn bare(&self, name: &str) -> Operator {
        let to = self.path(name);
        copy_all(&self.operator.data, &to);
        for file in std::fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().path()) {
            if file.file_name().unwrap().to_str().unwrap().starts_with("county.db") {
                std::fs::remove_file(file).unwrap();
            }
        }
        Operator::of(&to)
    }

    /// The key of another county.
    fn foreign_key(&self) -> String {
        let other = Operator::of(&self.path("other"));
        other.run(&["init", "--name", "Oak", "--timezone", "America/New_York"]).unwrap();
        text(&other.data.join("county.key"))
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if entry.is_dir() {
            copy_all(&entry, &to);
        } else {
            std::fs::copy(entry, to).unwrap();
        }
    }
}

/// How many changes there are in a county that is whole.
fn changes(operator: &Operator) -> u64 {
    let (check, code) = operator.run(&["check"]).unwrap();
    assert!(code == 0 && check["sound"] == true, "{check}");
    check["report"]["changes"].as_u64().unwrap()
}

/// What a command says, in words, when it is done.
fn said(operator: &Operator, words: &[&str]) -> String {
    let said = operator.says(words).unwrap();
    assert!(said.code == 0 && said.err.is_empty(), "{words:?}: {said:?}");
    said.out
}

/// A refusal says nothing of anybody, and no password.
fn refused(operator: &Operator, words: &[&str], code: &str) -> String {
    let said = operator.refused(words, code).unwrap();
    for word in WORDS {
        assert!(!said.contains(word), "{word}: {said}");
    }
    said
}

async fn meet(device: &Device, alias: &str) -> Value {
    let met = json!({ "do": "add_person", "person": { "alias": alias } });
    let person = device.call(met).await.unwrap()["person"].clone();
    device.until_agreed().await.unwrap();
    person
}

async fn until_people(device: &Device, count: u64) {
    device.until(json!({ "do": "people" }), |view| view["total"] == count).await.unwrap();
}

/// Syncs when there is nothing to say.
async fn sync(device: &Device) -> Value {
    device.call(json!({ "do": "sync_now" })).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machine_dies_and_the_operator_brings_the_county_back() {
    let mut pine = Pine::new().await;
    let maria = pine.device("Maria", "peer-support").await;
    let sam = pine.device("Sam", "supervisor").await;
    let red = meet(&maria, "Red").await;
    until_people(&sam, 1).await;

    let backup = text(&pine.path("pine.backup"));
    let made = said(&pine.operator, &["backup", &backup]);
    assert!(made.contains(&backup) && made.contains("Only the county's key opens it"), "{made}");
    refused(&pine.operator, &["backup", &backup], "exists");
    let nowhere = text(&pine.path("nowhere/pine.backup"));
    assert!(refused(&pine.operator, &["backup", &nowhere], "io").contains(&nowhere), "it says which file");

    // What comes after the backup: somebody more, and a new colleague with a new phone.
    meet(&maria, "Blue").await;
    let lee = pine.device("Lee", "peer-support").await;
    meet(&lee, "Green").await;
    until_people(&sam, 3).await;
    sam.until(json!({ "do": "caseloads" }), |view| view.to_string().contains("Lee")).await.unwrap();
    sam.until_agreed().await.unwrap();
    for device in [&maria, &sam, &lee] {
        device.call(json!({ "do": "lock" })).await.unwrap();
    }
    pine.down();
    let before = changes(&pine.operator);

    // The wrong things first. None of them touches the county that is there, or makes half of one.
    refused(&pine.operator, &["restore", "--from", &backup], "county_exists");
    assert!(refused(&pine.operator, &["restore", "--yes", "--from", &nowhere], "io").contains(&nowhere));
    let key = text(&pine.operator.data.join("county.key"));
    refused(&pine.operator, &["restore", "--yes", "--from", &key], "unusable");
    let foreign = pine.foreign_key();
    refused(&pine.operator, &["--key-file", &foreign, "restore", "--yes", "--from", &backup], "unusable");
    refused(&pine.operator, &["--key-file", &foreign, "check"], "wrong_key");
    refused(&pine.operator, &["--key-file", &backup, "check"], "key_unusable");
    let empty = Operator::of(&pine.path("empty"));
    refused(&empty, &["restore", "--from", &backup], "key_missing");
    refused(&empty, &["restored"], "no_county");
    assert!(!pine.path("empty").exists(), "no folder was made for a county that is none");
    assert_eq!(changes(&pine.operator), before, "the control: what was refused changed nothing");

    // A new machine, with the key, the certificate and the backup.
    let new = pine.bare("new machine");
    refused(&new, &["check"], "no_county");
    let told = said(&new, &["restore", "--from", &backup]);
    assert!(told.contains("device waiting") && told.contains("epoch"), "{told}");
    let lost = before - changes(&new);
    assert!(lost > 0, "the control: the backup lacks {lost} changes");
    // Whoever puts files back by other means says so; saying it once more begins one epoch more.
    let (first, code) = new.run(&["restored"]).unwrap();
    assert_eq!((code, first["admitted"].as_array().unwrap().len()), (0, 2), "Maria's and Sam's: {first}");
    let again = said(&new, &["restored"]);
    let epoch = first["epoch"].as_u64().unwrap() + 1;
    assert!(again.contains(&format!("epoch {epoch} ")) && again.contains("these 2 devices"), "{again}");
    pine.operator = new;
    pine.up();

    // Lee's phone was enrolled after the backup: it may send, and waits.
    assert_eq!(said(&pine.operator, &["device", "waiting"]), "no device waits\n");
    lee.unlock().await.unwrap();
    assert_eq!(sync(&lee).await["trouble"], "waiting_for_readmission");
    let (waiting, _) = pine.operator.run(&["device", "waiting"]).unwrap();
    let [row] = &waiting["waiting"].as_array().unwrap()[..] else { panic!("one waits: {waiting}") };
    assert_eq!((&row["user"], &row["name"]), (&json!(lee.user()), &json!("Lee's phone")));
    let device = row["device"].as_str().unwrap();
    let listed = said(&pine.operator, &["device", "waiting"]);
    assert!(listed.starts_with(device) && listed.contains(row["key"].as_str().unwrap()), "{listed}");
    for unknown in ["not-an-id", red.as_str().unwrap()] {
        refused(&pine.operator, &["device", "readmit", unknown], "not_found");
    }
    assert_eq!(pine.operator.run(&["device", "waiting"]).unwrap().0, waiting, "it waits still");
    assert_eq!(said(&pine.operator, &["device", "readmit", device]), format!("{device} is admitted again\n"));
    refused(&pine.operator, &["device", "readmit", device], "not_found");
    assert_eq!(pine.operator.run(&["device", "waiting"]).unwrap().0, json!({ "waiting": [] }));

    sync(&lee).await;
    lee.until_agreed().await.unwrap();
    for device in [&maria, &sam] {
        device.unlock().await.unwrap();
        sync(device).await;
        device.until_agreed().await.unwrap();
    }
    until_people(&sam, 3).await;
    assert_eq!(changes(&pine.operator), before, "everything that living devices had is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_comes_as_a_file_is_read_and_what_was_refused_is_listed_without_names() {
    let pine = Pine::new().await;
    let maria = pine.device("Maria", "peer-support").await;
    let sam = pine.device("Sam", "supervisor").await;
    let red = meet(&maria, "Red").await;
    assert_eq!(pine.operator.run(&["audit"]).unwrap().0, json!({ "audit": [] }));
    assert_eq!(said(&pine.operator, &["audit"]), "nothing was refused to anybody who may not\n");

    // The county does not take what Maria pasted, and her phone is no longer let in.
    let pasted = "x".repeat(200 * 1024);
    let attempt = json!({ "outcome": "no-answer", "note": "left a card with her sister", "pasted": pasted });
    maria.call(json!({ "do": "record_attempt", "person": red, "attempt": attempt })).await.unwrap();
    let look = json!({ "do": "needs_a_look" });
    let one =
        |list: &'static str| move |view: &Value| view[list].as_array().is_some_and(|items| items.len() == 1);
    let refusal = maria.until(look.clone(), one("quarantine")).await.unwrap()["quarantine"][0].clone();
    let device = maria.call(json!({ "do": "me" })).await.unwrap()["device"].as_str().unwrap().to_owned();
    refused(&pine.operator, &["device", "revoke", "not-an-id"], "not_found");
    assert_eq!(
        said(&pine.operator, &["device", "revoke", &device]),
        format!("{device} is no longer admitted\n")
    );
    assert_eq!(sync(&maria).await["trouble"], "device_revoked");

    let seal = json!({ "do": "seal_for_county", "changes": [refusal["change"]] });
    let file = maria.call(seal).await.unwrap();
    let sealed = pine.path("work.sealed");
    let content = file["content"].as_str().unwrap();
    std::fs::write(&sealed, base64::engine::general_purpose::STANDARD.decode(content).unwrap()).unwrap();
    let (sealed, nowhere) = (text(&sealed), text(&pine.path("nowhere.sealed")));
    let other = text(&pine.operator.data.join("county.db"));

    // None of these is a letter to this county.
    let none = pine.operator.says(&["quarantine", "open", &nowhere, &other]).unwrap();
    assert!(none.code == 1 && none.out == "nothing was read\n", "{none:?}");
    let complaints: Vec<&str> = none.err.lines().collect();
    assert!(complaints[0].starts_with(&nowhere) && complaints[0].ends_with("[io]"), "{none:?}");
    assert!(complaints[1].starts_with(&other) && complaints[1].ends_with("[not_sealed_to_us]"), "{none:?}");
    let foreign = pine.foreign_key();
    let elsewhere = Operator { data: pine.path("other"), words: vec!["--key-file".to_owned(), foreign] };
    assert_eq!(elsewhere.run(&["quarantine", "open", &sealed]).unwrap(), (json!({ "files": [] }), 1));
    sync(&sam).await;
    assert_eq!(sam.call(look.clone()).await.unwrap()["handed_over"], json!([]), "nothing came of them");

    // One that is, beside one that is not; and once more, which changes nothing.
    let mixed = pine.operator.says(&["--json", "quarantine", "open", &nowhere, &sealed]).unwrap();
    let (read, bad): (Value, Value) =
        (serde_json::from_str(&mixed.out).unwrap(), serde_json::from_str(&mixed.err).unwrap());
    assert_eq!((mixed.code, &bad["error"]["code"], &bad["file"]), (2, &json!("io"), &json!(nowhere)));
    assert_eq!((&read["files"][0]["taken"], &read["files"][0]["from"]), (&json!(1), &json!("Maria")));
    let again = said(&pine.operator, &["quarantine", "open", &sealed]);
    assert_eq!(again, format!("{sealed}: 1 by Maria, for the supervisor to look at\n"));
    assert!(
        !mixed.out.contains("sister") && !again.contains("sister"),
        "what is in it is for the supervisor"
    );
    sync(&sam).await;
    let work = sam.until(look, one("handed_over")).await.unwrap()["handed_over"][0].clone();
    assert_eq!(work["body"]["fields"]["note"]["v"], "left a card with her sister");

    // What the revoked phone was told is on record, by ids alone.
    let (audit, code) = pine.operator.run(&["audit"]).unwrap();
    let rows = audit["audit"].as_array().unwrap();
    assert!(code == 0 && rows.iter().all(|row| row["device"] == device.as_str()), "{audit}");
    assert!(rows.iter().any(|row| row["code"] == "device_revoked"), "{audit}");
    assert!(rows.iter().all(|row| row["user"] == maria.user()), "{audit}");
    let listed = said(&pine.operator, &["audit"]);
    assert!(listed.contains(&device) && listed.contains("device_revoked"), "{listed}");
    assert_eq!(said(&pine.operator, &["audit", "--limit", "1"]).lines().count(), 1);
    for word in WORDS {
        assert!(!listed.contains(word) && !audit.to_string().contains(word), "{word}: {listed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_county_outgrows_its_machine_and_the_operator_moves_it() {
    let mut pine = Pine::new().await;
    let maria = pine.device("Maria", "peer-support").await;
    let sam = pine.device("Sam", "supervisor").await;
    let red = meet(&maria, "Red").await;
    until_people(&sam, 1).await;
    sam.until_agreed().await.unwrap();
    let base = scratch().await;
    let (owner, server) = (base.address(true), base.address(false));
    let behind = base.superuser().await;

    // The tables.
    refused(&pine.operator, &["migrate"], "unusable");
    refused(
        &pine.operator,
        &["--database", "postgres://porch@127.0.0.1:1/pine", "migrate"],
        "database_unreachable",
    );
    let (same, code) = Operator::with(&pine.operator.data, &owner).run(&["migrate"]).unwrap();
    assert!(code == 0 && same["before"] == same["after"], "{same}");
    let version = same["after"].as_u64().unwrap();
    let again = said(&Operator::with(&pine.operator.data, &owner), &["migrate"]);
    assert_eq!(again, format!("the tables are of version {version} already\n"));
    let later = "insert into porchlight_schema (version, name, applied_on, checksum) \
                 select 99, 'later', applied_on, checksum from porchlight_schema limit 1";
    behind.batch_execute(later).await.unwrap();
    refused(&Operator::with(&pine.operator.data, &owner), &["migrate"], "schema_newer");
    behind.batch_execute("delete from porchlight_schema where version = 99").await.unwrap();

    // Maria goes on while nothing serves.
    pine.down();
    let attempt = json!({ "do": "record_attempt", "person": red, "attempt": { "outcome": "no-answer" } });
    maria.call(attempt).await.unwrap();
    let before = changes(&pine.operator);
    let backup = text(&pine.path("pine.backup"));
    said(&pine.operator, &["backup", &backup]);

    // Not so. A password stands in nothing that is said.
    let copy = |to: &'static str| ["copy", "--from", "embedded", "--to", to];
    let bad = "postgres://porch:pass-w0rd@127.0.0.1/pine?sslmode=allow";
    refused(&pine.operator, &copy(bad), "database_address_unusable");
    refused(&pine.operator, &["--database", bad, "check"], "database_address_unusable");
    refused(&pine.operator, &copy("pine.db"), "database_address_unusable");
    refused(&pine.operator, &copy("postgres://porch:pass-w0rd@127.0.0.1:1/pine"), "database_unreachable");
    refused(&pine.operator, &copy("embedded"), "county_exists");
    let foreign = pine.foreign_key();
    refused(&pine.operator, &[&["--key-file", &foreign], &copy("embedded")[..]].concat(), "wrong_key");
    let to_base = ["copy", "--from", "embedded", "--to", &owner];
    refused(&pine.bare("empty"), &to_base, "no_county");
    assert_eq!(changes(&pine.operator), before, "the county is where it was");
    let there = behind.query_one("select count(*) from county", &[]).await.unwrap();
    assert_eq!(there.get::<_, i64>(0), 0, "and nowhere else");

    // So.
    let (copied, code) = pine.operator.run(&to_base).unwrap();
    assert!(code == 0 && copied["copied"]["changes"] == before, "{copied}");
    assert!(copied["copied"]["digests"].as_u64().unwrap() > 0, "{copied}");
    for words in [&["check"][..], &["serve", "--listen", "127.0.0.1:0"], &to_base] {
        refused(&pine.operator, words, "moved");
    }
    // The same county from elsewhere is not put over it.
    let second = pine.bare("second");
    std::fs::remove_file(second.data.join("county.id")).unwrap();
    said(&second, &["restore", "--from", &backup]);
    refused(&second, &to_base, "county_exists");
    assert_eq!(changes(&second), before, "and that one was not closed");
    refused(&Operator::with(&pine.operator.data, &owner), &["check"], "database_role_unusable");

    pine.operator = Operator::with(&pine.operator.data, &server);
    assert_eq!(changes(&pine.operator), before);
    pine.up();
    let page = json!({ "do": "person", "person": red });
    let heard = |view: &Value| view["timeline"].as_array().is_some_and(|line| line.len() == 1);
    sam.until(page, heard).await.unwrap();
    for device in [&maria, &sam] {
        device.until_agreed().await.unwrap();
    }
    let after = changes(&pine.operator);
    assert!(after > before, "what Maria recorded meanwhile is there");
    for device in [&maria, &sam] {
        assert_eq!(sync(device).await["phase"], "up_to_date");
    }
    assert_eq!(changes(&pine.operator), after, "with nothing new, nothing is said again");

    // And down again, into a folder where the key is.
    pine.down();
    let small = pine.bare("small");
    refused(&small, &["copy", "--from", &server, "--to", "pine.db"], "database_address_unusable");
    let moved = said(&small, &["copy", "--from", &server, "--to", "embedded"]);
    assert!(moved.starts_with(&format!("{after} changes were moved, and ")), "{moved}");
    assert_eq!(changes(&small), after);
    refused(&pine.operator, &["check"], "moved");
}
