//! Devices, as administration sees them.

use super::{AdminError, County, Result};
use crate::db::{DeviceRow, MemberRow};
use domain::DeviceId;

impl County {
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
}
