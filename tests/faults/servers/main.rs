//! Two servers over one PostgreSQL, under several phones that record and sync without a pause. A server is killed with
//! `kill -9` again and again; the database's primary is killed and a standby takes its place. Whatever the county has
//! acknowledged is there afterwards, once, and everybody agrees.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod fleet;
mod pine;

use pine::{Pine, lost};
use tests::cluster::{Cluster, scratch};
use tests::demo::Dice;

/// How often a server is killed.
const KILLS: usize = 16;
/// Before a kill, a line carries up to this many more bytes, so that syncs are at every point of theirs.
const BYTES: u64 = 60_000;
/// Of the phones, those that record: the others only fetch.
const RECORDING: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice() {
    let base = scratch().await;
    let mut pine = Pine::new(&base, &base.address(false)).await;
    let fleet = pine.phones(&base).await.go(RECORDING, 1);
    let mut dice = Dice(7);
    for _ in 0..KILLS {
        let server = &mut pine.servers[dice.below(2) as usize];
        let (before, more) = (server.line.count(), dice.below(BYTES));
        server.line.until(|now| now.up + now.down > before.up + before.down + more).await;
        server.kill();
        server.come_back();
    }
    let phones = fleet.rest(&pine.lines()).await;
    let broken = phones.broken;
    assert!(broken > KILLS as u64 / 4, "syncs were under way: {broken} broke off");
    let kept = pine.check(&base, phones).await;
    println!("{KILLS} kills, {broken} syncs broken off, {kept} changes, 0 lost, 0 twice");
}

/// The control: where the database answers before it has written, and is killed, the same look finds the loss.
#[tokio::test(flavor = "multi_thread")]
async fn the_look_finds_what_a_hasty_database_loses() {
    let cluster = Cluster::with(&["synchronous_commit=off", "autovacuum=off", "wal_buffers=64MB"]).await;
    let base = cluster.scratch().await;
    let pine = Pine::new(&base, &base.address(false)).await;
    let fleet = pine.phones(&base).await.go(RECORDING, 2);
    fleet.syncs(8).await;
    cluster.hold_back().await;
    fleet.syncs(8).await;
    cluster.kill();
    let phones = fleet.rest(&pine.lines()).await;
    let left = base.on(cluster.started_again());
    assert!(!lost(&phones.acknowledged(), &Pine::kept(&left).await).is_empty());
}

/// A primary that answers no commit before its standby has it, and the two servers over both.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_killed_loses_nothing_that_its_standby_must_have() {
    let primary = Cluster::with(&[]).await;
    let base = primary.scratch().await;
    let standby = primary.standby();
    primary.wait_for_standby().await;
    let pine = Pine::new(&base, &base.address_on(&[primary, standby])).await;
    let fleet = pine.phones(&base).await.go(RECORDING, 3);
    fleet.syncs(20).await;
    primary.kill();
    fleet.breaks(4).await;
    standby.promote();
    // The same servers, which nobody has told.
    fleet.syncs(12).await;
    let phones = fleet.rest(&pine.lines()).await;
    let broken = phones.broken;
    let kept = pine.check(&base.on(standby), phones).await;
    println!("{broken} syncs broken off, {kept} changes, 0 lost, 0 twice");
}

/// The control: from a standby that need not have what is answered, the same look misses some.
#[tokio::test(flavor = "multi_thread")]
async fn the_look_finds_what_a_standby_that_lags_has_missed() {
    let primary = Cluster::with(&[]).await;
    let base = primary.scratch().await;
    let standby = primary.standby();
    let pine = Pine::new(&base, &base.address_on(&[primary, standby])).await;
    let fleet = pine.phones(&base).await.go(RECORDING, 4);
    fleet.syncs(8).await;
    standby.stop_following().await;
    fleet.syncs(8).await;
    primary.kill();
    let phones = fleet.rest(&pine.lines()).await;
    standby.promote();
    assert!(!lost(&phones.acknowledged(), &Pine::kept(&base.on(standby)).await).is_empty());
}
