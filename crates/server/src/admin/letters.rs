//! Work that comes as a sealed file, because no sync takes it: from a device that is no longer let in, or that never
//! reached the county again.

use super::{AdminError, County, Result};
use crate::db::{DeviceRow, MemberRow, WaitingRow};
use crate::decide::{Author, Line, Page};
use crypto::device_key::DevicePublicKey;
use domain::{DeviceId, Millis};
use serde::Serialize;
use std::path::Path;
use sync::letter::{Letter, NotALetter};
use sync::wire::Verdict;

/// What a file brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LetterReport {
    /// Its path, as given.
    pub file: String,
    /// Whose work it is.
    pub from: String,
    /// When it was written, by the device's clock.
    pub written: Millis,
    /// How many items are in quarantine now, those of an earlier reading included.
    pub taken: usize,
    /// How many are too long to be kept.
    pub refused: usize,
}

impl County {
    /// Reads a sealed file into quarantine, where the supervisor sees it. The same file again changes nothing. A
    /// device whose admission has ended, or that waits to be admitted again, is heard all the same: what its worker
    /// wrote is not less true for that, and somebody looks at it before anything comes of it.
    ///
    /// # Errors
    /// The file is not one of this county's devices.
    pub async fn open_letter(&self, file: &Path) -> Result<LetterReport> {
        let sealed = Letter::open(&self.secret, &std::fs::read(file)?)?;
        let found = match self.db.device(sealed.device()).await? {
            None => self.waiting_device(sealed.device()).await?,
            found => found,
        };
        let (device, owner) = found.ok_or(AdminError::NoSuch("device"))?;
        let letter = sealed.proven(&DevicePublicKey::from_bytes(device.key))?;
        if letter.county != self.db.county().await?.id || letter.user != owner.user {
            return Err(NotALetter::NotSigned.into());
        }
        let author = Author::Device { member: owner.member(), device: device.device };
        let lines = letter.work.into_iter().map(Line::Letter).collect();
        let outcome =
            self.db.accept(Page { author, received: self.now(), lines, contact: None }, None).await?;
        let taken = outcome.answers.iter().filter(|answer| answer.verdict == Verdict::HandedOver).count();
        Ok(LetterReport {
            file: file.display().to_string(),
            from: owner.name,
            written: letter.at,
            taken,
            refused: outcome.answers.len() - taken,
        })
    }

    /// A device that this county has forgotten and that has shown its certificate since; and whose it is, if that is
    /// known here.
    async fn waiting_device(&self, id: DeviceId) -> Result<Option<(DeviceRow, MemberRow)>> {
        let waiting = self.db.waiting().await?.into_iter().find(|row| row.device.device == id);
        let Some(WaitingRow { device, .. }) = waiting else { return Ok(None) };
        let members = self.db.members().await?;
        Ok(members.into_iter().find(|member| member.user == device.user).map(|member| (device, member)))
    }
}
