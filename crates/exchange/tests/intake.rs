//! Reports of invented people, from the file to the decision.

mod support;

use exchange::matching::{
    IncidentFacts, PatientFacts, PatientMatch, content_digest, same_incident, same_patient,
};
use exchange::nemsis::{
    CareDisposition, Destination, GiverRole, Known, MedicationResponse, PhoneType, ReportDraft, Route, Sex,
    Transport,
};
use exchange::triage::{DeathReason, Reason, Verdict, triage};
use support::{fixture, fixture_text, read};

fn one(name: &str) -> ReportDraft {
    fixture(name).remove(0)
}

#[test]
fn rosa_can_be_reached() {
    let rosa = one("meets_reachable.xml");
    assert_eq!(rosa.id, "5d0c3f6e-8a41-4f0e-9b7d-1f6f0a2b1c01");
    assert_eq!((rosa.agency.number.as_str(), rosa.agency.state.as_str()), ("0920101", "37"));
    assert_eq!(rosa.agency_name.as_deref(), Some("Pine County EMS"));
    assert_eq!(rosa.incident_number.as_deref(), Some("26-004411"));
    assert_eq!(rosa.times.overdose().to_rfc3339(), "2026-11-20T21:14:00-05:00");
    assert_eq!(rosa.person.last_name.as_deref(), Some("Núñez"));
    assert_eq!((rosa.person.sex, rosa.person.age.map(|age| age.years())), (Some(Sex::Female), Some(36)));
    assert_eq!(rosa.person.languages, ["spa", "eng"]);
    let phones: Vec<_> = rosa.person.phones.iter().map(|phone| (phone.number.as_str(), phone.kind)).collect();
    assert_eq!(phones, [("910-555-0142", Some(PhoneType::Mobile)), ("910-555-0178", Some(PhoneType::Home))]);
    assert_eq!(rosa.home.street.as_deref(), Some("418 Longleaf Road"));
    assert_eq!(rosa.home.street2.as_deref(), Some("Apt 3"));
    assert_eq!(rosa.home.city_code.as_deref(), Some("1022703"));
    assert!(rosa.reachable().phone && rosa.reachable().address);
    assert_eq!(rosa.scene.position.map(|at| (at.latitude, at.longitude)), Some((35.174042, -79.392254)));
    assert_eq!(rosa.scene.directions.as_deref(), Some("Behind the feed store, blue door"));
    assert!(
        rosa.narrative
            .is_some_and(|text| text.contains("unresponsive & apneic") && text.ends_with("hospital."))
    );

    assert_eq!(rosa.naloxone.given, Known::Yes);
    assert_eq!((rosa.naloxone.doses, rosa.naloxone.micrograms), (2, Some(4_400)));
    assert_eq!(rosa.naloxone.response, Some(MedicationResponse::Improved));
    assert_eq!(rosa.naloxone.givers, [GiverRole::LayPerson, GiverRole::Paramedic]);
    assert!(rosa.naloxone.before_unit);
    assert_eq!(rosa.medications[0].route, Some(Route::Intranasal));
    assert_eq!(rosa.disposition.destination, Some(Destination::EmergencyDepartment));
}

#[test]
fn the_definition_is_met_by_impression_or_by_an_answer_to_naloxone() {
    let rosa = triage(&one("meets_reachable.xml"));
    assert_eq!((rosa.verdict, rosa.died), (Verdict::Meets, None));
    assert_eq!(rosa.reasons[..2], [Reason::OpioidImpression, Reason::NaloxoneImproved]);

    let mut by_naloxone = one("meets_reachable.xml");
    by_naloxone.findings.clear();
    assert_eq!(triage(&by_naloxone).verdict, Verdict::Meets);
    let mut by_impression = one("meets_reachable.xml");
    by_impression.medications.clear();
    assert_eq!(triage(&by_impression).verdict, Verdict::Meets);
}

#[test]
fn terrence_cannot_be_reached_and_that_is_a_fact_not_an_error() {
    let terrence = one("meets_unreachable.xml");
    assert_eq!(triage(&terrence).verdict, Verdict::Meets);
    assert!(!terrence.reachable().phone && !terrence.reachable().address);
    assert_eq!((terrence.person.last_name, terrence.person.first_name.as_deref()), (None, Some("Terrence")));
    assert!(terrence.person.age.is_some_and(|age| age.approximate));
    assert_eq!(terrence.disposition.transport, Some(Transport::Declined));
    assert_eq!(terrence.disposition.care, Some(CareDisposition::DeclinedCare));
    assert_eq!(terrence.naloxone.givers, [GiverRole::LawEnforcement]);
}

#[test]
fn a_visit_that_was_no_emergency_asks_for_a_look() {
    let text = fixture_text("meets_reachable.xml");
    let visit = text.replace("<eResponse.05>2205001<", "<eResponse.05>2205031<");
    let answer = triage(&read(visit.as_bytes()).valid[0]);
    assert_eq!(answer.verdict, Verdict::Review);
    assert!(answer.reasons.contains(&Reason::NotAnEmergencyResponse));
}

