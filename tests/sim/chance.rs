//! The only source of chance: one seed, one sequence (splitmix64).

use std::sync::{Arc, Mutex};

/// A sequence of numbers that follows from its seed alone.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        // Seeds in a row would otherwise begin alike.
        let mut chance = Self(seed ^ 0x005e_ed0f_906c_4167);
        chance.next();
        chance
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not zero.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A number from `low` up to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }

    /// A sequence of its own.
    pub fn split(&mut self) -> Self {
        Self::new(self.next())
    }
}

/// Randomness for new ids, and for what is sealed.
pub fn entropy(chance: Chance) -> store::Entropy {
    let chance = Arc::new(Mutex::new(chance));
    Arc::new(move |bytes| {
        let mut chance = chance.lock().unwrap();
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&chance.next().to_le_bytes()[..part.len()]);
        }
    })
}
