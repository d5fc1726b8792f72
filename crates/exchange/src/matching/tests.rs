use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn incident(agency: &str, number: Option<&str>, at: &str) -> IncidentFacts {
    let agency = Agency { id: "x".into(), number: agency.into(), state: "37".into() };
    IncidentFacts::new(&agency, number, DateTime::parse_from_rfc3339(at).unwrap())
}

#[test]
fn an_incident_is_number_agency_and_day() {
    let first = incident("0920001", Some("26-0001"), "2026-05-01T22:00:00-04:00");
    let cases = [
        ("0920001", Some("26-0001"), "2026-05-01T22:09:00-04:00", true),
        ("0920001 ", Some(" 26-0001"), "2026-05-02T02:00:00+00:00", true),
        ("0920001", Some("26-0001"), "2026-05-02T22:00:00-04:00", true),
        ("0920001", Some("26-0001"), "2026-05-02T22:00:01-04:00", false),
        ("0920001", Some("26-0002"), "2026-05-01T22:00:00-04:00", false),
        ("0920002", Some("26-0001"), "2026-05-01T22:00:00-04:00", false),
        ("0920001", None, "2026-05-01T22:00:00-04:00", false),
    ];
    for (agency, number, at, same) in cases {
        assert_eq!(same_incident(&first, &incident(agency, number, at)), same, "{agency} {number:?} {at}");
    }
    let unnumbered = incident("0920001", None, "2026-05-01T22:00:00-04:00");
    assert!(!same_incident(&unnumbered, &unnumbered));
}

/// first, last, birth date, sex, age on 1 May 2026
type Row = (&'static str, &'static str, &'static str, Option<Sex>, Option<u32>);

fn patient((first, last, birth, sex, age): Row) -> PatientFacts {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PatientFacts {
        first_name: text(first),
        last_name: text(last),
        birth_date: text(birth).map(|birth| day(&birth)),
        sex,
        age: age.map(|age| (age, day("2026-05-01"))),
    }
}

#[test]
fn a_patient_is_told_by_name_or_birthday_and_never_by_sex_and_age() {
    use PatientMatch::{Different, Same, Undecided};
    let (female, male) = (Some(Sex::Female), Some(Sex::Male));
    let rows: &[(Row, Row, PatientMatch)] = &[
        (("Rosa", "Núñez", "", None, None), ("ROSA", "Nunez ", "", None, None), Same),
        (("Mary Ann", "O'Brien", "", None, None), ("Maryann", "OBrien", "", None, None), Same),
        (("", "", "1990-02-03", None, None), ("Lee", "Hart", "1990-02-03", male, Some(36)), Same),
        (("Lee", "Hart", "", None, None), ("Lee", "Hart", "1990-02-03", male, Some(36)), Same),
        (("Lee", "Hart", "", None, Some(35)), ("Lee", "Hart", "1990-02-03", None, None), Same),
        (("Lee", "Hart", "", Some(Sex::Unknown), None), ("Lee", "Hart", "", female, None), Same),
        (("Unknown", "Unknown", "1990-02-03", None, None), ("Lee", "Hart", "1990-02-03", None, None), Same),
        // Nothing identifies.
        (("", "", "", male, Some(40)), ("", "", "", male, Some(40)), Undecided),
        (("", "", "", None, None), ("", "", "", None, None), Undecided),
        (("John", "Doe", "", male, None), ("John", "Doe", "", male, None), Undecided),
        (("", "Hart", "", male, None), ("Lee", "Hart", "", male, None), Undecided),
        (("Rob", "Hart", "", male, None), ("Robert", "Hart", "", male, None), Undecided),
        // Two people.
        (("Lee", "Hart", "", None, None), ("Ana", "Hart", "", None, None), Different),
        (("", "", "", male, None), ("", "", "", female, None), Different),
        (("", "", "", None, Some(20)), ("", "", "", None, Some(22)), Different),
        (("Lee", "", "1990-02-03", None, None), ("", "Hart", "1991-02-03", None, None), Different),
        (("", "", "", None, Some(20)), ("Lee", "Hart", "1990-02-03", None, None), Different),
        // What identifies is the same, something else is not.
        (("Lee", "Hart", "1990-02-03", None, None), ("Leigh", "Hart", "1990-02-03", None, None), Undecided),
        (("Lee", "Hart", "1990-02-03", None, None), ("Lee", "Hart", "1990-03-02", None, None), Undecided),
        (("Lee", "Hart", "", male, None), ("Lee", "Hart", "", female, None), Undecided),
        (("Lee", "Hart", "", None, Some(20)), ("Lee", "Hart", "", None, Some(45)), Undecided),
    ];
    for (a, b, expected) in rows {
        assert_eq!(same_patient(&patient(*a), &patient(*b)), *expected, "{a:?} {b:?}");
    }
}

/// Facts that can be printed when a property fails; these people are invented.
type Raw =
    (Option<&'static str>, Option<&'static str>, Option<(i32, u32, u32)>, Option<Sex>, Option<(u32, i32)>);

fn raw() -> impl Strategy<Value = Raw> {
    let name =
        prop::option::of(prop::sample::select(vec!["Lee", "lee", "Leigh", "L", "Ana", "Áña", "Unknown", ""]));
    let last = prop::option::of(prop::sample::select(vec!["Hart", "HART", "Núñez", "Nunez", "Doe"]));
    let birth = prop::option::of((1930i32..2026, 1u32..13, 1u32..29));
    let sex =
        prop::option::of(prop::sample::select(vec![Sex::Female, Sex::Male, Sex::Unknown, Sex::Other(1)]));
    let age = prop::option::of((0u32..120, 2020i32..2027));
    (name, last, birth, sex, age)
}

fn facts((first, last, birth, sex, age): Raw) -> PatientFacts {
    PatientFacts {
        first_name: first.map(str::to_owned),
        last_name: last.map(str::to_owned),
        birth_date: birth.and_then(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day)),
        sex,
        age: age.and_then(|(age, year)| Some((age, NaiveDate::from_ymd_opt(year, 6, 15)?))),
    }
}

