//! A device in memory: keeps what it is given, remembers what it was asked, and fails where it is told to.

use crate::county::{County, change_id, person};
use crypto::signature::Signature;
use domain::{ChangeId, Millis, PersonId, Stamp};
use std::collections::BTreeMap;
use sync::engine::{self, Line, Report, SyncError};
use sync::ports::{Frame, FrameItem, Greeting, Local, OfferItem, OfferPage, Outbox};
use sync::wire::{Answer, HeldDigest, Leave, Verdict, Wanted};

/// Where the device's own side can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the disk is full")]
pub struct DiskFull;

/// One frame as it was applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    pub token: String,
    pub leaves: Vec<Leave>,
    /// `enter` or a change's id and stamp, in order.
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Enter(PersonId),
    Change(ChangeId, Stamp, String),
}

#[derive(Default)]
pub struct Device {
    /// Lines that wait, by the id of what they say.
    pub outbox: Vec<(ChangeId, String)>,
    pub token: Option<String>,
    pub frames: Vec<Applied>,
    /// How many frames were applied at once, each time.
    pub together: Vec<usize>,
    pub answered: Vec<Answer>,
    /// People to erase after the next round.
    pub to_erase: Vec<Leave>,
    pub forgot: Vec<Leave>,
    /// What `digest` says after so many frames; the number of changes held where nothing is planned.
    pub digests: BTreeMap<usize, String>,
    pub verified: Vec<(bool, Millis, i64)>,
    /// Lines to offer, each with how many answers it is owed, and what the county said of them.
    pub offers: Vec<(String, usize)>,
    pub offered: Vec<Answer>,
    pub wanted: Vec<Wanted>,
    /// Items that the county put off in epoch 2, each time that the device is asked for them.
    pub put_off: Vec<Vec<OfferItem>>,
    /// The epoch in which everything was offered.
    pub whole: Option<u32>,
    /// Fail when this is called for the n-th time.
    pub fails: Option<(&'static str, usize)>,
    /// Whether a page can be made before the one before it is answered.
    pub runs_ahead: bool,
    pub calls: Vec<&'static str>,
}

impl Device {
    /// A device with so many changes to send.
    pub fn with_unsent(count: u128) -> Self {
        let line = |n| (change_id(n), format!("{{\"c\":{{\"n\":{n}}}}}"));
        Self { outbox: (1..=count).map(line).collect(), ..Self::default() }
    }

    /// One sync at a device whose clock is five seconds ahead of the county's.
    pub fn sync(&mut self, county: &mut County) -> Result<Report, SyncError<DiskFull>> {
        crate::now(engine::run(self, county, "0.1.0", || Millis(1_005_000), |_| {}))
    }

    /// One more sync over a line that others went over before.
    pub fn sync_over(&mut self, line: &mut Line, county: &mut County) -> Result<Report, SyncError<DiskFull>> {
        crate::now(engine::run_over(line, self, county, "0.1.0", || Millis(1_005_000), |_| {}))
    }

    fn page(&self, from: usize) -> Outbox {
        // A page of two, so that three changes take two rounds.
        let lines: Vec<String> =
            self.outbox.iter().skip(from).take(2).map(|(_, line)| line.clone()).collect();
        let upto = from + lines.len();
        let left = (self.outbox.len() - upto) as u32;
        let next = (self.runs_ahead && left > 0).then(|| self.outbox[upto - 1].0.0.as_u128() as u64);
        Outbox { lines, left, unsent_after: left, next }
    }

    /// Everything held, in order of arrival.
    pub fn changes(&self) -> Vec<ChangeId> {
        let items = self.frames.iter().flat_map(|frame| &frame.items);
        items
            .filter_map(|item| match item {
                Item::Change(id, ..) => Some(*id),
                Item::Enter(_) => None,
            })
            .collect()
    }

    fn call(&mut self, name: &'static str) -> Result<(), DiskFull> {
        self.calls.push(name);
        let count = self.calls.iter().filter(|call| **call == name).count();
        if self.fails == Some((name, count)) { Err(DiskFull) } else { Ok(()) }
    }
}

impl Local for Device {
    type Error = DiskFull;

    fn greeting(&mut self) -> Result<Greeting, DiskFull> {
        self.call("greeting")?;
        let (token, forgot) = (self.token.clone(), self.forgot.clone());
        Ok(Greeting { token, forgot, offered: self.whole, kinds: None })
    }

