//! The line to the county dies, or lies, or stands still, at more than five hundred bytes of a first sync and of a push
//! of several pages, over real TLS. Whatever had arrived is kept, whole; the next sync goes on from there; nothing comes
//! twice and nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod below;
mod check;
mod held;
mod odd;

use check::{Reference, count, structure, token};
use domain::PersonId;
use odd::Odd;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::sync::Arc;
use sync::engine::{Report, SyncError};
use sync::ports::Local;
use tests::county::TestCounty;
use tests::phone::Phone;
use tests::proxy::{Count, Direction, Fault, Proxy, What};

/// Maria's people, and what she recorded of each.
const PEOPLE: usize = 14;
const VISITS: usize = 10;
/// Tries at the door in one push, and how many of them are in a page.
const TRIES: usize = 24;
const PAGE: usize = 6;
/// More than a frame, the handshake and the headers that a sync which goes on sends again: no more than this.
const AGAIN: u64 = 16 * 1024;

/// A county in which Maria has recorded a caseload, which she now fetches on other devices.
struct Pine {
    folder: tempfile::TempDir,
    county: TestCounty,
    reference: Reference,
    first: Phone,
    people: Vec<PersonId>,
}

impl Pine {
    async fn new() -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let county =
            TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
        county.admin.add_team("Pine response team").await.unwrap();
        let code = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await.unwrap();
        let first = Phone::enrol(&folder.path().join("first"), &code).await.unwrap();
        sync(&first).await.unwrap();
        let people = first.meet(PEOPLE, VISITS, 7).unwrap();
        assert!(sync(&first).await.unwrap().agrees);
        let code = county.code("Maria Ortiz").await.unwrap();
        let whole = Phone::enrol(&folder.path().join("whole"), &code).await.unwrap();
        assert!(sync(&whole).await.unwrap().agrees);
        let db = whole.raw().unwrap().connect().unwrap();
        let reference = Reference::new(&county.admin, whole.store.ids().user, &db).await;
        reference.check(&db, token(&db, &county.admin).as_ref()).unwrap();
        assert!(reference.all().len() > 2 * PEOPLE * VISITS);
        Arc::new(Self { folder, county, reference, first, people })
    }

    /// One more device of hers, with a line of its own.
    async fn walker(&self, name: &str) -> Walker {
        let code = self.county.code("Maria Ortiz").await.unwrap();
        let mut phone = Phone::enrol(&self.folder.path().join(name), &code).await.unwrap();
        let line = self.county.another_line().await.unwrap();
        phone.go_by(line.address);
        let raw = phone.raw().unwrap();
        let db = raw.connect().unwrap();
        let mut saved = raw.connect_to(&self.folder.path().join(format!("{name}.saved"))).unwrap();
        copy(&db, &mut saved);
        Walker { phone, line, db, saved }
    }
}

fn copy(from: &Connection, to: &mut Connection) {
    Backup::new(from, to).unwrap().run_to_completion(10_000, std::time::Duration::ZERO, None).unwrap();
}

async fn sync(phone: &Phone) -> Result<Report, SyncError<store::StoreError>> {
    phone.sync(phone.store.local_side(), |_| {}).await
}

/// A sync whose pages are small.
async fn sync_in_pages(phone: &Phone) -> Result<Report, SyncError<store::StoreError>> {
    phone.sync(Odd::paged(phone.store.local_side(), PAGE), |_| {}).await
}

/// A device that is cut again and again.
struct Walker {
    phone: Phone,
    line: Proxy,
    /// Its database, past the store.
    db: Connection,
    /// As it was when it had just been enrolled.
    saved: Connection,
}

/// What one direction of an undisturbed sync takes.
fn between(before: Count, after: Count, direction: Direction) -> u64 {
    match direction {
        Direction::Up => after.up - before.up,
        Direction::Down => after.down - before.down,
    }
}

impl Walker {
    /// Forgets everything since enrolment.
    fn start_over(&mut self) {
        copy(&self.saved, &mut self.db);
    }

    /// What an undisturbed first sync takes, each way.
    async fn measure(&mut self) -> Count {
        let before = self.line.count();
        sync(&self.phone).await.unwrap();
        let after = self.line.count();
        Count { up: after.up - before.up, down: after.down - before.down, ..Count::default() }
    }

