//! The database: opening it, its migrations, its write transactions, its locks.
//!
//! SQLite by default, PostgreSQL by `database.url`; one SQL text for both through [`sqlx::Any`].
//! What both understand the same way, and therefore the rules for every store:
//!
//! - `$1` placeholders, static text only; ids TEXT or BIGINT, instants BIGINT Unix seconds, numbers
//!   BIGINT or DOUBLE PRECISION, JSON as TEXT that is never queried; no BOOLEAN, no BLOB.
//! - `CAST(SUM(x) AS BIGINT)`; `SELECT EXISTS` is `CASE WHEN EXISTS (…) THEN 1 ELSE 0 END`, cast.
//! - `ON CONFLICT … DO NOTHING` then `rows_affected`; `INSERT … SELECT … WHERE 1 = 1 ON CONFLICT`.
//! - `None` is bound with the column's own type; no `json_each`, no `unnest`.
//! - every write begins with [`Database::begin_write`]: SQLite fails at once when a transaction that
//!   read first wants to write while another writes, whatever the busy time-out says.
//!
//! This file and nothing else knows which database it is.

mod migrations;
mod tries;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::MigrateError;
use sqlx::{Any, AnyPool, Connection, Transaction};

pub use migrations::migrations;
pub use tries::anew;
pub use writer::Writer;

pub use courant_subscribers::Conn;

/// `[database]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `sqlite:FILE` (relative to the configuration file) or `postgres://USER@HOST/NAME`.
    pub url: String,
    /// File that holds the whole PostgreSQL URL, for a URL with a password.
    pub url_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "sqlite:courant.db".to_owned(),
            url_file: None,
        }
    }
}

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file, write-ahead logged, one writer at a time.
    Sqlite,
    /// A server.
    Postgres,
}

/// An open database with every table up to date.
#[derive(Debug, Clone)]
pub struct Database {
    pool: AnyPool,
    kind: Kind,
    url: String,
    file: Option<PathBuf>,
}

impl Database {
    /// Opens the database at `url`, creating a SQLite file if there is none, and migrates it.
    ///
    /// `folder` is what a relative SQLite file is relative to.
    ///
    /// # Errors
    /// [`Error::Url`] for a URL of neither kind, [`Error::Migration`] when the tables are newer than
    /// this program, else [`Error::Query`].
    pub async fn open(url: &str, folder: &Path) -> Result<Self, Error> {
        let database = Self::open_unmigrated(url, folder).await?;
        database.migrate().await?;
        Ok(database)
    }

