//! Slows down those who guess: so many tries a minute from one address, and so many from all together.

use domain::Millis;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const WINDOW: i64 = 60_000;
const PER_ADDRESS: u32 = 20;
const TOGETHER: u32 = 200;

/// Counts tries.
#[derive(Default)]
pub struct Limiter {
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    since: i64,
    all: u32,
    by_address: HashMap<IpAddr, u32>,
}

impl Limiter {
    /// Counts a try.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn count(&self, from: Option<IpAddr>, now: Millis) -> Result<(), u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if !(0..WINDOW).contains(&now.0.saturating_sub(window.since)) {
            *window = Window { since: now.0, ..Window::default() };
        }
        window.all += 1;
        let own = from.map_or(0, |from| {
            let own = window.by_address.entry(from).or_default();
            *own += 1;
            *own
        });
        if own > PER_ADDRESS || window.all > TOGETHER {
            let left = (WINDOW - (now.0 - window.since)).max(1_000);
            return Err(left as u64 / 1_000);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_waits_and_the_others_go_on() {
        let (limiter, now) = (Limiter::default(), Millis(1_000_000));
        let from = |n: u8| Some(IpAddr::from([10, 0, 0, n]));
        for _ in 0..PER_ADDRESS {
            limiter.count(from(1), now).unwrap();
        }
        assert!(limiter.count(from(1), now).is_err());
        assert!(limiter.count(from(2), now).is_ok());
        assert!(limiter.count(from(1), now.plus(WINDOW)).is_ok());
    }
}
