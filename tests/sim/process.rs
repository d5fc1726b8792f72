//! A server process: the real exchange over its own view of the county's database, and what the office does there.

use crate::bugs::Bug;
use crate::chance::Chance;
use crate::database::{Disk, Watched};
use crate::faults::Fault;
use crate::ledger::Book;
use crate::town;
use domain::records::{Record, Staff};
use domain::{Change, ChangeId, FieldChange, Millis, Op, RecordId, RecordKind, Stamp, fold};
use serde_json::{Value, json};
use server::decide::{Author, Line, Page};
use server::exchange::{self, Side};
use server::notify::Notifier;
use server::pull::stream::Reader;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use sync::ports::RemoteError;

/// Part of an answer on its way out.
#[derive(Debug)]
pub enum Out {
    Begun,
    Refused(RemoteError),
    Chunk(Vec<u8>),
    End,
    Broken,
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One request being answered, or something that the office does.
pub struct Exchange {
    /// The device, and the number of its request.
    pub of: Option<(usize, u32)>,
    pub out: Arc<Mutex<VecDeque<Out>>>,
    work: Work,
}

pub struct Process {
    pub exchanges: Vec<Exchange>,
    pub committed: Arc<AtomicBool>,
    pub side: Side,
    /// A kind that its version does not know yet.
    pub unknown: Option<RecordKind>,
}

impl Process {
    pub fn new(
        disk: &Disk,
        book: &Book,
        chance: &mut Chance,
        unknown: Option<RecordKind>,
        bug: Option<Bug>,
        now: &Arc<AtomicI64>,
        secret: &Arc<crypto::county::CountySecret>,
    ) -> Self {
        let watched = Watched::new(disk, book, chance.split(), now, unknown.clone(), bug);
        let (committed, now) = (Arc::clone(&watched.committed), Arc::clone(now));
        let side = Side {
            db: Arc::new(watched),
            secret: Arc::clone(secret),
            notifier: Arc::new(Notifier::default()),
            clock: Arc::new(move || Millis(now.load(Ordering::Relaxed))),
        };
        Self { exchanges: Vec::new(), committed, side, unknown }
    }

    /// Takes a request in.
    pub fn take(&mut self, device: usize, number: u32, body: Vec<u8>) {
        let out: Arc<Mutex<VecDeque<Out>>> = Arc::default();
        let work = Box::pin(serve(self.side.clone(), device, body, Arc::clone(&out)));
        self.exchanges.push(Exchange { of: Some((device, number)), out, work });
    }

    /// Lets the office write something.
    pub fn office(&mut self, task: Task, book: &Book) {
        let work = Box::pin(write(self.side.clone(), task, book.clone()));
        self.exchanges.push(Exchange { of: None, out: Arc::default(), work });
    }

    /// Gives one exchange a turn; true when it is done.
    pub fn poll(&mut self, at: usize) -> bool {
        let polled = self.exchanges[at].work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        polled.is_ready()
    }
}

/// As the route does it: who asks, may they, and then the exchange.
async fn serve(side: Side, device: usize, body: Vec<u8>, out: Arc<Mutex<VecDeque<Out>>>) {
    let say = |what| out.lock().unwrap().push_back(what);
    let refused = |code: &str| Out::Refused(RemoteError::Refused { code: code.to_owned() });
    let Ok(found) = side.db.device(town::device(device)).await else { return say(Out::Broken) };
    let Some((row, member)) = found else { return say(refused("not_authorized")) };
    if row.revoked_at.is_some() || !member.active {
        return say(refused("device_revoked"));
    }
    let Ok(request) = exchange::read(&body) else { return say(refused("malformed")) };
    let reader = Reader { member: member.member(), device: row.device };
    let Ok(mut answer) = exchange::answer(side, reader, request).await else { return say(Out::Broken) };
    say(Out::Begun);
    loop {
        match answer.chunk().await {
            Ok(Some(bytes)) => say(Out::Chunk(bytes.to_vec())),
            Ok(None) => return say(Out::End),
            Err(_) => return say(Out::Broken),
        }
    }
}

/// What the county's office does.
#[derive(Clone, Debug)]
pub enum Task {
    Revoke(usize, Option<Fault>),
    /// Sets a field of somebody's staff record; which misfortune that is, if it changes anything.
    Staff {
        user: usize,
        field: &'static str,
        value: Value,
        id: ChangeId,
        fault: Option<Fault>,
    },
    /// Takes a report in.
    Intake {
        team: usize,
        ids: [ChangeId; 3],
    },
}

async fn write(side: Side, task: Task, book: Book) {
    let now = (side.clock)();
    let mut fault = None;
    let said = match task {
        Task::Revoke(n, fault) => {
            if side.db.revoke(town::device(n), now).await.is_ok() {
                fault.into_iter().for_each(|fault| book.fault(fault));
            }
            return;
        }
        Task::Staff { user, field, value, id, fault: if_changed } => {
            let Ok(all) = side.db.changes_of_kind(None, Staff::KIND).await else { return };
            let record = RecordId::from(town::user(user));
            let folded = fold(
                all.iter().filter(|(change, _)| change.record == record).map(|(change, at)| (change, *at)),
            );
            let seen = folded.fields.get(field).map(|field| field.seen()).unwrap_or_default();
            fault = if_changed.filter(|_| folded.values().get(field) != Some(&value));
            let mut said = change(id, record, RecordKind::Staff, None, now, Value::Null);
            said.op = Op::Amend;
            said.fields.insert(field.to_owned(), FieldChange { value, seen });
            vec![said]
        }
        Task::Intake { team, ids: [who, case, event] } => {
            let person = domain::PersonId(who.0);
            let opened = json!({ "stage": "referred", "opened_at": now, "team": town::team(team) });
            vec![
                change(
                    who,
                    who.into(),
                    RecordKind::Person,
                    Some(person),
                    now,
                    json!({ "first_name": "Taken in" }),
                ),
                change(case, case.into(), RecordKind::Case, Some(person), now, opened),
                change(
                    event,
                    event.into(),
                    RecordKind::OverdoseEvent,
                    Some(person),
                    now,
                    json!({ "occurred_at": now, "source": "ems" }),
                ),
            ]
        }
    };
    let lines = said.into_iter().map(|change| {
        let raw = serde_json::to_string(&change).unwrap();
        Line::Change(Box::new(change), raw)
    });
    let page = Page { author: Author::County, received: now, lines: lines.collect(), contact: None };
    if side.db.accept(page, None).await.is_ok() {
        fault.into_iter().for_each(|fault| book.fault(fault));
    }
}

fn change(
    id: ChangeId,
    record: RecordId,
    kind: RecordKind,
    person: Option<domain::PersonId>,
    now: Millis,
    fields: Value,
) -> Change {
    let fields = match fields {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    let set = |(name, value)| (name, FieldChange { value, seen: Vec::new() });
    Change {
        id,
        record,
        kind,
        person,
        op: Op::Create,
        author: domain::ids::SYSTEM_USER,
        device: domain::ids::COUNTY_DEVICE,
        stamp: Stamp::at(now),
        happened_at: now,
        reason: None,
        fields: fields.into_iter().map(set).collect(),
    }
}
