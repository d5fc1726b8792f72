//! One simulated county: the scheduler that decides, step by step, who goes on and what goes wrong.

use crate::bugs::Bug;
use crate::chance::Chance;
use crate::database::Disk;
use crate::device::Device;
use crate::faults::Fault;
use crate::ledger::Book;
use crate::process::{Out, Process, Task};
use crate::side::Ended;
use crate::town;
use crate::trace::Trace;
use crypto::county::CountySecret;
use crypto::secret::Secret32;
use domain::time::{DAY, HOUR};
use domain::{ChangeId, Millis, RecordKind};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::SEALING_KEY;
use sync::engine::{Report, SyncError};

/// A request on its way.
pub struct Up {
    pub device: usize,
    pub number: u32,
    pub body: Vec<u8>,
    pub again: bool,
    /// Nobody waits for its answer any more, and it takes its time.
    pub late: bool,
}

pub struct World {
    pub chance: Chance,
    pub trace: Trace,
    pub book: Book,
    pub now: Arc<AtomicI64>,
    pub disk: Disk,
    pub processes: Vec<Process>,
    pub devices: Vec<Device>,
    pub ups: Vec<Up>,
    pub downs: BTreeMap<(usize, u32), VecDeque<Out>>,
    /// The newest request of each device that has arrived.
    pub newest: BTreeMap<usize, u32>,
    pub bug: Option<Bug>,
    /// How much goes wrong in this run, in per cent: where everything does, little is ever finished.
    weather: u64,
    /// Whether its machine may die.
    restores: bool,
    pub backup: Option<Vec<u8>>,
    pub secret: Arc<CountySecret>,
}

impl World {
    pub fn new(seed: u64, bug: Option<Bug>, shown: bool) -> Self {
        let mut chance = Chance::new(seed);
        let book = Book::default();
        let disk = Disk::new(town::town().county.take());
        let now = Arc::new(AtomicI64::new(town::START.plus(HOUR).0));
        let secret = Arc::new(CountySecret::from_secret(Secret32::from_bytes([7; 32])));
        let count = 2 + chance.below(town::DEVICES - 1);
        let weather = *chance.pick(&[5, 20, 50, 100]).unwrap();
        let restores = chance.percent(20);
        let devices: Vec<_> = (0..count).map(|n| Device::new(n, &mut chance, bug)).collect();
        if restores {
            let key = secret.sealing_public();
            devices.iter().for_each(|device| device.store.keep(SEALING_KEY, key.as_bytes()).unwrap());
        }
        let mut world = Self {
            trace: Trace::new(shown),
            book,
            now,
            disk,
            processes: Vec::new(),
            devices,
            ups: Vec::new(),
            downs: BTreeMap::new(),
            newest: BTreeMap::new(),
            bug,
            weather,
            restores,
            backup: None,
            secret,
            chance,
        };
        for n in 0..1 + world.chance.below(3) {
            let older = n > 0 && world.chance.percent(60);
            let process = world.process(older.then_some(RecordKind::StepForward));
            world.processes.push(process);
        }
        for device in &mut world.devices {
            if world.chance.percent(50) {
                device.offset = world.chance.between(-30 * DAY, 30 * DAY);
                world.book.fault(Fault::Skew);
            }
        }
        world.pass(0);
        world
    }

    fn process(&mut self, unknown: Option<RecordKind>) -> Process {
        Process::new(&self.disk, &self.book, &mut self.chance, unknown, self.bug, &self.now, &self.secret)
    }

    pub fn now(&self) -> Millis {
        Millis(self.now.load(Ordering::Relaxed))
    }

    /// Time passes.
    pub fn pass(&mut self, ms: i64) {
        self.now.fetch_add(ms, Ordering::Relaxed);
        let now = self.now();
        self.devices.iter().for_each(|device| device.set_time(now));
    }

    /// One step of the part in which things go wrong.
    pub fn step(&mut self) {
        self.trace.steps += 1;
        let passes = match self.chance.below(100) {
            0 => self.chance.between(HOUR, 20 * HOUR),
            1..10 => self.chance.between(1_000, 600_000),
            _ => self.chance.between(1, 900),
        };
        self.pass(passes);
        if self.restores && self.chance.percent(2) {
            return self.back_up_or_restore();
        }
        if self.bad_luck(6) {
            return self.misfortune();
        }
        if self.bad_luck(2) {
            return self.crash_somewhere();
        }
        match self.chance.below(100) {
            0..12 => self.tap(),
            12..20 => self.start(),
            20..48 => self.network(),
            48..74 => self.serve(),
            74..98 => self.go_on(),
            _ => self.office(),
        }
    }

    /// Whether something goes wrong that does so in `percent` of a hundred cases in the worst weather.
    pub fn bad_luck(&mut self, percent: u64) -> bool {
        (self.chance.below(10_000) as u64) < percent * self.weather
    }

    fn any_device(&mut self) -> usize {
        let count = self.devices.len();
        self.chance.below(count)
    }

