//! Names as different crews write them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::PatientFacts;

/// Written where nobody knew the name.
const PLACEHOLDERS: &[&str] = &[
    "unknown", "unk", "unkn", "doe", "johndoe", "janedoe", "john doe", "jane doe", "refused", "none", "na",
    "xxx", "x", "patient", "male", "female", "trauma",
];

/// Whether two full names are the same (`Some(true)`), contradict (`Some(false)`), or say nothing: an
/// unknown part, or a first name that is the beginning of the other (`Rob`, `R.` and `Robert`).
pub(super) fn compare(a: &PatientFacts, b: &PatientFacts) -> Option<bool> {
    let last = both(&a.last_name, &b.last_name).map(|(one, other)| one == other);
    let first = both(&a.first_name, &b.first_name).and_then(|(one, other)| {
        let shortened = one != other && (one.starts_with(&other) || other.starts_with(&one));
        (!shortened).then_some(one == other)
    });
    match (last, first) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn both(a: &Option<String>, b: &Option<String>) -> Option<(String, String)> {
    known(a).zip(known(b))
}

fn known(name: &Option<String>) -> Option<String> {
    let folded = fold(name.as_deref()?);
    (!folded.is_empty() && !PLACEHOLDERS.contains(&folded.as_str())).then_some(folded)
}

/// Letters and digits only, lower case, without accents: `O'Brien-Núñez` is `obriennunez`.
pub(super) fn fold(name: &str) -> String {
    let plain = name.nfkd().filter(|letter| !is_combining_mark(*letter));
    plain.flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect()
}
