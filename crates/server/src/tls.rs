//! The server's certificate: given, or made here and kept.
//!
//! Devices pin the public key, so a renewed certificate keeps its key and every device goes on without a word.

use crate::files::{private_folder, write_private};
use crypto::spki::{pin_text, spki_sha256};
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A certificate made here is good for so long, …
const VALID_DAYS: i64 = 397;
/// … and is renewed when so little is left.
const RENEW_DAYS: i64 = 30;
const DAY: i64 = 24 * 60 * 60;

/// What is encrypted as one is of use only when all of it has arrived: half a second of a line of 64 kbit/s. A fast
/// line pays one byte in two hundred for it.
const RECORD: usize = 4 * 1024;

/// What is wrong with a certificate or key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("the certificate or key file cannot be read or written")]
    Io(#[from] std::io::Error),
    /// Not what it should be.
    #[error("the certificate or key is not in PEM form, or the two do not belong together")]
    Unusable,
}

/// Where certificate and key are.
#[derive(Clone, Debug)]
pub struct Files {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
    /// Whether they were made here.
    own: bool,
}

impl Files {
    /// Those that were given.
    pub fn given(certificate: PathBuf, key: PathBuf) -> Self {
        Self { certificate, key, own: false }
    }

    /// Those that are made in `data`.
    pub fn own(data: &Path) -> Self {
        let folder = data.join("tls");
        Self { certificate: folder.join("server.crt"), key: folder.join("server.key"), own: true }
    }

    fn expiry(&self) -> PathBuf {
        self.certificate.with_extension("expires")
    }

    /// Makes the certificate if there is none, and renews it, with the same key, when `force`d or when little time
    /// is left. Does nothing to files that were given. `now` in seconds since 1970. Returns whether it did.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn ensure(&self, host: &str, now: i64, force: bool) -> Result<bool, TlsError> {
        let expires = fs::read_to_string(self.expiry()).ok().and_then(|text| text.trim().parse::<i64>().ok());
        let fresh = self.certificate.exists() && expires.is_some_and(|at| at - now > RENEW_DAYS * DAY);
        if !self.own || (fresh && !force) {
            return Ok(false);
        }
        if let Some(folder) = self.key.parent() {
            private_folder(folder)?;
        }
        let key = if self.key.exists() {
            KeyPair::from_pem(&fs::read_to_string(&self.key)?).map_err(|_| TlsError::Unusable)?
        } else {
            let key = KeyPair::generate().map_err(|_| TlsError::Unusable)?;
            write_private(&self.key, key.serialize_pem().as_bytes())?;
            key
        };
        let until = now + VALID_DAYS * DAY;
        let certificate = self_signed(&key, host, now, until)?;
        // Written whole under another name first: a crash leaves the old one.
        let new = self.certificate.with_extension("new");
        fs::write(&new, certificate)?;
        fs::rename(&new, &self.certificate)?;
        fs::write(self.expiry(), until.to_string())?;
        Ok(true)
    }

    /// The pin of the certificate: SHA-256 of its public key.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn pin(&self) -> Result<[u8; 32], TlsError> {
        let chain = self.chain()?;
        spki_sha256(chain.first().ok_or(TlsError::Unusable)?).map_err(|_| TlsError::Unusable)
    }

    /// The pin as text.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn pin_text(&self) -> Result<String, TlsError> {
        Ok(pin_text(&self.pin()?))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let pem = fs::read(&self.certificate)?;
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| TlsError::Unusable)
    }

    /// TLS 1.3 and nothing older.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let key = PrivateKeyDer::from_pem_slice(&fs::read(&self.key)?).map_err(|_| TlsError::Unusable)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|_| TlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(self.chain()?, key)
            .map_err(|_| TlsError::Unusable)?;
        config.max_fragment_size = Some(RECORD);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn self_signed(key: &KeyPair, host: &str, from: i64, until: i64) -> Result<String, TlsError> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !names.iter().any(|name| name == host) && (host.parse::<IpAddr>().is_ok() || host.is_ascii()) {
        names.push(host.to_owned());
    }
    let mut params = CertificateParams::new(names).map_err(|_| TlsError::Unusable)?;
    params.distinguished_name.push(DnType::CommonName, "Porchlight county server");
    let (year, month, day) = date(from - DAY);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = date(until + DAY);
    params.not_after = rcgen::date_time_ymd(year, month, day);
    Ok(params.self_signed(key).map_err(|_| TlsError::Unusable)?.pem())
}

fn date(seconds: i64) -> (i32, u8, u8) {
    use chrono::Datelike;
    let day = domain::Millis(seconds.saturating_mul(1_000)).utc();
    (day.year(), day.month() as u8, day.day() as u8)
}
