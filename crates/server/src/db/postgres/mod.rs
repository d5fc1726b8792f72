//! PostgreSQL, for counties and states that outgrow one machine: many counties in one database, any number of server
//! processes over it.
//!
//! Every operation is one transaction that names its county first, because row-level security shows nothing without
//! one. What is accepted holds the county's counter row from its first statement to its commit, so numbers become
//! visible in commit order; what only reads sees one moment. Nothing is cached that another process could make wrong.

mod accept;
mod archive;
mod audit;
mod auth;
mod bell;
mod caseload;
mod check;
mod concerned;
mod epoch;
mod feed;
mod imports;
mod keep;
mod known;
mod operations;
mod pull;
mod refold;
mod rest;
pub mod schema;
mod settled;
mod told;
mod transaction;
pub mod url;

use super::settled::Settled;
use super::{County, DbError, Result};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use domain::{CountyId, Millis};
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use std::time::Duration;
use transaction::Tx;
use url::DatabaseUrl;

/// How many connections one process uses at most.
const CONNECTIONS: usize = 16;
/// Who waits longer for one is told that the database is busy.
const WAIT: Duration = Duration::from_secs(20);
/// How often a transaction is tried that another one got in the way of.
const TRIES: usize = 10;

/// One county of a PostgreSQL database.
#[derive(Clone)]
pub struct Postgres {
    county: CountyId,
    pool: Pool,
    bell: Arc<bell::Bell>,
    settled: Settled,
    waits: Histogram,
}

impl Postgres {
    /// Brings the tables to this version and adds a new county, as the owner of the tables.
    ///
    /// # Errors
    /// The connection, the role's rights, [`DbError::Migration`].
    pub async fn create(url: &DatabaseUrl, name: &str, timezone: &str, now: Millis) -> Result<Self> {
        schema::migrate(url).await?;
        let county = CountyId::new(now, crypto::secret::random_bytes());
        let new = Self::connect(url, county)?;
        let tx = new.begin().await?;
        tx.execute(
            "insert into county (county, name, timezone, epoch, seq, last_stamp) values ($1, $2, $3, 1, 0, 0)",
            &[&county.0, &text(name), &timezone],
        )
        .await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Brings the tables to this version and makes ready for a county that comes from elsewhere, as the owner of the
    /// tables.
    ///
    /// # Errors
    /// [`DbError::Exists`] where it is there already and `replace` does not allow it; the connection, the role's
    /// rights.
    pub async fn vacant(url: &DatabaseUrl, county: CountyId, replace: bool) -> Result<Self> {
        schema::migrate(url).await?;
        let new = Self::connect(url, county)?;
        let tx = new.begin_reading().await?;
        let there = find_county(&tx).await?;
        tx.commit().await?;
        if there.is_some() && !replace { Err(DbError::Exists) } else { Ok(new) }
    }

    /// Opens a county as the server's role.
    ///
    /// # Errors
    /// [`DbError::Missing`], [`DbError::Role`] where row-level security would not hold for this role,
    /// [`DbError::SchemaOlder`], [`DbError::SchemaNewer`].
    pub async fn open(url: &DatabaseUrl, county: CountyId) -> Result<Self> {
        schema::fits(url).await?;
        let open = Self::connect(url, county)?;
        let tx = open.begin_reading().await?;
        find_county(&tx).await?.ok_or(DbError::Missing)?;
        tx.commit().await?;
        Ok(open)
    }

    /// Which county it is.
    pub fn county_id(&self) -> CountyId {
        self.county
    }

    fn connect(url: &DatabaseUrl, county: CountyId) -> Result<Self> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(url.config.clone(), url.tls.clone(), recycling);
        let pool =
            Pool::builder(manager).max_size(CONNECTIONS).runtime(Runtime::Tokio1).wait_timeout(Some(WAIT));
        let pool = pool.build().map_err(|_| DbError::Unreachable)?;
        let bell = Arc::new(bell::Bell::new(url.clone(), county));
        Ok(Self { county, pool, bell, settled: Settled::default(), waits: super::waits() })
    }

    /// A transaction that writes.
    async fn begin(&self) -> Result<Tx> {
        Tx::begin(self, "read committed").await
    }

    /// A transaction that writes from what one moment was like; fails with [`DbError::Busy`] where another one wrote
    /// the same rows.
    async fn begin_of_a_moment(&self) -> Result<Tx> {
        Tx::begin(self, "repeatable read").await
    }

    /// A transaction in which everything read is of one moment.
    async fn begin_reading(&self) -> Result<Tx> {
        Tx::begin(self, "repeatable read read only").await
    }
}

async fn county(tx: &Tx) -> Result<County> {
    find_county(tx).await?.ok_or(DbError::Missing)
}

async fn find_county(tx: &Tx) -> Result<Option<County>> {
    let sql = "select name, timezone, epoch, seq, imports from county where county = $1";
    let row = tx.query_opt(sql, &[&tx.county.0]).await?;
    Ok(row.map(|row| County {
        id: tx.county,
        name: row.get(0),
        timezone: row.get(1),
        epoch: row.get::<_, i64>(2) as u32,
        seq: row.get::<_, i64>(3) as u64,
        imports: row.get(4),
    }))
}

/// Text as PostgreSQL can keep it: a NUL that somebody's bytes decoded to would fail the whole page.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The ids of a list, as the parameter of `= any(…)`.
fn ids<T: Copy>(ids: impl IntoIterator<Item = T>, id: impl Fn(T) -> uuid::Uuid) -> Vec<uuid::Uuid> {
    ids.into_iter().map(id).collect()
}
