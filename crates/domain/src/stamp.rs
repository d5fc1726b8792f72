//! The hybrid logical clock that orders changes.
//!
//! A raw stamp comes from the device that made a change. The county gives every change it accepts an *effective*
//! stamp once ([`effective_stamp`]); from then on only that one counts, so a device whose clock is a year fast
//! cannot win for ever, and a correction always beats what it corrected.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970 in the upper 48 bits, a counter in the lower 16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(pub u64);

const COUNTER_BITS: u32 = 16;
const MAX_MILLIS: i64 = (1 << 47) - 1;

impl Stamp {
    /// The earliest stamp of a moment. Moments before 1970 or after the year 6000 are pulled to the nearest end.
    pub fn at(moment: Millis) -> Self {
        Self((moment.0.clamp(0, MAX_MILLIS) as u64) << COUNTER_BITS)
    }

    /// The latest stamp of a moment.
    pub fn end_of(moment: Millis) -> Self {
        Self(Self::at(moment).0 | ((1 << COUNTER_BITS) - 1))
    }

    /// The moment, without the counter.
    pub fn moment(self) -> Millis {
        Millis((self.0 >> COUNTER_BITS) as i64)
    }

    /// The next stamp: one tick later.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1).min(i64::MAX as u64))
    }
}

/// A device's clock: never goes back, never repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HybridClock {
    last: Stamp,
}

impl HybridClock {
    /// A clock that goes on after `last`.
    pub fn after(last: Stamp) -> Self {
        Self { last }
    }

    /// The stamp for a change made now.
    pub fn tick(&mut self, now: Millis) -> Stamp {
        self.last = Stamp::at(now).max(self.last.next());
        self.last
    }

    /// Takes a stamp from the county into account. A raw stamp that the county has replaced is given as
    /// `was_mine`: a clock that ran ahead goes on from the county's stamp, not from its own.
    pub fn observe(&mut self, stamp: Stamp) {
        self.last = self.last.max(stamp);
    }

    /// Goes on from the county's stamps after the device's own clock proved to be ahead of time.
    pub fn set_back_to(&mut self, stamp: Stamp) {
        self.last = stamp;
    }

    /// The latest stamp given or seen.
    pub fn last(&self) -> Stamp {
        self.last
    }
}

/// The stamp by which an accepted change counts, decided once by the county.
///
/// The larger of `min(raw, received)` and one tick above every change that it saw (`newest_seen`) and above the
/// same device's previous change (`device_previous`).
pub fn effective_stamp(
    raw: Stamp,
    received: Millis,
    newest_seen: Option<Stamp>,
    device_previous: Option<Stamp>,
) -> Stamp {
    let floor = newest_seen.max(device_previous).map_or(Stamp(0), Stamp::next);
    raw.min(Stamp::end_of(received)).max(floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);

    #[test]
    fn a_clock_that_is_a_year_fast_is_pulled_back_to_the_time_of_receipt() {
        let fast = Stamp::at(NOW.plus(365 * crate::time::DAY));
        assert_eq!(effective_stamp(fast, NOW, None, None).moment(), NOW);
    }

    #[test]
    fn a_clock_that_is_slow_keeps_its_own_stamp_unless_it_saw_something_newer() {
        let slow = Stamp::at(NOW.plus(-crate::time::DAY));
        assert_eq!(effective_stamp(slow, NOW, None, None), slow);
        let seen = Stamp::at(NOW.plus(-5));
        assert_eq!(effective_stamp(slow, NOW, Some(seen), None), seen.next());
    }

    #[test]
    fn a_devices_changes_stay_in_the_order_in_which_it_made_them() {
        let raw = Stamp::at(NOW.plus(-100));
        let previous = Stamp::at(NOW);
        assert!(effective_stamp(raw, NOW, None, Some(previous)) > previous);
    }

    #[test]
    fn ticks_never_repeat_even_when_the_wall_clock_stands_or_jumps_back() {
        let mut clock = HybridClock::default();
        let a = clock.tick(NOW);
        let b = clock.tick(NOW);
        let c = clock.tick(NOW.plus(-60_000));
        assert!(a < b && b < c);
    }
}
