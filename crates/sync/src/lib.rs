//! How two sides agree: the county orders, devices converge.
//!
//! - [`wire`]: what travels, line by line. These formats are promises: old and new apps work in one county
//! - [`ports`]: what the engine needs of a device's store and of the way to the county
//! - [`engine`]: one sync, from the first byte to "up to date", whatever the line does
//! - [`request`]: the id by which both logs name a request
//! - [`enrolment`]: the one-time code that tells a device where its county is; [`certificate`]: what it shows to a
//!   county that was restored from a backup older than its enrolment
//! - [`packing`]: how lines become bytes
//! - [`letter`]: work that goes to the county as a sealed file
//!
//! No sockets and no disk here, so the same engine runs in the app and under simulation.

pub mod certificate;
pub mod engine;
pub mod enrolment;
pub mod letter;
pub mod packing;
pub mod ports;
pub mod request;
pub mod wire;
