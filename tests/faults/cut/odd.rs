//! A real store that is told otherwise than the engine tells it: in smaller pages, or with a known defect.

use crypto::signature::Signature;
use domain::Millis;
use store::{LocalSide, StoreError};
use sync::ports::{Frame, Greeting, Local, OfferItem, OfferPage, Outbox};
use sync::wire::{Answer, FrameEnd, HeldDigest, Wanted};

/// A store behind a device that is a little odd.
pub struct Odd {
    store: LocalSide,
    most: usize,
    hasty: bool,
    late: Option<Frame>,
}

impl Odd {
    /// Pushes at most `most` lines in a page.
    pub fn paged(store: LocalSide, most: usize) -> Self {
        Self { store, most, hasty: false, late: None }
    }

    /// Has a known defect: it stores the token of a frame at once, and what the frame brought with the next one.
    pub fn hasty(store: LocalSide) -> Self {
        Self { store, most: usize::MAX, hasty: true, late: None }
    }
}

impl Local for Odd {
    type Error = StoreError;

    fn greeting(&mut self) -> Result<Greeting, StoreError> {
        self.store.greeting()
    }

    fn outbox(&mut self, count: usize, bytes: usize, now: Millis) -> Result<Outbox, StoreError> {
        self.store.outbox(count.min(self.most), bytes, now)
    }

    fn outbox_after(
        &mut self,
        after: u64,
        count: usize,
        bytes: usize,
        now: Millis,
    ) -> Result<Outbox, StoreError> {
        self.store.outbox_after(after, count.min(self.most), bytes, now)
    }

    fn answers(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.store.answers(answers, proof, now)
    }

    fn frame(&mut self, frame: &Frame, now: Millis) -> Result<(), StoreError> {
        if !self.hasty {
            return self.store.frame(frame, now);
        }
        let token = FrameEnd { complete: Vec::new(), ..frame.end.clone() };
        let mut late = self.late.take().unwrap_or_default();
        late.end = token;
        self.store.frame(&late, now)?;
        if frame.end.last.is_some() {
            return self.store.frame(frame, now);
        }
        self.late = Some(frame.clone());
        Ok(())
    }

    fn frames(&mut self, frames: &[Frame], now: Millis) -> Result<(), StoreError> {
        match self.hasty {
            true => frames.iter().try_for_each(|frame| self.frame(frame, now)),
            false => self.store.frames(frames, now),
        }
    }

    fn begins(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        frames: &[Frame],
        now: Millis,
    ) -> Result<(), StoreError> {
        if self.hasty {
            self.answers(answers, proof, now)?;
            return self.frames(frames, now);
        }
        self.store.begins(answers, proof, frames, now)
    }

    fn erase_left(&mut self) -> Result<usize, StoreError> {
        self.store.erase_left()
    }

    fn digest(&mut self) -> Result<String, StoreError> {
        self.store.digest()
    }

    fn digests(&mut self) -> Result<Vec<HeldDigest>, StoreError> {
        self.store.digests()
    }

    fn everything(&mut self) -> Result<Vec<HeldDigest>, StoreError> {
        self.store.everything()
    }

    fn to_offer(&mut self, wanted: &[Wanted], epoch: u32) -> Result<Vec<OfferItem>, StoreError> {
        self.store.to_offer(wanted, epoch)
    }

    fn offer(&mut self, items: &[OfferItem], count: usize, bytes: usize) -> Result<OfferPage, StoreError> {
        self.store.offer(items, count, bytes)
    }

    fn offered(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        epoch: u32,
    ) -> Result<(), StoreError> {
        self.store.offered(answers, proof, epoch)
    }

    fn offer_later(&mut self, now: Millis) -> Result<Option<(u32, Vec<OfferItem>)>, StoreError> {
        self.store.offer_later(now)
    }

    fn offer_whole(&mut self, epoch: u32) -> Result<(), StoreError> {
        self.store.offer_whole(epoch)
    }

    fn verified(&mut self, agrees: bool, county_now: Millis, clock_offset: i64) -> Result<(), StoreError> {
        self.store.verified(agrees, county_now, clock_offset)
    }
}
