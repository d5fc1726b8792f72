//! Random values that people or requests carry: the enrolment secret, the access token, the nonce.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::encoding::{CROCKFORD, base64url, crockford, unbase64url_array};
use crate::error::{CodeProblem, Malformed};
use crate::secret::random_bytes;

/// Characters of an enrolment secret's text, dashes not counted: 128 bits and 12 check bits.
const CODE_CHARS: usize = 28;

/// The one-time secret in an enrolment code: 128 random bits. The county keeps only [`Self::hash`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct EnrolmentSecret([u8; 16]);

impl EnrolmentSecret {
    /// A new random one.
    pub fn generate() -> Self {
        Self(random_bytes())
    }

    /// For people: 28 characters of Crockford's base 32 in groups of four. The last two characters and a bit are
    /// a checksum, so that a slip of the finger does not cost one of the tries.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 18]);
        bytes[..16].copy_from_slice(&self.0);
        bytes[16..].copy_from_slice(&self.check());
        let mut text = crockford(&bytes[..], 4);
        // 18 bytes are 29 characters, the last of which has only zero bits: 28 hold everything.
        text.truncate(CODE_CHARS + CODE_CHARS / 4 - 1);
        Zeroizing::new(text)
    }

    /// Reads what a person typed: any case, O for 0, I and L for 1, dashes and spaces anywhere.
    ///
    /// # Errors
    /// What is wrong with it, without asking the county.
    pub fn parse(typed: &str) -> Result<Self, CodeProblem> {
        let mut bits = Zeroizing::new([0u8; 18]);
        let mut count = 0;
        for c in typed.chars().filter(|c| !c.is_whitespace() && !is_dash(*c)) {
            let value = value_of(c).ok_or(CodeProblem::Character)?;
            if count == CODE_CHARS {
                return Err(CodeProblem::Length);
            }
            for bit in 0..5 {
                let at = count * 5 + bit;
                bits[at / 8] |= (value >> (4 - bit) & 1) << (7 - at % 8);
            }
            count += 1;
        }
        if count != CODE_CHARS {
            return Err(CodeProblem::Length);
        }
        let mut secret = Self([0; 16]);
        secret.0.copy_from_slice(&bits[..16]);
        if secret.check() == bits[16..] { Ok(secret) } else { Err(CodeProblem::Mistyped) }
    }

    /// What the county stores and looks the code up by. A plain hash is enough: nobody guesses 128 bits.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"porchlight/v1/enrolment").chain_update(self.0).finalize().into()
    }

    /// 12 bits, and four zero bits.
    fn check(&self) -> [u8; 2] {
        let hash = Sha256::new_with_prefix(b"porchlight/v1/enrolment-check").chain_update(self.0).finalize();
        [hash[0], hash[1] & 0xf0]
    }
}

/// The hyphen, and the dashes that phones and word processors make of it.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn value_of(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    CROCKFORD.iter().position(|&known| char::from(known) == c).map(|at| at as u8)
}

impl fmt::Debug for EnrolmentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentSecret(…)")
    }
}

/// An opaque session token: 32 random bytes. The county keeps only [`Self::hash`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AccessToken([u8; 32]);

impl AccessToken {
    /// A new random one.
    pub fn generate() -> Self {
        Self(random_bytes())
    }

    /// base64url without padding, 43 characters.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url(&self.0))
    }

    /// Reads [`Self::to_text`].
    ///
    /// # Errors
    /// Not 32 bytes of base64url.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        unbase64url_array(text).map(Self)
    }

    /// What the county stores and looks the session up by.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"porchlight/v1/access-token").chain_update(self.0).finalize().into()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// A value that the county gives out and takes back once: 12 bytes, not secret. As text 16 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(#[serde(with = "crate::encoding::as_base64url")] [u8; 12]);

impl Nonce {
    /// A new random one.
    pub fn generate() -> Self {
        Self(random_bytes())
    }

    /// Takes bytes that the county made in its own way.
    pub fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({self})")
    }
}

impl FromStr for Nonce {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        unbase64url_array(text).map(Self)
    }
}

#[cfg(test)]
mod tests;
