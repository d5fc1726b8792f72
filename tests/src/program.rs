//! The real `porchlight-server` program, as an operator runs it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// The program beside this test, built where `cargo test` did not build it.
///
/// # Errors
/// When it is not there and cannot be built.
pub fn program() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).ok_or_else(|| anyhow::anyhow!("a test without a folder"))?;
    let program = folder.join("porchlight-server");
    if !program.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--quiet", "-p", "server"]).status()?;
        anyhow::ensure!(built.success(), "porchlight-server cannot be built");
    }
    Ok(program)
}

/// A running server, ended with the test.
pub struct Serving {
    child: Child,
    /// Its log, line by line. It is read as it comes: whoever writes to a full pipe stands still.
    log: Receiver<String>,
    /// What it said of itself when it was ready.
    pub said: serde_json::Value,
}

impl Serving {
    /// Serves the county in `data` on free loopback ports, its figures too, and waits until it does.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(data: &Path, more: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(program()?);
        command.arg("--data").arg(data).args(["--json", "--logs", "json", "serve"]);
        command.args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (out, log) = (child.stdout.take(), child.stderr.take());
        let (Some(out), Some(log)) = (out, log) else { anyhow::bail!("no pipes") };
        let (lines, received) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                // Nobody listens any more; it is read all the same.
                let _ = lines.send(line);
            }
        });
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        Ok(Self { child, log: received, said: serde_json::from_str(&line)? })
    }

    /// Reads the log up to a message.
    ///
    /// # Errors
    /// When it ends before.
    pub fn until_logged(&self, message: &str) -> anyhow::Result<()> {
        let found = self.log.iter().any(|line| line.contains(message));
        anyhow::ensure!(found, "the log ended without: {message}");
        Ok(())
    }

    /// Asks it to stop, as a service manager does.
    ///
    /// # Errors
    /// When there is nobody to ask.
    pub fn terminate(&self) -> anyhow::Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        anyhow::ensure!(asked.success(), "nobody to ask");
        Ok(())
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// The system's.
    pub fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait()
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// The system's.
    pub fn kill(&mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
