//! A real county over TLS on loopback, in this process.

use crate::cluster::Scratch;
use crate::proxy::Proxy;
use server::admin::{County, NewUser};
use server::import::FileReport;
use server::place::{Backend, Place};
use server::{Config, Limits, Running, Server};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

/// A county with its server and the line that devices reach it by.
pub struct TestCounty {
    /// Its data folder.
    pub data: PathBuf,
    /// Where it is when it is served next: its folder, and its database.
    pub place: Place,
    /// Administration, as the subcommands do it.
    pub admin: County,
    /// The line between the devices and the server.
    pub line: Proxy,
    target: watch::Sender<Option<SocketAddr>>,
    running: Option<Running>,
    /// What the server takes on, from its next start on.
    pub limits: Limits,
}

impl TestCounty {
    /// Makes a county in `data` and serves it.
    ///
    /// # Errors
    /// What the server says.
    pub async fn start(data: &Path, name: &str, timezone: &str) -> anyhow::Result<Self> {
        let admin = County::init(data, None, name, timezone, Arc::new(server::server::clock)).await?;
        Self::serve(Place::embedded(data), admin).await
    }

    /// Makes a county whose rows are in `base`, and serves it.
    ///
    /// # Errors
    /// What the server says.
    pub async fn start_on(base: &Scratch, data: &Path, name: &str, timezone: &str) -> anyhow::Result<Self> {
        let place = |url| Place { database: Backend::Postgres(Box::new(url)), ..Place::embedded(data) };
        let clock = Arc::new(server::server::clock);
        County::init_at(&place(base.owner()), name, timezone, clock.clone()).await?;
        let admin = County::open_at(&place(base.server()), clock).await?;
        Self::serve(place(base.server()), admin).await
    }

    /// Serves a county that was made before.
    ///
    /// # Errors
    /// What the server says.
    pub async fn open(data: &Path) -> anyhow::Result<Self> {
        let admin = County::open(data, None, Arc::new(server::server::clock)).await?;
        Self::serve(Place::embedded(data), admin).await
    }

    async fn serve(place: Place, admin: County) -> anyhow::Result<Self> {
        let (target, receiver) = watch::channel(None);
        let line = Proxy::start(receiver).await?;
        let limits = Limits::default();
        let mut county = Self { data: place.data.clone(), place, admin, line, target, running: None, limits };
        county.up().await?;
        Ok(county)
    }

    /// Starts the server.
    ///
    /// # Errors
    /// What the server says.
    pub async fn up(&mut self) -> anyhow::Result<()> {
        let config = Config {
            address: Some(format!("https://{}", self.line.address)),
            database: self.place.database.clone(),
            limits: self.limits.clone(),
            operator: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            ..Config::new(&self.data)
        };
        let running = Server::start(config).await?;
        self.target.send_replace(Some(running.listen));
        self.running = Some(running);
        Ok(())
    }

    /// Administration of the county where it is now.
    ///
    /// # Errors
    /// What administration says.
    pub async fn open_again(&self) -> anyhow::Result<County> {
        Ok(County::open_at(&self.place, Arc::new(server::server::clock)).await?)
    }

    /// Stops the server.
    pub async fn down(&mut self) {
        self.target.send_replace(None);
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// One more line to the server, wherever that is.
    ///
    /// # Errors
    /// When no loopback port is free.
    pub async fn another_line(&self) -> std::io::Result<Proxy> {
        Proxy::start(self.target.subscribe()).await
    }

    /// The server's figures, as its operator reads them.
    ///
    /// # Errors
    /// When there is no server, or it does not answer.
    pub async fn figures(&self) -> anyhow::Result<String> {
        let operator = self.running.as_ref().and_then(|running| running.operator);
        let operator = operator.ok_or_else(|| anyhow::anyhow!("there is no server"))?;
        // Another client of this process may have chosen the same provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(reqwest::get(format!("http://{operator}/metrics")).await?.text().await?)
    }

    /// Copies the database as it is. Nothing may be written meanwhile: the server is down.
    ///
    /// # Errors
    /// The disk.
    pub fn backup(&self, to: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(to)?;
        copy(&self.data, to, |name| ["county.db", "county.db-wal"].contains(&name))
    }

    /// The county as it was in a backup: in another folder, with the key and the certificate, which lie outside the
    /// database, and on the same line. Nobody is told that it was restored.
    ///
    /// # Errors
    /// The disk, or what the server says.
    pub async fn put_back(mut self, backup: &Path, data: &Path) -> anyhow::Result<Self> {
        self.move_out(data).await?;
        copy(backup, data, |_| true)?;
        self.stand_at(Place::embedded(data)).await
    }

    /// The machine goes down; what lies outside the database, key and certificate, is brought to another folder.
    ///
    /// # Errors
    /// The disk.
    pub async fn move_out(&mut self, data: &Path) -> std::io::Result<()> {
        self.down().await;
        std::fs::create_dir_all(data)?;
        copy(&self.data, data, |name| !name.starts_with("county.db"))
    }

    /// The county as it is in another place, on the same line.
    ///
    /// # Errors
    /// What the server says.
    pub async fn stand_at(mut self, place: Place) -> anyhow::Result<Self> {
        self.down().await;
        let admin = County::open_at(&place, Arc::new(server::server::clock)).await?;
        let mut county = Self { data: place.data.clone(), place, admin, running: None, ..self };
        county.up().await?;
        Ok(county)
    }

    /// Leads the line to something else that answers at the county's address.
    pub fn lead_to(&self, other: SocketAddr) {
        self.target.send_replace(Some(other));
    }

    /// Adds somebody, and gives a one-time code for a device of theirs.
    ///
    /// # Errors
    /// What administration says.
    pub async fn welcome(&self, name: &str, role: &str, team: Option<&str>) -> anyhow::Result<String> {
        let role = domain::codes::CodeList::from_code(role);
        self.admin.add_user(NewUser { name: name.to_owned(), role, team: team.map(str::to_owned) }).await?;
        self.code(name).await
    }

    /// Imports EMS reports for the only team, one file after the other.
    ///
    /// # Errors
    /// What administration says.
    pub async fn import(&self, files: &[PathBuf]) -> anyhow::Result<Vec<FileReport>> {
        let team = self.admin.team(None).await?;
        let mut reports = Vec::new();
        for file in files {
            reports.push(self.admin.import_nemsis(file, team).await?);
        }
        Ok(reports)
    }

    /// A one-time code for another device of somebody.
    ///
    /// # Errors
    /// What administration says.
    pub async fn code(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.admin.enroll(name, None).await?.to_string())
    }
}

/// Copies what lies in a folder and whose name is wanted.
fn copy(from: &Path, to: &Path, wanted: fn(&str) -> bool) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (there, to) = (entry.path(), to.join(entry.file_name()));
        if !entry.file_name().to_str().is_some_and(wanted) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&to)?;
            copy(&there, &to, |_| true)?;
        } else {
            std::fs::copy(there, to)?;
        }
    }
    Ok(())
}
