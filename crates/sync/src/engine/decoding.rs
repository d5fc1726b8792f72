//! What an answer says: decompresses it, splits it into lines, and gives whole parts only.

use super::lines::{Limited, pushed};
use crate::ports::{Delivered, Frame, FrameItem, RemoteError};
use crate::wire::{Answer, DownLine, Kept, MAX_LINE, Verdict, Wanted};
use crypto::signature::Signature;
use std::io::Write;

/// The most decompressed bytes that may wait for the rest of their line: a line, and what one chunk can expand to.
const MAX_WAITING: usize = MAX_LINE + 16 * 1024 * 1024;
/// The most lines of one frame.
const MAX_FRAME: usize = 200_000;

/// A whole part of an answer.
pub(super) enum Part {
    /// All answers to what was pushed, and the signature under the accepted ones.
    Answers(Vec<Answer>, Option<Signature>),
    /// One frame.
    Frame(Frame),
    /// The county counts this epoch and asks for an offer; the request was not looked at.
    Offer(u32),
    /// What the county wants of what was compared.
    Wanted(Vec<Wanted>),
    /// What was sent was taken, and nothing is given until the device is admitted again.
    Waiting,
    /// The answer is at its proper end, and no frame is under way.
    End,
}

/// Makes parts of an answer's bytes.
pub(super) struct Decoder {
    zstd: zstd::stream::write::Decoder<'static, Limited>,
    /// How much of the decoded bytes has been read.
    read: usize,
    /// The lines that were pushed; none once all answers are here.
    sent: Vec<String>,
    /// The token that the request brought.
    token: String,
    answers: Vec<Answer>,
    frame: Frame,
}

impl Decoder {
    /// `sent`: the lines that were pushed and must be answered; `token`: the one that was sent with them.
    pub(super) fn new(sent: Vec<String>, token: String) -> Self {
        let waiting = Limited { bytes: Vec::new(), limit: MAX_WAITING };
        // Creating a decoder fails only when memory is exhausted.
        #[allow(clippy::expect_used, reason = "as stated above")]
        let zstd = zstd::stream::write::Decoder::with_prepared_dictionary(waiting, crate::packing::reading())
            .expect("memory for a zstd window");
        Self { zstd, read: 0, sent, token, answers: Vec::new(), frame: Frame::default() }
    }

    /// Reads the next bytes; `None` for the end. What was whole before an error is among the parts.
    pub(super) fn read(&mut self, chunk: Option<&[u8]>, parts: &mut Vec<Part>) -> Result<(), RemoteError> {
        let Some(chunk) = chunk else {
            parts.push(self.end()?);
            return Ok(());
        };
        self.zstd.write_all(chunk).map_err(|_| RemoteError::Rubbish)?;
        self.zstd.flush().map_err(|_| RemoteError::Rubbish)?;
        while let Some(end) = self.line_end() {
            let start = self.read;
            self.read = end + 1;
            parts.extend(self.take(start, end)?);
        }
        let read = std::mem::take(&mut self.read);
        self.zstd.get_mut().bytes.drain(..read);
        Ok(())
    }

    /// Nothing more comes: an end like any other only where nothing is half said.
    fn end(&self) -> Result<Part, RemoteError> {
        let frame = &self.frame;
        let half = !self.sent.is_empty() || !self.answers.is_empty();
        let half = half || !frame.items.is_empty() || !frame.leaves.is_empty();
        let half = half || !self.zstd.get_ref().bytes.is_empty();
        if half { Err(RemoteError::Interrupted) } else { Ok(Part::End) }
    }

    fn line_end(&self) -> Option<usize> {
        let bytes = &self.zstd.get_ref().bytes;
        memchr::memchr(b'\n', &bytes[self.read..]).map(|at| self.read + at)
    }

