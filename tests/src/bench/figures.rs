//! Results: what they are called, what they should be, and how they are written.

use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// One result.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it counts, and of what.
    pub unit: String,
    /// How many measurements stand behind it.
    pub n: usize,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Told, and judged by nobody, or in comparison with a peer.
    Told(&'static str),
}

use Target::{AtLeast, AtMost, Told};

/// Every figure, in the order of the table, with its target.
pub const FIGURES: [(&str, Target); 45] = [
    ("unlock_over_kdf", AtMost(1.1)),
    ("list_p95_ms", AtMost(16.0)),
    ("person_p95_ms", AtMost(16.0)),
    ("search_p95_ms", AtMost(30.0)),
    ("save_over_insert", AtMost(2.0)),
    ("first_pull_per_s", Told(">= 8 x PouchDB")),
    ("push_per_s", Told(">= 5 x PouchDB")),
    ("search_ready_ms", AtMost(10_000.0)),
    ("first_pull_round_trips", AtMost(4.0)),
    ("push_bytes_per_visit", AtMost(205.0)),
    ("pull_bytes_per_visit", AtMost(205.0)),
    ("ten_changes_requests", AtMost(1.0)),
    ("ten_changes_bytes", AtMost(260.0)),
    ("noop_requests", AtMost(1.0)),
    ("noop_bytes", AtMost(600.0)),
    ("visible_ms", AtMost(20.0)),
    ("visible_p95_ms", Told("")),
    ("device_peak_mb", AtMost(120.0)),
    ("server_peak_mb", AtMost(150.0)),
    ("county_push_per_s", AtLeast(5_000.0)),
    ("monday_p99_ms", AtMost(2_000.0)),
    ("monday_p50_ms", Told("")),
    ("monday_lasts_s", Told("")),
    ("monday_errors", AtMost(0.0)),
    ("monday_server_mib", AtMost(300.0)),
    ("idle_devices", AtLeast(5_000.0)),
    ("idle_kib_each", AtMost(40.0)),
    ("idle_all_heard_ms", AtMost(1_000.0)),
    ("growth_ratio", AtMost(1.3)),
    ("growth_digest_ratio", AtMost(1.3)),
    ("growth_caseload_ratio", AtMost(1.3)),
    ("growth_bytes_ratio", AtMost(1.05)),
    ("growth_sync_ms", Told("")),
    ("growth_digest_ms", Told("")),
    ("growth_caseload_ms", Told("")),
    ("growth_bytes", Told("")),
    ("thin_ten_s", AtMost(5.0)),
    ("thin_ten_cold_s", AtMost(5.0)),
    ("thin_first_progress_s", Told("")),
    ("thin_first_people_s", Told("")),
    ("thin_joined_people_s", AtMost(1.0)),
    ("thin_first_sync_s", Told("")),
    ("thin_cut_sync_s", Told("")),
    ("thin_cut_tries", Told("")),
    ("server_start_mb", Told("")),
];

/// Every figure that needs PostgreSQL on this machine.
pub const POSTGRES: [(&str, Target); 17] = [
    ("county_push_per_s_postgres", AtLeast(3_000.0)),
    ("monday_p99_ms_postgres", AtMost(2_000.0)),
    ("monday_p50_ms_postgres", Told("")),
    ("monday_lasts_s_postgres", Told("")),
    ("monday_errors_postgres", AtMost(0.0)),
    ("monday_server_mib_postgres", AtMost(300.0)),
    ("idle_devices_postgres", AtLeast(5_000.0)),
    ("idle_kib_each_postgres", AtMost(40.0)),
    ("idle_all_heard_ms_postgres", AtMost(1_000.0)),
    ("growth_ratio_postgres", AtMost(1.3)),
    ("growth_digest_ratio_postgres", AtMost(1.3)),
    ("growth_caseload_ratio_postgres", AtMost(1.3)),
    ("growth_bytes_ratio_postgres", AtMost(1.05)),
    ("growth_sync_ms_postgres", Told("")),
    ("growth_digest_ms_postgres", Told("")),
    ("growth_caseload_ms_postgres", Told("")),
    ("growth_bytes_postgres", Told("")),
];

