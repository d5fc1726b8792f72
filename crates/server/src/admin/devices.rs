//! Devices, as administration sees them.

use super::{AdminError, County, Result};
use crate::db::{AuditRow, DeviceRow, MemberRow, WaitingRow};
use domain::DeviceId;

impl County {
    /// The last refusals to those who may not, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditRow>> {
        Ok(self.db.audited(limit).await?)
    }

    /// All devices.
    ///
    /// # Errors
    /// The database.
    pub async fn devices(&self) -> Result<Vec<(DeviceRow, MemberRow)>> {
        Ok(self.db.devices().await?)
    }

    /// Ends a device's admission from its next request on.
    ///
    /// # Errors
    /// No such device.
    pub async fn revoke(&self, device: &str) -> Result<DeviceId> {
        let id: DeviceId = device.parse().map_err(|_| AdminError::NoSuch("device"))?;
        if self.db.revoke(id, self.now()).await? { Ok(id) } else { Err(AdminError::NoSuch("device")) }
    }

    /// Devices that were admitted after the backup that this county was restored from, and have shown themselves since.
    ///
    /// # Errors
    /// The database.
    pub async fn waiting(&self) -> Result<Vec<WaitingRow>> {
        Ok(self.db.waiting().await?)
    }

    /// Admits one of those again.
    ///
    /// # Errors
    /// No such device waits, or its user is not known here: somebody's device must first have brought their record
    /// back.
    pub async fn readmit(&self, device: &str) -> Result<DeviceId> {
        let id: DeviceId = device.parse().map_err(|_| AdminError::NoSuch("device"))?;
        if self.db.readmit(id).await?.is_some() {
            return Ok(id);
        }
        match self.db.waiting().await?.iter().any(|row| row.device.device == id) {
            true => Err(AdminError::Unusable {
                what: "the device",
                why: "whose it is came after the backup; when a supervisor's device has synced, it is known again",
            }),
            false => Err(AdminError::NoSuch("waiting device")),
        }
    }

    /// Counts a new epoch, after the database was restored from a backup: all sessions end, and every device offers
    /// what it holds before it is told anything.
    ///
    /// # Errors
    /// The database.
    pub async fn restored(&self) -> Result<u32> {
        Ok(self.db.new_epoch(None, self.now()).await?)
    }
}
