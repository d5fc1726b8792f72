//! The walk through the file: what belongs to which report, and when to stop.

use std::fmt;
use std::io::BufRead;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::build::{Attribute, Builder, Opened};
use super::draft::{Agency, ReportDraft};
use super::extract;
use super::input::{Bounded, Position};
use super::limits::Limits;
use super::problem::{Fault, Problem};
use super::table;

const NEMSIS: &str = "http://www.nemsis.org";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const ROOT: &str = "EMSDataSet";

/// What became of one `PatientCareReport`.
pub enum ReportOutcome {
    /// Everything read is of its type.
    Valid(Box<ReportDraft>),
    /// At least one thing is not: nothing of the report is used. Never empty.
    Invalid(Vec<Problem>),
}

impl fmt::Debug for ReportOutcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid(draft) => draft.fmt(out),
            Self::Invalid(problems) => out.debug_tuple("Invalid").field(problems).finish(),
        }
    }
}

/// What a whole file held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileSummary {
    /// Reports delivered as valid.
    pub valid: u64,
    /// Reports delivered as invalid.
    pub invalid: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
}

/// Reads a data set and delivers each report as it closes, in the order of the file.
///
/// # Errors
///
/// The file as a whole is at fault from the place told on: not XML, not NEMSIS 3.5, damaged, cut off,
/// beyond a limit, or without any report. What was delivered before stands.
pub fn read_reports<R: BufRead>(
    input: R,
    limits: &Limits,
    deliver: &mut dyn FnMut(ReportOutcome),
) -> Result<FileSummary, Problem> {
    let mut reader = NsReader::from_reader(Bounded::new(input, limits));
    let config = reader.config_mut();
    config.check_comments = true;
    config.expand_empty_elements = true;
    let mut walk = Walk::new(limits, deliver);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let at = reader.get_mut().next_token();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return Err(walk.broken(&error, at, reader.get_mut())),
        };
        match event {
            Event::Start(start) => {
                let bound = |result: &ResolveResult, uri| *result == ResolveResult::Bound(Namespace(uri));
                let (namespace, local) = reader.resolver().resolve_element(start.name());
                if matches!(namespace, ResolveResult::Unknown(_)) {
                    return Err(Fault::NotWellFormed.at(at, walk.place()));
                }
                let name = bound(&namespace, NEMSIS).then_some(local.into_inner());
                let attributes = walk.attributes(&start, at, |name| {
                    let (namespace, local) = reader.resolver().resolve_attribute(name);
                    (bound(&namespace, XSI), namespace == ResolveResult::Unbound, local.into_inner())
                })?;
                walk.start(name, local.into_inner(), at, attributes)?;
            }
            Event::End(_) => walk.end(),
            Event::Text(text) => walk.text(&text.xml10_content(), at)?,
            Event::CData(text) => walk.text(&text.xml10_content(), at)?,
            Event::GeneralRef(reference) => {
                let letter = resolve(&reference).map_err(|fault| fault.at(at, walk.place()))?;
                walk.text(letter.encode_utf8(&mut [0; 4]), at)?;
            }
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                let known =
                    |name: &str| ["utf-8", "utf8", "us-ascii"].contains(&name.to_lowercase().as_str());
                if encoding.is_some_and(|name| !known(&name)) {
                    return Err(Fault::NotUtf8.at(at, ROOT));
                }
            }
            Event::DocType(_) => return Err(Fault::Doctype.at(at, walk.place())),
            Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
            Event::Eof => return walk.finish(reader.get_mut()),
        }
    }
}

/// Only the five entities that XML itself defines, and characters by number.
fn resolve(reference: &BytesRef) -> Result<char, Fault> {
    if reference.is_char_ref() {
        let letter = reference.resolve_char_ref().ok().flatten();
        return letter.filter(|letter| allowed(*letter)).ok_or(Fault::NotWellFormed);
    }
    match reference.xml10_content().as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(Fault::UnknownEntity),
    }
}

/// Whether XML 1.0 allows the character at all.
fn allowed(letter: char) -> bool {
    !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// The version that a schema location names, such as `3.5.1` of `…/nemsis_v3/3.5.1.250403CP1/XSDs/…`.
fn schema_version(location: &str) -> Option<&str> {
    let named = location.split('/').map(|part| part.strip_prefix("release-").unwrap_or(part));
    named.into_iter().find(|part| {
        let mut numbers = part.split('.');
        let number = |text: Option<&str>| text.is_some_and(|text| text.parse::<u32>().is_ok());
        number(numbers.next()) && number(numbers.next())
    })
}

/// Where an open element belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    DataSet,
    Header,
    Built,
    Skipped,
}

struct Walk<'l, 'd> {
    limits: &'l Limits,
    deliver: &'d mut dyn FnMut(ReportOutcome),
    open: Vec<Place>,
    begun: bool,
    builder: Option<Builder<'l>>,
    agency: Result<Agency, Vec<Problem>>,
    summary: FileSummary,
}

impl<'l, 'd> Walk<'l, 'd> {
    fn new(limits: &'l Limits, deliver: &'d mut dyn FnMut(ReportOutcome)) -> Self {
        Self {
            limits,
            deliver,
            open: Vec::new(),
            begun: false,
            builder: None,
            agency: Err(Vec::new()),
            summary: FileSummary::default(),
        }
    }

