//! Many devices at one county, in one server process: how fast it keeps what is pushed, a Monday morning, and what a
//! connected device costs that says nothing.
//!
//! The devices are [`super::light`] ones; what they say and sign is what an app says and signs.

use super::child::Child;
use super::figures::Figures;
use super::light::Light;
use super::{Size, ms, quantile};
use crate::client::Client;
use crate::cluster::{self, Cluster, Scratch};
use crate::demo::Dice;
use anyhow::Context;
use crypto::codes::EnrolmentSecret;
use crypto::device_key::DeviceKey;
use domain::DeviceId;
use domain::codes::Role as Job;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use server::admin::{County, NewUser};
use server::db::{DeviceRow, EnrolOutcome, Enrolment};
use server::place::Place;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sync::wire::Enrolled;

mod idle;
mod monday;
mod push;

const TEAM: &str = "Load";

/// How much is loaded onto a county.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Devices that push at once, and how many visits each.
    pub push: (usize, usize),
    /// Workers of a Monday, and devices of each.
    pub crew: (usize, usize),
    /// How long the Monday lasts.
    pub minute: Duration,
    /// Lines that stay open.
    pub idle: usize,
}

impl Load {
    /// As the design promises.
    pub const FULL: Self =
        Self { push: (4, 5_000), crew: (250, 4), minute: Duration::from_secs(60), idle: 5_000 };
    /// Shows that everything runs.
    pub const QUICK: Self =
        Self { push: (2, 20), crew: (2, 2), minute: Duration::from_millis(200), idle: 20 };
}

/// A county with nothing but its team, and its server in a process of its own.
pub(super) struct Loaded {
    /// Administration.
    pub county: County,
    server: Option<Child>,
    address: String,
    place: Place,
    /// Its database, removed with this.
    pub scratch: Option<Scratch>,
}

/// Measures all of it, each on a county of its own.
///
/// # Errors
/// Whatever fails: a bench that measures a failure measures nothing.
pub async fn run(
    folder: &Path,
    size: &Size,
    figures: &mut Figures,
    say: impl Fn(&str),
) -> anyhow::Result<()> {
    server::limits::raise_file_limit();
    for base in Base::all(&say) {
        let folder = |what: &str| folder.join(format!("load-{what}-{base:?}"));
        say(&format!("Many devices push at once ({base:?})"));
        push::run(Loaded::start(&folder("push"), base).await?, &size.load, figures).await?;
        say(&format!("A Monday morning ({base:?})"));
        monday::run(Loaded::start(&folder("monday"), base).await?, &size.load, figures).await?;
        say(&format!("Connected devices that say nothing ({base:?})"));
        idle::run(Loaded::start(&folder("idle"), base).await?, &size.load, figures).await?;
    }
    Ok(())
}

/// What a county is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The embedded database.
    Embedded,
    /// PostgreSQL, on this machine, syncing its disk.
    Postgres,
}

impl Base {
    /// Those that can be measured on this machine.
    pub fn all(say: impl Fn(&str)) -> impl Iterator<Item = Self> {
        let postgres = cluster::is_possible();
        if !postgres {
            say("PostgreSQL is not installed; its figures are left out.");
        }
        [Self::Embedded, Self::Postgres].into_iter().take(1 + usize::from(postgres))
    }

    /// The figure's name for this database.
    pub fn named<T>(self, embedded: T, postgres: T) -> T {
        match self {
            Base::Embedded => embedded,
            Base::Postgres => postgres,
        }
    }
}

impl Loaded {
    /// A county and its server.
    pub async fn start(folder: &Path, base: Base) -> anyhow::Result<Self> {
        let mut loaded = Self::init(folder, base).await?;
        loaded.serve().await?;
        Ok(loaded)
    }

    /// A county without its server.
    pub async fn init(folder: &Path, base: Base) -> anyhow::Result<Self> {
        let clock = Arc::new(server::server::clock);
        let mut place = Place::embedded(folder);
        let scratch = match base {
            Base::Embedded => None,
            Base::Postgres => Some(Cluster::durable().await.scratch().await),
        };
        if let Some(scratch) = &scratch {
            place.database = scratch.address(true).parse()?;
        }
        let county = County::init_at(&place, "Load", "America/New_York", clock).await?;
        county.add_team(TEAM).await?;
        Ok(Self { county, server: None, address: String::new(), place, scratch })
    }

