//! The types of NEMSIS values. Patterns and ranges are those of the XSDs.

use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDate};
use regex::Regex;

use super::problem::Fault;

/// The type of an element's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Holds elements, no value.
    Group,
    /// Text of so many characters.
    Text(usize, usize),
    /// One of a list of codes, as spans in which every second number counts.
    Code(&'static [(u32, u32)]),
    /// Whole number in a range.
    Integer(i64, i64),
    /// Decimal number: digits in all, digits after the point.
    Decimal(usize, usize),
    /// Exactly so many digits.
    Digits(usize),
    /// Date and time with a mandatory offset, 1950–2050.
    DateTime,
    /// Date, 1890–2050.
    BirthDate,
    /// `919-555-0123`, or international with `+`.
    Phone,
    /// `latitude,longitude`.
    Gps,
    /// US National Grid.
    Grid,
    /// US or Canadian postal code.
    Zip,
    /// Something with `@` in it.
    Email,
    /// ICD-10-CM Y92: place of occurrence.
    PlaceOfOccurrence,
    /// ICD-10-CM Y93: activity.
    Activity,
    /// ICD-10-CM diagnosis or symptom.
    Diagnosis,
    /// ICD-10-CM diagnosis or ICD-10-PCS procedure of the history.
    History,
    /// Allergy to a medicine: Z88 or RxNorm.
    Allergy,
    /// ISO 639-2 language, of the NEMSIS list.
    Language,
}

const LANGUAGES: &[&str] = &[
    "amh", "ara", "arm", "ben", "crp", "chi", "hrv", "cze", "dan", "dut", "eng", "fin", "tai", "fre", "cpf",
    "ger", "gre", "guj", "heb", "hin", "hun", "ilo", "itl", "jpn", "kor", "kro", "lit", "mal", "hmn", "mkh",
    "nav", "nno", "pan", "gem", "per", "pol", "por", "rum", "rus", "sgn", "smo", "srp", "slo", "spa", "swe",
    "syr", "tgl", "tha", "tur", "ukr", "vie", "yid",
];

struct Patterns {
    phone: Regex,
    gps: Regex,
    grid: Regex,
    zip: Regex,
    place: Regex,
    activity: Regex,
    diagnosis: Regex,
    history: Regex,
    allergy: Regex,
    date_time: Regex,
    date: Regex,
    uuid: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| Patterns {
    phone: whole("([2-9][0-9][0-9]-[2-9][0-9][0-9]-[0-9][0-9][0-9][0-9])|(\\+([0-9] ?){6,14}[0-9])"),
    gps: whole(concat!(
        "(\\+|-)?(90(\\.[0]{1,6})?|([1-8][0-9]|[0-9])(\\.[0-9]{1,6})?),",
        "(\\+|-)?(180(\\.[0]{1,6})?|(1[0-7][0-9]|[1-9][0-9]|[0-9])(\\.[0-9]{1,6})?)"
    )),
    grid: whole("([1-9]|[1-5][0-9]|60)[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]([0-9][0-9]){4,5}"),
    zip: whole("[0-9]{5}|[0-9]{5}-[0-9]{4}|[0-9]{5}-[0-9]{5}|[A-Z][0-9][A-Z] [0-9][A-Z][0-9]"),
    place: whole("Y92\\.[0-9]{1,3}"),
    activity: whole("Y93\\.[A-Za-z0-9]{1,4}"),
    diagnosis: whole(concat!(
        "(R[0-6][0-9](\\.[0-9]{1,4})?|(R73\\.9)|(R99))",
        "|([A-QSTUZ][0-9][0-9A-Z])((\\.[0-9A-Z]{1,4})?)"
    )),
    history: whole("([A-QRSTUZ][0-9][0-9A-Z])((\\.[0-9A-Z]{1,3})?)|[0-9A-HJ-NP-Z]{3,7}"),
    allergy: whole("(Z88\\.[0-9])|([a-zA-Z0-9]{2,7})"),
    date_time: whole(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(\\+|-)[0-9]{2}:[0-9]{2}",
    ),
    date: whole("([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?"),
    uuid: whole(concat!(
        "[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[1-5][a-fA-F0-9]{3}",
        "-[89abAB][a-fA-F0-9]{3}-[a-fA-F0-9]{12}"
    )),
});

/// XSD patterns bind at both ends; `^a|b$` would not.
fn whole(pattern: &str) -> Regex {
    Regex::new(&format!("^(?:{pattern})$")).expect("a constant pattern compiles")
}

