//! A device and a county that only plan: whatever moves, breaks or comes late, one whole pull at the end leaves the
//! device with exactly the changes of the people in its caseload.

use super::plan::{Ask, Plan, Told, plan};
use crate::token::{Histories, Token};
use domain::PersonId;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use sync::wire::Leave;

const OBJECTS: u32 = 0b111;

#[derive(Clone, Debug)]
enum Step {
    /// A change about this person, of this object.
    Change(u8, u8),
    /// What may be seen of this person from now on; 0: nothing.
    Caseload(u8, u32),
    /// A pull of which so many frames arrive; the rest is lost.
    Pull(usize),
    /// The device erases what it was told to forget.
    Erase,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0u8..6, 0u8..3).prop_map(|(person, object)| Step::Change(person, object)),
        3 => (0u8..6, prop_oneof![Just(0), Just(OBJECTS), 1..=OBJECTS])
            .prop_map(|(person, objects)| Step::Caseload(person, objects)),
        4 => (0usize..7).prop_map(Step::Pull),
        2 => Just(Step::Erase),
    ];
    proptest::collection::vec(step, 1..60)
}

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 16])
}

#[derive(Default)]
struct World {
    seq: u64,
    log: Vec<(u64, PersonId, u8)>,
    now: BTreeMap<PersonId, u32>,
    told: BTreeMap<PersonId, Told>,
    device: Device,
}

#[derive(Default)]
struct Device {
    token: Option<Token>,
    held: BTreeMap<PersonId, u32>,
    leaving: BTreeMap<PersonId, u32>,
    forgot: Vec<Leave>,
    changes: BTreeSet<u64>,
}

impl World {
    /// One pull, of which at most `frames` arrive. Whether it came to its end.
    fn pull(&mut self, frames: usize) -> bool {
        let ask = Ask {
            token: self.device.token.clone(),
            forgot: self.device.forgot.clone(),
            epoch: 1,
            seq: self.seq,
            ..Ask::default()
        };
        let plan = plan(&ask, &self.told, &self.now, |_| Vec::new());
        self.told.retain(|person, _| !plan.deletes.contains(person));
        self.told.extend(plan.upserts.clone());
        self.stream(plan, frames)
    }

    fn stream(&mut self, plan: Plan, frames: usize) -> bool {
        let mut left = frames;
        let mut leaves = plan.leaves;
        let mut token = plan.token;
        let mut stored = |device: &mut Device, token: &Token| {
            if left == 0 {
                return false;
            }
            left -= 1;
            device.forgot.clear();
            for leave in leaves.drain(..) {
                *device.leaving.entry(leave.person).or_default() |= leave.objects;
            }
            device.token = Some(token.clone());
            true
        };
        let (mut held, mut upto) = (plan.held, token.seq);
        if let Some(run) = token.histories.clone() {
            for (who, objects) in &plan.entering {
                token.histories = Some(Histories { last: Some(*who), ..run.clone() });
                if !stored(&mut self.device, &token) {
                    return false;
                }
                self.device.held.insert(*who, *objects);
                self.device.leaving.remove(who);
                self.deliver(0, self.seq, *who, *objects);
                held.insert(*who, *objects);
            }
            upto = run.to;
        }
        // Those held before the run from the token's number on, the others from the run's.
        token.histories = None;
        let from = token.seq;
        token.seq = self.seq;
        if !stored(&mut self.device, &token) {
            return false;
        }
        held.iter().for_each(|(who, objects)| self.deliver(from, self.seq, *who, *objects));
        plan.fresh.iter().for_each(|(who, objects)| self.deliver(upto, self.seq, *who, *objects));
        true
    }

    fn deliver(&mut self, from: u64, to: u64, who: PersonId, objects: u32) {
        let theirs = self.log.iter().filter(|(seq, person, object)| {
            *seq > from && *seq <= to && *person == who && objects & (1 << object) != 0
        });
        self.device.changes.extend(theirs.map(|(seq, ..)| *seq));
    }

    fn erase(&mut self) {
        for (who, objects) in std::mem::take(&mut self.device.leaving) {
            let gone =
                self.log.iter().filter(|(_, person, object)| *person == who && objects & (1 << object) != 0);
            gone.for_each(|(seq, ..)| {
                self.device.changes.remove(seq);
            });
            self.device.held.entry(who).and_modify(|held| *held &= !objects);
            self.device.forgot.push(Leave { person: who, objects });
        }
        self.device.held.retain(|_, held| *held != 0);
    }
}

#[test]
fn only_the_history_that_was_cut_off_goes_on_where_it_stood() {
    let run = Histories { to: 900, first: Vec::new(), last: Some(person(1)), at: 500 };
    let token = Token { epoch: 1, seq: 0, pull: 3, histories: Some(run) };
    let ask = |forgot| Ask { token: Some(token.clone()), forgot, epoch: 1, seq: 1_000, ..Ask::default() };
    let told: BTreeMap<_, _> =
        (1..=3).map(|n| (person(n), Told { objects: OBJECTS, pull: 3, ..Told::default() })).collect();
    let forgot = || vec![Leave { person: person(2), objects: OBJECTS }];
    let rows: [(&str, Vec<Leave>, Vec<u8>, u64); 3] = [
        ("all as it was", Vec::new(), vec![2, 3], 500),
        ("the person left the caseload", Vec::new(), vec![3], 0),
        ("the device forgot the person", forgot(), vec![3], 0),
    ];
    for (what, forgot, left, at) in rows {
        let now = left.iter().chain([&1]).map(|n| (person(*n), OBJECTS)).collect();
        let plan = plan(&ask(forgot), &told, &now, |_| Vec::new());
        let entering: Vec<_> = left.iter().map(|n| (person(*n), OBJECTS)).collect();
        assert_eq!(plan.entering, entering, "{what}");
        assert_eq!(plan.token.histories.map(|run| run.at), Some(at), "{what}");
    }
}

