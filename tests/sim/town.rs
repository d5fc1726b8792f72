//! The county that every run starts from, made once: two teams, their people, six enrolled devices.

use crate::drive::ready;
use crate::spare::Spare;
use domain::caseload::Member;
use domain::codes::{CodeList, Role};
use domain::{
    Change, ChangeId, CountyId, DeviceId, FieldChange, Millis, Op, PersonId, RecordId, RecordKind, Stamp,
    TeamId, UserId,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use server::db::sqlite::Sqlite;
use server::db::{Database, DeviceRow, EnrolOutcome, Enrolment};
use server::decide::{Author, Line, Page};
use std::sync::{Arc, Mutex, OnceLock};
use store::{Store, VaultIds};
use sync::wire::Verdict;

/// Some Monday.
pub const START: Millis = Millis(1_790_000_000_000);
/// The most devices of a run.
pub const DEVICES: usize = 6;

/// An id of the town.
fn uuid(n: u16) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[0] = 1;
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes[14..].copy_from_slice(&n.to_be_bytes());
    bytes
}

pub fn team(n: usize) -> TeamId {
    TeamId::from_bytes(uuid(100 + n as u16))
}

pub fn user(n: usize) -> UserId {
    UserId::from_bytes(uuid(200 + n as u16))
}

pub fn device(n: usize) -> DeviceId {
    DeviceId::from_bytes(uuid(300 + n as u16))
}

/// The people the town begins with.
pub fn person(n: usize) -> PersonId {
    PersonId::from_bytes(uuid(400 + n as u16))
}

/// Role and team of each user.
pub const STAFF: [(&str, usize); 5] =
    [("peer-support", 0), ("supervisor", 0), ("peer-support", 0), ("supervisor", 1), ("ems", 1)];
/// Whose each device is: a run takes the first few. The worker of the first has two.
pub const OWNERS: [usize; DEVICES] = [0, 1, 2, 0, 3, 4];

pub fn ids(n: usize) -> VaultIds {
    VaultIds { device: device(n), user: user(OWNERS[n]), vault: format!("device-{n}") }
}

/// Its databases, for as many runs as there are.
pub struct Town {
    pub county: Spare,
    pub device: Spare,
}

/// The town, made on first use.
pub fn town() -> &'static Town {
    static TOWN: OnceLock<Town> = OnceLock::new();
    TOWN.get_or_init(|| {
        let mut device = Connection::open_in_memory().unwrap();
        Store::create_inline(&mut device).unwrap();
        let county = county();
        let county = Spare::like(&mut county.lock().unwrap());
        Town { county, device: Spare::like(&mut device) }
    })
}

fn county() -> Arc<Mutex<Connection>> {
    let mut connection = Connection::open_in_memory().unwrap();
    let id = CountyId::from_bytes(uuid(1));
    Sqlite::create_inline(&mut connection, id, "Linden County", "America/New_York").unwrap();
    let connection = Arc::new(Mutex::new(connection));
    let db = Sqlite::inline(&connection).unwrap();
    let mut say = Say { next: 1_000, changes: Vec::new() };
    let settings = json!({ "name": "Linden County", "timezone": "America/New_York" });
    say.create(RecordKind::CountySettings, uuid(2), None, settings);
    for n in 0..2 {
        say.create(RecordKind::Team, team(n).bytes(), None, json!({ "name": format!("Team {n}") }));
    }
    for (n, (role, of)) in STAFF.iter().enumerate() {
        let fields =
            json!({ "name": format!("Worker {n}"), "role": role, "team": team(*of), "active": true });
        say.create(RecordKind::Staff, user(n).bytes(), None, fields);
    }
    // Two with the first worker, one whom nobody carries yet, one in the other team.
    for n in 0..4 {
        let who = person(n);
        say.create(
            RecordKind::Person,
            who.bytes(),
            Some(who),
            json!({ "first_name": format!("Person {n}") }),
        );
        let opened = json!({ "stage": "referred", "opened_at": START, "team": team(usize::from(n == 3)) });
        say.create(RecordKind::Case, uuid(500 + 2 * n as u16), Some(who), opened);
        let event = json!({ "occurred_at": START, "source": "ems" });
        say.create(RecordKind::OverdoseEvent, uuid(600 + n as u16), Some(who), event);
    }
    accept(&db, Author::County, say.changes);
    for n in 0..DEVICES {
        enrol(&db, n);
    }
    let mut say = Say { next: 2_000, changes: Vec::new() };
    for n in 0..2 {
        let case = RecordId::from_bytes(uuid(500 + 2 * n));
        let id = domain::records::Assignment::id_for(case);
        let fields = json!({ "case": case, "team": team(0), "lead": user(0) });
        say.create(RecordKind::Assignment, id.bytes(), Some(person(usize::from(n))), fields);
    }
    for change in &mut say.changes {
        (change.author, change.device) = (user(1), device(1));
    }
    let member = Member { user: user(1), role: Role::from_code("supervisor"), team: Some(team(0)) };
    accept(&db, Author::Device { member, device: device(1) }, say.changes);
    connection
}

struct Say {
    next: u16,
    changes: Vec<Change>,
}

impl Say {
    fn create(&mut self, kind: RecordKind, record: [u8; 16], person: Option<PersonId>, fields: Value) {
        self.next += 1;
        let own = kind != RecordKind::Assignment;
        let Value::Object(fields) = fields else { return };
        let set = |(name, value)| (name, FieldChange { value, seen: Vec::new() });
        self.changes.push(Change {
            id: ChangeId::from_bytes(if own { record } else { uuid(self.next) }),
            record: RecordId::from_bytes(record),
            kind,
            person,
            op: Op::Create,
            author: domain::ids::SYSTEM_USER,
            device: domain::ids::COUNTY_DEVICE,
            stamp: Stamp::at(START),
            happened_at: START,
            reason: None,
            fields: fields.into_iter().map(set).collect(),
        });
    }
}

fn accept(db: &Sqlite, author: Author, changes: Vec<Change>) {
    let lines = changes.into_iter().map(|change| {
        let raw = serde_json::to_string(&change).unwrap();
        Line::Change(Box::new(change), raw)
    });
    let page = Page { author, received: START, lines: lines.collect(), contact: None };
    let outcome = ready(db.accept(page, None)).unwrap();
    for answer in outcome.answers {
        assert!(matches!(answer.verdict, Verdict::Accepted { .. }), "{:?}", answer.verdict);
    }
}

fn enrol(db: &Sqlite, n: usize) {
    let hash = [n as u8; 32];
    ready(db.add_enrolment(hash, user(OWNERS[n]), START.plus(1))).unwrap();
    let device = DeviceRow {
        device: device(n),
        user: user(OWNERS[n]),
        key: [n as u8; 32],
        name: format!("device {n}"),
        platform: "sim".to_owned(),
        app: "sim".to_owned(),
        secret_store: "file".to_owned(),
        enrolled_at: START,
        revoked_at: None,
        last_contact: None,
        unsent: 0,
        clock_offset: 0,
    };
    let outcome = ready(db.enrol(Enrolment { hash, now: START, device })).unwrap();
    assert!(matches!(outcome, EnrolOutcome::Admitted(..)));
}