    fn tap(&mut self) {
        let n = self.any_device();
        let seed = self.chance.next();
        let fuse = self.chance.percent(3);
        if fuse {
            self.light(n);
        }
        let device = &mut self.devices[n];
        let what = device.worker.tap(&device.store, &self.book, seed);
        self.trace.note(format_args!("tap {n} {what}"));
        if fuse {
            self.look_at_fuse(n);
        }
    }

    fn light(&mut self, n: usize) {
        if self.chance.percent(40) {
            self.devices[n].fuse.light_commit();
        } else {
            let steps = 100 * self.chance.between(1, 25);
            self.devices[n].light(steps);
        }
    }

    /// Whether the app died in the middle of a transaction; puts the fuse out.
    fn look_at_fuse(&mut self, n: usize) -> bool {
        let burnt = self.devices[n].fuse.burnt();
        self.devices[n].put_out();
        if let Some(fault) = burnt {
            self.book.fault(fault);
            self.trace.note(format_args!("crash {n} {fault:?}"));
            self.devices[n].crash(&self.book);
        }
        burnt.is_some()
    }

    fn start(&mut self) {
        let n = self.any_device();
        let waits = self.devices[n].cut_up && self.chance.percent(80);
        if self.devices[n].syncing() || waits {
            return;
        }
        self.trace.note(format_args!("sync {n}"));
        self.devices[n].start(&self.book, &self.disk);
        let mut plan = self.devices[n].plan.lock().unwrap();
        let at = 1 + self.chance.below(12) as u32;
        match self.chance.below(100) {
            0..4 => plan.before = Some(at),
            4..8 => plan.after = Some(at),
            8..30 => plan.tap = Some((at, self.chance.next())),
            _ => {}
        }
    }

    /// Lets a device go on with its sync.
    fn go_on(&mut self) {
        let able: Vec<usize> =
            self.devices.iter().filter(|device| device.can_go_on()).map(|device| device.n).collect();
        let Some(n) = self.chance.pick(&able).copied() else { return };
        let fuse = self.chance.percent(3);
        if fuse {
            self.light(n);
        }
        let ended = self.devices[n].poll();
        if fuse && self.look_at_fuse(n) {
            return;
        }
        self.collect(n);
        if let Some(ended) = ended {
            self.sync_ended(n, ended);
        }
    }

    /// Takes over what a device wants to send.
    pub fn collect(&mut self, n: usize) {
        let mut end = self.devices[n].line.0.lock().unwrap();
        if let Some(body) = end.request.take() {
            let number = end.number;
            drop(end);
            self.trace.note(format_args!("request {n} {number} of {}", body.len()));
            self.ups.push(Up { device: n, number, body, again: false, late: false });
        }
    }

    pub fn sync_ended(&mut self, n: usize, ended: Result<Report, SyncError<Ended>>) {
        match ended {
            Ok(report) => {
                self.trace.note(format_args!(
                    "synced {n}: {} requests, {} accepted, {} refused, {} held, {} received, agrees {}",
                    report.requests,
                    report.accepted,
                    report.refused,
                    report.held,
                    report.received,
                    report.agrees
                ));
            }
            Err(SyncError::Remote(error)) => self.trace.note(format_args!("sync {n} broke off: {error}")),
            Err(SyncError::Local(Ended::Crash)) => {
                self.trace.note(format_args!("crash {n} between transactions"));
                self.devices[n].crash(&self.book);
            }
            Err(SyncError::Local(Ended::Store(error))) => {
                self.book.violation(format!("the store of {n} failed: {error}"));
            }
        }
    }

    fn misfortune(&mut self) {
        let n = self.any_device();
        // The line comes back sooner than it went.
        match self.chance.below(12) {
            0 => {
                (self.devices[n].cut_up, self.devices[n].cut_down) = self.cut(Fault::CutUp, n, (true, false))
            }
            1 => {
                (self.devices[n].cut_up, self.devices[n].cut_down) =
                    self.cut(Fault::CutDown, n, (false, true))
            }
            2 => {
                (self.devices[n].cut_up, self.devices[n].cut_down) = self.cut(Fault::CutBoth, n, (true, true))
            }
            3..8 => (self.devices[n].cut_up, self.devices[n].cut_down) = (false, false),
            8 => {
                let jump = self.chance.between(-30 * DAY, 30 * DAY);
                self.devices[n].offset = jump;
                self.book.fault(Fault::Jump);
                self.trace.note(format_args!("jump {n} {jump}"));
            }
            _ => {
                // Most often where a request is still on its way: the next one overtakes it.
                let asking = self.ups.last().map(|up| up.device).filter(|_| self.chance.percent(75));
                self.give_up(asking.unwrap_or(n));
            }
        }
    }

    fn cut(&mut self, fault: Fault, n: usize, state: (bool, bool)) -> (bool, bool) {
        self.book.fault(fault);
        self.trace.note(format_args!("{fault:?} {n}"));
        state
    }

