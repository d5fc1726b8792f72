//! What needs a look: rival values, what the county did not take, work that was handed over; and where sync stands.

use super::Reader;
use super::record_view::claim_view;
use crate::session::Session;
use crate::syncer::{Doing, LARGE_OFFSET};
use crate::views::{ConflictView, HandedOverView, LookView, SyncView};
use crate::{App, Error};
use domain::PersonId;
use domain::codes::CodeList;
use std::cmp::Reverse;
use store::Handed;

/// How many items a screen shows at once; the rest come when these are settled.
pub(super) const SHOWN: usize = 200;

impl App {
    /// Everything that needs a look.
    pub(crate) fn needs_a_look(&self) -> Result<LookView, Error> {
        let session = self.session()?;
        let reader = self.reader(&session)?;
        let handed_over = session.store.handed_over()?.into_iter().map(|Handed { work: item, settling }| {
            let settled = item.settled.map(|settled| (settled.by, settled.at));
            let settled = settled.or(settling.map(|at| (session.worker.user, at)));
            Ok(HandedOverView {
                settled_by: settled.map(|(by, _)| reader.name_of(by)),
                settled_at: settled.map(|(_, at)| at),
                id: item.id,
                device: item.device,
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
        let mut handed_over = handed_over.collect::<Result<Vec<_>, Error>>()?;
        handed_over.sort_by_key(|item: &HandedOverView| {
            // What has waited longest, then what was last taken care of.
            let waited = item.settled_at.is_none().then_some(item.received);
            (item.settled_at.is_some(), waited, item.settled_at.map(Reverse))
        });
        Ok(LookView {
            conflicts: self.conflicts(&session, &reader)?,
            quarantine: self.quarantine(&session)?,
            handed_over_waiting: session.store.handed_waiting()?,
            handed_over,
            rehomed: self.rehomed(&session)?,
        })
    }

    /// How many items need a look, for a badge.
    pub(crate) fn look_count(&self, session: &Session) -> Result<u32, Error> {
        let outbox = session.store.outbox_state()?;
        let own = (outbox.refused + outbox.held + outbox.county_too_old).saturating_sub(outbox.filed);
        let waiting = session.store.handed_waiting()?;
        let rivals = session.store.person_conflicts()?;
        let told = u32::from(!session.store.rehomed()?.is_empty());
        Ok(rivals + own + told + waiting)
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

    pub(super) fn name_of(
        &self,
        session: &Session,
        person: Option<PersonId>,
    ) -> Result<Option<String>, Error> {
        let row = person.map(|person| session.store.person_row(person)).transpose()?.flatten();
        Ok(row.map(|row| row.name))
    }

    /// Where sync stands. "Up to date" only means that the digests matched and nothing is unsent.
    pub(crate) fn sync_state(&self) -> Result<SyncView, Error> {
        let doing = self.session()?.syncer.doing();
        self.sync_state_after(&doing)
    }

    /// As [`App::sync_state`], while the syncer does this or after it came to this.
    pub(crate) fn sync_state_after(&self, doing: &Doing) -> Result<SyncView, Error> {
        let session = self.session()?;
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
            needs_a_look: (outbox.refused + outbox.held + outbox.county_too_old).saturating_sub(outbox.filed),
            arriving: state.arriving,
            progress: doing.progress.people.filter(|_| doing.running),
            step: doing
                .running
                .then(|| if doing.progress.answered { "answered" } else { "connecting" }.to_owned()),
            oldest: outbox.oldest,
            handed: outbox.filed,
            clock_offset: Some(session.store.clock_offset((self.clock())())?)
                .filter(|offset| offset.abs() >= LARGE_OFFSET),
            trouble,
            search_incomplete: state.notes_left > 0,
        })
    }
}