    async fn open_unmigrated(url: &str, folder: &Path) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let (kind, url, file) = resolve(url, folder)?;
        probe(&url, kind).await.map_err(|source| match &file {
            // SQLite says "unable to open" for a file it may not write, too.
            Some(path)
                if path.exists() && trouble_of(&source, Trouble::Other) == Trouble::Unreachable =>
            {
                Error::NotWritable {
                    path: path.clone(),
                    source,
                }
            }
            _ => Error::Open {
                what: named(&url, file.as_deref()),
                source,
            },
        })?;
        let size = if kind == Kind::Sqlite { 6 } else { 12 };
        let pool = AnyPoolOptions::new()
            .max_connections(size)
            .test_before_acquire(false)
            .acquire_timeout(std::time::Duration::from_secs(15))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if kind == Kind::Sqlite {
                        sqlx::raw_sql(PRAGMAS).execute(connection).await?;
                    }
                    Ok(())
                })
            })
            .before_acquire(move |connection, _| {
                // sqlx 0.9.0 returns a PostgreSQL connection whose `begin` was cancelled to the pool
                // with the transaction still open (sqlx issue 4393); such a connection is dropped.
                Box::pin(async move {
                    if kind == Kind::Sqlite {
                        return Ok(true);
                    }
                    let clean = sqlx::raw_sql(OUTSIDE_TRANSACTION)
                        .fetch_one(connection)
                        .await?;
                    Ok(sqlx::Row::try_get::<i64, _>(&clean, 0)? == 1)
                })
            })
            .connect(&url)
            .await
            .map_err(|source| Error::Open {
                what: named(&url, file.as_deref()),
                source,
            })?;
        Ok(Self {
            pool,
            kind,
            url,
            file,
        })
    }

    /// Brings every table up to date; safe to repeat.
    ///
    /// # Errors
    /// [`Error::Migration`] when a migration fails or the tables are newer than this program.
    pub async fn migrate(&self) -> Result<(), Error> {
        let mut connection = self.pool.acquire().await?;
        let migrated = migrations::migrate(&mut connection, self.kind).await;
        migrated.map_err(Error::Migration)
    }

    /// Which of the two it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it is called in messages: the file, or the URL without its password.
    #[must_use]
    pub fn name(&self) -> String {
        named(&self.url, self.file.as_deref())
    }

    /// Where it is, for programs beside this one; may hold a password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Copies a SQLite database, as it stands at one instant, into an empty file; others read and
    /// write meanwhile.
    ///
    /// # Errors
    /// When the file cannot be written, or this is PostgreSQL.
    pub async fn copy_into(&self, file: &Path) -> Result<(), Error> {
        sqlx::query("VACUUM INTO $1")
            .bind(file.display().to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none can be had.
    pub async fn reader(&self) -> Result<sqlx::pool::PoolConnection<Any>, Error> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction that may write. The caller commits.
    ///
    /// # Errors
    /// When another writer holds SQLite for longer than the busy time-out, or none can be had.
    pub async fn begin_write(&self) -> Result<Transaction<'static, Any>, Error> {
        Ok(match self.kind {
            Kind::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.pool.begin().await?,
        })
    }

    /// A connection for one transaction after the other.
    ///
    /// SQLite keeps what a connection has read until another one writes: taking turns, the connections of
    /// the pool would read everything anew for every transaction.
    ///
    /// # Errors
    /// When none can be had.
    pub async fn writer(&self) -> Result<Writer, Error> {
        Ok(Writer::new(self.pool.acquire().await?, self.kind))
    }

    /// As [`writer`](Self::writer), for a great many rows: SQLite gets room to keep what they touch, and
    /// does not look up for each whether what it refers to is there, nor whether its words are among those of the
    /// table: of more than two it would make a table anew for every row. Only for rows that are made from the very
    /// rows they refer to, of words that are our own, and for transactions that delete nothing; the connection ends
    /// with the writer.
    ///
    /// # Errors
    /// As there.
    pub async fn bulk_writer(&self) -> Result<Writer, Error> {
        let mut connection = self.pool.acquire().await?;
        if self.kind == Kind::Sqlite {
            connection.close_on_drop();
            sqlx::raw_sql(BULK).execute(&mut *connection).await?;
        }
        Ok(Writer::new(connection, self.kind))
    }

    /// The file whose name is that of the database and `ending`; nothing for a database in no file.
    #[must_use]
    pub fn beside(&self, ending: &str) -> Option<PathBuf> {
        self.file.as_ref().map(|file| sibling(file, ending))
    }

    /// Takes the lock `name`, or nothing if another process has it.
    ///
    /// The system releases it when its holder dies, however it dies: a file lock beside the SQLite
    /// file, an advisory lock of a connection of its own on PostgreSQL. So there is no lease to
    /// expire and nothing to clear up by hand.
    ///
    /// # Errors
    /// When the lock file cannot be made or the server cannot be reached.
    pub async fn lock(&self, name: &str) -> Result<Option<Lock>, Error> {
        match (&self.file, self.kind) {
            (Some(file), Kind::Sqlite) => {
                let path = sibling(file, &format!(".{name}.lock"));
                let open = File::options().create(true).append(true).open(&path);
                let lock = open.map_err(|source| Error::Beside {
                    path: path.clone(),
                    source,
                })?;
                match lock.try_lock() {
                    Ok(()) => Ok(Some(Lock {
                        _held: Held::File(lock),
                    })),
                    Err(std::fs::TryLockError::WouldBlock) => Ok(None),
                    Err(std::fs::TryLockError::Error(source)) => {
                        Err(Error::Beside { path, source })
                    }
                }
            }
            (None, Kind::Sqlite) => Ok(Some(Lock {
                _held: Held::Nothing,
            })),
            (_, Kind::Postgres) => {
                let mut connection = sqlx::AnyConnection::connect(&self.url).await?;
                let taken: i64 = sqlx::query_scalar(TRY_ADVISORY_LOCK)
                    .bind(lock_number(name))
                    .fetch_one(&mut connection)
                    .await?;
                Ok((taken == 1).then(|| Lock {
                    _held: Held::Connection(Box::new(connection)),
                }))
            }
        }
    }

    /// Folds SQLite's write-ahead log into the file and empties it, so that nothing erased is left there;
    /// whoever reads at the moment keeps it for later.
    pub async fn fold(&self) {
        if self.kind == Kind::Sqlite {
            let folded = sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE);")
                .execute(&self.pool)
                .await;
            if let Err(error) = folded {
                tracing::warn!("the write-ahead log is not empty: {error}");
            }
        }
    }

    /// Closes every connection; SQLite then folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Commits, with this stage's error.
