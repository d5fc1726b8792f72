//! A TCP proxy on loopback that can be cut and mended, and that can break off in the middle of what is said: the
//! network between a device and its county.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One line to the county. Dropping it cuts it for good.
pub struct Proxy {
    /// Where devices find the county.
    pub address: SocketAddr,
    up: Arc<watch::Sender<bool>>,
    limits: Arc<Limits>,
    task: tokio::task::JoinHandle<()>,
}

/// Bytes after which a connection breaks off, each way.
struct Limits {
    up: AtomicU64,
    down: AtomicU64,
}

impl Proxy {
    /// A line to `target`, which is asked for at each connection so that it may come later or move.
    ///
    /// # Errors
    /// When no loopback port is free.
    pub async fn start(target: watch::Receiver<Option<SocketAddr>>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let up = Arc::new(watch::Sender::new(true));
        let limits = Arc::new(Limits { up: AtomicU64::new(u64::MAX), down: AtomicU64::new(u64::MAX) });
        let (state, bounds) = (Arc::clone(&up), Arc::clone(&limits));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let target = *target.borrow();
                let mut up = state.subscribe();
                let limits = Arc::clone(&bounds);
                tokio::spawn(async move { carry(client, target, &mut up, &limits).await });
            }
        });
        Ok(Self { address, up, limits, task })
    }

    /// Breaks every connection, and refuses new ones.
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.up.send_replace(true);
    }

    /// Breaks each new connection off after so many bytes to the county, or from it. TLS is counted too.
    pub fn break_after(&self, up: u64, down: u64) {
        self.limits.up.store(up, Ordering::SeqCst);
        self.limits.down.store(down, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.up.send_replace(false);
        self.task.abort();
    }
}

async fn carry(
    mut client: TcpStream,
    target: Option<SocketAddr>,
    up: &mut watch::Receiver<bool>,
    limits: &Limits,
) {
    let Some(target) = target.filter(|_| *up.borrow_and_update()) else { return };
    let Ok(mut county) = TcpStream::connect(target).await else { return };
    let (mut from_client, mut to_client) = client.split();
    let (mut from_county, mut to_county) = county.split();
    let sent = copy(&mut from_client, &mut to_county, limits.up.load(Ordering::SeqCst));
    let answered = copy(&mut from_county, &mut to_client, limits.down.load(Ordering::SeqCst));
    tokio::select! {
        _ = async { tokio::try_join!(sent, answered) } => {}
        _ = up.wait_for(|up| !up) => {}
    }
}

/// Carries one direction to its end; an error when it was broken off before.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    limit: u64,
) -> std::io::Result<()> {
    let carried = tokio::io::copy(&mut from.take(limit), to).await?;
    if carried == limit {
        return Err(std::io::ErrorKind::ConnectionAborted.into());
    }
    to.shutdown().await
}
