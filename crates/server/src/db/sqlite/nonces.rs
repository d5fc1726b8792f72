//! Spent nonces, in memory: one process serves an embedded database, and its scope dies with it, so none that it gave
//! is taken after a restart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Past so many, those that have expired are let go.
const MANY: usize = 10_000;

pub(super) struct Spent {
    pub(super) scope: [u8; 16],
    spent: Mutex<HashMap<[u8; 12], i64>>,
}

impl Default for Spent {
    fn default() -> Self {
        Self { scope: crypto::secret::random_bytes(), spent: Mutex::default() }
    }
}

impl Spent {
    /// False when it was spent before.
    pub(super) fn spend(&self, nonce: [u8; 12], now: i64, expires: i64) -> bool {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() > MANY {
            spent.retain(|_, expires| *expires >= now);
        }
        spent.insert(nonce, expires).is_none()
    }
}
