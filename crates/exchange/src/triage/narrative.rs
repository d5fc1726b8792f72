//! A search of the narrative for words of an overdose. It only ever asks for a human look, so it may find
//! too much; it leaves out what a crew says did *not* happen, and words with innocent uses alone: EMS gives
//! fentanyl against pain, and `od` is also "once daily" and the right eye.

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// An overdose is named.
    pub(super) overdose: bool,
    /// Opioids or naloxone are named, and signs of an overdose.
    pub(super) opioid_signs: bool,
}

const OVERDOSE: &[&str] =
    &["overdose", "overdosed", "overdoses", "overdosing", "od'd", "od'ed", "o.d", "sobredosis"];
/// Words that make a bare `OD` an overdose.
const BEFORE_OD: &[&str] = &[
    "possible",
    "probable",
    "suspected",
    "apparent",
    "accidental",
    "intentional",
    "drug",
    "opioid",
    "opiate",
];
const OPIOIDS: &[&str] = &[
    "heroin",
    "heroina",
    "fentanyl",
    "fentanilo",
    "carfentanil",
    "opioid",
    "opioids",
    "opiate",
    "opiates",
    "narcotic",
    "narcotics",
    "oxycodone",
    "oxycontin",
    "percocet",
    "hydrocodone",
    "vicodin",
    "methadone",
    "nitazene",
    "narcan",
    "naloxone",
    "kloxxado",
    "nalmefene",
];
const SIGNS: &[&str] = &[
    "unresponsive",
    "apneic",
    "apnea",
    "agonal",
    "cyanotic",
    "cyanosis",
    "pinpoint",
    "unconscious",
    "blue",
    "pulseless",
    "snoring",
    "bvm",
    "needle",
    "syringe",
];
/// Words after which, within [`REACH`] words and the same sentence, a hit does not count.
const NEGATIONS: &[&str] = &[
    "no", "not", "denies", "denied", "denying", "without", "negative", "never", "nor", "neither", "rule",
    "ruled",
];
const REACH: usize = 5;

/// Searches one text.
pub(super) fn search(text: &str) -> Found {
    let mut found = Found::default();
    let (mut opioid, mut sign) = (false, false);
    // A full stop inside a word ("o.d", "0.4") ends no sentence.
    for sentence in text.split_inclusive(['.', '!', '?', ';', '\n']).fold(Vec::new(), join_words) {
        let words: Vec<&str> = sentence
            .split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '\'' | '’' | '.')))
            .map(|word| word.trim_matches(['.', '\'', '’']))
            .filter(|word| !word.is_empty())
            .collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase().replace('’', "'")).collect();
        for (index, word) in lower.iter().enumerate() {
            let word = word.as_str();
            let before = &lower[index.saturating_sub(REACH)..index];
            if before.iter().any(|earlier| NEGATIONS.contains(&earlier.as_str())) {
                continue;
            }
            let after_hint = before.last().is_some_and(|last| BEFORE_OD.contains(&last.as_str()));
            let hinted = after_hint || before.last().is_some_and(|last| OPIOIDS.contains(&last.as_str()));
            found.overdose |= OVERDOSE.contains(&word) || (words[index] == "OD" && hinted);
            opioid |= OPIOIDS.contains(&word);
            sign |= SIGNS.contains(&word);
        }
    }
    found.opioid_signs = opioid && sign;
    found
}

/// Puts pieces together again that were cut at a full stop inside a word.
fn join_words(mut sentences: Vec<String>, piece: &str) -> Vec<String> {
    let inside = |last: &String| last.ends_with('.') && piece.starts_with(char::is_alphanumeric);
    match sentences.last_mut().filter(|last| inside(last)) {
        Some(last) => last.push_str(piece),
        None => sentences.push(piece.to_owned()),
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_ask_for_a_look() {
        let overdoses = [
            "Overdose patient transported to Garrett Recovery.",
            "Family states he OD’d on heroin.",
            "Dispatched for a possible OD.",
            "Pt. found after fentanyl OD",
            "No trauma. Bystander reports overdose.",
            "Posible sobredosis",
        ];
        for text in overdoses {
            assert!(search(text).overdose, "{text}");
        }
        assert!(search("Found unresponsive and cyanotic; bystanders gave Narcan x2.").opioid_signs);
        assert!(search("Pinpoint pupils. Needle nearby. Admits to heroin.").opioid_signs);
    }

    #[test]
    fn words_that_do_not() {
        let others = [
            "Fentanyl 50 mcg IV for pain, with relief.",
            "Patient denies any overdose or drug use.",
            "No signs of overdose, no opioid use.",
            "Lisinopril 10 mg OD, drops in OD.",
            "Overdosage information on the leaflet of the product.",
            "Not an overdose per family. Denies heroin. Unresponsive from hypoglycemia.",
            "",
        ];
        for text in others {
            assert_eq!(search(text), Found::default(), "{text}");
        }
    }
}
