//! The command line: parses, calls [`server::admin`], prints for people or, with `--json`, for programs.
//!
//! Answers go to standard output, and why something could not be done, with its code, to standard error.
//!
//! Exit codes: 0 done · 1 nothing could be done · 2 wrong usage, or (import, quarantine, check) some of it was not good.

use clap::{Args, Parser, Subcommand};
use domain::codes::{CodeList, Role};
use server::Limits;
use server::admin::{AdminError, County, NewUser, UserChange, copy};
use server::db::postgres::schema::migrate;
use server::place::{Backend, Place};
use server::server::clock;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

mod print;
mod subjects;

use print::Output;
use subjects::{Device, Import, Quarantine, Team, User};

/// The county server of Porchlight, and its administration.
// An address of a database stays text until it is used: clap repeats what it cannot read, and there may be a password
// in it. For the same reason nothing here can be printed for debugging.
#[derive(Parser)]
#[command(name = "porchlight-server", version, about)]
pub struct Arguments {
    /// The data folder.
    #[arg(long, global = true, env = "PORCHLIGHT_DATA", default_value = "county")]
    data: PathBuf,
    /// The file with the county's key, if it is not `county.key` in the data folder. The variable
    /// PORCHLIGHT_COUNTY_KEY is used before any file.
    #[arg(long, global = true)]
    key_file: Option<PathBuf>,
    /// The PostgreSQL database that holds the county, as postgres://role@host/database; without it the county has an
    /// embedded one in the data folder. `init` and `migrate` need the owner of the tables, everything else a role of
    /// the server's own. The variable keeps a password out of the list of processes.
    #[arg(long, global = true, env = "PORCHLIGHT_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    /// How lines of the log look: for people where standard error is a terminal, else JSON. How much of it:
    /// PORCHLIGHT_LOG, such as `warn` or `server=debug`.
    #[arg(long, global = true, env = "PORCHLIGHT_LOGS", value_enum)]
    pub logs: Option<server::logs::Format>,
    #[command(subcommand)]
    command: Command,
}

impl Arguments {
    fn place(&self) -> Result<Place, AdminError> {
        let database = match &self.database {
            Some(address) => address.parse()?,
            None => Backend::Embedded,
        };
        Ok(self.place_in(database))
    }

    fn place_in(&self, database: Backend) -> Place {
        Place { data: self.data.clone(), key_file: self.key_file.clone(), database }
    }

    /// Whether this runs the server.
    pub fn serves(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }
}

