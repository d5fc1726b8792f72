//! Passphrases that are long but easy: common words, repetitions, rows of keys, years.
//!
//! Instead of a long list of whole passwords, what remains is counted after everything easy counts as one:
//! "Password-Password-2026" is three pieces, not 22 characters. A guesser works the same way.

/// Words that people reach for first, here and everywhere, and the words of this app and this field.
const WORDS: &[&str] = &[
    "password",
    "passphrase",
    "passwort",
    "contrasena",
    "secret",
    "letmein",
    "welcome",
    "bienvenido",
    "iloveyou",
    "tequiero",
    "monkey",
    "dragon",
    "princess",
    "sunshine",
    "football",
    "baseball",
    "superman",
    "batman",
    "master",
    "admin",
    "login",
    "access",
    "changeme",
    "default",
    "unlock",
    "test",
    "demo",
    "guest",
    "user",
    "correcthorse",
    "batterystaple",
    "porchlight",
    "naloxone",
    "narcan",
    "overdose",
    "outreach",
    "recovery",
    "peersupport",
    "paramedic",
    "county",
    "sheriff",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "spring",
    "summer",
    "autumn",
    "winter",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Neighbours on these lines, in either direction, are one movement of the hand.
const ROWS: &[&str] = &["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Fewer pieces than this are too easy.
const MIN_PIECES: usize = 6;

/// Whether `text` (normalised, at least the minimum length) has too little in it.
pub(super) fn is_common(text: &str) -> bool {
    let chars: Vec<char> =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // Only punctuation: judged by itself, with nothing folded away.
    let mut chars = if chars.is_empty() { text.chars().collect() } else { chars };
    chars.truncate(period(&chars));
    pieces(&chars) < MIN_PIECES
}

/// The length of the shortest beginning whose repetition gives the whole.
fn period(chars: &[char]) -> usize {
    (1..chars.len()).find(|&p| (p..chars.len()).all(|i| chars[i] == chars[i - p])).unwrap_or(chars.len())
}

fn pieces(chars: &[char]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < chars.len() {
        at += word(&chars[at..]).or_else(|| year(&chars[at..])).unwrap_or_else(|| run(&chars[at..]));
        count += 1;
    }
    count
}

fn word(chars: &[char]) -> Option<usize> {
    let plain = |c: char| match c {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        'ñ' => 'n',
        other => other,
    };
    let starts = |w: &&str| w.len() <= chars.len() && w.chars().zip(chars).all(|(a, &b)| a == plain(b));
    WORDS.iter().filter(|w| starts(w)).map(|w| w.len()).max()
}

/// 19xx or 20xx.
fn year(chars: &[char]) -> Option<usize> {
    let century = matches!(chars, ['1', '9', ..] | ['2', '0', ..]);
    (century && chars.len() >= 4 && chars[..4].iter().all(char::is_ascii_digit)).then_some(4)
}

/// How many characters from here are the same or follow each other on a row: at least 1; two are no run yet.
fn run(chars: &[char]) -> usize {
    let same = 1 + chars.windows(2).take_while(|pair| pair[0] == pair[1]).count();
    let along = |forward: bool| {
        let next = |pair: &[char]| {
            let (a, b) = if forward { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
            ROWS.iter().any(|row| row.chars().zip(row.chars().skip(1)).any(|step| step == (a, b)))
        };
        1 + chars.windows(2).take_while(|pair| next(pair)).count()
    };
    let longest = same.max(along(true)).max(along(false));
    if longest >= 3 { longest } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easy_ones_are_found() {
        for text in [
            "aaaaaaaaaaaaaaaaa",
            "abababababababab",
            "123456789012345678",
            "abcdefghijklmnopq",
            "qwertyuiopasdfghjkl",
            "zyxwvutsrqponmlk",
            "password password",
            "P4ssw0rd-P4ssw0rd-2026",
            "porchlight porchlight",
            "Porchlight County 1234",
            "naloxone narcan naloxone",
            "letmeinletmeinletmein1",
            "correct horse battery staple",
            "SummerSummer2026!!!",
            "---------------",
            "monday tuesday friday",
        ] {
            assert!(is_common(text), "{text}");
        }
    }

    #[test]
    fn good_ones_pass() {
        for text in [
            "kestrel dune nine lamps",
            "maria walks to pier 9",
            "лодка у трёх ив",
            "tulip password giraffe",
            "3 blue kites over lot 7",
            "雨の夜に三つの灯りが見える港町",
        ] {
            assert!(!is_common(text), "{text}");
        }
    }
}
