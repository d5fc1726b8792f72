//! A TCP proxy on loopback: the network between a device and its county, as bad as a test needs it.
//!
//! It can be cut and mended on command; it breaks off, holds, repeats or corrupts what is said at a chosen byte of
//! either direction; and it can be as thin, as far and as short-lived as a [`Line`]. Faults happen by byte position
//! and go on by command, so a test that is run again meets them again. TLS is counted like everything else.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::sync::watch;

mod carry;
mod way;

/// How much a proxy of a thin line takes in before it has been carried: little, so that both sides feel the line.
const THIN_BUFFER: u32 = 8 * 1024;

/// One line to the county. Dropping it cuts it for good.
pub struct Proxy {
    /// Where devices find the county.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

/// What a line carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Kilobits a second in each direction, shared by all connections; `None`: as fast as the machine.
    pub kbit_s: Option<u32>,
    /// How long a byte takes to the county and its answer back, beside the time for carrying them.
    pub rtt: Duration,
    /// Every connection breaks whenever so many bytes were carried, both directions counted together.
    pub cut_every: Option<u64>,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the county.
    Up,
    /// From the county.
    Down,
}

/// What happens at one byte of each new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which way.
    pub direction: Direction,
    /// After so many bytes.
    pub at: u64,
    /// What.
    pub what: What,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Both directions break off.
    Cut,
    /// Nothing goes on until [`Proxy::release`].
    Hold,
    /// So many bytes before this one, 256 at the most, come once more.
    Repeat(usize),
    /// The next byte arrives changed.
    Corrupt,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Connections that reached the county.
    pub connections: u64,
    /// Bytes carried to the county.
    pub up: u64,
    /// Bytes carried from the county.
    pub down: u64,
    /// How often a [`Fault`] broke a connection, or [`Line::cut_every`] all of them.
    pub cuts: u64,
    /// Directions that [`What::Hold`] has stopped.
    pub held: u64,
}

struct Shared {
    up: watch::Sender<bool>,
    released: watch::Sender<u64>,
    /// Counts the cuts of [`Line::cut_every`].
    worn: watch::Sender<u64>,
    count: watch::Sender<Count>,
    plan: Mutex<Plan>,
}

/// What new connections meet, and how busy the line is.
#[derive(Default)]
struct Plan {
    faults: Vec<Fault>,
    line: Line,
    /// Until when each direction is busy with what was handed to it.
    busy: [Option<tokio::time::Instant>; 2],
    /// Bytes carried since the last cut of [`Line::cut_every`].
    carried: u64,
}

impl Proxy {
    /// A line to `target`, which is asked for at each connection so that it may come later or move.
    ///
    /// # Errors
    /// When no loopback port is free.
    pub async fn start(target: watch::Receiver<Option<SocketAddr>>) -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(THIN_BUFFER)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(1_024)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            up: watch::Sender::new(true),
            released: watch::Sender::new(0),
            worn: watch::Sender::new(0),
            count: watch::Sender::default(),
            plan: Mutex::default(),
        });
        let state = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let target = *target.borrow();
                let shared = Arc::clone(&state);
                tokio::spawn(async move { carry::carry(client, target, &shared).await });
            }
        });
        Ok(Self { address, shared, task })
    }

    /// Breaks every connection, and refuses new ones.
    pub fn cut(&self) {
        self.shared.up.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.shared.up.send_replace(true);
    }

    /// Breaks each new connection off after so many bytes to the county, or from it.
    pub fn break_after(&self, up: u64, down: u64) {
        let cut = |direction, at| Fault { direction, at, what: What::Cut };
        self.faults(&[cut(Direction::Up, up), cut(Direction::Down, down)]);
    }

    /// What goes wrong on each new connection, in place of what was said before.
    pub fn faults(&self, faults: &[Fault]) {
        self.shared.plan().faults = faults.to_vec();
    }

    /// What the line carries from the next connection on.
    pub fn carry_as(&self, line: Line) {
        let mut plan = self.shared.plan();
        plan.line = line;
        plan.carried = 0;
    }

    /// Lets go on whatever [`What::Hold`] has stopped until now.
    pub fn release(&self) {
        self.shared.released.send_modify(|times| *times += 1);
    }

    /// What happened so far.
    pub fn count(&self) -> Count {
        *self.shared.count.borrow()
    }

    /// Waits until so much has happened.
    pub async fn until(&self, done: impl FnMut(&Count) -> bool) -> Count {
        let mut count = self.shared.count.subscribe();
        // The sender lives as long as this proxy.
        count.wait_for(done).await.map_or_else(|_| self.count(), |count| *count)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

impl Shared {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
