//! This program again, in a process of its own: a server, a device or an app. It reads one request per line and
//! answers each with one line, both JSON. It ends with its standard input.

use super::device::Device;
use super::live::Live;
use crate::demo::Dice;
use anyhow::Context;
use clap::ValueEnum;
use domain::{PersonId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use server::{Config, Server};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// What a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// The county's server.
    Server,
    /// A device that syncs when it is asked to.
    Device,
    /// The app, which syncs by itself.
    App,
}

impl Role {
    /// Its name as an argument.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Device => "device",
            Self::App => "app",
        }
    }
}

/// What a child is asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Ask {
    /// A device: joins the county, by another address of it where one is given.
    Enrol {
        /// The one-time code.
        code: String,
        /// The other address.
        through: Option<String>,
    },
    /// A device: opens the vault that an app left in this data folder.
    Open {
        /// The app's folder.
        data: PathBuf,
        /// Whose vault.
        user: UserId,
    },
    /// A device: adds people.
    AddPeople {
        /// How many.
        count: usize,
        /// Of the words.
        seed: u64,
    },
    /// A device: records visits of everybody that it added.
    VisitAll {
        /// How many of each.
        each: usize,
        /// Of the words.
        seed: u64,
    },
    /// A device: records a visit of one of the first people it lists, `count` times.
    Visit {
        /// How often.
        count: usize,
        /// Of the words.
        seed: u64,
    },
    /// A device: [`super::device::Synced`].
    Sync,
    /// A device: [`super::reads::Reads`].
    Reads {
        /// How often.
        runs: usize,
    },
    /// A device: a ratio.
    Saves {
        /// How often.
        runs: usize,
    },
    /// A device: a ratio. It is locked afterwards.
    Unlocks {
        /// How often.
        runs: usize,
    },
    /// An app: joins the county and waits until it agrees: [`super::live::Joined`].
    Join {
        /// The one-time code.
        code: String,
    },
    /// An app: waits until nothing is unsent and the digests match.
    Settle,
    /// An app: some people of its caseload.
    People,
    /// An app: records an attempt with a note; the moment before it began.
    Attempt {
        /// Whom it tried to reach.
        person: PersonId,
        /// The note.
        note: String,
    },
    /// An app: waits until a note is on a person's page; the moment at which it is.
    Await {
        /// Whose page.
        person: PersonId,
        /// The note.
        note: String,
    },
    /// An app: locks.
    Lock,
}

/// Plays a role until standard input ends.
///
/// # Errors
/// What the server says when it starts. What is asked later is answered, with `error` where it failed.
pub async fn play(role: Role, folder: &Path, database: Option<&str>) -> anyhow::Result<()> {
    let mut asked = asked();
    if role == Role::Server {
        server::limits::raise_file_limit();
        let mut config = Config::new(folder);
        if let Some(address) = database {
            config.database = address.parse()?;
        }
        let running = Server::start(config).await?;
        println!("{}", json!({ "listen": running.listen }));
        while asked.recv().await.is_some() {}
        running.stop().await;
        return Ok(());
    }
    println!("{}", json!({}));
    let mut player = Player { folder: folder.to_owned(), device: None, live: None };
    while let Some(line) = asked.recv().await {
        let answer = match serde_json::from_str(&line) {
            Ok(ask) => player.answer(ask).await,
            Err(wrong) => Err(anyhow::anyhow!("not a request: {wrong}")),
        };
        println!("{}", answer.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })));
    }
    Ok(())
}

/// Standard input blocks, so a thread of its own reads it.
fn asked() -> mpsc::UnboundedReceiver<String> {
    let (send, asked) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).all(|line| send.send(line).is_ok())
    });
    asked
}

struct Player {
    folder: PathBuf,
    device: Option<Device>,
    live: Option<Live>,
}

impl Player {
    async fn answer(&mut self, ask: Ask) -> anyhow::Result<Value> {
        match ask {
            Ask::Enrol { code, through } => {
                self.device = Some(Device::enrol(&self.folder, &code, through.as_deref()).await?);
            }
            Ask::Open { data, user } => self.device = Some(Device::open(&data, user)?),
            Ask::AddPeople { count, seed } => self.device()?.add_people(count, &mut Dice(seed))?,
            Ask::VisitAll { each, seed } => self.device()?.visit_all(each, &mut Dice(seed))?,
            Ask::Visit { count, seed } => self.device()?.visit_some(count, &mut Dice(seed))?,
            Ask::Sync => return Ok(serde_json::to_value(self.device()?.sync().await?)?),
            Ask::Reads { runs } => return Ok(serde_json::to_value(self.device()?.reads(runs)?)?),
            Ask::Saves { runs } => return Ok(json!(self.device()?.saves(runs)?)),
            Ask::Unlocks { runs } => {
                return Ok(json!(self.device.take().context("no device")?.unlocks(runs)?));
            }
            Ask::Join { code } => {
                let (live, joined) = Live::join(&self.folder, &code).await?;
                self.live = Some(live);
                return Ok(serde_json::to_value(joined)?);
            }
            Ask::Settle => self.live()?.settle().await?,
            Ask::People => return Ok(json!(self.live()?.people().await?)),
            Ask::Attempt { person, note } => return Ok(json!(self.live()?.attempt(person, &note).await?)),
            Ask::Await { person, note } => return Ok(json!(self.live()?.await_note(person, &note).await?)),
            Ask::Lock => self.live.take().context("no app")?.lock(),
        }
        Ok(json!({}))
    }

    fn device(&mut self) -> anyhow::Result<&mut Device> {
        self.device.as_mut().context("no device")
    }

    fn live(&mut self) -> anyhow::Result<&mut Live> {
        self.live.as_mut().context("no app")
    }
}
