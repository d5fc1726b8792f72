//! What a frame costs the database: a little more than what goes into it.

use crate::cluster::Scratch;
use crate::syncs::many;
use crate::town::Town;

/// How many rows of the log all connections have read that are closed by now.
async fn rows_read(base: &Scratch) -> i64 {
    let superuser = base.superuser().await;
    let others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    // What a connection has read is added up when it ends.
    while superuser.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::task::yield_now().await;
    }
    let sql = "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables
         where relname = 'change'";
    superuser.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_first_pull_reads_little_that_it_does_not_send() {
    let town = Town::new().await;
    many(&town, 50, 60).await;
    let mut sam = town.device("Sam").await;
    town.base.0.superuser().await.batch_execute("analyze change").await.unwrap();
    let Town { admin, running, folder, base, .. } = town;
    drop(admin);
    let listen = running.listen;
    running.stop().await;
    let before = rows_read(&base.0).await;
    let config = server::Config { listen, database: base.server(), ..server::Config::new(folder.path()) };
    let running = server::Server::start(config).await.unwrap();
    sam.settle().await;
    running.stop().await;
    let (read, sent) = (rows_read(&base.0).await - before, sam.store.delivered as i64);
    assert!(sent > 3_000 && read >= sent, "the control: {read} rows were read for {sent}");
    assert!(read < 2 * sent, "{read} rows were read for {sent}");
}
