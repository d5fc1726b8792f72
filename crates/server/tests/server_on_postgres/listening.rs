//! The line on which commits are announced: what happens while it is down, and that it comes back.

use crate::told::{hears, listen};
use crate::town::Town;
use std::time::Duration;
use tokio_postgres::Client;

/// Commits that are waited for one by one. By asking alone they would take twice as long as they may.
const COMMITS: usize = 40;
const LONGEST: Duration = Duration::from_secs(20);

/// Ends every line of this database that listens, and gives how many there were.
async fn end_lines(superuser: &Client) -> usize {
    let sql = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
         where datname = current_database() and query like 'listen %'";
    superuser.query(sql, &[]).await.unwrap().len()
}

/// Waits until so many lines listen.
async fn until_lines(superuser: &Client, count: i64) {
    let sql = "select count(*) from pg_stat_activity
         where datname = current_database() and query like 'listen %' and state = 'idle'";
    while superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < count {
        // Nothing announces it.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn while_the_line_is_down_commits_are_asked_for_and_then_it_is_back() {
    let town = Town::new().await;
    let superuser = town.base.0.superuser().await;
    let mut sam = town.device("Sam").await;
    let mut stream = listen(&mut sam).await;
    until_lines(&superuser, 1).await;

    // It goes, and no new one is let in.
    let name: String = superuser.query_one("select current_database()::text", &[]).await.unwrap().get(0);
    superuser.batch_execute(&format!("alter database {name} connection limit 0")).await.unwrap();
    assert_eq!(end_lines(&superuser).await, 1);
    town.admin.add_team("South").await.unwrap();
    assert!(hears(&mut stream).await.contains("event: changed"));
    let none =
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'listen %'";
    assert_eq!(superuser.query_one(none, &[]).await.unwrap().get::<_, i64>(0), 0, "the control");

    superuser.batch_execute(&format!("alter database {name} connection limit -1")).await.unwrap();
    until_lines(&superuser, 1).await;
    let all = async {
        for n in 0..COMMITS {
            town.admin.add_team(&format!("Team {n}")).await.unwrap();
            assert!(hears(&mut stream).await.contains("event: changed"));
        }
    };
    tokio::time::timeout(LONGEST, all).await.expect("announced, not only asked for");
}
