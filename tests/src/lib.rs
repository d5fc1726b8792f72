//! What the whole-system tests share, and the two programs that tests and `make run` need.
//!
//! - [`bridge`]: the app behind loopback HTTP, so that the real screens run in an ordinary browser
//! - [`cluster`]: a throw-away PostgreSQL
//! - [`county`]: a real county server over TLS, in this process, behind a [`proxy`] that can be cut
//! - [`device`]: the real app on a folder of its own
//! - [`phone`]: a device whose every sync is asked for, and where a test can come between
//! - [`demo`]: a county with an invented caseload
//! - [`mod@bench`]: what the design promises in numbers, measured
//! - [`markers`]: words to look for where they must not be; [`vault`]: a vault opened past the app; [`pages`]: and
//!   past its database, page by page
//! - [`impostor`]: something else that answers at the county's address; [`client`]: a device's side of the wire, by
//!   hand
//! - [`program`]: the real server program, as an operator runs it
//! - [`signer`]: a door for programs that cannot sign their requests

pub mod bench;
pub mod bridge;
pub mod client;
pub mod cluster;
pub mod county;
pub mod demo;
pub mod device;
pub mod impostor;
pub mod markers;
pub mod pages;
pub mod phone;
pub mod program;
pub mod proxy;
pub mod signer;
pub mod vault;
