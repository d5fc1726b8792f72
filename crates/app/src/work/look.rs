//! What needs a look: rival values, refused changes, work that was handed over; and where sync stands.

use super::record::{Fields, batch};
use super::record_view::claim_view;
use super::{Reader, stamped};
use crate::batch::Target;
use crate::session::Session;
use crate::syncer::LARGE_OFFSET;
use crate::views::{ConflictView, HandedOverView, LookView, QuarantineItem, Saved, SyncView};
use crate::{App, Error};
use domain::codes::CodeList;
use domain::{ChangeId, Op, PersonId};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use store::ChangeState;

/// How many items a screen shows at once; the rest come when these are settled.
const SHOWN: usize = 200;

impl App {
    /// Everything that needs a look.
    pub(crate) fn needs_a_look(&self) -> Result<LookView, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let handed_over = session.store.handed_over()?.into_iter().map(|item| {
            Ok(HandedOverView {
                id: item.id,
                person: item.person,
                person_name: self.name_of(&session, Some(item.person))?,
                author: reader.name_of(item.author),
                what: match item.what {
                    sync::wire::HandOverKind::Refused => "refused",
                    sync::wire::HandOverKind::Draft => "draft",
                }
                .to_owned(),
                received: item.received,
                code: item.code,
                body: item.body,
            })
        });
        Ok(LookView {
            conflicts: self.conflicts(&session, &reader)?,
            quarantine: self.quarantine(&session)?,
            handed_over: handed_over.collect::<Result<_, Error>>()?,
        })
    }

    /// How many items need a look, for a badge.
    pub(crate) fn look_count(&self, session: &Session) -> Result<u32, Error> {
        let waiting = session.store.quarantine()?.len() + session.store.handed_over()?.len();
        let rivals = session.store.person_conflicts()?;
        Ok(rivals + u32::try_from(waiting).unwrap_or(u32::MAX))
    }

    fn conflicts(&self, session: &Session, reader: &Reader) -> Result<Vec<ConflictView>, Error> {
        let mut views = Vec::new();
        for conflict in session.store.conflicts()?.into_iter().take(SHOWN) {
            let known = super::vault::known(conflict.record);
            for (name, field) in known.folded.fields.iter().filter(|(_, field)| field.in_conflict()) {
                views.push(ConflictView {
                    person: known.person,
                    person_name: Some(conflict.name.clone()),
                    record: known.record,
                    kind: known.kind.code().to_owned(),
                    field: name.clone(),
                    claims: field.claims.iter().map(|claim| claim_view(claim, reader)).collect(),
                    seen: field.seen(),
                    may_choose: self.may_choose(session, reader, &known, name)?,
                });
            }
        }
        Ok(views)
    }

    fn quarantine(&self, session: &Session) -> Result<Vec<QuarantineItem>, Error> {
        let items = session.store.quarantine()?.into_iter().take(SHOWN).map(|entry| {
            let change = entry.change;
            Ok(QuarantineItem {
                change: change.id,
                record: change.record,
                kind: change.kind.code().to_owned(),
                person: change.person,
                person_name: self.name_of(session, change.person)?,
                state: match entry.state {
                    ChangeState::Held => "held",
                    ChangeState::CountyTooOld => "too_old",
                    _ => "refused",
                }
                .to_owned(),
                field: entry
                    .refusal
                    .as_ref()
                    .map(|refusal| refusal.field.clone())
                    .filter(|field| !field.is_empty()),
                code: entry.refusal.map(|refusal| refusal.code),
                at: change.happened_at,
                values: change.fields.into_iter().map(|(name, field)| (name, field.value)).collect(),
            })
        });
        items.collect()
    }

    /// Corrects a refused change: a new one under the same record, with what it had seen.
    pub(crate) fn correct(&self, change: ChangeId, fields: Map<String, Value>) -> Result<Saved, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let refused = session.store.quarantine()?.into_iter().find(|entry| entry.change.id == change);
        let refused = refused.ok_or_else(Error::not_found)?.change;
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

    fn name_of(&self, session: &Session, person: Option<PersonId>) -> Result<Option<String>, Error> {
        let row = person.map(|person| session.store.person_row(person)).transpose()?.flatten();
        Ok(row.map(|row| row.name))
    }

    /// Where sync stands. "Up to date" only means that the digests matched and nothing is unsent.
    pub(crate) fn sync_state(&self) -> Result<SyncView, Error> {
        let session = self.session()?;
        let doing = session.syncer.doing();
        let state = session.store.sync_state()?;
        let outbox = state.outbox;
        let trouble =
            doing.trouble.clone().map(|trouble| Error::from(trouble).code).or(doing.local_trouble.clone());
        let offline = matches!(
            doing.trouble,
            Some(sync::ports::RemoteError::Unreachable | sync::ports::RemoteError::Interrupted)
        );
        let phase = if doing.running {
            "syncing"
        } else if offline {
            "offline"
        } else if trouble.is_some() {
            "trouble"
        } else if state.agrees && outbox.unsent() == 0 {
            "up_to_date"
        } else if state.agreed_at.is_none() {
            "never"
        } else {
            "waiting"
        };
        Ok(SyncView {
            phase: phase.to_owned(),
            agreed_at: state.agreed_at,
            on_device: outbox.local,
            needs_a_look: outbox.refused + outbox.held + outbox.county_too_old,
            arriving: state.arriving,
            progress: doing.progress.people.filter(|_| doing.running),
            clock_offset: Some(state.clock_offset).filter(|offset| offset.abs() >= LARGE_OFFSET),
            trouble,
            search_incomplete: state.notes_left > 0,
        })
    }
}
