//! Hexadecimal, base64url and Crockford base32: the three texts that bytes take here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::error::Malformed;

/// Crockford's alphabet: no I, L, O, U, so that a code survives being read aloud.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Appends lower-case hexadecimal; the caller reserves the room, so that no copy of a secret is left behind.
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    push_hex(&mut out, bytes);
    out
}

pub(crate) fn unhex<const N: usize>(text: &str) -> Result<[u8; N], Malformed> {
    if text.len() != N * 2 {
        return Err(Malformed);
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (high, low) = (char::from(pair[0]).to_digit(16), char::from(pair[1]).to_digit(16));
        let (Some(high), Some(low)) = (high, low) else { return Err(Malformed) };
        *byte = (high * 16 + low) as u8;
    }
    Ok(out)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unbase64url(text: &str) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| Malformed)
}

pub(crate) fn unbase64url_array<const N: usize>(text: &str) -> Result<[u8; N], Malformed> {
    unbase64url(text)?.as_slice().try_into().map_err(|_| Malformed)
}

/// Most significant bits first, five per character, zero bits at the end; a dash after every `group` characters.
pub(crate) fn crockford(bytes: &[u8], group: usize) -> String {
    let chars = (bytes.len() * 8).div_ceil(5);
    let mut out = String::with_capacity(chars + chars / group);
    for i in 0..chars {
        if i > 0 && i % group == 0 {
            out.push('-');
        }
        let value = (0..5).fold(0usize, |value, bit| {
            let at = i * 5 + bit;
            let set = bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
            value * 2 + usize::from(set)
        });
        out.push(char::from(CROCKFORD[value]));
    }
    out
}

/// Serde for byte arrays as base64url text: `#[serde(with = "crate::encoding::as_base64url")]`.
pub(crate) mod as_base64url {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::base64url(bytes.as_ref()))
    }

    pub(crate) fn deserialize<'de, const N: usize, D: Deserializer<'de>>(
        from: D,
    ) -> Result<[u8; N], D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        super::unbase64url_array(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crockford_matches_a_known_answer() {
        assert_eq!(crockford(b"foobar", 4), "CSQP-YRK1-E8");
        assert_eq!(crockford(&[0xff; 5], 8), "ZZZZZZZZ");
    }

    #[test]
    fn texts_of_the_wrong_shape_are_refused() {
        assert_eq!(unhex::<2>("00f"), Err(Malformed));
        assert_eq!(unhex::<2>("00fg"), Err(Malformed));
        assert_eq!(unhex::<2>("+0-1"), Err(Malformed));
        assert_eq!(unhex::<2>("0aFF"), Ok([0x0a, 0xff]));
        assert_eq!(unbase64url_array::<2>("AAA="), Err(Malformed));
        assert_eq!(unbase64url_array::<3>("AAA"), Err(Malformed));
        // Bits left over after the last byte must be zero: one value has one text.
        assert_eq!(unbase64url_array::<2>("AAB"), Err(Malformed));
    }
}