    /// A first sync with a fault in it, and then the rest. What the check finds in the moment between, if anything.
    async fn first_sync<L>(
        &mut self,
        pine: &Pine,
        fault: Fault,
        whole: Count,
        local: impl Fn(&Phone) -> L,
    ) -> Result<Pulled, String>
    where
        L: Local<Error = store::StoreError> + Send + 'static,
    {
        self.start_over();
        self.line.faults(&[fault]);
        let before = self.line.count();
        let broken = self.phone.sync(local(&self.phone), |_| {}).await.is_err();
        let between = self.line.count();
        self.line.faults(&[]);
        let kept = pine.reference.check(&self.db, token(&self.db, &pine.county.admin).as_ref())?;
        let rest = sync(&self.phone).await.map_err(|error| error.to_string())?;
        let after = self.line.count();
        let held = pine.reference.check(&self.db, token(&self.db, &pine.county.admin).as_ref())?;
        assert_eq!(held, pine.reference.all().len());
        if !rest.agrees || rest.received as usize != held - kept {
            return Err(format!("{fault:?}: {kept} of {held} were there, and then {} came", rest.received));
        }
        let (first, second) = (between.down - before.down, after.down - between.down);
        // What a lie cost was carried all the same.
        if fault.what == What::Cut && first + second > whole.down + AGAIN {
            return Err(format!("{fault:?}: {first} and {second} bytes where {} are enough", whole.down));
        }
        Ok(Pulled { broken, kept })
    }

    /// Records something to push.
    fn record(&self, pine: &Pine, round: usize) {
        // Words that do not compress, so that there are bytes to cut between.
        let word = |n| format!("{round} {n} {}", crypto::codes::AccessToken::generate().to_text().as_str());
        let notes: Vec<String> = (0..TRIES).map(word).collect();
        self.phone.try_often(pine.people[round % PEOPLE], &notes).unwrap();
    }

    /// Records something and pushes it in pages, with a fault in between, and then once more.
    async fn push(&mut self, pine: &Pine, fault: Option<Fault>, round: usize) -> Result<Pushed, String> {
        self.record(pine, round);
        self.line.faults(fault.as_slice());
        let broken = sync_in_pages(&self.phone).await.is_err();
        self.line.faults(&[]);
        structure(&self.db)?;
        let waiting = self.waiting();
        if !waiting.is_multiple_of(PAGE) || waiting > TRIES {
            return Err(format!("{fault:?}: {waiting} of {TRIES} wait, which are not whole pages"));
        }
        let rest = sync_in_pages(&self.phone).await.map_err(|error| error.to_string())?;
        structure(&self.db)?;
        if !rest.agrees || rest.accepted as usize != waiting || self.waiting() != 0 {
            return Err(format!("{fault:?}: {waiting} waited, {} were accepted", rest.accepted));
        }
        Ok(Pushed { broken, waiting })
    }

    /// How many changes the county has not answered.
    fn waiting(&self) -> usize {
        let open = count(&self.db, "select count(*) from change where state = 0");
        let other = count(&self.db, "select count(*) from change where state not in (0, 1)");
        assert_eq!(other, 0, "nothing is refused or held");
        open
    }
}

/// What a first sync came to.
struct Pulled {
    /// Whether the fault was met.
    broken: bool,
    /// How much was there when it was.
    kept: usize,
}

/// What a push came to.
struct Pushed {
    /// Whether the fault was met.
    broken: bool,
    /// How many were not answered when it was.
    waiting: usize,
}

impl Pushed {
    /// Whether some pages were answered by then, and not all.
    fn is_partly(&self) -> bool {
        self.waiting > 0 && self.waiting < TRIES
    }
}

/// The two walkers' share of `count` points, spread evenly over so many bytes.
fn spread(count: u64, bytes: u64, part: u64, direction: Direction, what: What) -> Vec<Fault> {
    (0..count).filter(|n| n % 2 == part).map(|n| Fault { direction, at: n * bytes / count, what }).collect()
}

