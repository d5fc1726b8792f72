//! Row-level security, the second wall: without a county there is nothing, and beside one's own there is nothing.

use crate::town::Town;
use domain::CountyId;
use server::admin::{AdminError, County};
use server::db::DbError;
use server::place::{Backend, Place};
use std::sync::Arc;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

async fn connect(address: &str) -> Client {
    let (client, line) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(line);
    client
}

/// Every table, from the catalogue, but the one that notes migrations.
async fn tables(client: &Client) -> Vec<String> {
    let sql = "select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
         and relname <> 'porchlight_schema' order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn count(client: &Client, table: &str, county: CountyId) -> i64 {
    let sql = format!("select count(*) from {table} where county = $1");
    client.query_one(&sql, &[&county.0]).await.unwrap().get(0)
}

#[tokio::test]
async fn without_a_county_nothing_is_read_or_written() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    maria.settle().await;
    let county = town.admin.describe().await.unwrap().id;
    let superuser = town.base.0.superuser().await;
    let all = tables(&superuser).await;
    assert!(all.len() >= 16, "{all:?}");
    for role in [false, true] {
        let client = connect(&town.base.0.address(role)).await;
        for table in &all {
            let forced =
                "select relrowsecurity and relforcerowsecurity from pg_class where oid = $1::text::regclass";
            assert!(superuser.query_one(forced, &[table]).await.unwrap().get::<_, bool>(0), "{table}");
            assert_eq!(count(&client, table, county).await, 0, "{table}");
            let into = format!("insert into {table} (county) values ($1)");
            let refused = client.execute(&into, &[&county.0]).await.unwrap_err();
            assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{table}");
            for write in [format!("update {table} set county = county"), format!("delete from {table}")] {
                match client.execute(&write, &[]).await {
                    Ok(rows) => assert_eq!(rows, 0, "{write}"),
                    Err(error) => {
                        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{write}")
                    }
                }
            }
        }
        // The control: there is something, and naming the county shows it; only until the transaction ends.
        client.batch_execute("begin").await.unwrap();
        let name = "select set_config('porchlight.county', $1, true)";
        client.query(name, &[&county.to_string()]).await.unwrap();
        for table in
            ["county", "change", "caseload", "member", "device", "digest", "told", "session", "nonce"]
        {
            assert!(count(&client, table, county).await > 0, "{table}");
        }
        client.batch_execute("commit").await.unwrap();
        assert_eq!(count(&client, "change", county).await, 0);
    }
}

#[tokio::test]
async fn another_countys_rows_are_not_there() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    maria.settle().await;
    let folder = tempfile::tempdir().unwrap();
    let place = |database| Place { database, ..Place::embedded(folder.path()) };
    let clock = Arc::new(server::server::clock);
    County::init_at(&place(town.base.owner()), "Oak", "America/Chicago", clock.clone()).await.unwrap();
    let oak = County::open_at(&place(town.base.server()), clock).await.unwrap();
    oak.add_team("Outreach").await.unwrap();
    assert!(oak.users().await.unwrap().is_empty(), "the same names and numbers do not meet");
    assert_eq!(oak.describe().await.unwrap().seq, 2);
    assert!(oak.check().await.unwrap().sound());
    assert!(town.admin.check().await.unwrap().sound());
    let (pine, oak) = (town.admin.describe().await.unwrap().id, oak.describe().await.unwrap().id);
    let client = connect(&town.base.0.address(false)).await;
    client.batch_execute("begin").await.unwrap();
    let name = "select set_config('porchlight.county', $1, true)";
    client.query(name, &[&oak.to_string()]).await.unwrap();
    for table in tables(&client).await {
        assert_eq!(count(&client, &table, pine).await, 0, "{table}");
    }
    assert_eq!(count(&client, "change", oak).await, 2);
    // Nor does a row move over.
    let moved = client.execute("update setting set county = $1", &[&pine.0]).await.unwrap_err();
    assert_eq!(moved.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn a_role_that_could_climb_the_wall_is_refused_and_so_are_other_tables() {
    let town = Town::new().await;
    let place = |database| Place { database, ..Place::embedded(town.folder.path()) };
    let open =
        async |database: Backend| match County::open_at(&place(database), Arc::new(server::server::clock))
            .await
        {
            Err(AdminError::Database(error)) => Some(error),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        };
    assert!(open(town.base.server()).await.is_none());
    assert!(matches!(open(town.base.owner()).await, Some(DbError::Role(why)) if why.contains("owns")));
    let superuser = town.base.0.superuser().await;
    // Roles of this database's own, because others share the server.
    let name: String = superuser.query_one("select current_database()::text", &[]).await.unwrap().get(0);
    let as_role = |role: &str| town.base.0.address_as(role).parse::<Backend>().unwrap();
    for (right, why) in [("superuser", "superuser"), ("bypassrls", "bypass")] {
        let role = format!("{name}_{right}");
        superuser.batch_execute(&format!("create role {role} login {right}")).await.unwrap();
        superuser.batch_execute(&format!("grant porchlight to {role}")).await.unwrap();
        let refused = open(as_role(&role)).await;
        // Without the right the same role is as good as any.
        superuser.batch_execute(&format!("alter role {role} no{right}")).await.unwrap();
        let taken = open(as_role(&role)).await;
        superuser.batch_execute(&format!("drop role {role}")).await.unwrap();
        assert!(matches!(refused, Some(DbError::Role(said)) if said.contains(why)), "{right}");
        assert!(taken.is_none(), "the control: {taken:?}");
    }
    let note = "update porchlight_schema set version = version + 1";
    superuser.batch_execute(note).await.unwrap();
    assert!(matches!(open(town.base.server()).await, Some(DbError::SchemaNewer)));
    let migrated = server::db::postgres::schema::migrate(&town.base.0.owner()).await;
    assert!(matches!(migrated, Err(DbError::SchemaNewer)));
    superuser.batch_execute("delete from porchlight_schema").await.unwrap();
    assert!(matches!(open(town.base.server()).await, Some(DbError::SchemaOlder)));
    superuser.batch_execute("drop table porchlight_schema").await.unwrap();
    assert!(matches!(open(town.base.server()).await, Some(DbError::Missing)));
}

#[tokio::test]
async fn a_database_that_is_split_by_county_is_the_same_to_everybody() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    maria.settle().await;
    // As psql would, with its variable filled in.
    let step =
        include_str!("../../../../migrations/county/postgres/partition.sql").replace(":'partitions'", "'4'");
    connect(&town.base.0.address(true)).await.batch_execute(&step).await.unwrap();
    let superuser = town.base.0.superuser().await;
    let parts = "select count(*) from pg_inherits where inhparent = 'change'::regclass";
    assert_eq!(superuser.query_one(parts, &[]).await.unwrap().get::<_, i64>(0), 4);
    let county = town.admin.describe().await.unwrap().id;
    let client = connect(&town.base.0.address(false)).await;
    assert_eq!(count(&client, "change", county).await, 0, "the wall stands");
    let around = client.query("select from change_0", &[]).await.unwrap_err();
    assert_eq!(around.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    maria.meet("Blue");
    maria.settle().await;
    let mut sam = town.device("Sam").await;
    sam.settle().await;
    assert_eq!(sam.store.people(), maria.store.people());
    assert!(town.admin.check().await.unwrap().sound());
}
