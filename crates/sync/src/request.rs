//! The id of one request, by which a line in a device's log finds its lines in the county's, and the other way round.
//!
//! A signed request needs none of its own: the nonce in it is used once and both sides know it, so the id costs no
//! byte on the wire. A request without a nonce (the first one, an enrolment) carries an id in [`REQUEST_HEADER`].
//! Shown as 24 hexadecimal digits, and taken in no other shape: nothing that somebody wrote gets into a log this way.

use std::fmt;
use std::str::FromStr;

/// Header of a request without a nonce, and of every answer that says no.
pub const REQUEST_HEADER: &str = "porchlight-request";

/// The id of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 12]);

impl RequestId {
    /// From the nonce that a request is signed with, or from twelve random bytes for one without.
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for RequestId {
    type Err = NoRequestId;

    fn from_str(text: &str) -> Result<Self, NoRequestId> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 24 || !digits {
            return Err(NoRequestId);
        }
        let mut bytes = [0; 12];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).map_err(|_| NoRequestId)?;
        }
        Ok(Self(bytes))
    }
}

/// The text is no id of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no id of a request")]
pub struct NoRequestId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_is_written_and_nothing_else_is_one() {
        let id = RequestId::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xab, 0xff]);
        assert_eq!(id.to_string(), "00010203040506070809abff");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in
            ["", "larkspur", "0123456789ABCDEF01234567", "0123456789abcdef0123456", "ö123456789abcdef0123456"]
        {
            assert_eq!(text.parse::<RequestId>(), Err(NoRequestId), "{text}");
        }
    }
}
