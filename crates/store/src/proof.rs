//! The county's signatures under what it accepted and delivered: kept so that a county which was restored from a
//! backup can be shown what it had said.
//!
//! One row per signed frame, with the leaves of all its changes; each change names its frame and its place there. A
//! leaf is a hash: it says nothing of people who are no longer held.

use crate::StoreError;
use crate::meta;
use crypto::frame::{LEAF, Leaf};
use crypto::signature::Signature;
use rusqlite::Connection;
use sync::wire::Proof;

/// Where the proof of a change is: the number of the frame, and the place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub frame: i64,
    pub at: i64,
}

/// The proof of a frame under way.
pub(crate) struct Signed<'a> {
    signature: Option<&'a Signature>,
    frame: i64,
    leaves: Vec<Leaf>,
    used: bool,
}

impl<'a> Signed<'a> {
    /// For a frame under this signature; without one, nothing is kept.
    pub(crate) fn new(db: &Connection, signature: Option<&'a Signature>) -> Result<Self, StoreError> {
        let frame = match signature {
            Some(_) => db
                .prepare_cached("select coalesce(max(n), 0) + 1 from proof")?
                .query_row([], |row| row.get(0))?,
            None => 0,
        };
        Ok(Self { signature, frame, leaves: Vec::new(), used: false })
    }

    /// Adds the leaf of the frame's next change; returns where its proof will be.
    pub(crate) fn add(&mut self, leaf: Leaf) -> Option<Place> {
        self.signature?;
        self.leaves.push(leaf);
        Some(Place { frame: self.frame, at: self.leaves.len() as i64 - 1 })
    }

    /// What has been added, as it is offered; none without a signature, or of nothing.
    pub(crate) fn proof(&self) -> Option<Proof> {
        let signature = self.signature.filter(|_| !self.leaves.is_empty())?;
        Some(Proof { signature: *signature, leaves: self.leaves.clone() })
    }

    /// Says that a change needs this proof. A frame that nothing needs is not kept.
    pub(crate) fn is_used(&mut self) {
        self.used = true;
    }

    /// Keeps it, in the transaction of the changes that need it.
    pub(crate) fn keep(self, db: &Connection) -> Result<(), StoreError> {
        let Some(signature) = self.signature.filter(|_| self.used) else { return Ok(()) };
        let mut insert = db.prepare_cached("insert into proof (n, signature, leaves) values (?1, ?2, ?3)")?;
        insert.execute((self.frame, signature.as_bytes().as_slice(), self.leaves.as_flattened()))?;
        Ok(())
    }
}

/// A proof as it is offered.
pub(crate) fn read(db: &Connection, frame: i64) -> Result<Proof, StoreError> {
    let mut find = db.prepare_cached("select signature, leaves from proof where n = ?1")?;
    let (signature, leaves): ([u8; 64], Vec<u8>) =
        find.query_row([frame], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (leaves, _) = leaves.as_chunks::<LEAF>();
    Ok(Proof { signature: Signature::from_bytes(signature), leaves: leaves.to_vec() })
}

/// Lets go of proofs that no change needs any more.
pub(crate) fn sweep(db: &Connection) -> Result<(), StoreError> {
    db.execute("delete from proof where n not in (select proof from change where proof is not null)", [])?;
    Ok(())
}

/// What copies are sealed to the county with, where enrolment brought it.
pub(crate) fn sealing_key(db: &Connection) -> Result<Option<crypto::sealed::SealingPublicKey>, StoreError> {
    let bytes = meta::get(db, &["app/", crate::SEALING_KEY].concat())?;
    let key = bytes.map(|bytes| <[u8; 32]>::try_from(bytes.as_slice())).transpose();
    Ok(key.map_err(|_| StoreError::Damaged)?.map(crypto::sealed::SealingPublicKey::from_bytes))
}
