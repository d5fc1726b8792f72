//! A throw-away PostgreSQL cluster for one test binary, made from the distribution's packages.
//!
//! It lives in a folder of its own and goes when the process does, however that ends: a watchdog holds the other end of
//! a pipe, and when the pipe closes it stops the server and removes the folder. `initdb` and the server refuse to run
//! as root, so for root they run as the user `postgres`. `PORCHLIGHT_TEST_POSTGRES=postgres://superuser@…` names a
//! server to be used instead.
//!
//! The county server's own tests include this file by its path: they may not depend on this crate.

use server::db::postgres::{schema, url::DatabaseUrl};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

// Spelled out, because this file is included by its path.
#[path = "cluster/failing.rs"]
mod failing;

/// The role that owns the tables in tests, and the one that the server connects as.
const OWNER: &str = "porch_owner";
const SERVER: &str = "porch_server";
/// The database's own folder, in a cluster's.
const DATA: &str = "data";
/// What is migrated once and copied for every database.
const TEMPLATE: &str = "porch_template";

/// What to say where there is nothing to test with.
const MISSING: &str = "PostgreSQL is needed for these tests and was not found: install the package `postgresql` \
    (scripts/setup does), or name a server with PORCHLIGHT_TEST_POSTGRES=postgres://superuser@host";

/// A server to test with.
pub struct Cluster {
    /// Where, without a database: `postgres://{role}@{host}`; the role is filled in.
    host: String,
    /// Where it listens on loopback; 0 where it only has a socket in its folder.
    pub port: u16,
    /// A role that may do everything.
    superuser: String,
    /// The folder and the watchdog, of a cluster that was made here.
    own: Option<Own>,
}

struct Own {
    folder: PathBuf,
    /// Held open: closing it ends the cluster.
    _watchdog: Child,
}

/// A database with migrated tables, removed when dropped.
pub struct Scratch {
    name: String,
    cluster: &'static Cluster,
}

/// The cluster of this process, made when it is first asked for.
///
/// # Panics
/// Where there is no PostgreSQL: such a test fails, it is never left out.
pub async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static READY: OnceCell<()> = OnceCell::const_new();
    let cluster = CLUSTER.get_or_init(|| match std::env::var("PORCHLIGHT_TEST_POSTGRES") {
        Ok(url) => Cluster::given(&url),
        Err(_) => Cluster::start(),
    });
    READY.get_or_init(|| cluster.prepare()).await;
    cluster
}

/// A fresh database of [`cluster`].
pub async fn scratch() -> Scratch {
    cluster().await.scratch().await
}

/// Whether there are programs to make a cluster with.
pub fn is_possible() -> bool {
    programs().is_some()
}

impl Scratch {
    /// As the owner of the tables.
    pub fn owner(&self) -> DatabaseUrl {
        self.cluster.url(OWNER, &self.name)
    }

    /// As the server.
    pub fn server(&self) -> DatabaseUrl {
        self.cluster.url(SERVER, &self.name)
    }

    /// The address as text, for `--database`.
    pub fn address(&self, owner: bool) -> String {
        self.address_as(if owner { OWNER } else { SERVER })
    }

    /// The address for a role of the test's own.
    pub fn address_as(&self, role: &str) -> String {
        self.cluster.address(role, &self.name)
    }

    /// Ends every line of its roles to it, and lets no new one in before [`Scratch::let_in`].
    pub async fn shut_out(&self) {
        self.limit(0).await;
        self.end_lines().await;
    }

    /// Ends every line of its roles to it. Gives how many there were.
    pub async fn end_lines(&self) -> usize {
        let sql = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
             where datname = current_database() and usename = any($1)";
        self.superuser().await.query(sql, &[&vec![OWNER, SERVER]]).await.expect("a superuser's query").len()
    }

    /// Lets its roles in again.
    pub async fn let_in(&self) {
        self.limit(-1).await;
    }

    async fn limit(&self, lines: i32) {
        let limit = format!("alter database {} connection limit {lines}", self.name);
        self.superuser().await.batch_execute(&limit).await.expect("a superuser's statement");
    }

    /// What its server has logged; nothing of a server that somebody runs.
    pub fn log(&self) -> Vec<u8> {
        let own = self.cluster.own.as_ref();
        own.map(|own| std::fs::read(own.folder.join("log")).expect("its log")).unwrap_or_default()
    }

