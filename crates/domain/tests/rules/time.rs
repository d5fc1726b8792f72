//! "Today" and "Friday" are dates in the county's time zone, also on the two days a year that are no 24 hours long.

use chrono::{DateTime, NaiveDate};
use chrono_tz::America::{Havana, New_York, Phoenix, Sao_Paulo};
use chrono_tz::{Tz, UTC};
use domain::Millis;
use domain::time::{DAY, HOUR, end_of, start_of};
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Millis {
    Millis(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

fn hours(date: &str, zone: Tz) -> i64 {
    (end_of(day(date), zone).since(start_of(day(date), zone)) + 1) / HOUR
}

#[test]
fn days_begin_at_midnight_in_the_county() {
    for (date, begins) in [
        ("2026-01-15", "2026-01-15T00:00:00-05:00"),
        ("2026-07-15", "2026-07-15T00:00:00-04:00"),
        ("2026-03-08", "2026-03-08T00:00:00-05:00"),
        ("2026-03-09", "2026-03-09T00:00:00-04:00"),
        ("2026-11-01", "2026-11-01T00:00:00-04:00"),
        ("2026-11-02", "2026-11-02T00:00:00-05:00"),
    ] {
        assert_eq!(start_of(day(date), New_York), at(begins), "{date}");
        let before = day(date).pred_opt().unwrap();
        assert_eq!(end_of(before, New_York), at(begins).plus(-1), "the day before {date}");
    }
}

#[test]
fn the_days_on_which_clocks_change_are_an_hour_shorter_or_longer() {
    assert_eq!(hours("2026-03-07", New_York), 24);
    assert_eq!(hours("2026-03-08", New_York), 23);
    assert_eq!(hours("2026-11-01", New_York), 25);
    assert_eq!(hours("2026-03-08", Phoenix), 24, "Arizona does not change its clocks");
}

#[test]
fn friday_is_friday_across_a_change_of_the_clocks() {
    // Agreed on Friday evening for Friday in a week; on the Sunday between, the clocks change.
    for (agreed, due, week_in_hours) in
        [("2026-03-06", "2026-03-13", 7 * 24 - 1), ("2026-10-30", "2026-11-06", 7 * 24 + 1)]
    {
        let length = end_of(day(due), New_York).since(end_of(day(agreed), New_York));
        assert_eq!(length, week_in_hours * HOUR);
        let late_that_evening = end_of(day(due), New_York).plus(-60_000);
        assert_eq!(late_that_evening.date_in(New_York), day(due));
        assert_eq!(end_of(day(due), New_York).plus(1).date_in(New_York), day(due).succ_opt().unwrap());
    }
}

#[test]
fn late_in_the_evening_it_is_already_tomorrow_elsewhere() {
    let evening = at("2026-11-06T22:30:00-05:00");
    assert_eq!(evening.date_in(New_York), day("2026-11-06"));
    assert_eq!(evening.date_in(UTC), day("2026-11-07"));
}

#[test]
fn a_day_whose_midnight_is_skipped_begins_with_its_first_hour() {
    assert_eq!(start_of(day("2018-11-04"), Sao_Paulo), at("2018-11-04T01:00:00-02:00"));
    assert_eq!(end_of(day("2018-11-03"), Sao_Paulo), at("2018-11-03T23:59:59.999-03:00"));
    assert_eq!(hours("2018-11-04", Sao_Paulo), 23);
}

#[test]
fn a_day_with_two_midnights_begins_with_the_first() {
    assert_eq!(start_of(day("2026-11-01"), Havana), at("2026-11-01T00:00:00-04:00"));
    assert_eq!(hours("2026-11-01", Havana), 25);
}

#[test]
fn the_ends_of_the_calendar_hold() {
    assert_eq!(Millis(i64::MAX).plus(1), Millis(i64::MAX));
    assert_eq!(Millis(i64::MIN).since(Millis(i64::MAX)), i64::MIN);
    assert!(Millis(i64::MAX).utc() > Millis(0).utc() && Millis(i64::MIN).utc() < Millis(0).utc());
    assert_eq!(end_of(NaiveDate::MAX, New_York), Millis(i64::MAX));
    assert_eq!(Millis(0).plus(DAY).since(Millis(0)), DAY);
}

/// Every zone that a county of the United States or its territories may lie in.
const ZONES: [&str; 15] = [
    "America/New_York",
    "America/Detroit",
    "America/Kentucky/Louisville",
    "America/Indiana/Indianapolis",
    "America/Chicago",
    "America/Denver",
    "America/Boise",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "Pacific/Guam",
    "Pacific/Pago_Pago",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn every_moment_lies_within_its_day(
        zone in proptest::sample::select(&ZONES[..]),
        ms in 0..4_102_444_800_000i64,
    ) {
        let zone: Tz = zone.parse().unwrap();
        let date = Millis(ms).date_in(zone);
        let (start, end) = (start_of(date, zone), end_of(date, zone));
        prop_assert!((start.0..=end.0).contains(&ms));
        prop_assert_eq!((start.date_in(zone), end.date_in(zone)), (date, date));
        prop_assert_eq!(end.plus(1), start_of(date.succ_opt().unwrap(), zone));
    }
}
