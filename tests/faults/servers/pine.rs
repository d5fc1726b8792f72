//! A county with two servers: the real program, twice, over one PostgreSQL.

use crate::fleet::{Changes, Rested};
use domain::codes::{CodeList, Role};
use server::admin::{County, NewUser};
use server::place::{Backend, Place};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tests::cluster::Scratch;
use tests::program::Serving;
use tests::proxy::Proxy;
use tokio::sync::watch;

const TEAM: &str = "Pine response team";

/// The county and its servers.
pub struct Pine {
    pub folder: tempfile::TempDir,
    pub servers: [Server; 2],
}

impl Pine {
    /// Makes the county in `base`, and serves it twice from `database`.
    pub async fn new(base: &Scratch, database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("county");
        let place = Place { database: Backend::Postgres(Box::new(base.owner())), ..Place::embedded(&data) };
        let clock = Arc::new(server::server::clock);
        County::init_at(&place, "Pine", "America/New_York", clock).await.unwrap();
        let servers = [Server::start(&data, database).await, Server::start(&data, database).await];
        let pine = Self { folder, servers };
        let admin = pine.admin(base).await;
        admin.add_team(TEAM).await.unwrap();
        for (name, role) in [("Maria", "peer-support"), ("Dev", "peer-support"), ("Sam", "supervisor")] {
            let (role, team) = (Role::from_code(role), Some(TEAM.to_owned()));
            admin.add_user(NewUser { name: name.to_owned(), role, team }).await.unwrap();
        }
        pine
    }

    /// Administration, as a process of its own has it.
    pub async fn admin(&self, base: &Scratch) -> County {
        let database = Backend::Postgres(Box::new(base.server()));
        let place = Place { database, ..Place::embedded(&self.folder.path().join("county")) };
        County::open_at(&place, Arc::new(server::server::clock)).await.unwrap()
    }

    /// Where devices reach the servers.
    pub fn lines(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(|server| server.line.address).collect()
    }

    /// Maria's phone, Dev's, Maria's tablet, and Sam's laptop, in this order.
    pub async fn phones(&self, base: &Scratch) -> Rested {
        let admin = self.admin(base).await;
        let mut codes = Vec::new();
        for (n, name) in ["Maria", "Dev", "Maria", "Sam"].into_iter().enumerate() {
            let at = format!("https://{}", self.servers[n % 2].line.address);
            codes.push(admin.enroll(name, Some(&at)).await.unwrap().to_string());
        }
        Rested::new(self.folder.path(), &codes, &self.lines()).await
    }

    /// What the database has, and nobody told so.
    pub async fn kept(base: &Scratch) -> Changes {
        let sql = "select replace(id::text, '-', ''), stamp, seq from change order by seq";
        let rows = base.superuser().await.query(sql, &[]).await.unwrap();
        let numbers: Vec<i64> = rows.iter().map(|row| row.get(2)).collect();
        let all: Vec<i64> = (1..=rows.len() as i64).collect();
        assert_eq!(numbers, all, "every number once, and none left out");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Nothing that was acknowledged is lost, nothing is there twice, everybody agrees with the county, and the county
    /// with itself.
    pub async fn check(&self, base: &Scratch, mut phones: Rested) -> usize {
        let early = lost(&phones.acknowledged(), &Self::kept(base).await);
        assert_eq!(early, [""; 0], "acknowledged, and not there");
        phones.settle().await;
        let (acknowledged, kept) = (phones.acknowledged(), Self::kept(base).await);
        assert_eq!(phones.open(), Changes::new(), "nothing is stuck");
        assert_eq!(acknowledged, kept, "the same everywhere, and nothing twice");
        let admin = self.admin(base).await;
        assert!(admin.check().await.unwrap().sound());
        assert_eq!(admin.describe().await.unwrap().epoch, 1, "the county was never behind a device");
        kept.len()
    }
}

/// What is acknowledged and not kept as it was acknowledged.
pub fn lost(acknowledged: &Changes, kept: &Changes) -> Vec<String> {
    let missed = acknowledged.iter().filter(|(id, stamp)| kept.get(*id) != Some(*stamp));
    missed.map(|(id, _)| id.clone()).collect()
}

/// One server process, behind a line that stays where it is when the server comes back elsewhere.
pub struct Server {
    pub line: Proxy,
    target: watch::Sender<Option<SocketAddr>>,
    serving: Serving,
    data: PathBuf,
    database: String,
}

impl Server {
    async fn start(data: &Path, database: &str) -> Self {
        let (target, receiver) = watch::channel(None);
        let line = Proxy::start(receiver).await.unwrap();
        let (data, database) = (data.to_owned(), database.to_owned());
        let serving = serve(&data, &database);
        target.send_replace(Some(listens(&serving)));
        Self { line, target, serving, data, database }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.target.send_replace(None);
        self.serving.kill().unwrap();
    }

    /// Starts it again.
    pub fn come_back(&mut self) {
        self.serving = tokio::task::block_in_place(|| serve(&self.data, &self.database));
        self.target.send_replace(Some(listens(&self.serving)));
    }
}

fn serve(data: &Path, database: &str) -> Serving {
    Serving::start(data, &["--database", database, "--address-rate", "0", "--device-rate", "0"]).unwrap()
}

fn listens(serving: &Serving) -> SocketAddr {
    let address = serving.said["listen"].as_str().unwrap();
    address.parse().unwrap()
}
