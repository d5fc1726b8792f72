//! A record is the fold of a *set* of changes: neither order nor repetition of delivery matters, and nothing that
//! somebody recorded vanishes unless somebody saw it.

use crate::support::{amend, change_id, create, fold_raw, record, set};
use domain::change::{Change, Op};
use domain::{ChangeId, Stamp};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

const FIELDS: [&str; 3] = ["alias", "language", "best_time"];

/// One arbitrary change, before its neighbours are known: id, stamp, void?, and per field a value and what it saw.
type Raw = (u8, u64, bool, Vec<(Index, Option<u8>, Vec<Index>, bool)>);

fn raw() -> impl Strategy<Value = Raw> {
    let field = (
        any::<Index>(),
        proptest::option::weighted(0.9, 0..3u8),
        proptest::collection::vec(any::<Index>(), 0..4),
        proptest::bool::weighted(0.2),
    );
    // Few stamps for many changes: ties are common here, though rare in life.
    (any::<u8>(), 1..20u64, proptest::bool::weighted(0.05), proptest::collection::vec(field, 0..4))
}

/// Any history at all, also ones that no honest device would write: a change may claim to have seen itself, one with
/// a later stamp, or one that nobody has.
fn history() -> impl Strategy<Value = Vec<Change>> {
    proptest::collection::vec(raw(), 1..16).prop_map(|raws| {
        let mut taken = BTreeSet::new();
        let raws: Vec<Raw> = raws.into_iter().filter(|raw| taken.insert(raw.0)).collect();
        let ids: Vec<ChangeId> = raws.iter().map(|raw| change_id(u128::from(raw.0))).collect();
        let mut changes = Vec::new();
        for (n, (id, stamp, void, fields)) in raws.iter().enumerate() {
            let mut change = amend(u128::from(*id), *stamp);
            if n == 0 {
                change = create(change);
            } else if *void {
                change.op = Op::Void;
                change.reason = Some("recorded twice".to_owned());
                changes.push(change);
                continue;
            }
            for (field, value, seen, stranger) in fields {
                let mut seen: Vec<ChangeId> = seen.iter().map(|index| ids[index.index(ids.len())]).collect();
                if *stranger {
                    seen.push(change_id(1_000));
                }
                change = set(change, FIELDS[field.index(FIELDS.len())], *value, &seen);
            }
            changes.push(change);
        }
        changes
    })
}

/// The claims on `field` that stand, by the words of the rule and nothing clever: no later change of the field has
/// seen them.
fn standing(changes: &[Change], field: &str) -> BTreeSet<ChangeId> {
    let of_field = |change: &&Change| change.fields.contains_key(field);
    let sees = |later: &Change, earlier: &Change| {
        (later.stamp, later.id) > (earlier.stamp, earlier.id)
            && later.fields[field].seen.contains(&earlier.id)
    };
    changes
        .iter()
        .filter(of_field)
        .filter(|one| !changes.iter().filter(of_field).any(|other| sees(other, one)))
        .map(|change| change.id)
        .collect()
}

