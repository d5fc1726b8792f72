//! Foreign formats in and out. Pure: bytes in, drafts and located problems out; no disk, no clock, no
//! network. Nothing here writes a record: the importer turns drafts into changes, and a human confirms
//! what the rules below only suggest.
//!
//! - [`nemsis`] reads EMS patient care reports (NEMSIS 3.5 XML) as a stream.
//! - [`triage`] says whether a report is an opioid overdose, needs a human look, or is neither, and
//!   whether the person died.
//! - [`matching`] says whether two reports are one incident and one patient, and whether a report came
//!   again with other content.

pub mod matching;
pub mod nemsis;
pub mod triage;
