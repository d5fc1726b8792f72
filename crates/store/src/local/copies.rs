//! Sealed copies of own work: what a restored county can still be given after its person has left this device.
//!
//! One copy per answered page: the accepted changes with their stamps and the county's signature, as lines of an offer,
//! compressed and sealed to the county's key. Nothing here can read it again.

use crate::StoreError;
use crate::codec::Id;
use crate::proof;
use crypto::signature::Signature;
use domain::time::DAY;
use domain::{ChangeId, Millis, Stamp};
use rusqlite::Connection;
use sync::wire::{COPY, Proof, UpLine};

/// How long copies are kept, by the county's time.
const KEPT: i64 = 14 * DAY;

/// The lines of a copy, as far as they have been answered.
#[derive(Default)]
pub(super) struct Copy {
    lines: String,
    leaves: Vec<crypto::frame::Leaf>,
}

impl Copy {
    /// Adds an accepted change.
    pub(super) fn add(&mut self, id: ChangeId, stamp: Stamp, body: &str) {
        let place = self.leaves.len();
        self.leaves.push(crypto::frame::leaf(id.bytes(), stamp.0, body));
        self.lines.push_str(&super::offer::line(body, stamp, 0, place as i64));
        self.lines.push('\n');
    }

    /// Seals and keeps it.
    pub(super) fn keep(
        self,
        db: &Connection,
        signature: Option<&Signature>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let (Some(signature), false) = (signature, self.leaves.is_empty()) else { return Ok(()) };
        let Some(key) = proof::sealing_key(db)? else { return Ok(()) };
        let proof = UpLine::Proof(Proof { signature: *signature, leaves: self.leaves });
        let text = [serde_json::to_string(&proof)?.as_str(), "\n", &self.lines].concat();
        let packed = sync::engine::compress(text.as_bytes());
        let sealed = key.seal(COPY, &packed).map_err(|_| StoreError::Damaged)?;
        let id = ChangeId::new(now, crypto::secret::random_bytes());
        let mut insert = db.prepare_cached("insert into copy (id, epoch, sealed) values (?1, 0, ?2)")?;
        insert.execute((Id::from(id), sealed))?;
        Ok(())
    }
}

/// Notes by the county's clock when new copies were made, and drops old ones.
pub(super) fn age(db: &Connection, county_now: Millis) -> Result<(), StoreError> {
    db.prepare_cached("update copy set made = ?1 where made is null")?.execute([county_now.0])?;
    db.prepare_cached("delete from copy where made < ?1")?.execute([county_now.plus(-KEPT).0])?;
    Ok(())
}