#[derive(Subcommand)]
enum Command {
    /// Make a new county.
    Init {
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its IANA time zone, such as America/New_York: decides what "today" is.
        #[arg(long)]
        timezone: String,
    },
    /// Bring the tables of a PostgreSQL database to this version, as their owner. The embedded database does it by
    /// itself.
    Migrate,
    /// Run the county.
    Serve(Serve),
    /// Teams.
    #[command(subcommand)]
    Team(Team),
    /// The people who use Porchlight.
    #[command(subcommand)]
    User(User),
    /// Make a one-time code that admits one device of a user.
    Enroll {
        /// The user, by name or id.
        user: String,
        /// The address under which the device reaches the server, if not the one that `serve` announced.
        #[arg(long)]
        server: Option<String>,
    },
    /// Devices.
    #[command(subcommand)]
    Device(Device),
    /// Say that the database was put back from a backup by other means than `restore`. Every device then offers what it
    /// still has before it is told anything.
    Restored,
    /// Take in reports of other systems. Importing the same file again makes nothing twice.
    #[command(subcommand)]
    Import(Import),
    /// Work that devices could not send.
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Write everything, as it is at this moment, to a file that only the county's key opens. The server goes on.
    Backup {
        /// The file; there must be none of that name.
        file: PathBuf,
    },
    /// Make the county again from a backup. Needs the county's key (and, with PostgreSQL, the owner of the tables).
    Restore {
        /// The backup.
        #[arg(long)]
        from: PathBuf,
        /// Put it in the place of the county that is there.
        #[arg(long)]
        yes: bool,
    },
    /// Move the county from one database to another. Stop its server first; devices go on as if nothing had happened.
    /// The variables keep a password out of the list of processes.
    Copy {
        /// Where it is: `embedded`, or postgres://… as the server's role.
        #[arg(long, env = "PORCHLIGHT_COPY_FROM", hide_env_values = true)]
        from: String,
        /// Where it goes: `embedded`, or postgres://… as the owner of the tables.
        #[arg(long, env = "PORCHLIGHT_COPY_TO", hide_env_values = true)]
        to: String,
    },
    /// List what was refused to people who may not, newest first.
    Audit {
        /// How many entries.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Look for damage: pages, the log, digests and caseload against the log.
    Check,
    /// Print the description of the HTTP interface.
    Openapi,
}

#[derive(Args, Debug)]
struct Serve {
    /// The socket to listen on.
    #[arg(long, default_value = "0.0.0.0:8443")]
    listen: SocketAddr,
    /// The address under which devices reach it, such as `https://county.example:8443`.
    #[arg(long)]
    address: Option<String>,
    /// A certificate chain in PEM form; one is made and kept if none is given.
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its private key in PEM form.
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Renew the certificate made here now, with the same key; devices go on without a word.
    #[arg(long, conflicts_with = "tls_certificate")]
    renew_certificate: bool,
    /// Where figures (`/metrics`) and health are read over plain HTTP, such as 127.0.0.1:9464. Nowhere by default.
    #[arg(long)]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    limits: LimitArguments,
}

/// What one server takes on. Whoever is told to wait loses nothing: devices send the same again.
#[derive(Args, Debug)]
struct LimitArguments {
    /// Open connections; each connected device holds one or two.
    #[arg(long, default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// Requests a minute from one address; 0 for no limit, such as behind a load balancer that hides addresses.
    #[arg(long, default_value_t = Limits::default().address_per_minute)]
    address_rate: u32,
    /// Requests a minute from one device; 0 for no limit.
    #[arg(long, default_value_t = Limits::default().device_per_minute)]
    device_rate: u32,
    /// Tries to enrol a minute from one address; 0 for no limit.
    #[arg(long, default_value_t = Limits::default().enrolments_per_minute)]
    enrolment_rate: u32,
    /// Seconds that a handshake, or the headers of a request, may take.
    #[arg(long, default_value_t = Limits::default().header_time.as_secs())]
    header_seconds: u64,
    /// Seconds that a small body may take; a large one may take longer as long as it comes.
    #[arg(long, default_value_t = Limits::default().body_time.as_secs())]
    body_seconds: u64,
    /// MiB that the bodies of all requests under way may take together.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(64..))]
    body_mib: u16,
    /// Seconds that requests under way may go on when the server is told to stop.
    #[arg(long, default_value_t = Limits::default().leave_time.as_secs())]
    leave_seconds: u64,
}

impl LimitArguments {
    fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            address_per_minute: self.address_rate,
            device_per_minute: self.device_rate,
            enrolments_per_minute: self.enrolment_rate,
            header_time: Duration::from_secs(self.header_seconds),
            body_time: Duration::from_secs(self.body_seconds),
            bodies: usize::from(self.body_mib) * 1024 * 1024,
            leave_time: Duration::from_secs(self.leave_seconds),
        }
    }
}

/// Runs a command.
pub async fn run(arguments: Arguments) -> ExitCode {
    let output = Output { json: arguments.json };
    match perform(&arguments, &output).await {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            ExitCode::from(1)
        }
    }
}

async fn open(arguments: &Arguments) -> Result<County, AdminError> {
    County::open_at(&arguments.place()?, Arc::new(clock)).await
}

