//! Who has asked too often: by address, by device, and whoever tries enrolment codes.

use crate::limits::Limits;
use domain::DeviceId;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// A tenth of a minute's worth may come at once, and never less than this.
const LEAST_BURST: u32 = 20;
/// So many checks go by between two clearings of those who have been quiet.
const CLEAR_EVERY: u32 = 4_096;
/// All addresses together may try so many times as often as one: guessing from many addresses is guessing, too.
const TOGETHER: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// Seconds to wait.
pub type Wait = u64;

/// The rates of one server.
pub struct Limiter {
    addresses: Option<Keyed<IpAddr>>,
    devices: Option<Keyed<DeviceId>>,
    tries: Option<Keyed<IpAddr>>,
    all_tries: Option<DefaultDirectRateLimiter>,
}

impl Limiter {
    /// With the rates of these limits.
    pub fn new(limits: &Limits) -> Self {
        let tries = NonZeroU32::new(limits.enrolments_per_minute);
        Self {
            addresses: Keyed::new(limits.address_per_minute),
            devices: Keyed::new(limits.device_per_minute),
            tries: tries.map(|tries| Keyed::of(Quota::per_minute(tries))),
            all_tries: tries
                .map(|tries| RateLimiter::direct(Quota::per_minute(tries.saturating_mul(TOGETHER)))),
        }
    }

    /// A request from an address.
    ///
    /// # Errors
    /// How long to wait.
    pub fn address(&self, from: Option<IpAddr>) -> Result<(), Wait> {
        check(self.addresses.as_ref(), from.map(network))
    }

    /// A request of a device that has proved itself.
    ///
    /// # Errors
    /// How long to wait.
    pub fn device(&self, device: DeviceId) -> Result<(), Wait> {
        check(self.devices.as_ref(), Some(device))
    }

    /// A try to enrol.
    ///
    /// # Errors
    /// How long to wait.
    pub fn enrolment(&self, from: Option<IpAddr>) -> Result<(), Wait> {
        check(self.tries.as_ref(), from.map(network))?;
        match self.all_tries.as_ref().map(RateLimiter::check) {
            Some(Err(not_until)) => Err(seconds(not_until.wait_time_from(DefaultClock::default().now()))),
            _ => Ok(()),
        }
    }
}

/// One rate for each of many.
struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(per_minute: u32) -> Option<Self> {
        let rate = NonZeroU32::new(per_minute)?;
        let burst = NonZeroU32::new((per_minute / 10).max(LEAST_BURST).min(per_minute))?;
        Some(Self::of(Quota::per_minute(rate).allow_burst(burst)))
    }

    fn of(quota: Quota) -> Self {
        Self { limiter: RateLimiter::hashmap(quota), checks: AtomicU32::new(0) }
    }
}

fn check<K: Hash + Eq + Clone>(keyed: Option<&Keyed<K>>, key: Option<K>) -> Result<(), Wait> {
    let (Some(keyed), Some(key)) = (keyed, key) else { return Ok(()) };
    if keyed.checks.fetch_add(1, Ordering::Relaxed) % CLEAR_EVERY == CLEAR_EVERY - 1 {
        keyed.limiter.retain_recent();
        keyed.limiter.shrink_to_fit();
    }
    let checked = keyed.limiter.check_key(&key);
    checked.map_err(|not_until| seconds(not_until.wait_time_from(DefaultClock::default().now())))
}

fn seconds(wait: std::time::Duration) -> Wait {
    wait.as_secs() + 1
}

/// Whoever has one IPv6 address has a network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::from((u128::from(six) >> 64 << 64).to_be_bytes()),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_waits_and_the_others_go_on() {
        let limiter = Limiter::new(&Limits::default());
        let from = |n: u8| Some(IpAddr::from([10, 0, 0, n]));
        for _ in 0..Limits::default().enrolments_per_minute {
            limiter.enrolment(from(1)).unwrap();
        }
        assert!(limiter.enrolment(from(1)).is_err_and(|wait| wait > 0));
        assert!(limiter.enrolment(from(2)).is_ok());
    }

    #[test]
    fn many_addresses_together_do_not_guess_faster() {
        let limiter = Limiter::new(&Limits::default());
        let tries = (0..=255).map(|n| limiter.enrolment(Some(IpAddr::from([10, 0, 1, n]))));
        assert!(tries.filter(Result::is_err).count() > 20);
    }

    #[test]
    fn a_network_of_one_house_is_one_address() {
        let limiter = Limiter::new(&Limits { address_per_minute: 1, ..Limits::default() });
        let from = |text: &str| Some(text.parse().unwrap());
        assert!(limiter.address(from("2001:db8::1")).is_ok());
        assert!(limiter.address(from("2001:db8::2")).is_err());
        assert!(limiter.address(from("2001:db8:0:1::2")).is_ok());
        assert!(limiter.address(from("::ffff:10.0.0.1")).is_ok());
        assert!(limiter.address(from("::ffff:10.0.0.2")).is_ok(), "IPv4 in another coat");
    }

    #[test]
    fn a_thousand_devices_behind_one_address_start_together() {
        let limiter = Limiter::new(&Limits::default());
        let from = Some(IpAddr::from([10, 0, 0, 1]));
        assert!((0..5_000).all(|_| limiter.address(from).is_ok()), "five requests each, at once");
        let off = Limiter::new(&Limits { address_per_minute: 0, device_per_minute: 0, ..Limits::default() });
        assert!((0..100_000).all(|_| off.address(from).is_ok()));
    }
}
