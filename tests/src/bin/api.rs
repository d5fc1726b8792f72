//! Tries the committed description of the county's HTTP interface against a real county that was restored from a
//! backup, once for each role, once for a device that waits to be admitted again, and once for nobody: every operation,
//! with good and with bad requests made up from the description. It needs the program `schemathesis`, which
//! `scripts/setup` installs.
//!
//! Prints what was found wrong and ends with `N passed, N failed`: one test for each operation and role.

use anyhow::Context;
use clap::Parser;
use domain::codes::{CodeList, Role};
use domain::records::Assignment;
use serde_json::{Value, json};
use server::Limits;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use tests::client::Client;
use tests::county::TestCounty;
use tests::signer::Door;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Tries the county's HTTP interface as every role.
#[derive(Parser)]
struct Arguments {
    /// The program.
    #[arg(long)]
    schemathesis: PathBuf,
    /// The folder with its settings.
    #[arg(long, default_value = "tests/api")]
    settings: PathBuf,
    /// Where its reports go.
    #[arg(long, default_value = "target/test/api")]
    reports: PathBuf,
    /// The most requests made up for one operation.
    #[arg(long, default_value_t = 25)]
    examples: u32,
}

/// What came of one role.
struct Tried {
    role: String,
    passed: usize,
    failed: usize,
    said: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.reports)?;
    // It is run in the folder of its reports, where it leaves notes of its own as well.
    for path in [&mut arguments.schemathesis, &mut arguments.settings, &mut arguments.reports] {
        *path = std::path::absolute(&*path)?;
    }
    let arguments = Arc::new(arguments);
    let folder = tempfile::tempdir()?;
    let mut county = TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await?;
    county.down().await;
    // Thousands of requests from one address are the point here; what happens beyond a limit is tried elsewhere.
    county.limits =
        Limits { address_per_minute: 0, device_per_minute: 0, enrolments_per_minute: 0, ..Limits::default() };
    county.up().await?;
    county.admin.add_team("Pine response team").await?;
    let roles: Vec<Option<&str>> =
        Role::CODES.iter().copied().filter(|role| *role != "system").map(Some).chain([None]).collect();
    for role in &roles {
        county
            .welcome(role.unwrap_or("Nobody"), role.unwrap_or("peer-support"), Some("Pine response team"))
            .await?;
    }
    let (county, late) = restored(county, folder.path()).await?;
    meet_somebody(&county).await?;
    let county = Arc::new(county);
    // Two at a time: one makes up requests while the other waits for answers.
    let turns = Arc::new(Semaphore::new(2));
    let mut trying = JoinSet::new();
    for role in roles {
        let door = Door::open(Arc::clone(&county), role.map(str::to_owned)).await?;
        let (arguments, turns) = (Arc::clone(&arguments), Arc::clone(&turns));
        trying.spawn(async move {
            let _turn = turns.acquire().await?;
            attempt(&arguments, role.unwrap_or("nobody"), role.is_some(), &door).await
        });
    }
    let door = Door::of(Arc::clone(&county), late).await?;
    let waits = Arc::clone(&arguments);
    trying.spawn(async move {
        let _turn = turns.acquire().await?;
        attempt(&waits, "waiting", true, &door).await
    });
    let (mut passed, mut failed) = (0, 0);
    while let Some(tried) = trying.join_next().await {
        let tried = tried??;
        println!("{}: {} operations as described, {} not", tried.role, tried.passed, tried.failed);
        if tried.failed > 0 {
            println!("{}", tried.said);
        }
        passed += tried.passed;
        failed += tried.failed;
    }
    // Answers that only ever say no would be as described, too.
    let figures = county.figures().await?;
    for route in server::http::routes().iter().filter(|route| route.path != "/v1/devices/{device}/revoke") {
        if !figures.contains(&format!("route=\"{}\",status=\"200\"", route.path)) {
            println!("{} {}: nobody was ever answered", route.method, route.path);
            failed += 1;
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The county as it comes back from a backup, and a device that was admitted after the backup and waits to be admitted
/// again: what they offer is read, too.
async fn restored(mut county: TestCounty, folder: &Path) -> anyhow::Result<(TestCounty, Client)> {
    let backup = folder.join("backup");
    county.down().await;
    county.backup(&backup)?;
    county.up().await?;
    let mut late = Client::enrol(&county.code("peer-support").await?).await?;
    late.show_certificate();
    let county = county.put_back(&backup, &folder.join("restored")).await?;
    county.admin.restored().await?;
    let answer = late.send("GET", "/v1/people", b"").await?;
    anyhow::ensure!(answer.json()["code"] == sync::wire::WAITING, "it does not wait: {}", answer.json());
    Ok((county, late))
}

/// When, in milliseconds.
const MET: u64 = 1_790_000_000_000;

/// A person under the id that the description gives as its example, so that pages are not only ever not found: for
/// the worker who met them, and their supervisor.
async fn meet_somebody(county: &TestCounty) -> anyhow::Result<()> {
    let mut worker = Client::enrol(&county.code("peer-support").await?).await?;
    let (user, device) = (worker.enrolled.user, worker.enrolled.device);
    let (person, phone) = ("019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002");
    let case = "019a0000-0000-7000-8000-000000000008";
    let lead = "019a0000-0000-7000-8000-000000000009";
    let create = |id: &str, record: &str, kind: &str, fields: Value| {
        json!({
            "id": id, "record": record, "kind": kind, "person": person, "op": "create", "author": user,
            "device": device, "stamp": 1, "happened_at": MET, "fields": fields,
        })
    };
    let assignment = Assignment::id_for(case.parse()?).to_string();
    let team = worker.enrolled.team;
    let changes = json!({ "changes": [
        create(person, person, "person", json!({ "alias": { "v": "Red" } })),
        create(phone, phone, "phone", json!({ "number": { "v": "555-0100" } })),
        create(case, case, "case", json!({
            "stage": { "v": "attempting" }, "opened_at": { "v": MET }, "team": { "v": team },
        })),
        create(lead, &assignment, "assignment", json!({
            "case": { "v": case }, "lead": { "v": user }, "team": { "v": team },
        })),
    ]});
    let answer = worker.send("POST", "/v1/changes", changes.to_string().as_bytes()).await?.json();
    let page = worker.send("GET", &format!("/v1/people/{person}"), b"").await?;
    anyhow::ensure!(page.status == 200, "nobody is there to be read about: {answer}");
    Ok(())
}

async fn attempt(arguments: &Arguments, role: &str, signed: bool, door: &Door) -> anyhow::Result<Tried> {
    let report = arguments.reports.join(format!("{role}.xml"));
    let mut command = tokio::process::Command::new(&arguments.schemathesis);
    command.arg("--config-file").arg(arguments.settings.join("schemathesis.toml")).arg("run");
    command.arg(format!("http://{}/v1/openapi.json", door.address));
    command.arg("--url").arg(format!("http://{}", door.address));
    command.arg("--report-junit-path").arg(&report).arg("--max-examples").arg(arguments.examples.to_string());
    if signed {
        // The door signs whatever comes, so nothing arrives unsigned here; that is tried as nobody.
        command.args(["--exclude-checks", "ignored_auth"]);
    }
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", &arguments.settings);
    command.current_dir(&arguments.reports).stdin(Stdio::null()).kill_on_drop(true);
    let done = command.output().await.context("schemathesis does not start; run scripts/setup")?;
    let (passed, mut failed) = counts(&report);
    if !done.status.success() && failed == 0 {
        failed = 1;
    }
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Ok(Tried { role: role.to_owned(), passed, failed, said })
}

/// How many operations are as described, and how many are not, in a report. One that was not written counts nothing.
fn counts(report: &Path) -> (usize, usize) {
    let text = std::fs::read_to_string(report).unwrap_or_default();
    let cases = text.split("<testcase ").skip(1);
    let (bad, good): (Vec<_>, Vec<_>) =
        cases.partition(|case| case.contains("<failure") || case.contains("<error"));
    (good.len(), bad.len())
}
