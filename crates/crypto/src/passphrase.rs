//! What a worker types to open a vault: its one spelling, what a new one must be, and good ones made for them.
//!
//! The rules are NIST SP 800-63B-4's for a single factor: length and a blocklist, no composition rules, no expiry.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::PassphraseProblem;
use crate::secret::random_bytes;

mod common;

/// The fewest characters (Unicode code points after normalisation) that a new passphrase may have.
pub const MIN_CHARS: usize = 15;
/// The most: far above what anybody types, low enough that a pasted book is not hashed.
pub const MAX_CHARS: usize = 1_024;
/// How many words [`generate`] gives.
pub const GENERATED_WORDS: usize = 4;

/// The EFF's long list: 7,776 words, 12.9 bits each. CC BY 3.0 US; see `data/README.md`.
const WORDS: &str = include_str!("../data/eff_large_wordlist.txt");
const WORD_COUNT: u16 = 7_776;

/// A passphrase in its one spelling; wiped on drop, never printed.
///
/// The spelling is a promise, because keys are made from it: Unicode NFKC, white space at both ends dropped, every
/// run of white space inside turned into one space. So the space that a phone keyboard adds after a word, or the
/// line end that comes with a paste, does not lock anybody out.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what was typed. Anything goes: rules for new ones are in [`check_new`].
    pub fn new(typed: &str) -> Self {
        // The length first, so that the secret is written once and no grown-out-of buffer stays behind.
        let length = spelling(typed).map(char::len_utf8).sum();
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.extend(spelling(typed));
        Self(text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// The characters of the one spelling: a space is given only once something follows it.
fn spelling(typed: &str) -> impl Iterator<Item = char> + '_ {
    let mut chars = typed.nfkc().skip_while(|c| c.is_whitespace()).peekable();
    std::iter::from_fn(move || {
        let c = chars.next()?;
        if !c.is_whitespace() {
            return Some(c);
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        chars.peek().map(|_| ' ')
    })
}

/// Whether a passphrase may be taken into use.
///
/// # Errors
/// The first reason why not.
pub fn check_new(typed: &str) -> Result<(), PassphraseProblem> {
    let passphrase = Passphrase::new(typed);
    match passphrase.0.chars().count() {
        0 => Err(PassphraseProblem::OnlySpaces),
        1..MIN_CHARS => Err(PassphraseProblem::TooShort),
        MIN_CHARS..=MAX_CHARS if common::is_common(&passphrase.0) => Err(PassphraseProblem::TooCommon),
        MIN_CHARS..=MAX_CHARS => Ok(()),
        _ => Err(PassphraseProblem::TooLong),
    }
}

/// A new passphrase of four words from the EFF's long list, with spaces between: 51.7 bits.
///
/// # Panics
/// When the system has no randomness ([`random_bytes`]).
pub fn generate() -> Zeroizing<String> {
    loop {
        let mut text = Zeroizing::new(String::with_capacity(GENERATED_WORDS * 10));
        for i in 0..GENERATED_WORDS {
            if i > 0 {
                text.push(' ');
            }
            text.push_str(random_word());
        }
        // Four words can by chance be easy (the same one twice over): then four others.
        if check_new(&text).is_ok() {
            return text;
        }
    }
}

/// Each word with the same probability: numbers in the last, incomplete round of the list are thrown away.
fn random_word() -> &'static str {
    loop {
        let number = u16::from_le_bytes(random_bytes());
        if number < u16::MAX / WORD_COUNT * WORD_COUNT
            && let Some(word) = WORDS.lines().nth(usize::from(number % WORD_COUNT))
        {
            return word;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn spelled(typed: &str) -> String {
        Passphrase::new(typed).0.to_string()
    }

    #[test]
    fn one_passphrase_has_one_spelling() {
        // "é" as one and as two code points, a full-width digit, a no-break space, what keyboards add.
        assert_eq!(spelled("caf\u{e9} lamp 7"), spelled("cafe\u{301}  lamp\u{a0}\u{ff17} \n"));
        assert_eq!(spelled("\t two  words "), "two words");
        assert_ne!(spelled("two words"), spelled("twowords"));
        assert_ne!(spelled("Two words"), spelled("two words"), "case counts");
        assert_eq!(spelled(" \u{3000}\n"), "");
    }

    #[test]
    fn the_buffer_never_grew() {
        for typed in ["  a  b  ", "\u{fdfa}\u{fdfa} \u{3a9} ", "plain"] {
            let passphrase = Passphrase::new(typed);
            assert_eq!(passphrase.0.capacity(), passphrase.0.len());
        }
    }

    #[test]
    fn new_ones_are_judged_by_length_in_characters() {
        assert_eq!(check_new("   "), Err(PassphraseProblem::OnlySpaces));
        assert_eq!(check_new(""), Err(PassphraseProblem::OnlySpaces));
        assert_eq!(check_new("kestrel dune 9"), Err(PassphraseProblem::TooShort));
        assert_eq!(check_new("kestrel dune 91"), Ok(()));
        assert_eq!(check_new("лодка у трёх ив"), Ok(()));
        assert_eq!(check_new(&"kestrel dune ".repeat(200)), Err(PassphraseProblem::TooLong));
    }

    #[test]
    fn the_word_list_is_whole() {
        let words: BTreeSet<_> = WORDS.lines().collect();
        assert_eq!(words.len(), usize::from(WORD_COUNT));
        assert!(words.iter().all(|w| (3..=9).contains(&w.len()) && !w.contains(' ')));
    }

    #[test]
    fn generated_ones_are_four_words_and_pass_their_own_check() {
        let words: BTreeSet<_> = WORDS.lines().collect();
        let made: BTreeSet<String> = (0..50).map(|_| generate().to_string()).collect();
        assert_eq!(made.len(), 50);
        for text in made {
            assert_eq!(text.split(' ').count(), GENERATED_WORDS);
            assert!(text.split(' ').all(|word| words.contains(word)));
            assert_eq!(check_new(&text), Ok(()));
        }
    }
}
