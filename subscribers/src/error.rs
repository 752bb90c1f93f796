//! What can go wrong in this crate, and the questions callers ask about it.

/// A failure of a store function.
///
/// Ask [`is_temporary`](Self::is_temporary) before giving up; the database's own code is there
/// for callers that explain a full disk or a read-only file in words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database refused the statement or could not be reached.
    #[error("the database did not do what was asked")]
    Database(#[from] sqlx::Error),
    /// A stored value is not one this version writes: made by hand or by a newer version.
    #[error("{table} {id} holds {value:?}, which this version does not know")]
    Row {
        /// Table of the row.
        table: &'static str,
        /// Its key; for suppressions a masked address.
        id: String,
        /// What stood there.
        value: String,
    },
    /// A digest's name holds a space or a control character, or is empty.
    #[error("{0:?} cannot be the name of a digest: one word without spaces is needed")]
    DigestName(String),
    /// A block on an address may only be taken back with a reason.
    #[error("a reason is needed to mail this address again")]
    ReasonMissing,
    /// Others kept changing the same person; nothing was written.
    #[error("somebody else is changing the same subscriber")]
    Contended,
    /// The system gave no random bytes for a new subscriber's id.
    #[error("the system has no random numbers to give")]
    Random,
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Contended | Self::Random => true,
            Self::Row { .. } | Self::DigestName(_) | Self::ReasonMissing => false,
            Self::Database(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) => true,
            Self::Database(_) => self.database_code().is_some_and(|code| is_passing(&code)),
        }
    }

    /// Whether a row with the same key stands there already.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.database_error()
            .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Whether a row that this one points to is missing.
    #[must_use]
    pub fn is_foreign_key_violation(&self) -> bool {
        self.database_error()
            .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
    }

    /// The database's own code: SQLite's extended result code in digits, or the five characters
    /// of SQLSTATE.
    #[must_use]
    pub fn database_code(&self) -> Option<String> {
        self.database_error()?
            .code()
            .map(std::borrow::Cow::into_owned)
    }

    fn database_error(&self) -> Option<&(dyn sqlx::error::DatabaseError + 'static)> {
        match self {
            Self::Database(error) => error.as_database_error(),
            Self::Row { .. }
            | Self::DigestName(_)
            | Self::ReasonMissing
            | Self::Contended
            | Self::Random => None,
        }
    }
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED` in the low byte; SQLSTATE classes 08 (connection), 40 (rolled
/// back for another transaction), 53 (out of resources), 57P0x (shutting down), and 55P03 (lock).
fn is_passing(code: &str) -> bool {
    if code.len() < 5 {
        return code
            .parse::<u32>()
            .is_ok_and(|code| matches!(code & 0xff, 5 | 6));
    }
    code == "55P03"
        || ["08", "40", "53", "57P0"]
            .iter()
            .any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_codes_are_locks_and_lost_servers() {
        let cases = [
            ("5", true),
            ("6", true),
            ("517", true),
            ("8", false),
            ("13", false),
            ("2067", false),
            ("08006", true),
            ("40001", true),
            ("40P01", true),
            ("53300", true),
            ("55P03", true),
            ("57P01", true),
            ("23505", false),
            ("25006", false),
        ];
        for (code, expected) in cases {
            assert_eq!(is_passing(code), expected, "{code}");
        }
    }
}
