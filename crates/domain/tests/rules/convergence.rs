//! Whole counties in miniature: two to five devices with wrong clocks, online and offline, over a line that loses,
//! repeats and reorders. Once everything has arrived, every replica says the same, and nothing that anybody recorded
//! is missing.

use crate::support::{NOW, amend, device, record, set};
use domain::change::{Change, Op};
use domain::merge::Folded;
use domain::stamp::effective_stamp;
use domain::time::DAY;
use domain::{ChangeId, DeviceId, HybridClock, Millis, RecordId, Stamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

const RECORDS: u128 = 2;
const FIELDS: [&str; 2] = ["alias", "language"];

type Known = BTreeMap<ChangeId, (Change, Stamp)>;

/// Something that happens. `who` is taken modulo the number of devices.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody edits one field, having looked at what their device shows; `blind`: without having looked.
    Edit { who: usize, record: u128, field: usize, value: u8, blind: bool },
    /// Somebody voids a record.
    Void { who: usize, record: u128 },
    /// A device sends what waits, in its order or another. The answer may be lost on its way back.
    Push { who: usize, most: usize, reversed: bool, answer_lost: bool },
    /// A device asks for changes; of what the county has, some arrive, in some order, some of it twice.
    Pull { who: usize, arrives: u32, backwards: bool },
    /// A device loses the network, or finds it again.
    Walk { who: usize },
    /// Time goes by.
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..5usize;
    prop_oneof![
        6 => (who(), 0..RECORDS, 0..FIELDS.len(), 0..4u8, proptest::bool::weighted(0.2))
            .prop_map(|(who, record, field, value, blind)| Step::Edit { who, record, field, value, blind }),
        1 => (who(), 0..RECORDS).prop_map(|(who, record)| Step::Void { who, record }),
        4 => (who(), 1..6usize, any::<bool>(), proptest::bool::weighted(0.4))
            .prop_map(|(who, most, reversed, answer_lost)| Step::Push { who, most, reversed, answer_lost }),
        4 => (who(), any::<u32>(), any::<bool>())
            .prop_map(|(who, arrives, backwards)| Step::Pull { who, arrives, backwards }),
        2 => who().prop_map(|who| Step::Walk { who }),
        2 => (0..3 * DAY).prop_map(Step::Wait),
    ]
}

struct Device {
    id: DeviceId,
    clock: HybridClock,
    offset: i64,
    online: bool,
    known: Known,
    outbox: Vec<ChangeId>,
}

#[derive(Default)]
struct County {
    log: Vec<(Change, Stamp)>,
    stamps: BTreeMap<ChangeId, Stamp>,
    last_of: BTreeMap<DeviceId, Stamp>,
}

struct World {
    county: County,
    devices: Vec<Device>,
    made: Vec<Change>,
    now: Millis,
    /// Whether devices keep to the order in which changes were made, as ours do.
    in_order: bool,
}

impl County {
    /// Accepts a change once; a repetition gets the answer of the first time.
    fn accept(&mut self, change: &Change, received: Millis) -> Stamp {
        if let Some(stamp) = self.stamps.get(&change.id) {
            return *stamp;
        }
        let seen = change.seen().filter_map(|id| self.stamps.get(&id)).max().copied();
        let stamp = effective_stamp(change.stamp, received, seen, self.last_of.get(&change.device).copied());
        self.stamps.insert(change.id, stamp);
        self.last_of.insert(change.device, stamp);
        self.log.push((change.clone(), stamp));
        stamp
    }
}

impl Device {
    fn fold(&self, of: RecordId) -> Folded {
        domain::fold(
            self.known.values().filter(|(change, _)| change.record == of).map(|(c, stamp)| (c, *stamp)),
        )
    }

    /// The county's stamp replaces the provisional one.
    fn learn(&mut self, change: &Change, stamp: Stamp) {
        self.known.insert(change.id, (change.clone(), stamp));
        self.outbox.retain(|id| *id != change.id);
        self.clock.observe(stamp);
    }

    /// A clock that ran ahead goes on from what the county said, but never before what is still unsent.
    fn set_clock_back(&mut self) {
        let newest = self.known.values().map(|(_, stamp)| *stamp).max();
        self.clock.set_back_to(newest.unwrap_or_default());
    }
}

