//! One report (or one agency) as it passes: every element is checked against its row when it opens and
//! closes, and what was right is kept as a tree until the draft is made of it.

use super::input::Position;
use super::limits::Limits;
use super::problem::{Fault, Problem};
use super::table::{self, Row};
use super::value::{self, Kind};

/// An element of the sections read.
pub(super) struct Node {
    pub(super) row: &'static Row,
    pub(super) at: Position,
    pub(super) text: String,
    /// Pertinent Negative code.
    pub(super) pertinent_negative: Option<String>,
    /// Not Value code.
    pub(super) not_value: Option<String>,
    /// `UUID`, `StreetAddress2`, `PhoneNumberType`, `CodeType`: what the draft needs.
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) children: Vec<Node>,
    nil: bool,
    /// Children that may stand only once and do: at most one per row, however long the report is.
    seen: Vec<&'static str>,
}

/// One attribute, outside `xmlns`.
pub(super) struct Attribute {
    pub(super) xsi: bool,
    pub(super) name: String,
    pub(super) value: String,
}

/// Attributes without a namespace that some rows allow: name, mark, type.
const ATTRIBUTES: &[(&str, u32, Kind)] = &[
    ("CorrelationID", table::CORRELATION, Kind::Text(2, 255)),
    ("StreetAddress2", table::STREET2, Kind::Text(1, 255)),
    ("PhoneNumberType", table::PHONE_TYPE, Kind::Code(&[(9913001, 9913009)])),
    ("EmailAddressType", table::EMAIL_TYPE, Kind::Code(&[(9904001, 9904003)])),
    ("CodeType", table::RXNORM_SNOMED, Kind::Code(&[(9924003, 9924005)])),
    ("CodeType", table::ICD10_RXNORM, Kind::Code(&[(9924001, 9924003)])),
];

/// What an opened element is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    Kept,
    Skipped,
}

pub(super) struct Builder<'l> {
    limits: &'l Limits,
    open: Vec<Node>,
    problems: Vec<Problem>,
    elements: usize,
    bytes: usize,
    overflowed: bool,
}

impl<'l> Builder<'l> {
    /// Starts with the element that holds the rest (`PatientCareReport`, `DemographicGroup`).
    pub(super) fn new(
        row: &'static Row,
        at: Position,
        attributes: Vec<Attribute>,
        limits: &'l Limits,
    ) -> Self {
        let open = Vec::new();
        let mut builder =
            Self { limits, open, problems: Vec::new(), elements: 0, bytes: 0, overflowed: false };
        builder.push(row, at, attributes);
        builder
    }

    /// An element opens inside the one that is open. `name` is none if it is not in the NEMSIS namespace.
    pub(super) fn open(&mut self, name: Option<&str>, at: Position, attributes: Vec<Attribute>) -> Opened {
        self.elements += 1;
        if self.elements > self.limits.report_elements {
            self.overflow(at);
        }
        let Some(parent) = self.open.last_mut().filter(|_| !self.overflowed) else { return Opened::Skipped };
        let holder = parent.row;
        if holder.name == "PatientCareReport" && name.is_some_and(|name| table::UNREAD.contains(&name)) {
            return Opened::Skipped;
        }
        let Some(row) = name.and_then(table::find).filter(|row| row.parent == holder.name) else {
            self.fault(Fault::UnexpectedElement, at, holder.name);
            return Opened::Skipped;
        };
        if !row.occurs.repeats() {
            if parent.seen.contains(&row.name) {
                self.fault(Fault::Repeated, at, row.name);
                return Opened::Skipped;
            }
            parent.seen.push(row.name);
        }
        self.push(row, at, attributes);
        Opened::Kept
    }

    /// Text inside the open element.
    pub(super) fn text(&mut self, text: &str) {
        let (limits, mut at) = (self.limits, None);
        if let Some(node) = self.open.last_mut() {
            // Line ends and indentation between elements are no content.
            let blank = node.row.kind == Kind::Group && text.trim().is_empty();
            if !blank {
                node.text.push_str(text);
                self.bytes += text.len();
                at = (node.text.len() > limits.text_bytes || self.bytes > limits.report_bytes)
                    .then_some(node.at);
            }
        }
        if let Some(at) = at {
            self.overflow(at);
        }
    }

