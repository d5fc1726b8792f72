//! What is measured, in order.

use super::child::Child;
use super::device::Synced;
use super::figures::Figures;
use super::live::Joined;
use super::meter::Meter;
use super::peers::Harness;
use super::reads::Reads;
use super::roles::{Ask, Role};
use super::{Size, median, quantile};
use clap::ValueEnum;
use domain::PersonId;
use domain::codes::Role as Job;
use server::admin::{County, NewUser};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const TEAM: &str = "Bench team";
const SUPERVISOR: &str = "Supervisor";
/// How often a small sync is repeated.
const SMALL: usize = 5;
/// How often a save is followed to another device.
const SEEN: usize = 30;
/// How many changes a small sync carries each way: five visits.
const TEN: usize = 10;

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// A team of workers and their supervisor: sync, bytes, memory, and work on one device.
    Team,
    /// Many devices at one county.
    Load,
    /// Counties of several sizes.
    Growth,
    /// A thin line.
    Thin,
    /// Beside other programs.
    Peers,
}

/// Measures these parts. `say` is told what happens.
///
/// # Errors
/// Whatever fails: a bench that measures a failure measures nothing.
pub async fn run(
    folder: &Path,
    size: Size,
    parts: &[Part],
    harness: Option<&Harness>,
    say: impl Fn(&str),
) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    for part in parts {
        match (part, harness) {
            (Part::Team, _) => team(folder, size, &mut figures, &say).await?,
            (Part::Load, _) => super::load::run(folder, &size, &mut figures, &say).await?,
            (Part::Growth, _) => {
                super::growth::run(folder, size.growth, size.runs.min(60), &mut figures, &say).await?;
            }
            (Part::Thin, _) => {
                say("Over a thin line");
                super::thin::run(&folder.join("thin"), size.thin, &mut figures).await?;
            }
            (Part::Peers, Some(harness)) => harness.compare(&mut figures, &say).await?,
            (Part::Peers, None) => {
                say("Comparisons with other programs need --peers FOLDER; they are left out.")
            }
        }
    }
    Ok(figures)
}

async fn team(folder: &Path, size: Size, figures: &mut Figures, say: impl Fn(&str)) -> anyhow::Result<()> {
    let bench = Bench::start(folder, size).await?;
    say(&format!("Recording and pushing {} people and their visits", size.workers * size.people));
    let (mut first, base) = bench.push(figures).await?;
    say("First pulls of one worker's caseload");
    let mut second = bench.pull(figures, base).await?;
    say("Small syncs");
    bench.small(figures, &mut first, &mut second).await?;
    first.stop().await?;
    second.stop().await?;
    say("First pull of everything, by the app of a supervisor");
    let (mut supervisor, joined) = bench.everything(figures).await?;
    say("From one app to the other");
    bench.visible(figures, &mut supervisor).await?;
    say("Reading, saving and unlocking with everything on the device");
    let data = supervisor.folder.clone();
    supervisor.stop().await?;
    bench.at_hand(figures, data, &joined).await?;
    figures.put("server_start_mb", bench.start_mb, "MB resident, before the first device came", 1);
    figures.put("server_peak_mb", bench.server.peak_mb()?, "MB resident, over the whole run", 1);
    bench.server.stop().await
}

struct Bench {
    folder: PathBuf,
    size: Size,
    county: County,
    server: Child,
    meter: Meter,
    start_mb: f64,
}

impl Bench {
    async fn start(folder: &Path, size: Size) -> anyhow::Result<Self> {
        let data = folder.join("county");
        let clock = Arc::new(server::server::clock);
        let county = County::init(&data, None, "Bench", "America/New_York", clock).await?;
        county.add_team(TEAM).await?;
        let server = Child::start(Role::Server, data.clone()).await?;
        let listen: SocketAddr = serde_json::from_value(server.said["listen"].clone())?;
        let meter = Meter::start(&data, listen).await?;
        let start_mb = server.peak_mb()?;
        let bench = Self { folder: folder.to_owned(), size, county, server, meter, start_mb };
        // An EMS worker's notes are part of the visit; a peer's would be a record of their own.
        for worker in 0..size.workers {
            bench.add(&worker_name(worker), Job::Ems).await?;
        }
        bench.add(SUPERVISOR, Job::Supervisor).await?;
        Ok(bench)
    }

    async fn add(&self, name: &str, role: Job) -> anyhow::Result<()> {
        let team = Some(TEAM.to_owned());
        self.county.add_user(NewUser { name: name.to_owned(), role, team }).await?;
        Ok(())
    }