///
/// # Errors
/// When the database refuses; then nothing of the transaction is kept.
pub async fn commit(transaction: Transaction<'_, Any>) -> Result<(), Error> {
    Ok(transaction.commit().await?)
}

/// One connection of its own, so that a database that cannot be used says why at once: a pool would
/// try again until its time is up and then only say that.
async fn probe(url: &str, kind: Kind) -> Result<(), sqlx::Error> {
    let mut connection = sqlx::AnyConnection::connect(url).await?;
    if kind == Kind::Sqlite {
        sqlx::raw_sql(PRAGMAS).execute(&mut connection).await?;
    }
    connection.close().await
}

/// The size of pages is that of a file that is made now: of 4096 bytes they cost a list of a million a tenth more.
const PRAGMAS: &str = "PRAGMA busy_timeout = 10000; PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
    PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF; \
    PRAGMA secure_delete = ON;";
const BULK: &str = "PRAGMA cache_size = -131072; PRAGMA foreign_keys = OFF; \
    PRAGMA ignore_check_constraints = ON;";
const OUTSIDE_TRANSACTION: &str =
    "SELECT CAST(CASE WHEN now() = statement_timestamp() THEN 1 ELSE 0 END AS BIGINT)";
const TRY_ADVISORY_LOCK: &str =
    "SELECT CAST(CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END AS BIGINT)";

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _held: Held,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held for what happens when it is dropped")]
enum Held {
    File(File),
    Connection(Box<Conn>),
    Nothing,
}

fn resolve(url: &str, folder: &Path) -> Result<(Kind, String, Option<PathBuf>), Error> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok((Kind::Postgres, url.to_owned(), None));
    }
    let Some(rest) = url.strip_prefix("sqlite:") else {
        return Err(Error::Url(url.to_owned()));
    };
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let path = path.split('?').next().unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        return Err(Error::Url(url.to_owned()));
    }
    let file = folder.join(path);
    // `%` and `?` would be read as URL syntax.
    let text = file
        .display()
        .to_string()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    Ok((
        Kind::Sqlite,
        format!("sqlite://{text}?mode=rwc"),
        Some(file),
    ))
}

fn named(url: &str, file: Option<&Path>) -> String {
    if let Some(file) = file {
        return file.display().to_string();
    }
    let Ok(mut parsed) = url::Url::parse(url) else {
        return "the database".to_owned();
    };
    let _no_password_to_hide = parsed.set_password(None);
    parsed.set_query(None);
    parsed.to_string()
}

fn sibling(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    file.with_file_name(name)
}

