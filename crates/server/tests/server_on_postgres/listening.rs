//! The line on which commits are announced: what it brings, what happens while it is down, and that it comes back.

use crate::told::{hears, listen};
use crate::town::Town;
use futures_util::FutureExt;
use reqwest::Response;
use server::place::Backend;
use std::time::Duration;
use tokio_postgres::Client;

/// A server that believes silence for so long hears of nothing by asking while a test runs.
const NEVER: Duration = Duration::from_secs(24 * 3_600);
/// Commits that are waited for one by one.
const COMMITS: usize = 10;
/// What listens in this database.
const LINES: &str = "from pg_stat_activity where datname = current_database() and query like 'listen %'";

/// Ends every line that listens, and gives how many there were. No new one is let in before [`let_in`].
async fn end_lines(superuser: &Client) -> usize {
    limit(superuser, 0).await;
    superuser.query(&format!("select pg_terminate_backend(pid, 60000) {LINES}"), &[]).await.unwrap().len()
}

async fn let_in(superuser: &Client) {
    limit(superuser, -1).await;
}

async fn limit(superuser: &Client, connections: i32) {
    let name: String = superuser.query_one("select current_database()::text", &[]).await.unwrap().get(0);
    superuser.batch_execute(&format!("alter database {name} connection limit {connections}")).await.unwrap();
}

async fn lines(superuser: &Client) -> i64 {
    let sql = format!("select count(*) {LINES} and state = 'idle'");
    superuser.query_one(&sql, &[]).await.unwrap().get(0)
}

/// Waits until so many lines listen.
async fn until_lines(superuser: &Client, count: i64) {
    while lines(superuser).await < count {
        // Nothing announces it.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The events that have arrived and were not read yet.
fn arrived(stream: &mut Response) -> String {
    let mut all = String::new();
    while let Some(chunk) = stream.chunk().now_or_never() {
        all += &String::from_utf8_lossy(&chunk.unwrap().expect("the stream goes on"));
    }
    // Between events it only says that it lives.
    all.lines().filter(|line| line.starts_with("event:")).collect()
}

#[tokio::test]
async fn what_one_server_accepts_a_device_at_another_hears_of_by_announcement() {
    let town = Town::new().await;
    let superuser = town.base.0.superuser().await;
    let patient = town.base.0.server().believing_silence_for(NEVER);
    let second = Town::serve(town.folder.path(), Backend::Postgres(Box::new(patient))).await;
    // Nick is at the server that asks each second, Sam at the one that only listens, and Maria works at the first.
    let (mut maria, mut nick, mut sam) =
        (town.device("Maria").await, town.device("Nick").await, town.device("Sam").await);
    for device in [&mut maria, &mut nick] {
        device.client.server = town.running.address.clone();
    }
    sam.client.server = second.address.clone();
    let (mut asking, mut listening) = (listen(&mut nick).await, listen(&mut sam).await);
    until_lines(&superuser, 2).await;
    // Whatever a line that begins to listen makes its server look up is behind it after this.
    town.admin.add_team("South").await.unwrap();
    for stream in [&mut asking, &mut listening] {
        assert!(hears(stream).await.contains("event: changed"));
    }
    for n in 0..COMMITS {
        maria.meet(&format!("Red {n}"));
        maria.settle().await;
        assert!(hears(&mut listening).await.contains("event: changed"), "announced: nobody asks");
    }

    // The control: a commit that nothing announces. Nick has heard of it, because his server asks; Sam has not.
    assert_eq!(arrived(&mut listening), "");
    assert_eq!(end_lines(&superuser).await, 2);
    town.admin.add_team("West").await.unwrap();
    assert!(hears(&mut asking).await.contains("event: changed"));
    assert_eq!(lines(&superuser).await, 0);
    assert_eq!(arrived(&mut listening), "", "not by asking");
    // The line comes back, and with it what was lost.
    let_in(&superuser).await;
    assert!(hears(&mut listening).await.contains("event: changed"));
    until_lines(&superuser, 2).await;
    maria.meet("Blue");
    maria.settle().await;
    assert!(hears(&mut listening).await.contains("event: changed"), "and announces again");
    second.stop().await;
}

#[tokio::test]
async fn while_the_line_is_down_commits_are_asked_for() {
    let town = Town::new().await;
    let superuser = town.base.0.superuser().await;
    let mut sam = town.device("Sam").await;
    let mut stream = listen(&mut sam).await;
    until_lines(&superuser, 1).await;
    assert_eq!(end_lines(&superuser).await, 1);
    for n in 0..3 {
        town.admin.add_team(&format!("South {n}")).await.unwrap();
        assert!(hears(&mut stream).await.contains("event: changed"));
        assert_eq!(lines(&superuser).await, 0, "the control");
    }
    let_in(&superuser).await;
    until_lines(&superuser, 1).await;
}
