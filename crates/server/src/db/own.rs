//! What each device pushed lately, by the county's numbers: a pull passes over it without reading it.
//!
//! A device is not told again what it said itself. Whose a change is stands in the log, so finding out that a long push
//! was all its own would read all of it. It is kept in memory only and is never needed: a process that does not remember
//! reads more and says the same.

use crate::decide::{Author, Line, Page};
use domain::DeviceId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many runs of numbers are remembered of one device.
const MOST_RUNS: usize = 64;

/// A run of numbers: the first and the last.
pub(super) type Run = (u64, u64);

/// The runs of each device, oldest first.
#[derive(Clone, Default)]
pub(super) struct Own(Arc<Mutex<HashMap<DeviceId, Vec<Run>>>>);

impl Own {
    /// Whose all changes are that this page can bring. What is proven or copied may be anybody's.
    pub(super) fn of(page: &Page) -> Option<DeviceId> {
        let Author::Device { device, .. } = page.author else { return None };
        let anybodys = |line: &Line| matches!(line, Line::Proven(_) | Line::Again(_) | Line::Copy(..));
        (!page.lines.iter().any(anybodys)).then_some(device)
    }

    /// Notes the numbers that were given to changes of a device.
    pub(super) fn note(&self, device: DeviceId, (first, last): Run) {
        let mut map = self.map();
        let runs = map.entry(device).or_default();
        let full = runs.len() >= MOST_RUNS;
        match runs.last_mut() {
            Some(before) if before.1 + 1 == first => before.1 = last,
            // It reads the rest until it has pulled.
            _ if full => {}
            _ => runs.push((first, last)),
        }
    }

    /// Forgets them: the device has pulled all that there was.
    pub(super) fn pulled(&self, device: DeviceId) {
        self.map().remove(&device);
    }

    /// The runs between two numbers (after the first, up to the last) that may be somebody else's.
    pub(super) fn others(&self, device: DeviceId, from: u64, to: u64) -> Vec<Run> {
        let map = self.map();
        let runs = map.get(&device).map_or([].as_slice(), Vec::as_slice);
        others(runs, from, to)
    }

    fn map(&self) -> MutexGuard<'_, HashMap<DeviceId, Vec<Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn others(own: &[Run], from: u64, to: u64) -> Vec<Run> {
    let (mut rest, mut behind) = (Vec::new(), from);
    for (first, last) in own.iter().filter(|(first, last)| *last > from && *first <= to) {
        if *first > behind + 1 {
            rest.push((behind + 1, first - 1));
        }
        // Pages that were decided side by side may be noted in another order.
        behind = behind.max(*last);
    }
    if behind < to {
        rest.push((behind + 1, to));
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_not_ones_own_is_read_and_nothing_else(
            gaps in proptest::collection::vec((1u64..5, 1u64..5), 0..8), from in 0u64..40, to in 0u64..60,
        ) {
            let mut end = 0;
            let own: Vec<Run> = gaps.into_iter().map(|(gap, long)| {
                let run = (end + gap + 1, end + gap + long);
                end = run.1;
                run
            }).collect();
            let mine = |n: &u64| own.iter().any(|(first, last)| (first..=last).contains(&n));
            let read: Vec<u64> = others(&own, from, to).into_iter().flat_map(|(first, last)| first..=last).collect();
            prop_assert_eq!(read, (from + 1..=to).filter(|n| !mine(n)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn pages_that_follow_each_other_are_one_run_and_too_many_are_read() {
        let (own, device) = (Own::default(), DeviceId::from_bytes([1; 16]));
        own.note(device, (1, 10));
        own.note(device, (11, 20));
        assert_eq!(own.others(device, 0, 30), [(21, 30)]);
        assert_eq!(own.others(DeviceId::from_bytes([2; 16]), 0, 30), [(1, 30)], "anybody else reads them");
        for n in 1..200 {
            own.note(device, (100 * n, 100 * n));
        }
        assert_eq!(own.others(device, 19_000, 19_999), [(19_001, 19_999)], "the control: not remembered");
        own.pulled(device);
        assert_eq!(own.others(device, 0, 30), [(1, 30)]);
        own.note(device, (21, 30));
        own.note(device, (1, 10));
        assert_eq!(
            own.others(device, 0, 40),
            [(1, 20), (31, 40)],
            "noted in another order: nothing is left out"
        );
    }
}
