//! The county's database in these tests: the embedded one.

use domain::CountyId;
use server::db::Database;
use server::place::Backend;
use std::sync::Arc;

/// The table in which migrations are noted.
pub const NOTED: &str = "refinery_schema_history";

pub struct Base;

impl Base {
    pub async fn new() -> Self {
        Self
    }

    /// As whoever makes the county opens it.
    pub fn owner(&self) -> Backend {
        Backend::Embedded
    }

    /// As everybody else does.
    pub fn server(&self) -> Backend {
        Backend::Embedded
    }

    /// Its operations, without a server in between.
    pub async fn operations(&self, folder: &std::path::Path, _county: domain::CountyId) -> Arc<dyn Database> {
        let secret = server::key::load(folder, None).unwrap();
        Arc::new(server::db::sqlite::Sqlite::open(folder, &secret).unwrap())
    }

    /// As whoever restores it opens it.
    pub async fn receiving(&self, folder: &std::path::Path, county: CountyId) -> Arc<dyn Database> {
        self.operations(folder, county).await
    }

    /// Runs statements on a county's rows, as somebody would who does damage to them.
    pub async fn damage(&self, folder: &std::path::Path, _county: CountyId, sql: &str) {
        self.run(folder, sql).await;
    }

    /// Runs a statement beside the server, as another program would.
    pub async fn run(&self, folder: &std::path::Path, sql: &str) {
        let secret = server::key::load(folder, None).unwrap();
        let file = folder.join(server::db::sqlite::open::FILE);
        server::db::sqlite::open::open(&file, &secret).unwrap().execute_batch(sql).unwrap();
    }
}
