//! Makes and serves the demo county, and opens the app on it. See `tests::demo`.

use app::{App, Config, Preference, system_clock};
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use tests::bridge::Bridge;
use tests::demo::Demo;

/// Serves a county of invented people, and opens the app on it as one of its workers.
#[derive(Parser)]
struct Arguments {
    /// Where the demo county lies; it is made at the first run.
    #[arg(long)]
    folder: PathBuf,
    /// Who to be.
    #[arg(long = "as", value_parser = ["maria", "dev", "sam"], default_value = "maria")]
    who: String,
    /// Serve these built screens to a browser on this machine, instead of running a command.
    #[arg(long)]
    screens: Option<PathBuf>,
    /// The program to run, with PORCHLIGHT_DATA naming the worker's folder.
    #[arg(last = true)]
    command: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let demo = Demo::start(&arguments.folder, |what| println!("{what}")).await?;
    let data = demo.data(&arguments.who);
    let hint = Demo::hint(&arguments.who);
    if let Some(screens) = &arguments.screens {
        let config = Config { folder: data, secrets: Preference::FileOnly, clock: system_clock() };
        let bridge = Bridge::start(App::new(config), screens, SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        println!("Open {} in a browser on this machine; Ctrl-C ends it.\n{hint}", bridge.url);
        tokio::signal::ctrl_c().await?;
    } else if let Some((program, rest)) = arguments.command.split_first() {
        println!("{hint}");
        tokio::process::Command::new(program).args(rest).env("PORCHLIGHT_DATA", &data).status().await?;
    } else {
        println!("{hint}");
    }
    demo.stop().await;
    Ok(())
}
