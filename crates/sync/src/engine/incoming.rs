//! Reads an answer as it arrives: decompresses, splits into lines, and gives whole parts only.

use super::lines::Limited;
use super::lines::pushed;
use crate::ports::{Delivered, Frame, FrameItem, Incoming, RemoteError};
use crate::wire::{Answer, DownLine, Kept, MAX_LINE, Verdict, Wanted};
use crypto::signature::Signature;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::pin;
use std::task::Poll;

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
}

/// Reads parts from an answer.
pub(super) struct Reader<I> {
    incoming: I,
    decoder: zstd::stream::write::Decoder<'static, Limited>,
    /// How much of the decoded bytes has been read.
    read: usize,
    /// The lines that were pushed; none once all answers are here.
    sent: Vec<String>,
    /// The token that the request brought.
    token: String,
    answers: Vec<Answer>,
    frame: Frame,
}

impl<I: Incoming> Reader<I> {
    /// `sent`: the lines that were pushed and must be answered; `token`: the one that was sent with them.
    pub(super) fn new(incoming: I, sent: Vec<String>, token: String) -> Self {
        let waiting = Limited { bytes: Vec::new(), limit: MAX_WAITING };
        // Creating a decoder fails only when memory is exhausted.
        #[allow(clippy::expect_used, reason = "as stated above")]
        let decoder = zstd::stream::write::Decoder::new(waiting).expect("memory for a zstd window");
        Self { incoming, decoder, read: 0, sent, token, answers: Vec::new(), frame: Frame::default() }
    }

    /// The next whole part, if it has arrived already. The line has died only for what comes after.
    pub(super) async fn arrived(&mut self) -> Option<Result<Part, RemoteError>> {
        let mut next = pin!(self.next());
        poll_fn(|context| match next.as_mut().poll(context) {
            Poll::Ready(part) => Poll::Ready(Some(part)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    /// The next whole part.
    pub(super) async fn next(&mut self) -> Result<Part, RemoteError> {
        loop {
            while let Some(end) = self.line_end() {
                let start = self.read;
                self.read = end + 1;
                if let Some(part) = self.take(start, end)? {
                    return Ok(part);
                }
            }
            self.forget_read_lines();
            let chunk = self.incoming.chunk().await?.ok_or(RemoteError::Interrupted)?;
            self.decoder.write_all(&chunk).map_err(|_| RemoteError::Rubbish)?;
            self.decoder.flush().map_err(|_| RemoteError::Rubbish)?;
        }
    }

    fn line_end(&self) -> Option<usize> {
        let bytes = &self.decoder.get_ref().bytes;
        bytes[self.read..].iter().position(|b| *b == b'\n').map(|at| self.read + at)
    }

    fn forget_read_lines(&mut self) {
        let read = std::mem::take(&mut self.read);
        self.decoder.get_mut().bytes.drain(..read);
    }

    /// Takes one line; a part when the line completes one.
    fn take(&mut self, start: usize, end: usize) -> Result<Option<Part>, RemoteError> {
        let line = &self.decoder.get_ref().bytes[start..end];
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
            self.frame.items.push(FrameItem::Change(Delivered { change, stamp, raw, object: down.object }));
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
        if self.frame.items.len() + self.frame.leaves.len() > MAX_FRAME
            || self.answers.len() > self.sent.len()
        {
            return Err(RemoteError::Rubbish);
        }
        Ok(None)
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
