//! One direction of one connection: what happens at which byte of it.

use super::{Direction, Fault, What};

/// How many bytes can be repeated.
const TAIL: usize = 256;

/// What to do next.
pub(super) enum Step {
    /// Carry these bytes.
    Carry(Vec<u8>),
    /// Wait until somebody lets it go on.
    Hold,
    /// Break off.
    Cut,
}

/// One direction.
pub(super) struct Way {
    pub(super) direction: Direction,
    faults: Vec<Fault>,
    passed: u64,
    tail: Vec<u8>,
}

impl Way {
    pub(super) fn new(direction: Direction, faults: &[Fault]) -> Self {
        let mut faults: Vec<_> =
            faults.iter().filter(|fault| fault.direction == direction).copied().collect();
        faults.sort_by_key(|fault| fault.at);
        Self { direction, faults, passed: 0, tail: Vec::new() }
    }

    /// What becomes of these bytes.
    pub(super) fn steps(&mut self, mut bytes: &[u8]) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(fault) = self.faults.first().copied()
            && let Some(until) =
                usize::try_from(fault.at - self.passed).ok().filter(|until| *until <= bytes.len())
        {
            let corrupts = fault.what == What::Corrupt;
            if corrupts && until == bytes.len() {
                // The byte to change has not come yet.
                break;
            }
            self.faults.remove(0);
            let (before, rest) = bytes.split_at(until);
            self.carry(before, &mut steps);
            bytes = rest;
            match fault.what {
                What::Cut => {
                    steps.push(Step::Cut);
                    return steps;
                }
                What::Hold => steps.push(Step::Hold),
                What::Repeat(count) => {
                    let from = self.tail.len().saturating_sub(count);
                    steps.push(Step::Carry(self.tail[from..].to_vec()));
                }
                What::Corrupt => {
                    self.carry(&[bytes[0] ^ 1], &mut steps);
                    bytes = &bytes[1..];
                }
            }
        }
        self.carry(bytes, &mut steps);
        steps
    }

    fn carry(&mut self, bytes: &[u8], steps: &mut Vec<Step>) {
        if bytes.is_empty() {
            return;
        }
        self.passed += bytes.len() as u64;
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        steps.push(Step::Carry(bytes.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(faults: &[(u64, What)], pieces: &[&str]) -> String {
        let fault = |(at, what): &(u64, What)| Fault { direction: Direction::Up, at: *at, what: *what };
        let mut way = Way::new(Direction::Up, &faults.iter().map(fault).collect::<Vec<_>>());
        let mut text = String::new();
        for piece in pieces {
            for step in way.steps(piece.as_bytes()) {
                match step {
                    Step::Carry(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
                    Step::Hold => text.push('|'),
                    Step::Cut => return text + "!",
                }
            }
        }
        text
    }

    #[test]
    fn each_fault_happens_at_its_byte_however_the_bytes_come() {
        let faults = [(2, What::Hold), (4, What::Corrupt), (6, What::Repeat(3)), (8, What::Cut)];
        for pieces in [&["abcdefghij"][..], &["ab", "cd", "ef", "gh", "ij"], &["abc", "", "defg", "hij"]] {
            // "e" with its lowest bit changed is "d".
            assert_eq!(told(&faults, pieces), "ab|cddfddfgh!");
        }
        assert_eq!(told(&[(0, What::Cut)], &["abc"]), "!");
        assert_eq!(told(&[(u64::MAX, What::Cut)], &["abc"]), "abc");
    }
}