    /// A line that may do everything, to look behind row-level security.
    pub async fn superuser(&self) -> Client {
        self.cluster.client(&self.name).await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (url, name) = (self.cluster.address(&self.cluster.superuser, "postgres"), self.name.clone());
        let remove = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                if let Ok((client, line)) = tokio_postgres::connect(&url, NoTls).await {
                    tokio::spawn(line);
                    // What cannot be removed goes with the cluster.
                    let _ =
                        client.batch_execute(&format!("drop database if exists {name} with (force)")).await;
                }
            });
            std::io::Result::Ok(())
        });
        let _ = remove.join();
    }
}

impl Cluster {
    /// One that syncs its disk and has memory to work with, as a county's own would: for measuring.
    ///
    /// # Panics
    /// As [`cluster`].
    pub async fn durable() -> &'static Self {
        static CLUSTER: OnceCell<&'static Cluster> = OnceCell::const_new();
        let make = || Self::with(&["fsync=on", "shared_buffers=256MB", "max_wal_size=4GB"]);
        CLUSTER.get_or_init(make).await
    }

    /// One of its own kind, until this process ends.
    ///
    /// # Panics
    /// As [`cluster`].
    pub async fn with(settings: &[&str]) -> &'static Self {
        let cluster = Box::leak(Box::new(Self::make(&folder(), 0, settings)));
        cluster.prepare().await;
        cluster
    }

    /// A fresh database of this cluster.
    pub async fn scratch(&'static self) -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("porch_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let client = self.client("postgres").await;
        let make = format!("create database {name} template {} owner {OWNER}", self.template());
        client.batch_execute(&make).await.expect("a database");
        Scratch { name, cluster: self }
    }

    /// A server that somebody runs.
    fn given(url: &str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (role, host) = rest.split_once('@').unwrap_or(("postgres", rest));
        let host = host.split(['/', '?']).next().unwrap_or(host);
        Self { host: host.to_owned(), port: 0, superuser: role.to_owned(), own: None }
    }

    /// Makes a cluster that is reached by a socket in its folder, and waits until it answers.
    ///
    /// # Panics
    /// Where there is no PostgreSQL.
    pub fn start() -> Self {
        Self::make(&folder(), 0, &[])
    }

    /// One that also listens on a free port of loopback, under TLS.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub fn start_with_tls(certificate: &str, key: &str) -> Self {
        let folder = folder();
        for (name, text) in [("tls.crt", certificate), ("tls.key", key)] {
            let file = folder.join(name);
            std::fs::write(&file, text).expect("a file of ours");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("a file of ours");
            give_away(&file);
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.expect("a free port").port();
        let (crt, key) = (folder.join("tls.crt"), folder.join("tls.key"));
        let files =
            [format!("ssl_cert_file='{}'", crt.display()), format!("ssl_key_file='{}'", key.display())];
        let settings = ["listen_addresses='localhost'", "ssl=on", &files[0], &files[1]];
        Self::make(&folder, port, &settings)
    }

    fn make(folder: &Path, port: u16, settings: &[&str]) -> Self {
        let programs = programs().expect(MISSING);
        let data = folder.join(DATA);
        let mut initdb = as_its_user(&programs.join("initdb"));
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        initdb.arg("--pgdata").arg(&data).current_dir(folder).stdin(Stdio::null());
        let made = initdb.output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        Self::run(&programs, folder, port, settings)
    }

    /// Runs the server on the data in `folder`, and waits until it answers.
    fn run(programs: &Path, folder: &Path, port: u16, settings: &[&str]) -> Self {
        let setting = format!("port={}", if port == 0 { 5432 } else { port });
        let settings: Vec<&str> = settings.iter().copied().chain([setting.as_str()]).collect();
        let own = Own { _watchdog: serve(programs, folder, &settings), folder: folder.to_owned() };
        let host = folder.to_str().expect("a plain path").replace('/', "%2F");
        let cluster = Self { host, port, superuser: "postgres".to_owned(), own: Some(own) };
        cluster.await_ready(programs);
        cluster
    }

    /// Waits until it takes connections, by the program that is made for it.
    fn await_ready(&self, programs: &Path) {
        let Some(own) = &self.own else { return };
        for _ in 0..600 {
            let mut asks = Command::new(programs.join("pg_isready"));
            asks.arg("--quiet").arg("--timeout=1").arg("--host").arg(&own.folder);
            asks.arg("--port").arg(if self.port == 0 { "5432".to_owned() } else { self.port.to_string() });
            if asks.status().is_ok_and(|status| status.success()) {
                return;
            }
            // Not up yet: pg_isready answers at once where nothing listens.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(own.folder.join("log")).unwrap_or_default();
        panic!("PostgreSQL did not start:\n{log}");
    }

    /// Roles and the template. Other test binaries may do the same on a server that was given.
    async fn prepare(&self) {
        let client = self.client("postgres").await;
        client.query("select pg_advisory_lock(7)", &[]).await.expect("a turn");
        for role in [format!("{OWNER} createrole"), SERVER.to_owned()] {
            // There already, on a server that was given.
            let _ = client.batch_execute(&format!("create role {role} login")).await;
        }
        let template = self.template();
        client.batch_execute(&format!("drop database if exists {template}")).await.expect("an old template");
        client.batch_execute(&format!("create database {template} owner {OWNER}")).await.expect("a template");
        schema::migrate(&self.url(OWNER, &template)).await.expect("migrations");
        client.batch_execute(&format!("grant porchlight to {SERVER}")).await.expect("the server's rights");
    }

    fn template(&self) -> String {
        format!("{TEMPLATE}_{}", std::process::id())
    }

    fn address(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@{}/{database}", self.host)
    }

    fn url(&self, role: &str, database: &str) -> DatabaseUrl {
        self.address(role, database).parse().expect("an address of ours")
    }

    async fn client(&self, database: &str) -> Client {
        let url = self.address(&self.superuser, database);
        let (client, line) = tokio_postgres::connect(&url, NoTls).await.expect("the cluster answers");
        tokio::spawn(line);
        client
    }
}

