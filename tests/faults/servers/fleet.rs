//! Several phones that record and sync as fast as they can through any server there is, and what the county has told
//! them that it has.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sync::engine::SyncError;
use sync::ports::RemoteError;
use tests::phone::Phone;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// People met before each sync, and visits of each.
const PEOPLE: usize = 2;
const VISITS: usize = 5;
/// How long a phone lets pass after a sync that failed. The app waits longer.
const PAUSE: Duration = Duration::from_millis(50);

/// A change's id, and the stamp that the county gave it.
pub type Changes = BTreeMap<String, i64>;

/// Phones at work.
pub struct Fleet {
    phones: Vec<JoinHandle<Phone>>,
    going: watch::Sender<bool>,
    tally: Arc<Tally>,
}

/// What became of syncs.
#[derive(Default)]
struct Tally {
    /// Came to their end.
    done: watch::Sender<u64>,
    /// Broke off.
    broken: watch::Sender<u64>,
}

/// Phones that rest.
pub struct Rested {
    /// They.
    pub phones: Vec<Phone>,
    /// How many of their syncs broke off.
    pub broken: u64,
    lines: Vec<SocketAddr>,
}

impl Rested {
    /// Phones of these people, enrolled and at rest.
    pub async fn new(folder: &Path, codes: &[String], lines: &[SocketAddr]) -> Self {
        let mut phones = Vec::new();
        for (n, code) in codes.iter().enumerate() {
            phones.push(Phone::enrol(&folder.join(format!("phone-{n}")), code).await.unwrap());
        }
        Self { phones, broken: 0, lines: lines.to_vec() }
    }

    /// All of them start; the first `recording` record, too.
    pub fn go(self, recording: usize, seed: u64) -> Fleet {
        let going = watch::Sender::new(true);
        let tally = Arc::new(Tally::default());
        let work = |(n, phone): (usize, Phone)| {
            let worker = Worker {
                phone,
                lines: self.lines.clone(),
                turn: n,
                going: going.subscribe(),
                tally: Arc::clone(&tally),
            };
            tokio::spawn(worker.work((n < recording).then_some(seed + n as u64)))
        };
        let phones = self.phones.into_iter().enumerate().map(work).collect();
        Fleet { phones, going, tally }
    }

    /// Everybody sends the rest, and hears of everybody else's.
    pub async fn settle(&mut self) {
        for last in [false, true] {
            for (n, phone) in self.phones.iter_mut().enumerate() {
                phone.go_by(self.lines[n % self.lines.len()]);
                let report = phone.sync(phone.store.local_side(), |_| {}).await.unwrap();
                assert!(report.agrees || !last, "the digests agree: {report:?}");
            }
        }
    }

    /// What the county has told them that it has: by accepting it, or by sending it.
    pub fn acknowledged(&self) -> Changes {
        self.changes("state = 1")
    }

    /// What they hold that the county has not told them so of.
    pub fn open(&self) -> Changes {
        self.changes("state <> 1")
    }

    fn changes(&self, which: &str) -> Changes {
        let mut all = Changes::new();
        for phone in &self.phones {
            let db = phone.raw().unwrap().connect().unwrap();
            let sql = format!("select lower(hex(id)), stamp from change where {which}");
            let mut query = db.prepare(&sql).unwrap();
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            for (id, stamp) in rows.map(Result::unwrap) {
                let other = all.insert(id, stamp);
                assert!(other.is_none_or(|other| other == stamp), "one change, one stamp everywhere");
            }
        }
        all
    }
}

impl Fleet {
    /// Waits until so many more syncs have come to their end.
    pub async fn syncs(&self, more: u64) {
        until_more(&self.tally.done, more).await;
    }

    /// Waits until so many more have broken off.
    pub async fn breaks(&self, more: u64) {
        until_more(&self.tally.broken, more).await;
    }

    /// Lets them come to rest, each where it is.
    pub async fn rest(self, lines: &[SocketAddr]) -> Rested {
        self.going.send_replace(false);
        let mut phones = Vec::new();
        for phone in self.phones {
            phones.push(phone.await.unwrap());
        }
        Rested { phones, broken: *self.tally.broken.borrow(), lines: lines.to_vec() }
    }
}

async fn until_more(count: &watch::Sender<u64>, more: u64) {
    let mut count = count.subscribe();
    let from = *count.borrow();
    count.wait_for(|now| *now >= from + more).await.unwrap();
}

struct Worker {
    phone: Phone,
    lines: Vec<SocketAddr>,
    turn: usize,
    going: watch::Receiver<bool>,
    tally: Arc<Tally>,
}

impl Worker {
    async fn work(mut self, records: Option<u64>) -> Phone {
        let mut round = 0;
        while *self.going.borrow() {
            round += 1;
            if let Some(seed) = records {
                self.phone.meet(PEOPLE, VISITS, seed * 1_000 + round).unwrap();
            }
            while *self.going.borrow() && !self.sync().await {
                tokio::time::sleep(PAUSE).await;
            }
        }
        self.phone
    }

    /// Syncs by the next line. Only what a lost server explains may go wrong.
    async fn sync(&mut self) -> bool {
        self.turn += 1;
        self.phone.go_by(self.lines[self.turn % self.lines.len()]);
        match self.phone.sync(self.phone.store.local_side(), |_| {}).await {
            Ok(report) => {
                assert_eq!(report.refused + report.held, 0, "{report:?}");
                self.tally.done.send_modify(|done| *done += 1);
                true
            }
            Err(SyncError::Remote(
                RemoteError::Unreachable | RemoteError::Interrupted | RemoteError::Busy { .. },
            )) => {
                self.tally.broken.send_modify(|broken| *broken += 1);
                false
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}
