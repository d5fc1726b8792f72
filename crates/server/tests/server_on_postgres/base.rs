//! The county's database in these tests: one of the cluster's, opened as a server opens it.

use crate::cluster::{Scratch, scratch};
use server::place::Backend;

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
}
