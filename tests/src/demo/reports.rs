//! A few weeks of invented EMS reports, made from the exchange's own example and taken in the way every county does.

use super::people::{FIRST, LAST, STREETS};
use super::{Dice, ago};
use chrono::{Datelike, Timelike};
use domain::Millis;
use server::admin::County;
use std::path::Path;

const EXAMPLE: &str = include_str!("../../../crates/exchange/tests/fixtures/meets_reachable.xml");
const REPORTS: u64 = 64;

/// Writes the reports into one file, imports it, and removes it.
pub(super) async fn import(folder: &Path, admin: &County) -> anyhow::Result<()> {
    let now = admin.now();
    let start = EXAMPLE.find("<PatientCareReport").unwrap_or(0);
    let end = EXAMPLE.find("</Header>").unwrap_or(EXAMPLE.len());
    let mut dice = Dice(2026);
    let mut file = EXAMPLE[..start].to_owned();
    for number in 0..REPORTS {
        file.push_str(&report(&EXAMPLE[start..end], number, now, &mut dice));
    }
    file.push_str(&EXAMPLE[end..]);
    let path = folder.join("reports.xml");
    std::fs::write(&path, file)?;
    let team = admin.team(None).await?;
    let taken = admin.import_nemsis(&path, team).await?;
    std::fs::remove_file(&path)?;
    anyhow::ensure!(taken.invalid == 0 && taken.new > 0, "the invented reports are not valid: {taken:?}");
    Ok(())
}

fn report(example: &str, number: u64, now: Millis, dice: &mut Dice) -> String {
    // The last few are of today and yesterday and nobody's yet; the others lie weeks back.
    let (days, hours) = match number {
        0..6 => (number / 3, 4 + number * 5),
        6..14 => (1 + number % 2, number),
        _ => (3 + dice.below(42), dice.below(24)),
    };
    let at = Millis(ago(now.0, days, hours)).utc();
    let (first, sex) = dice.pick(&FIRST);
    let last = dice.pick(&LAST);
    let age = 19 + dice.below(46) as i32;
    let born =
        format!("{}-{:02}-{:02}", at.year() - age, 1 + dice.below(at.month().into()), 1 + dice.below(9));
    let mut xml = example
        .replace("5d0c3f6e-8a41-4f0e-9b7d-1f6f0a2b1c01", &format!("5d0c3f6e-8a41-4f0e-9b7d-{number:012x}"));
    for (element, value) in [
        ("eRecord.01", format!("PC-{number:05}")),
        ("eResponse.03", format!("26-{:06}", 5_000 + number)),
        ("eResponse.04", format!("26-{:06}-11", 5_000 + number)),
        ("ePatient.01", format!("P-{number:05}")),
        ("ePatient.02", (*last).to_owned()),
        ("ePatient.03", (*first).to_owned()),
        ("ePatient.15", age.to_string()),
        ("ePatient.17", born),
        ("ePatient.25", (*sex).to_owned()),
    ] {
        xml = set(&xml, element, &value);
    }
    xml = xml.replace("418 Longleaf Road", &format!("{} {}", 100 + dice.below(890), dice.pick(&STREETS)));
    xml = xml.replace("910-555-0142", &format!("910-555-01{:02}", dice.below(100)));
    xml = xml.replace("910-555-0178", &format!("910-555-01{:02}", dice.below(100)));
    // About half of all reports lack usable contact details.
    if !dice.chance(62) {
        xml = without(&xml, "ePatient.18");
    }
    if !dice.chance(66) {
        xml = without(&xml, "ePatient.05");
    }
    if [7, 11].contains(&number) {
        // Naloxone without effect and no opioid code: a human has to look.
        xml = set(&xml, "eSituation.11", "T50.901A").replace(">9916001<", ">9916003<");
    }
    shift(&xml, at)
}

/// Moves the example's evening to another moment, keeping the minutes between its steps.
fn shift(xml: &str, at: chrono::DateTime<chrono::Utc>) -> String {
    let at = at.with_hour(at.hour().clamp(2, 21)).unwrap_or(at);
    let day = at.format("%Y-%m-%d");
    let hour = at.hour();
    let mut xml = xml.replace("-05:00", "+00:00");
    for (from, to) in [(20, hour - 1), (21, hour), (22, hour + 1)] {
        xml = xml.replace(&format!("2026-11-20T{from}:"), &format!("{day}T#{to:02}:"));
    }
    xml.replace("T#", "T")
}

fn set(xml: &str, element: &str, value: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let Some(start) = xml.find(&open).and_then(|at| Some(at + xml[at..].find('>')? + 1)) else {
        return xml.to_owned();
    };
    let Some(end) = xml[start..].find(&close).map(|at| start + at) else { return xml.to_owned() };
    format!("{}{value}{}", &xml[..start], &xml[end..])
}

fn without(xml: &str, element: &str) -> String {
    let mark = format!("<{element}");
    xml.lines().filter(|line| !line.trim_start().starts_with(&mark)).collect::<Vec<_>>().join("\n")
}
