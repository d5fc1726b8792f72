//! A county with somebody of every role, in two teams, and with people carried by each who can carry one.

use crate::attempts::{self, Door};
use domain::codes::{CodeList, Role};
use domain::policy::Action;
use domain::{Op, PersonId, RecordId, RecordKind, TeamId, UserId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::client::Client;
use tests::county::TestCounty;

const PEOPLE: [(&str, &str, Option<&str>); 8] = [
    ("Maria", "peer-support", Some("Outreach")),
    ("Dev", "ems", Some("Outreach")),
    ("Cleo", "clinician", Some("Outreach")),
    ("Sam", "supervisor", Some("Outreach")),
    ("Nora", "peer-support", Some("North")),
    ("Nick", "supervisor", Some("North")),
    ("Ada", "county-admin", None),
    ("Eve", "evaluator", None),
];

/// The kinds that a peer makes; a supervisor adds the review mark.
const BY_PEER: [&str; 13] = [
    "alias",
    "place",
    "phone",
    "overdose_event",
    "contact_attempt",
    "visit",
    "peer_note",
    "referral",
    "supply_handout",
    "follow_up",
    "step_forward",
    "safety_note",
    "case",
];

/// How many more cases each person has, for assignments that are tried.
const SPARE: usize = 2 * PEOPLE.len();

/// Somebody with a device of their own.
pub struct Member {
    pub role: Role,
    pub client: Client,
}

impl Member {
    pub async fn get(&mut self, target: &str) -> (u16, Value) {
        let answer = self.client.send("GET", target, b"").await.unwrap();
        (answer.status, answer.json())
    }
}

/// A person with one record of every kind.
#[derive(Clone)]
pub struct Carried {
    /// Who leads, by name.
    pub by: &'static str,
    pub person: PersonId,
    pub lead: UserId,
    pub made_by: UserId,
    pub team: TeamId,
    /// One record of each kind.
    pub records: BTreeMap<&'static str, RecordId>,
    /// Cases that nobody has assigned.
    pub spare: Vec<RecordId>,
}

pub struct Town {
    pub county: TestCounty,
    pub carried: Vec<Carried>,
    /// How many of each person's spare cases were used.
    pub spare: usize,
    /// One record of each of the county's own kinds.
    pub own: BTreeMap<&'static str, RecordId>,
    _folder: tempfile::TempDir,
}

impl Town {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let county =
            TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
        for team in ["Outreach", "North"] {
            county.admin.add_team(team).await.unwrap();
        }
        for (name, role, team) in PEOPLE {
            county.welcome(name, role, team).await.unwrap();
        }
        let mut own = BTreeMap::new();
        for kind in ["team", "staff", "county_settings"] {
            let all =
                county.admin.database().changes_of_kind(None, RecordKind::from_code(kind)).await.unwrap();
            own.insert(kind, all[0].0.record);
        }
        let mut town = Self { county, carried: Vec::new(), spare: 0, own, _folder: folder };
        for (team, maker, supervisor) in
            [(&["Maria", "Dev", "Cleo"][..], "Maria", "Sam"), (&["Nora"], "Nora", "Nick")]
        {
            let (mut peer, mut boss) = (town.member(maker).await, town.member(supervisor).await);
            for by in team {
                let carried = town.carry(by, &mut peer, &mut boss).await;
                town.carried.push(carried);
            }
        }
        town
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        PEOPLE.iter().map(|(name, ..)| *name)
    }

    /// Somebody on a new device.
    pub async fn member(&self, name: &str) -> Member {
        let code = self.county.code(name).await.unwrap();
        let client = Client::enrol(&code).await.unwrap();
        Member { role: Role::from_code(&client.enrolled.role), client }
    }

    /// Somebody whom a peer met and whom their supervisor gave to `by`.
    async fn carry(&self, by: &'static str, peer: &mut Member, boss: &mut Member) -> Carried {
        let lead = self.county.admin.user(by).await.unwrap().user;
        let team = peer.client.enrolled.team.unwrap();
        let person = PersonId::new(server::server::clock(), crypto::secret::random_bytes());
        let mut carried = Carried {
            by,
            person,
            lead,
            made_by: peer.client.enrolled.user,
            team,
            records: BTreeMap::from([("person", RecordId::from(person))]),
            spare: Vec::new(),
        };
        let mut made =
            vec![attempts::change(peer, RecordKind::Person, Some(person), Some(person.into()), Op::Create)];
        for kind in BY_PEER {
            let change = attempts::change(peer, RecordKind::from_code(kind), Some(person), None, Op::Create);
            carried.records.insert(kind, change.record);
            made.push(change);
        }
        for _ in 0..SPARE {
            let change = attempts::change(peer, RecordKind::Case, Some(person), None, Op::Create);
            carried.spare.push(change.record);
            made.push(change);
        }
        let case = carried.records["case"];
        let mine = json!({ "case": case, "team": team, "lead": carried.made_by });
        let assignment = attempts::assignment(peer, person, case, Op::Create, mine);
        carried.records.insert("assignment", assignment.record);
        made.push(assignment);
        all_accepted(peer, made).await;
        let mark = attempts::change(boss, RecordKind::ReviewMark, Some(person), None, Op::Create);
        carried.records.insert("review_mark", mark.record);
        let given = json!({ "lead": lead });
        let given = attempts::assignment(boss, person, case, Op::Amend, given);
        all_accepted(boss, vec![mark, given]).await;
        carried
    }
}

async fn all_accepted(member: &mut Member, changes: Vec<domain::Change>) {
    let tries: Vec<_> = changes
        .into_iter()
        .map(|change| attempts::Try { kind: change.kind.clone(), action: Action::Create, change })
        .collect();
    for answer in attempts::push(member, Door::Rest, &tries).await {
        assert!(answer["accepted"].is_object(), "{answer}");
    }
}
