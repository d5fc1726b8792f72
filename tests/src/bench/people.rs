//! Records people and visits as the app does: the same changes, in one transaction for each thing done.

use super::content::{self, fields};
use super::device::Device;
use crate::demo::Dice;
use app::batch::Batch;
use domain::records::Assignment;
use domain::time::HOUR;
use domain::{Change, Millis, PersonId, RecordKind, TeamId};
use serde_json::json;
use store::{Order, PeopleFilter, Store, VaultIds};

/// How many people, or visits, are recorded in one transaction while a caseload is made.
const AT_ONCE: usize = 100;

impl Device {
    /// Adds `count` people, each with a case that this worker leads.
    ///
    /// # Errors
    /// The domain's or the store's.
    pub fn add_people(&mut self, count: usize, dice: &mut Dice) -> anyhow::Result<()> {
        let mut left = count;
        while left > 0 {
            let some = left.min(AT_ONCE);
            let mut changes = Vec::new();
            for _ in 0..some {
                let (person, made) = self.person(dice)?;
                self.people.push(person);
                changes.extend(made);
            }
            self.record(changes)?;
            left -= some;
        }
        Ok(())
    }

    /// Records `each` visits of everybody.
    ///
    /// # Errors
    /// The domain's or the store's.
    pub fn visit_all(&self, each: usize, dice: &mut Dice) -> anyhow::Result<()> {
        for _ in 0..each {
            for some in self.people.chunks(AT_ONCE) {
                let visits = some.iter().map(|person| self.visit(*person, dice));
                let visits = visits.collect::<anyhow::Result<Vec<_>>>()?;
                self.record(visits.into_iter().flatten().collect())?;
            }
        }
        Ok(())
    }

    /// Records `count` visits of people at hand.
    ///
    /// # Errors
    /// The domain's or the store's.
    pub fn visit_some(&self, count: usize, dice: &mut Dice) -> anyhow::Result<()> {
        for row in self.store.person_list(&PeopleFilter::default(), Order::Name, None, count)?.rows {
            self.record(self.visit(row.person, dice)?)?;
        }
        Ok(())
    }

    /// Writes changes durably, in one transaction.
    ///
    /// # Errors
    /// The store's.
    pub fn record(&self, changes: Vec<Change>) -> anyhow::Result<()> {
        record(&self.store, self.now(), changes)
    }

    /// The two changes of a visit: the attempt that reached the person, and what came of it.
    ///
    /// # Errors
    /// The domain's.
    pub fn visit(&self, person: PersonId, dice: &mut Dice) -> anyhow::Result<Vec<Change>> {
        visit(self.store.ids(), self.now(), person, dice)
    }

    fn person(&self, dice: &mut Dice) -> anyhow::Result<(PersonId, Vec<Change>)> {
        person(self.store.ids(), self.team, self.now(), dice)
    }
}

/// Writes changes durably, in one transaction.
pub(crate) fn record(store: &Store, now: Millis, mut changes: Vec<Change>) -> anyhow::Result<()> {
    store.write(now, |tx| {
        changes.iter_mut().for_each(|change| change.stamp = tx.stamp());
        Ok::<_, store::StoreError>(changes)
    })?;
    Ok(())
}

/// The two changes of a visit.
pub(crate) fn visit(
    ids: &VaultIds,
    now: Millis,
    person: PersonId,
    dice: &mut Dice,
) -> anyhow::Result<Vec<Change>> {
    let (at, [attempt, mut visit]) = content::visit(dice, now);
    let mut batch = Batch::new(ids.user, ids.device, now, at);
    let attempt = batch.create(RecordKind::ContactAttempt, person, attempt)?;
    visit.insert("attempt".to_owned(), json!(attempt));
    batch.create(RecordKind::Visit, person, visit)?;
    Ok(batch.finish().0)
}

/// Somebody new, with a case that the device's user leads.
pub(crate) fn person(
    ids: &VaultIds,
    team: Option<TeamId>,
    now: Millis,
    dice: &mut Dice,
) -> anyhow::Result<(PersonId, Vec<Change>)> {
    let mut batch = Batch::new(ids.user, ids.device, now, now);
    let [who, place, phone] = content::person(dice);
    let person = batch.create_person(who)?;
    batch.create(RecordKind::Place, person, place)?;
    batch.create(RecordKind::Phone, person, phone)?;
    let occurred = now.plus(-(dice.below(90 * 24) as i64 * HOUR));
    let event = json!({ "occurred_at": occurred, "source": "person", "naloxone_given": "yes" });
    batch.create(RecordKind::OverdoseEvent, person, fields(event))?;
    let case = json!({ "stage": "attempting", "opened_at": now, "first_contact_hours": 72, "team": team });
    let case = batch.create(RecordKind::Case, person, fields(case))?;
    let assignment = json!({ "case": case, "team": team, "lead": ids.user, "assigned_at": now });
    let id = Assignment::id_for(case);
    batch.create_with_id(id, RecordKind::Assignment, person, fields(assignment))?;
    Ok((person, batch.finish().0))
}
