//! The county's database as a server process of the simulation sees it: the real one, with turns in between.
//!
//! A writing transaction takes its turn like a row lock: while one is finished and not yet visible, others wait for
//! it, and readers see what was before. That is all the freedom a real database has, so it is all that is taken here.
//! Whatever is read for a device is held against its caseload of that very moment.

use crate::bugs::Bug;
use crate::chance::Chance;
use crate::drive::turn;
use crate::faults::Fault;
use crate::ledger::Book;
use async_trait::async_trait;
use crypto::digest::RecordDigest;
use domain::caseload::{Carried, Member};
use domain::codes::{CodeList, Role};
use domain::{DeviceId, Millis, PersonId, RecordKind, TeamId, UserId};
use prometheus_client::metrics::histogram::Histogram;
use rusqlite::{Connection, OptionalExtension};
use server::db::sqlite::Sqlite;
use server::db::*;
use server::decide::{Line, Page};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use sync::wire::{HeldDigest, Verdict, Wanted};
use tokio::sync::mpsc::{Receiver, Sender};

/// The county's one database, as all processes share it.
#[derive(Clone)]
pub struct Disk {
    pub connection: Arc<Mutex<Connection>>,
    /// Whether a transaction holds the county's counter.
    writing: Arc<AtomicBool>,
}

impl Disk {
    pub fn new(connection: Connection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), writing: Arc::default() }
    }

    /// Where a device's digests are not the county's, as person and object, of what both know of.
    pub fn differing(&self, theirs: &[sync::wire::HeldDigest]) -> Vec<(Option<PersonId>, u8)> {
        let connection = self.connection.lock().unwrap();
        let mut find =
            connection.prepare_cached("select sum from digest where person = ?1 and object = ?2").unwrap();
        let mut ours = |held: &sync::wire::HeldDigest| {
            let key = (held.person.map_or([0; 16], |person| person.bytes()), held.object);
            let sum = find.query_row(key, |row| row.get(0)).optional().unwrap();
            sum.map_or(RecordDigest::ZERO, RecordDigest::from_bytes).to_string()
        };
        theirs
            .iter()
            .filter(|held| ours(held) != held.digest)
            .map(|held| (held.person, held.object))
            .collect()
    }

    async fn hold(&self) -> Held {
        while self.writing.swap(true, Ordering::Relaxed) {
            turn().await;
        }
        Held(Arc::clone(&self.writing))
    }
}

/// The counter, held until this is dropped: also when its process dies.
struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// One process's view.
pub struct Watched {
    inner: Sqlite,
    disk: Disk,
    book: Book,
    chance: Mutex<Chance>,
    /// The true time.
    now: Arc<AtomicI64>,
    bug: Option<Bug>,
    /// A kind that this process does not know yet.
    pub unknown: Option<RecordKind>,
    /// Whether a commit has happened whose answer is still on its way out.
    pub committed: Arc<AtomicBool>,
    stale: Mutex<BTreeMap<DeviceId, String>>,
}

impl Watched {
    pub fn new(
        disk: &Disk,
        book: &Book,
        chance: Chance,
        now: &Arc<AtomicI64>,
        unknown: Option<RecordKind>,
        bug: Option<Bug>,
    ) -> Self {
        Self {
            inner: Sqlite::inline(&disk.connection).unwrap(),
            disk: disk.clone(),
            book: book.clone(),
            chance: Mutex::new(chance),
            now: Arc::clone(now),
            bug,
            unknown,
            committed: Arc::default(),
            stale: Mutex::default(),
        }
    }

    /// Some turns, now and then.
    async fn wait(&self, percent: u64) -> bool {
        let turns = {
            let mut chance = self.chance.lock().unwrap();
            if chance.percent(percent) { chance.between(1, 6) } else { 0 }
        };
        for _ in 0..turns {
            turn().await;
        }
        turns > 0
    }

    fn older(&self, page: &mut Page) {
        let Some(unknown) = &self.unknown else { return };
        for line in &mut page.lines {
            if let Line::Change(change, _) = line
                && change.kind == *unknown
            {
                self.book.fault(Fault::OlderServer);
                *line = Line::Unreadable(change.id, Verdict::CountyTooOld);
            }
        }
    }

