//! What the engine needs of its two sides.
//!
//! [`Local`] is the device: the encrypted store, or an in-memory model under simulation. [`Remote`] is the way to the
//! county: HTTPS, or an in-process router. The engine itself decides nothing about records.

use crate::wire::{Answer, Enter, FrameEnd, HeldDigest, Leave, Wanted};
use crypto::frame::Leaf;
use crypto::signature::Signature;
use domain::{Change, Millis, Stamp};
use std::future::Future;

/// The device's side. Every method is one transaction: it has happened whole, durably, when it returns.
pub trait Local {
    /// What can go wrong on the device's own side (a full disk, a locked vault).
    type Error: std::error::Error + Send + Sync + 'static;

    /// What the device has to say first.
    fn greeting(&mut self) -> Result<Greeting, Self::Error>;

    /// The next lines to push, oldest first: `UpLine`s as JSON text. Changes that are held, quarantined or answered
    /// `county_too_old` within the last hour are left out. At most `count` lines and `bytes` bytes, but always one
    /// line where there is one.
    fn outbox(&mut self, count: usize, bytes: usize, now: Millis) -> Result<Outbox, Self::Error>;

    /// As [`Local::outbox`]: the page after one that said where it goes on, before that one is answered. A side that
    /// never says so is never asked.
    fn outbox_after(
        &mut self,
        _after: u64,
        _count: usize,
        _bytes: usize,
        _now: Millis,
    ) -> Result<Outbox, Self::Error> {
        Ok(Outbox::default())
    }

    /// Takes the county's answers, and its signature under those that say `Accepted`. An accepted change counts by its
    /// effective stamp from then on.
    fn answers(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        now: Millis,
    ) -> Result<(), Self::Error>;

    /// Applies one frame and stores its token.
    fn frame(&mut self, frame: &Frame, now: Millis) -> Result<(), Self::Error>;

    /// Applies frames that arrived together, in their order. Where this is one transaction, a fast line costs the
    /// device few of them; after each frame it is as good to stop as after the last.
    fn frames(&mut self, frames: &[Frame], now: Millis) -> Result<(), Self::Error> {
        frames.iter().try_for_each(|frame| self.frame(frame, now))
    }

    /// What the county says first to a device without a token: its answers, and the frames that bring a token. Both or
    /// neither is kept, where what is kept outlives the app.
    fn begins(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        frames: &[Frame],
        now: Millis,
    ) -> Result<(), Self::Error> {
        self.answers(answers, proof, now)?;
        self.frames(frames, now)
    }

    /// Erases the people who left the caseload and about whom nothing is unsent any more. Returns how many.
    fn erase_left(&mut self) -> Result<usize, Self::Error>;

    /// The digest over everything accepted that this device should hold, to be compared with the county's.
    fn digest(&mut self) -> Result<String, Self::Error>;

    /// The digests one by one, to find where a difference lies.
    fn digests(&mut self) -> Result<Vec<HeldDigest>, Self::Error>;

    /// The digests of everything that the county ever accepted and that is still here, of those who leave, too.
    fn everything(&mut self) -> Result<Vec<HeldDigest>, Self::Error>;

    /// What is to be offered of `wanted`, what was seen before what saw it; and the sealed copies that were not offered
    /// in this epoch.
    fn to_offer(&mut self, wanted: &[Wanted], epoch: u32) -> Result<Vec<OfferItem>, Self::Error>;

    /// The next page of an offer, from the front of `items`: at least one of them, and no more than `count` lines and
    /// `bytes` bytes where there are several.
    fn offer(&mut self, items: &[OfferItem], count: usize, bytes: usize) -> Result<OfferPage, Self::Error>;

    /// Takes the county's answers to a page of an offer, and its signature under those that say `Accepted`.
    fn offered(
        &mut self,
        answers: &[Answer],
        proof: Option<&Signature>,
        epoch: u32,
    ) -> Result<(), Self::Error>;

    /// What the county put off when it was offered, and the epoch in which that was: to be offered once more now. What
    /// it does not know yet comes again after an hour.
    fn offer_later(&mut self, now: Millis) -> Result<Option<(u32, Vec<OfferItem>)>, Self::Error> {
        let _ = now;
        Ok(None)
    }

    /// Notes that everything was offered in this epoch.
    fn offer_whole(&mut self, epoch: u32) -> Result<(), Self::Error>;

