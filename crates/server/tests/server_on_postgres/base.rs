//! The county's database in these tests: one of the cluster's, opened as a server opens it.

use crate::cluster::{Scratch, scratch};
use domain::CountyId;
use server::db::Database;
use server::db::postgres::Postgres;
use server::place::Backend;
use std::sync::Arc;

/// The table in which migrations are noted.
pub const NOTED: &str = "porchlight_schema";

pub struct Base(pub Scratch);

impl Base {
    pub async fn new() -> Self {
        Self(scratch().await)
    }

    /// As whoever makes the county opens it.
    pub fn owner(&self) -> Backend {
        Backend::Postgres(Box::new(self.0.owner()))
    }

    /// As everybody else does.
    pub fn server(&self) -> Backend {
        Backend::Postgres(Box::new(self.0.server()))
    }

    /// Its operations, without a server in between.
    pub async fn operations(&self, _folder: &std::path::Path, county: domain::CountyId) -> Arc<dyn Database> {
        Arc::new(server::db::postgres::Postgres::open(&self.0.server(), county).await.unwrap())
    }

    /// As whoever restores it opens it.
    pub async fn receiving(&self, _: &std::path::Path, county: CountyId) -> Arc<dyn Database> {
        Arc::new(Postgres::vacant(&self.0.owner(), county, true).await.unwrap())
    }

    /// Runs statements on a county's rows, as somebody would who does damage to them.
    pub async fn damage(&self, folder: &std::path::Path, county: CountyId, sql: &str) {
        let name = format!("select set_config('porchlight.county', '{county}', false)");
        self.run(folder, &format!("{name}; {sql}")).await;
    }

    /// Runs a statement beside the server, as whoever owns the tables.
    pub async fn run(&self, _folder: &std::path::Path, sql: &str) {
        let (client, line) =
            tokio_postgres::connect(&self.0.address(true), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(line);
        client.batch_execute(sql).await.unwrap();
    }
}
