//! The county's machine dies and comes back from last week's backup. Whatever a living device still has comes back with
//! it, in whatever order the devices return.
//!
//! Pine County. Maria and Dev are peer support specialists, Sam is their supervisor; Lee joined after the backup was
//! made. The app, its vaults, the server and TLS are the real ones.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use serde_json::{Value, json};
use server::place::Place;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::cluster::{Scratch, scratch};
use tests::county::TestCounty;
use tests::device::Device;
use tests::program::program;

const TEAM: Option<&str> = Some("Pine response team");

/// Everything as it was when the machine died: the county, its backup, and four devices that are switched off.
struct Week {
    folder: tempfile::TempDir,
    /// Where its rows are, if not in its folder.
    base: Option<Scratch>,
    county: TestCounty,
    /// Name, user and device's folder.
    devices: Vec<(&'static str, String)>,
    /// Red is Maria's; Blue was met after the backup; Green went from Maria to Lee, Gold from Dev to Maria.
    people: [(&'static str, Value); 4],
    /// What Sam sees of each of them.
    seen: Vec<Value>,
    changes: u64,
}

fn page(person: &Value) -> Value {
    json!({ "do": "person", "person": person })
}

async fn meet(device: &Device, alias: &str) -> Value {
    let met = json!({ "do": "add_person", "person": { "alias": alias } });
    device.call(met).await.unwrap()["person"].clone()
}

async fn visit(device: &Device, person: &Value, notes: &str) {
    let visit = json!({
        "do": "record_visit", "person": person, "attempt": {}, "visit": { "notes": notes, "next_step": "A walk" },
        "supplies": [], "referrals": [], "steps": [], "follow_ups": [], "fulfils": [],
    });
    device.call(visit).await.unwrap();
}

async fn assign(sam: &Device, person: &Value, lead: &Device) {
    let case = sam.call(page(person)).await.unwrap()["case"]["record"].clone();
    let to = json!({ "do": "assign", "person": person, "case": case, "lead": lead.user(), "partner": null });
    sam.call(to).await.unwrap();
    sam.until_agreed().await.unwrap();
}

async fn until_people(device: &Device, count: u64) {
    device.until(json!({ "do": "people" }), |view| view["total"] == count).await.unwrap();
    device.until_agreed().await.unwrap();
}

async fn until_knows(device: &Device, person: &Value) {
    let id = person.as_str().unwrap().to_owned();
    device.until(json!({ "do": "people" }), |view| view.to_string().contains(&id)).await.unwrap();
}

/// What can be said of a person's page that does not depend on the moment.
fn history(page: &Value) -> Value {
    json!([page["name"], page["timeline"], page["case"], page["alias"]])
}

impl Week {
    async fn new(base: Option<Scratch>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (data, zone) = (path("county"), "America/New_York");
        let mut county = match &base {
            Some(base) => TestCounty::start_on(base, &data, "Pine", zone).await.unwrap(),
            None => TestCounty::start(&data, "Pine", zone).await.unwrap(),
        };
        county.admin.add_team(TEAM.unwrap()).await.unwrap();
        let mut join = Vec::new();
        for (name, role) in [("Maria", "peer-support"), ("Dev", "peer-support"), ("Sam", "supervisor")] {
            let code = county.welcome(name, role, TEAM).await.unwrap();
            join.push(Device::enrol(&path(name), &code, "a device").await.unwrap());
        }
        let [maria, dev, sam] = &join[..] else { panic!("three") };
        let (red, green) = (meet(maria, "Red").await, meet(maria, "Green").await);
        visit(maria, &red, "before the backup").await;
        until_people(maria, 2).await;
        let gold = meet(dev, "Gold").await;
        until_people(dev, 1).await;
        until_people(sam, 3).await;

        // The backup, beside the server; and a copy of the file, as somebody makes it by hand. The machine goes on for
        // a week.
        let address = base.as_ref().map(|base| base.address(false));
        operate(&data, address, &["backup", path("pine.backup").to_str().unwrap()]);
        if base.is_none() {
            county.down().await;
            county.backup(&path("backup")).unwrap();
            county.up().await.unwrap();
        }

        visit(maria, &red, "since the backup").await;
        let blue = meet(maria, "Blue").await;
        visit(maria, &blue, "met at the river").await;
        visit(maria, &green, "Maria's last visit").await;
        until_people(maria, 3).await;
        until_people(sam, 4).await;
        let code = county.welcome("Lee", "peer-support", TEAM).await.unwrap();
        let lee = Device::enrol(&path("Lee"), &code, "Lee's new phone").await.unwrap();
        // Sam's device has to have heard of Lee.
        sam.until(json!({ "do": "caseloads" }), |view| view.to_string().contains("Lee")).await.unwrap();
        assign(sam, &green, &lee).await;
        until_people(&lee, 1).await;
        visit(&lee, &green, "Lee's first visit").await;
        lee.until_agreed().await.unwrap();
        assign(sam, &gold, maria).await;
        // She had three before, too: Green goes as Gold comes.
        until_knows(maria, &gold).await;
        until_people(maria, 3).await;
        visit(maria, &gold, "a new face").await;
        maria.until_agreed().await.unwrap();
        until_people(dev, 0).await;

        // Maria's phone knows nothing of Green any more.
        assert_eq!(maria.call(page(&green)).await.unwrap_err().code, "not_found");
        sam.call(json!({ "do": "sync_now" })).await.unwrap();
        sam.until_agreed().await.unwrap();
        let people = [("Red", red), ("Blue", blue), ("Green", green), ("Gold", gold)];
        let mut seen = Vec::new();
        for (_, person) in &people {
            seen.push(history(&sam.call(page(person)).await.unwrap()));
        }
        let changes = county.admin.check().await.unwrap().changes;
        let mut devices = Vec::new();
        join.push(lee);
        for (name, device) in ["Maria", "Dev", "Sam", "Lee"].into_iter().zip(&join) {
            device.call(json!({ "do": "lock" })).await.unwrap();
            devices.push((name, device.user().to_owned()));
        }
        county.down().await;
        Self { folder, base, county, devices, people, seen, changes }
    }

    fn person(&self, name: &str) -> &Value {
        &self.people.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// A copy of a device as it was when the machine died.
    fn device(&self, name: &str, round: &Path) -> Device {
        let to = round.join(name);
        copy_all(&self.folder.path().join(name), &to);
        let (_, user) = self.devices.iter().find(|(known, _)| *known == name).unwrap();
        Device::at(&to, user)
    }

    /// The county from its backup, by the operator's own program: in a new folder, or in the place of what is left in
    /// the database.
    async fn restore(mut self, round: &Path) -> Self {
        let data = round.join("county");
        self.county.move_out(&data).await.unwrap();
        let backup = self.folder.path().join("pine.backup");
        let address = self.base.as_ref().map(|base| base.address(true));
        let yes = if self.base.is_some() { &["--yes"][..] } else { &[] };
        operate(&data, address, &[&["restore", "--from", backup.to_str().unwrap()], yes].concat());
        let place = Place { database: self.county.place.database.clone(), ..Place::embedded(&data) };
        self.county = self.county.stand_at(place).await.unwrap();
        self
    }

    /// The county from a copy of its file, which nobody says.
    async fn put_back(mut self, round: &Path) -> Self {
        let backup = self.folder.path().join("backup");
        self.county = self.county.put_back(&backup, &round.join("county")).await.unwrap();
        self
    }

    fn round(&self, name: &str) -> PathBuf {
        self.folder.path().join("rounds").join(name)
    }
}

/// Runs the real program.
fn operate(data: &Path, database: Option<String>, words: &[&str]) {
    let mut command = Command::new(program().unwrap());
    command.arg("--data").arg(data).args(words);
    if let Some(database) = database {
        command.args(["--database", &database]);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Switches a device on and waits for a sync to end; somebody admits Lee's again. What it says before that is of the
/// day when it was switched off.
async fn comes_back(county: &TestCounty, device: &Device) {
    device.unlock().await.unwrap();
    let sync = device.call(json!({ "do": "sync_now" })).await.unwrap();
    if sync["trouble"] == "waiting_for_readmission" {
        let waiting = county.admin.waiting().await.unwrap();
        let [row] = &waiting[..] else { panic!("one device waits: {waiting:?}") };
        assert_eq!(row.device.name, "Lee's new phone");
        county.admin.readmit(&row.device.device.to_string()).await.unwrap();
        device.call(json!({ "do": "sync_now" })).await.unwrap();
    }
    device.until_agreed().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_living_device_has_comes_back_in_any_order() {
    let orders = [
        (["Maria", "Dev", "Sam", "Lee"], true),
        (["Lee", "Sam", "Dev", "Maria"], true),
        (["Dev", "Lee", "Maria", "Sam"], true),
        // Somebody has put the old file back by hand, and the county hears of it from the first token it meets.
        (["Sam", "Maria", "Lee", "Dev"], false),
    ];
    everybody_comes_back(Week::new(None).await, &orders).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_it_comes_back_as_well() {
    let orders = [(["Lee", "Dev", "Maria", "Sam"], true), (["Sam", "Maria", "Dev", "Lee"], true)];
    everybody_comes_back(Week::new(Some(scratch().await)).await, &orders).await;
}

/// Rounds of the story, each from the same backup, with devices that come back in the given order.
async fn everybody_comes_back(mut week: Week, orders: &[([&str; 4], bool)]) {
    for (order, by_restore) in orders {
        let round = week.round(&order.join("-"));
        week = if *by_restore { week.restore(&round).await } else { week.put_back(&round).await };
        let lost = week.changes - week.county.admin.check().await.unwrap().changes;
        assert!(lost > 20, "the control: the backup lacks {lost} changes");
        let mut devices = Vec::new();
        for name in *order {
            let device = week.device(name, &round);
            comes_back(&week.county, &device).await;
            devices.push((name, device));
        }
        let device = |name: &str| &devices.iter().find(|(known, _)| *known == name).unwrap().1;
        let everybody = |count| move |view: &Value| view["total"] == count;
        for (name, count) in [("Maria", 3), ("Dev", 0), ("Sam", 4), ("Lee", 1)] {
            device(name).until(json!({ "do": "people" }), everybody(count)).await.unwrap();
            device(name).call(json!({ "do": "sync_now" })).await.unwrap();
            device(name).until_agreed().await.unwrap();
            let look = device(name).call(json!({ "do": "needs_a_look" })).await.unwrap();
            assert_eq!(
                (&look["quarantine"], &look["conflicts"]),
                (&json!([]), &json!([])),
                "{name}, {order:?}"
            );
        }
        let check = week.county.admin.check().await.unwrap();
        assert_eq!((check.changes, check.sound()), (week.changes, true), "{order:?}");
        for ((name, person), seen) in week.people.iter().zip(&week.seen) {
            let now = history(&device("Sam").call(page(person)).await.unwrap());
            assert_eq!(now, *seen, "{name}, {order:?}");
        }
        // Whoever left is still not there, and work goes on.
        let green = page(week.person("Green"));
        assert_eq!(device("Maria").call(green).await.unwrap_err().code, "not_found");
        visit(device("Lee"), week.person("Green"), "life goes on").await;
        let goes_on = |view: &Value| view["timeline"].to_string().contains("life goes on");
        device("Sam").until(page(week.person("Green")), goes_on).await.unwrap();
        for (_, device) in &devices {
            device.call(json!({ "do": "lock" })).await.unwrap();
        }
    }
}

/// Only Maria's phone survives. What she did about Green, whom her phone has erased, comes from sealed copies; what
/// only Lee had is lost, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn one_living_device_brings_back_what_it_no_longer_may_read() {
    let week = Week::new(None).await;
    let round = week.round("Maria");
    let week = week.put_back(&round).await;
    week.county.admin.restored().await.unwrap();
    let maria = week.device("Maria", &round);
    comes_back(&week.county, &maria).await;
    until_people(&maria, 4).await;
    let green = maria.call(page(week.person("Green"))).await.unwrap()["timeline"].to_string();
    assert!(green.contains("Maria's last visit"), "nobody has said yet that Green is Lee's");
    assert!(!green.contains("Lee's first visit"), "not promised: only a lost device had it");
    let gold = maria.call(page(week.person("Gold"))).await.unwrap();
    assert!(gold["timeline"].to_string().contains("a new face"), "she was never told to forget Gold");
    assert_eq!(gold["name"], "Gold");
    let check = week.county.admin.check().await.unwrap();
    assert!(check.sound() && check.changes < week.changes, "the control: a lost device's work is missed");
}
