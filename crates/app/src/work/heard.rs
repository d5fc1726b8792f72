//! What a supervisor has not yet heard: work that a device which was silent since something fell due may hold. It is
//! never counted as not done.

use domain::{Millis, UserId};
use std::collections::BTreeMap;
use sync::wire::DeviceSeen;

/// When each worker's devices were last in contact, and how much each had unsent then. Empty for those who are not
/// told of others' devices.
#[derive(Clone, Debug, Default)]
pub struct Heard(BTreeMap<UserId, Vec<(Millis, u32)>>);

impl Heard {
    /// From what the county said. A device that was never in contact has been told of nobody, so it holds nothing.
    pub fn of(devices: &[DeviceSeen]) -> Self {
        let mut heard: BTreeMap<UserId, Vec<(Millis, u32)>> = BTreeMap::new();
        for device in devices {
            if let Some(contact) = device.last_contact {
                heard.entry(device.user).or_default().push((contact, device.unsent));
            }
        }
        Self(heard)
    }

    /// Of something that fell due at `by`: since when one of these workers has not been heard, if a device of theirs
    /// may hold that it was done. It may if it was not in contact since, or had something unsent then.
    pub fn not_since(&self, workers: impl IntoIterator<Item = UserId>, by: Millis) -> Option<Millis> {
        let devices = workers.into_iter().filter_map(|worker| self.0.get(&worker)).flatten();
        let silent = devices.filter(|(contact, unsent)| *contact <= by || *unsent > 0);
        silent.map(|(contact, _)| *contact).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::DeviceId;

    const DUE: Millis = Millis(1_000_000);

    fn worker(n: u8) -> UserId {
        UserId::from_bytes([n; 16])
    }

    fn device(user: u8, last_contact: Option<i64>, unsent: u32) -> DeviceSeen {
        DeviceSeen {
            user: worker(user),
            device: DeviceId::from_bytes([user; 16]),
            name: "a phone".to_owned(),
            last_contact: last_contact.map(Millis),
            unsent,
            app: "0.1.0".to_owned(),
            clock_offset: 0,
        }
    }

    #[test]
    fn what_a_silent_device_may_hold_is_not_yet_heard() {
        let at = |ms: i64| Some(DUE.0 + ms);
        let rows = [
            (vec![], None, "nobody's device"),
            (vec![device(1, at(1), 0)], None, "heard since, nothing unsent: not done"),
            (vec![device(1, at(-5), 0)], at(-5), "silent since before"),
            (vec![device(1, at(0), 0)], at(0), "heard at that very moment"),
            (vec![device(1, at(9), 2)], at(9), "heard since, and something was unsent"),
            (vec![device(1, None, 0)], None, "never in contact, so it holds nobody"),
            (vec![device(1, at(9), 0), device(1, at(-7), 0)], at(-7), "one of two is silent"),
            (vec![device(1, at(9), 0), device(2, at(-3), 0)], at(-3), "the partner's is"),
            (vec![device(3, at(-3), 0)], None, "somebody else's"),
        ];
        for (devices, since, what) in rows {
            let heard = Heard::of(&devices).not_since([worker(1), worker(2)], DUE);
            assert_eq!(heard, since.map(Millis), "{what}");
        }
    }
}
