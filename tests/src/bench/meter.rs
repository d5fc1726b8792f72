//! A line to the county that counts what HTTP sends before TLS. It holds the county's own certificate and key, so a
//! device that pins them speaks through it as it would to the server. For bytes only: it costs time.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The end of a request line.
const REQUEST: &[u8] = b" HTTP/1.1\r\n";

/// A counting line.
pub struct Meter {
    /// Where devices find the county.
    pub address: String,
    counts: Arc<Counts>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    requests: AtomicU64,
}

/// What went over a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Requests.
    pub requests: u64,
    /// Bytes of requests and answers, headers included.
    pub bytes: u64,
}

impl Meter {
    /// A line to the server of the county in `data`, which listens on `target`.
    ///
    /// # Errors
    /// The certificate's or the socket's.
    pub async fn start(data: &Path, target: SocketAddr) -> anyhow::Result<Self> {
        let files = server::tls::Files::own(data);
        let acceptor = TlsAcceptor::from(files.config()?);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&files.certificate)?)?;
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(client));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("https://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let task = tokio::spawn(async move {
            while let Ok((device, _)) = listener.accept().await {
                let (acceptor, connector) = (acceptor.clone(), connector.clone());
                let counts = Arc::clone(&shared);
                // A line that breaks shows at its device.
                tokio::spawn(async move { carry(device, target, &acceptor, &connector, &counts).await });
            }
        });
        Ok(Self { address, counts, task })
    }

    /// What went over it since it was last asked.
    pub fn take(&self) -> Count {
        let take = |count: &AtomicU64| count.swap(0, Ordering::SeqCst);
        Count { requests: take(&self.counts.requests), bytes: take(&self.counts.bytes) }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(
    device: TcpStream,
    target: SocketAddr,
    acceptor: &TlsAcceptor,
    connector: &TlsConnector,
    counts: &Counts,
) -> std::io::Result<()> {
    device.set_nodelay(true)?;
    let device = acceptor.accept(device).await?;
    let county = TcpStream::connect(target).await?;
    county.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
    let county = connector.connect(name, county).await?;
    let (from_device, to_device) = tokio::io::split(device);
    let (from_county, to_county) = tokio::io::split(county);
    let mut tail = Vec::new();
    let up = pump(from_device, to_county, |bytes| {
        counts.bytes.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        counts.requests.fetch_add(request_lines(&mut tail, bytes), Ordering::SeqCst);
    });
    let down = pump(from_county, to_device, |bytes| {
        counts.bytes.fetch_add(bytes.len() as u64, Ordering::SeqCst);
    });
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
    }
}

/// Counts before it passes on, so that whoever has an answer finds it counted.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut count: impl FnMut(&[u8]),
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        count(&buffer[..length]);
        to.write_all(&buffer[..length]).await?;
        to.flush().await?;
    }
}

/// How many request lines end in `bytes`, one that began in the bytes before included.
fn request_lines(tail: &mut Vec<u8>, bytes: &[u8]) -> u64 {
    tail.extend_from_slice(bytes);
    let found = tail.windows(REQUEST.len()).filter(|window| *window == REQUEST).count();
    tail.drain(..tail.len().saturating_sub(REQUEST.len() - 1));
    found as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_once_however_it_is_cut() {
        let text = b"POST /v1/sync HTTP/1.1\r\nhost: a\r\n\r\nbodyGET /v1/events HTTP/1.1\r\n\r\n";
        for cut in 0..text.len() {
            let mut tail = Vec::new();
            let (one, two) = text.split_at(cut);
            assert_eq!(request_lines(&mut tail, one) + request_lines(&mut tail, two), 2, "cut at {cut}");
        }
    }
}
