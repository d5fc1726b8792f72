//! Moments and dates. Moments are milliseconds; "today" and "Friday" are dates in the county's time zone.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// One hour in milliseconds.
pub const HOUR: i64 = 3_600_000;
/// One day of 24 hours in milliseconds.
pub const DAY: i64 = 24 * HOUR;

impl Millis {
    /// The moment `ms` later (earlier if negative), saturating.
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative when it lies before.
    pub fn since(self, earlier: Millis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment as UTC; the ends of the calendar stand in for anything outside it.
    pub fn utc(self) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(self.0).single().unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// The calendar day on which this moment falls in the county.
    pub fn date_in(self, zone: Tz) -> NaiveDate {
        self.utc().with_timezone(&zone).date_naive()
    }
}

/// The first moment of `date` in the county; on a day whose midnight is skipped, the first moment that exists.
pub fn start_of(date: NaiveDate, zone: Tz) -> Millis {
    for hour in 0..4 {
        let local = date.and_hms_opt(hour, 0, 0).unwrap_or_default();
        if let Some(moment) = zone.from_local_datetime(&local).earliest() {
            return Millis(moment.timestamp_millis());
        }
    }
    Millis(date.and_hms_opt(0, 0, 0).unwrap_or_default().and_utc().timestamp_millis())
}

/// The last moment of `date` in the county.
pub fn end_of(date: NaiveDate, zone: Tz) -> Millis {
    match date.succ_opt() {
        Some(next) => start_of(next, zone).plus(-1),
        None => Millis(i64::MAX),
    }
}
