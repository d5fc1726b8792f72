//! One transaction of one county.

use super::Postgres;
use crate::db::{DbError, Result};
use deadpool_postgres::{Object, PoolError};
use domain::CountyId;
use std::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

/// A parameter.
pub(super) type Param<'a> = &'a (dyn ToSql + Sync);

/// A transaction. Dropped without [`Tx::commit`], it takes its connection with it, and the server rolls back.
pub(super) struct Tx {
    connection: Option<Object>,
    pub(super) county: CountyId,
}

impl Tx {
    /// Begins one, and says whose rows it may see.
    pub(super) async fn begin(db: &Postgres, how: &str) -> Result<Self> {
        let (county, since) = (db.county, Instant::now());
        let connection = db.pool.get().await;
        db.waits.observe(since.elapsed().as_secs_f64());
        let connection = connection?;
        let tx = Self { connection: Some(connection), county };
        let county = county.0.hyphenated();
        tx.connection()?
            .batch_execute(&format!(
                "begin isolation level {how}; select set_config('porchlight.county', '{county}', true)"
            ))
            .await?;
        Ok(tx)
    }

    fn connection(&self) -> Result<&Object> {
        self.connection.as_ref().ok_or(DbError::GivenUp)
    }

    pub(super) async fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let connection = self.connection()?;
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.query(&statement, params).await?)
    }

    pub(super) async fn query_opt(&self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Rows as they arrive, where all at once would be too many.
    pub(super) async fn stream(&self, sql: &str, params: &[Param<'_>]) -> Result<tokio_postgres::RowStream> {
        let connection = self.connection()?;
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.query_raw(&statement, params.iter().copied()).await?)
    }

    /// Gives the number of rows written.
    pub(super) async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let connection = self.connection()?;
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.execute(&statement, params).await?)
    }

    /// The version of the tables.
    pub(super) async fn schema(&self) -> Result<Option<u32>> {
        super::schema::version(self.connection()?).await
    }

    /// Wakes those who wait for a commit, when this one is.
    pub(super) async fn announce(&self) -> Result<()> {
        self.execute("update county set commits = commits + 1 where county = $1", &[&self.county.0]).await?;
        self.query("select pg_notify($1, '')", &[&super::bell::channel(self.county)]).await?;
        Ok(())
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        self.connection()?.batch_execute("commit").await?;
        // Only now may the pool have it back.
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

impl From<tokio_postgres::Error> for DbError {
    /// Of what the server says only the code is kept: its words may quote values.
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            None => Self::Unreachable,
            Some(
                &SqlState::T_R_SERIALIZATION_FAILURE
                | &SqlState::T_R_DEADLOCK_DETECTED
                | &SqlState::LOCK_NOT_AVAILABLE
                | &SqlState::TOO_MANY_CONNECTIONS,
            ) => Self::Busy,
            Some(
                &SqlState::ADMIN_SHUTDOWN
                | &SqlState::CRASH_SHUTDOWN
                | &SqlState::CANNOT_CONNECT_NOW
                | &SqlState::READ_ONLY_SQL_TRANSACTION,
            ) => Self::Unreachable,
            Some(code) => Self::Postgres { code: code.code().to_owned() },
        }
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => Self::Busy,
            _ => Self::Unreachable,
        }
    }
}
