//! Reads an answer as it arrives.

use super::apart::Apart;
use super::decoding::{Decoder, Part};
use crate::ports::{Frame, Incoming, RemoteError};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

/// An answer longer than this, compressed, is read on a thread of its own.
const LONG: u64 = 128 * 1024;

/// Reads parts from an answer.
pub(super) struct Reader<I> {
    incoming: I,
    /// What reads it here, until it is long.
    here: Option<Box<Decoder>>,
    apart: Option<Apart>,
    /// What was read here and not taken yet, in order.
    parts: VecDeque<Result<Part, RemoteError>>,
    /// Compressed bytes so far.
    arrived: u64,
    /// Whether nothing more comes.
    ended: bool,
}

impl<I: Incoming> Reader<I> {
    /// `sent`: the lines that were pushed and must be answered; `token`: the one that was sent with them.
    pub(super) fn new(incoming: I, sent: Vec<String>, token: String) -> Self {
        let here = Some(Box::new(Decoder::new(sent, token)));
        Self { incoming, here, apart: None, parts: VecDeque::new(), arrived: 0, ended: false }
    }

    /// How many compressed bytes have arrived.
    pub(super) fn bytes(&self) -> u64 {
        self.arrived
    }

    /// Takes back frames that were applied.
    pub(super) fn done(&self, frames: Vec<Frame>) {
        if let Some(apart) = &self.apart {
            apart.done(frames);
        }
    }

    /// The next whole part, if it has arrived already. The line has died only for what comes after.
    pub(super) async fn arrived(&mut self) -> Option<Result<Part, RemoteError>> {
        poll_fn(|context| match self.poll(context) {
            Poll::Ready(part) => Poll::Ready(Some(part)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    /// The next whole part.
    pub(super) async fn next(&mut self) -> Result<Part, RemoteError> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Part, RemoteError>> {
        loop {
            if let Some(part) = self.parts.pop_front() {
                return Poll::Ready(part);
            }
            if let Some(apart) = &self.apart {
                match apart.take(context.waker()) {
                    Some(part) => return Poll::Ready(part),
                    None if self.ended || apart.is_full() => return Poll::Pending,
                    None => {}
                }
            } else if self.ended {
                return Poll::Ready(Err(RemoteError::Interrupted));
            }
            let chunk = match pin!(self.incoming.chunk()).poll(context) {
                Poll::Ready(chunk) => chunk,
                Poll::Pending => return Poll::Pending,
            };
            self.take(chunk);
        }
    }

    /// Has a chunk read; the end, and the death of the line, come after what was whole before.
    fn take(&mut self, chunk: Result<Option<Vec<u8>>, RemoteError>) {
        self.ended = !matches!(chunk, Ok(Some(_)));
        self.arrived += chunk.iter().flatten().map(|bytes| bytes.len() as u64).sum::<u64>();
        if let Some(apart) = &self.apart {
            return apart.give(chunk);
        }
        let Some(decoder) = &mut self.here else { return };
        let mut parts = Vec::new();
        let read = chunk.and_then(|chunk| decoder.read(chunk.as_deref(), &mut parts));
        self.parts.extend(parts.into_iter().map(Ok));
        self.ended |= read.is_err();
        self.parts.extend(read.err().map(Err));
        if self.arrived > LONG && !self.ended {
            (self.here, self.apart) = Apart::start(self.here.take());
        }
    }
}
