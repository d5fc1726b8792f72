//! What the way to the county carried lately: how much is sent, and asked for, at once.
//!
//! A county sends an answer as fast as the line's first buffer takes it, and what is in some buffer when the line dies
//! is lost. Frames keep that small on a line that is thin. But where much lies between (a long delay and a wide line),
//! nothing may get through at all before the next death. A line that was seen to die with next to nothing of an answer
//! here is therefore asked for little at once, and for more as it carries more. Whoever syncs again and again keeps the
//! [`Line`], so that what one sync learned the next one knows.

use super::page::Page;

/// A line that dies with no more than so much of an answer here, in compressed bytes, may have had all of it under way.
const NOTHING: u64 = 32 * 1024;
/// From then on, so much of what went between two deaths is asked for at once …
const SHARE: u64 = 4;
/// … and so much of what it has carried since, once it has lived longer than before.
const GROWING: u64 = 2;
/// No answer is asked to be smaller than this.
const LEAST: u64 = 16 * 1024;
/// A line that has carried so much since it died is trusted again.
const TRUSTED: u64 = 1024 * 1024;

/// What is known of one way to the county.
#[derive(Debug, Default)]
pub struct Line {
    pub(super) page: Page,
    /// How much it carried between its last two deaths; `None` while it is trusted.
    lived: Option<u64>,
    /// How much has arrived since it died, or since the beginning.
    carried: u64,
}

impl Line {
    /// The most bytes to ask for in one answer.
    pub(super) fn most(&self) -> Option<u32> {
        let lived = self.lived?;
        let outlived = self.carried > lived;
        let most = if outlived { self.carried / GROWING } else { lived / SHARE };
        Some(u32::try_from(most.max(LEAST)).unwrap_or(u32::MAX))
    }

    /// Notes that so many compressed bytes of an answer have arrived.
    pub(super) fn carried(&mut self, bytes: u64) {
        self.carried += bytes;
        if self.carried >= TRUSTED {
            self.lived = None;
        }
    }

    /// Notes that the line died while something was under way.
    pub(super) fn died(&mut self) {
        let carried = std::mem::take(&mut self.carried);
        // One that died under a page says something about pages.
        let answer = !self.page.lost();
        if self.lived.is_some() || answer && carried <= NOTHING {
            self.lived = Some(carried);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fetches so many bytes over a line that dies after every `lives` of them. Returns what it carried in all.
    fn fetch(line: &mut Line, bytes: u64, lives: u64) -> u64 {
        let (mut kept, mut wire, mut since) = (0, 0, 0);
        while kept < bytes {
            let answer = line.most().map_or(bytes - kept, |most| u64::from(most).min(bytes - kept));
            let through = answer.min(lives - since);
            wire += through;
            since += through;
            line.carried(through);
            if through == answer {
                kept += answer;
            }
            if since == lives {
                since = 0;
                line.died();
            }
            assert!(wire < bytes * 10, "it does not come to an end");
        }
        wire
    }

    #[test]
    fn a_line_that_lives_is_asked_for_everything() {
        let mut line = Line::default();
        line.carried(10 << 30);
        assert_eq!(line.most(), None);
    }

    #[test]
    fn a_line_that_dies_again_and_again_brings_everything_and_no_more_than_a_third_more() {
        let mut line = Line::default();
        line.died();
        let wire = fetch(&mut line, 3_000_000, 300_000);
        assert!(wire < 3_000_000 * 4 / 3, "{wire}");
    }

    #[test]
    fn a_thin_line_is_kept_frame_by_frame_and_asked_for_everything() {
        let mut line = Line::default();
        for _ in 0..5 {
            line.carried(160_000);
            line.died();
            assert_eq!(line.most(), None);
        }
    }

    #[test]
    fn a_line_on_which_nothing_arrives_is_asked_for_the_least() {
        let mut line = Line::default();
        line.died();
        assert_eq!(line.most(), Some(LEAST as u32));
    }

    #[test]
    fn a_line_that_lives_longer_is_trusted_again() {
        let mut line = Line::default();
        line.died();
        let mut answers = 0;
        while let Some(most) = line.most() {
            line.carried(u64::from(most));
            answers += 1;
        }
        assert!(answers < 20, "{answers}");
    }
}
