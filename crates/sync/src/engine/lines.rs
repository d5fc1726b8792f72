//! JSON lines under zstd, both ways.

use crate::packing::compress;
use crate::wire::Hello;
use domain::{ChangeId, Stamp};
use serde::Deserialize;
use std::io::Write;

/// The body of one request.
pub(super) fn request(hello: &Hello, lines: &[String]) -> Vec<u8> {
    let mut text = serde_json::to_vec(hello).unwrap_or_default();
    text.push(b'\n');
    for line in lines {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    compress(&text)
}

/// The id and the stamp of a change that was pushed; `None` for any other line.
pub(super) fn pushed(line: &str) -> Option<(ChangeId, Stamp)> {
    #[derive(Deserialize)]
    struct Line {
        c: Change,
    }
    #[derive(Deserialize)]
    struct Change {
        id: ChangeId,
        stamp: Stamp,
    }
    let Line { c } = serde_json::from_str(line).ok()?;
    Some((c.id, c.stamp))
}

/// Collects decompressed bytes and refuses to grow past a limit, so that a bomb costs no memory.
pub(super) struct Limited {
    pub(super) bytes: Vec<u8>,
    pub(super) limit: usize,
}

impl Write for Limited {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + more.len() > self.limit {
            return Err(std::io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
