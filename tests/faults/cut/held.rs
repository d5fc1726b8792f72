//! The line stands still, which no side can tell from one that is slow: what had arrived is whole while it does, and
//! either it goes on and nothing was lost by waiting, or the device gives up and begins anew.

use super::check::{count, structure, token};
use super::odd::Odd;
use super::{AGAIN, PAGE, Pine, TRIES, Walker, between, spread, sync, sync_in_pages};
use rusqlite::Connection;
use std::pin::pin;
use std::time::Duration;
use sync::engine::{Report, SyncError};
use sync::ports::{Local, RemoteError};
use tests::proxy::{Direction, Fault, What};
use tokio::sync::watch;
use tokio::time::timeout;

/// The line stands still so many bytes after the one at which it was cut before: what had arrived then has arrived, even
/// where an answer is a little longer another time.
const LATER: u64 = 256;
/// A bound on a hang, not a promise.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a sync came to whose line stood still and went on.
struct Held {
    report: Report,
    /// Whether the line ever stood still.
    met: bool,
    /// Bytes from the county.
    down: u64,
}

impl Walker {
    /// A sync of which the line stands still, until what had arrived is there: as much as `enough` says, and at no
    /// moment something else than `look` allows.
    async fn sync_held<L>(
        &self,
        fault: Fault,
        local: L,
        look: impl Fn(&Connection) -> Result<usize, String>,
        enough: impl Fn(usize) -> bool,
    ) -> Result<Held, String>
    where
        L: Local<Error = store::StoreError> + Send + 'static,
    {
        let fault = Fault { at: fault.at + LATER, what: What::Hold, ..fault };
        let before = self.line.count();
        self.line.faults(&[fault]);
        let steps = watch::Sender::new(());
        let mut stepped = steps.subscribe();
        let step = move |_| steps.send_replace(());
        let mut run = pin!(self.phone.sync(local, step));
        let stands = self.line.until(|now| now.held > before.held);
        let (done, seen) = tokio::select! {
            done = &mut run => (done, None),
            _ = stands => {
                let seen = timeout(PATIENCE, async {
                    loop {
                        // The device may still be at work on what has come: what is looked at is of one moment.
                        let seen = look(&self.db.unchecked_transaction().unwrap())?;
                        if enough(seen) {
                            return Ok(());
                        }
                        stepped.changed().await.map_err(|_| format!("{seen} was all"))?;
                    }
                });
                let seen = seen.await.unwrap_or_else(|_| Err("what had arrived is not there".to_owned()));
                self.line.faults(&[]);
                self.line.release();
                (run.await, Some(seen))
            }
        };
        self.line.faults(&[]);
        let met = seen.is_some();
        seen.transpose().map_err(|problem| format!("{fault:?}: {problem}"))?;
        let report = done.map_err(|error| format!("{fault:?}: {error}"))?;
        Ok(Held { report, met, down: self.line.count().down - before.down })
    }

    fn open(db: &Connection) -> Result<usize, String> {
        structure(db)?;
        Ok(count(db, "select count(*) from change where state = 0"))
    }
}

