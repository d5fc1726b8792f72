//! Brings the tables to this version, as their owner; and looks, as the server, whether they are.

use super::url::DatabaseUrl;
use crate::db::{DbError, Result};
use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("../../migrations/county/postgres");
}

/// The table in which migrations are noted.
const NOTED: &str = "porchlight_schema";
/// One migration at a time; the number is only a name.
const TURN: i64 = 0x706f_7263_686c;

/// The version of the tables that this program works with.
pub fn newest() -> u32 {
    let all = embedded::migrations::runner();
    all.get_migrations().iter().map(|migration| migration.version()).max().unwrap_or(0) as u32
}

/// A connection without a pool.
///
/// # Errors
/// [`DbError::Unreachable`], also where the server's certificate is not the one it should be.
pub async fn connect(url: &DatabaseUrl) -> Result<Client> {
    let (client, line) = url.config.connect(url.tls.clone()).await?;
    // Ends with the client.
    tokio::spawn(line);
    Ok(client)
}

/// Runs the migrations that are missing, as the owner of the tables. Gives the version before and after.
///
/// # Errors
/// The connection, the role's rights, tables of a newer version.
pub async fn migrate(url: &DatabaseUrl) -> Result<(u32, u32)> {
    let mut client = connect(url).await?;
    client.query("select pg_advisory_lock($1)", &[&TURN]).await?;
    let before = version(&client).await?.unwrap_or(0);
    if before > newest() {
        return Err(DbError::SchemaNewer);
    }
    let mut runner = embedded::migrations::runner().set_abort_divergent(true).set_abort_missing(true);
    runner.set_migration_table_name(NOTED);
    runner.run_async(&mut client).await.map_err(|error| DbError::Migration(Box::new(error)))?;
    Ok((before, newest()))
}

/// Whether the tables are of this version, and row-level security holds for this role.
pub(super) async fn fits(url: &DatabaseUrl) -> Result<()> {
    let client = connect(url).await?;
    match version(&client).await? {
        None => return Err(DbError::Missing),
        Some(version) if version < newest() => return Err(DbError::SchemaOlder),
        Some(version) if version > newest() => return Err(DbError::SchemaNewer),
        Some(_) => {}
    }
    let role = client
        .query_one(
            "select rolsuper, rolbypassrls, exists (
               select from pg_class c where c.oid = 'county'::regclass and pg_has_role(c.relowner, 'usage')
             ) from pg_roles where rolname = current_user",
            &[],
        )
        .await?;
    match (role.get(0), role.get(1), role.get(2)) {
        (true, ..) => Err(DbError::Role("it is a superuser")),
        (_, true, _) => Err(DbError::Role("it may bypass row-level security")),
        (_, _, true) => Err(DbError::Role("it owns the tables")),
        _ => Ok(()),
    }
}

/// The newest migration that was run; none in a database that is not ours.
pub(super) async fn version(client: &Client) -> Result<Option<u32>> {
    let there = client.query_one("select to_regclass($1) is not null", &[&NOTED]).await?;
    if !there.get::<_, bool>(0) {
        return Ok(None);
    }
    let newest =
        client.query_one(&format!("select coalesce(max(version), 0)::bigint from {NOTED}"), &[]).await?;
    Ok(Some(newest.get::<_, i64>(0) as u32))
}
