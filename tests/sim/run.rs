//! One run: things go wrong for some hundreds of steps, the network heals, everybody syncs, and then all must be well.

use crate::bugs::Bug;
use crate::chance::Chance;
use crate::faults::Faults;
use crate::process::Out;
use crate::truth;
use crate::world::World;
use domain::time::{DAY, HOUR};

/// Rounds of syncs after which everybody must agree.
const ROUNDS: u32 = 12;
/// Turns after which a sync over a sound line must have ended.
const TURNS: u32 = 20_000;

/// What came of a run.
pub struct Outcome {
    pub violations: Vec<String>,
    pub faults: Faults,
    pub hash: u128,
    pub steps: u32,
}

/// Runs one seed.
pub fn run(seed: u64, bug: Option<Bug>, shown: bool) -> Outcome {
    let mut world = World::new(seed, bug, shown);
    let steps = 200 + Chance::new(seed ^ 0xff).below(160);
    for _ in 0..steps {
        world.step();
    }
    world.heal();
    converge(&mut world);
    if world.book.open().violations.is_empty() || bug.is_none() {
        truth::judge(&mut world);
    }
    let outcome = {
        let ledger = world.book.open();
        let (violations, faults) = (ledger.violations.clone(), ledger.faults.clone());
        Outcome { violations, faults, hash: world.trace.hash(), steps: world.trace.steps }
    };
    world.end();
    outcome
}

/// Everybody syncs in turn until there is nothing new for anybody.
fn converge(world: &mut World) {
    let mut rest = 0;
    for round in 0..ROUNDS {
        // Past every waiting time, the one after a clock that was set back included.
        world.pass(2 * HOUR + if round == 0 { 61 * DAY } else { 0 });
        let mut quiet = true;
        for n in 0..world.devices.len() {
            if truth::is_live(world, n).is_some() {
                quiet &= sync(world, n);
            }
        }
        // What somebody said in the first quiet round may still concern another in the second.
        rest = if quiet { rest + 1 } else { 0 };
        if rest == 2 {
            return;
        }
    }
    world.book.violation("the devices do not come to rest");
}

/// One sync over a sound line; true when it brought nothing and both sides agree.
fn sync(world: &mut World, n: usize) -> bool {
    let (book, disk) = (world.book.clone(), world.disk.clone());
    world.devices[n].start(&book, &disk);
    for _ in 0..TURNS {
        if let Some(ended) = world.devices[n].poll() {
            let quiet = matches!(&ended, Ok(report)
                if report.agrees && report.requests == 1 && report.accepted + report.refused + report.received == 0);
            let failed = ended.is_err();
            world.sync_ended(n, ended);
            if failed {
                world.book.violation(format!("{n} cannot sync over a sound line"));
            }
            return quiet && !failed;
        }
        world.collect(n);
        for up in std::mem::take(&mut world.ups) {
            world.processes[0].take(up.device, up.number, up.body);
        }
        (0..world.processes[0].exchanges.len()).rev().for_each(|at| _ = world.serve_one(0, at));
        for ((device, number), parts) in std::mem::take(&mut world.downs) {
            let mut end = world.devices[device].line.0.lock().unwrap();
            if end.number != number {
                continue;
            }
            for part in parts {
                match part {
                    Out::Begun => end.begun = Some(Ok(())),
                    Out::Refused(error) => end.begun = Some(Err(error)),
                    Out::Chunk(bytes) => end.arrived.push_back(Ok(Some(bytes))),
                    Out::End => end.arrived.push_back(Ok(None)),
                    Out::Broken => end.break_off(),
                }
            }
        }
    }
    world.book.violation(format!("the sync of {n} does not end"));
    false
}
