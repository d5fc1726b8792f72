//! What commands read of the vault, in the words of this room.

use super::Reader;
use super::heard::Heard;
use super::record_view::{Known, Standing};
use crate::session::Session;
use crate::{App, Error, syncer};
use domain::caseload::{Carried, Member};
use domain::policy::Nearness;
use domain::{PersonId, RecordId};
use store::{ChangeState, StoredRecord};

impl App {
    /// Who looks, when, and where. The county's own records count; what enrolment said stands in until they arrive.
    pub(crate) fn reader(&self, session: &Session) -> Result<Reader, Error> {
        let staff = session.store.staff()?;
        let me = staff.iter().find(|(user, _)| *user == session.worker.user).map(|(_, record)| record);
        let role = me.and_then(|me| me.role.clone()).unwrap_or_else(|| session.home.role());
        let team = me.map_or(session.home.team(), |me| me.team);
        let settings = session.store.settings()?.unwrap_or_default();
        let zone =
            settings.timezone.as_deref().unwrap_or(session.home.timezone()).parse().unwrap_or(chrono_tz::UTC);
        let raw = (self.clock())();
        let offset = Some(session.store.clock_offset(raw)?);
        Ok(Reader {
            me: session.worker.clone(),
            member: Member { user: session.worker.user, role, team },
            names: staff.into_iter().map(|(user, record)| (user, record.name.unwrap_or_default())).collect(),
            zone,
            now: syncer::corrected(raw, offset),
            heard: Heard::of(&session.store.devices_seen()?),
        })
    }

    /// One record with its changes; none when it is not here.
    pub(crate) fn known(&self, session: &Session, record: RecordId) -> Result<Option<Known>, Error> {
        Ok(session.store.stored(record)?.map(known))
    }

    /// As [`Self::known`], of a person who is known, too.
    pub(crate) fn known_about(
        &self,
        session: &Session,
        person: PersonId,
        record: RecordId,
    ) -> Result<Option<Known>, Error> {
        Ok(session.store.stored_of(Some(person), record)?.map(known))
    }

    /// All records of a person.
    pub(crate) fn known_of(&self, session: &Session, person: PersonId) -> Result<Vec<Known>, Error> {
        let bundle = session.store.person(person)?.ok_or_else(Error::not_found)?;
        Ok(bundle.records.into_iter().map(known).collect())
    }

    /// How this user stands to a person, and whether they lead the case.
    pub(crate) fn nearness(
        &self,
        session: &Session,
        reader: &Reader,
        person: PersonId,
    ) -> Result<(Nearness, bool), Error> {
        let row = session.store.person_row(person)?.ok_or_else(Error::not_found)?;
        let carried = Carried { team: row.team, lead: row.lead, partner: row.partner };
        Ok((reader.member.nearness([&carried]), row.lead == Some(session.worker.user)))
    }
}

/// A stored record in the words of this room. What was corrected since is no part of it.
pub(super) fn known(stored: StoredRecord) -> Known {
    let history = stored.history.into_iter().filter(|entry| entry.state != ChangeState::Replaced);
    Known {
        record: stored.id,
        kind: stored.kind,
        person: stored.person,
        folded: stored.folded,
        changes: history.map(|entry| (entry.change, standing(entry.state))).collect(),
    }
}

fn standing(state: ChangeState) -> Standing {
    match state {
        ChangeState::Accepted => Standing::County,
        ChangeState::Local => Standing::Device,
        ChangeState::Held
        | ChangeState::Refused
        | ChangeState::CountyTooOld
        | ChangeState::Replaced
        | ChangeState::Unconfirmed => Standing::Look,
        ChangeState::HandedOver => Standing::Handed,
    }
}
