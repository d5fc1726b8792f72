//! What the tests share: reading a file into its reports.

use std::fs;
use std::path::{Path, PathBuf};

use exchange::nemsis::{FileSummary, Limits, Problem, ReportDraft, ReportOutcome, read_reports};

/// Everything that one file gave.
pub struct Read {
    pub valid: Vec<ReportDraft>,
    pub invalid: Vec<Vec<Problem>>,
    pub result: Result<FileSummary, Problem>,
}

pub fn read(bytes: &[u8]) -> Read {
    let (mut valid, mut invalid) = (Vec::new(), Vec::new());
    let result = read_reports(bytes, &Limits::default(), &mut |outcome| match outcome {
        ReportOutcome::Valid(draft) => valid.push(*draft),
        ReportOutcome::Invalid(problems) => invalid.push(problems),
    });
    Read { valid, invalid, result }
}

pub fn fixture_text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    fs::read_to_string(path).expect("the fixture is there")
}

/// The reports of a fixture without any problem.
#[allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]
pub fn fixture(name: &str) -> Vec<ReportDraft> {
    let read = read(fixture_text(name).as_bytes());
    assert_eq!((read.result.map(|summary| summary.invalid), read.invalid), (Ok(0), vec![]), "{name}");
    read.valid
}

/// The folder of real NEMSIS files, if it was given.
#[allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]
pub fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("PORCHLIGHT_SAMPLES").map(|root| PathBuf::from(root).join("nemsis"));
    if folder.is_none() {
        println!("skipped: PORCHLIGHT_SAMPLES names no folder of real NEMSIS files");
    }
    folder
}