#[test]
fn what_a_late_request_is_told_does_not_count_as_stored() {
    // The device asked without a token, gave up, asked again and stored that answer.
    let stored = Token { epoch: 1, seq: 10, pull: 1, histories: None };
    let mut told = BTreeMap::from([(person(1), Told { objects: OBJECTS, pull: 1, ..Told::default() })]);
    let now: BTreeMap<_, _> = [1, 2].map(|n| (person(n), OBJECTS)).into();
    // Only now its first request comes; somebody has entered meanwhile.
    let late = Ask { epoch: 1, seq: 12, ..Ask::default() };
    told.extend(plan(&late, &told, &now, |_| Vec::new()).upserts);
    let next = Ask { token: Some(stored), epoch: 1, seq: 12, ..Ask::default() };
    let entering = plan(&next, &told, &now, |_| Vec::new()).entering;
    assert!(entering.contains(&(person(2), OBJECTS)), "the device was never sent the second person");
}

#[test]
fn whoever_was_missed_enters_again_whatever_the_token_says() {
    let token = Token { epoch: 1, seq: 10, pull: 4, histories: None };
    let ask = || Ask { token: Some(token.clone()), epoch: 1, seq: 12, ..Ask::default() };
    let now = BTreeMap::from([(person(1), OBJECTS)]);
    let mut told = BTreeMap::from([(person(1), Told { objects: OBJECTS, pull: 2, ..Told::default() })]);
    assert!(plan(&ask(), &told, &now, |_| Vec::new()).entering.is_empty());
    told.get_mut(&person(1)).unwrap().missed = true;
    let again = plan(&ask(), &told, &now, |_| Vec::new());
    assert_eq!(again.entering, [(person(1), OBJECTS)]);
    assert!(!again.held.contains_key(&person(1)));
    assert!(!again.upserts[&person(1)].missed, "once");
}

#[test]
fn whoever_a_device_should_not_have_leaves_it_though_nobody_knows_why_it_has_them() {
    let token = Token { epoch: 2, seq: 10, pull: 1, histories: None };
    let beyond = BTreeMap::from([(person(7), domain::caseload::PERSON_OBJECTS)]);
    let ask = Ask { token: Some(token), beyond, epoch: 2, seq: 10, ..Ask::default() };
    let plan = plan(&ask, &BTreeMap::new(), &BTreeMap::new(), |_| Vec::new());
    assert_eq!(plan.leaves, [Leave { person: person(7), objects: domain::caseload::PERSON_OBJECTS }]);
    assert!(plan.upserts.is_empty(), "it is not brought back into what the device may speak of");
}

#[test]
fn what_a_device_may_not_have_of_somebody_who_stays_leaves_too() {
    let token = Token { epoch: 2, seq: 10, pull: 3, histories: None };
    let told = BTreeMap::from([
        (person(1), Told { objects: 0b011, pull: 1, ..Told::default() }),
        (person(2), Told { objects: 0b111, pull: 1, ..Told::default() }),
    ]);
    let now = BTreeMap::from([(person(1), 0b011), (person(2), 0b011), (person(3), 0b011)]);
    let beyond = BTreeMap::from([(person(1), 0b100), (person(2), 0b100), (person(3), 0b100)]);
    let ask = Ask { token: Some(token), beyond, epoch: 2, seq: 10, ..Ask::default() };
    let plan = plan(&ask, &told, &now, |_| Vec::new());
    // Of the second the county knows that the device has it.
    let leaves = [1, 2, 3].map(|n| Leave { person: person(n), objects: 0b100 });
    assert_eq!(plan.leaves, leaves, "one for each");
    assert_eq!(plan.entering, [(person(3), 0b011)]);
}

#[test]
fn whoever_leaves_leaves_whole() {
    // A device that made somebody may think that it holds more of them than it was told of.
    let told = BTreeMap::from([(person(1), Told { objects: 1, ..Told::default() })]);
    let ask = |seq| Ask {
        token: Some(Token { epoch: 1, seq, ..Token::default() }),
        epoch: 1,
        seq,
        ..Ask::default()
    };
    let leaves = plan(&ask(3), &told, &BTreeMap::new(), |_| Vec::new()).leaves;
    assert_eq!(leaves, [Leave { person: person(1), objects: domain::caseload::PERSON_OBJECTS }]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn nothing_is_skipped_and_nothing_is_kept_too_long(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            match step {
                Step::Change(who, object) => {
                    world.seq += 1;
                    world.log.push((world.seq, person(who), object));
                }
                Step::Caseload(who, 0) => { world.now.remove(&person(who)); }
                Step::Caseload(who, objects) => { world.now.insert(person(who), objects); }
                Step::Pull(frames) => { world.pull(frames); }
                Step::Erase => world.erase(),
            }
        }
        // In quiet times a device pulls, erases, and says so. A leave that came together with a new history of the
        // same person is said again after it.
        for _ in 0..5 {
            prop_assert!(world.pull(usize::MAX));
            world.erase();
        }
        let should: BTreeSet<u64> = world.log.iter().filter(|(_, who, object)| {
            world.now.get(who).is_some_and(|objects| objects & (1 << object) != 0)
        }).map(|(seq, ..)| *seq).collect();
        prop_assert_eq!(&world.device.changes, &should);
        prop_assert_eq!(&world.device.held, &world.now);
        let told: BTreeMap<_, _> = world.told.iter().map(|(who, row)| (*who, row.objects)).collect();
        prop_assert_eq!(&told, &world.now);
    }
}
