//! Porchlight behind the line protocol of the peers' harness. See `tests::bench::peers`.

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use tests::bench::peers::{county, device};

/// Lets the harness that measures other programs measure Porchlight, too.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
    /// Where the county or the device has its data.
    #[arg(long, env = "PEER_DIR", global = true, default_value = ".")]
    folder: PathBuf,
}

#[derive(Subcommand)]
enum Part {
    /// The county's server, without TLS, on loopback.
    Server {
        /// Its port.
        #[arg(long, env = "PEER_PORT")]
        port: u16,
    },
    /// One device, which does what it reads line by line.
    Client {
        /// Where the server is.
        #[arg(long, env = "PEER_URL")]
        url: String,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { part, folder } = Arguments::parse();
    match part {
        Part::Server { port } => county::serve(&folder, port).await,
        Part::Client { url } => device::play(&folder, &url).await,
    }
}
