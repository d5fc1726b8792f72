//! Nonces: given with every answer, good for one request, for ten minutes, at any process over the same database that
//! knows which are spent.
//!
//! A nonce is recognised by its tag, so nothing is stored when one is given. The tag covers the scope of
//! [`Database::nonce_scope`]: where spent ones are remembered in memory only, none survives a restart.

use crate::db::{Database, Result};
use crypto::codes::Nonce;
use crypto::county::CountySecret;
use domain::Millis;
use std::sync::Arc;

const LIFETIME_SECONDS: i64 = 600;

/// The nonces of a county.
pub struct Nonces {
    secret: Arc<CountySecret>,
    scope: [u8; 16],
}

impl Nonces {
    /// Those of a scope.
    pub fn new(secret: Arc<CountySecret>, scope: [u8; 16]) -> Self {
        Self { secret, scope }
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

    /// Whether it was given in this scope, lately.
    pub fn is_good(&self, nonce: Nonce, now: Millis) -> bool {
        let bytes = nonce.as_bytes();
        expires(nonce) >= now.0 / 1_000 && self.tag(bytes) == bytes[8..]
    }

    /// Takes it back; false when it was spent before.
    ///
    /// # Errors
    /// The database's.
    pub async fn spend(&self, db: &dyn Database, nonce: Nonce, now: Millis) -> Result<bool> {
        db.spend_nonce(*nonce.as_bytes(), now.0 / 1_000, expires(nonce)).await
    }

    fn tag(&self, bytes: &[u8; 12]) -> [u8; 4] {
        let message = [&self.scope[..], &bytes[..8]].concat();
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
    fn a_nonce_is_good_for_ten_minutes_in_its_own_scope() {
        let secret = Arc::new(CountySecret::generate());
        let nonces = Nonces::new(Arc::clone(&secret), [1; 16]);
        let nonce = nonces.give(NOW);
        assert!(nonces.is_good(nonce, NOW.plus(599_000)));
        assert!(!nonces.is_good(nonce, NOW.plus(601_000)));
        assert!(Nonces::new(Arc::clone(&secret), [1; 16]).is_good(nonce, NOW), "a process beside it");
        assert!(!Nonces::new(secret, [2; 16]).is_good(nonce, NOW), "another scope");
        let mut bytes = *nonce.as_bytes();
        bytes[3] ^= 1;
        assert!(!nonces.is_good(Nonce::from_bytes(bytes), NOW), "a later expiry");
    }
}
