//! Tries the committed description of the county's HTTP interface against a real county, once for each role and once
//! for nobody: every operation, with good and with bad requests made up from the description. It needs the program
//! `schemathesis`, which `scripts/setup` installs.
//!
//! Prints what was found wrong and ends with `N passed, N failed`: one test for each operation and role.

use anyhow::Context;
use clap::Parser;
use domain::codes::{CodeList, Role};
use server::Limits;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
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
    let arguments = Arc::new(Arguments::parse());
    std::fs::create_dir_all(&arguments.reports)?;
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
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", std::fs::canonicalize(&arguments.settings)?);
    command.stdin(Stdio::null()).kill_on_drop(true);
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
