//! A child process in one of the roles, and how it is spoken to.

use super::roles::{Ask, Role};
use anyhow::Context;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

/// A running child.
pub struct Child {
    /// Its data folder.
    pub folder: PathBuf,
    /// What it said first.
    pub said: Value,
    process: tokio::process::Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts this program again.
    ///
    /// # Errors
    /// What the system says, or the child.
    pub async fn start(role: Role, folder: PathBuf) -> anyhow::Result<Self> {
        Self::start_with(role, folder, None).await
    }

    /// Starts this program as a server, of a county in another database where one is given.
    ///
    /// # Errors
    /// As [`Child::start`].
    pub async fn serve(folder: PathBuf, database: Option<String>) -> anyhow::Result<Self> {
        Self::start_with(Role::Server, folder, database).await
    }

    async fn start_with(role: Role, folder: PathBuf, database: Option<String>) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--role", role.name(), "--folder"])
            .arg(&folder)
            .args(database.iter().flat_map(|address| ["--database", address.as_str()]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let to = process.stdin.take().context("no input")?;
        let from = BufReader::new(process.stdout.take().context("no output")?).lines();
        let mut child = Self { folder, said: Value::Null, process, to, from };
        child.said = child.read().await?;
        Ok(child)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The child's.
    pub async fn ask<T: DeserializeOwned>(&mut self, ask: &Ask) -> anyhow::Result<T> {
        self.begin(ask).await?;
        self.end().await
    }

    /// Asks something that has no answer but that it was done.
    ///
    /// # Errors
    /// The child's.
    pub async fn tell(&mut self, ask: &Ask) -> anyhow::Result<()> {
        self.ask::<Value>(ask).await.map(drop)
    }

    /// Asks.
    ///
    /// # Errors
    /// The child is gone.
    pub async fn begin(&mut self, ask: &Ask) -> anyhow::Result<()> {
        let line = format!("{}\n", serde_json::to_string(ask)?);
        self.to.write_all(line.as_bytes()).await?;
        Ok(self.to.flush().await?)
    }

    /// Waits for the answer to what was asked.
    ///
    /// # Errors
    /// The child's.
    pub async fn end<T: DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        Ok(serde_json::from_value(self.read().await?)?)
    }

    /// The most memory it ever had, in megabytes: `VmHWM`, resident.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn peak_mb(&self) -> anyhow::Result<f64> {
        Ok(self.kib("VmHWM:")? * 1_024.0 / 1e6)
    }

    /// Its memory now, in KiB: `VmRSS`.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn resident_kib(&self) -> anyhow::Result<f64> {
        self.kib("VmRSS:")
    }

    fn kib(&self, name: &str) -> anyhow::Result<f64> {
        let id = self.process.id().context("the child has ended")?;
        let status = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }

    /// Lets it end by itself.
    ///
    /// # Errors
    /// What the system says.
    pub async fn stop(self) -> anyhow::Result<()> {
        let Self { mut process, to, .. } = self;
        drop(to);
        process.wait().await?;
        Ok(())
    }

    async fn read(&mut self) -> anyhow::Result<Value> {
        let line = self.from.next_line().await?.context("a child ended early")?;
        let answer: Value = serde_json::from_str(&line)?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(anyhow::anyhow!("{error}")),
            None => Ok(answer),
        }
    }
}
