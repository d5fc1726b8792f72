//! The merge rules as a table. Ana and Ben both start from what the parent says; Ana edits at stamp 20 and Ben at
//! stamp 30, so Ben is the later of the two. `-` means that there is no such edit; `∅` clears the field; `!` after an
//! edit means that it was made without having seen the parent; `^` that it was made having seen the other's edit too.

use crate::support::{amend, change_id, create, fold_raw, set};
use domain::change::Change;
use serde_json::Value;

/// parent | Ana's edit | Ben's edit | what counts | the values that stand, where somebody needs to look
const ALIAS: &[[&str; 5]] = &[
    // Only one of them says something: no question arises.
    ["Bee", "-", "-", "Bee", ""],
    ["Bee", "Bea", "-", "Bea", ""],
    ["Bee", "-", "Bex", "Bex", ""],
    ["-", "Bea", "-", "Bea", ""],
    // Both say the same: they agree, however they came to it.
    ["Bee", "Bea", "Bea", "Bea", ""],
    ["-", "Bea", "Bea", "Bea", ""],
    ["Bee", "Bee", "Bee", "Bee", ""],
    // Both say something else: the later counts, both stay visible.
    ["Bee", "Bea", "Bex", "Bex", "Bex Bea"],
    ["-", "Bea", "Bex", "Bex", "Bex Bea"],
    // One of them confirms the parent: still two opinions.
    ["Bee", "Bee", "Bex", "Bex", "Bex Bee"],
    ["Bee", "Bea", "Bee", "Bee", "Bee Bea"],
    // Clearing is a value like any other.
    ["Bee", "∅", "-", "∅", ""],
    ["Bee", "∅", "∅", "∅", ""],
    ["Bee", "∅", "Bex", "Bex", "Bex ∅"],
    ["Bee", "Bea", "∅", "∅", "∅ Bea"],
    // An edit that had not seen the parent does not replace it.
    ["Bee", "Bea!", "-", "Bea", "Bea Bee"],
    ["Bee", "-", "Bex!", "Bex", "Bex Bee"],
    ["Bee", "Bea!", "Bex", "Bex", "Bex Bea"],
    ["Bee", "Bea!", "Bex!", "Bex", "Bex Bea Bee"],
    ["Bee", "Bee!", "-", "Bee", ""],
    // Who saw the other's edit as well has chosen.
    ["Bee", "Bea", "Bex^", "Bex", ""],
    ["Bee", "Bea", "Bea^", "Bea", ""],
    ["Bee", "Bea", "∅^", "∅", ""],
    ["Bee", "Bea!", "Bex^", "Bex", ""],
    // Nobody can have seen what came later: such a claim counts for nothing.
    ["Bee", "Bea^", "Bex", "Bex", "Bex Bea"],
];

#[test]
fn two_edits_of_one_field() {
    for row in ALIAS {
        let [parent, ana, ben, counts, look] = *row;
        let folded = fold_raw(&history("alias", [parent, ana, ben]));
        let field = &folded.fields["alias"];
        assert_eq!(text(field.value()), counts, "{row:?}");
        assert_eq!(field.in_conflict(), !look.is_empty(), "{row:?}");
        assert_eq!(folded.conflicts().len(), usize::from(!look.is_empty()), "{row:?}");
        if !look.is_empty() {
            let standing: Vec<String> = field.claims.iter().map(|claim| text(&claim.value)).collect();
            assert_eq!(standing.join(" "), look, "{row:?}");
        }
    }
}

#[test]
fn edits_of_different_fields_merge_without_a_word() {
    let mut changes = history("alias", ["Bee", "Bea", "-"]);
    changes.extend(history("language", ["-", "-", "es"]));
    let folded = fold_raw(&changes);
    assert_eq!(crate::support::values(&folded), serde_json::json!({ "alias": "Bea", "language": "es" }));
    assert!(folded.conflicts().is_empty());
}

#[test]
fn a_third_opinion_joins_the_question_and_one_choice_settles_all() {
    let mut changes = history("alias", ["Bee", "Bea", "Bex"]);
    changes.push(set(amend(0x40, 40), "alias", "Bo", &[change_id(0x10)]));
    let folded = fold_raw(&changes);
    assert_eq!(folded.fields["alias"].claims.len(), 3);

    let choice = set(amend(0x50, 50), "alias", "Bea", &folded.fields["alias"].seen());
    changes.push(choice);
    let folded = fold_raw(&changes);
    assert_eq!(folded.fields["alias"].value(), "Bea");
    assert!(folded.conflicts().is_empty());
}

#[test]
fn a_choice_that_missed_one_opinion_leaves_that_one_standing() {
    let mut changes = history("alias", ["Bee", "Bea", "Bex"]);
    changes.push(set(amend(0x50, 50), "alias", "Bex", &[change_id(0x30)]));
    let folded = fold_raw(&changes);
    assert_eq!(folded.fields["alias"].value(), "Bex");
    assert!(folded.fields["alias"].in_conflict(), "nobody has looked at Ana's edit");
}

#[test]
fn at_the_same_stamp_the_greater_change_id_counts() {
    let ana = set(amend(0x20, 20), "alias", "Bea", &[]);
    let ben = set(amend(0x30, 20), "alias", "Bex", &[]);
    for changes in [[&ana, &ben], [&ben, &ana]] {
        assert_eq!(fold_raw(changes).fields["alias"].value(), "Bex");
    }
}

fn history(field: &str, [parent, ana, ben]: [&str; 3]) -> Vec<Change> {
    let edits = [(0x10, parent), (0x20, ana), (0x30, ben)];
    let mut changes = Vec::new();
    for (n, edit) in edits.into_iter().filter(|(_, edit)| *edit != "-") {
        let value = edit.trim_end_matches(['!', '^']);
        let seen: Vec<_> = match edit.chars().last() {
            Some('!') => vec![],
            Some('^') => {
                edits.iter().map(|(other, _)| *other).filter(|other| *other != n).map(change_id).collect()
            }
            _ if n == 0x10 => vec![],
            _ => vec![change_id(0x10)],
        };
        let value = if value == "∅" { Value::Null } else { value.into() };
        let change = set(amend(n, n as u64), field, value, &seen);
        changes.push(if n == 0x10 { create(change) } else { change });
    }
    changes
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("∅").to_owned()
}