    async fn code(&self, who: &str) -> anyhow::Result<String> {
        Ok(self.county.enroll(who, None).await?.to_string())
    }

    /// A device of a worker that holds nothing yet.
    async fn device(&self, worker: usize, name: &str, metered: bool) -> anyhow::Result<Child> {
        let folder = self.folder.join(format!("device-{worker}-{name}"));
        let mut child = Child::start(Role::Device, folder).await?;
        let through = metered.then(|| self.meter.address.clone());
        child.tell(&Ask::Enrol { code: self.code(&worker_name(worker)).await?, through }).await?;
        Ok(child)
    }

    /// Fills the county by pushes. Bytes are counted at the first worker, time is taken at the others. Gives the
    /// first worker's device, and the bytes of a first pull before there were visits.
    async fn push(&self, figures: &mut Figures) -> anyhow::Result<(Child, u64)> {
        let (mut rates, mut first, mut base) = (Vec::new(), None, 0);
        for worker in 0..self.size.workers {
            let mut device = self.device(worker, "own", worker == 0).await?;
            let _: Synced = device.ask(&Ask::Sync).await?;
            let seed = worker as u64 + 1;
            device.tell(&Ask::AddPeople { count: self.size.people, seed }).await?;
            let _: Synced = device.ask(&Ask::Sync).await?;
            if worker == 0 {
                let mut before = self.device(0, "before", true).await?;
                self.meter.take();
                let _: Synced = before.ask(&Ask::Sync).await?;
                base = self.meter.take().bytes;
                before.stop().await?;
            }
            device.tell(&Ask::VisitAll { each: self.size.visits, seed }).await?;
            self.meter.take();
            let pushed: Synced = device.ask(&Ask::Sync).await?;
            anyhow::ensure!(pushed.accepted as usize == 2 * self.size.caseload(), "not all was pushed");
            if worker == 0 {
                let bytes = self.meter.take().bytes as f64 / self.size.caseload() as f64;
                figures.put("push_bytes_per_visit", bytes, "HTTP bytes both ways, headers included", 1);
                first = Some(device);
            } else {
                rates.push(self.size.caseload() as f64 / pushed.ms * 1_000.0);
                device.stop().await?;
            }
        }
        let n = rates.len();
        figures.put("push_per_s", median(&mut rates), "visits (two changes each) per second", n);
        Ok((first.ok_or_else(|| anyhow::anyhow!("no worker"))?, base))
    }

    /// First pulls by second devices. Gives the first worker's.
    async fn pull(&self, figures: &mut Figures, base: u64) -> anyhow::Result<Child> {
        let mut rates = Vec::new();
        for worker in 1..self.size.workers {
            let mut device = self.device(worker, "second", false).await?;
            let pulled: Synced = device.ask(&Ask::Sync).await?;
            anyhow::ensure!(pulled.received as usize >= 2 * self.size.caseload(), "not all was pulled");
            rates.push(self.size.caseload() as f64 / pulled.ms * 1_000.0);
            device.stop().await?;
        }
        let n = rates.len();
        figures.put(
            "first_pull_per_s",
            median(&mut rates),
            "visits per second, their people included in the time",
            n,
        );
        let mut device = self.device(0, "second", true).await?;
        self.meter.take();
        let _: Synced = device.ask(&Ask::Sync).await?;
        let count = self.meter.take();
        let bytes = count.bytes.saturating_sub(base) as f64 / self.size.caseload() as f64;
        figures.put("pull_bytes_per_visit", bytes, "HTTP bytes both ways, without those of the people", 1);
        figures.put(
            "first_pull_round_trips",
            count.requests as f64,
            "HTTP requests, the session's included",
            1,
        );
        Ok(device)
    }

