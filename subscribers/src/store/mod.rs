//! The only SQL of this crate; rows to domain types.
//!
//! Every statement is static text with `$1` and runs unchanged on SQLite and PostgreSQL. Rows are
//! read as plain types first, then converted, so that a value of a newer version becomes an
//! [`Error::Row`] that names it. No function commits.

pub(crate) mod audience;
pub mod consents;
pub mod growth;
pub(crate) mod many;
mod preferences;
pub mod subscribers;
pub mod suppressions;

use crate::Error;

/// An [`Error::Row`] about `value`.
fn unknown(table: &'static str, id: &impl ToString, value: &str) -> Error {
    Error::Row {
        table,
        id: id.to_string(),
        value: value.to_owned(),
    }
}
