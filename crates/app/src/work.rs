//! What a worker reads and records, between the commands and the store.

use crate::views::DueView;
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use domain::caseload::Member;
use domain::clock72::Due;
use domain::policy::{self, Action, Nearness, Object};
use domain::records::{Person, Place};
use domain::{DeviceId, Millis, UserId};
use heard::Heard;
use std::collections::BTreeMap;

mod effects;
pub mod heard;
mod look;
pub mod person_page;
mod quarantine;
mod read;
mod record;
pub mod record_view;
mod supervise;
mod team;
mod vault;

/// Who works on this device.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The user.
    pub user: UserId,
    /// Their device.
    pub device: DeviceId,
}

/// Somebody who looks at records: who they are, what they may see, and when and where they look.
pub struct Reader {
    /// Who works on this device.
    pub me: Worker,
    /// Their role and team.
    pub member: Member,
    /// The names of colleagues.
    pub names: BTreeMap<UserId, String>,
    /// The county's time zone.
    pub zone: Tz,
    /// The corrected time.
    pub now: Millis,
    /// What they have heard of others' devices.
    pub heard: Heard,
}

impl Reader {
    /// A colleague's name; the county itself, and people who are not on the staff list, have none.
    pub fn name_of(&self, user: UserId) -> String {
        self.names.get(&user).cloned().unwrap_or_default()
    }

    /// What is due, with what these workers' devices may hold of it kept apart from what is not done.
    pub fn not_yet_heard(&self, due: DueView, workers: impl IntoIterator<Item = UserId>) -> DueView {
        let late = due.by < self.now;
        let not_heard_since = late.then(|| self.heard.not_since(workers, due.by)).flatten();
        DueView { not_heard_since, ..due }
    }

    /// Whether this role may add somebody the team did not know.
    pub fn may_add_people(&self) -> bool {
        let near = Nearness { own: true, ..Nearness::default() };
        policy::allows(&self.member.role, Action::Create, Object::PersonIdentity, near)
    }

    /// The county's date.
    pub fn today(&self) -> NaiveDate {
        self.now.date_in(self.zone)
    }
}

/// A person's age in years on a day: from the birth date, else from a noted age.
pub fn age(person: &Person, today: NaiveDate) -> Option<i64> {
    let years = |from: NaiveDate| {
        let full = (today.month(), today.day()) >= (from.month(), from.day());
        i64::from(today.year() - from.year()) - i64::from(!full)
    };
    match (person.birth_date, person.age_years, person.age_noted_on) {
        (Some(born), ..) => Some(years(born).max(0)),
        (None, Some(age), Some(noted)) => Some(age + years(noted).max(0)),
        (None, age, None) => age,
        (None, None, Some(_)) => None,
    }
}

/// What is due, for a screen.
pub fn due_view(due: Due, zone: Tz) -> DueView {
    let (what, day) = match due {
        Due::FirstContact(_) => ("first_contact", None),
        Due::FollowUp(day) => ("follow_up", Some(day.to_string())),
    };
    DueView { what: what.to_owned(), by: due.by(zone), day, not_heard_since: None }
}

/// A place on one line: its name, else its street, else how to get there.
pub fn place_line(place: &Place) -> String {
    let street = match (&place.street, &place.unit) {
        (Some(street), Some(unit)) => Some(format!("{street}, {unit}")),
        (Some(street), None) => Some(street.clone()),
        _ => None,
    };
    let parts: Vec<String> =
        [place.label.clone(), street, place.city.clone()].into_iter().flatten().collect();
    if parts.is_empty() { place.directions.clone().unwrap_or_default() } else { parts.join(" · ") }
}

/// Gives every change its stamp, in order.
pub(crate) fn stamped(
    mut changes: Vec<domain::Change>,
    mut stamp: impl FnMut() -> domain::Stamp,
) -> Vec<domain::Change> {
    for change in &mut changes {
        change.stamp = stamp();
    }
    changes
}