/// A lock's number on the server: the first eight bytes of the name's SHA-256.
fn lock_number(name: &str) -> i64 {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    digest
        .as_ref()
        .iter()
        .take(8)
        .fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

/// What can go wrong with the database, as far as a caller treats it differently.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `database.url` names neither kind of database.
    #[error("\"{0}\" is neither \"sqlite:FILE\" nor \"postgres://…\"")]
    Url(String),
    /// It cannot be opened.
    #[error("the database {what} cannot be opened")]
    Open {
        /// The file or server.
        what: String,
        /// The driver's reason.
        source: sqlx::Error,
    },
    /// The file is there, but neither it nor its folder may be written.
    #[error("the database {} or its folder may not be written", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The driver's reason.
        source: sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("the tables could not be brought up to date")]
    Migration(#[source] MigrateError),
    /// A statement failed.
    #[error("the database refused a statement")]
    Query(#[from] sqlx::Error),
    /// A statement of the subscribers crate failed.
    #[error("the database refused a statement about subscribers")]
    Subscribers(#[from] courant_subscribers::Error),
    /// A row holds what no version of this program writes.
    #[error("table {table}, row {id}: {problem}")]
    Row {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file beside the database cannot be used.
    #[error("{}, a file beside the database, cannot be used", path.display())]
    Beside {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Why the database refused, as a person would say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No space is left where the database lies.
    Full,
    /// The file or server does not take writes.
    ReadOnly,
    /// Another process holds it.
    Locked,
    /// The server does not answer, or the file cannot be opened.
    Unreachable,
    /// Anything else.
    Other,
}

impl Error {
    /// A row that cannot be read.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over errors and borrowed text alike"
    )]
    pub fn row(table: &'static str, id: impl ToString, problem: impl ToString) -> Self {
        Self::Row {
            table,
            id: id.to_string(),
            problem: problem.to_string(),
        }
    }

    /// What a person can do something about.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Open { source, .. } => trouble_of(source, Trouble::Unreachable),
            Self::NotWritable { .. } => Trouble::ReadOnly,
            Self::Query(source) | Self::Migration(MigrateError::Execute(source)) => {
                trouble_of(source, Trouble::Other)
            }
            Self::Migration(MigrateError::ExecuteMigration(source, _)) => {
                trouble_of(source, Trouble::Other)
            }
            Self::Subscribers(error) => match error {
                courant_subscribers::Error::Contended => Trouble::Locked,
                courant_subscribers::Error::Database(source) => trouble_of(source, Trouble::Other),
                _ => Trouble::Other,
            },
            Self::Beside { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => Trouble::Full,
                std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                    Trouble::ReadOnly
                }
                _ => Trouble::Other,
            },
            Self::Url(_) | Self::Row { .. } | Self::Migration(_) => Trouble::Other,
        }
    }

    /// Whether another row already has this key.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Query(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

fn trouble_of(error: &sqlx::Error, otherwise: Trouble) -> Trouble {
    match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => trouble_of_code(&code),
            None => otherwise,
        },
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) => {
            Trouble::Unreachable
        }
        _ => otherwise,
    }
}

/// SQLite's extended result codes keep the primary code in the low byte; PostgreSQL's are five
/// letters (SQLSTATE).
fn trouble_of_code(code: &str) -> Trouble {
    match code {
        "53100" => return Trouble::Full,
        "25006" => return Trouble::ReadOnly,
        "55P03" | "40001" | "40P01" => return Trouble::Locked,
        "57P01" | "57P02" | "57P03" | "53300" => return Trouble::Unreachable,
        _ if code.len() == 5 && code.starts_with("08") => return Trouble::Unreachable,
        _ => {}
    }
    match code.parse::<u32>().map(|number| number & 0xff) {
        Ok(13) => Trouble::Full,
        Ok(8) => Trouble::ReadOnly,
        Ok(5 | 6) => Trouble::Locked,
        Ok(14) => Trouble::Unreachable,
        _ => Trouble::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_neither_kind_are_refused() {
        for url in ["mysql://x/y", "courant.db", "sqlite:", "sqlite::memory:"] {
            assert!(
                matches!(resolve(url, Path::new("/srv")), Err(Error::Url(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn sqlite_files_are_relative_to_the_configuration() {
        for (url, file) in [
            ("sqlite:courant.db", "/srv/courant.db"),
            ("sqlite://courant.db?mode=rwc", "/srv/courant.db"),
            ("sqlite:/var/lib/courant.db", "/var/lib/courant.db"),
        ] {
            let (_, _, found) = resolve(url, Path::new("/srv")).unwrap();
            assert_eq!(found.unwrap(), Path::new(file));
        }
    }

    #[test]
    fn a_password_is_not_part_of_the_name() {
        assert_eq!(
            named("postgres://news:tide@db/courant?sslmode=require", None),
            "postgres://news@db/courant"
        );
    }

    #[test]
    fn codes_of_both_databases_become_words() {
        for (code, trouble) in [
            ("13", Trouble::Full),
            ("8", Trouble::ReadOnly),
            ("1544", Trouble::ReadOnly),
            ("5", Trouble::Locked),
            ("517", Trouble::Locked),
            ("53100", Trouble::Full),
            ("25006", Trouble::ReadOnly),
            ("08006", Trouble::Unreachable),
            ("23505", Trouble::Other),
            ("1", Trouble::Other),
        ] {
            assert_eq!(trouble_of_code(code), trouble, "{code}");
        }
    }
}
