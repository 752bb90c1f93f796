//! A connection for one transaction after the other.

use sqlx::pool::PoolConnection;
use sqlx::{Any, Connection as _, Transaction};

use super::{Error, Kind};

/// A connection that is kept for writing; see [`Database::writer`](super::Database::writer).
#[derive(Debug)]
pub struct Writer {
    connection: PoolConnection<Any>,
    kind: Kind,
}

impl Writer {
    pub(super) fn new(connection: PoolConnection<Any>, kind: Kind) -> Self {
        Self { connection, kind }
    }

    /// Begins a transaction that may write, as [`Database::begin_write`](super::Database::begin_write) does.
    ///
    /// # Errors
    /// As there.
    pub async fn begin(&mut self) -> Result<Transaction<'_, Any>, Error> {
        Ok(match self.kind {
            Kind::Sqlite => self.connection.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.connection.begin().await?,
        })
    }
}
