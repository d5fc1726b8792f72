//! The county's stamps, with devices whose clocks are off by up to a year: what a worker corrected stays corrected,
//! each device's changes stay in their order, and no clock wins for ever.

use crate::support::{NOW, amend, change_id, create, device, set};
use domain::change::Change;
use domain::stamp::effective_stamp;
use domain::time::DAY;
use domain::{ChangeId, DeviceId, HybridClock, Millis, Stamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What a county does with stamps when it accepts a change.
#[derive(Default)]
struct County {
    stamps: BTreeMap<ChangeId, Stamp>,
    last_of: BTreeMap<DeviceId, Stamp>,
}

impl County {
    fn accept(&mut self, change: &Change, received: Millis) -> Stamp {
        let seen = change.seen().filter_map(|id| self.stamps.get(&id)).max().copied();
        let previous = self.last_of.get(&change.device).copied();
        let stamp = effective_stamp(change.stamp, received, seen, previous);
        self.stamps.insert(change.id, stamp);
        self.last_of.insert(change.device, stamp);
        stamp
    }
}

const YEAR: i64 = 365 * DAY;

/// One change: whose, how much later it reaches the county, and which of the earlier ones it saw.
fn steps() -> impl Strategy<Value = Vec<(usize, i64, Vec<bool>)>> {
    let step = (0..4usize, 0..3 * DAY, proptest::collection::vec(any::<bool>(), 24));
    proptest::collection::vec(step, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_correction_beats_what_it_corrected_whatever_the_clocks_say(
        offsets in proptest::array::uniform4(-YEAR..=YEAR),
        steps in steps(),
        county_jumps in proptest::collection::vec(proptest::bool::weighted(0.1), 24),
    ) {
        let mut county = County::default();
        let mut clocks = [HybridClock::default(); 4];
        let mut made: Vec<Change> = Vec::new();
        let mut now = NOW;
        for (n, (who, later, sees)) in steps.into_iter().enumerate() {
            now = now.plus(later);
            let received = if county_jumps[n] { now.plus(-30 * DAY) } else { now };
            let seen: Vec<ChangeId> = made.iter().zip(&sees).filter(|(_, sees)| **sees).map(|(c, _)| c.id).collect();
            let mut change = amend(1_000 - n as u128, clocks[who].tick(now.plus(offsets[who])).0);
            change.device = device(who as u128);
            change = set(change, "alias", n, &seen);

            let floor = seen.iter().map(|id| county.stamps[id]).max().max(county.last_of.get(&change.device).copied());
            let stamp = county.accept(&change, received);

            for id in &seen {
                prop_assert!(stamp > county.stamps[id], "later than everything that it saw");
            }
            prop_assert!(floor.is_none_or(|floor| stamp > floor), "later than the same device's previous change");
            let latest = Stamp::end_of(received).max(floor.map_or(Stamp(0), Stamp::next));
            prop_assert!(stamp <= latest, "no later than its receipt, or than one tick above what it follows");
            prop_assert!(stamp >= change.stamp.min(Stamp::end_of(received)), "never earlier than it has to be");
            made.push(change);
        }

        // The last word over everything that was said before, from the slowest clock of all.
        let seen: Vec<ChangeId> = made.iter().map(|change| change.id).collect();
        let mut correction = amend(1, Stamp::at(NOW.plus(-2 * YEAR)).0);
        correction.device = device(9);
        let correction = set(create(correction), "alias", "as corrected", &seen);
        county.accept(&correction, now);
        made.push(correction);
        let folded = domain::fold(made.iter().map(|change| (change, county.stamps[&change.id])));
        prop_assert_eq!(folded.fields["alias"].value(), "as corrected");
        prop_assert!(folded.conflicts().is_empty());
    }

    #[test]
    fn a_chain_of_corrections_ends_with_the_last_one(
        offsets in proptest::array::uniform4(-YEAR..=YEAR),
        authors in proptest::collection::vec(0..4usize, 2..12),
    ) {
        let mut county = County::default();
        let mut chain: Vec<Change> = Vec::new();
        for (n, who) in authors.iter().enumerate() {
            // Ids fall while time goes on: nothing here may hang on them.
            let raw = Stamp::at(NOW.plus(offsets[*who]).plus(n as i64));
            let seen: Vec<ChangeId> = chain.last().map(|change| change.id).into_iter().collect();
            let mut change = set(amend(1_000 - n as u128, raw.0), "alias", n, &seen);
            change.device = device(*who as u128);
            county.accept(&change, NOW.plus(n as i64));
            chain.push(change);
        }
        let folded = domain::fold(chain.iter().map(|change| (change, county.stamps[&change.id])));
        prop_assert_eq!(folded.fields["alias"].seen(), vec![chain[chain.len() - 1].id]);
    }

    #[test]
    fn a_clock_never_repeats_and_never_goes_back(
        jumps in proptest::collection::vec((-YEAR..=YEAR, proptest::option::of(0..(1u64 << 60))), 1..40),
    ) {
        let mut clock = HybridClock::default();
        for (jump, heard) in jumps {
            let before = clock.last();
            if let Some(stamp) = heard {
                clock.observe(Stamp(stamp));
                prop_assert!(clock.last() >= before.max(Stamp(stamp)));
            }
            let observed = clock.last();
            prop_assert!(clock.tick(NOW.plus(jump)) > observed);
        }
    }
}

#[test]
fn a_clock_goes_on_from_the_countys_stamp_after_it_ran_ahead() {
    let mut clock = HybridClock::after(Stamp::at(NOW.plus(YEAR)));
    clock.set_back_to(Stamp::at(NOW));
    assert_eq!(clock.tick(NOW.plus(5)), Stamp::at(NOW.plus(5)));
}

#[test]
fn moments_outside_the_calendar_are_pulled_to_its_ends() {
    assert_eq!(Stamp::at(Millis(-5)), Stamp(0));
    assert_eq!(Stamp::at(Millis(i64::MAX)), Stamp::at(Millis((1 << 47) - 1)));
    assert!(Stamp::end_of(Millis(i64::MAX)).0 <= i64::MAX as u64, "a database keeps it as a signed number");
    assert_eq!(Stamp(u64::MAX).next(), Stamp(i64::MAX as u64));
    assert_eq!(Stamp::at(NOW).moment(), NOW);
    assert_eq!(Stamp::end_of(NOW).moment(), NOW);
}

#[test]
fn an_unknown_seen_id_lifts_no_stamp() {
    let mut county = County::default();
    let change = set(amend(1, Stamp::at(NOW).0), "alias", "Bee", &[change_id(77)]);
    assert_eq!(county.accept(&change, NOW), Stamp::at(NOW));
}
