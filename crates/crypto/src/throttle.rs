//! How long to wait after wrong passphrases, as a pure rule; and its counter in a form that files cannot fake.
//!
//! Four are free; the fifth costs 30 seconds, then 1, 5, 15 and 60 minutes; the tenth locks the slot until a recovery
//! code or a supervisor. Nothing is ever erased: a child with a tablet must not destroy a week's visits.
//!
//! **Count first, then try**: store [`Attempts::failed`] before the passphrase is evaluated and [`Attempts::NONE`]
//! after it opened. Else whoever kills the app in time guesses for nothing. What this cannot see: a clock that was put
//! forward (it ends a wait, but the ten stay ten), and the whole counter file put back from an older copy; against
//! that stands the cost of each guess.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::error::Forged;
use crate::secret::Secret32;
use crate::transcript::Transcript;

/// At this many failures the slot is locked.
pub const MAX_FAILURES: u32 = 10;

/// Wrong passphrases since the last right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// How many.
    pub failures: u32,
    /// When the last was, in milliseconds since 1970 by the device's clock.
    pub last_failure_ms: i64,
}

/// Whether a passphrase may be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Yes.
    Now,
    /// After this many milliseconds.
    WaitMs(u64),
    /// No more: a recovery code or a supervisor is needed.
    Locked,
}

impl Attempts {
    /// None since the last right one.
    pub const NONE: Self = Self { failures: 0, last_failure_ms: 0 };

    /// Whether to try, at `now_ms`.
    pub fn permission(self, now_ms: i64) -> Permission {
        match (self.locked(), self.wait_ms(now_ms)) {
            (true, _) => Permission::Locked,
            (false, 0) => Permission::Now,
            (false, wait) => Permission::WaitMs(wait),
        }
    }

    /// Whether no passphrase is tried any more.
    pub fn locked(self) -> bool {
        self.failures >= MAX_FAILURES
    }

    /// How long until the next try. A clock that was put back does not shorten it: as long as the clock shows a time
    /// before the last failure, the wait is whole. (See [`Self::seen_at`] for how it ends then.)
    pub fn wait_ms(self, now_ms: i64) -> u64 {
        let whole = penalty_ms(self.failures);
        let waited = i128::from(now_ms) - i128::from(self.last_failure_ms);
        whole.saturating_sub(u64::try_from(waited).unwrap_or(0))
    }

    /// One more failure. Also for a try that was not permitted, which cannot happen through the screens.
    #[must_use]
    pub fn failed(self, now_ms: i64) -> Self {
        Self { failures: self.failures.saturating_add(1), last_failure_ms: now_ms }
    }

    /// The counter as it should be stored when looked at, for example at start. With a clock behind the last failure
    /// the wait begins anew from now: else a clock that was a year fast at the last failure, and was put right since,
    /// would lock its owner out for a year.
    #[must_use]
    pub fn seen_at(self, now_ms: i64) -> Self {
        Self { last_failure_ms: self.last_failure_ms.min(now_ms), ..self }
    }

    /// The stored form. `slot` names what is counted (the vault's id), so that counters cannot be exchanged.
    pub fn seal(self, device_secret: &Secret32, slot: &str) -> SealedAttempts {
        SealedAttempts {
            failures: self.failures,
            last_failure_ms: self.last_failure_ms,
            mac: *self.mac(device_secret, slot).as_bytes(),
        }
    }

    fn mac(self, device_secret: &Secret32, slot: &str) -> Secret32 {
        let counted = Transcript::new("porchlight/v1/throttle")
            .field(slot.as_bytes())
            .number(self.failures.into())
            .field(&self.last_failure_ms.to_be_bytes());
        device_secret.hkdf(None, b"porchlight/v1/throttle").hmac(counted.bytes())
    }
}

/// [`Attempts`] as stored, with a MAC by the device secret. JSON, a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedAttempts {
    failures: u32,
    last_failure_ms: i64,
    #[serde(with = "crate::encoding::as_base64url")]
    mac: [u8; 32],
}

impl SealedAttempts {
    /// The counter.
    ///
    /// # Errors
    /// Edited, of another device or another slot. Treat it as locked, not as zero.
    pub fn open(&self, device_secret: &Secret32, slot: &str) -> Result<Attempts, Forged> {
        let attempts = Attempts { failures: self.failures, last_failure_ms: self.last_failure_ms };
        let genuine = attempts.mac(device_secret, slot).as_bytes().ct_eq(&self.mac);
        if genuine.into() { Ok(attempts) } else { Err(Forged) }
    }
}