/// Says what is wrong with a value, if something is.
pub(super) fn check(kind: Kind, value: &str) -> Option<Fault> {
    let form = |pattern: &Regex| (!pattern.is_match(value)).then_some(Fault::WrongFormat);
    match kind {
        Kind::Group => None,
        Kind::Text(least, most) => length(value, least, most),
        Kind::Code(spans) => (!in_list(spans, value)).then_some(Fault::WrongCode),
        Kind::Integer(least, most) => {
            let number = value.trim().parse::<i64>().ok().filter(|number| (least..=most).contains(number));
            number.is_none().then_some(Fault::WrongNumber)
        }
        Kind::Decimal(total, fraction) => (!is_decimal(value, total, fraction)).then_some(Fault::WrongNumber),
        Kind::Digits(count) => {
            let digits = value.len() == count && value.bytes().all(|byte| byte.is_ascii_digit());
            (!digits).then_some(Fault::WrongFormat)
        }
        Kind::DateTime => date_time(value).is_none().then_some(Fault::WrongDateTime),
        Kind::BirthDate => birth_date(value).is_none().then_some(Fault::WrongDate),
        Kind::Phone => form(&PATTERNS.phone),
        Kind::Gps => form(&PATTERNS.gps),
        Kind::Grid => form(&PATTERNS.grid),
        Kind::Zip => form(&PATTERNS.zip),
        Kind::Email => {
            let at = value.chars().skip(1).position(|letter| letter == '@');
            let formed = at.is_some_and(|before| before + 2 < value.chars().count());
            length(value, 3, 100).or((!formed).then_some(Fault::WrongFormat))
        }
        Kind::PlaceOfOccurrence => form(&PATTERNS.place),
        Kind::Activity => form(&PATTERNS.activity),
        Kind::Diagnosis => form(&PATTERNS.diagnosis),
        Kind::History => form(&PATTERNS.history),
        Kind::Allergy => form(&PATTERNS.allergy),
        Kind::Language => (!LANGUAGES.contains(&value)).then_some(Fault::WrongCode),
    }
}

/// Whether a report id has the form of a UUID.
pub(super) fn is_uuid(value: &str) -> bool {
    PATTERNS.uuid.is_match(value)
}

/// A date and time with its offset, between 1950 and 2050.
pub(super) fn date_time(value: &str) -> Option<DateTime<FixedOffset>> {
    let value = value.trim();
    if !PATTERNS.date_time.is_match(value) {
        return None;
    }
    let (moment, offset) = value.split_at(value.len() - 6);
    // XSD allows 24:00:00 for the end of a day; chrono does not.
    let moment = match moment.split_once("T24:00:00") {
        Some((day, fraction)) if fraction.trim_start_matches('.').bytes().all(|byte| byte == b'0') => {
            let next = day.parse::<NaiveDate>().ok()?.succ_opt()?;
            DateTime::parse_from_rfc3339(&format!("{next}T00:00:00{offset}")).ok()?
        }
        _ => DateTime::parse_from_rfc3339(&format!("{moment}{offset}")).ok()?,
    };
    (-631_152_000..=2_524_608_000).contains(&moment.timestamp()).then_some(moment)
}

/// A date of birth, between 1890 and 2050. An offset is allowed by XSD and means nothing for a birthday.
pub(super) fn birth_date(value: &str) -> Option<NaiveDate> {
    let parts = PATTERNS.date.captures(value.trim())?;
    let date = parts.get(1)?.as_str().parse::<NaiveDate>().ok()?;
    let range = NaiveDate::from_ymd_opt(1890, 1, 1)?..=NaiveDate::from_ymd_opt(2050, 1, 1)?;
    range.contains(&date).then_some(date)
}

fn length(value: &str, least: usize, most: usize) -> Option<Fault> {
    let count = value.chars().count();
    if value.is_empty() && least > 0 {
        return Some(Fault::Empty);
    }
    (count < least || count > most).then_some(Fault::WrongLength)
}

fn in_list(spans: &[(u32, u32)], value: &str) -> bool {
    let digits = value.len() == 7 && value.bytes().all(|byte| byte.is_ascii_digit());
    let Some(code) = value.parse::<u32>().ok().filter(|_| digits) else { return false };
    spans.iter().any(|(first, last)| (first..=last).contains(&&code) && (code - first).is_multiple_of(2))
}

