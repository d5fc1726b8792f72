//! The file as a stream that knows its line and refuses to grow without end.

use std::io::{self, BufRead, Read};

use super::limits::Limits;
use super::problem::Fault;

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u64,
    pub(super) column: u64,
}

/// Counts lines, and stops with an error once the file or the current token is longer than allowed. The
/// XML reader gathers a whole token in memory, so without this one endless tag would exhaust it.
pub(super) struct Bounded<R> {
    inner: R,
    at: Position,
    file_left: u64,
    token_left: u64,
    token_bytes: u64,
    read: u64,
    exceeded: Option<Fault>,
}

impl<R: BufRead> Bounded<R> {
    pub(super) fn new(inner: R, limits: &Limits) -> Self {
        Self {
            inner,
            at: Position { line: 1, column: 1 },
            file_left: limits.file_bytes,
            token_left: limits.token_bytes,
            token_bytes: limits.token_bytes,
            read: 0,
            exceeded: None,
        }
    }

    /// Says that a token ended here: the next one has its full length again.
    pub(super) fn next_token(&mut self) -> Position {
        self.token_left = self.token_bytes;
        self.at
    }

    /// Where reading stands.
    pub(super) fn position(&self) -> Position {
        self.at
    }

    /// Bytes consumed so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The limit that stopped the reading, if one did.
    pub(super) fn exceeded(&self) -> Option<Fault> {
        self.exceeded
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.file_left.min(self.token_left);
        let available = self.inner.fill_buf()?;
        if left == 0 && !available.is_empty() {
            let fault = if self.file_left == 0 { Fault::FileTooLarge } else { Fault::TokenTooLong };
            self.exceeded = Some(fault);
            return Err(io::Error::other("a limit was exceeded"));
        }
        let shown = usize::try_from(left).unwrap_or(usize::MAX).min(available.len());
        Ok(&available[..shown])
    }

    fn consume(&mut self, amount: usize) {
        if amount == 0 {
            return;
        }
        // What was shown by the last `fill_buf` is still in the inner buffer: asking again reads nothing.
        if let Ok(available) = self.inner.fill_buf() {
            let taken = &available[..amount.min(available.len())];
            match taken.iter().rposition(|byte| *byte == b'\n') {
                Some(last) => {
                    self.at.line += taken.iter().filter(|byte| **byte == b'\n').count() as u64;
                    self.at.column = (taken.len() - last) as u64;
                }
                None => self.at.column += taken.len() as u64,
            }
        }
        let amount_read = amount as u64;
        self.read += amount_read;
        self.file_left = self.file_left.saturating_sub(amount_read);
        self.token_left = self.token_left.saturating_sub(amount_read);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let amount = available.len().min(out.len());
        out[..amount].copy_from_slice(&available[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}