/// What the n-th failure costs.
fn penalty_ms(failures: u32) -> u64 {
    const MINUTE: u64 = 60_000;
    match failures {
        0..=4 => 0,
        5 => MINUTE / 2,
        6 => MINUTE,
        7 => 5 * MINUTE,
        8 => 15 * MINUTE,
        _ => 60 * MINUTE,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(failures: u32) -> Attempts {
        Attempts { failures, last_failure_ms: 1_000_000 }
    }

    #[test]
    fn the_table_of_waits() {
        let seconds: Vec<_> = (0..10).map(|n| after(n).wait_ms(1_000_000) / 1_000).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 0, 30, 60, 300, 900, 3_600]);
        assert_eq!(after(4).permission(1_000_000), Permission::Now);
        assert_eq!(after(5).permission(1_029_999), Permission::WaitMs(1));
        assert_eq!(after(5).permission(1_030_000), Permission::Now);
        assert_eq!(after(9).permission(i64::MAX), Permission::Now);
        assert_eq!(after(10).permission(i64::MAX), Permission::Locked);
        assert_eq!(after(u32::MAX).failed(0).permission(0), Permission::Locked);
    }

    #[test]
    fn a_clock_put_back_does_not_shorten_the_wait_and_a_clock_put_right_does_not_prolong_it_for_ever() {
        let year = 365 * 24 * 3_600_000;
        let fast = Attempts { failures: 7, last_failure_ms: year };
        assert_eq!(fast.wait_ms(0), 300_000);
        assert_eq!(fast.wait_ms(300_000), 300_000);
        let seen = fast.seen_at(0);
        assert_eq!(seen.wait_ms(0), 300_000);
        assert_eq!(seen.wait_ms(300_000), 0);
        assert_eq!(after(7).seen_at(1_200_000), after(7), "a clock that goes on changes nothing");
        assert_eq!(Attempts { failures: 5, last_failure_ms: i64::MIN }.wait_ms(i64::MAX), 0);
        assert_eq!(Attempts { failures: 5, last_failure_ms: i64::MAX }.wait_ms(i64::MIN), 30_000);
    }

    #[test]
    fn a_counter_that_was_edited_or_exchanged_does_not_open() {
        let (secret, attempts) = (Secret32::from_bytes([4; 32]), after(9));
        let text = serde_json::to_string(&attempts.seal(&secret, "vault-1")).unwrap();
        let stored: SealedAttempts = serde_json::from_str(&text).unwrap();
        assert_eq!(stored.open(&secret, "vault-1"), Ok(attempts));
        assert_eq!(stored.open(&secret, "vault-2"), Err(Forged));
        assert_eq!(stored.open(&Secret32::from_bytes([3; 32]), "vault-1"), Err(Forged));
        for (from, to) in [("\"failures\":9", "\"failures\":0"), ("1000000", "1000001")] {
            assert!(text.contains(from));
            let edited: SealedAttempts = serde_json::from_str(&text.replace(from, to)).unwrap();
            assert_eq!(edited.open(&secret, "vault-1"), Err(Forged));
        }
    }

    proptest! {
        /// Whoever sets the clock as they like, restarts and kills: at most ten passphrases are evaluated.
        #[test]
        fn at_most_ten_guesses_are_evaluated(clock in prop::collection::vec(any::<i64>(), 100)) {
            let secret = Secret32::from_bytes([4; 32]);
            let mut stored = Attempts::NONE.seal(&secret, "vault-1");
            let mut evaluated = 0;
            for now in clock {
                let attempts = stored.open(&secret, "vault-1").unwrap().seen_at(now);
                stored = attempts.seal(&secret, "vault-1");
                if attempts.permission(now) == Permission::Now {
                    stored = attempts.failed(now).seal(&secret, "vault-1");
                    evaluated += 1;
                }
            }
            prop_assert!(evaluated <= MAX_FAILURES);
        }

        #[test]
        fn an_earlier_clock_never_waits_less(failures in 0..12u32, last: i64, a: i64, b: i64) {
            let attempts = Attempts { failures, last_failure_ms: last };
            prop_assert!(attempts.wait_ms(a.min(b)) >= attempts.wait_ms(a.max(b)));
        }
    }
}
