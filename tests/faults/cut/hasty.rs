//! A device with a known defect: it stores the token of a frame at once, and what the frame brought with the next one.

use domain::Millis;
use store::{LocalSide, StoreError};
use sync::ports::{Delivered, Frame, FrameItem, Greeting, Local, Outbox};
use sync::wire::{Answer, FrameEnd, HeldDigest};

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

    fn answers(&mut self, answers: &[Answer], now: Millis) -> Result<(), StoreError> {
        self.store.answers(answers, now)
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
        }),
    }
}
