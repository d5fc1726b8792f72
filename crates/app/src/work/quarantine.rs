//! What the county did not take, and the ways out of quarantine: put it right, send it again, hand it over. Nothing is
//! dropped by any of them.

use super::look::SHOWN;
use super::record::{Fields, batch};
use super::stamped;
use crate::batch::Target;
use crate::session::Session;
use crate::views::{QuarantineItem, RehomedView, Saved, SealedFile};
use crate::{App, Error};
use base64::Engine as _;
use domain::codes::CodeList;
use domain::{ChangeId, DeviceId, Op, RecordKind};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use store::{ChangeState, Quarantined};
use sync::letter::Letter;

impl App {
    pub(super) fn quarantine(&self, session: &Session) -> Result<Vec<QuarantineItem>, Error> {
        let all = session.store.quarantine()?;
        let items = all.iter().take(SHOWN).map(|one| {
            let Quarantined { entry, filed_at } = one;
            let change = &entry.change;
            let refusal = entry.refusal.as_ref();
            let values = change.fields.iter().map(|(name, field)| (name.clone(), field.value.clone()));
            Ok(QuarantineItem {
                change: change.id,
                record: change.record,
                kind: change.kind.code().to_owned(),
                op: change.op.code().to_owned(),
                person: change.person,
                person_name: self.name_of(session, change.person)?,
                state: match entry.state {
                    ChangeState::Held => "held",
                    ChangeState::CountyTooOld => "too_old",
                    _ => "refused",
                }
                .to_owned(),
                waits_for: waits_for(one, &all).map(|other| other.entry.change.kind.code().to_owned()),
                field: refusal.map(|refusal| refusal.field.clone()).filter(|field| !field.is_empty()),
                code: refusal.map(|refusal| refusal.code.clone()),
                at: change.happened_at,
                handed_at: *filed_at,
                values: values.collect(),
            })
        });
        items.collect()
    }

    /// What went to the supervisor by itself, for the worker to know.
    pub(super) fn rehomed(&self, session: &Session) -> Result<Vec<RehomedView>, Error> {
        let all = session.store.rehomed()?.into_iter();
        Ok(all.map(|one| RehomedView { draft: one.draft, kind: one.kind, at: one.at }).collect())
    }

    /// Corrects a refused change: a new one under the same record, with what it had seen.
    pub(crate) fn correct(&self, change: ChangeId, fields: Map<String, Value>) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let refused = self.quarantined(&session, change)?.entry;
        if refused.state != ChangeState::Refused {
            return Err(Error::not_found());
        }
        let refused = refused.change;
        let seen: BTreeMap<_, _> =
            refused.fields.iter().map(|(name, f)| (name.clone(), f.seen.clone())).collect();
        let mut values: Fields =
            refused.fields.into_iter().map(|(name, field)| (name, field.value)).collect();
        values.extend(fields);
        let person = refused.person;
        let target = Target { record: refused.record, kind: refused.kind.clone(), person };
        let mut batch = batch(&session, &reader, refused.happened_at);
        match (refused.op, person) {
            (Op::Create, Some(person)) => {
                batch.create_with_id(refused.record, refused.kind, person, values)?;
            }
            (Op::Void, _) => {
                batch.void(target, refused.reason.unwrap_or_default())?;
            }
            _ => {
                batch.amend(target, values, &seen, refused.reason)?;
            }
        }
        let (changes, records) = batch.finish();
        session.store.write((self.clock())(), |tx| {
            tx.correct(change)?;
            Ok::<_, Error>(stamped(changes, || tx.stamp()))
        })?;
        session.syncer.wake();
        Ok(Saved { person, records })
    }

    /// Sends something again as it is, because the reason may have gone: a role that was given back, a county that was
    /// updated. What was refused goes as a new change, because the county repeats its answers.
    pub(crate) fn resend(&self, change: ChangeId) -> Result<(), Error> {
        let session = self.session()?;
        match self.quarantined(&session, change)?.entry.state {
            ChangeState::Refused => self.correct(change, Map::new()).map(drop),
            ChangeState::CountyTooOld => {
                session.store.retry()?;
                session.syncer.wake();
                Ok(())
            }
            _ => Err(Error::not_found()),
        }
    }

    /// Hands something over to the supervisor. It goes with the next sync, and stays visible until the county has it.
    pub(crate) fn hand_over(&self, changes: &[ChangeId]) -> Result<(), Error> {
        let session = self.session()?;
        session.store.file(changes, (self.clock())())?;
        session.syncer.wake();
        Ok(())
    }

    /// The same as a file, for where no sync takes it: only the county can read it. The name says nothing.
    pub(crate) fn seal_for_county(&self, changes: &[ChangeId]) -> Result<SealedFile, Error> {
        let session = self.session()?;
        let now = (self.clock())();
        let unsealable = || Error::new("cannot_seal", "this device has no key to seal with");
        let to = session.home.sealing_key.as_ref().ok_or_else(unsealable)?;
        let letter = Letter {
            county: session.home.county,
            device: session.worker.device,
            user: session.worker.user,
            at: now,
            work: session.store.hand_overs(changes)?,
        };
        let file = letter.seal(&session.home.device_key(), to).ok_or_else(unsealable)?;
        let zone = session.store.zone()?;
        Ok(SealedFile {
            name: format!("porchlight-{}.sealed", now.date_in(zone)),
            content: base64::engine::general_purpose::STANDARD.encode(file),
        })
    }

    /// Lets go of something that was handed over as a file, once its author has heard that it arrived.
    pub(crate) fn settle_filed(&self, change: ChangeId) -> Result<(), Error> {
        Ok(self.session()?.store.settle_filed(change)?)
    }

    /// A supervisor has taken care of work that was handed over.
    pub(crate) fn settle_handed(&self, work: ChangeId, device: Option<DeviceId>) -> Result<(), Error> {
        let session = self.session()?;
        session.store.settle_handed(work, device, (self.clock())())?;
        session.syncer.wake();
        Ok(())
    }

    /// The worker has read what went to the supervisor by itself.
    pub(crate) fn acknowledge_rehomed(&self) -> Result<(), Error> {
        Ok(self.session()?.store.acknowledge_rehomed()?)
    }

    fn quarantined(&self, session: &Session, change: ChangeId) -> Result<Quarantined, Error> {
        let found = session.store.quarantine()?.into_iter().find(|one| one.entry.change.id == change);
        found.ok_or_else(Error::not_found)
    }
}

/// What a held change waits for: the refused `create` of its record, else of its person.
fn waits_for<'a>(held: &Quarantined, all: &'a [Quarantined]) -> Option<&'a Quarantined> {
    if held.entry.state != ChangeState::Held {
        return None;
    }
    let held = &held.entry.change;
    let refused = || {
        all.iter().filter(|one| one.entry.state == ChangeState::Refused && one.entry.change.op == Op::Create)
    };
    refused().find(|one| one.entry.change.record == held.record).or_else(|| {
        refused()
            .find(|one| one.entry.change.kind == RecordKind::Person && one.entry.change.person == held.person)
    })
}
