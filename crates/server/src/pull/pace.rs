//! How large a frame may be on the line it goes over.
//!
//! A frame is what a device keeps at once, so a cut costs the frame under way. On a thin line a frame carries no more
//! than the line does in a second; on a fast one it is large, because each costs both sides a transaction.
//!
//! The county sees what it handed out and not what arrived, and much may lie in between: in its own queue, in the
//! HTTP and TLS layers, in both kernels. So only what goes beyond [`BETWEEN`] counts as carried. That can be too
//! little and never too much: frames start small, and grow once the line has shown that it is fast.

use domain::Millis;

/// The smallest frame but the first, in bytes on the wire: three quarters of a second at 64 kbit/s.
const SMALL: u64 = 6 * 1024;
/// The first frame, in bytes of text about people: who the first one is, so that there is somebody to see at once. With
/// nothing before it to be like, half of it goes over the wire.
const FIRST: u64 = 2 * 1024;
/// The largest frame, in bytes of text.
const LARGE: u64 = 256 * 1024;
/// More than what can lie between the county and the line, in bytes on the wire: four frames in the queue, what the
/// HTTP and TLS layers hold back, and a kernel's send buffer.
const BETWEEN: u64 = 1024 * 1024;
/// How many bytes of text are expected to become one on the wire before any went.
const EXPECTED: u64 = 5;
/// An answer of limited size has so many frames at least.
const PARTS: u64 = 4;

/// What went over one line so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    begun: Option<Millis>,
    text: u64,
    wire: u64,
    /// Bytes of text of the frame under way.
    frame: u64,
    /// So many of them are about nobody, and must not keep the first person out of the first frame.
    aside: u64,
    room: Option<u64>,
    /// The most bytes on the wire that the device asks for.
    most: Option<u64>,
}

impl Pace {
    /// No more than about so many bytes on the wire are asked for.
    pub fn at_most(&mut self, bytes: Option<u32>) {
        self.most = bytes.map(u64::from);
    }

    /// Whether that is reached, with a frame of so many bytes more, or would be with another one like it.
    pub fn enough(&self, more: usize) -> bool {
        self.most.is_some_and(|most| self.wire + 2 * more as u64 > most)
    }

    /// Notes text that belongs to the frame under way.
    pub fn take(&mut self, bytes: usize) {
        self.frame += bytes as u64;
    }

    /// Notes that what the frame under way holds so far is about nobody.
    pub fn set_aside(&mut self) {
        self.aside = self.frame;
    }

    /// Whether the frame under way is as large as the line carries at once, and the first one large enough to begin with.
    pub fn full(&self) -> bool {
        let room = self.room.unwrap_or(FIRST + self.aside);
        self.frame >= self.most.map_or(room, |most| room.min(most.max(1) / PARTS * self.expands()))
    }

    /// How many bytes of text become one on the wire.
    fn expands(&self) -> u64 {
        self.text.checked_div(self.wire).map_or(EXPECTED, |times| times.max(1))
    }

    /// Notes that everything so far was handed to the socket as so many more bytes, which took it until `now`.
    pub fn sent(&mut self, bytes: usize, now: Millis) {
        self.text += std::mem::take(&mut self.frame);
        self.aside = 0;
        self.wire += bytes as u64;
        let begun = *self.begun.get_or_insert(now);
        // A clock that was set back says nothing; the smallest frame is never wrong.
        let elapsed = u64::try_from(now.since(begun)).unwrap_or(u64::MAX).max(1);
        let a_second = self.wire.saturating_sub(BETWEEN).saturating_mul(1_000) / elapsed;
        let room = a_second.max(SMALL).saturating_mul(self.text.max(1)) / self.wire.max(1);
        self.room = Some(room.clamp(SMALL, LARGE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends so many frames that shrink to a fifth over a line of so many bytes a second, behind buffers that take
    /// `between` bytes at once. Gives the size of each frame on the wire.
    fn frames(count: u32, bytes_a_second: u64, between: u64) -> Vec<u64> {
        let (mut pace, mut wire, mut now) = (Pace::default(), 0u64, 0);
        let mut sizes = Vec::new();
        for _ in 0..count {
            let mut text = 0;
            while !pace.full() {
                pace.take(1_000);
                text += 1_000;
            }
            wire += text / 5;
            let carried = wire.saturating_sub(between);
            now = now.max((carried * 1_000 / bytes_a_second) as i64);
            pace.sent((text / 5) as usize, Millis(now));
            sizes.push(text / 5);
        }
        sizes
    }

    #[test]
    fn a_thin_line_never_has_more_than_a_second_under_way() {
        for between in [0, 100_000, 500_000, BETWEEN] {
            let sizes = frames(500, 8_000, between);
            assert!(sizes.iter().all(|size| *size <= 8_200), "{between}: {:?}", sizes.iter().max());
            assert!(sizes.iter().sum::<u64>() > 3_000_000, "the control: it went on for long");
        }
    }

    #[test]
    fn what_is_asked_to_be_small_comes_in_some_frames_and_ends_in_time() {
        for most in [8_000u32, 20_000, 300_000] {
            let mut pace = Pace::default();
            pace.at_most(Some(most));
            let (mut wire, mut frames, mut ready) = (0u64, 0, 0);
            while frames == 0 || !pace.enough(ready) {
                pace.sent(ready, Millis(i64::from(frames)));
                wire += ready as u64;
                let mut text = 0;
                while !pace.full() {
                    pace.take(500);
                    text += 500;
                }
                ready = text / 5;
                frames += 1;
            }
            wire += ready as u64;
            let most = u64::from(most);
            assert!((most * 3 / 4..=most + 1_000).contains(&wire), "{most}: {wire} bytes in {frames} frames");
            assert!(frames >= 4, "{most}: {frames}");
        }
    }

    #[test]
    fn the_first_frame_is_small_and_no_other_is_as_small() {
        let sizes = frames(3, 8_000, 0);
        assert!(sizes[0] < 2_000 && sizes[1] > 4_000, "{sizes:?}");
    }

    #[test]
    fn a_fast_line_soon_carries_large_frames() {
        let sizes = frames(250, 5_000_000, 300_000);
        assert!(sizes.last().is_some_and(|size| *size * 5 >= LARGE), "{sizes:?}");
        assert!(sizes[0] * 5 < 40_000, "the first frame is there at once");
    }

    #[test]
    fn a_clock_that_jumps_back_makes_frames_small_and_no_worse() {
        let mut pace = Pace::default();
        pace.sent(1_000, Millis(50_000));
        pace.take(5_000);
        pace.sent(10 * 1024 * 1024, Millis(10));
        pace.take(LARGE as usize);
        assert!(pace.full());
    }
}