    /// The open element closes: its value and its children are judged. Gives the outermost one back.
    pub(super) fn close(&mut self) -> Option<Node> {
        let node = self.open.pop()?;
        if !self.overflowed {
            self.judge(&node);
        }
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(node);
                None
            }
            None => Some(node),
        }
    }

    /// What was found wrong, in the order of the file.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        self.problems
    }

    fn push(&mut self, row: &'static Row, at: Position, attributes: Vec<Attribute>) {
        let mut node = Node {
            row,
            at,
            text: String::new(),
            pertinent_negative: None,
            not_value: None,
            attributes: Vec::new(),
            children: Vec::new(),
            nil: false,
            seen: Vec::new(),
        };
        for attribute in attributes {
            self.bytes += attribute.value.len();
            if let Some(fault) = node.take(attribute) {
                self.fault(fault, at, row.name);
            }
        }
        if row.has(table::UUID) && node.attribute("UUID").is_none() {
            self.fault(Fault::WrongAttribute, at, row.name);
        }
        self.open.push(node);
    }

    fn judge(&mut self, node: &Node) {
        let (row, at) = (node.row, node.at);
        if row.kind != Kind::Group {
            let fault = match node.nil {
                true if !row.nillable() => Some(Fault::NotNillable),
                true => (!node.text.trim().is_empty()).then_some(Fault::NilWithValue),
                false => value::check(row.kind, &node.text).map(|fault| match node.text.is_empty() {
                    true => Fault::Empty,
                    false => fault,
                }),
            };
            if let Some(fault) = fault {
                self.fault(fault, at, row.name);
            }
            return;
        }
        if !node.text.is_empty() {
            self.fault(Fault::UnexpectedText, at, row.name);
        }
        for child in table::children(row.name) {
            let present = node.children.iter().any(|held| held.row.name == child.name);
            if child.occurs.required() && !present {
                self.fault(Fault::Missing, at, child.name);
            }
        }
    }

    fn fault(&mut self, fault: Fault, at: Position, element: &'static str) {
        if self.problems.len() < self.limits.report_problems {
            self.problems.push(fault.at(at, element));
        }
    }

    /// The report is larger than any real one: nothing more of it is kept.
    fn overflow(&mut self, at: Position) {
        if !self.overflowed {
            self.overflowed = true;
            self.problems.truncate(self.limits.report_problems.saturating_sub(1));
            self.problems.push(Fault::ReportTooLarge.at(at, "PatientCareReport"));
        }
        for node in &mut self.open {
            node.children.clear();
            node.text.clear();
        }
    }
}

impl Node {
    /// The value of an attribute, if the element has it.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn take(&mut self, attribute: Attribute) -> Option<Fault> {
        let Attribute { xsi, name, value } = attribute;
        match (xsi, name.as_str()) {
            (true, "nil") => match value.trim() {
                "true" | "1" => self.nil = true,
                "false" | "0" => {}
                _ => return Some(Fault::WrongNil),
            },
            (true, "schemaLocation" | "noNamespaceSchemaLocation") => {}
            (false, "NV") => {
                let allowed = self.row.allows_not_value(&value);
                self.not_value = Some(value);
                return (!allowed).then_some(Fault::WrongNotValue);
            }
            (false, "PN") => {
                let allowed = self.row.allows_pertinent_negative(&value);
                self.pertinent_negative = Some(value);
                return (!allowed).then_some(Fault::WrongPertinentNegative);
            }
            (false, "UUID") if self.row.has(table::UUID) => {
                let formed = value::is_uuid(&value);
                self.attributes.push(("UUID", value));
                return (!formed).then_some(Fault::WrongAttribute);
            }
            (false, name) => {
                let known = ATTRIBUTES.iter().find(|(known, mark, _)| *known == name && self.row.has(*mark));
                let Some((known, _, kind)) = known else { return Some(Fault::UnexpectedAttribute) };
                let fault = value::check(*kind, &value);
                self.attributes.push((known, value));
                return fault.map(|_| Fault::WrongAttribute);
            }
            (true, _) => return Some(Fault::UnexpectedAttribute),
        }
        None
    }
}
