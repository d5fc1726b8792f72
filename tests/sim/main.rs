//! The deterministic simulation: the real engine, stores, exchange and database under one seeded scheduler.
//!
//! - `world`, `traffic`: the scheduler, and what moves; `run`: one run, from the first misfortune to the last
//!   judgement; `truth`, `tables`: what must hold
//! - `device`, `side`, `work`, `sending`: a device, what may come between its transactions, what its worker does and
//!   how it leaves
//! - `process`, `database`: server processes over one county; `line`: the way between the two
//! - `restoring`: the county comes back from a backup
//! - `faults`: everything that goes wrong, counted; `bugs`: known bugs, put in at the ports
//! - `town`, `spare`: where every run starts; `ledger`: what really happened; `chance`, `trace`, `drive`: nothing leaks
//!   in
//!
//! `SIM_SEED=n` replays one seed and prints its trace; `SIM_SEEDS=n` runs so many.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bugs;
mod chance;
mod database;
mod device;
mod drive;
mod faults;
mod ledger;
mod line;
mod process;
mod restoring;
mod run;
mod sending;
mod side;
mod spare;
mod tables;
mod town;
mod trace;
mod traffic;
mod truth;
mod work;
mod world;

use run::run;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many seeds are tried where nobody says; `make test` says ten thousand.
const SEEDS: u64 = 500;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What somebody types to see a seed again.
fn replay(seed: u64) -> String {
    format!("SIM_SEED={seed} cargo test -p tests --test sim -- --nocapture one_seed")
}

#[test]
fn whatever_happens_outside_nothing_is_lost_and_everybody_agrees() {
    let first = from_environment("SIM_FIRST").unwrap_or(0);
    let seeds = from_environment("SIM_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(first);
    let failed = std::sync::Mutex::new(Vec::new());
    let took = std::sync::Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        return;
                    }
                    let began = std::time::Instant::now();
                    let outcome = run(seed, None, false);
                    took.lock().unwrap().push(began.elapsed().as_micros() as u64);
                    if !outcome.violations.is_empty() {
                        for violation in outcome.violations {
                            eprintln!("seed {seed}: {violation}");
                        }
                        eprintln!("  {}", replay(seed));
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let mut took = took.into_inner().unwrap();
    took.sort_unstable();
    eprintln!("{} seeds, {} µs a run (median)", took.len(), took[took.len() / 2]);
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {seeds} seeds failed: {failed:?}", failed.len());
}

#[test]
fn one_seed() {
    let seed = from_environment("SIM_SEED");
    let outcome = run(seed.unwrap_or(1), None, seed.is_some());
    if seed.is_some() {
        eprintln!("trace {:032x}, {} steps, {:?}", outcome.hash, outcome.steps, outcome.faults);
    }
    assert!(outcome.violations.is_empty(), "{:#?}", outcome.violations);
}

#[test]
fn a_seed_is_the_same_run_twice() {
    for seed in 0..40 {
        let (one, two) = (run(seed, None, false), run(seed, None, false));
        assert!(one.hash == two.hash, "something leaks into seed {seed}: {}", replay(seed));
        assert!(one.steps >= 200);
    }
    let hashes: std::collections::BTreeSet<u128> = (0..40).map(|seed| run(seed, None, false).hash).collect();
    assert_eq!(hashes.len(), 40, "the trace tells runs apart");
}

#[test]
fn every_fault_occurs_in_any_hundred_seeds() {
    for first in [0, 4_700, 77_000] {
        let mut faults = faults::Faults::default();
        (first..first + 100).for_each(|seed| faults.add(&run(seed, None, false).faults));
        for fault in faults::ALL {
            assert!(faults.of(*fault) > 0, "{fault:?} does not occur in {first}..{}", first + 100);
        }
    }
}

/// Seeds after which a bug must have been noticed.
const SOON: u64 = 1_500;

#[test]
fn every_known_bug_is_noticed() {
    for bug in bugs::ALL {
        let noticed = (0..SOON).find(|seed| !run(*seed, Some(*bug), false).violations.is_empty());
        let seed = noticed.unwrap_or_else(|| panic!("{bug:?} is not noticed within {SOON} seeds"));
        let outcome = run(seed, Some(*bug), false);
        eprintln!("{bug:?}: seed {seed}: {}", outcome.violations[0]);
        assert!(run(seed, None, false).violations.is_empty(), "seed {seed} fails without {bug:?}, too");
    }
}