#[test]
fn what_is_marked_absent_or_not_given_does_not_count() {
    let text = fixture_text("no.xml");
    let absent = text.replace(
        r#"<eSituation.10 xsi:nil="true" NV="7701001"/>"#,
        r#"<eSituation.10 PN="8801031">T40.1X1A</eSituation.10>"#,
    );
    assert_ne!(absent, text);
    assert_eq!(triage(&read(absent.as_bytes()).valid[0]).verdict, Verdict::No);
    let present = absent.replace(r#" PN="8801031""#, "");
    assert_eq!(triage(&read(present.as_bytes()).valid[0]).verdict, Verdict::Meets);

    let medicine = r#"<eMedications.03 CodeType="9924003">4337<"#;
    let refused = text.replace(medicine, r#"<eMedications.03 CodeType="9924003" PN="8801019">7242<"#);
    let refused = &read(refused.as_bytes()).valid[0];
    assert_eq!((triage(refused).verdict, refused.naloxone.given), (Verdict::No, Known::No));
    let snomed = text.replace(medicine, r#"<eMedications.03 CodeType="9924005">372890007<"#);
    let snomed = triage(&read(snomed.as_bytes()).valid[0]);
    assert_eq!((snomed.verdict, snomed.reasons), (Verdict::Review, vec![Reason::NaloxoneGiven]));
}

#[test]
fn andre_needs_a_human_look_and_eleanor_fell() {
    let andre = triage(&one("review.xml"));
    assert_eq!((andre.verdict, andre.died), (Verdict::Review, None));
    let expected = [Reason::NaloxoneGiven, Reason::UnspecifiedDrug, Reason::OverdoseCallWithDrugSigns];
    assert_eq!(andre.reasons, expected);
    let eleanor = triage(&one("no.xml"));
    assert_eq!((eleanor.verdict, eleanor.reasons, eleanor.died), (Verdict::No, vec![], None));
}

#[test]
fn the_dead_are_told_apart_whatever_the_verdict() {
    let wesley = triage(&one("fatal.xml"));
    assert_eq!((wesley.verdict, wesley.died), (Verdict::Meets, Some(DeathReason::DeadAtFirstSight)));
    // One sign is enough: each of them alone.
    let signs = [
        ("eArrest.03", "3003007", DeathReason::NotResuscitated),
        ("eArrest.12", "3012001", DeathReason::NoCirculation),
        ("eArrest.16", "3016001", DeathReason::ResuscitationStopped),
        ("eArrest.17", "9901003", DeathReason::NoRhythm),
        ("eArrest.18", "3018003", DeathReason::DiedInArrest),
        ("eArrest.18", "3018001", DeathReason::DiedInArrest),
        ("eScene.08", "2708009", DeathReason::TriagedDead),
        ("eSituation.12", "R99", DeathReason::MortalityCode),
        ("eDisposition.22", "4222001", DeathReason::Morgue),
    ];
    for (element, code, reason) in signs {
        let mut text = fixture_text("no.xml");
        let nil = format!(r#"<{element} xsi:nil="true" NV="7701001"/>"#);
        assert!(text.contains(&nil), "{element}");
        if reason == DeathReason::Morgue {
            text = text.replace("<eDisposition.21>4221003<", "<eDisposition.21>4221009<");
        } else {
            text = text.replace(&nil, &format!("<{element}>{code}</{element}>"));
        }
        assert_eq!(triage(&read(text.as_bytes()).valid[0]).died, Some(reason), "{element} {code}");
    }
}

#[test]
fn units_of_one_incident_are_the_same_patient_only_if_something_identifies() {
    let rosa = one("meets_reachable.xml");
    let second = one("second_unit.xml");
    let unnamed = one("unnamed_unit.xml");
    let terrence = one("meets_unreachable.xml");
    let incident = |report: &ReportDraft| IncidentFacts::from(report);
    let patient = |report: &ReportDraft| PatientFacts::from(report);
    assert!(same_incident(&incident(&rosa), &incident(&second)));
    assert!(same_incident(&incident(&rosa), &incident(&unnamed)));
    assert!(!same_incident(&incident(&rosa), &incident(&terrence)));
    assert_eq!(same_patient(&patient(&rosa), &patient(&second)), PatientMatch::Same);
    assert_eq!(same_patient(&patient(&rosa), &patient(&unnamed)), PatientMatch::Undecided);

    let survivors = fixture("two_survivors.xml");
    assert!(same_incident(&incident(&survivors[0]), &incident(&survivors[1])));
    assert_eq!(same_patient(&patient(&survivors[0]), &patient(&survivors[1])), PatientMatch::Different);
}

#[test]
fn an_amendment_is_known_by_its_digest() {
    let (first, second) = (one("later_fatal_1.xml"), one("later_fatal_2.xml"));
    assert_eq!(first.id, second.id);
    assert_ne!(content_digest(&first), content_digest(&second));
    assert_eq!(triage(&first).died, None);
    assert_eq!(triage(&second).died, Some(DeathReason::DeadAtRelease));

    // Moved in the file, with other line ends and comments: the same report.
    let text = fixture_text("later_fatal_1.xml");
    let moved = text.replace('\n', "\r\n").replace("<Header>", "<!-- again -->\r\n\r\n<Header>");
    let again = read(moved.as_bytes()).valid.remove(0);
    assert_ne!(again.line, first.line);
    assert_eq!(content_digest(&again), content_digest(&first));
}

#[test]
fn a_report_that_is_not_valid_says_where_and_the_others_go_on() {
    let text = fixture_text("one_invalid.xml");
    let read = read(text.as_bytes());
    let line = |start: &str| {
        let second = text.find("1c0b\">").unwrap();
        let at = second + text[second..].find(start).unwrap();
        1 + text[..at].matches('\n').count() as u64
    };
    let found: Vec<_> = read.invalid[0].iter().map(|it| (it.line, it.element, it.code)).collect();
    let expected = [
        (line("<eTimes.03>"), "eTimes.03", "wrong_date_time"),
        (line("<eSituation>"), "eSituation.11", "missing_element"),
    ];
    assert_eq!(found, expected);
    assert_eq!(
        read.valid.iter().map(|report| report.number.as_str()).collect::<Vec<_>>(),
        ["PC-26-112", "PC-26-113"]
    );
    assert_eq!(read.result.map(|summary| (summary.valid, summary.invalid)), Ok((2, 1)));
}
