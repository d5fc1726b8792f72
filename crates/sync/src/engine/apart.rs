//! A long answer is read on a thread of its own: while the device applies some frames, the next ones are decompressed
//! and read. A short one is not worth it.

use super::decoding::{Decoder, Part};
use crate::ports::{Frame, FrameItem, RemoteError};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// So many changes wait to be applied at the most, and so many bytes to be read.
const MOST_CHANGES: usize = 3_000;
const MOST_BYTES: usize = 1024 * 1024;

/// What is to be read: bytes, the end, or that the line died.
type Chunk = Result<Option<Vec<u8>>, RemoteError>;

/// A decoder on its thread; dropping it ends the thread.
pub(super) struct Apart(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    decoder: Option<Box<Decoder>>,
    chunks: VecDeque<Chunk>,
    bytes: usize,
    parts: VecDeque<Result<Part, RemoteError>>,
    changes: usize,
    /// What the device has applied.
    done: Vec<Frame>,
    waker: Option<Waker>,
    /// Nobody wants any more of it.
    dropped: bool,
}

impl Apart {
    /// Moves a decoder to a thread. Where there is none to be had, it comes back.
    pub(super) fn start(decoder: Option<Box<Decoder>>) -> (Option<Box<Decoder>>, Option<Self>) {
        let shared = Arc::new(Shared::default());
        shared.lock().decoder = decoder;
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("sync-reading".to_owned());
        match thread.spawn(move || worker.run()) {
            Ok(_) => (None, Some(Self(shared))),
            Err(_) => (shared.lock().decoder.take(), None),
        }
    }

    /// Whether no more should be given to it now.
    pub(super) fn is_full(&self) -> bool {
        self.0.lock().bytes >= MOST_BYTES
    }

    /// Gives it more to read.
    pub(super) fn give(&self, chunk: Chunk) {
        let mut state = self.0.lock();
        state.bytes += length(&chunk);
        state.chunks.push_back(chunk);
        drop(state);
        self.0.work.notify_one();
    }

    /// Gives frames back that were applied: to free what was read, where it was read, costs the device nothing.
    pub(super) fn done(&self, frames: Vec<Frame>) {
        self.0.lock().done.extend(frames);
        self.0.work.notify_one();
    }

    /// The next part that it has read. Where there is none yet, `waker` is woken when there is, or when there is room.
    pub(super) fn take(&self, waker: &Waker) -> Option<Result<Part, RemoteError>> {
        let mut state = self.0.lock();
        let part = state.parts.pop_front();
        match &part {
            Some(part) => state.changes -= changes_in(part),
            None => state.waker = Some(waker.clone()),
        }
        drop(state);
        self.0.work.notify_one();
        part
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        self.0.lock().dropped = true;
        self.0.work.notify_one();
    }
}

impl Shared {
    /// A panic leaves nothing half changed: whole parts are put in.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(self: Arc<Self>) {
        let last = Last(&self);
        let Some(mut decoder) = self.lock().decoder.take() else { return };
        while let Some(chunk) = self.next() {
            let ended = !matches!(chunk, Ok(Some(_)));
            let mut parts = Vec::new();
            let read = chunk.and_then(|chunk| decoder.read(chunk.as_deref(), &mut parts));
            let over = ended || read.is_err();
            let mut parts: VecDeque<_> = parts.into_iter().map(Ok).collect();
            parts.extend(read.err().map(Err));
            self.put(parts);
            if over {
                break;
            }
        }
        drop((last, decoder));
        while self.next().is_some() {}
    }

    /// The next chunk, when there is one and room for what comes of it; `None` when nobody wants it. What was given
    /// back is freed meanwhile.
    fn next(&self) -> Option<Chunk> {
        let waits = |state: &mut State| {
            let nothing_to_read = state.chunks.is_empty() || state.changes >= MOST_CHANGES;
            !state.dropped && state.done.is_empty() && nothing_to_read
        };
        loop {
            let state = self.lock();
            let mut state = self.work.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
            if state.dropped {
                return None;
            }
            let done = std::mem::take(&mut state.done);
            if done.is_empty() {
                let chunk = state.chunks.pop_front()?;
                state.bytes -= length(&chunk);
                return Some(chunk);
            }
            // Nobody waits for the lock while this is freed.
            drop(state);
            drop(done);
        }
    }

    fn put(&self, mut parts: VecDeque<Result<Part, RemoteError>>) {
        let mut state = self.lock();
        state.changes += parts.iter().map(changes_in).sum::<usize>();
        state.parts.append(&mut parts);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Whatever ends the thread, nobody waits for it for ever.
struct Last<'a>(&'a Shared);

impl Drop for Last<'_> {
    fn drop(&mut self) {
        self.0.put([Err(RemoteError::Interrupted)].into());
    }
}

fn length(chunk: &Chunk) -> usize {
    chunk.as_ref().ok().and_then(Option::as_ref).map_or(0, Vec::len)
}

fn changes_in(part: &Result<Part, RemoteError>) -> usize {
    match part {
        Ok(Part::Frame(frame)) => {
            frame.items.iter().filter(|item| matches!(item, FrameItem::Change(_))).count()
        }
        _ => 0,
    }
}
