//! The county's signature under what it kept or delivered, by which a restored county knows its own again.
//!
//! Every run of changes (the answers to a push, one frame of a pull) ends with one signature over their *leaves*. A
//! device keeps the leaves and the signature: with them it can prove later, to a county whose database has forgotten
//! it, that exactly this text counted by exactly this stamp. A leaf says nothing about what it is the hash of.
//!
//! Formats, promises (`tests/vectors/frame.json`): a leaf is the SHA-256 over a domain string, the change's id, its
//! effective stamp (big-endian) and its text. Signed, for the purpose `frame`, are the county's id and the SHA-256
//! over the concatenated leaves.

use sha2::{Digest, Sha256};

use crate::county::{CountyPublicKey, CountySecret};
use crate::error::Forged;
use crate::signature::Signature;

/// What the signature is for.
const PURPOSE: &str = "frame";
/// Bytes of a leaf.
pub const LEAF: usize = 32;

/// What stands for one change in a frame.
pub type Leaf = [u8; LEAF];

/// The leaf of a change: its id, the stamp by which it counts, its text letter for letter.
pub fn leaf(change: [u8; 16], stamp: u64, text: &str) -> Leaf {
    Sha256::new_with_prefix(b"porchlight/v1/leaf")
        .chain_update(change)
        .chain_update(stamp.to_be_bytes())
        .chain_update(text)
        .finalize()
        .into()
}

/// The leaves of a frame under way, added up without being kept.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
    hash: Sha256,
    count: u64,
}

impl Leaves {
    /// Adds the next one.
    pub fn push(&mut self, leaf: &Leaf) {
        self.hash.update(leaf);
        self.count += 1;
    }

    /// Whether there is none: an empty frame is not signed.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Signs these leaves as the county of this id.
    pub fn sign(self, secret: &CountySecret, county: [u8; 16]) -> Signature {
        secret.sign(PURPOSE, &self.message(county))
    }

    /// Checks the county's signature under these leaves.
    ///
    /// # Errors
    /// Other leaves, another order of them, another county or another key.
    pub fn verify(
        self,
        county: [u8; 16],
        signature: &Signature,
        key: &CountyPublicKey,
    ) -> Result<(), Forged> {
        key.verify(PURPOSE, &self.message(county), signature)
    }

    fn message(self, county: [u8; 16]) -> [u8; 16 + LEAF] {
        let mut message = [0; 16 + LEAF];
        message[..16].copy_from_slice(&county);
        message[16..].copy_from_slice(&self.hash.finalize());
        message
    }
}

impl<'a> FromIterator<&'a Leaf> for Leaves {
    fn from_iter<I: IntoIterator<Item = &'a Leaf>>(leaves: I) -> Self {
        let mut all = Self::default();
        leaves.into_iter().for_each(|leaf| all.push(leaf));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINE: [u8; 16] = [7; 16];

    #[test]
    fn a_leaf_depends_on_everything_it_stands_for() {
        let one = leaf([1; 16], 5, "{}");
        assert_eq!(one, leaf([1; 16], 5, "{}"));
        for other in [leaf([2; 16], 5, "{}"), leaf([1; 16], 6, "{}"), leaf([1; 16], 5, "{ }")] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_signature_holds_for_its_leaves_in_their_order_at_its_county() {
        let secret = CountySecret::generate();
        let key = secret.public();
        let leaves = [leaf([1; 16], 5, "a"), leaf([2; 16], 6, "b")];
        let signature = leaves.iter().collect::<Leaves>().sign(&secret, PINE);
        let check = |leaves: &[Leaf], county, key: &CountyPublicKey| {
            leaves.iter().collect::<Leaves>().verify(county, &signature, key)
        };
        assert_eq!(check(&leaves, PINE, &key), Ok(()));
        assert_eq!(check(&leaves[..1], PINE, &key), Err(Forged));
        assert_eq!(check(&[leaves[1], leaves[0]], PINE, &key), Err(Forged));
        assert_eq!(check(&leaves, [8; 16], &key), Err(Forged));
        assert_eq!(check(&leaves, PINE, &CountySecret::generate().public()), Err(Forged));
    }
}