    /// A device waits no longer; what is on the way stays there.
    fn give_up(&mut self, n: usize) {
        if !self.devices[n].waits() {
            return;
        }
        if self.ups.iter().any(|up| up.device == n) || self.downs.keys().any(|(device, _)| *device == n) {
            self.book.fault(Fault::Delayed);
        }
        self.trace.note(format_args!("gives up {n}"));
        self.devices[n].line.0.lock().unwrap().break_off();
        self.ups.iter_mut().filter(|up| up.device == n).for_each(|up| up.late = true);
    }

    fn crash_somewhere(&mut self) {
        if self.chance.percent(30) {
            let n = self.any_device();
            if self.devices[n].waits() {
                self.book.fault(Fault::CrashWaiting);
            }
            self.trace.note(format_args!("crash {n}"));
            return self.devices[n].crash(&self.book);
        }
        let committed = self.processes.iter().position(|process| process.committed.load(Ordering::Relaxed));
        let at = committed.unwrap_or_else(|| self.chance.below(self.processes.len()));
        if committed.is_some() {
            self.book.fault(Fault::ServerCrashAfterCommit);
        }
        self.book.fault(Fault::ServerCrash);
        self.trace.note(format_args!("server {at} dies, {committed:?}"));
        // It comes back in the version that it was.
        let unknown = self.processes[at].unknown.clone();
        self.restart(at, unknown);
    }

    /// A process starts anew; what it was doing is gone.
    pub fn restart(&mut self, at: usize, unknown: Option<RecordKind>) {
        let new = self.process(unknown);
        let old = std::mem::replace(&mut self.processes[at], new);
        for exchange in &old.exchanges {
            if let Some((device, number)) = exchange.of {
                self.downs.remove(&(device, number));
                self.break_off(device, number);
            }
        }
    }

    fn office(&mut self) {
        let now = self.now();
        let mut chance = self.chance.split();
        let mut id = || {
            let mut bytes = [0; 10];
            bytes[..8].copy_from_slice(&chance.next().to_le_bytes());
            ChangeId::new(now, bytes)
        };
        let user = [0, 2, 4, 1][self.chance.below(4)];
        // What happens to somebody who would hear of it at once is no misfortune.
        let away = self.devices.iter().filter(|device| device.cut_up || device.cut_down);
        let away: Vec<usize> = away.map(|device| device.n).collect();
        let worker_away = away.iter().any(|n| town::OWNERS[*n] == user);
        let task = match self.chance.below(12) {
            0..2 => {
                let value = json!(town::team(self.chance.below(2)));
                let fault = worker_away.then_some(Fault::TeamChange);
                Task::Staff { user, field: "team", value, id: id(), fault }
            }
            2..4 => {
                let roles = if user == 1 { ["supervisor", "peer-support"] } else { ["peer-support", "ems"] };
                let value = json!(roles[self.chance.below(2)]);
                let fault = worker_away.then_some(Fault::RoleChange);
                Task::Staff { user, field: "role", value, id: id(), fault }
            }
            4..6 => {
                let (value, fault) = (json!(self.chance.percent(60)), Some(Fault::Dismissed));
                Task::Staff { user, field: "active", value, id: id(), fault }
            }
            6 => {
                let n = self.any_device();
                if n < 2 && self.chance.percent(70) {
                    return;
                }
                self.devices[n].revoked = true;
                Task::Revoke(n, away.contains(&n).then_some(Fault::Revoked))
            }
            _ => Task::Intake { team: self.chance.below(2), ids: [id(), id(), id()] },
        };
        let at = self.chance.below(self.processes.len());
        self.trace.note(format_args!("office {at} {task:?}"));
        self.processes[at].office(task, &self.book);
    }

    /// Leaves the databases to the next run.
    pub fn end(self) {
        let Self { devices, processes, disk, .. } = self;
        drop(processes);
        devices.into_iter().for_each(Device::end);
        let county = Arc::into_inner(disk.connection).and_then(|county| county.into_inner().ok());
        county.into_iter().for_each(|county| town::town().county.leave(county));
    }

    /// All lines work again, all processes are new, and nothing is on the way.
    pub fn heal(&mut self) {
        self.trace.note(format_args!("heals"));
        // What was begun is done to the end; nobody hears of it.
        while let Some(at) = self.processes.iter().position(|process| !process.exchanges.is_empty()) {
            for at in at..self.processes.len() {
                (0..self.processes[at].exchanges.len())
                    .rev()
                    .for_each(|exchange| _ = self.serve_one(at, exchange));
            }
        }
        for at in 0..self.processes.len() {
            self.restart(at, None);
        }
        self.ups.clear();
        self.downs.clear();
        for n in 0..self.devices.len() {
            self.devices[n].cut_up = false;
            self.devices[n].cut_down = false;
            *self.devices[n].plan.lock().unwrap() = Default::default();
            if self.devices[n].syncing() {
                self.devices[n].line.0.lock().unwrap().break_off();
                for _ in 0..2 {
                    if let Some(ended) = self.devices[n].poll() {
                        self.sync_ended(n, ended);
                    }
                    self.devices[n].line.0.lock().unwrap().break_off();
                }
            }
        }
        self.ups.clear();
    }
}
