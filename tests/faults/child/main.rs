//! A process of its own, to be killed, to be searched, or to run out of disk. It says on standard output what it has
//! done, one line each, after it is done.

mod fill;
mod markers;
mod record;

use std::io::{BufRead, Write};
use std::path::Path;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["record", folder, user, last, round, order] => {
            record::run(Path::new(folder), user, last, round.parse()?, order == "acknowledge-first").await
        }
        ["markers", folder] => markers::open(Path::new(folder)).await,
        ["markers-locked", folder, user] => markers::locked(Path::new(folder), user).await,
        ["fill", folder, user, person] => fill::run(Path::new(folder), user, person).await,
        _ => anyhow::bail!("this is for the tests beside it"),
    }
}

/// Says something, at once.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Waits until the parent says something, or is gone.
fn wait() -> anyhow::Result<()> {
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}
