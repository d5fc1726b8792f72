//! The sum by which a device and the county see that they hold the same changes.
//!
//! Each change gives an entry from its id and its effective stamp; entries are added modulo 2¹²⁸. So the sum does
//! not depend on order, and one change is put in or taken out without the others. It finds loss, doubling and stale
//! stamps; against somebody who crafts thousands of ids to make two sums meet it is no proof, and nothing relies on
//! it for that.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sha2::{Digest, Sha256};

use crate::encoding::{hex, unhex};
use crate::error::Malformed;

/// A sum of entries, or one entry: 16 bytes, big-endian; lower-case hexadecimal in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RecordDigest([u8; 16]);

impl RecordDigest {
    /// The sum of nothing.
    pub const ZERO: Self = Self([0; 16]);

    /// The entry of one change: the first 16 bytes of SHA-256 over a domain string, the id and the stamp (big-endian).
    pub fn entry(change_id: [u8; 16], effective_stamp: u64) -> Self {
        let hash = Sha256::new_with_prefix(b"porchlight/v1/digest")
            .chain_update(change_id)
            .chain_update(effective_stamp.to_be_bytes())
            .finalize();
        let mut entry = [0; 16];
        entry.copy_from_slice(&hash[..16]);
        Self(entry)
    }

    /// Takes the bytes of a stored sum.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for storing.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    fn number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl Add for RecordDigest {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.number().wrapping_add(other.number()).to_be_bytes())
    }
}

impl Sub for RecordDigest {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.number().wrapping_sub(other.number()).to_be_bytes())
    }
}

impl AddAssign for RecordDigest {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for RecordDigest {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for RecordDigest {
    fn sum<I: Iterator<Item = Self>>(entries: I) -> Self {
        entries.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for RecordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for RecordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordDigest({self})")
    }
}

impl FromStr for RecordDigest {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        unhex(text).map(Self)
    }
}

impl Serialize for RecordDigest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordDigest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Vec<RecordDigest>> {
        proptest::collection::vec(
            any::<([u8; 16], u64)>().prop_map(|(id, at)| RecordDigest::entry(id, at)),
            1..40,
        )
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same_sum(
            (entries, shuffled) in entries().prop_flat_map(|e| (Just(e.clone()), Just(e).prop_shuffle()))
        ) {
            let sum: RecordDigest = entries.into_iter().sum();
            prop_assert_eq!(sum, shuffled.into_iter().sum());
        }

        #[test]
        fn taking_out_what_was_put_in_gives_the_old_sum(entries in entries(), id: [u8; 16], at: u64) {
            let before: RecordDigest = entries.into_iter().sum();
            let entry = RecordDigest::entry(id, at);
            let mut after = before;
            after += entry;
            prop_assert_ne!(after, before);
            after -= entry;
            prop_assert_eq!(after, before);
        }

        #[test]
        fn loss_doubling_and_another_stamp_show(entries in entries(), id: [u8; 16], at: u64) {
            let rest: RecordDigest = entries.into_iter().sum();
            let entry = RecordDigest::entry(id, at);
            let whole = rest + entry;
            prop_assert_ne!(whole, rest);
            prop_assert_ne!(whole, whole + entry);
            prop_assert_ne!(whole, rest + RecordDigest::entry(id, at ^ 1));
        }

        #[test]
        fn text_gives_the_digest_back(bytes: [u8; 16]) {
            let digest = RecordDigest::from_bytes(bytes);
            let json = serde_json::to_string(&digest).unwrap();
            prop_assert_eq!(serde_json::from_str::<RecordDigest>(&json).unwrap(), digest);
        }
    }
}