impl World {
    fn new(offsets: &[i64], in_order: bool) -> Self {
        let devices = offsets.iter().enumerate().map(|(n, offset)| Device {
            id: device(n as u128),
            clock: HybridClock::default(),
            offset: *offset,
            online: true,
            known: Known::new(),
            outbox: Vec::new(),
        });
        Self { county: County::default(), devices: devices.collect(), made: Vec::new(), now: NOW, in_order }
    }

    fn make(&mut self, who: usize, mut change: Change) {
        let device = &mut self.devices[who];
        change.device = device.id;
        change.stamp = device.clock.tick(self.now.plus(device.offset));
        device.known.insert(change.id, (change.clone(), change.stamp));
        device.outbox.push(change.id);
        self.made.push(change);
    }

    /// A new change's id: not in the order of time, as the random half of a UUID is not either.
    fn next_change(&self, of: u128) -> Change {
        let mut change = amend((self.made.len() as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), 0);
        change.record = record(of);
        change
    }

    fn edit(&mut self, who: usize, of: u128, field: &str, value: u8, blind: bool) {
        let shown = self.devices[who].fold(record(of));
        let seen = shown.fields.get(field).filter(|_| !blind).map(|field| field.seen()).unwrap_or_default();
        let mut change = set(self.next_change(of), field, value, &seen);
        if !self.devices[who].known.values().any(|(known, _)| known.record == record(of)) {
            change.op = Op::Create;
        }
        let id = change.id;
        self.make(who, change);
        let shown = self.devices[who].fold(record(of));
        assert_eq!(shown.fields[field].claims[0].change, id, "what a worker enters shows at once");
        assert!(blind || !shown.fields[field].in_conflict(), "and settles what they had on the screen");
    }

    fn push(&mut self, who: usize, most: usize, reversed: bool, answer_lost: bool) {
        let device = &mut self.devices[who];
        let mut page: Vec<ChangeId> = device.outbox.iter().take(most).copied().collect();
        if reversed && !self.in_order {
            page.reverse();
        }
        for id in page {
            let change = device.known[&id].0.clone();
            let stamp = self.county.accept(&change, self.now);
            if !answer_lost {
                device.learn(&change, stamp);
            }
        }
        if !answer_lost {
            device.set_clock_back();
        }
    }

    fn pull(&mut self, who: usize, arrives: u32, backwards: bool) {
        let device = &mut self.devices[who];
        let mut some: Vec<usize> =
            (0..self.county.log.len()).filter(|n| arrives >> (n % 32) & 1 == 1).collect();
        if backwards {
            // Backwards, and the last of it twice.
            some.reverse();
            some.extend(some.last().copied());
        }
        for n in some {
            let (change, stamp) = &self.county.log[n];
            device.learn(change, *stamp);
        }
    }

    fn take(&mut self, step: &Step) {
        let count = self.devices.len();
        match *step {
            Step::Edit { who, record, field, value, blind } => {
                self.edit(who % count, record, FIELDS[field], value, blind);
            }
            Step::Void { who, record: of } => {
                let mut change = self.next_change(of);
                change.op = Op::Void;
                change.reason = Some("recorded twice".to_owned());
                self.make(who % count, change);
            }
            Step::Push { who, most, reversed, answer_lost } if self.devices[who % count].online => {
                self.push(who % count, most, reversed, answer_lost);
            }
            Step::Pull { who, arrives, backwards } if self.devices[who % count].online => {
                self.pull(who % count, arrives, backwards);
            }
            Step::Push { .. } | Step::Pull { .. } => {}
            Step::Walk { who } => {
                let device = &mut self.devices[who % count];
                device.online = !device.online;
            }
            Step::Wait(ms) => self.now = self.now.plus(ms),
        }
    }

    /// The network returns everywhere, and everything is delivered.
    fn heal(&mut self) {
        for who in 0..self.devices.len() {
            self.push(who, usize::MAX, false, false);
        }
        for who in 0..self.devices.len() {
            self.pull(who, u32::MAX, false);
        }
    }

    fn at_county(&self, of: RecordId) -> Folded {
        domain::fold(
            self.county.log.iter().filter(|(change, _)| change.record == of).map(|(c, stamp)| (c, *stamp)),
        )
    }

