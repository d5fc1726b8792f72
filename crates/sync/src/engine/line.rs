//! What the way to the county carried lately: how much is sent, and asked for, at once.
//!
//! A county sends an answer as fast as the line's first buffer takes it, and what is in some buffer when the line dies
//! is lost. Frames keep that small on a line that is thin. But where much lies between (a wide line, or a long delay), a
//! good part of what was sent is lost at each death, or all of it. A wide line that was seen to die is therefore asked
//! for its answers in parts, which are the smaller the nearer it is to where it died last: most of what cuts lines off
//! (a gateway, a proxy, a lift) does it in much the same place. Whoever syncs again and again keeps the [`Line`], so
//! that what one sync learned the next one knows.

use super::page::Page;

/// A line that dies with no more than so much of an answer here, in compressed bytes, may have had all of it under way.
const NOTHING: u64 = 32 * 1024;
/// A line that carries so many bytes a second has much of them under way. One that carries less loses little when it
/// dies, and parts would cost it round trips.
const WIDE: u64 = 128 * 1024;
/// So much of what is left until the place where it died last is asked for at once …
const NEAR: (u64, u64) = (7, 8);
/// … and around it no more than this, which is also the least that is asked for; past so much of the way to it again,
/// as much as it has outlived that place by.
const LEAST: u64 = 16 * 1024;
const AROUND: u64 = 4;
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
    /// How many milliseconds that took.
    took: u64,
}

impl Line {
    /// The most bytes to ask for in one answer.
    pub(super) fn most(&self) -> Option<u32> {
        let lived = self.lived?;
        let most = match lived.checked_sub(self.carried) {
            Some(left) => left / NEAR.1 * NEAR.0,
            None if self.carried <= lived + lived / AROUND => LEAST,
            None => self.carried - lived,
        };
        Some(u32::try_from(most.max(LEAST)).unwrap_or(u32::MAX))
    }

    /// Notes that so many compressed bytes of an answer have arrived, in so many milliseconds.
    pub(super) fn carried(&mut self, bytes: u64, took: i64) {
        self.carried += bytes;
        // A clock that was set back says nothing.
        self.took += u64::try_from(took).unwrap_or(0);
        if self.carried >= TRUSTED {
            self.lived = None;
        }
    }

    /// Notes that the line died while something was under way.
    pub(super) fn died(&mut self) {
        let (carried, took) = (std::mem::take(&mut self.carried), std::mem::take(&mut self.took));
        // One that died under a page says something about pages.
        let answer = !self.page.lost();
        let wide = carried.saturating_mul(1_000) / took.max(1) >= WIDE;
        if self.lived.is_some() || answer && (wide || carried <= NOTHING) {
            self.lived = Some(carried);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fetches so many bytes over a line that dies after every `lives` of them, with all that it was asked for under
    /// way. Returns what it carried in all, and how often it died.
    fn fetch(line: &mut Line, bytes: u64, lives: u64) -> (u64, u64) {
        let (mut kept, mut wire, mut since, mut deaths) = (0, 0, 0, 0);
        while kept < bytes {
            let answer = line.most().map_or(bytes - kept, |most| u64::from(most).min(bytes - kept));
            let through = answer.min(lives - since);
            wire += through;
            since += through;
            if through == answer {
                line.carried(answer, 20);
                kept += answer;
            }
            if since == lives {
                since = 0;
                deaths += 1;
                line.died();
            }
            assert!(wire < bytes * 10, "it does not come to an end");
        }
        (wire, deaths)
    }

    #[test]
    fn a_line_that_lives_is_asked_for_everything() {
        let mut line = Line::default();
        line.carried(10 << 30, 1_000);
        assert_eq!(line.most(), None);
    }

    #[test]
    fn a_line_that_dies_in_the_same_place_loses_little_there_once_that_is_known() {
        for lives in [120_000, 300_000, 500_000] {
            // The first death takes everything: nobody knew.
            let (wire, deaths) = fetch(&mut Line::default(), 3_000_000, lives);
            let (again, known) = (wire - 3_000_000 - lives, deaths - 1);
            assert!(again < known * lives / 6, "{lives}: {again} in {known} deaths");
        }
    }

    #[test]
    fn a_wide_line_that_brought_much_before_it_died_is_asked_for_parts() {
        let mut line = Line::default();
        line.carried(260_000, 400);
        line.died();
        assert_eq!(line.most(), Some(227_500));
        line.carried(220_000, 100);
        assert_eq!(line.most(), Some(35_000));
        line.carried(35_000, 30);
        assert_eq!(line.most(), Some(LEAST as u32));
        line.carried(105_000, 30);
        assert_eq!(line.most(), Some(100_000), "it lives longer than before");
    }

    #[test]
    fn a_thin_line_is_kept_frame_by_frame_and_asked_for_everything() {
        let mut line = Line::default();
        for _ in 0..5 {
            line.carried(160_000, 20_000);
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
            line.carried(u64::from(most), 20);
            answers += 1;
        }
        assert!(answers < 20, "{answers}");
    }
}
