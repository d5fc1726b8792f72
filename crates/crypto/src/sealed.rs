//! Bytes that anybody may close and only the county can open again: HPKE (RFC 9180) in base mode.
//!
//! A device seals what it must keep but must not be able to read any more: copies of accepted work about people it
//! has erased, and work that is handed over as a file. Who sealed it is not part of this: what is inside says and
//! proves that for itself.
//!
//! Format, a promise (`tests/vectors/sealed.json`): one byte of version, the 32 bytes of the encapsulated key, the
//! ciphertext with its tag. Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. `info` is a transcript
//! that names the purpose, so that a copy never opens as a file.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, single_shot_seal_with_rng};
use rand_core::{TryCryptoRng, TryRng};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use zeroize::Zeroizing;

use crate::encoding::{base64url, unbase64url_array};
use crate::error::{Forged, Malformed};
use crate::secret::{Secret32, fill_random};
use crate::transcript::Transcript;

/// The version that is written here.
const VERSION: u8 = 1;
/// Bytes of the encapsulated key.
const ENCAPSULATED: usize = 32;
/// How many bytes longer the sealed form is.
pub const OVERHEAD: usize = 1 + ENCAPSULATED + 16;

/// What things are sealed to a county with: the public half of a key that follows from its secret. base64url in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealingPublicKey(#[serde(with = "crate::encoding::as_base64url")] [u8; 32]);

impl SealingPublicKey {
    /// Takes the 32 bytes of an X25519 public key, unchecked: [`Self::seal`] checks them.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// base64url without padding, 43 characters.
    pub fn to_text(&self) -> String {
        base64url(&self.0)
    }

    /// Reads [`Self::to_text`].
    ///
    /// # Errors
    /// Not 32 bytes of base64url.
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        unbase64url_array(text).map(Self)
    }

    /// Seals `message` for one purpose, for example `copy` or `hand-over`. Twice the same gives different bytes.
    ///
    /// # Errors
    /// These bytes are no key that anything can be sealed to.
    ///
    /// # Panics
    /// As [`crate::secret::random_bytes`].
    pub fn seal(&self, purpose: &str, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        self.seal_with(purpose, message, &fill_random)
    }

    /// As [`Self::seal`], with randomness from `fill`: for a simulation, which must be able to do the same twice.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn seal_with(
        &self,
        purpose: &str,
        message: &[u8],
        fill: &dyn Fn(&mut [u8]),
    ) -> Result<Vec<u8>, Malformed> {
        let to = PublicKey::from_bytes(&self.0).map_err(|_| Malformed)?;
        let (key, text) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &to,
            info(purpose).bytes(),
            message,
            b"",
            &mut Filled(fill),
        )
        .map_err(|_| Malformed)?;
        Ok([&[VERSION], key.to_bytes().as_slice(), &text].concat())
    }
}

/// Randomness that somebody fills in.
struct Filled<'f>(&'f dyn Fn(&mut [u8]));

impl Filled<'_> {
    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

impl TryRng for Filled<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(to);
        Ok(())
    }
}

impl TryCryptoRng for Filled<'_> {}

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;

/// The county's half.
pub(crate) struct SealingKey(PrivateKey);

impl SealingKey {
    /// The key pair that follows from `seed` (RFC 9180, `DeriveKeyPair`).
    pub(crate) fn derive(seed: &Secret32) -> Self {
        Self(X25519HkdfSha256::derive_keypair(seed.as_bytes()).0)
    }

    pub(crate) fn public(&self) -> SealingPublicKey {
        SealingPublicKey(X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into())
    }

    pub(crate) fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Forged> {
        let (version, rest) = sealed.split_first().ok_or(Forged)?;
        let (key, text) = rest.split_at_checked(ENCAPSULATED).ok_or(Forged)?;
        if *version != VERSION {
            return Err(Forged);
        }
        let key = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(key).map_err(|_| Forged)?;
        let mut context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &key,
            info(purpose).bytes(),
        )
        .map_err(|_| Forged)?;
        context.open(text, b"").map(Zeroizing::new).map_err(|_| Forged)
    }
}

fn info(purpose: &str) -> Transcript {
    Transcript::new("porchlight/v1/sealed").field(purpose.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::county::CountySecret;
    use crate::error::Forged;
    use crate::secret::Secret32;

    use super::*;

    fn pine() -> CountySecret {
        CountySecret::from_secret(Secret32::from_bytes([5; 32]))
    }

    #[test]
    fn only_the_county_opens_it_and_only_for_its_purpose() {
        let sealed = pine().sealing_public().seal("copy", b"a visit").unwrap();
        assert_eq!(sealed.len(), 7 + OVERHEAD);
        assert_eq!(pine().open("copy", &sealed).unwrap().as_slice(), b"a visit");
        assert_eq!(pine().open("hand-over", &sealed), Err(Forged));
        assert_eq!(CountySecret::generate().open("copy", &sealed), Err(Forged));
        assert_ne!(pine().sealing_public().seal("copy", b"a visit").unwrap(), sealed);
    }

    #[test]
    fn keys_travel_as_text_and_bad_ones_seal_nothing() {
        let key = pine().sealing_public();
        assert_eq!(SealingPublicKey::from_text(&key.to_text()), Ok(key));
        assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{}\"", key.to_text()));
        assert!(SealingPublicKey::from_text("AAAA").is_err());
        // A point of small order would give a secret that everybody knows.
        assert_eq!(SealingPublicKey::from_bytes([0; 32]).seal("copy", b"a visit"), Err(Malformed));
    }

    proptest! {
        #[test]
        fn no_changed_one_opens(message: Vec<u8>, at: prop::sample::Index, bit in 0..8u32) {
            let mut sealed = pine().sealing_public().seal("copy", &message).unwrap();
            let opened = pine().open("copy", &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), message.as_slice());
            prop_assert_eq!(pine().open("copy", &sealed[..at.index(sealed.len())]), Err(Forged));
            let at = at.index(sealed.len());
            // X25519 ignores the top bit of a public key: HPKE binds the bytes as they were sent all the same.
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(pine().open("copy", &sealed), Err(Forged));
        }
    }
}
