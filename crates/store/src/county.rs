//! The county's own records: teams, staff, settings.

use crate::codec::Owner;
use crate::store::Store;
use crate::summary::{RecordRow, records_of};
use crate::{StoreError, meta};
use chrono_tz::Tz;
use domain::clock72::FIRST_CONTACT_HOURS;
use domain::records::{CountySettings, Record, Staff, Team};
use domain::{TeamId, UserId};
use rusqlite::Connection;

const ZONE: &str = "timezone";
const HOURS: &str = "first_contact_hours";

/// What due times depend on.
pub(crate) struct Calendar {
    pub zone: Tz,
    pub hours: i64,
}

impl Calendar {
    pub(crate) fn read(db: &Connection) -> Result<Self, StoreError> {
        let zone = meta::text(db, ZONE)?.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
        Ok(Self { zone, hours: meta::number(db, HOURS)?.unwrap_or(FIRST_CONTACT_HOURS) })
    }
}

/// Keeps at hand what the settings say about time.
pub(crate) fn note_settings(db: &Connection) -> Result<(), StoreError> {
    let settings = settings(db)?.unwrap_or_default();
    meta::put(db, ZONE, settings.timezone.unwrap_or_default().as_bytes())?;
    meta::put_number(db, HOURS, settings.first_contact_hours.unwrap_or(FIRST_CONTACT_HOURS))
}

fn settings(db: &Connection) -> Result<Option<CountySettings>, StoreError> {
    Ok(of_kind::<CountySettings>(db)?.first().map(RecordRow::facts))
}

fn of_kind<R: Record>(db: &Connection) -> Result<Vec<RecordRow>, StoreError> {
    let all = records_of(db, Owner(None))?;
    Ok(all.into_iter().filter(|row| row.kind == R::KIND).collect())
}

impl Store {
    /// What the county has settled; `None` before the first pull.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings(&self) -> Result<Option<CountySettings>, StoreError> {
        self.read(settings)
    }

    /// The county's time zone; UTC before the first pull.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn zone(&self) -> Result<Tz, StoreError> {
        self.read(|db| Ok(Calendar::read(db)?.zone))
    }

    /// Everybody who works or worked in the county, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn staff(&self) -> Result<Vec<(UserId, Staff)>, StoreError> {
        let rows = self.read(of_kind::<Staff>)?;
        Ok(rows.iter().map(|row| (UserId::from(row.id), row.facts())).collect())
    }

    /// The county's teams, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn teams(&self) -> Result<Vec<(TeamId, Team)>, StoreError> {
        let rows = self.read(of_kind::<Team>)?;
        Ok(rows.iter().map(|row| (TeamId(row.id.0), row.facts())).collect())
    }
}