/// So many points of both walkers.
fn cuts(points: u64, bytes: u64, direction: Direction) -> Vec<Fault> {
    let parts = [0, 1].map(|part| spread(points, bytes, part, direction, What::Cut));
    parts.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_stands_still_anywhere_costs_nothing_but_time() {
    let pine = Pine::new().await;
    let mut walker = pine.walker("held").await;
    let whole = walker.measure().await;
    let all = pine.reference.all().len();
    let look = |db: &Connection| pine.reference.check(db, token(db, &pine.county.admin).as_ref());
    let mut faults = cuts(24, whole.down, Direction::Down);
    faults.extend(cuts(8, whole.up, Direction::Up));
    let (points, mut met, mut partly) = (faults.len(), 0, 0);
    for fault in faults {
        // Where a line that is cut leaves something, one that stands still does, too. How much may differ: the county
        // cuts its frames by time as well.
        let cut = walker.first_sync(&pine, fault, whole, |phone| phone.store.local_side()).await.unwrap();
        walker.start_over();
        let local = walker.phone.store.local_side();
        let held = walker.sync_held(fault, local, look, |seen| seen >= cut.kept.min(1)).await.unwrap();
        assert!(held.report.agrees && held.report.received as usize == all, "{fault:?}: {:?}", held.report);
        assert_eq!(look(&walker.db), Ok(all), "{fault:?}");
        assert!(held.down <= whole.down + AGAIN, "{fault:?}: {} bytes for {}", held.down, whole.down);
        met += usize::from(held.met);
        partly += usize::from(held.met && cut.kept > 0 && cut.kept < all);
    }
    assert!(met * 10 > points * 9, "the control: {met} of {points} were met");
    assert!(partly * 2 > points, "the control: only {partly} of {points} came to something first");

    let before = walker.line.count();
    walker.push(&pine, None, 0).await.unwrap();
    let after = walker.line.count();
    let seq = pine.county.admin.describe().await.unwrap().seq;
    let mut faults = cuts(12, between(before, after, Direction::Up) * 9 / 10, Direction::Up);
    faults.extend(cuts(8, between(before, after, Direction::Down) * 6 / 10, Direction::Down));
    let (pushes, mut met, mut partly) = (faults.len(), 0, 0);
    for (n, fault) in faults.into_iter().enumerate() {
        let cut = walker.push(&pine, Some(fault), n).await.unwrap();
        walker.record(&pine, n);
        let paged = Odd::paged(walker.phone.store.local_side(), PAGE);
        let look = |db: &Connection| {
            let open = Walker::open(db)?;
            if open.is_multiple_of(PAGE) { Ok(open) } else { Err(format!("{open} are not whole pages")) }
        };
        let held = walker.sync_held(fault, paged, look, |open| open <= cut.waiting).await.unwrap();
        assert!(held.report.agrees && held.report.accepted as usize == TRIES, "{fault:?}: {:?}", held.report);
        assert_eq!(look(&walker.db), Ok(0), "{fault:?}");
        met += usize::from(held.met);
        partly += usize::from(held.met && cut.is_partly());
    }
    assert!(met * 2 > pushes, "the control: {met} of {pushes} were met");
    assert!(partly * 4 > pushes, "the control: only {partly} of {pushes} came after a page was answered");
    let recorded = (2 * pushes * TRIES) as u64;
    assert_eq!(pine.county.admin.describe().await.unwrap().seq, seq + recorded, "each once");
    println!("{points} first syncs and {pushes} pushes stood still and went on");
}

/// The same look finds a device that stores a token before what it stands for, while it waits.
#[tokio::test(flavor = "multi_thread")]
async fn the_look_finds_a_token_that_is_stored_too_early_while_the_line_stands_still() {
    let pine = Pine::new().await;
    let mut walker = pine.walker("hasty and held").await;
    let whole = walker.measure().await;
    let look = |db: &Connection| pine.reference.check(db, token(db, &pine.county.admin).as_ref());
    let mut found = 0;
    for fault in cuts(12, whole.down, Direction::Down) {
        let cut = walker.first_sync(&pine, fault, whole, |phone| phone.store.local_side()).await.unwrap();
        walker.start_over();
        let hasty = Odd::hasty(walker.phone.store.local_side());
        found +=
            usize::from(walker.sync_held(fault, hasty, look, |seen| seen >= cut.kept.min(1)).await.is_err());
    }
    assert!(found >= 3, "{found}");
}

/// Nobody lets it go on: after the time that the app gives a line, it goes by another connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_gives_a_line_up_that_never_goes_on_and_begins_anew() {
    let pine = Pine::new().await;
    let mut fetching = pine.walker("fetching").await;
    let whole = fetching.measure().await;
    fetching.start_over();
    let mut pushing = pine.walker("pushing").await;
    sync(&pushing.phone).await.unwrap();
    let (start, _, end) =
        (pushing.line.count(), pushing.push(&pine, None, 0).await.unwrap(), pushing.line.count());
    pushing.record(&pine, 1);
    let before = pine.county.admin.describe().await.unwrap().seq;

    let hold = |direction, at| Fault { direction, at, what: What::Hold };
    fetching.line.faults(&[hold(Direction::Down, whole.down / 2)]);
    pushing.line.faults(&[hold(Direction::Up, between(start, end, Direction::Up) * 6 / 10)]);
    let (fetched, pushed) = tokio::join!(sync(&fetching.phone), sync_in_pages(&pushing.phone));
    for (given_up, line) in [(fetched, &fetching.line), (pushed, &pushing.line)] {
        let given_up = given_up.map(|report| format!("{report:?}"));
        assert!(
            matches!(given_up, Err(SyncError::Remote(RemoteError::Interrupted | RemoteError::Unreachable))),
            "{given_up:?}"
        );
        assert_eq!(line.count().held, 1, "the control");
        line.faults(&[]);
    }
    let look = |db: &Connection| pine.reference.check(db, token(db, &pine.county.admin).as_ref());
    let kept = look(&fetching.db).unwrap();
    let all = pine.reference.all().len();
    assert!(kept > 0 && kept < all, "the control: {kept} of {all} had arrived");
    structure(&pushing.db).unwrap();
    let waiting = pushing.waiting();
    assert!(waiting > 0 && waiting < TRIES && waiting.is_multiple_of(PAGE), "the control: {waiting} wait");

    let rest = sync(&fetching.phone).await.unwrap();
    assert!(rest.agrees, "{rest:?}");
    let rest = sync_in_pages(&pushing.phone).await.unwrap();
    assert!(rest.agrees && rest.accepted as usize == waiting, "{rest:?}");
    structure(&pushing.db).unwrap();
    assert_eq!(pine.county.admin.describe().await.unwrap().seq, before + TRIES as u64, "each once");
    let rest = sync(&fetching.phone).await.unwrap();
    assert!(rest.agrees, "{rest:?}");
    structure(&fetching.db).unwrap();
}
