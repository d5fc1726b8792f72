//! Numbers become visible in commit order: whoever follows them skips none that commits late.

use crate::town::Town;
use server::admin::County;
use server::place::Place;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_postgres::{Client, NoTls};

const WRITERS: usize = 4;
const EACH: usize = 25;

/// Follows numbers as a device does: takes what is beyond the last one seen, and never looks back.
struct Follower {
    client: Client,
    county: String,
    sql: String,
    cursor: i64,
    seen: BTreeSet<i64>,
}

impl Follower {
    async fn new(town: &Town, address: &str, table: &str) -> Self {
        let (client, line) = tokio_postgres::connect(address, NoTls).await.unwrap();
        tokio::spawn(line);
        let county = town.admin.describe().await.unwrap().id.to_string();
        let sql = format!("select seq from {table} where seq > $1 order by seq");
        Self { client, county, sql, cursor: 0, seen: BTreeSet::new() }
    }

    async fn look(&mut self) {
        self.client.batch_execute("begin").await.unwrap();
        let name = "select set_config('porchlight.county', $1, true)";
        self.client.query(name, &[&self.county]).await.unwrap();
        let found = self.client.query(&self.sql, &[&self.cursor]).await.unwrap();
        self.client.batch_execute("commit").await.unwrap();
        self.seen.extend(found.iter().map(|row| row.get::<_, i64>(0)));
        self.cursor = found.last().map_or(self.cursor, |row| row.get(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_follows_the_numbers_misses_none_of_several_writers() {
    let town = Town::new().await;
    let place = Place { database: town.base.server(), ..Place::embedded(town.folder.path()) };
    let left = Arc::new(AtomicUsize::new(WRITERS));
    for writer in 0..WRITERS {
        // Connections of their own, as another process has.
        let county = County::open_at(&place, Arc::new(server::server::clock)).await.unwrap();
        let left = Arc::clone(&left);
        tokio::spawn(async move {
            for n in 0..EACH {
                county.add_team(&format!("Team {writer}.{n}")).await.unwrap();
            }
            left.fetch_sub(1, Ordering::SeqCst);
        });
    }
    let mut follower = Follower::new(&town, &town.base.0.address(false), "change").await;
    let mut looks = 0;
    loop {
        let done = left.load(Ordering::SeqCst) == 0;
        let before = follower.seen.len();
        follower.look().await;
        looks += usize::from(follower.seen.len() > before);
        if done {
            break;
        }
    }
    let last = town.admin.describe().await.unwrap().seq as i64;
    assert!(last >= (WRITERS * EACH) as i64);
    assert_eq!(follower.seen, (1..=last).collect());
    assert!(looks > 2, "it followed while they wrote: {looks}");
    assert!(town.admin.check().await.unwrap().sound());
}

/// The control: the same follower over a plain serial column misses the one that commits late.
#[tokio::test]
async fn over_a_plain_serial_column_it_does_miss_one() {
    let town = Town::new().await;
    let owner = town.base.0.address(true);
    let mut follower = Follower::new(&town, &owner, "plain").await;
    let connect = async || {
        let (client, line) = tokio_postgres::connect(&owner, NoTls).await.unwrap();
        tokio::spawn(line);
        client
    };
    let (slow, quick) = (connect().await, connect().await);
    slow.batch_execute("create table plain (seq bigserial primary key)").await.unwrap();
    slow.batch_execute("begin; insert into plain default values").await.unwrap();
    quick.batch_execute("insert into plain default values").await.unwrap();
    follower.look().await;
    slow.batch_execute("commit").await.unwrap();
    follower.look().await;
    assert_eq!(follower.seen, [2].into(), "1 was committed later and is behind the cursor");
}
