//! What happened, in order: hashed always, printed when somebody looks at one seed.

use std::fmt::{Arguments, Write as _};

/// A run's trace. Two runs of one seed have the same hash, or something leaked in.
pub struct Trace {
    hash: u128,
    line: String,
    shown: bool,
    pub steps: u32,
}

impl Trace {
    pub fn new(shown: bool) -> Self {
        Self { hash: 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, line: String::new(), shown, steps: 0 }
    }

    /// Notes something.
    pub fn note(&mut self, what: Arguments<'_>) {
        self.line.clear();
        let _ = self.line.write_fmt(what);
        // FNV-1a, eight bytes at a time.
        for chunk in self.line.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.hash ^= u128::from(u64::from_le_bytes(word));
            self.hash = self.hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        self.hash ^= u128::from(self.hash as u64 >> 7);
        if self.shown {
            eprintln!("{:>5} {}", self.steps, self.line);
        }
    }

    pub fn hash(&self) -> u128 {
        self.hash
    }
}
