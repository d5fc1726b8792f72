//! The stage for tests that drive screens: a county with a team of three behind a line that can be cut, and the app of
//! each of them on a folder of their own.
//!
//! Reads one request per line and answers each with one line, both JSON. The first line it prints is the team: per
//! worker a name, a folder, a one-time code and the passphrase to use. Everything ends with its standard input.

use anyhow::Context;
use app::county::enrol::enrol;
use clap::Parser;
use crypto::device_key::DeviceKey;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use sync::enrolment::EnrolmentCode;
use sync::wire::EnrolRequest;
use tests::county::TestCounty;
use tests::device::{Device, PASSPHRASE};
use tests::proxy::{Direction, Fault, What};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// Sets the stage for tests that drive screens.
#[derive(Parser)]
struct Arguments {
    /// The built screens.
    #[arg(long, default_value = "ui/dist")]
    screens: PathBuf,
}

/// Who works in the county: key, name, role, device.
const TEAM: [(&str, &str, &str, &str); 3] = [
    ("maria", "Maria Ortiz", "peer-support", "Maria's phone"),
    ("dev", "Dev Patel", "ems", "Dev's tablet"),
    ("sam", "Sam Lindqvist", "supervisor", "Sam's laptop"),
];

/// By how many bytes two devices that join may differ in what they say: the end of a TLS connection.
const MAY_DIFFER: u64 = 64;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Request {
    /// Breaks the line to the county.
    Cut,
    /// Mends it.
    Mend,
    /// Lets the next device join, and holds what it says after that.
    Hold { who: String },
    /// Lets go on what is held.
    Release,
    /// Reads an EMS report into the county.
    Import { file: PathBuf },
    /// Joins a device to the county ahead of time.
    Enrol { who: String },
    /// Starts the app of somebody for a browser; one that is running is killed first.
    Open { who: String },
    /// Ends it, however it runs.
    Kill { who: String },
    /// Sam, enrolled ahead of time, gives every new event to Maria, with Dev, both enrolled too.
    Give,
}

struct Stage {
    county: TestCounty,
    screens: PathBuf,
    folder: PathBuf,
    codes: BTreeMap<String, String>,
    devices: BTreeMap<String, Device>,
    apps: BTreeMap<String, Child>,
}

impl Stage {
    async fn set(folder: &Path, screens: PathBuf) -> anyhow::Result<Self> {
        let county = TestCounty::start(&folder.join("county"), "Pine", "America/New_York").await?;
        county.admin.add_team("Pine response team").await?;
        let mut codes = BTreeMap::new();
        for (key, name, role, _) in TEAM {
            codes.insert(key.to_owned(), county.welcome(name, role, Some("Pine response team")).await?);
        }
        let folder = folder.to_owned();
        Ok(Self { county, screens, folder, codes, devices: BTreeMap::new(), apps: BTreeMap::new() })
    }

    fn team(&self) -> Value {
        let worker = |(key, name, _, device): (&str, &str, &str, &str)| {
            let folder = self.folder.join(key);
            let worker = json!({
                "name": name, "device": device, "folder": folder, "code": self.codes[key],
                "passphrase": PASSPHRASE,
            });
            (key.to_owned(), worker)
        };
        Value::Object(TEAM.into_iter().map(worker).collect())
    }

    async fn run(&mut self, request: Request) -> anyhow::Result<Value> {
        match request {
            Request::Cut => self.county.line.cut(),
            Request::Mend => self.county.line.mend(),
            Request::Hold { who } => self.hold(&who).await?,
            Request::Release => {
                self.county.line.faults(&[]);
                self.county.line.release();
            }
            Request::Import { file } => {
                let reports = self.county.import(&[file]).await?;
                return Ok(json!({ "new": reports[0].new }));
            }
            Request::Enrol { who } => {
                let device = TEAM.iter().find(|(key, ..)| *key == who).context("nobody of that name")?.3;
                let device = Device::enrol(&self.folder.join(&who), &self.codes[&who], device).await?;
                self.devices.insert(who, device);
            }
            Request::Open { who } => {
                self.kill(&who).await?;
                return Ok(json!({ "url": self.open(&who).await? }));
            }
            Request::Kill { who } => self.kill(&who).await?,
            Request::Give => self.give().await?,
        }
        Ok(json!({}))
    }

