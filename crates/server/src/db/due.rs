//! Who of those that enter is due: they are put first in a long pull.

use super::{DbError, Result};
use crate::token::MAX_FIRST;
use domain::records::{FollowUp, OverdoseEvent, Record};
use domain::{Change, Millis, PersonId, RecordKind, clock72, fold};
use std::collections::HashSet;

/// How many of the newest events and follow-ups are looked at, so that it costs the same in a county of any size.
pub(super) const LOOKED_AT: i64 = 2_000;

/// Judges changes of events and follow-ups.
pub(super) struct Due<'a> {
    entering: HashSet<&'a PersonId>,
    now: Millis,
    zone: chrono_tz::Tz,
    found: Vec<(Millis, PersonId)>,
}

impl<'a> Due<'a> {
    /// For these people; none where there is nobody to be put first.
    pub(super) fn of(entering: &'a [PersonId], now: Millis, timezone: &str) -> Option<Self> {
        let zone = timezone.parse().unwrap_or(chrono_tz::UTC);
        (entering.len() >= 2).then(|| Self {
            entering: entering.iter().collect(),
            now,
            zone,
            found: Vec::new(),
        })
    }

    /// Whether a change about them is worth reading.
    pub(super) fn wants(&self, person: PersonId) -> bool {
        self.entering.contains(&person)
    }

    /// Takes one in: a running first-contact clock, or a follow-up of today or earlier.
    pub(super) fn look(&mut self, person: PersonId, body: &str) -> Result<()> {
        let change: Change = serde_json::from_str(body).map_err(|_| DbError::Unreadable)?;
        let values = fold([(&change, change.stamp)]).values();
        let by = match change.kind {
            RecordKind::OverdoseEvent => {
                let event = OverdoseEvent::from_values(&values);
                clock72::first_contact_due([&event], clock72::FIRST_CONTACT_HOURS, None)
                    .filter(|by| by.since(self.now) <= clock72::FIRST_CONTACT_HOURS * domain::time::HOUR)
                    .filter(|by| self.now.since(*by) <= 30 * domain::time::DAY)
            }
            _ => {
                let follow_up = FollowUp::from_values(&values);
                let open = follow_up.done_at.is_none() && follow_up.dropped_at.is_none();
                let today = self.now.date_in(self.zone);
                let day = follow_up.due_on.filter(|day| open && *day <= today);
                day.map(|day| domain::time::end_of(day, self.zone))
            }
        };
        self.found.extend(by.map(|by| (by, person)));
        Ok(())
    }

    /// Those who are due, those around now first: what is long overdue was mostly done, or given up.
    pub(super) fn first(mut self) -> Vec<PersonId> {
        self.found.sort_by_key(|(by, person)| (by.since(self.now).abs(), *person));
        let mut first: Vec<PersonId> = Vec::new();
        for (_, person) in self.found {
            if first.len() < MAX_FIRST && !first.contains(&person) {
                first.push(person);
            }
        }
        first
    }
}
