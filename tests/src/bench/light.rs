//! A device without a vault: the real engine and real signed requests, on a memory that forgets nothing. A thousand
//! of them fit into one process, so that the county is what is measured.

use super::recorder::Recorder;
use crate::client::Client;
use crypto::digest::RecordDigest;
use crypto::signature::Signature;
use domain::policy::Object;
use domain::{Change, ChangeId, HybridClock, Millis, PersonId, Stamp};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::convert::Infallible;
use sync::engine::{self, Progress, Report};
use sync::ports::{Frame, FrameItem, Greeting, Local, OfferItem, OfferPage, Outbox};
use sync::wire::{Answer, HeldDigest, Verdict, Wanted};

/// A light device.
pub struct Light {
    /// Its way to the county.
    pub client: Client,
    /// The people made on it.
    pub people: Vec<PersonId>,
    memory: Memory,
}

/// What a digest is kept of: a person, or the county itself, and a policy object.
type Part = (Option<PersonId>, u8);

#[derive(Default)]
struct Memory {
    clock: HybridClock,
    token: Option<String>,
    outbox: VecDeque<(ChangeId, Part, String)>,
    /// How many lines have left the outbox since the beginning.
    answered: u64,
    held: HashMap<ChangeId, (Part, Stamp)>,
    /// Whether to take the next digest of the county for another one.
    doubts: bool,
}

impl Light {
    /// With nothing on it.
    pub fn new(client: Client) -> Self {
        Self { client, people: Vec::new(), memory: Memory::default() }
    }

    /// Who records on it, at this moment.
    pub fn recorder(&self) -> Recorder {
        let enrolled = &self.client.enrolled;
        Recorder { user: enrolled.user, device: enrolled.device, team: enrolled.team, now: now() }
    }

    /// Records changes; they wait to be sent.
    pub fn record(&mut self, changes: impl IntoIterator<Item = Change>) {
        for mut change in changes {
            change.stamp = self.memory.clock.tick(now());
            // Plain data always has a JSON form.
            let text = serde_json::to_string(&change).unwrap_or_default();
            self.memory.outbox.push_back((change.id, part(&change), format!("{{\"c\":{text}}}")));
        }
    }

    /// Adds people of whom this worker is the lead.
    pub fn add_people(&mut self, count: usize) {
        let by = self.recorder();
        for _ in 0..count {
            let person = PersonId(by.id().0);
            self.people.push(person);
            self.record(by.person(person));
        }
    }

    /// Syncs to the end.
    ///
    /// # Errors
    /// The county's, and whatever does not come to an agreement.
    pub async fn sync(&mut self) -> anyhow::Result<Report> {
        self.sync_telling(|_| {}).await
    }

    /// As [`Light::sync`], and tells how far it has come.
    ///
    /// # Errors
    /// As [`Light::sync`].
    pub async fn sync_telling(&mut self, progress: impl FnMut(Progress)) -> anyhow::Result<Report> {
        let mut remote = &mut self.client;
        let report = engine::run(&mut self.memory, &mut remote, app::VERSION, now, progress).await?;
        anyhow::ensure!(report.agrees, "device and county do not agree");
        anyhow::ensure!(report.refused + report.held == 0, "the county refused something");
        Ok(report)
    }

    /// Syncs as a device that sees a difference: the county compares object by object, and finds none.
    ///
    /// # Errors
    /// As [`Light::sync`]; and anything that is sent again.
    pub async fn doubt(&mut self) -> anyhow::Result<()> {
        self.memory.doubts = true;
        let report = self.sync().await?;
        anyhow::ensure!((report.requests, report.received) == (2, 0), "something was found: {report:?}");
        Ok(())
    }
}

fn now() -> Millis {
    server::server::clock()
}

fn part(change: &Change) -> Part {
    (change.person, Object::of(&change.kind).map_or(0, |object| object as u8))
}

impl Memory {
    fn page(&self, from: usize, count: usize, bytes: usize) -> Outbox {
        let mut room = bytes;
        let fits = |line: &&(ChangeId, Part, String)| {
            room = room.saturating_sub(line.2.len());
            room > 0
        };
        let lines: Vec<String> =
            self.outbox.iter().skip(from).take(count).take_while(fits).map(|line| line.2.clone()).collect();
        let upto = from + lines.len();
        let left = (self.outbox.len() - upto) as u32;
        let next = (left > 0).then_some(self.answered + upto as u64);
        Outbox { lines, left, unsent_after: left, next }
    }
}

impl Local for Memory {
    type Error = Infallible;

    // No county that is measured is restored: there is nothing to offer.
    fn everything(&mut self) -> Result<Vec<HeldDigest>, Infallible> {
        self.digests()
    }

    fn to_offer(&mut self, _: &[Wanted], _: u32) -> Result<Vec<OfferItem>, Infallible> {
        Ok(Vec::new())
    }

    fn offer(&mut self, _: &[OfferItem], _: usize, _: usize) -> Result<OfferPage, Infallible> {
        Ok(OfferPage::default())
    }

    fn offered(&mut self, _: &[Answer], _: Option<&Signature>, _: u32) -> Result<(), Infallible> {
        Ok(())
    }

    fn offer_whole(&mut self, _: u32) -> Result<(), Infallible> {
        Ok(())
    }

    fn greeting(&mut self) -> Result<Greeting, Infallible> {
        Ok(Greeting { token: self.token.clone(), ..Greeting::default() })
    }

    fn outbox(&mut self, count: usize, bytes: usize, _: Millis) -> Result<Outbox, Infallible> {
        Ok(self.page(0, count, bytes))
    }

    fn outbox_after(
        &mut self,
        after: u64,
        count: usize,
        bytes: usize,
        _: Millis,
    ) -> Result<Outbox, Infallible> {
        Ok(self.page((after - self.answered) as usize, count, bytes))
    }

    fn answers(&mut self, answers: &[Answer], _: Option<&Signature>, _: Millis) -> Result<(), Infallible> {
        for answer in answers {
            let Some((id, part, _)) = self.outbox.pop_front() else { continue };
            self.answered += 1;
            if let Verdict::Accepted { stamp, .. } = answer.verdict {
                self.held.insert(id, (part, stamp));
            }
        }
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, _: Millis) -> Result<(), Infallible> {
        for item in &frame.items {
            if let FrameItem::Change(one) = item {
                self.held.insert(one.change.id, (part(&one.change), one.stamp));
            }
        }
        self.token = Some(frame.end.token.clone());
        Ok(())
    }

    fn erase_left(&mut self) -> Result<usize, Infallible> {
        Ok(0)
    }

    fn digest(&mut self) -> Result<String, Infallible> {
        if std::mem::take(&mut self.doubts) {
            return Ok(RecordDigest::ZERO.to_string());
        }
        let sum: RecordDigest = self.held.iter().map(entry).sum();
        Ok(sum.to_string())
    }

    fn digests(&mut self) -> Result<Vec<HeldDigest>, Infallible> {
        let mut sums: BTreeMap<Part, RecordDigest> = BTreeMap::new();
        for held in &self.held {
            *sums.entry(held.1.0).or_default() += entry(held);
        }
        let said = sums.into_iter().map(|((person, object), sum)| HeldDigest {
            person,
            object,
            digest: sum.to_string(),
        });
        Ok(said.collect())
    }

    fn verified(&mut self, _: bool, _: Millis, _: i64) -> Result<(), Infallible> {
        Ok(())
    }
}

fn entry((id, (_, stamp)): (&ChangeId, &(Part, Stamp))) -> RecordDigest {
    RecordDigest::entry(id.bytes(), stamp.0)
}
