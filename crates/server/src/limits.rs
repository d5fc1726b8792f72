//! What one server takes on before it says "later": counts, rates and times.
//!
//! The defaults let a thousand devices behind one address start their Monday in the same minute, and stop one broken
//! or hostile client from taking the others' turn. None of them loses work: a device that is told to wait, waits and
//! sends the same again.

use std::time::Duration;

/// The limits of one server.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Open connections; one more is answered 503.
    pub connections: usize,
    /// Requests a minute from one address, on average; 0 for no limit. IPv6 is counted by networks of 64 bits.
    pub address_per_minute: u32,
    /// Requests a minute from one device, on average; 0 for no limit.
    pub device_per_minute: u32,
    /// Tries to enrol a minute from one address, on average; 0 for no limit.
    pub enrolments_per_minute: u32,
    /// How long a connection may take over its handshake, or the headers of a request.
    pub header_time: Duration,
    /// How long a body may take; a body that comes at [`SLOWEST`] or faster may take longer.
    pub body_time: Duration,
    /// Bytes of all bodies under way, as sent and as expanded; beyond it the answer is 503. One of the largest must
    /// fit.
    pub bodies: usize,
    /// How long requests under way may go on when the server stops.
    pub leave_time: Duration,
}

/// The slowest line, in bytes a second, that is still waited for: a tablet at the edge of a cell.
pub const SLOWEST: u64 = 2_048;

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            address_per_minute: 60_000,
            device_per_minute: 6_000,
            enrolments_per_minute: 20,
            header_time: Duration::from_secs(20),
            body_time: Duration::from_secs(60),
            bodies: 128 * 1024 * 1024,
            leave_time: Duration::from_secs(25),
        }
    }
}

/// Lets this process have as many files open as the system grants it: every connection is one, and many systems
/// start a program with no more than a thousand. Gives that number, where the system has one.
#[cfg(unix)]
pub fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

/// Here the system sets no limit that could be raised.
#[cfg(not(unix))]
pub fn raise_file_limit() -> Option<u64> {
    None
}