/// Every figure beside other programs.
pub const COMPARISONS: [(&str, Target); 9] = [
    ("first_pull_vs_pouchdb", AtLeast(8.0)),
    ("first_pull_vs_pouchdb_50ms", AtLeast(20.0)),
    ("first_pull_over_floor", AtMost(2.0)),
    ("push_vs_pouchdb", AtLeast(5.0)),
    ("push_vs_pouchdb_50ms", AtLeast(14.0)),
    ("push_over_floor", AtMost(2.0)),
    ("cut300k_bytes_ratio", AtMost(1.1)),
    ("document_push_bytes", AtMost(205.0)),
    ("document_pull_bytes", AtMost(205.0)),
];

impl Target {
    fn words(self) -> String {
        match self {
            AtMost(most) => format!("<= {most}"),
            AtLeast(least) => format!(">= {least}"),
            Told(words) => words.to_owned(),
        }
    }

    fn met(self, value: f64) -> Option<bool> {
        match self {
            AtMost(most) => Some(value <= most),
            AtLeast(least) => Some(value >= least),
            Told(_) => None,
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// Notes a result.
    pub fn put(&mut self, name: &'static str, value: f64, unit: &str, n: usize) {
        self.0.push(Figure { name, value: (value * 1_000.0).round() / 1_000.0, unit: unit.to_owned(), n });
    }

    fn ordered(&self) -> impl Iterator<Item = (&Figure, Target)> {
        FIGURES.iter().chain(&POSTGRES).chain(&COMPARISONS).filter_map(|(name, target)| {
            self.0.iter().find(|figure| figure.name == *name).map(|figure| (figure, *target))
        })
    }

    /// Writes one JSON object per line.
    ///
    /// # Errors
    /// The disk's; and a figure that is in no table.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        anyhow::ensure!(self.ordered().count() == self.0.len(), "some figure has no target");
        let lines = self.ordered().map(|(figure, _)| serde_json::to_string(figure));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(file, lines.join("\n") + "\n")?)
    }

    /// The table for people: figure, value, target, and whether it was met.
    pub fn table(&self) -> String {
        let mut text = format!("{:<24}{:>12}  {:<20}{:<6}\n", "figure", "value", "target", "");
        for (figure, target) in self.ordered() {
            let met = target.met(figure.value).map_or("", |met| if met { "met" } else { "MISSED" });
            let (name, value, n) = (figure.name, figure.value, figure.n);
            // Writing to text does not fail.
            let _ = writeln!(
                text,
                "{name:<24}{value:>12}  {:<20}{met:<8}{} (n = {n})",
                target.words(),
                figure.unit
            );
        }
        text + &self.beside()
    }

    /// What was measured on both databases, side by side.
    fn beside(&self) -> String {
        let mut text = String::new();
        for (postgres, _) in self.ordered() {
            let Some(name) = postgres.name.strip_suffix("_postgres") else { continue };
            let Some((embedded, _)) = self.ordered().find(|(figure, _)| figure.name == name) else {
                continue;
            };
            if text.is_empty() {
                text = format!("\n{:<24}{:>12}{:>12}{:>8}\n", "on both", "embedded", "PostgreSQL", "ratio");
            }
            let (own, other) = (embedded.value, postgres.value);
            let ratio = if own == 0.0 { String::new() } else { format!("{:.2}", other / own) };
            let _ = writeln!(text, "{name:<24}{own:>12}{other:>12}{ratio:>8}");
        }
        text
    }

    /// One line that says what came of it.
    pub fn sentence(&self) -> String {
        let judged: Vec<_> =
            self.ordered().filter_map(|(f, target)| Some((f.name, target.met(f.value)?))).collect();
        let missed: Vec<_> = judged.iter().filter(|(_, met)| !met).map(|(name, _)| *name).collect();
        let rest = if missed.is_empty() { String::new() } else { format!("; missed: {}", missed.join(", ")) };
        format!("porchlight-bench: {} of {} targets met{rest}", judged.len() - missed.len(), judged.len())
    }
}
