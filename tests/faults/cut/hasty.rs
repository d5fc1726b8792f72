//! A device with a known defect: it stores the token of a frame at once, and what the frame brought with the next one.

use crypto::signature::Signature;
use domain::Millis;
use store::{LocalSide, StoreError};
use sync::ports::{Delivered, Frame, FrameItem, Greeting, Local, OfferItem, OfferPage, Outbox};
use sync::wire::{Answer, FrameEnd, HeldDigest, Wanted};

/// A store that is told in the wrong order.
pub struct Hasty {
    store: LocalSide,
    late: Option<Frame>,
}

impl Hasty {
    pub fn new(store: LocalSide) -> Self {
        Self { store, late: None }
    }
}

impl Local for Hasty {
    type Error = StoreError;

    fn greeting(&mut self) -> Result<Greeting, StoreError> {
        self.store.greeting()
    }

    fn outbox(&mut self, count: usize, bytes: usize, now: Millis) -> Result<Outbox, StoreError> {
        self.store.outbox(count, bytes, now)
    }

    fn answers(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.store.answers(answers, proof, now)
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

    fn offer_whole(&mut self, epoch: u32) -> Result<(), StoreError> {
        self.store.offer_whole(epoch)
    }

    fn frame(&mut self, frame: &Frame, now: Millis) -> Result<(), StoreError> {
        let token = FrameEnd { complete: Vec::new(), ..frame.end.clone() };
        let mut late = self.late.take().unwrap_or_default();
        late.end = token;
        self.store.frame(&late, now)?;
        let again = Frame {
            leaves: frame.leaves.clone(),
            items: frame.items.iter().map(cloned).collect(),
            end: frame.end.clone(),
        };
        if frame.end.last.is_some() {
            return self.store.frame(&again, now);
        }
        self.late = Some(again);
        Ok(())
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

    fn verified(&mut self, agrees: bool, county_now: Millis, clock_offset: i64) -> Result<(), StoreError> {
        self.store.verified(agrees, county_now, clock_offset)
    }
}

fn cloned(item: &FrameItem) -> FrameItem {
    match item {
        FrameItem::Enter(enter) => FrameItem::Enter(enter.clone()),
        FrameItem::Change(one) => FrameItem::Change(Delivered {
            change: one.change.clone(),
            stamp: one.stamp,
            raw: one.raw.clone(),
            object: one.object,
        }),
    }
}
