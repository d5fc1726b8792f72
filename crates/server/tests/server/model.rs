//! A device that keeps everything in memory, driven by the real engine.

use crate::client::Client;
use crate::keeping::Keeping;
use crate::town::now;
use crypto::digest::RecordDigest;
use crypto::signature::Signature;
use domain::policy::Object;
use domain::records::{Assignment, Case, Person, Record};
use domain::*;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use sync::engine::{Report, SyncError};
use sync::ports::{Frame, FrameItem, Greeting, Local, OfferItem, OfferPage, Outbox};
use sync::wire::{Answer, HandOver, HeldDigest, LastFrame, Leave, Settle, UpLine, Verdict, Wanted};

pub struct Device {
    pub client: Client,
    pub store: Store,
    clock: HybridClock,
}

#[derive(Default)]
pub struct Store {
    pub token: Option<String>,
    pub outbox: Vec<Change>,
    pub hand_overs: Vec<HandOver>,
    /// Work that was handed over and is taken care of.
    pub settles: Vec<Settle>,
    /// Accepted changes, with the stamps that count.
    pub log: BTreeMap<ChangeId, (Change, Stamp)>,
    /// People, and which objects of them.
    pub held: BTreeMap<PersonId, u32>,
    pub leaving: BTreeMap<PersonId, u32>,
    pub forgot: Vec<Leave>,
    pub verdicts: BTreeMap<ChangeId, Verdict>,
    pub last: Option<LastFrame>,
    /// How many frames came, and how many changes.
    pub frames: usize,
    pub delivered: usize,
    /// People in the order in which their histories came.
    pub order: Vec<PersonId>,
    /// The county's word for what it accepted and sent.
    keeping: Keeping,
    /// What is being offered, and the epoch in which all of it was.
    offering: Vec<(ChangeId, Stamp)>,
    offered: Option<u32>,
    /// Answers are lost before they are stored, this often.
    pub lose_answers: bool,
}

impl Device {
    pub fn new(client: Client) -> Self {
        Self { client, store: Store::default(), clock: HybridClock::default() }
    }

    pub async fn sync(&mut self) -> Result<Report, SyncError<Infallible>> {
        sync::engine::run(&mut self.store, &mut self.client, "0.1.0", now, |_| ()).await
    }

    /// Syncs and agrees.
    pub async fn settle(&mut self) -> Report {
        let report = self.sync().await.unwrap();
        assert!(report.agrees, "the digests differ");
        report
    }

    pub fn user(&self) -> UserId {
        self.client.enrolled.user
    }

    /// A change, not yet in the outbox.
    pub fn change<R: Record>(
        &mut self,
        record: Option<RecordId>,
        person: Option<PersonId>,
        op: Op,
        values: Map<String, Value>,
    ) -> Change {
        let id = ChangeId::new(now(), crypto::secret::random_bytes());
        let fields = values.into_iter().map(|(name, value)| (name, FieldChange { value, seen: Vec::new() }));
        Change {
            id,
            record: record.unwrap_or(id.into()),
            kind: R::KIND,
            person,
            op,
            author: self.user(),
            device: self.client.device(),
            stamp: self.clock.tick(now()),
            happened_at: now(),
            reason: None,
            fields: fields.collect(),
        }
    }

    pub fn create<R: Record>(&mut self, person: Option<PersonId>, record: &R) -> RecordId {
        let change = self.change::<R>(None, person, Op::Create, record.to_values());
        let id = change.record;
        self.store.outbox.push(change);
        id
    }

    pub fn amend<R: Record>(&mut self, record: RecordId, person: PersonId, values: &R) -> ChangeId {
        let seen = self.store.fold(record);
        let mut change = self.change::<R>(Some(record), Some(person), Op::Amend, values.to_values());
        for (name, field) in &mut change.fields {
            field.seen = seen.fields.get(name).map(|field| field.seen()).unwrap_or_default();
        }
        change.reason = Some("corrected".to_owned());
        let id = change.id;
        self.store.outbox.push(change);
        id
    }

