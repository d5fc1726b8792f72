//! Two hundred deaths: the app is killed with `kill -9` while it records, and everything that it had acknowledged is
//! there afterwards, once, on the device and with the county.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tests::county::TestCounty;
use tests::device::{Device, PASSPHRASE};
use tests::vault::RawVault;

/// How often the recording app is killed.
const KILLS: usize = 200;
/// A round this often, the app is killed while it starts, mostly before it has unlocked. A try that was killed counts
/// as one that failed, so they are never two in a row.
const EARLY: usize = 10;

/// What the children acknowledged, and what was missed.
#[derive(Default)]
struct Tally {
    acknowledged: BTreeSet<String>,
    /// Of those, what the next child must find.
    latest: BTreeSet<String>,
    people: Vec<String>,
    typed: u64,
    lost: Vec<String>,
}

impl Tally {
    /// Learns what one child said, and compares what it found with what the one before had acknowledged.
    fn learn(&mut self, said: Vec<(String, String)>) {
        let mut there = BTreeSet::new();
        for (what, which) in said {
            match what.as_str() {
                "opened" => {}
                "there" => {
                    there.insert(which);
                }
                "draft" => {
                    self.lost.extend(self.latest.difference(&there).cloned());
                    if which.parse::<u64>().unwrap() < self.typed {
                        self.lost.push(format!("draft {}", self.typed));
                    }
                }
                "person" => {
                    self.latest.clear();
                    self.people.push(which);
                }
                "saved" => {
                    self.latest.insert(which.clone());
                    self.acknowledged.insert(which);
                }
                "typed" => self.typed = which.parse().unwrap(),
                other => panic!("{other} was not expected"),
            }
        }
    }
}

/// A fixed sequence of numbers without a pattern: the moments at which the phone dies.
struct Moments(u64);

impl Moments {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

struct Recorder {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Recorder {
    fn start(phone: &Device, last: &str, round: usize, order: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_porchlight-child"));
        command.arg("record").arg(&phone.folder).args([phone.user(), last, &round.to_string(), order]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> Option<(String, String)> {
        let line = self.lines.next()?.unwrap();
        let (what, which) = line.split_once(' ').unwrap_or((&line, ""));
        Some((what.to_owned(), which.to_owned()))
    }

    /// What it says until `what`, or until it is dead.
    fn until(&mut self, what: &str) -> Vec<(String, String)> {
        let mut said = Vec::new();
        while let Some(line) = self.next() {
            let done = line.0 == what;
            said.push(line);
            if done {
                break;
            }
        }
        said
    }

    /// `kill -9`, and then what it had said before.
    fn kill(mut self) -> Vec<(String, String)> {
        self.child.kill().unwrap();
        let rest = self.until("never");
        self.child.wait().unwrap();
        rest
    }
}

/// Kills the recorder again and again. Each one says first what it finds of the round before.
fn storm(phone: &Device, rounds: RangeInclusive<usize>, order: &str, tally: &mut Tally) {
    let mut moments = Moments(*rounds.start() as u64);
    for round in rounds {
        let last = tally.people.last().map_or("", String::as_str);
        let mut recorder = Recorder::start(phone, last, round, order);
        let mut said = Vec::new();
        if round % EARLY == 0 {
            // No event to wait for: the moment itself is what is varied.
            std::thread::sleep(Duration::from_millis(moments.below(250)));
        } else {
            said = recorder.until("person");
            assert_eq!(said.first().map(|line| line.0.as_str()), Some("opened"), "round {round} opens");
            for _ in 0..moments.below(10) {
                said.extend(recorder.next());
            }
            std::thread::sleep(Duration::from_micros(moments.below(8_000)));
        }
        said.extend(recorder.kill());
        tally.learn(said);
    }
}

async fn enrolled(county: &TestCounty, folder: &Path, name: &str, role: &str) -> Device {
    let code = county.welcome(name, role, Some("Pine response team")).await.unwrap();
    Device::enrol(&folder.join(name), &code, "a phone").await.unwrap()
}

/// The notes of all attempts of these people, as a device knows them.
async fn notes(device: &Device, people: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    for person in people {
        let page = device.call(json!({ "do": "person", "person": person })).await.unwrap();
        let items = page["timeline"].as_array().unwrap().clone();
        notes.extend(items.iter().map(|item| item["record"]["values"]["note"].as_str().unwrap().to_owned()));
    }
    notes.sort();
    notes
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_record_is_lost_by_two_hundred_kills() {
    let folder = tempfile::tempdir().unwrap();
    let county = TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let maria = enrolled(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    maria.call(json!({ "do": "lock" })).await.unwrap();

    // Without a network first, then while it syncs.
    let (maria, tally, county) = tokio::task::spawn_blocking(move || {
        let mut tally = Tally::default();
        county.line.cut();
        storm(&maria, 1..=KILLS / 2, "save-first", &mut tally);
        let raw = RawVault::open(&maria.folder, maria.user(), PASSPHRASE).unwrap();
        assert_eq!(raw.faults().unwrap(), [""; 0]);
        county.line.mend();
        storm(&maria, KILLS / 2 + 1..=KILLS, "save-first", &mut tally);
        assert_eq!(raw.faults().unwrap(), [""; 0]);
        (maria, tally, county)
    })
    .await
    .unwrap();
    assert_eq!(tally.lost, [""; 0], "acknowledged, and not there after a kill");
    let acknowledged = tally.acknowledged.len();
    assert!(acknowledged > KILLS, "{acknowledged} records are too few to prove anything");

    // It goes on as if nothing had happened, and the county gets all of it, once.
    maria.unlock().await.unwrap();
    maria.until_agreed().await.unwrap();
    let hers = notes(&maria, &tally.people).await;
    let once: BTreeSet<String> = hers.iter().cloned().collect();
    assert!(tally.acknowledged.is_subset(&once));
    assert_eq!(once.len(), hers.len(), "nothing twice");
    let sam = enrolled(&county, folder.path(), "Sam Lindqvist", "supervisor").await;
    assert_eq!(notes(&sam, &tally.people).await, hers);
    let checked = county.admin.check().await.unwrap();
    assert_eq!((checked.damaged, checked.digests_wrong, checked.caseload_wrong), (0, 0, 0));
    println!("{KILLS} kills, {acknowledged} acknowledged, 0 lost");
}

/// The same check finds the loss when the app acknowledges before it has saved.
#[tokio::test(flavor = "multi_thread")]
async fn the_check_finds_what_a_hasty_acknowledgement_loses() {
    let folder = tempfile::tempdir().unwrap();
    let county = TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let maria = enrolled(&county, folder.path(), "Maria Ortiz", "peer-support").await;
    maria.call(json!({ "do": "lock" })).await.unwrap();
    let tally = tokio::task::spawn_blocking(move || {
        let mut tally = Tally::default();
        storm(&maria, 1..=19, "acknowledge-first", &mut tally);
        tally
    });
    assert!(!tally.await.unwrap().lost.is_empty());
}