    /// What it is kept in.
    pub fn base(&self) -> Base {
        if self.scratch.is_some() { Base::Postgres } else { Base::Embedded }
    }

    /// Starts its server.
    pub async fn serve(&mut self) -> anyhow::Result<()> {
        let database = self.scratch.as_ref().map(|scratch| scratch.address(false));
        self.server = Some(Child::serve(self.place.data.clone(), database).await?);
        self.address = format!("https://{}", self.listen()?);
        Ok(())
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.place.data
    }

    /// Where its server listens.
    pub fn listen(&self) -> anyhow::Result<SocketAddr> {
        Ok(serde_json::from_value(self.server()?.said["listen"].clone())?)
    }

    fn server(&self) -> anyhow::Result<&Child> {
        self.server.as_ref().context("it is not served")
    }

    /// Stops its server.
    pub async fn stop(self) -> anyhow::Result<()> {
        match self.server {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }

    /// Adds a worker, with so many devices.
    pub async fn worker(&self, number: usize, devices: usize) -> anyhow::Result<Vec<Light>> {
        let name = format!("Worker {number}");
        let team = Some(TEAM.to_owned());
        self.county.add_user(NewUser { name: name.clone(), role: Job::Ems, team }).await?;
        let mut admitted = Vec::new();
        for _ in 0..devices {
            admitted.push(self.admit(&name).await?);
        }
        Ok(admitted)
    }

    /// Admits a device past the route that does it: a thousand enrolments are not what is measured.
    async fn admit(&self, name: &str) -> anyhow::Result<Light> {
        let (database, now) = (self.county.database(), server::server::clock());
        let member = self.county.user(name).await?;
        let (secret, key) = (EnrolmentSecret::generate(), DeviceKey::generate());
        database.add_enrolment(secret.hash(), member.user, now.plus(60_000)).await?;
        let device = DeviceRow {
            device: DeviceId::new(now, crypto::secret::random_bytes()),
            user: member.user,
            key: *key.public().as_bytes(),
            name: "light".to_owned(),
            platform: "linux".to_owned(),
            app: app::VERSION.to_owned(),
            secret_store: "file".to_owned(),
            enrolled_at: now,
            revoked_at: None,
            last_contact: None,
            unsent: 0,
            clock_offset: 0,
        };
        let outcome = database.enrol(Enrolment { hash: secret.hash(), now, device }).await?;
        let EnrolOutcome::Admitted(device, member) = outcome else {
            anyhow::bail!("not admitted: {outcome:?}")
        };
        let here = self.county.describe().await?;
        let enrolled = Enrolled {
            county: here.id,
            county_name: here.name,
            timezone: here.timezone,
            user: member.user,
            user_name: member.name,
            role: domain::codes::CodeList::code(&member.role).to_owned(),
            team: member.team,
            device,
            county_key: String::new(),
            sealing_key: None,
            certificate: String::new(),
        };
        Ok(Light::new(Client::admitted(enrolled, &self.address, key)?))
    }
}

/// Records `count` visits of the people of a device, in turns.
pub(super) fn visit(light: &mut Light, count: usize, dice: &mut Dice) {
    let by = light.recorder();
    let people = light.people.clone();
    for person in people.iter().cycle().take(count) {
        light.record(by.visit(*person, dice));
    }
}

/// Lets every device do the same, a few at a time.
async fn each(
    lights: Vec<Light>,
    at_once: usize,
    work: impl AsyncFn(&mut Light) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Light>> {
    let (mut waiting, mut done) = (lights.into_iter(), Vec::new());
    let mut running = FuturesUnordered::new();
    let one = async |mut light: Light| work(&mut light).await.map(|()| light);
    running.extend(waiting.by_ref().take(at_once).map(&one));
    while let Some(light) = running.next().await {
        done.push(light?);
        running.extend(waiting.next().map(&one));
    }
    drop(running);
    Ok(done)
}
