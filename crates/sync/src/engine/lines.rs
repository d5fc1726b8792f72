//! JSON lines under zstd, both ways.

use crate::packing;
use crate::wire::Hello;
use domain::{ChangeId, Stamp};
use serde::Deserialize;
use std::io::{Read, Write};

/// What is large goes over a fast line, where a higher level costs more time than it saves.
const LEVEL: i32 = 3;
/// What is small, or goes in small pages because the line is thin, is compressed thoroughly, in some hundredths of a
/// second, and with the dictionary.
const SMALL: usize = 256 * 1024;

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

/// Compresses a whole body.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let packed = if bytes.len() <= SMALL {
        let short = zstd::bulk::Compressor::with_prepared_dictionary(packing::requests());
        short.and_then(|mut short| short.compress(bytes))
    } else {
        zstd::bulk::compress(bytes, LEVEL)
    };
    packed.unwrap_or_default()
}

/// Decompresses a whole body of at most `limit` bytes; `None` when it is larger, cut off or not zstd.
pub fn decompress_all(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_prepared_dictionary(bytes, packing::reading()).ok()?;
    decoder.take(limit as u64 + 1).read_to_end(&mut out).ok()?;
    (out.len() <= limit).then_some(out)
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
