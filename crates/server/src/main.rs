//! `porchlight-server`: the county server and its administration, in one binary.

mod cli;

use clap::Parser;
use server::logs;
use std::process::ExitCode;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("PORCHLIGHT_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new(if arguments.serves() { "info" } else { "warn" })
    });
    let format = arguments.logs.unwrap_or_else(logs::Format::for_stderr);
    // Standard output stays for what was asked. Only a second log fails to start, and this is the first.
    let _ = logs::subscriber(filter, format, std::io::stderr).try_init();
    if arguments.serves() {
        logs::panics_without_words();
    }
    cli::run(arguments).await
}