/// The newest version's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest =
        versions.map(|entry| entry.path()).filter(|path| path.join("bin/initdb").exists()).max_by_key(number);
    let beside = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    newest.map(|path| path.join("bin")).or_else(beside)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// A command of PostgreSQL's, by a user that it takes.
fn as_its_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

/// A new folder of the user that PostgreSQL runs as.
fn folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("porch-pg-").tempdir().expect("a folder").keep();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    give_away(&folder);
    folder
}

/// The path belongs to the user that PostgreSQL runs as.
fn give_away(path: &Path) {
    if is_root() {
        let given = Command::new("chown").arg("postgres:postgres").arg(path).status();
        assert!(given.is_ok_and(|given| given.success()), "{MISSING}");
    }
}

/// Runs the server under a watchdog that ends with our side of its pipe.
fn serve(programs: &Path, folder: &Path, settings: &[&str]) -> Child {
    let own = ["listen_addresses=''", "fsync=off", "max_connections=300", "shared_buffers=64MB"];
    let sockets = format!("unix_socket_directories='{}'", folder.display());
    let settings = own.iter().copied().chain([sockets.as_str()]).chain(settings.iter().copied());
    let config = settings.map(|setting| format!("{setting}\n")).collect::<String>();
    std::fs::write(folder.join("own.conf"), config).expect("its configuration");
    let script = "\"$@\" >\"$folder/log\" 2>&1 </dev/null & pid=$!
        read -r _; kill -QUIT $pid 2>/dev/null; wait $pid; rm -rf \"$folder\"";
    let mut server = as_its_user(&programs.join("postgres"));
    server
        .arg("-D")
        .arg(folder.join(DATA))
        .arg("-c")
        .arg(format!("config_file={}", folder.join("own.conf").display()));
    server.arg("-c").arg(format!("hba_file={}", folder.join(DATA).join("pg_hba.conf").display()));
    let mut watchdog = Command::new("sh");
    watchdog.arg("-c").arg(script).arg("watchdog").arg(server.get_program()).args(server.get_args());
    watchdog.env("folder", folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Of its own group, so that a terminal's Ctrl-C leaves it the time to clean up.
    watchdog.process_group(0).spawn().expect("a shell")
}