async fn perform(arguments: &Arguments, output: &Output) -> Result<ExitCode, AdminError> {
    let done = Ok(ExitCode::SUCCESS);
    match &arguments.command {
        Command::Init { name, timezone } => {
            let county = County::init_at(&arguments.place()?, name, timezone, Arc::new(clock)).await?;
            output.county(&county.describe().await?, &arguments.data);
            done
        }
        Command::Migrate => {
            let Backend::Postgres(url) = arguments.place()?.database else {
                let why = "the embedded one does this by itself; give another with --database";
                return Err(AdminError::Unusable { what: "the database", why });
            };
            let (before, after) = migrate(&url).await?;
            output.migrated(before, after);
            done
        }
        Command::Serve(serve) => run_server(arguments, serve, output).await,
        Command::Team(Team::Add { name }) => {
            output.added("team", name, &open(arguments).await?.add_team(name).await?.to_string());
            done
        }
        Command::Team(Team::List) => {
            output.teams(&open(arguments).await?.teams().await?);
            done
        }
        Command::User(User::Add { name, role, team }) => {
            let new = NewUser { name: name.clone(), role: Role::from_code(role), team: team.clone() };
            output.added("user", name, &open(arguments).await?.add_user(new).await?.to_string());
            done
        }
        Command::User(User::List) => {
            output.users(&open(arguments).await?.users().await?);
            done
        }
        Command::User(User::Set { user, name, role, team, active }) => {
            let change = UserChange {
                name: name.as_deref(),
                role: role.as_deref(),
                team: team.as_deref(),
                active: *active,
            };
            output.users(&[open(arguments).await?.set_user(user, &change).await?]);
            done
        }
        Command::Enroll { user, server } => {
            output.code(&open(arguments).await?.enroll(user, server.as_deref()).await?);
            done
        }
        Command::Device(Device::List) => {
            output.devices(&open(arguments).await?.devices().await?);
            done
        }
        Command::Restored => {
            let county = open(arguments).await?;
            let epoch = county.restored().await?;
            output.new_epoch(epoch, &county.devices().await?);
            done
        }
        Command::Device(Device::Waiting) => {
            output.waiting(&open(arguments).await?.waiting().await?);
            done
        }
        Command::Device(Device::Readmit { device }) => {
            output.readmitted(&open(arguments).await?.readmit(device).await?.to_string());
            done
        }
        Command::Device(Device::Revoke { device }) => {
            output.revoked(&open(arguments).await?.revoke(device).await?.to_string());
            done
        }
        Command::Import(Import::Nemsis { files, team }) => {
            let county = open(arguments).await?;
            let team = county.team(team.as_deref()).await?;
            let led = county.is_led(team).await?;
            let mut all = Vec::new();
            for file in files {
                let report = county.import_nemsis(file, team).await?;
                output.problems(&report);
                all.push(report);
            }
            output.imported(&all, led);
            let good = all.iter().any(|file| file.valid > 0);
            let bad = all.iter().any(|file| !file.sound());
            Ok(ExitCode::from(if !bad {
                0
            } else if good {
                2
            } else {
                1
            }))
        }
        Command::Quarantine(Quarantine::Open { files }) => {
            let county = open(arguments).await?;
            let (mut taken, mut bad) = (Vec::new(), false);
            for file in files {
                match county.open_letter(file).await {
                    Ok(report) => {
                        bad |= report.refused > 0;
                        taken.push(report);
                    }
                    Err(error) => {
                        bad = true;
                        output.unopened(file, &error);
                    }
                }
            }
            output.letters(&taken);
            Ok(ExitCode::from(match (bad, taken.is_empty()) {
                (false, _) => 0,
                (true, false) => 2,
                (true, true) => 1,
            }))
        }
        Command::Backup { file } => {
            output.backed_up(&open(arguments).await?.backup(file).await?, file);
            done
        }
        Command::Restore { from, yes } => {
            let place = arguments.place()?;
            let moved = County::restore(&place, from, *yes, clock()).await?;
            output.restored(&moved, server::tls::Files::own(&place.data).key.exists());
            done
        }
        Command::Copy { from, to } => {
            let place = |text: &str| -> Result<Place, AdminError> {
                let database = if text == "embedded" { Backend::Embedded } else { text.parse()? };
                Ok(arguments.place_in(database))
            };
            output.copied(&copy(&place(from)?, &place(to)?, Arc::new(clock)).await?);
            done
        }
        Command::Audit { limit } => {
            output.audit(&open(arguments).await?.audit(*limit).await?);
            done
        }
        Command::Check => {
            let report = open(arguments).await?.check().await?;
            output.check(&report);
            Ok(if report.sound() { ExitCode::SUCCESS } else { ExitCode::from(2) })
        }
        Command::Openapi => {
            print!("{}", server::http::openapi::text());
            done
        }
    }
}

async fn run_server(arguments: &Arguments, serve: &Serve, output: &Output) -> Result<ExitCode, AdminError> {
    let files = server::limits::raise_file_limit();
    let connections = server::Limits::default().connections as u64;
    if files.is_some_and(|files| files < connections) {
        tracing::warn!(
            files,
            connections,
            "the system grants fewer open files than there may be connections"
        );
    }
    let place = arguments.place()?;
    let running = server::Server::start(server::Config {
        key_file: place.key_file,
        database: place.database,
        listen: serve.listen,
        address: serve.address.clone(),
        tls: serve.tls_certificate.clone().zip(serve.tls_key.clone()),
        renew_certificate: serve.renew_certificate,
        operator: serve.metrics,
        limits: serve.limits.limits(),
        ..server::Config::new(&place.data)
    })
    .await?;
    output.serving(&running);
    running.run(stopped()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Until somebody ends the process, from a terminal or a service manager.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
