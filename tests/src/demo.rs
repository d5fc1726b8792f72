//! The demo county: three workers, a few weeks of invented reports, and what the team made of them.
//!
//! Everybody in it is invented. The numbers follow what programmes publish (Columbus RREACT, Indiana PROACT): about
//! half of the reports have no usable contact, a person is tried about twice, a good quarter are reached, and of those
//! a third are connected to a service. The same seed gives the same people; dates are counted back from today.

use crate::device::{Device, PASSPHRASE};
use anyhow::Context;
use domain::time::{DAY, HOUR};
use server::admin::{County, NewUser};
use server::{Config, Running, Server};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod people;
mod reports;
mod work;

/// The demo's workers: the name to open the app as, the name shown, role and device.
const WORKERS: [(&str, &str, &str, &str); 3] = [
    ("maria", "Maria Ortiz", "peer-support", "Maria's phone"),
    ("dev", "Dev Patel", "ems", "Dev's tablet"),
    ("sam", "Sam Lindqvist", "supervisor", "Sam's laptop"),
];
const TEAM: &str = "Pine response team";

/// A demo county that is being served.
pub struct Demo {
    folder: PathBuf,
    running: Running,
}

impl Demo {
    /// Serves the demo county in `folder`, and makes it first where there is none. `say` is told what happens.
    ///
    /// # Errors
    /// What the disk, the server or the app say.
    pub async fn start(folder: &Path, say: impl Fn(&str)) -> anyhow::Result<Self> {
        let county = folder.join("county");
        if folder.join("ready").exists() {
            say("Serving the demo county that was made before.");
            let running = serve(&county, port(folder)?).await?;
            return Ok(Self { folder: folder.to_owned(), running });
        }
        // A run that was broken off half-way leaves nothing worth keeping: everybody in it is invented.
        if folder.exists() {
            std::fs::remove_dir_all(folder).context("the folder of the demo county cannot be emptied")?;
        }
        std::fs::create_dir_all(folder)?;
        say("Making the demo county: invented people, a few weeks of reports, and what the team did.");
        let admin =
            County::init(&county, None, "Pine", "America/New_York", Arc::new(server::server::clock)).await?;
        let running = serve(&county, port(folder)?).await?;
        admin.add_team(TEAM).await?;
        let mut devices = Vec::new();
        for (key, name, role, device) in WORKERS {
            let role = domain::codes::CodeList::from_code(role);
            admin.add_user(NewUser { name: name.to_owned(), role, team: Some(TEAM.to_owned()) }).await?;
            let code = admin.enroll(name, None).await?.to_string();
            devices.push(Device::enrol(&folder.join(key), &code, device).await?);
        }
        let [maria, dev, sam] =
            <[Device; 3]>::try_from(devices).map_err(|_| anyhow::anyhow!("three devices"))?;
        reports::import(folder, &admin).await?;
        work::live(&maria, &dev, &sam, &say).await?;
        for device in [&maria, &dev, &sam] {
            device.until_agreed().await?;
            device.app.lock();
        }
        std::fs::write(folder.join("ready"), b"")?;
        Ok(Self { folder: folder.to_owned(), running })
    }

    /// The data folder of one worker.
    pub fn data(&self, who: &str) -> PathBuf {
        self.folder.join(who)
    }

    /// What to tell somebody who opens the app as one of the workers.
    pub fn hint(who: &str) -> String {
        let name = WORKERS.iter().find(|(key, ..)| *key == who).map_or(who, |(_, name, ..)| name);
        format!("You are {name} in an invented county. The passphrase is: {PASSPHRASE}")
    }

    /// Stops serving.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// The port of the demo county: chosen once, because the devices remember their county's address.
fn port(folder: &Path) -> anyhow::Result<u16> {
    let file = folder.join("port");
    if let Some(port) = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()) {
        return Ok(port);
    }
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    std::fs::write(file, port.to_string())?;
    Ok(port)
}

async fn serve(county: &Path, port: u16) -> anyhow::Result<Running> {
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        address: Some(format!("https://127.0.0.1:{port}")),
        ..Config::new(county)
    };
    Server::start(config).await.context("the demo county's port is taken; is it being served already?")
}

/// Moments of the demo, counted back from now.
pub(crate) fn ago(now: i64, days: u64, hours: u64) -> i64 {
    now - days as i64 * DAY - hours as i64 * HOUR
}

/// A small generator of repeatable numbers (SplitMix64): the same seed gives the same county.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }

    /// True in `percent` of all throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}
