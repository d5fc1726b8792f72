//! What a device was told when it was admitted, under the county's signature: shown to a county whose database was
//! restored from a backup made before that.
//!
//! It says who the device is and nothing of what its user may do: that is in the county's own records.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use crypto::Forged;
use crypto::county::{CountyPublicKey, CountySecret};
use crypto::device_key::DevicePublicKey;
use crypto::signature::Signature;
use domain::{CountyId, DeviceId, Millis, UserId};
use serde::{Deserialize, Serialize};

/// What the signature is for.
const PURPOSE: &str = "enrolment";
/// The longest text that is looked at.
const MAX: usize = 4_096;

/// An enrolment certificate. Its text is the base64url of its JSON, a dot, the signature's base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The county that admitted it.
    pub county: CountyId,
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// What it proves itself with.
    pub key: DevicePublicKey,
    /// What its owner calls it.
    pub name: String,
    /// `linux`, `android`, …
    pub platform: String,
    /// Which kind of store holds its secret.
    pub secret_store: String,
    /// When it was admitted.
    pub at: Millis,
}

impl Certificate {
    /// The signed text.
    pub fn issue(&self, secret: &CountySecret) -> String {
        // A struct of texts and numbers always has a JSON form.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let signature = secret.sign(PURPOSE, &json);
        format!("{}.{}", B64.encode(json), signature.to_text())
    }

    /// Reads what this county issued.
    ///
    /// # Errors
    /// Anything else.
    pub fn read(text: &str, key: &CountyPublicKey) -> Result<Self, Forged> {
        let (json, signature) = text.split_once('.').filter(|_| text.len() <= MAX).ok_or(Forged)?;
        let json = B64.decode(json).map_err(|_| Forged)?;
        let signature = Signature::from_text(signature).map_err(|_| Forged)?;
        key.verify(PURPOSE, &json, &signature)?;
        serde_json::from_slice(&json).map_err(|_| Forged)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use super::*;
    use crypto::device_key::DeviceKey;

    #[test]
    fn only_the_county_that_issued_it_reads_it() {
        let (pine, other) = (CountySecret::generate(), CountySecret::generate());
        let certificate = Certificate {
            county: CountyId::from_bytes([1; 16]),
            device: DeviceId::from_bytes([2; 16]),
            user: UserId::from_bytes([3; 16]),
            key: DeviceKey::generate().public(),
            name: "Maria's phone".to_owned(),
            platform: "android".to_owned(),
            secret_store: "os-keystore".to_owned(),
            at: Millis(5),
        };
        let text = certificate.issue(&pine);
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "it travels in a header");
        assert_eq!(Certificate::read(&text, &pine.public()), Ok(certificate.clone()));
        assert_eq!(Certificate::read(&text, &other.public()), Err(Forged));
        let changed = Certificate { user: UserId::from_bytes([4; 16]), ..certificate };
        let (_, signature) = text.split_once('.').unwrap();
        let json = B64.encode(serde_json::to_vec(&changed).unwrap());
        assert_eq!(Certificate::read(&format!("{json}.{signature}"), &pine.public()), Err(Forged));
        // The same signature under something else that the county signs.
        let frame = format!("{}.{}", B64.encode("{}"), pine.sign("frame", b"{}").to_text());
        assert_eq!(Certificate::read(&frame, &pine.public()), Err(Forged));
        assert_eq!(Certificate::read("", &pine.public()), Err(Forged));
    }
}
