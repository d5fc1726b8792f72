//! How much is pushed in one request.
//!
//! A page that does not arrive whole is not answered and goes again, so it must not be more than the line carries in a
//! few seconds. The first one is modest; each one after it is as large as the time that the one before took allows.

use crate::ports::Outbox;
use crate::wire::PUSH_PAGE_BYTES;
use domain::Millis;

/// The first page, in bytes of text: about seven seconds at 64 kbit/s.
const FIRST: usize = 256 * 1024;
/// No page is made smaller than this: about a quarter of a second at 64 kbit/s.
const LEAST: usize = 8 * 1024;
/// A page that did not get through is followed by one that is so many times smaller.
const SMALLER: usize = 4;
/// How long a page may take until it is answered, in milliseconds; half as long after each that did not get through,
/// but never shorter than [`SHORT`].
const TIME: u128 = 5_000;
const SHORT: u128 = 500;

/// The size of the next page.
#[derive(Debug)]
pub(super) struct Page {
    bytes: usize,
    /// When a page left that was full, and its size.
    full: Option<(Millis, usize)>,
    /// The size of a page that left and was not answered yet.
    under_way: Option<usize>,
    /// How long the next one may take.
    time: u128,
}

impl Default for Page {
    fn default() -> Self {
        Self { bytes: FIRST, full: None, under_way: None, time: TIME }
    }
}

impl Page {
    /// The most bytes of the next page.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Notes that a page leaves. Only one that more waits behind says what the line carries.
    pub(super) fn leaves(&mut self, page: &Outbox, now: Millis) {
        let bytes = page.lines.iter().map(String::len).sum();
        self.full = (page.left > 0 && bytes > 0).then_some((now, bytes));
        self.under_way = (bytes > 0).then_some(bytes);
    }

    /// Notes that it was answered.
    pub(super) fn answered(&mut self, now: Millis) {
        self.under_way = None;
        if let Some((left, bytes)) = self.full.take() {
            // A clock that was set back says nothing: the page stays as it is.
            let Ok(took) = u128::try_from(now.since(left)) else { return };
            let fits = bytes as u128 * self.time / took.max(1);
            self.bytes = usize::try_from(fits).unwrap_or(PUSH_PAGE_BYTES).clamp(LEAST, PUSH_PAGE_BYTES);
            self.time = (self.time * 11 / 10).min(TIME);
        }
    }

    /// Notes that the line died: if it was before a page was answered, the next one must get through in less time.
    /// Says whether it was.
    pub(super) fn lost(&mut self) -> bool {
        self.full = None;
        let under_way = self.under_way.take();
        if let Some(bytes) = under_way {
            self.bytes = (bytes / SMALLER).max(LEAST);
            self.time = (self.time / 2).max(SHORT);
        }
        under_way.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(took: i64, left: u32) -> usize {
        let mut page = Page::default();
        let lines = vec!["x".repeat(page.bytes())];
        page.leaves(&Outbox { lines, left, unsent_after: left, next: None }, Millis(1_000));
        page.answered(Millis(1_000 + took));
        page.bytes()
    }

    #[test]
    fn a_page_is_as_large_as_the_line_carries_in_a_few_seconds() {
        assert_eq!(after(10_000, 1), FIRST / 2);
        assert_eq!(after(20, 1), PUSH_PAGE_BYTES);
        assert_eq!(after(0, 1), PUSH_PAGE_BYTES);
        assert_eq!(after(10_000_000, 1), LEAST);
    }

    #[test]
    fn a_page_that_did_not_get_through_is_followed_by_smaller_ones() {
        let mut page = Page::default();
        let mut sizes = Vec::new();
        for _ in 0..4 {
            let lines = vec!["x".repeat(page.bytes())];
            page.leaves(&Outbox { lines, left: 1, unsent_after: 1, next: None }, Millis(1_000));
            page.lost();
            sizes.push(page.bytes());
        }
        assert_eq!(sizes, [FIRST / 4, FIRST / 16, LEAST, LEAST]);
        page.lost();
        assert_eq!(page.bytes(), LEAST, "a line that died under something else says nothing about pages");
    }

    #[test]
    fn a_page_that_was_not_full_or_a_clock_that_jumped_says_nothing() {
        assert_eq!(after(10_000, 0), FIRST);
        assert_eq!(after(-500, 1), FIRST);
    }
}
