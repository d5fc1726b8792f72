//! Porchlight beside other programs: the same documents, in turns, through the same counting proxy.
//!
//! The harness is a folder of its own (`make bench PEERS=folder`), with a workload, a proxy that counts, delays and
//! cuts, PouchDB, and a *floor*: the least that an encrypted client and a durable server can do, without
//! authorization, TLS, caseloads, search or merge. Porchlight takes part as `porchlight-peer`, whose two halves are
//! [`county`] and [`device`]; [`documents`] says what becomes of a document.
//!
//! Every round runs each program once at each delay, so that whatever else the machine does falls on all of them.

use super::figures::Figures;
use super::median;
use anyhow::Context;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use tokio::process::Command;

pub mod county;
pub mod device;
pub mod documents;

/// Where the harness is, and what it installed.
pub struct Harness {
    /// Its scripts.
    pub scripts: PathBuf,
    /// What its `setup.sh` made.
    pub work: PathBuf,
    /// How many documents.
    pub documents: usize,
    /// How many rounds.
    pub rounds: usize,
}

/// A line of the harness.
#[derive(Debug, Deserialize)]
struct Step {
    peer: String,
    what: String,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    ms: f64,
    #[serde(default)]
    up: f64,
    #[serde(default)]
    down: f64,
    ok: Option<bool>,
    complete: Option<bool>,
    error: Option<String>,
}

/// One way: half of a round trip of 50 ms.
const DELAY: u64 = 25;
/// Every connection is reset after so many bytes.
const CUT: usize = 300_000;

impl Harness {
    /// Runs the rounds and notes the comparisons.
    ///
    /// # Errors
    /// A program that fails, or that does not end with every document.
    pub async fn compare(&self, figures: &mut Figures, say: impl Fn(&str)) -> anyhow::Result<()> {
        let mut steps = Vec::new();
        for round in 1..=self.rounds {
            for delay in [0, DELAY] {
                let rtt = 2 * delay;
                say(&format!("Beside others: round {round} of {}, {rtt} ms round trip", self.rounds));
                steps.extend(self.run("pouch.mjs", delay, &[]).await?);
                let floor = self.work.join("target/release/floor");
                steps.extend(self.line_peer("floor", [&floor, &floor], ["serve", "client"], delay).await?);
                let ours = std::env::current_exe()?.with_file_name("porchlight-peer");
                steps.extend(self.line_peer("ours", [&ours, &ours], ["server", "client"], delay).await?);
            }
        }
        for step in &steps {
            let well = step.error.is_none() && step.ok != Some(false) && step.complete != Some(false);
            anyhow::ensure!(well, "a program of the comparison failed: {step:?}");
        }
        self.judge(&steps, figures)
    }

    /// A program behind the line protocol: its two halves, and the word that chooses between them.
    async fn line_peer(
        &self,
        name: &str,
        [server, client]: [&Path; 2],
        [serve, play]: [&str; 2],
        delay: u64,
    ) -> anyhow::Result<Vec<Step>> {
        let server = format!("{} {serve}", server.display());
        let client = format!("{} {play}", client.display());
        // The harness counts what enters its proxy, and what is still delayed there is lost with the connection. A
        // server that sends 300 kB within the delay therefore never gets a byte through, however small its frames.
        let cut = if delay == 0 { CUT } else { 0 }.to_string();
        let more = ["--name", name, "--server", &server, "--client", &client, "--cut", &cut];
        self.run("external.mjs", delay, &more).await
    }

    async fn run(&self, script: &str, delay: u64, more: &[&str]) -> anyhow::Result<Vec<Step>> {
        let mut node = Command::new("node");
        node.arg(self.scripts.join(script)).env("PEER_MODULES", self.work.join("node"));
        node.args(["--n", &self.documents.to_string(), "--reps", "1", "--delay", &delay.to_string()]);
        let out = node.args(more).stderr(std::process::Stdio::inherit()).kill_on_drop(true).output().await?;
        anyhow::ensure!(out.status.success(), "{script} failed");
        let lines = std::str::from_utf8(&out.stdout)?.lines();
        lines.map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    }

    fn judge(&self, steps: &[Step], figures: &mut Figures) -> anyhow::Result<()> {
        let all = |peer: &str, what: &str, delay: u64, value: fn(&Step) -> f64| {
            let of =
                steps.iter().filter(|step| step.peer == peer && step.what == what && step.delay_ms == delay);
            let mut values: Vec<f64> = of.map(value).collect();
            anyhow::ensure!(!values.is_empty(), "{peer} said nothing about {what}");
            Ok(median(&mut values))
        };
        let n = self.rounds;
        let ratio = |peer: &str, what: &str, delay| -> anyhow::Result<f64> {
            Ok(all(peer, what, delay, |step| step.ms)? / all("ours", what, delay, |step| step.ms)?)
        };
        let faster = format!("x as fast as PouchDB, {} visits, loopback", self.documents);
        let faster_far = format!("x as fast as PouchDB, {} visits, 50 ms round trip", self.documents);
        figures.put("first_pull_vs_pouchdb", ratio("pouchdb", "pull", 0)?, &faster, n);
        figures.put("first_pull_vs_pouchdb_50ms", ratio("pouchdb", "pull", DELAY)?, &faster_far, n);
        figures.put("push_vs_pouchdb", ratio("pouchdb", "push", 0)?, &faster, n);
        figures.put("push_vs_pouchdb_50ms", ratio("pouchdb", "push", DELAY)?, &faster_far, n);
        let slower = format!("x the floor's time, {} visits, loopback", self.documents);
        figures.put("first_pull_over_floor", 1.0 / ratio("floor", "pull", 0)?, &slower, n);
        figures.put("push_over_floor", 1.0 / ratio("floor", "push", 0)?, &slower, n);
        let bytes = |step: &Step| step.up + step.down;
        let cut = all("ours", "pull_cut", 0, bytes)? / all("ours", "pull", 0, bytes)?;
        figures.put("cut300k_bytes_ratio", cut, "x the bytes of a whole first pull, reset every 300 kB", n);
        let each = |what| all("ours", what, 0, bytes).map(|bytes| bytes / self.documents as f64);
        figures.put("document_push_bytes", each("push")?, "HTTP bytes both ways per 992-byte document", n);
        figures.put(
            "document_pull_bytes",
            each("pull")?,
            "HTTP bytes both ways per 992-byte document, its people included",
            n,
        );
        Ok(())
    }
}
