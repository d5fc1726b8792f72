//! The lines of an answer: written as JSON, compressed, signed frame by frame, and handed to the socket.

use super::outlet::Outlet;
use super::pace::Pace;
use super::stream::Ended;
use crate::db::Delivery;
use crate::token::Token;
use crypto::county::CountySecret;
use crypto::frame::{Leaf, Leaves};
use crypto::signature::Signature;
use domain::codes::CodeList;
use domain::{CountyId, Millis, RecordKind, Stamp};
use std::io::Write;
use std::sync::Arc;
use sync::wire::{Answer, DownLine, Enter, FIRST_KINDS, FrameEnd, Kept, Leave, Verdict};
use zstd::stream::write::Encoder;

/// Lines under compression.
pub struct Lines {
    encoder: Encoder<'static, Vec<u8>>,
    /// One line, whole before it is compressed: each piece would be a call of its own.
    text: Vec<u8>,
    outlet: Outlet,
    pub(super) pace: Pace,
    /// How many frames may still end, if that was asked for.
    left: Option<u32>,
    /// Whether the app may meet kinds that it does not know.
    names_objects: bool,
    /// The token that the request brought, if the device can do without reading it again.
    pub(super) brought: Option<Token>,
    secret: Arc<CountySecret>,
    county: CountyId,
    /// Of the changes of the frame under way.
    leaves: Leaves,
    /// Whether a frame has ended.
    framed: bool,
}

impl Lines {
    /// Lines to `outlet`, signed as this county, up to the end of so many frames if that is asked for; packed with the
    /// dictionary for an app that has it.
    ///
    /// # Errors
    /// No memory for a compressor.
    pub fn new(
        outlet: Outlet,
        frames: Option<u32>,
        dictionary: bool,
        secret: Arc<CountySecret>,
        county: CountyId,
    ) -> std::io::Result<Self> {
        let encoder = sync::packing::answer(dictionary)?;
        let (text, pace, leaves) = (Vec::new(), Pace::default(), Leaves::default());
        let (left, brought, names_objects, framed) = (frames, None, false, false);
        Ok(Self { encoder, text, outlet, pace, left, names_objects, brought, secret, county, leaves, framed })
    }

    /// The device holds this token, and knows that nothing said means that one.
    pub fn after(self, brought: Option<Token>) -> Self {
        Self { brought, ..self }
    }

    /// To an app that knows so many kinds of record (see [`sync::wire::Hello::kinds`]).
    pub fn to_app(self, kinds: Option<u8>) -> Self {
        let names_objects = usize::from(kinds.unwrap_or(FIRST_KINDS)) < RecordKind::CODES.len();
        Self { names_objects, ..self }
    }

    /// About so many compressed bytes are sent at the most, if that is asked for; one frame in any case.
    pub fn at_most(mut self, bytes: Option<u32>) -> Self {
        self.pace.at_most(bytes);
        self
    }

    fn line(&mut self, line: &DownLine) {
        // Writing to memory does not fail, and neither do these shapes.
        self.text.clear();
        let _ = serde_json::to_writer(&mut self.text, line);
        self.pace.take(self.text.len());
        self.text.push(b'\n');
        let _ = self.encoder.write_all(&self.text);
    }

    pub(super) fn change(&mut self, delivery: &Delivery) {
        self.pace.take(delivery.body.len());
        self.leaves.push(&crypto::frame::leaf(delivery.id.bytes(), delivery.stamp.0, &delivery.body));
        let Delivery { body, stamp, object, .. } = delivery;
        self.text.clear();
        let _ = match self.names_objects {
            true => writeln!(self.text, "{{\"c\":{body},\"t\":{},\"o\":{object}}}", stamp.0),
            false => writeln!(self.text, "{{\"c\":{body},\"t\":{}}}", stamp.0),
        };
        let _ = self.encoder.write_all(&self.text);
    }

    pub(super) fn enter(&mut self, enter: Enter) {
        self.line(&DownLine { enter: Some(enter), ..DownLine::default() });
    }

    fn kept(&mut self, kept: Option<Kept>) {
        if kept.is_some() {
            self.line(&DownLine { kept, ..DownLine::default() });
        }
    }

    pub(super) fn leave(&mut self, leave: &Leave) {
        self.line(&DownLine { leave: Some(leave.clone()), ..DownLine::default() });
    }

    pub(super) fn end(&mut self, end: FrameEnd) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.framed = true;
        let proof = self.sign();
        self.line(&DownLine { end: Some(FrameEnd { proof, ..end }), ..DownLine::default() });
    }

    /// Signs the leaves so far; nothing is not signed.
    fn sign(&mut self) -> Option<Signature> {
        let leaves = std::mem::take(&mut self.leaves);
        (!leaves.is_empty()).then(|| leaves.sign(&self.secret, self.county.bytes()))
    }

    /// The answers to what was pushed, in the order of its lines, and what those that say `Accepted` are signed over.
    /// `said` holds the stamp that each change brought, where the device can read that it counts as it stands.
    pub fn answers(&mut self, answers: Vec<Answer>, said: &[Option<Stamp>], leaves: &[Leaf]) {
        let count = answers.len() as u32;
        let mut run: Option<Kept> = None;
        for (at, answer) in answers.into_iter().enumerate() {
            let said = said.get(at).copied().flatten();
            let kept = match &answer.verdict {
                Verdict::Accepted { seq, stamp } if said == Some(*stamp) => Some(*seq),
                _ => None,
            };
            run = match (run, kept) {
                (Some(run), Some(seq)) if run.seq + u64::from(run.count) == seq => {
                    Some(Kept { count: run.count + 1, ..run })
                }
                (before, kept) => {
                    self.kept(before);
                    kept.map(|seq| Kept { seq, count: 1 })
                }
            };
            if run.is_none() {
                self.line(&DownLine { answer: Some(answer), ..DownLine::default() });
            }
        }
        self.kept(run);
        if count > 0 {
            self.leaves = leaves.iter().collect();
            let proof = self.sign();
            self.line(&DownLine { pushed: Some(count), proof, ..DownLine::default() });
        }
    }

    /// Sends what there is; `clock` says when it has gone.
    ///
    /// # Errors
    /// [`Ended::Gone`], or [`Ended::Enough`].
    pub async fn flush(&mut self, clock: &impl Fn() -> Millis) -> Result<(), Ended> {
        self.encoder.flush().map_err(|_| Ended::Gone)?;
        let full = self.framed && self.pace.enough(self.encoder.get_ref().len());
        let enough = full || self.left == Some(0);
        if enough {
            self.encoder.do_finish().map_err(|_| Ended::Gone)?;
        }
        let bytes = std::mem::take(self.encoder.get_mut());
        let length = bytes.len();
        self.outlet.send(bytes.into()).await;
        self.pace.sent(length, clock());
        if enough { Err(Ended::Enough) } else { Ok(()) }
    }

    /// Says one thing and ends: an epoch in which to offer, what is wanted, that the device must wait.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn only(mut self, line: DownLine<'_>) -> Result<(), Ended> {
        self.line(&line);
        self.finish().await
    }

    /// Ends.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn finish(mut self) -> Result<(), Ended> {
        self.encoder.do_finish().map_err(|_| Ended::Gone)?;
        let bytes = std::mem::take(self.encoder.get_mut());
        self.outlet.send(bytes.into()).await;
        Ok(())
    }
}
