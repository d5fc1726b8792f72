//! From one database to another and back, under a device that goes on as if nothing had happened.

use crate::client::Client;
use crate::cluster::scratch;
use crate::model::Device;
use domain::codes::{CodeList, Role};
use server::admin::{AdminError, County, NewUser, copy};
use server::db::archive::TABLES;
use server::place::{Backend, Place};
use server::{Config, Server};
use std::collections::BTreeSet;
use std::sync::Arc;

#[tokio::test]
async fn a_county_moves_up_and_down_again_and_its_devices_do_not_notice() {
    let (folder, below) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = Arc::new(server::server::clock);
    let small = Place::embedded(folder.path());
    let county = County::init_at(&small, "Pine", "America/New_York", clock.clone()).await.unwrap();
    county.add_team("Outreach").await.unwrap();
    let role = Role::from_code("peer-support");
    let maria = NewUser { name: "Maria".to_owned(), role, team: Some("Outreach".to_owned()) };
    county.add_user(maria).await.unwrap();
    let running = Server::start(Config::new(folder.path())).await.unwrap();
    let code = county.enroll("Maria", None).await.unwrap();
    let mut maria = Device::new(Client::enrol(&code, "Maria").await.unwrap());
    maria.meet("Red");
    maria.settle().await;
    let before = county.describe().await.unwrap();
    let listen = running.listen;
    running.stop().await;

    let base = scratch().await;
    let large = |url| Place { database: Backend::Postgres(Box::new(url)), ..Place::embedded(folder.path()) };
    let moved = copy(&small, &large(base.owner()), clock.clone()).await.unwrap();
    assert_eq!((moved.county, moved.changes, moved.epoch), (before.id, before.seq, before.epoch));
    assert!(moved.digests > 0);
    // Nobody goes on in the old place, and nothing is copied over.
    assert!(matches!(County::open_at(&small, clock.clone()).await, Err(AdminError::Moved)));
    assert!(copy(&small, &large(base.owner()), clock.clone()).await.is_err());

    let database = Backend::Postgres(Box::new(base.server()));
    let config = Config { listen, database, ..Config::new(folder.path()) };
    let running = Server::start(config).await.unwrap();
    let delivered = maria.store.delivered;
    maria.settle().await;
    assert_eq!(maria.store.delivered, delivered, "nothing is sent again");
    maria.meet("Blue");
    assert_eq!(maria.settle().await.accepted, 3);
    let people = maria.store.people();
    running.stop().await;

    // And down again, where key and certificate are.
    std::fs::create_dir(below.path().join("tls")).unwrap();
    for file in ["county.key", "tls/server.crt", "tls/server.key", "tls/server.expires"] {
        std::fs::copy(folder.path().join(file), below.path().join(file)).unwrap();
    }
    let down = Place::embedded(below.path());
    let moved = copy(&large(base.server()), &down, clock.clone()).await.unwrap();
    let county = County::open_at(&down, clock).await.unwrap();
    let after = county.describe().await.unwrap();
    assert_eq!((after.id, after.epoch, after.seq), (before.id, before.epoch, moved.changes));
    assert!(county.check().await.unwrap().sound());
    let running = Server::start(Config { listen, ..Config::new(below.path()) }).await.unwrap();
    maria.settle().await;
    assert_eq!(maria.store.people(), people);
    running.stop().await;
}

#[tokio::test]
async fn no_table_and_no_column_stays_behind() {
    let base = scratch().await;
    let sql = "select table_name::text, column_name::text from information_schema.columns
         where table_schema = 'public' and table_name not in ('porchlight_schema', 'session', 'nonce')";
    let rows = base.superuser().await.query(sql, &[]).await.unwrap();
    let there: BTreeSet<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let moves = TABLES.iter().flat_map(|table| {
        let columns = table.columns.iter().map(|(column, _)| *column).chain(["county"]);
        columns.map(|column| (table.name.to_owned(), column.to_owned()))
    });
    // It counts commits for those who listen, and begins anew.
    let own = ("county".to_owned(), "commits".to_owned());
    assert_eq!(there, moves.chain([own]).collect());
}
