//! The files that NEMSIS itself publishes. They stand outside the repository.

mod support;

use std::fs;
use std::path::Path;

use exchange::triage::{Reason, Verdict, is_opioid_overdose_code, triage};
use support::{Read, read, samples};

fn open(path: &Path) -> Read {
    read(&fs::read(path).expect("the sample is there"))
}

#[test]
fn every_valid_sample_is_accepted_and_none_is_an_opioid_overdose() {
    let Some(folder) = samples() else { return };
    let (mut files, mut reports) = (0, 0);
    for part in ["samples", "pretesting"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().contains("Fail") {
                continue;
            }
            let read = open(&path);
            assert!(
                read.result.is_ok() && read.invalid.is_empty(),
                "{path:?}: {:?} {:?}",
                read.result,
                read.invalid
            );
            files += 1;
            reports += read.valid.len();
            for report in &read.valid {
                assert!(
                    !report.findings.iter().any(|finding| is_opioid_overdose_code(&finding.code)),
                    "{path:?}"
                );
                assert_ne!(triage(report).verdict, Verdict::Meets, "{path:?}");
            }
        }
    }
    assert!(files >= 12 && reports >= files, "{files} files, {reports} reports");
}

#[test]
fn the_overdose_test_case_is_the_perfect_negative() {
    let Some(folder) = samples() else { return };
    let read = open(&folder.join("pretesting/2025-EMS-1-Overdose_v351.xml"));
    let report = &read.valid[0];
    assert_eq!(report.number, "2025-EMS-1-Overdose_v351");
    assert_eq!(report.incident_number.as_deref(), Some("351-24.46512"));
    assert_eq!(report.person.birth_date.unwrap().to_string(), "1979-04-08");
    assert_eq!(report.times.overdose().to_rfc3339(), "2024-10-07T20:20:00-04:00");
    assert!(!report.reachable().phone && !report.reachable().address);
    // F19, signs of drugs under an overdose protocol and the word itself: a human looks, and finds alcohol.
    let triage = triage(report);
    assert_eq!((triage.verdict, triage.died), (Verdict::Review, None));
    let expected = [Reason::UnspecifiedDrug, Reason::OverdoseCallWithDrugSigns, Reason::NarrativeOverdose];
    assert_eq!(triage.reasons, expected);
}

#[test]
fn the_community_paramedic_test_case_is_nothing_for_us() {
    let Some(folder) = samples() else { return };
    let read = open(&folder.join("pretesting/2025-EMS-5-CPMIH_v351.xml"));
    assert_eq!(triage(&read.valid[0]).verdict, Verdict::No);
}

#[test]
fn the_test_case_that_must_fail_fails_where_the_schema_says() {
    let Some(folder) = samples() else { return };
    let read = open(&folder.join("pretesting/2025-EMS-FailXsd_v351.xml"));
    assert!(read.valid.is_empty());
    let found: Vec<_> = read.invalid[0].iter().map(|it| (it.line, it.code, it.element)).collect();
    assert_eq!(found, [(121, "missing_element", "eSituation.20")]);
    assert_eq!(read.result.map(|summary| (summary.valid, summary.invalid)), Ok((0, 1)));
}
