//! The county server: keeps what the teams of one county record, and gives each device what it may hold.
//!
//! - [`decide`]: what becomes of each pushed change, and [`pull`]: what each device gets, both planned purely
//! - [`exchange`]: one sync, apart from HTTP; whoever polls it drives it
//! - [`token`]: how far a device has come; [`caseload`]: whose people are whose
//! - [`db`]: one trait of operations, implemented on an embedded encrypted database and on PostgreSQL; [`place`]: which
//! - [`http`]: the routes, each with the policy that guards it; [`notify`]: who hears of a commit
//! - [`import`]: takes in reports of other systems
//! - [`admin`]: what the subcommands do; [`server`]: the running server, within its [`limits`]; [`tls`] and [`key`]:
//!   its secrets
//!
//! A record is written in one way only: as changes that [`decide`] accepts inside the transaction that keeps them.
//! Importers and administration are no exception.

pub mod admin;
pub mod caseload;
pub mod db;
pub mod decide;
pub mod exchange;
mod files;
pub mod http;
pub mod import;
pub mod key;
pub mod limits;
pub mod logs;
pub mod metrics;
pub mod notify;
pub mod place;
pub mod pull;
pub mod server;
pub mod tls;
pub mod token;

pub use limits::Limits;
pub use server::{Config, Running, Server};
