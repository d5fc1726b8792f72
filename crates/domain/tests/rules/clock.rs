//! The first-contact clock: which events start it, what answers it, and what is due first.

use crate::support::NOW;
use chrono::NaiveDate;
use chrono_tz::America::New_York;
use domain::Millis;
use domain::clock72::{Due, FIRST_CONTACT_HOURS, counts_for_outreach, first_contact_due, first_due, is_open};
use domain::codes::{CaseStage, Triage, TriageDecision};
use domain::records::{Case, OverdoseEvent};
use domain::time::{HOUR, end_of};

fn event(hours_ago: i64) -> OverdoseEvent {
    OverdoseEvent { occurred_at: Some(NOW.plus(-hours_ago * HOUR)), ..OverdoseEvent::default() }
}

#[test]
fn the_clock_runs_from_the_overdose_for_the_agencys_hours() {
    let due = |hours| first_contact_due(&[event(10)], hours, None);
    assert_eq!(due(FIRST_CONTACT_HOURS), Some(NOW.plus(62 * HOUR)));
    assert_eq!(due(24), Some(NOW.plus(14 * HOUR)));
    // A county that set nonsense still gets a deadline of at least an hour and at most a month.
    assert_eq!(due(0), Some(NOW.plus(-9 * HOUR)));
    assert_eq!(due(i64::MAX), Some(NOW.plus(710 * HOUR)));
}

#[test]
fn a_new_overdose_restarts_the_clock_and_an_old_contact_does_not_answer_it() {
    let events = [event(300), event(5)];
    let reached = |hours_ago: i64| Some(NOW.plus(-hours_ago * HOUR));
    assert_eq!(first_contact_due(&events, 72, None), Some(NOW.plus(67 * HOUR)));
    assert_eq!(first_contact_due(&events, 72, reached(200)), Some(NOW.plus(67 * HOUR)));
    assert_eq!(first_contact_due(&events, 72, reached(4)), None);
    assert_eq!(first_contact_due(&events, 72, reached(5)), None, "reached at the scene itself");
    assert_eq!(first_contact_due(&[], 72, None), None);
    assert_eq!(first_contact_due(&[OverdoseEvent::default()], 72, None), None, "the time is not known");
}

#[test]
fn which_events_the_team_reaches_out_on() {
    use Triage::{Meets, No, Review};
    use TriageDecision::{NotOverdose, Overdose};
    let later = TriageDecision::Other("poisoning".to_owned());
    // triage | decision | fatal | reach out?
    for (triage, decision, fatal, counts) in [
        (None, None, None, true),
        (Some(Meets), None, None, true),
        (Some(Meets), None, Some(false), true),
        (Some(Review), None, None, false),
        (Some(No), None, None, false),
        (Some(Review), Some(Overdose), None, true),
        (Some(No), Some(Overdose), None, true),
        (Some(Meets), Some(NotOverdose), None, false),
        (Some(Review), Some(NotOverdose), None, false),
        (Some(Review), Some(later), None, true),
        (Some(Meets), Some(Overdose), Some(true), false),
        (Some(Meets), None, Some(true), false),
    ] {
        let row = format!("{triage:?} {decision:?} {fatal:?}");
        let event = OverdoseEvent { triage, triage_decision: decision, fatal, ..event(1) };
        assert_eq!(counts_for_outreach(&event), counts, "{row}");
        assert_eq!(first_contact_due(&[event], 72, None).is_some(), counts, "{row}");
    }
}

#[test]
fn a_death_does_not_hide_an_earlier_overdose_that_was_survived() {
    let fatal = OverdoseEvent { fatal: Some(true), ..event(1) };
    assert_eq!(first_contact_due(&[event(10), fatal], 72, None), Some(NOW.plus(62 * HOUR)));
}

#[test]
fn a_case_is_open_until_it_is_closed_by_stage_or_by_time() {
    let stage = |stage| Case { stage: Some(stage), ..Case::default() };
    assert!(is_open(&Case::default()));
    assert!(is_open(&stage(CaseStage::Declined)), "declining today is not closure");
    assert!(is_open(&stage(CaseStage::Other("paused".to_owned()))));
    assert!(!is_open(&stage(CaseStage::Closed)));
    assert!(!is_open(&Case { closed_at: Some(NOW), ..Case::default() }));
}

#[test]
fn what_is_due_first_comes_first_and_a_day_lasts_until_its_end_in_the_county() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    let contact = |day, ms| Millis(end_of(day, New_York).0 + ms);
    let first = |contact, follow_up| first_due(contact, follow_up, New_York);
    assert_eq!(first(None, None), None);
    assert_eq!(first(Some(NOW), None), Some(Due::FirstContact(NOW)));
    assert_eq!(first(None, Some(day(6))), Some(Due::FollowUp(day(6))));
    assert_eq!(first(Some(contact(day(6), -1)), Some(day(6))), Some(Due::FirstContact(contact(day(6), -1))));
    assert_eq!(first(Some(contact(day(6), 1)), Some(day(6))), Some(Due::FollowUp(day(6))));
    assert_eq!(Due::FollowUp(day(6)).by(New_York), end_of(day(6), New_York));
    assert_eq!(Due::FirstContact(NOW).by(New_York), NOW);
}
