//! A database of its own for a test, on each kind.
//!
//! SQLite always; PostgreSQL when `TEST_POSTGRES_URL` names a server where databases may be created,
//! and a failure without it when `COURANT_TEST_REQUIRE_POSTGRES` is 1, as in continuous integration.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use courant::database::{Conn, Database};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;
use url::Url;

/// One database, gone after [`Scratch::end`].
pub(crate) struct Scratch {
    pub(crate) database: Database,
    kept: Kept,
}

enum Kept {
    Folder(TempDir),
    Server { url: String, name: String },
}

/// A fresh database of each kind that can be had.
pub(crate) async fn each() -> Vec<Scratch> {
    let mut all = vec![sqlite().await];
    match variable("TEST_POSTGRES_URL") {
        Some(url) => all.push(postgres(&url).await),
        None => assert_ne!(
            variable("COURANT_TEST_REQUIRE_POSTGRES").as_deref(),
            Some("1"),
            "TEST_POSTGRES_URL is not set"
        ),
    }
    all
}

/// A fresh SQLite database.
pub(crate) async fn sqlite() -> Scratch {
    let folder = TempDir::new().unwrap();
    let database = Database::open("sqlite:courant.db", folder.path())
        .await
        .unwrap();
    Scratch {
        database,
        kept: Kept::Folder(folder),
    }
}

async fn postgres(server: &str) -> Scratch {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("courant_test_{}_{number}", std::process::id());
    execute(server, format!("DROP DATABASE IF EXISTS {name}")).await;
    execute(server, format!("CREATE DATABASE {name}")).await;
    let mut url = Url::parse(server).unwrap();
    url.set_path(&name);
    let database = Database::open(url.as_str(), Path::new("")).await.unwrap();
    Scratch {
        database,
        kept: Kept::Server {
            url: server.to_owned(),
            name,
        },
    }
}

impl Scratch {
    /// Where another process finds it.
    pub(crate) fn url(&self) -> String {
        match &self.kept {
            Kept::Folder(folder) => {
                format!("sqlite:{}", folder.path().join("courant.db").display())
            }
            Kept::Server { url, name } => {
                let mut url = Url::parse(url).unwrap();
                url.set_path(name);
                url.to_string()
            }
        }
    }

    /// Closes and removes the database.
    pub(crate) async fn end(self) {
        self.database.close().await;
        match self.kept {
            Kept::Folder(folder) => folder.close().unwrap(),
            Kept::Server { url, name } => {
                execute(&url, format!("DROP DATABASE {name} WITH (FORCE)")).await;
            }
        }
    }
}

/// The number a statement asks for.
pub(crate) async fn number(url: &str, statement: &str) -> u64 {
    sqlx::any::install_default_drivers();
    let mut connection = Conn::connect(url).await.unwrap();
    let number: i64 = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    u64::try_from(number).unwrap()
}

/// Runs a statement from outside, as time or an operator would.
pub(crate) async fn execute(url: &str, statement: String) {
    sqlx::any::install_default_drivers();
    let mut connection = Conn::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where the server is"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
