//! Serves the screens to a browser on this machine. See `tests::bridge`.

use app::{App, Config, Preference, system_clock};
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Serves Porchlight's screens to a browser on this machine: for tests and demonstrations, never for field work.
#[derive(Parser)]
struct Arguments {
    /// The app's data folder.
    #[arg(long, env = "PORCHLIGHT_DATA")]
    folder: PathBuf,
    /// The built screens.
    #[arg(long, default_value = "ui/dist")]
    screens: PathBuf,
    /// A loopback address; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config { folder: arguments.folder, secrets: Preference::FileOnly, clock: system_clock() };
    let bridge = tests::bridge::Bridge::start(App::new(config), &arguments.screens, arguments.listen).await?;
    println!("Open {} in a browser on this machine.", bridge.url);
    bridge.task.await?;
    Ok(())
}
