//! Carries one connection.

use super::way::{Step, Way};
use super::{Direction, Line, Shared, THIN_BUFFER};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What is read at once: from a thin line a packet, else as much as there is.
const PACKET: usize = 1_400;
const CHUNK: usize = 64 * 1024;

/// What is on its way, and when it is there.
enum Piece {
    Bytes(Instant, Vec<u8>),
    /// Both directions break off after what came before.
    Cut,
}

pub(super) async fn carry(client: TcpStream, target: Option<SocketAddr>, shared: &Shared) {
    let mut up = shared.up.subscribe();
    let Some(target) = target.filter(|_| *up.borrow_and_update()) else { return };
    let mut worn = shared.worn.subscribe();
    worn.borrow_and_update();
    let (line, faults) = {
        let plan = shared.plan();
        (plan.line, plan.faults.clone())
    };
    let Ok(county) = connect(target, line).await else { return };
    shared.count.send_modify(|count| count.connections += 1);
    let _ = (client.set_nodelay(true), county.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_county, to_county) = county.into_split();
    let ended = AtomicBool::new(false);
    let one = |from, to, direction| {
        pump(from, to, Way::new(direction, &faults), Carrier { shared, line, ended: &ended })
    };
    tokio::select! {
        _ = async {
            let there = one(from_client, to_county, Direction::Up);
            let back = one(from_county, to_client, Direction::Down);
            tokio::try_join!(there, back)
        } => {}
        _ = up.wait_for(|up| !up) => {}
        _ = worn.changed() => {}
    }
}

async fn connect(target: SocketAddr, line: Line) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if line.kbit_s.is_some() {
        socket.set_recv_buffer_size(THIN_BUFFER)?;
    }
    socket.connect(target).await
}

#[derive(Clone, Copy)]
struct Carrier<'a> {
    shared: &'a Shared,
    line: Line,
    /// Whether a cut of either direction has been counted.
    ended: &'a AtomicBool,
}

/// Carries one direction to its end; an error when it was broken off before.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: Way,
    carrier: Carrier<'_>,
) -> std::io::Result<()> {
    // As much as is in the air at once: what was sent arrives half a round trip later.
    let (sender, mut receiver) = mpsc::channel(1_024);
    let direction = way.direction;
    let sent = async move {
        let mut buffer = vec![0; if carrier.line == Line::default() { CHUNK } else { PACKET }];
        // A fault at the first byte happens before anything was said.
        let mut steps = way.steps(&[]);
        loop {
            for step in steps {
                carrier.take(step, direction, &sender).await?;
            }
            let length = from.read(&mut buffer).await?;
            if length == 0 {
                return Ok::<_, std::io::Error>(());
            }
            steps = way.steps(&buffer[..length]);
        }
    };
    let arrived = async move {
        while let Some(piece) = receiver.recv().await {
            match piece {
                Piece::Bytes(at, bytes) => {
                    tokio::time::sleep_until(at).await;
                    to.write_all(&bytes).await?;
                    carrier.count(direction, bytes.len());
                    if carrier.wears_out(bytes.len()) {
                        return Err(std::io::ErrorKind::ConnectionAborted.into());
                    }
                }
                Piece::Cut => {
                    carrier.count_cut();
                    return Err(std::io::ErrorKind::ConnectionAborted.into());
                }
            }
        }
        to.shutdown().await
    };
    tokio::try_join!(sent, arrived).map(drop)
}

impl Carrier<'_> {
    async fn take(self, step: Step, direction: Direction, to: &mpsc::Sender<Piece>) -> std::io::Result<()> {
        let gone = |_| std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
        match step {
            Step::Carry(bytes) => {
                let there = self.departure(direction, bytes.len());
                tokio::time::sleep_until(there).await;
                to.send(Piece::Bytes(there + self.line.rtt / 2, bytes)).await.map_err(gone)
            }
            Step::Hold => {
                let mut released = self.shared.released.subscribe();
                released.borrow_and_update();
                self.shared.count.send_modify(|count| count.held += 1);
                released.changed().await.map_err(|_| std::io::ErrorKind::ConnectionAborted.into())
            }
            Step::Cut => {
                // What came before arrives first; then the other half ends both.
                to.send(Piece::Cut).await.map_err(gone)?;
                std::future::pending().await
            }
        }
    }

    /// When the last of so many bytes has left, with those that wait before it.
    fn departure(self, direction: Direction, bytes: usize) -> Instant {
        let now = Instant::now();
        let Some(kbit_s) = self.line.kbit_s else { return now };
        let time = Duration::from_secs_f64(bytes as f64 * 8.0 / (f64::from(kbit_s.max(1)) * 1_000.0));
        let mut plan = self.shared.plan();
        let busy = &mut plan.busy[direction as usize];
        let there = busy.map_or(now, |busy| busy.max(now)) + time;
        *busy = Some(there);
        there
    }

    /// Whether the line has carried so much now that it breaks. All connections see it.
    fn wears_out(self, bytes: usize) -> bool {
        let Some(every) = self.line.cut_every else { return false };
        let mut plan = self.shared.plan();
        plan.carried += bytes as u64;
        if plan.carried < every {
            return false;
        }
        plan.carried = 0;
        drop(plan);
        self.shared.count.send_modify(|count| count.cuts += 1);
        self.shared.worn.send_modify(|times| *times += 1);
        true
    }

    fn count(self, direction: Direction, bytes: usize) {
        self.shared.count.send_modify(|count| match direction {
            Direction::Up => count.up += bytes as u64,
            Direction::Down => count.down += bytes as u64,
        });
    }

    fn count_cut(self) {
        if !self.ended.swap(true, Ordering::SeqCst) {
            self.shared.count.send_modify(|count| count.cuts += 1);
        }
    }
}