/// Three hundred and twenty cuts of the answer, forty of the request, sixty lies.
async fn walk_first_syncs(pine: Arc<Pine>, part: u64) -> (usize, usize) {
    let mut walker = pine.walker(&format!("pull-{part}")).await;
    let whole = walker.measure().await;
    let mut faults = spread(320, whole.down, part, Direction::Down, What::Cut);
    faults.extend(spread(40, whole.up, part, Direction::Up, What::Cut));
    // Not the last bytes: whoever waits for more than will come waits long.
    faults.extend(spread(40, whole.down * 9 / 10, part, Direction::Down, What::Corrupt));
    faults.extend(spread(20, whole.down * 9 / 10, part, Direction::Down, What::Repeat(64)));
    let (points, mut broken, mut partly) = (faults.len(), 0, 0);
    for fault in faults {
        let pulled = walker.first_sync(&pine, fault, whole, |phone| phone.store.local_side()).await.unwrap();
        broken += usize::from(pulled.broken);
        partly += usize::from(pulled.kept > 0 && pulled.kept < pine.reference.all().len());
    }
    assert!(broken * 10 > points * 9, "the control: {broken} of {points} were met");
    assert!(partly * 2 > points, "the control: only {partly} of {points} came to something first");
    (points, partly)
}

/// A hundred cuts of the requests, page by page, and sixty of the answers.
async fn walk_pushes(pine: Arc<Pine>, part: u64) -> usize {
    let mut walker = pine.walker(&format!("push-{part}")).await;
    sync(&walker.phone).await.unwrap();
    let before = walker.line.count();
    walker.push(&pine, None, 0).await.unwrap();
    let after = walker.line.count();
    // Two syncs were counted, of which the second had nothing to send.
    let up = between(before, after, Direction::Up) * 9 / 10;
    let down = between(before, after, Direction::Down) * 6 / 10;
    let mut faults = spread(100, up, part, Direction::Up, What::Cut);
    faults.extend(spread(60, down, part, Direction::Down, What::Cut));
    let (points, mut broken, mut partly) = (faults.len(), 0, 0);
    for (n, fault) in faults.into_iter().enumerate() {
        let pushed = walker.push(&pine, Some(fault), n + 1).await.unwrap();
        broken += usize::from(pushed.broken);
        partly += usize::from(pushed.is_partly());
    }
    assert!(broken * 2 > points, "the control: {broken} of {points} were met");
    assert!(partly * 4 > points, "the control: only {partly} of {points} came after a page was answered");
    points
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_cut_anywhere_goes_on_from_what_had_arrived() {
    let pine = Pine::new().await;
    let walks = [0, 1].map(|part| tokio::spawn(walk_first_syncs(Arc::clone(&pine), part)));
    let (mut pulls, mut partly) = (0, 0);
    for walk in walks {
        let (points, some) = walk.await.unwrap();
        pulls += points;
        partly += some;
    }
    let seq = pine.county.admin.describe().await.unwrap().seq;
    let walks = [0, 1].map(|part| tokio::spawn(walk_pushes(Arc::clone(&pine), part)));
    let mut pushes = 0;
    for walk in walks {
        pushes += walk.await.unwrap();
    }
    // What was recorded is with the county, once: two more rounds found out how long a push is.
    let recorded = (pushes + 2) * TRIES;
    assert_eq!(pine.county.admin.describe().await.unwrap().seq, seq + recorded as u64);
    let report = sync(&pine.first).await.unwrap();
    assert!(report.agrees && report.received as usize == recorded);
    structure(&pine.first.raw().unwrap().connect().unwrap()).unwrap();
    let checked = pine.county.admin.check().await.unwrap();
    assert_eq!((checked.damaged, checked.digests_wrong, checked.caseload_wrong), (0, 0, 0));
    assert!(pulls + pushes >= 500);
    println!(
        "{pulls} faults in first syncs, {partly} of them after something had arrived; {pushes} in pushes"
    );
}

/// The same check finds a device that stores a token before what it stands for.
#[tokio::test(flavor = "multi_thread")]
async fn the_check_finds_a_token_that_is_stored_too_early() {
    let pine = Pine::new().await;
    let mut walker = pine.walker("hasty").await;
    let whole = walker.measure().await;
    let mut found = 0;
    for fault in spread(12, whole.down, 0, Direction::Down, What::Cut) {
        let hasty = walker.first_sync(&pine, fault, whole, |phone| Odd::hasty(phone.store.local_side()));
        found += usize::from(hasty.await.is_err());
        walker.first_sync(&pine, fault, whole, |phone| phone.store.local_side()).await.unwrap();
    }
    assert!(found >= 3, "{found}");
}
