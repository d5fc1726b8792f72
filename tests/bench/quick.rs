//! `porchlight-bench` runs to its end and writes every figure. Values are not looked at: speed is never asserted.

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use tests::bench::figures::{FIGURES, POSTGRES};

#[test]
fn a_quick_run_writes_every_figure_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bench/results.jsonl");
    let bench =
        Command::new(env!("CARGO_BIN_EXE_porchlight-bench")).arg("--quick").arg("--out").arg(&out).output();
    let bench = bench.unwrap();
    assert!(bench.status.success(), "{}", String::from_utf8_lossy(&bench.stderr));

    let text = std::fs::read_to_string(out).unwrap();
    let figures: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: BTreeSet<&str> = figures.iter().map(|figure| figure["name"].as_str().unwrap()).collect();
    let expected: BTreeSet<&str> = FIGURES.iter().chain(&POSTGRES).map(|(name, _)| *name).collect();
    assert_eq!(names, expected);
    assert_eq!(figures.len(), expected.len(), "each once");
    for figure in &figures {
        assert!(figure["value"].as_f64().is_some_and(f64::is_finite), "{figure}");
        assert!(figure["unit"].as_str().is_some_and(|unit| !unit.is_empty()), "{figure}");
        assert!(figure["n"].as_u64().is_some_and(|n| n > 0), "{figure}");
    }
    let said = String::from_utf8_lossy(&bench.stdout);
    assert!(said.contains("--peers"), "it says what was left out: {said}");
    assert!(
        said.trim_end().lines().last().is_some_and(|line| line.starts_with("porchlight-bench: ")),
        "{said}"
    );
}
