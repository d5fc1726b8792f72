//! Reads NEMSIS 3.5 EMS data sets (`EMSDataSet` in `http://www.nemsis.org`).
//!
//! The file is read once, as a stream: each `PatientCareReport` is checked against our own table
//! (`table`) while it passes and handed over as it closes, so memory depends on the largest report, not
//! on the file. What is not read (crew, payment, injuries, vitals, …) must be well-formed and is dropped.
//!
//! A report is valid if, in the sections read, every required element is present, nothing is there that
//! the standard does not define or repeat, and every value is of its type: what the XSDs of
//! 3.5.1.250403CP1 accept, except that neither the order of elements nor
//! white space in an empty one is held against a report. A wrong report
//! gives located problems and nothing of itself; the others go on. Problems never quote the file: its
//! values are personal data.
//!
//! ```
//! use exchange::nemsis::{Limits, read_reports};
//! let problem = read_reports(&b"<EMSDataSet/>"[..], &Limits::default(), &mut |_| ()).unwrap_err();
//! assert_eq!((problem.code, problem.line), ("wrong_namespace", 1));
//! ```

mod build;
mod codes;
mod draft;
mod extract;
mod input;
mod limits;
mod problem;
mod read;
mod table;
mod value;

pub use codes::*;
pub use draft::*;
pub use limits::Limits;
pub use problem::Problem;
pub use read::{FileSummary, ReportOutcome, read_reports};