    /// Somebody met on the street, carried by this worker.
    pub fn meet(&mut self, alias: &str) -> (PersonId, RecordId) {
        let mut change = self.change::<Person>(
            None,
            None,
            Op::Create,
            Person { alias: Some(alias.to_owned()), ..Person::default() }.to_values(),
        );
        let person = PersonId(change.id.0);
        change.person = Some(person);
        self.store.outbox.push(change);
        self.store.held.insert(person, u32::MAX);
        let team = self.client.enrolled.team;
        let case = self.create(
            Some(person),
            &Case {
                stage: Some(codes::CaseStage::Attempting),
                opened_at: Some(now()),
                team,
                ..Case::default()
            },
        );
        let assignment =
            Assignment { case: Some(case), team, lead: Some(self.user()), ..Assignment::default() };
        let change = self.change::<Assignment>(
            Some(Assignment::id_for(case)),
            Some(person),
            Op::Create,
            assignment.to_values(),
        );
        self.store.outbox.push(change);
        (person, case)
    }

    /// Gives a case to somebody.
    pub fn assign(
        &mut self,
        person: PersonId,
        case: RecordId,
        team: TeamId,
        lead: UserId,
        partner: Option<UserId>,
    ) {
        let assignment = Assignment {
            case: Some(case),
            team: Some(team),
            lead: Some(lead),
            partner,
            ..Assignment::default()
        };
        let record = Assignment::id_for(case);
        let seen = self.store.fold(record);
        let op = if seen.created { Op::Amend } else { Op::Create };
        let mut change = self.change::<Assignment>(Some(record), Some(person), op, assignment.to_values());
        if partner.is_none() {
            change.fields.insert("partner".to_owned(), FieldChange { value: Value::Null, seen: Vec::new() });
        }
        for (name, field) in &mut change.fields {
            field.seen = seen.fields.get(name).map(|field| field.seen()).unwrap_or_default();
        }
        self.store.outbox.push(change);
    }

    pub fn verdict(&self, change: ChangeId) -> &Verdict {
        &self.store.verdicts[&change]
    }
}

impl Store {
    pub fn fold(&self, record: RecordId) -> Folded {
        let own = self.log.values().filter(|(change, _)| change.record == record);
        fold(own.map(|(change, stamp)| (change, *stamp)))
    }

    pub fn people(&self) -> BTreeSet<PersonId> {
        self.held.keys().filter(|person| !self.leaving.contains_key(person)).copied().collect()
    }

    /// Of those who leave as well, or only of what is held.
    fn sums(&self, all: bool) -> BTreeMap<(Option<PersonId>, u8), RecordDigest> {
        let mut sums: BTreeMap<_, RecordDigest> = BTreeMap::new();
        for (change, stamp) in self.log.values() {
            let object = Object::of(&change.kind).unwrap();
            let reads = change.person.map_or(u32::MAX, |person| {
                let held = self.held.get(&person).copied().unwrap_or(0);
                held & !self.leaving.get(&person).copied().unwrap_or(0)
            });
            if all || reads & object.bit() != 0 {
                *sums.entry((change.person, object as u8)).or_default() +=
                    RecordDigest::entry(change.id.bytes(), stamp.0);
            }
        }
        sums
    }
}

impl Local for Store {
    type Error = Infallible;

    fn everything(&mut self) -> Result<Vec<HeldDigest>, Infallible> {
        Ok(digests(self.sums(true)))
    }

    fn to_offer(&mut self, wanted: &[Wanted], _: u32) -> Result<Vec<OfferItem>, Infallible> {
        let objects: BTreeMap<_, u32> = wanted.iter().map(|one| (one.person, one.objects)).collect();
        let is_wanted = |change: &Change| {
            let object = Object::of(&change.kind).unwrap();
            objects.get(&change.person).is_some_and(|objects| objects & object.bit() != 0)
        };
        let all = self.log.values().filter(|(change, _)| is_wanted(change));
        self.offering = all.map(|(change, stamp)| (change.id, *stamp)).collect();
        self.offering.sort_by_key(|(id, stamp)| (*stamp, *id));
        Ok((0..self.offering.len() as i64).map(OfferItem::Change).collect())
    }

    // Everything fits into one page here.
    fn offer(&mut self, _: &[OfferItem], _: usize, _: usize) -> Result<OfferPage, Infallible> {
        Ok(self.keeping.page(&self.offering))
    }

    fn offered(&mut self, answers: &[Answer], _: Option<&Signature>, _: u32) -> Result<(), Infallible> {
        for (answer, (id, stamp)) in answers.iter().zip(&self.offering) {
            let taken = matches!(answer.verdict, Verdict::Accepted { stamp: now, .. } if now == *stamp);
            assert!(taken && answer.id == *id, "{answer:?}");
        }
        Ok(())
    }

    fn offer_whole(&mut self, epoch: u32) -> Result<(), Infallible> {
        self.offered = Some(epoch);
        Ok(())
    }