proptest! {
    #[test]
    fn patients_compare_alike_from_both_sides(a in raw(), b in raw()) {
        let (a, b) = (facts(a), facts(b));
        prop_assert_eq!(same_patient(&a, &b), same_patient(&b, &a));
    }

    #[test]
    fn a_patient_is_never_different_from_itself_unless_age_and_birthday_disagree(a in raw()) {
        let mut a = facts(a);
        a.age = None;
        prop_assert_ne!(same_patient(&a, &a), PatientMatch::Different);
    }

    #[test]
    fn somebody_unknown_is_neither_the_same_nor_another(a in raw(), b in raw()) {
        let (a, b) = (facts(a), facts(b));
        let nobody = PatientFacts::default();
        prop_assert_eq!(same_patient(&a, &nobody) == PatientMatch::Same, false);
        prop_assert_ne!(same_patient(&nobody, &b), PatientMatch::Different);
    }

    #[test]
    fn incidents_compare_alike_from_both_sides(
        a in ("[AB]", "[12]", 0i64..200_000), b in ("[ab]", "[12]", 0i64..200_000)
    ) {
        let facts = |(agency, number, seconds): &(String, String, i64)| {
            let at = DateTime::from_timestamp(*seconds, 0).unwrap().fixed_offset();
            IncidentFacts::new(
                &Agency { id: String::new(), number: agency.clone(), state: "37".into() }, Some(number), at,
            )
        };
        let (one, other) = (facts(&a), facts(&b));
        prop_assert_eq!(same_incident(&one, &other), same_incident(&other, &one));
        prop_assert!(same_incident(&one, &one));
    }

    #[test]
    fn folding_a_name_twice_changes_nothing(name in "\\PC{0,20}") {
        let once = name::fold(&name);
        prop_assert_eq!(name::fold(&once), once);
    }
}
