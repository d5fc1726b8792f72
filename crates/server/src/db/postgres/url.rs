//! Where a database is, and how the line to it is kept safe.
//!
//! Several hosts, `postgres://role@a,b/database`, are a primary and those that may take its place: whichever takes
//! writes is used. `sslmode` is `disable`, or `require` (the default everywhere but on this machine), which here always
//! means that the server's certificate is checked, by name: against the system's roots, or those of
//! `sslrootcert=<file>`.

use crate::db::{DbError, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A line that carries nothing for so long is dead.
const SILENCE: Duration = Duration::from_secs(30);
/// A host that does not answer for so long is passed over, where there are others.
const NEXT: Duration = Duration::from_secs(3);

/// For how long it is believed that nothing was committed because nothing was announced.
const BELIEVED: Duration = Duration::from_secs(1);

/// A `postgres://…` address. Prints nothing of what it holds: there is a password in it.
#[derive(Clone)]
pub struct DatabaseUrl {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    pub(super) believed: Duration,
}

impl DatabaseUrl {
    /// Asks the database for commits of other processes so long after nothing was announced; each second unless this
    /// is said. An announcement is lost when the line that it would have come by is down.
    pub fn believing_silence_for(self, believed: Duration) -> Self {
        Self { believed, ..self }
    }
}

impl FromStr for DatabaseUrl {
    type Err = DbError;

    fn from_str(text: &str) -> Result<Self> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(DbError::Address("it must begin with postgres://"));
        }
        let (text, asked) = take_tls(text);
        let mut config: Config = text.parse().map_err(|_| DbError::Address("it cannot be read"))?;
        let mode = match asked.mode.as_deref() {
            Some("disable") => SslMode::Disable,
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(_) => return Err(DbError::Address("sslmode is disable or require")),
            None if is_here(&config) => SslMode::Disable,
            None => SslMode::Require,
        };
        config.ssl_mode(mode).tcp_user_timeout(SILENCE).keepalives_idle(SILENCE);
        let several = config.get_hosts().len() > 1;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(if several { NEXT } else { SILENCE });
        }
        if several {
            // A standby takes nothing: whoever stays with it until it is promoted serves nobody.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_application_name().is_none() {
            config.application_name("porchlight-server");
        }
        Ok(Self { config, tls: connector(mode, asked.roots.as_deref())?, believed: BELIEVED })
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

struct Asked {
    mode: Option<String>,
    roots: Option<String>,
}

/// Takes out of the query what is ours to judge.
fn take_tls(text: &str) -> (String, Asked) {
    let mut asked = Asked { mode: None, roots: None };
    let Some((address, query)) = text.split_once('?') else { return (text.to_owned(), asked) };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => asked.mode = Some(mode.to_owned()),
            Some(("sslrootcert", file)) => asked.roots = Some(file.replace("%2F", "/").replace("%20", " ")),
            _ => rest.push(pair),
        }
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    (format!("{address}{query}"), asked)
}

/// Whether the line never leaves this machine.
fn is_here(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

fn connector(mode: SslMode, roots: Option<&str>) -> Result<MakeRustlsConnect> {
    let mut store = rustls::RootCertStore::empty();
    if mode == SslMode::Require {
        let certificates = match roots {
            Some(file) => CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
                .map_err(|_| DbError::Address("the file of sslrootcert cannot be read"))?,
            None => rustls_native_certs::load_native_certs().certs,
        };
        store.add_parsable_certificates(certificates);
        if store.is_empty() {
            return Err(DbError::Address("there is no root certificate to check the server's with"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| DbError::Address("TLS cannot be set up"))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> SslMode {
        text.parse::<DatabaseUrl>().unwrap().config.get_ssl_mode()
    }

    #[test]
    fn a_line_to_another_machine_is_encrypted_unless_told_otherwise() {
        assert_eq!(mode("postgres://porch@127.0.0.1/pine"), SslMode::Disable);
        assert_eq!(mode("postgres://porch@%2Frun%2Fpostgresql/pine"), SslMode::Disable);
        assert_eq!(mode("postgres://porch@db.example/pine?sslmode=disable"), SslMode::Disable);
        let roots = tempfile::NamedTempFile::new().unwrap();
        let made = rcgen::generate_simple_self_signed(["db.example".to_owned()]).unwrap();
        std::fs::write(roots.path(), made.cert.pem()).unwrap();
        let roots = roots.path().display();
        assert_eq!(mode(&format!("postgres://porch@db.example/pine?sslrootcert={roots}")), SslMode::Require);
        let full = format!("postgres://porch@127.0.0.1/pine?sslmode=verify-full&sslrootcert={roots}");
        assert_eq!(mode(&full), SslMode::Require);
    }

    #[test]
    fn of_several_hosts_the_one_that_takes_writes_is_used() {
        let one: DatabaseUrl = "postgres://porch@127.0.0.1/pine".parse().unwrap();
        assert_eq!(one.config.get_connect_timeout(), Some(&SILENCE));
        let several: DatabaseUrl = "postgres://porch@127.0.0.1:5432,127.0.0.2:5433/pine".parse().unwrap();
        assert_eq!(several.config.get_ports(), [5432, 5433]);
        assert_eq!(several.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(several.config.get_connect_timeout(), Some(&NEXT));
        let patient = "postgres://porch@127.0.0.1,127.0.0.2/pine?connect_timeout=9&target_session_attrs=any";
        let patient: DatabaseUrl = patient.parse().unwrap();
        assert_eq!(patient.config.get_connect_timeout(), Some(&Duration::from_secs(9)));
        assert_eq!(patient.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        let far = "postgres://porch@127.0.0.1,db.example/pine?sslrootcert=/nowhere";
        assert!(far.parse::<DatabaseUrl>().is_err(), "one host elsewhere is enough to encrypt");
    }

    #[test]
    fn what_it_holds_is_not_printed() {
        let url: DatabaseUrl = "postgres://porch:secret@127.0.0.1/pine".parse().unwrap();
        assert!(!format!("{url:?}").contains("secret"));
        assert!("postgres://porch@127.0.0.1/pine?sslmode=allow".parse::<DatabaseUrl>().is_err());
        assert!("sqlite://county.db".parse::<DatabaseUrl>().is_err());
    }
}
