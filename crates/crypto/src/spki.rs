//! The pin of a server certificate: the SHA-256 of its public key, which a renewed certificate keeps.

use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

use crate::encoding::{base64url, unbase64url_array};
use crate::error::Malformed;

/// The pin of a DER certificate: SHA-256 of its SubjectPublicKeyInfo (as in RFC 7469). The certificate is read by the
/// library that the TLS handshake reads it with, so the key that is pinned is the key that signs the handshake.
///
/// # Errors
/// Not an X.509 version 3 certificate.
pub fn spki_sha256(cert_der: &[u8]) -> Result<[u8; 32], Malformed> {
    let der = CertificateDer::from(cert_der);
    let cert = EndEntityCert::try_from(&der).map_err(|_| Malformed)?;
    Ok(Sha256::digest(cert.subject_public_key_info()).into())
}

/// A pin as base64url text without padding, 43 characters.
pub fn pin_text(pin: &[u8; 32]) -> String {
    base64url(pin)
}

/// Reads [`pin_text`].
///
/// # Errors
/// Not 32 bytes of base64url.
pub fn parse_pin(text: &str) -> Result<[u8; 32], Malformed> {
    unbase64url_array(text)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PublicKeyData};

    use super::*;

    fn certificate(key: &KeyPair, name: &str) -> Vec<u8> {
        CertificateParams::new([name.to_owned()]).unwrap().self_signed(key).unwrap().der().to_vec()
    }

    #[test]
    fn a_renewed_certificate_has_the_same_pin_and_another_key_has_not() {
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let pin = spki_sha256(&certificate(&key, "pine.example")).unwrap();
        assert_eq!(spki_sha256(&certificate(&key, "renewed.example")), Ok(pin));
        assert_ne!(spki_sha256(&certificate(&other, "pine.example")), Ok(pin));
        let expected: [u8; 32] = Sha256::digest(key.subject_public_key_info()).into();
        assert_eq!(pin, expected);
        assert_eq!(parse_pin(&pin_text(&pin)), Ok(pin));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let cert = certificate(&KeyPair::generate().unwrap(), "pine.example");
        assert_eq!(spki_sha256(b""), Err(Malformed));
        assert_eq!(spki_sha256(&cert[..cert.len() - 1]), Err(Malformed));
        assert_eq!(spki_sha256(&[cert.as_slice(), b"x"].concat()), Err(Malformed));
        assert_eq!(parse_pin("AAAA"), Err(Malformed));
    }
}
