//! An event and a person, worked out from all reports that speak of them, in the order in which they came.

use super::facts::Facts;
use domain::codes::{CodeList, EventSource, NaloxoneResponse, Sex, Transport, Triage, YesNoUnknown};
use domain::records::{OverdoseEvent, Person};
use domain::{Millis, RecordId};

/// The event. Two units may have written down the same dose, so doses are not added up: the largest number counts.
/// The earliest time counts, and one sign of death is enough.
pub(super) fn event(reports: &[Facts]) -> OverdoseEvent {
    let best = ["improved", "worse", "unchanged"];
    let responses = || reports.iter().filter_map(|report| report.response.as_deref());
    let response = best.iter().find(|code| responses().any(|known| known == **code));
    let transports = || reports.iter().filter_map(|report| report.transport.as_deref());
    let ways = ["transported", "declined", "none", "unknown"];
    let transport = ways.iter().find(|code| transports().any(|known| known == **code));
    let verdicts = ["meets", "review", "no"];
    let triage = verdicts.iter().find(|code| reports.iter().any(|report| report.triage == **code));
    let mut reasons: Vec<String> = reports.iter().flat_map(|report| report.reasons.clone()).collect();
    reasons.sort();
    reasons.dedup();
    let doses = reports.iter().map(|report| i64::from(report.doses)).max().filter(|doses| *doses > 0);
    let naloxone = if reports.iter().any(|report| report.naloxone == Some(true)) {
        YesNoUnknown::Yes
    } else if reports.iter().any(|report| report.naloxone.is_none()) {
        YesNoUnknown::Unknown
    } else {
        YesNoUnknown::No
    };
    let text = |pick: fn(&Facts) -> &Option<String>| {
        let first = reports.iter().find_map(|report| pick(report).as_ref());
        first.map(|text| text.chars().take(200).collect::<String>())
    };
    OverdoseEvent {
        occurred_at: reports.iter().map(|report| report.called).min().or(Some(Millis(0))),
        source: Some(EventSource::Ems),
        agency: reports.first().map(|report| report.agency.chars().take(200).collect()),
        agency_name: text(|report| &report.agency_name),
        incident_number: text(|report| &report.incident_number),
        report_count: Some((reports.len() as i64).clamp(1, 100)),
        naloxone_given: Some(naloxone),
        naloxone_doses: doses.map(|doses| doses.min(50)),
        naloxone_response: response.map(|code| NaloxoneResponse::from_code(code)),
        transport: transport.map(|code| Transport::from_code(code)),
        destination: text(|report| &report.destination),
        triage: triage.map(|code| Triage::from_code(code)),
        triage_reasons: Some(reasons),
        age_years: reports.iter().find_map(|report| report.age).map(|(years, _)| i64::from(years.min(125))),
        phone_usable: Some(reports.iter().any(|report| report.phone_usable)),
        address_usable: Some(reports.iter().any(|report| report.address_usable)),
        fatal: reports.iter().any(|report| report.fatal).then_some(true),
        ..OverdoseEvent::default()
    }
}

/// The event of a first report, which may be of a person known already.
pub(super) fn first_event(
    report: &Facts,
    possible: Option<RecordId>,
    scene: Option<RecordId>,
) -> OverdoseEvent {
    OverdoseEvent { possible_match: possible, place: scene, ..event(std::slice::from_ref(report)) }
}

/// The person: of each thing what the first report said that said anything.
pub(super) fn person(reports: &[Facts]) -> Person {
    let name = |pick: fn(&Facts) -> &Option<String>| {
        let first = reports.iter().find_map(|report| pick(report).as_ref());
        first.map(|name| name.chars().take(120).collect::<String>())
    };
    let (first_name, last_name) = (name(|report| &report.first_name), name(|report| &report.last_name));
    let unnamed = first_name.is_none() && last_name.is_none();
    let birth_date = reports.iter().find_map(|report| report.birth_date);
    let aged = reports.iter().find(|report| report.age.is_some() && birth_date.is_none());
    Person {
        first_name,
        last_name,
        // Somebody whom nobody could name is called by the report, until somebody knows better.
        alias: unnamed.then(|| alias(reports)),
        birth_date,
        age_years: aged.and_then(|report| report.age).map(|(years, _)| i64::from(years.min(125))),
        age_noted_on: aged.map(|report| report.age_day),
        sex: reports.iter().find_map(|report| report.sex.as_deref()).map(Sex::from_code),
        language: reports
            .iter()
            .find_map(|report| report.language.clone())
            .map(|tag| tag.chars().take(35).collect()),
        unhoused: reports.iter().any(|report| report.homeless).then_some(YesNoUnknown::Yes),
        died: reports.iter().any(|report| report.fatal).then_some(true),
        ..Person::default()
    }
}

fn alias(reports: &[Facts]) -> String {
    let number = reports.iter().find_map(|report| report.incident_number.as_deref());
    let number = number.or_else(|| reports.first().map(|report| report.id.as_str())).unwrap_or_default();
    format!("#{number}").chars().take(120).collect()
}
