//! Nonces: given with every answer, good for one request, for ten minutes, at the process that gave them.
//!
//! A nonce is recognised by its tag, so nothing is stored when one is given. Spent ones are remembered in memory until
//! they expire; the tag covers a number of this process, so none survives a restart.

use crypto::codes::Nonce;
use crypto::county::CountySecret;
use domain::Millis;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const LIFETIME_SECONDS: i64 = 600;

/// The nonces of this process.
pub struct Nonces {
    secret: Arc<CountySecret>,
    process: [u8; 16],
    spent: Mutex<HashMap<Nonce, i64>>,
}

impl Nonces {
    /// With a new number for this process.
    pub fn new(secret: Arc<CountySecret>) -> Self {
        Self { secret, process: crypto::secret::random_bytes(), spent: Mutex::default() }
    }

    /// A new one.
    pub fn give(&self, now: Millis) -> Nonce {
        let mut bytes = [0; 12];
        let expires = (now.0 / 1_000 + LIFETIME_SECONDS).clamp(0, i64::from(u32::MAX)) as u32;
        bytes[..4].copy_from_slice(&expires.to_be_bytes());
        bytes[4..8].copy_from_slice(&crypto::secret::random_bytes::<4>());
        let tag = self.tag(&bytes);
        bytes[8..].copy_from_slice(&tag);
        Nonce::from_bytes(bytes)
    }

    /// Whether this process gave it, lately.
    pub fn is_good(&self, nonce: Nonce, now: Millis) -> bool {
        let bytes = nonce.as_bytes();
        expires(nonce) >= now.0 / 1_000 && self.tag(bytes) == bytes[8..]
    }

    /// Takes it back; false when it was spent before.
    pub fn spend(&self, nonce: Nonce, now: Millis) -> bool {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() > 10_000 {
            spent.retain(|_, expires| *expires >= now.0 / 1_000);
        }
        spent.insert(nonce, expires(nonce)).is_none()
    }

    fn tag(&self, bytes: &[u8; 12]) -> [u8; 4] {
        let message = [&self.process[..], &bytes[..8]].concat();
        let tag = self.secret.nonce_tag(&message);
        [tag[0], tag[1], tag[2], tag[3]]
    }
}

fn expires(nonce: Nonce) -> i64 {
    let bytes = nonce.as_bytes();
    i64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);

    #[test]
    fn a_nonce_is_good_once_for_ten_minutes_at_its_own_process() {
        let secret = Arc::new(CountySecret::generate());
        let nonces = Nonces::new(Arc::clone(&secret));
        let nonce = nonces.give(NOW);
        assert!(nonces.is_good(nonce, NOW.plus(599_000)));
        assert!(!nonces.is_good(nonce, NOW.plus(601_000)));
        assert!(!Nonces::new(secret).is_good(nonce, NOW), "another process");
        assert!(nonces.spend(nonce, NOW));
        assert!(!nonces.spend(nonce, NOW));
        let mut bytes = *nonce.as_bytes();
        bytes[3] ^= 1;
        assert!(!nonces.is_good(Nonce::from_bytes(bytes), NOW), "a later expiry");
    }
}