    fn outbox(&mut self, count: usize, bytes: usize, _now: Millis) -> Result<Outbox, DiskFull> {
        self.call("outbox")?;
        assert!(count > 0 && bytes > 0);
        Ok(self.page(0))
    }

    fn outbox_after(
        &mut self,
        after: u64,
        _count: usize,
        _bytes: usize,
        _now: Millis,
    ) -> Result<Outbox, DiskFull> {
        self.call("outbox_after")?;
        Ok(self.page(self.outbox.iter().filter(|(id, _)| id.0.as_u128() as u64 <= after).count()))
    }

    fn answers(
        &mut self,
        answers: &[Answer],
        _proof: Option<&Signature>,
        _now: Millis,
    ) -> Result<(), DiskFull> {
        self.call("answers")?;
        let stays = |answer: &Answer| matches!(answer.verdict, Verdict::Held | Verdict::Later);
        self.outbox.retain(|(id, _)| !answers.iter().any(|answer| answer.id == *id && !stays(answer)));
        self.answered.extend_from_slice(answers);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, _now: Millis) -> Result<(), DiskFull> {
        self.call("frame")?;
        let item = |item: &FrameItem| match item {
            FrameItem::Enter(enter) => Item::Enter(enter.person),
            FrameItem::Change(one) => Item::Change(one.change.id, one.stamp, one.raw.clone()),
        };
        self.frames.push(Applied {
            token: frame.end.token.clone(),
            leaves: frame.leaves.clone(),
            items: frame.items.iter().map(item).collect(),
        });
        self.token = Some(frame.end.token.clone());
        self.whole = None;
        Ok(())
    }

    fn frames(&mut self, frames: &[Frame], now: Millis) -> Result<(), DiskFull> {
        self.together.push(frames.len());
        frames.iter().try_for_each(|frame| self.frame(frame, now))
    }

    fn erase_left(&mut self) -> Result<usize, DiskFull> {
        self.call("erase_left")?;
        self.forgot = std::mem::take(&mut self.to_erase);
        Ok(self.forgot.len())
    }

    fn digest(&mut self) -> Result<String, DiskFull> {
        self.call("digest")?;
        let planned = self.digests.get(&self.frames.len()).cloned();
        Ok(planned.unwrap_or_else(|| self.changes().len().to_string()))
    }

    fn digests(&mut self) -> Result<Vec<HeldDigest>, DiskFull> {
        self.call("digests")?;
        Ok(vec![HeldDigest { person: Some(person(9)), object: 7, digest: "0f".to_owned() }])
    }

    fn everything(&mut self) -> Result<Vec<HeldDigest>, DiskFull> {
        self.call("everything")?;
        Ok(vec![HeldDigest { person: Some(person(9)), object: 3, digest: "0e".to_owned() }])
    }

    fn to_offer(&mut self, wanted: &[Wanted], _epoch: u32) -> Result<Vec<OfferItem>, DiskFull> {
        self.call("to_offer")?;
        self.wanted = wanted.to_vec();
        Ok((0..self.offers.len() as i64).map(OfferItem::Change).collect())
    }

    fn offer(&mut self, items: &[OfferItem], _count: usize, _bytes: usize) -> Result<OfferPage, DiskFull> {
        self.call("offer")?;
        // One item a page, so that two take two requests.
        let Some(OfferItem::Change(at)) = items.first() else { panic!("nothing to offer") };
        let (line, answers) = self.offers[*at as usize].clone();
        Ok(OfferPage { lines: vec![line], answers, taken: 1 })
    }

    fn offered(
        &mut self,
        answers: &[Answer],
        _proof: Option<&Signature>,
        _epoch: u32,
    ) -> Result<(), DiskFull> {
        self.call("offered")?;
        self.offered.extend_from_slice(answers);
        Ok(())
    }

    fn offer_later(&mut self, _now: Millis) -> Result<Option<(u32, Vec<OfferItem>)>, DiskFull> {
        self.call("offer_later")?;
        Ok((!self.put_off.is_empty()).then(|| (2, self.put_off.remove(0))))
    }

    fn offer_whole(&mut self, epoch: u32) -> Result<(), DiskFull> {
        self.call("offer_whole")?;
        self.whole = Some(epoch);
        Ok(())
    }

    fn verified(&mut self, agrees: bool, county_now: Millis, clock_offset: i64) -> Result<(), DiskFull> {
        self.call("verified")?;
        self.verified.push((agrees, county_now, clock_offset));
        Ok(())
    }
}
