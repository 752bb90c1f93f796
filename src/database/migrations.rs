//! The tables of both packages, one migration after the other.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::{Conn, Kind};

/// So often, and after so long, a migration is looked at anew that another process may have made meanwhile.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);

static MIGRATIONS: Migrator = sqlx::migrate!("src/migrations");

/// Both packages' migrations as one sequence, with what SQLite calls otherwise.
///
/// A number that is a table's whole key is the table's order there if it is called INTEGER, and an index of its
/// own if not; a table marked so is kept in its key's order instead of beside an index. Their checksums are
/// those of the files.
#[must_use]
pub fn migrations(kind: Kind) -> Migrator {
    let mut all: Vec<_> = MIGRATIONS
        .iter()
        .chain(courant_subscribers::MIGRATIONS.iter())
        .cloned()
        .collect();
    all.sort_by_key(|migration| migration.version);
    if kind == Kind::Sqlite {
        for migration in &mut all {
            let text = migration
                .sql
                .as_str()
                .replace(
                    "BIGINT NOT NULL PRIMARY KEY",
                    "INTEGER NOT NULL PRIMARY KEY",
                )
                .replace("/* WITHOUT ROWID */", "WITHOUT ROWID");
            migration.sql = AssertSqlSafe(text).into_sql_str();
        }
    }
    Migrator::with_migrations(all)
}

/// Brings every table up to date.
///
/// # Errors
/// When a migration fails, or the tables are newer than this program.
pub(super) async fn migrate(conn: &mut Conn, kind: Kind) -> Result<(), MigrateError> {
    let migrations = migrations(kind);
    let mut tries = 0;
    loop {
        match migrations.run(&mut *conn).await {
            // SQLite has no lock for migrations: another process may be at the same one, which then is done.
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..))
                if kind == Kind::Sqlite && tries < TRIES =>
            {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migration_versions_are_minutes_and_unique() {
        let all = migrations(Kind::Postgres);
        let versions: Vec<_> = all.iter().map(|migration| migration.version).collect();
        let mut unique = versions.clone();
        unique.dedup();
        assert_eq!(versions, unique);
        assert!(
            versions
                .iter()
                .all(|version| version.to_string().len() == 12),
            "{versions:?}"
        );
    }
}
