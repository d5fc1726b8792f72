//! Measures Porchlight's figures. See `tests::bench`.

use clap::Parser;
use std::path::PathBuf;
use tests::bench::roles::{Role, play};
use tests::bench::{Size, run};

/// Measures what Porchlight promises in numbers, on real processes, disks and sockets of this machine.
#[derive(Parser)]
struct Arguments {
    /// Where the figures go, one JSON object per line.
    #[arg(long, default_value = "target/bench/results.jsonl")]
    out: PathBuf,
    /// A folder with the harnesses of other programs, to be compared with.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Only shows that everything runs: a few people, and figures that mean nothing.
    #[arg(long)]
    quick: bool,
    /// Plays a part in a measurement that another process of this program runs.
    #[arg(long, hide = true, requires = "folder")]
    role: Option<Role>,
    /// Where the county, the device or the app of that part has its data; else, where everything is kept while it is
    /// measured.
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let (Some(role), Some(folder)) = (arguments.role, &arguments.folder) {
        return play(role, folder).await;
    }
    match &arguments.peers {
        None => println!("Comparisons with other programs need --peers FOLDER; they are left out."),
        Some(_) => {
            println!("Comparisons with other programs are not part of this version; they are left out.")
        }
    }
    let temporary = tempfile::tempdir()?;
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    let size = if arguments.quick { Size::QUICK } else { Size::FULL };
    let start = std::time::Instant::now();
    let figures =
        run::run(folder, size, |what| println!("{:>4} s  {what}", start.elapsed().as_secs())).await?;
    figures.write(&arguments.out)?;
    println!("\n{}\n{}", figures.table(), figures.sentence());
    Ok(())
}
