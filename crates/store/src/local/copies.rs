//! Sealed copies of own work: what a restored county can still be given after its person has left this device.
//!
//! One copy per answered page: the accepted changes with their stamps and the county's signature, as lines of an offer,
//! compressed and sealed to the county's key. Nothing here can read it again.

use crate::StoreError;
use crate::codec::Id;
use crate::proof::{self, Place, Signed};
use crate::tx::Tx;
use domain::time::DAY;
use domain::{Millis, Stamp};
use rusqlite::Connection;
use sync::wire::{COPY, UpLine};

/// How long copies are kept, by the county's time.
const KEPT: i64 = 14 * DAY;

/// The lines of a copy, as far as they have been answered.
#[derive(Default)]
pub(super) struct Copy(String);

impl Copy {
    /// Adds an accepted change, at its place among what is signed.
    pub(super) fn add(&mut self, place: Place, stamp: Stamp, body: &str) {
        self.0.push_str(&super::offer::line(body, stamp, 0, place.at));
        self.0.push('\n');
    }

    /// Seals and keeps it, with the proof of what is in it.
    pub(super) fn keep(self, tx: &Tx<'_, '_>, signed: &Signed<'_>, now: Millis) -> Result<(), StoreError> {
        let Some(proof) = signed.proof() else { return Ok(()) };
        let Some(key) = proof::sealing_key(tx.db)? else { return Ok(()) };
        let text = [serde_json::to_string(&UpLine::Proof(proof))?.as_str(), "\n", &self.0].concat();
        let packed = sync::packing::compress(text.as_bytes());
        let sealed = key.seal_with(COPY, &packed, &**tx.entropy).map_err(|_| StoreError::Damaged)?;
        let mut insert = tx.db.prepare_cached("insert into copy (id, epoch, sealed) values (?1, 0, ?2)")?;
        insert.execute((Id::from(tx.id(now)), sealed))?;
        Ok(())
    }
}

/// Notes by the county's clock when new copies were made, and drops old ones.
pub(super) fn age(db: &Connection, county_now: Millis) -> Result<(), StoreError> {
    db.prepare_cached("update copy set made = ?1 where made is null")?.execute([county_now.0])?;
    db.prepare_cached("delete from copy where made < ?1")?.execute([county_now.plus(-KEPT).0])?;
    Ok(())
}
