//! Placeholder.
/// A connection.
pub type Conn = sqlx::AnyConnection;
/// Migrations.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");
/// Error.
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct Error;
impl Error {
    /// Code.
    pub fn database_code(&self) -> Option<String> {
        None
    }
}