    /// Takes one line; a part when the line completes one.
    fn take(&mut self, start: usize, end: usize) -> Result<Option<Part>, RemoteError> {
        let line = &self.zstd.get_ref().bytes[start..end];
        if let Some(change) = delivered(line) {
            self.frame.items.push(FrameItem::Change(change));
            return self.bounded();
        }
        let down: DownLine = serde_json::from_slice(line).map_err(|_| RemoteError::Rubbish)?;
        if let Some(answer) = down.answer {
            self.answers.push(answer);
        } else if let Some(kept) = down.kept {
            self.kept(kept)?;
        } else if down.pushed.is_some() {
            if self.answers.len() < self.sent.len() {
                return Err(RemoteError::Rubbish);
            }
            self.sent = Vec::new();
            return Ok(Some(Part::Answers(std::mem::take(&mut self.answers), down.proof)));
        } else if let Some(epoch) = down.offer {
            return Ok(Some(Part::Offer(epoch)));
        } else if let Some(wanted) = down.want {
            return Ok(Some(Part::Wanted(wanted)));
        } else if down.waiting {
            return Ok(Some(Part::Waiting));
        } else if let Some(leave) = down.leave {
            self.frame.leaves.push(leave);
        } else if let Some(enter) = down.enter {
            self.frame.items.push(FrameItem::Enter(enter));
        } else if let (Some(raw), Some(stamp)) = (down.change, down.stamp) {
            let change = serde_json::from_str(raw.get()).map_err(|_| RemoteError::Rubbish)?;
            let raw = raw.get().to_owned();
            self.frame.items.push(FrameItem::Change(Delivered::new(change, stamp, raw, down.object)));
        } else if let Some(end) = down.end {
            // Frames come after the answers: without them nobody could say that all of this was heard.
            if !self.sent.is_empty() {
                return Err(RemoteError::Rubbish);
            }
            let mut frame = std::mem::take(&mut self.frame);
            frame.end = end;
            if frame.end.token.is_empty() {
                if frame.end.last.is_none() || self.token.is_empty() {
                    return Err(RemoteError::Rubbish);
                }
                frame.end.token.clone_from(&self.token);
            }
            return Ok(Some(Part::Frame(frame)));
        }
        self.bounded()
    }

    /// What has been collected of a part is no more than an honest county says.
    fn bounded(&self) -> Result<Option<Part>, RemoteError> {
        let lines = self.frame.items.len() + self.frame.leaves.len();
        let bounded = lines <= MAX_FRAME && self.answers.len() <= self.sent.len();
        if bounded { Ok(None) } else { Err(RemoteError::Rubbish) }
    }

    /// Answers that name neither change nor stamp: both are what was sent.
    fn kept(&mut self, kept: Kept) -> Result<(), RemoteError> {
        let at = self.answers.len();
        let lines = self.sent.get(at..at + kept.count as usize).ok_or(RemoteError::Rubbish)?;
        for (n, line) in lines.iter().enumerate() {
            let (id, stamp) = pushed(line).ok_or(RemoteError::Rubbish)?;
            let seq = kept.seq.checked_add(n as u64).ok_or(RemoteError::Rubbish)?;
            self.answers.push(Answer { id, verdict: Verdict::Accepted { seq, stamp } });
        }
        Ok(())
    }
}

/// A change and its stamp, where the line is as counties write it: nearly all lines are, and are looked at once.
fn delivered(line: &[u8]) -> Option<Delivered> {
    let both = line.strip_prefix(b"{\"c\":")?.strip_suffix(b"}")?;
    let (raw, stamp) = both.split_at(both.iter().rposition(|byte| *byte == b',')?);
    if !(raw.starts_with(b"{") && raw.ends_with(b"}")) {
        return None;
    }
    let stamp = serde_json::from_slice(stamp.strip_prefix(b",\"t\":")?).ok()?;
    let raw = std::str::from_utf8(raw).ok()?;
    let change = serde_json::from_str(raw).ok()?;
    Some(Delivered::new(change, stamp, raw.to_owned(), None))
}
