//! The table that reports are checked against: one row per element of the sections read, from the XSDs
//! of NEMSIS 3.5.1.250403CP1 (which also accept 3.5.0 reports).

mod call;
mod care;
mod person;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::value::Kind;

/// How often an element stands in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occurs {
    /// Exactly once.
    One,
    /// At most once.
    Optional,
    /// At least once.
    Many,
    /// Any number of times.
    Any,
}

impl Occurs {
    pub(super) fn required(self) -> bool {
        matches!(self, Self::One | Self::Many)
    }

    pub(super) fn repeats(self) -> bool {
        matches!(self, Self::Many | Self::Any)
    }
}

/// One element.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) parent: &'static str,
    pub(super) name: &'static str,
    pub(super) occurs: Occurs,
    marks: u32,
    pub(super) kind: Kind,
}

impl Row {
    /// Whether the element may be empty with `xsi:nil`.
    pub(super) fn nillable(&self) -> bool {
        self.has(NIL)
    }

    /// Whether the element has an attribute or mark.
    pub(super) fn has(&self, mark: u32) -> bool {
        self.marks & mark == mark
    }

    /// Whether the element may carry this Not Value code.
    pub(super) fn allows_not_value(&self, code: &str) -> bool {
        NOT_VALUES.iter().any(|(known, mark)| *known == code && self.has(*mark))
    }

    /// Whether the element may carry this Pertinent Negative code.
    pub(super) fn allows_pertinent_negative(&self, code: &str) -> bool {
        PERTINENT_NEGATIVES.iter().any(|(known, mark)| *known == code && self.has(*mark))
    }
}

// Marks. NV2 and NV3 are nillable with two or three Not Values; then the Pertinent Negatives; then the
// other attributes an element may have.
const NIL: u32 = 1;
const NOT_APPLICABLE_OR_RECORDED: u32 = 1 << 1;
const NOT_REPORTING: u32 = 1 << 2;
const NV2: u32 = NIL | NOT_APPLICABLE_OR_RECORDED;
const NV3: u32 = NV2 | NOT_REPORTING;
const CONTRAINDICATED: u32 = 1 << 3;
const DENIED: u32 = 1 << 4;
const ALLERGY: u32 = 1 << 5;
const TAKEN: u32 = 1 << 6;
const NO_ALLERGY: u32 = 1 << 7;
const NONE_REPORTED: u32 = 1 << 8;
const REFUSED: u32 = 1 << 9;
const UNRESPONSIVE: u32 = 1 << 10;
const UNABLE: u32 = 1 << 11;
const NOT_IMMUNIZED: u32 = 1 << 12;
const CRITERIA: u32 = 1 << 13;
const APPROXIMATE: u32 = 1 << 14;
const ABSENT: u32 = 1 << 15;
pub(super) const UUID: u32 = 1 << 16;
pub(super) const CORRELATION: u32 = 1 << 17;
pub(super) const STREET2: u32 = 1 << 18;
pub(super) const PHONE_TYPE: u32 = 1 << 19;
pub(super) const EMAIL_TYPE: u32 = 1 << 20;
pub(super) const RXNORM_SNOMED: u32 = 1 << 21;
pub(super) const ICD10_RXNORM: u32 = 1 << 22;

const NOT_VALUES: [(&str, u32); 3] = [
    ("7701001", NOT_APPLICABLE_OR_RECORDED),
    ("7701003", NOT_APPLICABLE_OR_RECORDED),
    ("7701005", NOT_REPORTING),
];

const PERTINENT_NEGATIVES: [(&str, u32); 13] = [
    ("8801001", CONTRAINDICATED),
    ("8801003", DENIED),
    ("8801007", ALLERGY),
    ("8801009", TAKEN),
    ("8801013", NO_ALLERGY),
    ("8801015", NONE_REPORTED),
    ("8801019", REFUSED),
    ("8801021", UNRESPONSIVE),
    ("8801023", UNABLE),
    ("8801025", NOT_IMMUNIZED),
    ("8801027", CRITERIA),
    ("8801029", APPROXIMATE),
    ("8801031", ABSENT),
];

// Short names for the columns of the tables.
const ONE: Occurs = Occurs::One;
const OPT: Occurs = Occurs::Optional;
const MANY: Occurs = Occurs::Many;
const ANY: Occurs = Occurs::Any;

const fn row(parent: &'static str, name: &'static str, occurs: Occurs, marks: u32, kind: Kind) -> Row {
    Row { parent, name, occurs, marks, kind }
}

/// Sections of a report that are not read.
pub(super) const UNREAD: [&str; 12] = [
    "eCrew",
    "ePayment",
    "eInjury",
    "eVitals",
    "eLabs",
    "eExam",
    "eProcedures",
    "eAirway",
    "eDevice",
    "eOutcome",
    "eCustomResults",
    "eOther",
];

const TABLES: [&[Row]; 14] = [
    call::AGENCY,
    call::RECORD,
    call::RESPONSE,
    call::DISPATCH,
    call::TIMES,
    person::PATIENT,
    person::SCENE,
    person::HISTORY,
    care::SITUATION,
    care::ARREST,
    care::NARRATIVE,
    care::PROTOCOLS,
    care::MEDICATIONS,
    care::DISPOSITION,
];

static BY_NAME: LazyLock<HashMap<&str, &Row>> =
    LazyLock::new(|| TABLES.into_iter().flatten().map(|row| (row.name, row)).collect());

static BY_PARENT: LazyLock<HashMap<&str, Vec<&Row>>> = LazyLock::new(|| {
    let mut children: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in TABLES.into_iter().flatten() {
        children.entry(row.parent).or_default().push(row);
    }
    children
});

/// The row of an element: names are unique in NEMSIS.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    BY_NAME.get(name).copied()
}

/// What an element may and must hold.
pub(super) fn children(parent: &str) -> &'static [&'static Row] {
    BY_PARENT.get(parent).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_one_place_and_a_parent_that_is_a_group() {
        let rows = TABLES.into_iter().flatten().count();
        assert_eq!(BY_NAME.len(), rows, "a name stands twice");
        for row in TABLES.into_iter().flatten() {
            let root = row.parent == "Header";
            assert!(
                root || find(row.parent).is_some_and(|parent| parent.kind == Kind::Group),
                "{}",
                row.name
            );
            assert_eq!(row.kind == Kind::Group, !children(row.name).is_empty(), "{}", row.name);
        }
    }
}
