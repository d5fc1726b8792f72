//! Something else that answers at the county's address: another server, a login page of a café, a broken proxy.
//!
//! It speaks TLS with whatever key it has, and hands out what it was told to say, whatever it is asked.

use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, ServerConnection};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a story waits for a visitor; never slept through.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key that a server shows.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// A key of one's own, with a certificate for loopback.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn fresh() -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()])?.self_signed(&key)?;
        Ok(Self {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        })
    }

    /// The key of the county in `data`: what a broken county, or a broken proxy before it, would have.
    ///
    /// # Errors
    /// When the county's files cannot be read.
    pub fn of_county(data: &Path) -> anyhow::Result<Self> {
        let files = server::tls::Files::own(data);
        let chain = CertificateDer::pem_file_iter(files.certificate)?.collect::<Result<_, _>>()?;
        Ok(Self { chain, key: PrivateKeyDer::from_pem_file(files.key)? })
    }

    /// The pin by which devices would know it.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn pin(&self) -> anyhow::Result<[u8; 32]> {
        crypto::spki::spki_sha256(&self.chain[0]).map_err(|_| anyhow::anyhow!("not a certificate"))
    }
}

/// A running impostor. It answers until the test ends.
pub struct Impostor {
    /// Where it answers.
    pub address: SocketAddr,
    answer: Arc<Mutex<Vec<u8>>>,
    visitors: Receiver<Vec<u8>>,
}

impl Impostor {
    /// Answers every request with exactly these bytes, and closes.
    ///
    /// # Errors
    /// When no loopback port is free, or the key cannot be used.
    pub fn start(identity: Identity, answer: &[u8]) -> anyhow::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(identity.chain, identity.key)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let answer = Arc::new(Mutex::new(answer.to_vec()));
        let (config, says) = (Arc::new(config), Arc::clone(&answer));
        let (sender, visitors) = channel();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (config, says, sender) = (Arc::clone(&config), Arc::clone(&says), sender.clone());
                std::thread::spawn(move || serve(socket, config, &says, &sender));
            }
        });
        Ok(Self { address, answer, visitors })
    }

    /// Says something else from now on.
    pub fn say(&self, answer: &[u8]) {
        *self.answer.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = answer.to_vec();
    }

    /// What the next visitor had told it by the time their connection ended: everything after the handshake.
    ///
    /// # Errors
    /// When nobody comes.
    pub fn heard(&self) -> anyhow::Result<Vec<u8>> {
        Ok(self.visitors.recv_timeout(PATIENCE)?)
    }
}

fn serve(mut socket: TcpStream, config: Arc<ServerConfig>, says: &Mutex<Vec<u8>>, sender: &Sender<Vec<u8>>) {
    let mut heard = Vec::new();
    if let Ok(mut tls) = ServerConnection::new(config) {
        let mut line = rustls::Stream::new(&mut tls, &mut socket);
        // An error is the visitor's goodbye, and what counts is what they said before it.
        let _ = converse(&mut line, &mut heard, says);
    }
    // Nobody waits for the visitors of a test that has ended.
    let _ = sender.send(heard);
}

fn converse(
    line: &mut (impl Read + Write),
    heard: &mut Vec<u8>,
    says: &Mutex<Vec<u8>>,
) -> std::io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    while !whole(heard) {
        match line.read(&mut buffer)? {
            0 => return Ok(()),
            n => heard.extend_from_slice(&buffer[..n]),
        }
    }
    let answer = says.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    line.write_all(&answer)?;
    line.flush()
}

/// Whether a whole request is there: head, and as much body as it promises.
fn whole(heard: &[u8]) -> bool {
    let Some(head) = heard.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&heard[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    heard.len() >= head + 4 + length.unwrap_or(0_usize)
}