    /// Notes that the county and this device agree, or that they do not.
    fn verified(&mut self, agrees: bool, county_now: Millis, clock_offset: i64) -> Result<(), Self::Error>;
}

/// What a device has to say first.
#[derive(Clone, Debug, Default)]
pub struct Greeting {
    /// The token of the last frame stored.
    pub token: Option<String>,
    /// What it erased, as told, and has not yet said so.
    pub forgot: Vec<Leave>,
    /// The epoch in which it has offered everything and has not got a token yet.
    pub offered: Option<u32>,
    /// See [`crate::wire::Hello::kinds`].
    pub kinds: Option<u8>,
}

/// One thing to offer, as the device's side numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferItem {
    /// A change.
    Change(i64),
    /// A sealed copy.
    Copy(i64),
}

/// A page of an offer.
#[derive(Clone, Debug, Default)]
pub struct OfferPage {
    /// `UpLine`s as JSON text, without line breaks.
    pub lines: Vec<String>,
    /// How many of them are to be answered: all but the proofs.
    pub answers: usize,
    /// How many items are done with: in this page, or not here any more.
    pub taken: usize,
}

/// Lines to push.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// `UpLine`s as JSON text, without line breaks.
    pub lines: Vec<String>,
    /// How many sendable lines stay behind.
    pub left: u32,
    /// How many changes are unsent in all once these are answered, held and quarantined ones included.
    pub unsent_after: u32,
    /// Where the next page goes on, for [`Local::outbox_after`]: what stays behind does not depend on how these are
    /// answered. `None` where it does, or nothing stays behind.
    pub next: Option<u64>,
}

/// One frame of a pull.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// People, or objects of them, that left the caseload.
    pub leaves: Vec<Leave>,
    /// What arrives, in order.
    pub items: Vec<FrameItem>,
    /// Its end.
    pub end: FrameEnd,
}

/// One thing that a frame brings.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all of them are changes")]
pub enum FrameItem {
    /// The changes that follow are a person's history.
    Enter(Enter),
    /// A change.
    Change(Delivered),
}

/// A change as it was delivered.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The change.
    pub change: Change,
    /// The stamp by which it counts.
    pub stamp: Stamp,
    /// Its text as its author's device wrote it: kept and passed on whole, unknown fields included.
    pub raw: String,
    /// The number of its policy object, where the county says so: an app that does not know its kind counts by it.
    pub object: Option<u8>,
    /// What stands for it in its frame.
    pub leaf: Leaf,
}

impl Delivered {
    /// A change as it came. Its leaf is made here, on the thread that reads, and not where the device keeps it.
    pub fn new(change: Change, stamp: Stamp, raw: String, object: Option<u8>) -> Self {
        let leaf = crypto::frame::leaf(change.id.bytes(), stamp.0, &raw);
        Self { change, stamp, raw, object, leaf }
    }
}

/// The way to the county.
pub trait Remote {
    /// The answer while it arrives.
    type Incoming: Incoming + Send;

    /// Sends a sync request (zstd-compressed JSON lines) and returns as soon as the answer begins.
    fn sync(&mut self, body: Vec<u8>) -> impl Future<Output = Result<Self::Incoming, RemoteError>> + Send;
}

/// An answer while it arrives.
pub trait Incoming {
    /// The next bytes (zstd-compressed JSON lines); `None` at the proper end. Nothing is lost when the future is
    /// dropped before it is done.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, RemoteError>> + Send;
}

/// Why the county could not be asked. None of these loses anything: what is unsent stays unsent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// There is no way to the county now.
    #[error("the county cannot be reached")]
    Unreachable,
    /// The line died while the answer was under way.
    #[error("the connection broke off")]
    Interrupted,
    /// Somebody else answers at the county's address.
    #[error("the server's certificate is not the county's")]
    WrongCertificate,
    /// The county answers something that is not ours.
    #[error("the server's answer makes no sense")]
    Rubbish,
    /// The county refuses this device, with one of its codes.
    #[error("the county refuses: {code}")]
    Refused {
        /// Such as `device_revoked`, `app_too_old`, `not_found`.
        code: String,
    },
    /// The county is busy.
    #[error("the county is busy")]
    Busy {
        /// Seconds to wait.
        retry_after: u64,
    },
}