    fn note(&self, page: &[domain::ChangeId], outcome: &Outcome) {
        let now = Millis(self.now.load(Ordering::Relaxed));
        let mut book = self.book.open();
        let refused = |answer: &sync::wire::Answer| matches!(answer.verdict, Verdict::Refused(_));
        let inner = outcome.answers.iter().skip(1).rev().skip(1);
        if inner.clone().any(refused) && page.len() > 2 {
            book.faults.count(Fault::RefusedInPage);
        }
        for answer in &outcome.answers {
            if let Verdict::Accepted { seq, stamp } = answer.verdict {
                let first = book.accepted.entry(answer.id).or_insert((seq, stamp, now));
                if (first.0, first.1) != (seq, stamp) {
                    let text = format!("{} was answered differently the second time", answer.id);
                    book.violations.push(text);
                }
            }
        }
    }

    /// Holds what was read for a device against its caseload now.
    fn hold_to_caseload(&self, device: DeviceId, member: &Member, read: &[&Delivery]) {
        let connection = self.disk.connection.lock().unwrap();
        let now = member_now(&connection, device, member.user);
        let mut seen: BTreeMap<PersonId, u32> = BTreeMap::new();
        for delivery in read {
            let Some(now) = &now else {
                self.book.violation(format!("{device} is not admitted and was sent {}", delivery.seq));
                return;
            };
            let Some(person) = delivery.person else { continue };
            let sees =
                *seen.entry(person).or_insert_with(|| now.sees(now.nearness(&carried(&connection, person))));
            if sees & (1 << object_of(&connection, delivery.seq)) == 0 {
                self.book.violation(format!("{device} was sent {} of {person}", delivery.seq));
            }
        }
    }
}

/// The member as they are now; none when the device may have nothing any more.
pub fn member_now(connection: &Connection, device: DeviceId, user: UserId) -> Option<Member> {
    let mut find = connection
        .prepare_cached(
            "select m.role, m.team from member m join device d on d.county = m.county and d.user = m.user
             where d.device = ?1 and m.user = ?2 and d.revoked_at is null and m.active",
        )
        .unwrap();
    let found = find.query_row((device.bytes(), user.bytes()), |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<[u8; 16]>>(1)?))
    });
    let (role, team) = found.optional().unwrap()?;
    Some(Member { user, role: Role::from_code(&role), team: team.map(TeamId::from_bytes) })
}

/// Who carries a person, by the county's table; the end of a run holds that table against the log.
pub fn carried(connection: &Connection, person: PersonId) -> Vec<Carried> {
    let mut find =
        connection.prepare_cached("select team, lead, partner from caseload where person = ?1").unwrap();
    let user = |id: Option<[u8; 16]>| id.map(UserId::from_bytes);
    let rows = find.query_map([person.bytes()], |row| {
        Ok(Carried {
            team: row.get::<_, Option<[u8; 16]>>(0)?.map(TeamId::from_bytes),
            lead: user(row.get(1)?),
            partner: user(row.get(2)?),
        })
    });
    rows.unwrap().map(|row| row.unwrap()).collect()
}

fn object_of(connection: &Connection, seq: u64) -> u8 {
    let mut find = connection.prepare_cached("select object from change where seq = ?1").unwrap();
    find.query_row([seq as i64], |row| row.get(0)).unwrap()
}

/// Operations that are passed on after a turn.
macro_rules! passed_on {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)+) => {
        #[async_trait]
        impl Database for Watched {
            async fn accept(&self, page: Page, report: Option<Taken>) -> Result<Outcome> {
                self.accepted(page, report).await
            }
            async fn begin_pull(&self, ask: PullAsk) -> Result<Begun> {
                self.begun(ask).await
            }
            async fn histories(&self, ask: HistoryAsk) -> Result<HistoryPart> {
                self.history(ask).await
            }
            async fn feed(&self, ask: FeedAsk) -> Result<FeedPart> {
                turn().await;
                let part = self.inner.feed(ask.clone()).await?;
                self.hold_to_caseload(ask.device, &ask.member, &part.changes.iter().collect::<Vec<_>>());
                Ok(part)
            }
            async fn last_frame(&self, ask: FeedAsk) -> Result<LastPart> {
                self.last(ask).await
            }
            fn pool(&self) -> Pool {
                self.inner.pool()
            }
            fn nonce_scope(&self) -> [u8; 16] {
                self.inner.nonce_scope()
            }
            fn waits(&self) -> Histogram {
                self.inner.waits()
            }
            $(async fn $name(&self, $($arg: $type),*) -> $result {
                turn().await;
                self.inner.$name($($arg),*).await
            })+
        }
    };
}