    /// Nothing new; and ten changes up and ten down in one sync.
    async fn small(
        &self,
        figures: &mut Figures,
        first: &mut Child,
        second: &mut Child,
    ) -> anyhow::Result<()> {
        let (mut nothing, mut nothings, mut tens, mut requests) = (vec![], vec![], vec![], vec![]);
        for round in 0..SMALL {
            // The first device's session and connection are live after this.
            let _: Synced = first.ask(&Ask::Sync).await?;
            self.meter.take();
            let _: Synced = first.ask(&Ask::Sync).await?;
            let count = self.meter.take();
            nothing.push(count.bytes as f64);
            nothings.push(count.requests as f64);

            let seed = 1_000 + 2 * round as u64;
            second.tell(&Ask::Visit { count: TEN / 2, seed }).await?;
            let _: Synced = second.ask(&Ask::Sync).await?;
            first.tell(&Ask::Visit { count: TEN / 2, seed: seed + 1 }).await?;
            self.meter.take();
            let synced: Synced = first.ask(&Ask::Sync).await?;
            let count = self.meter.take();
            anyhow::ensure!(
                (synced.accepted, synced.received) == (TEN as u32, TEN as u32),
                "not ten and ten"
            );
            tens.push(count.bytes as f64 / (2 * TEN) as f64);
            requests.push(count.requests as f64);
        }
        figures.put("noop_bytes", median(&mut nothing), "HTTP bytes both ways, live session", SMALL);
        figures.put("noop_requests", median(&mut nothings), "HTTP requests", SMALL);
        let unit = "HTTP bytes both ways per change, ten up and ten down (five visits each way)";
        figures.put("ten_changes_bytes", median(&mut tens), unit, SMALL);
        figures.put(
            "ten_changes_requests",
            median(&mut requests),
            "HTTP requests for ten up and ten down",
            SMALL,
        );
        Ok(())
    }

    /// The whole team's caseload on one device.
    async fn everything(&self, figures: &mut Figures) -> anyhow::Result<(Child, Joined)> {
        let mut app = Child::start(Role::App, self.folder.join("supervisor")).await?;
        let joined: Joined = app.ask(&Ask::Join { code: self.code(SUPERVISOR).await? }).await?;
        let unit = "ms from agreeing with the county until every note is searchable";
        figures.put("search_ready_ms", joined.search_ready_ms, unit, 1);
        figures.put(
            "device_peak_mb",
            app.peak_mb()?,
            "MB resident, app without screens, first pull and indexing",
            1,
        );
        Ok((app, joined))
    }

    /// A worker records, the supervisor's page shows it.
    async fn visible(&self, figures: &mut Figures, supervisor: &mut Child) -> anyhow::Result<()> {
        let mut worker = Child::start(Role::App, self.folder.join("worker")).await?;
        let _: Joined = worker.ask(&Ask::Join { code: self.code(&worker_name(0)).await? }).await?;
        let people: Vec<PersonId> = worker.ask(&Ask::People).await?;
        let mut times = Vec::new();
        for (round, person) in people.into_iter().cycle().take(SEEN).enumerate() {
            let note = format!("seen {round}");
            supervisor.begin(&Ask::Await { person, note: note.clone() }).await?;
            let begun: u64 = worker.ask(&Ask::Attempt { person, note }).await?;
            let seen: u64 = supervisor.end().await?;
            times.push(seen.saturating_sub(begun) as f64 / 1_000.0);
            worker.tell(&Ask::Settle).await?;
            supervisor.tell(&Ask::Settle).await?;
        }
        let unit = "ms from the tap at a worker's app to the page at the supervisor's, on loopback";
        figures.put("visible_ms", median(&mut times), unit, SEEN);
        figures.put("visible_p95_ms", quantile(&mut times, 0.95), unit, SEEN);
        supervisor.tell(&Ask::Lock).await?;
        worker.stop().await
    }

    /// One device with everything on it.
    async fn at_hand(&self, figures: &mut Figures, data: PathBuf, joined: &Joined) -> anyhow::Result<()> {
        let mut device = Child::start(Role::Device, self.folder.join("at-hand")).await?;
        device.tell(&Ask::Open { data, user: joined.user }).await?;
        let runs = self.size.runs;
        let reads: Reads = device.ask(&Ask::Reads { runs }).await?;
        figures.put("list_p95_ms", reads.list_p95, "ms for a page of 50 in the store", runs);
        figures.put(
            "person_p95_ms",
            reads.person_p95,
            "ms for everything about one person in the store",
            runs,
        );
        figures.put("search_p95_ms", reads.search_p95, "ms for a search in the store", runs);
        let saves: f64 = device.ask(&Ask::Saves { runs }).await?;
        figures.put("save_over_insert", saves, "x a bare encrypted durable insert of as many bytes", runs);
        let runs = runs.div_ceil(30);
        let unlocks: f64 = device.ask(&Ask::Unlocks { runs }).await?;
        figures.put("unlock_over_kdf", unlocks, "x Argon2id alone", runs);
        device.stop().await
    }
}

fn worker_name(worker: usize) -> String {
    format!("Worker {worker}")
}
