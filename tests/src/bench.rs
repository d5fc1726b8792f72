//! Measures what the design promises in numbers, on the real thing: the real app and store on disk, the real server
//! over TLS on loopback, each in a process of its own.
//!
//! **The data**: 10,000 invented people, five workers of one team with 2,000 each, and five visits a person. A person
//! is what adding somebody in the app makes: six changes (person, place, phone, overdose event, case, assignment).
//! A visit is what recording one makes: two changes, the attempt that reached the person and the visit itself, which
//! carries codes, a next step and notes of 28 to 57 words. Figures "per visit" count both. Words and fields are the
//! same at every run; ids, which come from the machine's randomness, are not.
//!
//! - [`run`]: what is measured, in order; [`figures`]: results, their targets, and how they are written
//! - [`roles`], [`child`]: this program again as a server, a device or an app, and how it is spoken to
//! - [`device`]: a store with its way to the county; [`people`], [`content`]: what it records
//! - [`load`]: many devices at one county; [`growth`]: a county that has grown; [`thin`]: a line that carries little
//! - [`light`]: a device without a vault, of which a thousand fit into one process; [`recorder`]: what it records
//! - [`peers`]: the same documents with other programs, in turns
//! - [`reads`], [`saves`]: reading and writing on one device; [`meter`]: counts HTTP bytes before TLS

mod child;
pub(crate) mod content;
mod device;
pub mod dictionary;
pub mod figures;
mod growth;
mod light;
mod live;
pub mod load;
mod meter;
pub mod peers;
pub(crate) mod people;
mod reads;
mod recorder;
pub mod roles;
pub mod run;
mod saves;
mod thin;

use load::Load;
use std::time::{Duration, Instant};

/// From a new county to a state's.
const GROWTH: [u64; 4] = [1_000, 100_000, 1_000_000, 10_000_000];

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Workers, each with a caseload of their own.
    pub workers: usize,
    /// People of each.
    pub people: usize,
    /// Visits of each person.
    pub visits: usize,
    /// How often single actions are repeated.
    pub runs: usize,
    /// What many devices at once do.
    pub load: Load,
    /// Changes at the counties that are compared.
    pub growth: &'static [u64],
    /// People, and visits of each, of a first sync over a thin line; nobody where it is left out.
    pub thin: (usize, usize),
}

impl Size {
    /// What the design promises for: 10,000 people and 50,000 visits.
    pub const FULL: Self = Self {
        workers: 5,
        people: 2_000,
        visits: 5,
        runs: 300,
        load: Load::FULL,
        growth: &GROWTH,
        thin: (300, 10),
    };
    /// Shows that everything runs; its figures mean nothing.
    pub const QUICK: Self = Self {
        workers: 2,
        people: 50,
        visits: 2,
        runs: 10,
        load: Load::QUICK,
        growth: &[100, 1_000],
        thin: (2, 1),
    };

    /// Visits of one worker.
    pub fn caseload(&self) -> usize {
        self.people * self.visits
    }
}

/// Milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// How long `work` takes.
pub fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<Duration, E> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// How long `work` takes, and what it gives.
pub async fn timed_async<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<(Duration, T), E> {
    let start = Instant::now();
    let done = work.await?;
    Ok((start.elapsed(), done))
}

/// The value below which `share` of them lie.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len().saturating_sub(1) as f64 * share).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

/// The middle one.
pub fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}
