//! Measures one device's store: `cargo run --release -p store --example speed -- [people] [visits per person]`.
//!
//! For tuning by hand; the figures that count are the ones of `make bench`. Everything is synthetic.

use crypto::secret::{Secret32, random_bytes};
use domain::caseload::PERSON_OBJECTS;
use domain::{
    Change, ChangeId, DeviceId, FieldChange, Millis, Op, PersonId, RecordId, RecordKind, Stamp, UserId,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::{Order, PeopleFilter, Store, StoreError, Vault, VaultIds};
use sync::ports::{Delivered, Frame, FrameItem, Local};
use sync::wire::{Enter, FrameEnd};

const NOW: Millis = Millis(1_790_000_000_000);
const FRAME: usize = 1_000;
const WORDS: [&str; 12] = [
    "lamp", "river", "porch", "talked", "about", "housing", "naloxone", "strips", "sister", "Friday",
    "clinic", "bus",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (people, visits) = (args.next().unwrap_or(2_000), args.next().unwrap_or(5));
    let dir = std::env::temp_dir().join(format!("porchlight-speed-{}", std::process::id()));
    let ids = VaultIds { device: device(1), user: UserId::new(NOW, [1; 10]), vault: "speed".into() };
    let secret = Secret32::random();
    let store = Vault::create(&dir, ids.clone(), "kestrel dune nine lamps", &secret, "file", &[])?;

    let frames = frames(people, visits, &ids);
    let bytes: usize = frames.iter().flat_map(|frame| &frame.items).map(length).sum();
    println!("{people} people, {} visits, {} frames, {} kB", people * visits, frames.len(), bytes / 1024);
    let mut side = store.local_side();
    let before = processor_time();
    let pull = timed(|| frames.iter().try_for_each(|frame| side.frame(frame, NOW)))?;
    let busy = processor_time().saturating_sub(before);
    let per_s = |time: Duration| (people * visits) as f64 / time.as_secs_f64().max(1e-9);
    println!(
        "first pull: {:.0} visits/s ({pull:.2?}); per second of processor time {:.0}",
        per_s(pull),
        per_s(busy)
    );
    let notes = timed(|| {
        while store.index_notes(2_000)? > 0 {}
        Ok::<_, StoreError>(())
    })?;
    println!("notes searchable: {notes:.2?}");

    let filter = PeopleFilter { open: Some(true), worker: Some(ids.user), ..PeopleFilter::default() };
    for (name, order) in [("due", Order::Due), ("name", Order::Name), ("contact", Order::LastContact)] {
        quantiles(&format!("list by {name}"), 300, |_| {
            store.person_list(&filter, order, None, 50).map(|_| ())
        })?;
    }
    let rare = PeopleFilter { conflicts: true, ..PeopleFilter::default() };
    quantiles("list that finds nobody", 100, |_| store.person_list(&rare, Order::Due, None, 50).map(|_| ()))?;
    quantiles("count", 100, |_| store.person_count(&filter).map(|_| ()))?;
    let somebody = |n: usize| person((n * 7_919) % people);
    quantiles("person", 500, |n| store.person(somebody(n)).map(|_| ()))?;
    let typed = ["m", "ma", "mar", "marta 12", "river", "555 01", "clinic bus"];
    for text in typed {
        quantiles(&format!("search {text:?}"), 60, |_| store.search(text, 20).map(|_| ()))?;
    }
    let save = quantiles("save a visit", 300, |n| {
        let saved = store.write(NOW, |tx| {
            let mut change = visit(somebody(n), n, tx.stamp(), &ids);
            change.id = tx.id();
            change.record = change.id.into();
            Ok::<_, StoreError>(vec![change])
        });
        saved.map(|_| ())
    })?;
    let bare = bare_inserts(&dir)?;
    println!("save over bare insert: {:.2}", save.as_secs_f64() / bare.as_secs_f64());
    quantiles("outbox", 20, |_| store.local_side().outbox(5_000, 8 << 20, NOW).map(|_| ()))?;
    store.lock();
    let reopened = timed(|| Vault::unlock(&dir, "kestrel dune nine lamps", &secret, NOW).map(Store::lock))?;
    println!("unlock and lock: {reopened:.2?}");
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

/// How long this thread has run, where the system says so: on a shared machine the fairer figure.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn timed<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

fn quantiles(
    name: &str,
    runs: usize,
    mut work: impl FnMut(usize) -> Result<(), StoreError>,
) -> Result<Duration, StoreError> {
    let times: Result<Vec<_>, _> = (0..runs).map(|n| timed(|| work(n))).collect();
    let mut times = times?;
    times.sort();
    let median = times[runs / 2];
    println!("{name}: median {median:.2?}, p95 {:.2?}", times[runs * 95 / 100]);
    Ok(median)
}

/// One encrypted row of the size of a visit, durable, one transaction each.
fn bare_inserts(dir: &std::path::Path) -> Result<Duration, Box<dyn std::error::Error>> {
    let db = rusqlite::Connection::open(dir.join("bare.db"))?;
    db.execute_batch(
        "pragma key = \"x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'\";
         pragma cipher_page_size = 8192; pragma cipher_hmac_algorithm = HMAC_SHA256;
         pragma journal_mode = wal; pragma synchronous = full;
         create table visit (id blob primary key, body text not null) strict;",
    )?;
    let body = "v".repeat(1_000);
    let insert =
        |_| Ok(db.execute("insert into visit values (?1, ?2)", (random_bytes::<16>(), &body)).map(|_| ())?);
    Ok(quantiles("bare encrypted insert", 300, insert)?)
}

fn device(n: u8) -> DeviceId {
    DeviceId::new(NOW, [n; 10])
}

fn person(n: usize) -> PersonId {
    let mut random = [3; 10];
    random[2..].copy_from_slice(&(n as u64).to_be_bytes());
    PersonId::new(Millis(NOW.0 - n as i64 * 60_000), random)
}

fn change(kind: RecordKind, who: PersonId, fields: Value, ids: &VaultIds) -> Change {
    let id = ChangeId::new(NOW, random_bytes());
    let fields = fields.as_object().cloned().unwrap_or_default();
    Change {
        id,
        record: if kind == RecordKind::Person { who.into() } else { id.into() },
        kind,
        person: Some(who),
        op: Op::Create,
        author: ids.user,
        device: device(2),
        stamp: Stamp::at(NOW),
        happened_at: NOW,
        reason: None,
        fields: fields.into_iter().map(|(name, value)| (name, FieldChange { value, seen: vec![] })).collect(),
    }
}

fn visit(who: PersonId, n: usize, stamp: Stamp, ids: &VaultIds) -> Change {
    let words: Vec<&str> = (0..100).map(|i| WORDS[(n * 31 + i * i + i / 3) % WORDS.len()]).collect();
    let fields = json!({
        "attempt": RecordId::new(NOW, random_bytes()), "happened_at": NOW.0 - n as i64 * 1_000, "minutes": 25,
        "present": ["person", "family"], "topics": ["what-happened", "naloxone-use"], "needs": ["housing"],
        "next_step": "call on Friday", "notes": words.join(" "),
    });
    Change { stamp, ..change(RecordKind::Visit, who, fields, ids) }
}

fn history(n: usize, visits: usize, ids: &VaultIds) -> Vec<Change> {
    let (who, name) = (person(n), ["Marta", "Jon", "Lea", "Omar", "Ruth"][n % 5]);
    let of = |kind, fields| change(kind, who, fields, ids);
    let case = of(RecordKind::Case, json!({ "stage": "reached", "opened_at": NOW.0 }));
    let lead = json!({ "case": case.record, "team": RecordId::new(NOW, [5; 10]), "lead": ids.user });
    let mut all = vec![
        of(
            RecordKind::Person,
            json!({ "first_name": name, "last_name": format!("Nowak {n}"), "alias": "Blue" }),
        ),
        of(
            RecordKind::Place,
            json!({ "kind": "home", "street": format!("{n} River Street"), "city": "Pine" }),
        ),
        of(RecordKind::Phone, json!({ "number": format!("(555) 010-{:04}", n % 10_000) })),
        of(RecordKind::OverdoseEvent, json!({ "occurred_at": NOW.0 - n as i64 * 60_000, "source": "ems" })),
        of(RecordKind::Assignment, lead),
        case,
    ];
    all.extend((0..visits).map(|i| visit(who, n * visits + i, Stamp::at(NOW), ids)));
    all
}

fn frames(people: usize, visits: usize, ids: &VaultIds) -> Vec<Frame> {
    let (mut frames, mut frame) = (Vec::new(), Frame::default());
    for n in 0..people {
        frame.items.push(FrameItem::Enter(Enter { person: person(n), objects: PERSON_OBJECTS, more: false }));
        for change in history(n, visits, ids) {
            let raw = serde_json::to_string(&change).unwrap_or_default();
            frame.items.push(FrameItem::Change(Delivered::new(change.clone(), change.stamp, raw, None)));
        }
        frame.end.complete.push(person(n));
        if frame.items.len() >= FRAME || n + 1 == people {
            frame.end = FrameEnd { token: format!("t{n}"), ..std::mem::take(&mut frame.end) };
            frames.push(std::mem::take(&mut frame));
        }
    }
    frames
}

fn length(item: &FrameItem) -> usize {
    match item {
        FrameItem::Change(one) => one.raw.len(),
        FrameItem::Enter(_) => 0,
    }
}