    /// The app runs in a process of its own, so that killing it is what it is in the world.
    async fn open(&mut self, who: &str) -> anyhow::Result<String> {
        let mut app = Command::new(std::env::current_exe()?.with_file_name("porchlight-bridge"))
            .arg("--folder")
            .arg(self.folder.join(who))
            .arg("--screens")
            .arg(&self.screens)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("porchlight-bridge is built beside this program")?;
        let said = BufReader::new(app.stdout.take().context("no output")?).lines().next_line().await?;
        self.apps.insert(who.to_owned(), app);
        let said = said.context("the bridge ended at once")?;
        Ok(said.split(' ').find(|word| word.starts_with("http://")).context("no address")?.to_owned())
    }

    async fn kill(&mut self, who: &str) -> anyhow::Result<()> {
        // One that enrolled ahead of time lives in this process, and holds the same vault.
        self.devices.remove(who);
        match self.apps.remove(who) {
            Some(mut app) => Ok(app.kill().await?),
            None => Ok(()),
        }
    }

    /// How much a device says to join is learned from one whose code the county does not know. The first sync goes over
    /// the same connection, and begins with much more than what may differ.
    async fn hold(&mut self, who: &str) -> anyhow::Result<()> {
        let (code, line) = (&self.codes[who], &self.county.line);
        let code: EnrolmentCode = code.parse()?;
        let unknown = EnrolmentCode { secret: "0".repeat(code.secret.len()), ..code };
        let request = EnrolRequest {
            code: unknown.secret.clone(),
            key: DeviceKey::generate().public().to_text(),
            name: TEAM.iter().find(|(key, ..)| *key == who).context("nobody of that name")?.3.to_owned(),
            platform: std::env::consts::OS.to_owned(),
            app: app::VERSION.to_owned(),
            secret_store: "file".to_owned(),
        };
        let before = line.count().up;
        anyhow::ensure!(enrol(&unknown, &request).await.is_err(), "the county took a code of nobody");
        let at = line.count().up - before + MAY_DIFFER;
        line.faults(&[Fault { direction: Direction::Up, at, what: What::Hold }]);
        Ok(())
    }

    async fn give(&mut self) -> anyhow::Result<()> {
        let device = |who: &str| self.devices.get(who).with_context(|| format!("{who} is not enrolled"));
        let (sam, maria, dev) = (device("sam")?, device("maria")?, device("dev")?);
        let some = |view: &Value| view["events"].as_array().is_some_and(|events| !events.is_empty());
        let view = sam.until(json!({ "do": "new_events" }), some).await?;
        for event in view["events"].as_array().into_iter().flatten() {
            let (person, case) = (&event["person"]["person"], &event["case"]);
            sam.call(json!({
                "do": "assign", "person": person, "case": case, "lead": maria.user(), "partner": dev.user(),
            }))
            .await?;
        }
        sam.until_agreed().await?;
        maria
            .until(json!({ "do": "today" }), |view| view["due"].as_array().is_some_and(|due| !due.is_empty()))
            .await?;
        maria.until_agreed().await?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let mut stage = Stage::set(folder.path(), arguments.screens).await?;
    println!("{}", stage.team());
    let (send, mut requests) = mpsc::unbounded_channel();
    // Standard input blocks, so a thread of its own reads it.
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).all(|line| send.send(line).is_ok())
    });
    while let Some(line) = requests.recv().await {
        let answer = match serde_json::from_str(&line) {
            Ok(request) => stage.run(request).await,
            Err(wrong) => Err(anyhow::anyhow!("not a request: {wrong}")),
        };
        println!("{}", answer.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })));
    }
    Ok(())
}
