//! The first-contact clock, and what is due.
//!
//! The clock starts at the overdose, and each new overdose restarts it. The target is 24 to 72 hours (CORE-NC,
//! NCDHHS); every agency sets its own, 72 hours by default. A case that has been reached is due by its follow-ups.

use crate::Millis;
use crate::codes::{CaseStage, Triage, TriageDecision};
use crate::records::{Case, OverdoseEvent};
use crate::time::{HOUR, end_of};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The target where the county has not set another, in hours.
pub const FIRST_CONTACT_HOURS: i64 = 72;

/// What makes somebody due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// They should first be reached by then.
    FirstContact(Millis),
    /// A follow-up falls on this day.
    FollowUp(NaiveDate),
}

impl Due {
    /// The moment by which it is due: for a day, its end in the county.
    pub fn by(self, zone: Tz) -> Millis {
        match self {
            Due::FirstContact(moment) => moment,
            Due::FollowUp(day) => end_of(day, zone),
        }
    }
}

/// Whether an event is one to reach out on: not fatal, not decided to be none, and not waiting for a human look.
pub fn counts_for_outreach(event: &OverdoseEvent) -> bool {
    let decided = match (&event.triage_decision, &event.triage) {
        (Some(TriageDecision::NotOverdose), _) => false,
        (Some(_), _) => true,
        (None, Some(Triage::Review | Triage::No)) => false,
        (None, _) => true,
    };
    decided && event.fatal != Some(true)
}

/// Whether the team is still trying to reach the person or walking with them.
pub fn is_open(case: &Case) -> bool {
    case.closed_at.is_none() && case.stage != Some(CaseStage::Closed)
}

/// The moment by which a person should first be reached, given when they were last reached at all.
///
/// `None` when the latest event has been answered by a contact, or there is no event to answer.
pub fn first_contact_due<'a>(
    events: impl IntoIterator<Item = &'a OverdoseEvent>,
    hours: i64,
    last_reached: Option<Millis>,
) -> Option<Millis> {
    let latest =
        events.into_iter().filter(|event| counts_for_outreach(event)).filter_map(|e| e.occurred_at).max()?;
    let answered = last_reached.is_some_and(|reached| reached >= latest);
    (!answered).then(|| latest.plus(hours.clamp(1, 720) * HOUR))
}

/// The one thing that a person is due for first.
pub fn first_due(contact: Option<Millis>, follow_up: Option<NaiveDate>, zone: Tz) -> Option<Due> {
    let contact = contact.map(Due::FirstContact);
    let follow_up = follow_up.map(Due::FollowUp);
    [contact, follow_up].into_iter().flatten().min_by_key(|due| due.by(zone))
}
