//! Is it the same incident, the same patient, the same report? Pure comparisons over few facts, so that
//! intake can compare a new report with what the county already holds.
//!
//! The rule for patients never merges two people by itself: one incident may have two survivors, and a
//! wrong merge shows one person's overdose to another person's visitors.

mod digest;
mod name;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta};

use crate::nemsis::{Agency, ReportDraft, Sex};

pub use digest::{ContentDigest, content_digest};

/// What tells one incident from another.
#[derive(Clone, PartialEq, Eq)]
pub struct IncidentFacts {
    /// State and number of the agency.
    pub agency: (String, String),
    /// eResponse.03, if the agency gave one.
    pub incident_number: Option<String>,
    /// When the call came.
    pub called_at: DateTime<FixedOffset>,
}

impl IncidentFacts {
    /// From an agency, an incident number and the time of the call.
    #[must_use]
    pub fn new(agency: &Agency, incident_number: Option<&str>, called_at: DateTime<FixedOffset>) -> Self {
        let key = |text: &str| text.trim().to_uppercase();
        Self {
            agency: (key(&agency.state), key(&agency.number)),
            incident_number: incident_number.map(key).filter(|number| !number.is_empty()),
            called_at,
        }
    }
}

impl From<&ReportDraft> for IncidentFacts {
    fn from(report: &ReportDraft) -> Self {
        Self::new(&report.agency, report.incident_number.as_deref(), report.times.overdose())
    }
}

/// Whether two reports are of one incident: incident number and agency match, and the calls lie within
/// 24 hours. Agencies begin their numbers anew, so the number alone does not do.
#[must_use]
pub fn same_incident(a: &IncidentFacts, b: &IncidentFacts) -> bool {
    a.incident_number.is_some()
        && a.incident_number == b.incident_number
        && a.agency == b.agency
        && (a.called_at - b.called_at).abs() <= TimeDelta::hours(24)
}

/// What tells one patient from another. `None` is unknown and contradicts nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PatientFacts {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Date of birth.
    pub birth_date: Option<NaiveDate>,
    /// Sex as recorded.
    pub sex: Option<Sex>,
    /// Age in whole years, and the day on which it was that; only if it was no guess.
    pub age: Option<(u32, NaiveDate)>,
}

impl From<&ReportDraft> for PatientFacts {
    fn from(report: &ReportDraft) -> Self {
        let person = &report.person;
        let day = report.times.overdose().date_naive();
        Self {
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            birth_date: person.birth_date,
            sex: person.sex,
            age: person.age.filter(|age| !age.approximate).map(|age| (age.years(), day)),
        }
    }
}

/// Whether two reports are about one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatientMatch {
    /// Nothing contradicts, and the full name or the date of birth is the same.
    Same,
    /// Something contradicts, and nothing that identifies is the same.
    Different,
    /// A human decides: nothing identifies, or what identifies is the same and something else contradicts
    /// (one birthday and two names: a typing mistake, or twins).
    Undecided,
}

/// Compares two patients of one incident. Sex and age never identify; they can only contradict.
#[must_use]
pub fn same_patient(a: &PatientFacts, b: &PatientFacts) -> PatientMatch {
    let names = name::compare(a, b);
    let births = compare(a.birth_date.as_ref(), b.birth_date.as_ref());
    let known = |sex: Option<Sex>| sex.filter(|sex| matches!(sex, Sex::Female | Sex::Male));
    let sexes = known(a.sex).zip(known(b.sex)).map(|(one, other)| one == other);
    let contradicted = [names, births, sexes, Some(ages_agree(a, b))].contains(&Some(false));
    let identified = names == Some(true) || births == Some(true);
    match (contradicted, identified) {
        (false, true) => PatientMatch::Same,
        (true, false) => PatientMatch::Different,
        _ => PatientMatch::Undecided,
    }
}

fn compare<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> Option<bool> {
    a.zip(b).map(|(one, other)| one == other)
}

/// Every age against every other age and birth date, within a year; unknown ones agree.
fn ages_agree(a: &PatientFacts, b: &PatientFacts) -> bool {
    // The year and part of it in which somebody of that age was born, give or take one.
    let born = |(years, day): (u32, NaiveDate)| i64::from(day.year()) - i64::from(years);
    let ages = a.age.zip(b.age).is_none_or(|(one, other)| (born(one) - born(other)).abs() <= 1);
    let fits = |age: Option<(u32, NaiveDate)>, birth: Option<NaiveDate>| {
        age.zip(birth).is_none_or(|((years, day), birth)| {
            day.years_since(birth).is_some_and(|exact| exact.abs_diff(years) <= 1)
        })
    };
    ages && fits(a.age, b.birth_date) && fits(b.age, a.birth_date)
}

#[cfg(test)]
mod tests;
