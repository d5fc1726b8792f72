//! What becomes of a cluster when its machine does not go on: killed, started again on what is left, followed by a
//! standby that takes its place.
//!
//! `kill -9` takes what the processes had in memory and leaves what they had handed to the system, so nothing here
//! depends on `fsync`; what a disk loses with its power is another matter, and not tried.

use super::{Cluster, DATA, MISSING, Own, SERVER, Scratch, as_its_user, folder, programs};
use std::process::{Command, Stdio};
use tokio_postgres::Client;

impl Scratch {
    /// The same database on another cluster: on a standby, or after a crash.
    pub fn on(&self, cluster: &'static Cluster) -> Self {
        Self { name: self.name.clone(), cluster }
    }

    /// The server's address of this database on whichever of these takes writes, as an operator of several gives it.
    pub fn address_on(&self, clusters: &[&Cluster]) -> String {
        let hosts = clusters.iter().map(|cluster| cluster.host.as_str()).collect::<Vec<_>>().join(",");
        format!("postgres://{SERVER}@{hosts}/{}", self.name)
    }
}

impl Cluster {
    /// `kill -9` of the server and of every process that it has started, all at one moment.
    ///
    /// # Panics
    /// Where it does not run, or was not made here.
    pub fn kill(&self) {
        let file = std::fs::read_to_string(self.own().folder.join(DATA).join("postmaster.pid"));
        let file = file.expect("a server that runs");
        let server = file.lines().next().expect("its number");
        signal("-STOP", &[server]);
        // It starts nobody any more; those that it has started are found by their parent.
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", server]).output().expect("ps runs");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        let all: Vec<&str> = children.split_whitespace().chain([server]).collect();
        signal("-KILL", &all);
    }

    /// From now on nobody writes down in the background what was committed: where commits do not wait for it either, it
    /// is in memory only.
    ///
    /// # Panics
    /// When the cluster does not answer.
    pub async fn hold_back(&self) {
        let sql = "select pid::text from pg_stat_activity
             where backend_type in ('walwriter', 'background writer', 'checkpointer')";
        let found = self.client("postgres").await.query(sql, &[]).await.expect("an answer");
        assert_eq!(found.len(), 3, "the writers of PostgreSQL");
        signal("-STOP", &found.iter().map(|row| row.get(0)).collect::<Vec<_>>());
    }

    /// Starts a killed cluster again on what it has left behind.
    ///
    /// # Panics
    /// As [`super::cluster`].
    pub fn started_again(&self) -> &'static Self {
        let folder = folder();
        let data = folder.join(DATA);
        std::fs::rename(self.own().folder.join(DATA), &data).expect("a folder beside it");
        std::fs::remove_file(data.join("postmaster.pid")).expect("what a killed server leaves");
        Box::leak(Box::new(Self::run(&programs().expect(MISSING), &folder, 0, &[])))
    }

    /// A standby that follows this cluster from now on.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn standby(&self) -> &'static Self {
        let (programs, folder) = (programs().expect(MISSING), folder());
        let mut copy = as_its_user(&programs.join("pg_basebackup"));
        copy.arg("--host").arg(&self.own().folder).args(["--username=postgres", "--checkpoint=fast"]);
        copy.args(["--write-recovery-conf", "--no-sync", "--pgdata"]).arg(folder.join(DATA));
        let made = copy.current_dir(&folder).stdin(Stdio::null()).output().expect("pg_basebackup runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Box::leak(Box::new(Self::run(&programs, &folder, 0, &[])))
    }

    /// From now on no commit is answered before the standby has it.
    ///
    /// # Panics
    /// When the cluster does not answer.
    pub async fn wait_for_standby(&self) {
        let client = self.set("synchronous_standby_names", "*").await;
        let sql = "select count(*) from pg_stat_replication where sync_state = 'sync'";
        while client.query_one(sql, &[]).await.expect("an answer").get::<_, i64>(0) == 0 {
            // Nothing announces it: the standby connects when it is ready.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// A standby hears nothing more from the cluster that it follows.
    ///
    /// # Panics
    /// When the cluster does not answer.
    pub async fn stop_following(&self) {
        let client = self.set("primary_conninfo", "").await;
        let sql = "select count(*) from pg_stat_wal_receiver";
        while client.query_one(sql, &[]).await.expect("an answer").get::<_, i64>(0) > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// A standby takes the place of the cluster that it followed.
    ///
    /// # Panics
    /// When it cannot.
    pub fn promote(&self) {
        let mut command = as_its_user(&programs().expect(MISSING).join("pg_ctl"));
        command.arg("--pgdata").arg(self.own().folder.join(DATA)).args(["--wait", "promote"]);
        let done = command.current_dir("/").stdin(Stdio::null()).output().expect("pg_ctl runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    async fn set(&self, setting: &str, value: &str) -> Client {
        let client = self.client("postgres").await;
        client.batch_execute(&format!("alter system set {setting} = '{value}'")).await.expect("a setting");
        client.batch_execute("select pg_reload_conf()").await.expect("a setting");
        client
    }

    fn own(&self) -> &Own {
        self.own.as_ref().expect("a cluster that was made here")
    }
}

fn signal(which: &str, processes: &[&str]) {
    let sent = Command::new("kill").arg(which).args(processes).stderr(Stdio::null()).status();
    // A process that has ended meanwhile is no failure.
    sent.expect("kill runs");
}