passed_on! {
    ready() -> Result<()>;
    county() -> Result<County>;
    setting(name: &'static str) -> Result<Option<String>>;
    set_setting(name: &'static str, value: String) -> Result<()>;
    device(device: DeviceId) -> Result<Option<(DeviceRow, MemberRow)>>;
    devices() -> Result<Vec<(DeviceRow, MemberRow)>>;
    revoke(device: DeviceId, now: Millis) -> Result<bool>;
    open_session(device: DeviceId, hash: [u8; 32], now: Millis, expires: Millis) -> Result<()>;
    has_session(device: DeviceId, hash: [u8; 32], now: Millis) -> Result<bool>;
    add_enrolment(hash: [u8; 32], user: UserId, expires: Millis) -> Result<()>;
    enrol(ask: Enrolment) -> Result<EnrolOutcome>;
    members() -> Result<Vec<MemberRow>>;
    teams() -> Result<Vec<TeamRow>>;
    county_records(from: u64, to: u64) -> Result<Vec<Delivery>>;
    missed(device: DeviceId, people: BTreeSet<PersonId>) -> Result<()>;
    people(member: Member, after: Option<PersonId>, limit: u32) -> Result<Vec<PersonRow>>;
    changes_of(member: Member, person: PersonId, after: u64, limit: u32) -> Result<Option<Vec<Delivery>>>;
    reports_of_incident(agency: String, incident: String) -> Result<Vec<ReportRow>>;
    reports_of_event(event: domain::RecordId) -> Result<Vec<ReportRow>>;
    report(agency: String, report: String) -> Result<Option<ReportRow>>;
    same_name(full_name: String, birth_date: String) -> Result<Vec<PersonId>>;
    changes_of_kind(person: Option<PersonId>, kind: RecordKind) -> Result<Vec<(domain::Change, domain::Stamp)>>;
    spend_nonce(nonce: [u8; 12], now: i64, expires: i64) -> Result<bool>;
    changed(seen: Option<i64>) -> Result<i64>;
    concerned(after: u64, except: Vec<(u64, u64)>) -> Result<Commits>;
    check() -> Result<CheckReport>;
    audit(row: AuditRow) -> Result<()>;
    audited(limit: u32) -> Result<Vec<AuditRow>>;
    wait_for_readmission(device: DeviceRow) -> Result<()>;
    waiting() -> Result<Vec<WaitingRow>>;
    readmit(device: DeviceId) -> Result<Option<MemberRow>>;
    new_epoch(met: Option<(u32, u64)>, now: Millis) -> Result<u32>;
    wanted(device: DeviceId, member: Member, held: Vec<HeldDigest>) -> Result<Vec<Wanted>>;
    export(to: Sender<archive::Part>) -> Result<()>;
    import(from: Receiver<archive::Part>, replace: bool) -> Result<()>;
}

impl Watched {
    async fn accepted(&self, mut page: Page, report: Option<Taken>) -> Result<Outcome> {
        turn().await;
        self.older(&mut page);
        let held = self.disk.hold().await;
        let reserved = (self.bug == Some(Bug::LateSequence)).then(|| self.reserve(page.lines.len()));
        // With the bug the counter is not held until the commit, which is what makes the numbers late.
        let mut held = Some(held).filter(|_| reserved.is_none());
        if self.wait(30).await {
            self.book.fault(Fault::LateVisibility);
        }
        if held.is_none() {
            held = Some(self.disk.hold().await);
        }
        if self.bug == Some(Bug::UnclampedClock) {
            page.received = page.received.plus(400 * domain::time::DAY);
        }
        let ids = ids_of(&page);
        let renamed =
            if self.bug == Some(Bug::TwiceApplied) { self.rename_known(&mut page) } else { Vec::new() };
        if self.bug == Some(Bug::AnswerBeforeCommit) && self.chance.lock().unwrap().percent(10) {
            return self.rolled_back(page, &ids);
        }
        let after = reserved.map(|first| self.rewind(first));
        let mut outcome = self.inner.accept(page, report).await?;
        if let Some(after) = after {
            self.set_number(after.max(self.number()));
        }
        for (answer, renamed) in outcome.answers.iter_mut().zip(renamed) {
            // The device hears what it heard the first time.
            if let Some(first) = renamed {
                *answer = first;
            }
        }
        self.note(&ids, &outcome);
        self.committed.store(true, Ordering::Relaxed);
        drop(held);
        // The answer to a commit may be late: others see it first.
        turn().await;
        self.wait(20).await;
        self.committed.store(false, Ordering::Relaxed);
        Ok(outcome)
    }

    async fn begun(&self, ask: PullAsk) -> Result<Begun> {
        turn().await;
        let held = self.disk.hold().await;
        self.wait(10).await;
        let begun = self.inner.begin_pull(ask).await?;
        drop(held);
        turn().await;
        Ok(begun)
    }

    async fn history(&self, ask: HistoryAsk) -> Result<HistoryPart> {
        turn().await;
        let mut part = self.inner.histories(ask.clone()).await?;
        if self.bug == Some(Bug::ForgottenCaseload) {
            let (user, team) = (crate::town::user(3), Some(crate::town::team(1)));
            let other = Member { user, role: Role::Supervisor, team };
            let person = crate::town::person(3);
            let changes = self.inner.changes_of(other, person, 0, 100).await?.unwrap_or_default();
            part.people.push((person, domain::caseload::PERSON_OBJECTS, false, changes));
        }
        let read: Vec<_> = part.people.iter().flat_map(|(_, _, _, changes)| changes).collect();
        self.hold_to_caseload(ask.device, &ask.member, &read);
        Ok(part)
    }

    async fn last(&self, ask: FeedAsk) -> Result<LastPart> {
        turn().await;
        let mut part = self.inner.last_frame(ask.clone()).await?;
        self.hold_to_caseload(ask.device, &ask.member, &part.changes.iter().collect::<Vec<_>>());
        if self.bug == Some(Bug::StaleDigest) {
            let newest = part.digest.clone();
            let mut stale = self.stale.lock().unwrap();
            part.digest = stale.insert(ask.device, newest).unwrap_or(part.digest);
        }
        turn().await;
        Ok(part)
    }
}

fn ids_of(page: &Page) -> Vec<domain::ChangeId> {
    let id = |line: &Line| match line {
        Line::Change(change, _) => change.id,
        Line::HandOver(work) | Line::Letter(work) => work.id,
        Line::Settle(work) => work.id,
        Line::Proven(proven) | Line::Again(proven) => proven.change.id,
        Line::Copy(id, _) => *id,
        Line::Unreadable(id, _) => *id,
    };
    page.lines.iter().map(id).collect()
}

/// What only the bugs need.
impl Watched {
    fn number(&self) -> i64 {
        self.disk
            .connection
            .lock()
            .unwrap()
            .query_row("select seq from county", [], |row| row.get(0))
            .unwrap()
    }

    fn set_number(&self, number: i64) {
        self.disk.connection.lock().unwrap().execute("update county set seq = ?1", [number]).unwrap();
    }

    /// Takes numbers for later, as a serial column does.
    fn reserve(&self, count: usize) -> i64 {
        let first = self.number();
        self.set_number(first + count as i64);
        first
    }

    fn rewind(&self, to: i64) -> i64 {
        let after = self.number();
        self.set_number(to);
        after
    }

    /// Gives changes that are known already another id; returns what was answered the first time.
    fn rename_known(&self, page: &mut Page) -> Vec<Option<sync::wire::Answer>> {
        let book = self.book.open();
        let mut first = Vec::new();
        for line in &mut page.lines {
            let mut answered = None;
            if let Line::Change(change, raw) = line
                && let Some((seq, stamp, _)) = book.accepted.get(&change.id)
            {
                let verdict = Verdict::Accepted { seq: *seq, stamp: *stamp };
                answered = Some(sync::wire::Answer { id: change.id, verdict });
                let mut bytes = change.id.bytes();
                bytes[9] ^= 0xff;
                change.id = domain::ChangeId::from_bytes(bytes);
                *raw = serde_json::to_string(change).unwrap();
            }
            first.push(answered);
        }
        first
    }

    /// Decides a page on a copy of the county that is thrown away.
    fn rolled_back(&self, page: Page, ids: &[domain::ChangeId]) -> Result<Outcome> {
        let copy = self.disk.connection.lock().unwrap().serialize(rusqlite::MAIN_DB).unwrap().to_vec();
        let copy = Sqlite::inline(&Arc::new(Mutex::new(crate::spare::opened(&copy))))?;
        let outcome = crate::drive::ready(copy.accept(page, None))?;
        self.note(ids, &outcome);
        Ok(outcome)
    }
}