    fn greeting(&mut self) -> Result<Greeting, Infallible> {
        let (token, forgot) = (self.token.clone(), self.forgot.clone());
        Ok(Greeting { token, forgot, offered: self.offered, ..Greeting::default() })
    }

    fn outbox(&mut self, count: usize, _: usize, _: Millis) -> Result<Outbox, Infallible> {
        let held = |change: &&Change| !matches!(self.verdicts.get(&change.id), Some(Verdict::Held));
        let sendable: Vec<_> = self.outbox.iter().filter(held).collect();
        let changes = sendable.iter().take(count).map(|change| UpLine::Change(Box::new((**change).clone())));
        let work = self.hand_overs.iter().cloned().map(UpLine::HandOver);
        let settles = self.settles.iter().copied().map(UpLine::Settle);
        let lines =
            changes.chain(work).chain(settles).map(|line| serde_json::to_string(&line).unwrap()).collect();
        let left = sendable.len().saturating_sub(count) as u32;
        Ok(Outbox { lines, left, unsent_after: left, next: None })
    }

    fn answers(
        &mut self,
        answers: &[Answer],
        signature: Option<&Signature>,
        _: Millis,
    ) -> Result<(), Infallible> {
        if std::mem::take(&mut self.lose_answers) {
            return Ok(());
        }
        let mut signed = Vec::new();
        for answer in answers {
            self.verdicts.insert(answer.id, answer.verdict.clone());
            if matches!(answer.verdict, Verdict::Held | Verdict::CountyTooOld | Verdict::Later) {
                continue;
            }
            self.hand_overs.retain(|work| work.id != answer.id);
            self.settles.retain(|work| work.id != answer.id);
            if let Some(at) = self.outbox.iter().position(|change| change.id == answer.id) {
                let change = self.outbox.remove(at);
                if let Verdict::Accepted { stamp, .. } = answer.verdict {
                    signed.push((change.id, stamp, serde_json::to_string(&change).unwrap()));
                    self.log.insert(change.id, (change, stamp));
                }
            }
        }
        self.keeping.keep(signature, signed);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, _: Millis) -> Result<(), Infallible> {
        self.frames += 1;
        self.forgot.clear();
        self.offered = None;
        let mut signed = Vec::new();
        for leave in &frame.leaves {
            *self.leaving.entry(leave.person).or_default() |= leave.objects;
        }
        for item in &frame.items {
            match item {
                FrameItem::Enter(enter) => {
                    if !enter.more {
                        self.order.push(enter.person);
                    }
                    self.leaving.remove(&enter.person);
                    self.held.insert(enter.person, enter.objects);
                }
                FrameItem::Change(delivered) => {
                    self.delivered += 1;
                    signed.push((delivered.change.id, delivered.stamp, delivered.raw.clone()));
                    self.log.insert(delivered.change.id, (delivered.change.clone(), delivered.stamp));
                }
            }
        }
        self.keeping.keep(frame.end.proof.as_ref(), signed);
        self.token = Some(frame.end.token.clone());
        if let Some(last) = &frame.end.last {
            self.last = Some(last.clone());
        }
        Ok(())
    }

    fn erase_left(&mut self) -> Result<usize, Infallible> {
        let left = std::mem::take(&mut self.leaving);
        for (person, objects) in &left {
            let keeps = |change: &Change| {
                change.person != Some(*person)
                    || Object::of(&change.kind).is_none_or(|object| objects & object.bit() == 0)
            };
            self.log.retain(|_, (change, _)| keeps(change));
            if let Some(held) = self.held.get_mut(person) {
                *held &= !objects;
            }
            self.held.retain(|_, held| *held != 0);
            self.forgot.push(Leave { person: *person, objects: *objects });
        }
        Ok(left.len())
    }

    fn digest(&mut self) -> Result<String, Infallible> {
        Ok(self.sums(false).into_values().sum::<RecordDigest>().to_string())
    }

    fn digests(&mut self) -> Result<Vec<HeldDigest>, Infallible> {
        Ok(digests(self.sums(false)))
    }

    fn verified(&mut self, _: bool, _: Millis, _: i64) -> Result<(), Infallible> {
        Ok(())
    }
}

fn digests(sums: BTreeMap<(Option<PersonId>, u8), RecordDigest>) -> Vec<HeldDigest> {
    let held =
        |((person, object), sum): (_, RecordDigest)| HeldDigest { person, object, digest: sum.to_string() };
    sums.into_iter().map(held).collect()
}
