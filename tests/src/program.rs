//! The real `porchlight-server` program, as an operator runs it.

use serde_json::Value;
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

/// Whoever runs the county, one command after the other.
pub struct Operator {
    /// The data folder.
    pub data: PathBuf,
    /// Words that go before each command, such as where its database is.
    pub words: Vec<String>,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// Its answer.
    pub out: String,
    /// What it complained of.
    pub err: String,
}

impl Operator {
    /// Of the county in `data`.
    pub fn of(data: &Path) -> Self {
        Self { data: data.to_owned(), words: Vec::new() }
    }

    /// Of the county in `data` whose rows are in another database.
    pub fn with(data: &Path, database: &str) -> Self {
        Self { data: data.to_owned(), words: vec!["--database".to_owned(), database.to_owned()] }
    }

    /// A command that was not run yet.
    ///
    /// # Errors
    /// When the program is not there and cannot be built.
    pub fn command(&self, words: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(program()?);
        command.arg("--data").arg(&self.data).args(&self.words).args(words);
        Ok(command)
    }

    /// Runs a command, which answers in words for people.
    ///
    /// # Errors
    /// When it cannot be run at all.
    pub fn says(&self, words: &[&str]) -> anyhow::Result<Said> {
        let done = self.command(words)?.output()?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(Said { code: done.status.code().unwrap_or(-1), out: text(&done.stdout), err: text(&done.stderr) })
    }

    /// Runs a command with `--json`: what it answers, and its exit code.
    ///
    /// # Errors
    /// When it cannot be run at all.
    pub fn run(&self, words: &[&str]) -> anyhow::Result<(Value, i32)> {
        let said = self.says(&[&["--json"], words].concat())?;
        Ok((serde_json::from_str(&said.out).unwrap_or(Value::Null), said.code))
    }

    /// Runs a command that must be refused with this code, once for people and once for programs; gives what it said.
    ///
    /// # Errors
    /// When it was not, or not as every command refuses.
    pub fn refused(&self, words: &[&str], code: &str) -> anyhow::Result<String> {
        let plain = self.says(words)?;
        let as_words = plain.err.starts_with("error: ") && plain.err.ends_with(&format!(" [{code}]\n"));
        anyhow::ensure!(plain.code == 1 && plain.out.is_empty() && as_words, "not {code}: {plain:?}");
        let json = self.says(&[&["--json"], words].concat())?;
        let error: Value = serde_json::from_str(&json.err)?;
        let as_json = error["error"]["code"] == code && error["error"]["message"].is_string();
        anyhow::ensure!(json.code == 1 && json.out.is_empty() && as_json, "not {code}: {json:?}");
        Ok(plain.err + &json.err)
    }
}

/// A running server, ended with the test.
pub struct Serving {
    child: Child,
    /// Its log, line by line. It is read as it comes: whoever writes to a full pipe stands still.
    log: Receiver<String>,
    /// What it said of itself when it was ready.
    pub said: Value,
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