    /// The element that a file-level problem is told of.
    fn place(&self) -> &'static str {
        if self.builder.is_some() { "PatientCareReport" } else { ROOT }
    }

    fn attributes<'a>(
        &self,
        start: &'a BytesStart<'a>,
        at: Position,
        resolve: impl Fn(quick_xml::name::QName<'a>) -> (bool, bool, &'a str),
    ) -> Result<Vec<Attribute>, Problem> {
        let place = self.place();
        let mut found = Vec::new();
        for (count, attribute) in start.attributes().enumerate() {
            if count >= self.limits.attributes {
                return Err(Fault::TooManyAttributes.at(at, place));
            }
            let broken = |_| Fault::NotWellFormed.at(at, place);
            let attribute = attribute.map_err(|error| broken(error.into()))?;
            if attribute.value.len() > self.limits.attribute_bytes {
                return Err(Fault::TooManyAttributes.at(at, place));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(broken)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (xsi, plain, local) = resolve(attribute.key);
            if xsi || plain {
                found.push(Attribute { xsi, name: local.to_owned(), value: value.into_owned() });
            }
        }
        Ok(found)
    }

    fn start(
        &mut self,
        name: Option<&str>,
        local: &str,
        at: Position,
        attributes: Vec<Attribute>,
    ) -> Result<(), Problem> {
        if self.open.len() >= self.limits.depth {
            return Err(Fault::TooDeep.at(at, self.place()));
        }
        let place = match self.open.last() {
            None if self.begun => return Err(Fault::NotWellFormed.at(at, ROOT)),
            None => {
                check_root(name, local, &attributes).map_err(|fault| fault.at(at, ROOT))?;
                self.begun = true;
                Place::DataSet
            }
            Some(Place::DataSet) if name == Some("Header") => {
                self.agency = Err(vec![Fault::Missing.at(at, "DemographicGroup")]);
                Place::Header
            }
            // Two agencies for one header: nobody knows whose the reports are.
            Some(Place::Header) if name == Some("DemographicGroup") && self.agency.is_ok() => {
                self.agency = Err(vec![Fault::Repeated.at(at, "DemographicGroup")]);
                Place::Skipped
            }
            Some(Place::Header) => match name.and_then(table::find).filter(|row| row.parent == "Header") {
                Some(row) => {
                    self.builder = Some(Builder::new(row, at, attributes, self.limits));
                    Place::Built
                }
                None => Place::Skipped,
            },
            Some(Place::Built) => {
                match self.builder.as_mut().map(|builder| builder.open(name, at, attributes)) {
                    Some(Opened::Kept) => Place::Built,
                    Some(Opened::Skipped) | None => Place::Skipped,
                }
            }
            Some(Place::DataSet | Place::Skipped) => Place::Skipped,
        };
        self.open.push(place);
        Ok(())
    }

    fn text(&mut self, text: &str, at: Position) -> Result<(), Problem> {
        if !text.chars().all(allowed) {
            let fault = if self.begun { Fault::NotWellFormed } else { Fault::NotXml };
            return Err(fault.at(at, self.place()));
        }
        match (self.open.last(), &mut self.builder) {
            (Some(Place::Built), Some(builder)) => builder.text(text),
            (None, _) if !text.trim().is_empty() => {
                let fault = if self.begun { Fault::NotWellFormed } else { Fault::NotXml };
                return Err(fault.at(at, ROOT));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self) {
        if self.open.pop() != Some(Place::Built) {
            return;
        }
        let Some(node) = self.builder.as_mut().and_then(Builder::close) else { return };
        let problems = self.builder.take().map(Builder::into_problems).unwrap_or_default();
        if node.row.name == "DemographicGroup" {
            self.agency = if problems.is_empty() { Ok(extract::agency(&node)) } else { Err(problems) };
            return;
        }
        let outcome = match (&self.agency, problems.is_empty()) {
            (Ok(agency), true) => ReportOutcome::Valid(Box::new(extract::report(&node, agency))),
            (Ok(_), false) => ReportOutcome::Invalid(problems),
            (Err(header), _) => ReportOutcome::Invalid(header.iter().cloned().chain(problems).collect()),
        };
        match outcome {
            ReportOutcome::Valid(_) => self.summary.valid += 1,
            ReportOutcome::Invalid(_) => self.summary.invalid += 1,
        }
        (self.deliver)(outcome);
    }

    fn finish<R: BufRead>(mut self, input: &Bounded<R>) -> Result<FileSummary, Problem> {
        if !self.open.is_empty() {
            return Err(Fault::Truncated.at(input.position(), self.place()));
        }
        if !self.begun {
            return Err(Fault::NotXml.at(input.position(), ROOT));
        }
        if self.summary.valid + self.summary.invalid == 0 {
            return Err(Fault::NoReports.at(input.position(), ROOT));
        }
        self.summary.bytes = input.bytes_read();
        Ok(self.summary)
    }

    /// Says why the XML reader gave up.
    fn broken<R: BufRead>(&self, error: &quick_xml::Error, at: Position, input: &Bounded<R>) -> Problem {
        use quick_xml::Error;
        let fault = match (input.exceeded(), error) {
            (Some(limit), _) => limit,
            (None, Error::Io(_)) => Fault::ReadFailed,
            (None, Error::Encoding(_)) => Fault::NotUtf8,
            (None, Error::Syntax(_)) if self.begun => Fault::Truncated,
            (None, _) if !self.begun && self.open.is_empty() => Fault::NotXml,
            (None, _) => Fault::NotWellFormed,
        };
        fault.at(at, self.place())
    }
}

fn check_root(name: Option<&str>, local: &str, attributes: &[Attribute]) -> Result<(), Fault> {
    match name {
        Some(ROOT) => {}
        None if local == ROOT => return Err(Fault::WrongNamespace),
        _ => return Err(Fault::WrongRoot),
    }
    let location = attributes.iter().find(|attribute| attribute.xsi && attribute.name == "schemaLocation");
    match location.and_then(|attribute| schema_version(&attribute.value)) {
        Some(version) if version != "3.5" && !version.starts_with("3.5.") => Err(Fault::WrongVersion),
        _ => Ok(()),
    }
}
