//! The diagnosis codes of the NEMSIS definition "Opioid Overdose".

use std::sync::LazyLock;

use regex::Regex;

/// As NEMSIS means it: bound at both ends over all branches. The form published in May 2025 had its
/// anchors inside the alternation, so that `^` bound only F11 and `$` only T40.6: it took adverse effects
/// (T40.2X5A) and later encounters (T40.2X1D) for overdoses. Use as disorder (F11, remission included) is
/// part of the definition.
static OVERDOSE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = "^(?:F11.*|T40[.][0-3]X?[1-4]?A?|T40[.]4.?[1-4]?A?|T40[.]6[09]?[1-4]?A?)$";
    Regex::new(pattern).expect("a constant pattern compiles")
});

/// Whether an ICD-10-CM code is an opioid overdose: F11, or T40.0–T40.4 and T40.6 with an intent of 1–4
/// (accident, self-harm, assault, undetermined) and a first encounter, or less specific.
#[must_use]
pub fn is_opioid_overdose_code(code: &str) -> bool {
    OVERDOSE.is_match(code)
}

/// Any code of poisoning by, adverse effect of or underdosing of opioids.
pub(super) fn is_opioid_code(code: &str) -> bool {
    ["T40.0", "T40.1", "T40.2", "T40.3", "T40.4", "T40.6"].iter().any(|start| code.starts_with(start))
}

/// A drug without a name: F19 (several or other psychoactive substances), T50.9 (other and unspecified).
pub(super) fn is_unspecified_drug(code: &str) -> bool {
    code.starts_with("F19") || code.starts_with("T50.9")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_definition() {
        let overdoses = [
            "F11", "F11.2", "F11.21", "F11.929", "T40.0", "T40.0X1A", "T40.1X1A", "T40.1X4", "T40.2X2A",
            "T40.3X3A", "T40.4", "T40.411A", "T40.412", "T40.421A", "T40.491A", "T40.4X1A", "T40.6",
            "T40.60", "T40.601A", "T40.694A",
        ];
        for code in overdoses {
            assert!(is_opioid_overdose_code(code), "{code}");
        }
        let others = [
            "T40.2X5A",
            "T40.2X6A",
            "T40.2X1D",
            "T40.2X1S",
            "T40.415A",
            "T40.4X5A",
            "T40.4X6A",
            "T40.605A",
            "T40.696A",
            "T40.5X1A",
            "T40.7X1A",
            "T40.901A",
            "T43.621A",
            "T50.901A",
            "F10.92",
            "F19",
            "F19.20",
            "XF11",
            "T40",
            "T40.1X1AA",
            "",
            "R99",
        ];
        for code in others {
            assert!(!is_opioid_overdose_code(code), "{code}");
        }
    }

    #[test]
    fn unnamed_drugs() {
        assert!(is_unspecified_drug("F19.91") && is_unspecified_drug("T50.904A"));
        assert!(!is_unspecified_drug("F10.92") && !is_unspecified_drug("T50.1"));
    }
}
