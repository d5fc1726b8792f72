//! The one-time code that tells a device where its county is and how to know it: pasted, or scanned as a QR code.
//!
//! `PORCHLIGHT1.<server address>.<SPKI pin>.<secret>`, every part base64url except the secret. The pin is the
//! SHA-256 of the certificate's SubjectPublicKeyInfo, so a renewed certificate with the same key goes on working.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

const MARK: &str = "PORCHLIGHT1";

/// Where a county is, how to know it, and the secret that admits one device.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// The server's address, such as `https://county.example:8443`.
    pub server: String,
    /// SHA-256 of the server certificate's SubjectPublicKeyInfo.
    pub pin: [u8; 32],
    /// The one-time secret, as Crockford text.
    pub secret: String,
}

impl std::fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EnrolmentCode({})", self.server)
    }
}

impl std::fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{MARK}.{}.{}.{}", B64.encode(&self.server), B64.encode(self.pin), self.secret)
    }
}

/// The text is not an enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an enrolment code")]
pub struct NotACode;

impl std::str::FromStr for EnrolmentCode {
    type Err = NotACode;

    /// Reads a code as people paste it: white space and line breaks anywhere are ignored.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).take(2_048).collect();
        let mut parts = text.split('.');
        let (Some(mark), Some(server), Some(pin), Some(secret), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotACode);
        };
        let server =
            B64.decode(server).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(NotACode)?;
        let pin = B64.decode(pin).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NotACode)?;
        let plain = mark.eq_ignore_ascii_case(MARK) && server.starts_with("https://") && !secret.is_empty();
        if plain { Ok(Self { server, pin, secret: secret.to_owned() }) } else { Err(NotACode) }
    }
}
