//! Measures Porchlight's figures. See `tests::bench`.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use tests::bench::Size;
use tests::bench::peers::Harness;
use tests::bench::roles::{Role, play};
use tests::bench::run::{self, Part};

/// Measures what Porchlight promises in numbers, on real processes, disks and sockets of this machine.
#[derive(Parser)]
struct Arguments {
    /// Where the figures go, one JSON object per line.
    #[arg(long, default_value = "target/bench/results.jsonl")]
    out: PathBuf,
    /// A folder with the harness of other programs, to be compared with.
    #[arg(long, requires = "work")]
    peers: Option<PathBuf>,
    /// What the harness's `setup.sh` made.
    #[arg(long)]
    work: Option<PathBuf>,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// No county of more changes than this.
    #[arg(long, default_value_t = u64::MAX)]
    most_changes: u64,
    /// Only shows that everything runs: a few people, and figures that mean nothing.
    #[arg(long)]
    quick: bool,
    /// Trains the dictionary of the wire into this file, and measures nothing.
    #[arg(long)]
    train: Option<PathBuf>,
    /// Plays a part in a measurement that another process of this program runs.
    #[arg(long, hide = true, requires = "folder")]
    role: Option<Role>,
    /// The database of the server that is played, if not the embedded one.
    #[arg(long, hide = true, requires = "role")]
    database: Option<String>,
    /// Where the county, the device or the app of that part has its data; else, where everything is kept while it is
    /// measured.
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let (Some(role), Some(folder)) = (arguments.role, &arguments.folder) {
        return play(role, folder, arguments.database.as_deref()).await;
    }
    if let Some(file) = &arguments.train {
        return Ok(std::fs::write(file, tests::bench::dictionary::train()?)?);
    }
    let (documents, rounds) = if arguments.quick { (100, 1) } else { (10_000, 3) };
    let harness = arguments.peers.zip(arguments.work);
    let harness = harness.map(|(scripts, work)| Harness { scripts, work, documents, rounds });
    let parts = if arguments.only.is_empty() { Part::value_variants() } else { &arguments.only };
    let temporary = tempfile::tempdir()?;
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    let mut size = if arguments.quick { Size::QUICK } else { Size::FULL };
    let most = size.growth.partition_point(|size| *size <= arguments.most_changes);
    size.growth = &size.growth[..most];
    let start = std::time::Instant::now();
    let say = |what: &str| println!("{:>4} s  {what}", start.elapsed().as_secs());
    let figures = run::run(folder, size, parts, harness.as_ref(), say).await?;
    figures.write(&arguments.out)?;
    println!("\n{}\n{}", figures.table(), figures.sentence());
    Ok(())
}
