//! `porchlight-server`: the county server and its administration, in one binary.

mod cli;

use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("PORCHLIGHT_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new(if arguments.serves() { "info" } else { "warn" })
    });
    // Logs carry ids and codes only; standard output stays for what was asked.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    cli::run(arguments).await
}
