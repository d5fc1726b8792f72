//! A TCP proxy on loopback that can be cut and mended: the network between a device and its county.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One line to the county. Dropping it cuts it for good.
pub struct Proxy {
    /// Where devices find the county.
    pub address: SocketAddr,
    up: Arc<watch::Sender<bool>>,
    task: tokio::task::JoinHandle<()>,
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
        let state = Arc::clone(&up);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let target = *target.borrow();
                let mut up = state.subscribe();
                tokio::spawn(async move { carry(client, target, &mut up).await });
            }
        });
        Ok(Self { address, up, task })
    }

    /// Breaks every connection, and refuses new ones.
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.up.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.up.send_replace(false);
        self.task.abort();
    }
}

async fn carry(mut client: TcpStream, target: Option<SocketAddr>, up: &mut watch::Receiver<bool>) {
    let Some(target) = target.filter(|_| *up.borrow_and_update()) else { return };
    let Ok(mut county) = TcpStream::connect(target).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut county) => {}
        _ = up.wait_for(|up| !up) => {}
    }
}
