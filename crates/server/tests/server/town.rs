//! A county with the people of the story, served on loopback.

use crate::base::Base;
use crate::client::Client;
use crate::model::Device;
use domain::codes::{CodeList, Role};
use domain::{Millis, TeamId};
use server::admin::{County, NewUser};
use server::place::{Backend, Place};
use server::{Config, Limits, Running, Server};
use std::net::SocketAddr;
use std::sync::Arc;
use sync::enrolment::EnrolmentCode;

/// County Pine: team Outreach with Maria (peer), Dev (EMS), Cleo (clinician) and Sam (supervisor); team North with
/// Nora (peer) and Nick (supervisor); Ada (county admin) and Eve (evaluator) in no team.
pub struct Town {
    pub admin: County,
    pub running: Running,
    pub team: TeamId,
    pub folder: tempfile::TempDir,
    pub base: Base,
}

pub const PEOPLE: [(&str, &str, Option<&str>); 8] = [
    ("Maria", "peer-support", Some("Outreach")),
    ("Dev", "ems", Some("Outreach")),
    ("Cleo", "clinician", Some("Outreach")),
    ("Sam", "supervisor", Some("Outreach")),
    ("Nora", "peer-support", Some("North")),
    ("Nick", "supervisor", Some("North")),
    ("Ada", "county-admin", None),
    ("Eve", "evaluator", None),
];

impl Town {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Base::new().await;
        let place = |database| Place { database, ..Place::embedded(folder.path()) };
        let clock = Arc::new(server::server::clock);
        County::init_at(&place(base.owner()), "Pine", "America/New_York", clock.clone()).await.unwrap();
        // As every process but the one that makes it.
        let admin = County::open_at(&place(base.server()), clock).await.unwrap();
        let team = admin.add_team("Outreach").await.unwrap();
        admin.add_team("North").await.unwrap();
        for (name, role, team) in PEOPLE {
            let new =
                NewUser { name: name.to_owned(), role: Role::from_code(role), team: team.map(str::to_owned) };
            admin.add_user(new).await.unwrap();
        }
        let running = Self::serve(folder.path(), base.server()).await;
        Self { admin, running, team, folder, base }
    }

    /// A town whose server takes on no more than this, and shows its figures.
    pub async fn within(limits: Limits) -> Self {
        let town = Self::new().await;
        town.running.stop().await;
        let operator = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let database = town.base.server();
        let config = Config { database, limits, operator, ..Config::new(town.folder.path()) };
        Self { running: Server::start(config).await.unwrap(), ..town }
    }

    pub async fn serve(folder: &std::path::Path, database: Backend) -> Running {
        let config = Config { database, ..Config::new(folder) };
        Server::start(config).await.unwrap()
    }

    pub async fn code(&self, name: &str) -> EnrolmentCode {
        self.admin.enroll(name, None).await.unwrap()
    }

    /// A new device of somebody.
    pub async fn device(&self, name: &str) -> Device {
        let code = self.code(name).await;
        Device::new(Client::enrol(&code, name).await.unwrap())
    }
}

pub fn now() -> Millis {
    server::server::clock()
}
