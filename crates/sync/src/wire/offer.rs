//! How a restored county hears again what it had forgotten.
//!
//! A county whose database was restored counts a new epoch. To a device that comes with a token of an older one it says
//! `offer` and nothing else. The device then says what it holds ([`OfferStep::Compare`]), hears what the county lacks
//! ([`Wanted`]), sends just that, page by page ([`OfferStep::Changes`]), and only then pulls ([`OfferStep::Whole`]): no
//! device is told to forget anything before it has offered it.

use crypto::frame::{LEAF, Leaf};
use crypto::signature::Signature;
use domain::{ChangeId, PersonId, Stamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The code by which a device hears that it may send, and gets nothing until somebody admits it again.
pub const WAITING: &str = "waiting_for_readmission";

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offering {
    /// The epoch in which it is made.
    pub epoch: u32,
    /// The step that this request is.
    pub step: OfferStep,
}

/// The steps of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferStep {
    /// `Hello::compare` has the digests of everything held; the answer says what is wanted.
    Compare,
    /// The lines are a page of what was wanted.
    Changes,
    /// Everything was offered: from here on this is a sync like any other. The first one that pulls compares again.
    Whole,
}

/// What the county has not, or has otherwise: objects of a person, or its own records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Who; none for the county's own records.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Which objects, as a set of `policy::Object::bit`s.
    #[serde(rename = "o")]
    pub objects: u32,
}

/// A change that this county accepted once, as the device was told of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Offered {
    /// The change, as its author's device wrote it.
    #[serde(rename = "c")]
    pub change: Box<RawValue>,
    /// The stamp by which it counts.
    #[serde(rename = "t")]
    pub stamp: Stamp,
    /// Which [`Proof`] of this page it is in: 0 for the first.
    #[serde(rename = "f")]
    pub frame: usize,
    /// Its place among the leaves of that.
    #[serde(rename = "i")]
    pub place: usize,
}

impl std::fmt::Debug for Offered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Offered({} in {})", self.place, self.frame)
    }
}

/// The county's signature under a frame, and the leaves that it signed. Not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The signature.
    #[serde(rename = "s")]
    pub signature: Signature,
    /// The leaves, one after the other.
    #[serde(rename = "l", with = "leaves")]
    pub leaves: Vec<Leaf>,
}

/// Own work that the county once accepted, sealed to it: up lines under zstd, each an [`Offered`] or a [`Proof`]. The
/// device cannot read it any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCopy {
    /// Made for it, to be answered by.
    pub id: ChangeId,
    /// The sealed bytes; base64url in JSON.
    #[serde(with = "bytes")]
    pub sealed: Vec<u8>,
}

/// What copies are sealed for.
pub const COPY: &str = "copy";

mod bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&B64.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        B64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}

mod leaves {
    use super::{LEAF, Leaf, bytes};
    use serde::{Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(leaves: &[Leaf], to: S) -> Result<S::Ok, S::Error> {
        bytes::serialize(leaves.as_flattened(), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Leaf>, D::Error> {
        let bytes = bytes::deserialize(from)?;
        let (leaves, rest) = bytes.as_chunks::<LEAF>();
        if rest.is_empty() { Ok(leaves.to_vec()) } else { Err(D::Error::custom("not whole leaves")) }
    }
}