    fn check_agreement(&self) -> Result<(), TestCaseError> {
        for of in (0..RECORDS).map(record) {
            let county = self.at_county(of);
            for device in &self.devices {
                let here = device.fold(of);
                prop_assert_eq!(here.values(), county.values(), "the same fields");
                prop_assert_eq!(here.conflicts(), county.conflicts(), "the same conflicts");
                prop_assert!(here == county, "the same rivals, voids and stamps");
            }
        }
        Ok(())
    }

    fn check_nothing_is_lost(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.county.log.len(), self.made.len(), "each change once");
        for device in &self.devices {
            prop_assert!(device.outbox.is_empty());
            prop_assert_eq!(device.known.len(), self.made.len());
        }
        // Whatever does not stand any more was seen by somebody who said something else later.
        for of in (0..RECORDS).map(record) {
            let folded = self.at_county(of);
            for (change, _) in self.county.log.iter().filter(|(change, _)| change.record == of) {
                for name in change.fields.keys() {
                    let stands = folded.fields[name].seen().contains(&change.id);
                    let seen = self.made.iter().any(|other| {
                        other.record == of
                            && other.fields.get(name).is_some_and(|field| field.seen.contains(&change.id))
                    });
                    prop_assert!(stands || seen);
                }
            }
        }
        Ok(())
    }

    fn check_corrections(&self) -> Result<(), TestCaseError> {
        for (change, stamp) in &self.county.log {
            for id in change.seen() {
                prop_assert!(self.county.stamps[&id] < *stamp, "a correction counts after what it corrected");
            }
        }
        Ok(())
    }
}

fn histories() -> impl Strategy<Value = (Vec<i64>, Vec<Step>)> {
    let year = 365 * DAY;
    let offset = prop_oneof![2 => Just(0), 1 => -year..=year];
    (proptest::collection::vec(offset, 2..=5), proptest::collection::vec(step(), 1..60))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn devices_that_send_in_order_converge_and_every_correction_counts((offsets, steps) in histories()) {
        let mut world = World::new(&offsets, true);
        steps.iter().for_each(|step| world.take(step));
        world.heal();
        world.check_agreement()?;
        world.check_nothing_is_lost()?;
        world.check_corrections()?;
    }

    #[test]
    fn devices_whose_changes_arrive_in_any_order_converge_too((offsets, steps) in histories()) {
        let mut world = World::new(&offsets, false);
        steps.iter().for_each(|step| world.take(step));
        world.heal();
        world.check_agreement()?;
        world.check_nothing_is_lost()?;
    }

    #[test]
    fn one_look_at_everything_settles_every_conflict_everywhere((offsets, steps) in histories()) {
        let mut world = World::new(&offsets, false);
        steps.iter().for_each(|step| world.take(step));
        world.heal();
        for of in 0..RECORDS {
            let conflicts: Vec<String> =
                world.at_county(record(of)).conflicts().iter().map(|name| (*name).to_owned()).collect();
            for field in conflicts {
                world.edit(0, of, &field, 9, false);
            }
        }
        world.heal();
        world.check_agreement()?;
        for of in (0..RECORDS).map(record) {
            prop_assert!(world.at_county(of).conflicts().is_empty());
        }
    }
}

#[test]
fn a_tablet_a_year_fast_does_not_win_for_ever() {
    let mut world = World::new(&[365 * DAY, 0], true);
    world.edit(0, 0, "alias", 1, false);
    world.heal();
    world.now = world.now.plus(DAY);
    world.edit(1, 0, "alias", 2, false);
    world.heal();
    for device in &world.devices {
        let folded = device.fold(record(0));
        assert_eq!(folded.fields["alias"].value(), 2);
        assert!(folded.conflicts().is_empty());
    }
}

#[test]
fn two_who_met_nobody_in_between_both_stay_visible() {
    let mut world = World::new(&[0, 0], true);
    world.edit(0, 0, "alias", 1, false);
    world.heal();
    world.edit(0, 0, "alias", 2, false);
    world.edit(1, 0, "alias", 3, false);
    world.heal();
    let folded = world.at_county(record(0));
    let values: Vec<_> = folded.fields["alias"].claims.iter().map(|claim| claim.value.clone()).collect();
    assert_eq!(folded.conflicts(), ["alias"]);
    assert!(values.contains(&2.into()) && values.contains(&3.into()) && values.len() == 2);
}
