//! What is wrong, where, in plain words and without a value of the file.

use super::input::Position;

/// One fault in a file or report. Safe to print and log: it never holds a value of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {element}: {message}")]
pub struct Problem {
    /// Line in the file, from 1: where the faulty element starts; for a missing one, where the element
    /// starts that should hold it.
    pub line: u64,
    /// Byte in the line, from 1.
    pub column: u64,
    /// The element at fault, always a name that our table knows.
    pub element: &'static str,
    /// Stable, snake_case: what programs branch on.
    pub code: &'static str,
    /// The same for people.
    pub message: &'static str,
}

/// The kinds of fault; private, so that codes and words stay in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    NotXml,
    NotWellFormed,
    Truncated,
    NotUtf8,
    Doctype,
    UnknownEntity,
    WrongRoot,
    WrongNamespace,
    WrongVersion,
    NoReports,
    FileTooLarge,
    TokenTooLong,
    TooDeep,
    TooManyAttributes,
    ReadFailed,
    ReportTooLarge,
    Missing,
    Repeated,
    UnexpectedElement,
    UnexpectedText,
    UnexpectedAttribute,
    WrongAttribute,
    NotNillable,
    NilWithValue,
    WrongNil,
    WrongNotValue,
    WrongPertinentNegative,
    Empty,
    WrongLength,
    WrongCode,
    WrongFormat,
    WrongNumber,
    WrongDate,
    WrongDateTime,
}

impl Fault {
    pub(super) fn at(self, at: Position, element: &'static str) -> Problem {
        let (code, message) = self.words();
        Problem { line: at.line, column: at.column, element, code, message }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotXml => ("not_xml", "this is not an XML file"),
            Self::NotWellFormed => ("not_well_formed", "the XML is damaged here; nothing after it was read"),
            Self::Truncated => ("truncated", "the file ends in the middle of a report or element"),
            Self::NotUtf8 => ("not_utf8", "the file is not in UTF-8"),
            Self::Doctype => {
                ("doctype_refused", "the file declares its own document type, which is not allowed")
            }
            Self::UnknownEntity => ("unknown_entity", "the file uses an entity that XML does not define"),
            Self::WrongRoot => ("wrong_root", "this is not a NEMSIS EMS data set"),
            Self::WrongNamespace => ("wrong_namespace", "the data set is not in the NEMSIS namespace"),
            Self::WrongVersion => ("wrong_version", "only NEMSIS version 3.5 is read"),
            Self::NoReports => ("no_reports", "the file holds no patient care report"),
            Self::FileTooLarge => {
                ("file_too_large", "the file is larger than the limit; nothing after it was read")
            }
            Self::TokenTooLong => ("token_too_long", "one tag or text is longer than the limit"),
            Self::TooDeep => ("too_deep", "elements are nested deeper than the limit"),
            Self::TooManyAttributes => {
                ("too_many_attributes", "an element has too many or too long attributes")
            }
            Self::ReadFailed => ("read_failed", "the file could not be read to its end"),
            Self::ReportTooLarge => ("report_too_large", "the report holds more than any real report does"),
            Self::Missing => ("missing_element", "a required element is missing"),
            Self::Repeated => ("repeated_element", "the element may stand here only once"),
            Self::UnexpectedElement => {
                ("unexpected_element", "holds an element that NEMSIS 3.5 does not define here")
            }
            Self::UnexpectedText => ("unexpected_text", "text stands where only elements may"),
            Self::UnexpectedAttribute => {
                ("unexpected_attribute", "has an attribute that NEMSIS 3.5 does not define here")
            }
            Self::WrongAttribute => ("wrong_attribute", "an attribute is missing or not of its type"),
            Self::NotNillable => ("not_nillable", "the element may not be empty (nil)"),
            Self::NilWithValue => ("nil_with_value", "the element is marked empty (nil) but holds something"),
            Self::WrongNil => ("wrong_nil", "the nil mark is neither true nor false"),
            Self::WrongNotValue => ("wrong_not_value", "this Not Value (NV) is not allowed here"),
            Self::WrongPertinentNegative => {
                ("wrong_pertinent_negative", "this Pertinent Negative (PN) is not allowed here")
            }
            Self::Empty => ("empty_value", "the element is empty and says no reason"),
            Self::WrongLength => ("wrong_length", "the text is too short or too long"),
            Self::WrongCode => ("wrong_code", "the code is not in the list of this element"),
            Self::WrongFormat => ("wrong_format", "the value does not have the form of this element"),
            Self::WrongNumber => ("wrong_number", "the value is not a number, or not one allowed here"),
            Self::WrongDate => {
                ("wrong_date", "the value is not a date of the form 1984-05-31, or out of range")
            }
            Self::WrongDateTime => (
                "wrong_date_time",
                "the value is not a date and time with an offset from UTC, or out of range",
            ),
        }
    }
}