fn is_decimal(value: &str, total: usize, most_fraction: usize) -> bool {
    let value = value.trim();
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // Zeros that do not change the number do not count as digits of it.
    let (whole_digits, fraction_digits) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    !(whole.is_empty() && fraction.is_empty())
        && digits(whole)
        && digits(fraction)
        && fraction_digits.len() <= most_fraction
        && whole_digits.len() + fraction_digits.len() <= total
}

#[cfg(test)]
mod tests {
    use super::*;

    /// kind, values of the type, values not of it.
    const CASES: &[(Kind, &[&str], &[&str])] = &[
        (Kind::Text(2, 4), &["ab", "äöüß"], &["a", "abcde", ""]),
        (
            Kind::Code(&[(9905001, 9905001), (9905003, 9905007)]),
            &["9905001", "9905005"],
            &["9905002", "9905004", "9905009", " 9905001", "", "+905005"],
        ),
        (Kind::Integer(1, 120), &["1", "120", " 45 ", "007"], &["0", "121", "4.5", "", "-1"]),
        (Kind::Integer(1, i64::MAX), &["2391557"], &["0", "99999999999999999999"]),
        (
            Kind::Decimal(9, 3),
            &["4", "-.5", "0.400", "123456.789", "1.2000"],
            &["", ".", "1.2345", "1234567.891", "4e3", "4,0"],
        ),
        (Kind::Digits(5), &["37001"], &["3700", "370011", "3700a"]),
        (
            Kind::DateTime,
            &["2026-05-31T23:59:59-04:00", "2026-05-31T23:59:59.25+00:00", "2026-05-31T24:00:00-04:00"],
            &[
                "2026-05-31T23:59:59",
                "2026-05-31T23:59:59Z",
                "2026-02-30T10:00:00-04:00",
                "2026-05-31",
                "1949-12-31T23:59:59+00:00",
                "2026-05-31T24:00:01-04:00",
                "٢٠٢٦-05-31T10:00:00-04:00",
            ],
        ),
        (
            Kind::BirthDate,
            &["1984-05-31", "1984-05-31Z", "1890-01-01"],
            &["1889-12-31", "31.05.1984", "1984-13-01", "2050-01-02"],
        ),
        (
            Kind::Phone,
            &["919-555-0123", "+44 20 7946 0958"],
            &["9195550123", "119-555-0123", "919-155-0123", "(919) 555-0123"],
        ),
        (Kind::Gps, &["35.78,-78.64", "+90,180.000000"], &["91,0", "35.7812345,1", "35.78 -78.64", "90.1,0"]),
        (Kind::Grid, &["18TXL29168353", "17SPV1234512345"], &["18TXL2916835", "18IXL29168353"]),
        (Kind::Zip, &["27601", "27601-1234", "K1A 0B1"], &["2760", "276011", "k1a 0b1"]),
        (Kind::Email, &["a@b", "maria@example.org"], &["@b", "a@", "ab"]),
        (Kind::PlaceOfOccurrence, &["Y92.481", "Y92.0"], &["Y92", "Y92.4810", "Y93.0"]),
        (Kind::Activity, &["Y93.G3"], &["Y92.481"]),
        (
            Kind::Diagnosis,
            &["T40.1X1A", "F19", "R99", "R06.00", "Z51.89", "R73.9"],
            &["R73.0", "t40.1", "Y92.481", "T40.12345", "T40.1X1A T40"],
        ),
        (Kind::History, &["F19.91", "0DTJ4ZZ"], &["F1"]),
        (Kind::Allergy, &["Z88.5", "7052"], &["Z88.55"]),
        (Kind::Language, &["eng", "spa"], &["en", "ENG", ""]),
    ];

    #[test]
    fn values_are_told_apart_by_type() {
        for (kind, good, bad) in CASES {
            for value in *good {
                assert_eq!(check(*kind, value), None, "{kind:?} {value}");
            }
            for value in *bad {
                assert!(check(*kind, value).is_some(), "{kind:?} {value}");
            }
        }
    }

    #[test]
    fn the_end_of_a_day_is_the_start_of_the_next() {
        assert_eq!(date_time("2026-12-31T24:00:00-05:00"), date_time("2027-01-01T00:00:00-05:00"));
    }

    #[test]
    fn a_report_id_is_a_uuid() {
        assert!(is_uuid("a1500a8d-f414-4ca3-84bc-4e0a7d0ccb15"));
        assert!(!is_uuid("a1500a8d-f414-6ca3-84bc-4e0a7d0ccb15"));
        assert!(!is_uuid("a1500a8df4144ca384bc4e0a7d0ccb15"));
    }
}