fn claims(changes: &[Change], field: &str) -> BTreeSet<ChangeId> {
    let folded = fold_raw(changes);
    folded.fields.get(field).map(|field| field.seen().into_iter().collect()).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_order_and_any_repetition_of_delivery_gives_the_same_record(
        changes in history(),
        order in proptest::collection::vec(any::<Index>(), 0..40),
    ) {
        let whole = fold_raw(&changes);
        let repeated = order.iter().map(|index| &changes[index.index(changes.len())]);
        let delivered: Vec<&Change> = repeated.chain(changes.iter().rev()).collect();
        prop_assert!(fold_raw(delivered) == whole);
    }

    #[test]
    fn part_of_the_history_first_and_the_rest_later_gives_the_same_record(
        changes in history(),
        first in any::<u16>(),
        overlap in any::<u16>(),
    ) {
        let some = |mask: u16| changes.iter().enumerate().filter(move |(n, _)| mask >> n & 1 == 1).map(|(_, c)| c);
        let rest = some(!first).chain(some(overlap));
        prop_assert!(fold_raw(some(first).chain(rest)) == fold_raw(&changes));
    }

    #[test]
    fn what_stands_is_what_no_later_change_has_seen(changes in history()) {
        for field in FIELDS {
            prop_assert_eq!(claims(&changes, field), standing(&changes, field));
        }
    }

    #[test]
    fn the_newest_claim_always_wins_and_ties_go_by_change_id(changes in history()) {
        let folded = fold_raw(&changes);
        for field in FIELDS {
            let of_field = changes.iter().filter(|change| change.fields.contains_key(field));
            match of_field.max_by_key(|change| (change.stamp, change.id)) {
                Some(newest) => prop_assert_eq!(folded.fields[field].claims[0].change, newest.id),
                None => prop_assert!(!folded.fields.contains_key(field)),
            }
        }
    }

    #[test]
    fn a_choice_that_saw_every_claim_settles_the_field(changes in history(), field in any::<Index>(), value in 0..3u8) {
        let field = FIELDS[field.index(FIELDS.len())];
        let before = fold_raw(&changes);
        let seen = before.fields.get(field).map(|field| field.seen()).unwrap_or_default();
        let choice = set(amend(500, 100), field, value, &seen);
        let after = fold_raw(changes.iter().chain([&choice]));
        prop_assert_eq!(after.fields[field].seen(), vec![choice.id]);
        prop_assert!(!after.conflicts().contains(&field));
        // The choice settles its own field and no other.
        for other in FIELDS.iter().filter(|other| **other != field) {
            prop_assert!(after.fields.get(*other) == before.fields.get(*other));
        }
    }

    #[test]
    fn a_seen_id_that_nobody_knows_counts_as_unseen(changes in history(), at in any::<Index>()) {
        let mut with_stranger = changes.clone();
        let index = at.index(changes.len());
        for field in with_stranger[index].fields.values_mut() {
            field.seen.push(change_id(2_000));
        }
        prop_assert!(fold_raw(&with_stranger) == fold_raw(&changes));
    }

    #[test]
    fn a_claim_vanishes_only_when_a_new_and_later_change_saw_it(changes in history(), known in any::<u16>()) {
        let before: Vec<Change> =
            changes.iter().enumerate().filter(|(n, _)| known >> n & 1 == 1).map(|(_, c)| c.clone()).collect();
        for field in FIELDS {
            let gone = &claims(&before, field) - &claims(&changes, field);
            for claim in gone {
                let was = before.iter().find(|change| change.id == claim).unwrap();
                let seen_by_a_new_one = changes.iter().any(|change| {
                    !before.iter().any(|old| old.id == change.id)
                        && change.fields.get(field).is_some_and(|set| set.seen.contains(&claim))
                        && (change.stamp, change.id) > (was.stamp, was.id)
                });
                prop_assert!(seen_by_a_new_one);
            }
        }
    }

    #[test]
    fn a_void_commutes_with_everything_and_hides_no_value(changes in history(), stamp in 1..20u64) {
        let mut void = amend(600, stamp);
        void.op = Op::Void;
        void.reason = Some("recorded on the wrong person".to_owned());
        let first = fold_raw([&void].into_iter().chain(&changes));
        let last = fold_raw(changes.iter().chain([&void]));
        prop_assert!(first == last && first.voided);
        prop_assert!(first.fields == fold_raw(&changes).fields);
    }

    #[test]
    fn the_history_begins_and_ends_with_its_outermost_stamps(changes in history()) {
        let folded = fold_raw(&changes);
        let stamps = || changes.iter().map(|change| change.stamp);
        prop_assert_eq!((Some(folded.first), Some(folded.last)), (stamps().min(), stamps().max()));
        prop_assert!(folded.created);
    }
}

#[test]
fn nothing_folds_to_nothing() {
    let folded = fold_raw(&[]);
    assert!(!folded.created && !folded.voided && folded.fields.is_empty());
    assert_eq!((folded.first, folded.last), (Stamp(0), Stamp(0)));
}

#[test]
fn a_record_whose_create_is_still_missing_says_so() {
    let folded = fold_raw([&set(amend(1, 5), "alias", "Bee", &[])]);
    assert!(!folded.created);
    assert_eq!(folded.fields["alias"].value(), "Bee");
}

#[test]
fn what_people_recorded_does_not_show_in_debug_text() {
    let change = set(amend(1, 5), "alias", "Bee", &[]);
    let text = format!("{change:?} {:?}", change.fields["alias"]);
    assert!(!text.contains("Bee"), "{text}");
    assert!(text.contains(&record(0).to_string()));
}
