//! Transactions that give way to others, and are begun anew.

use super::Error;

/// So often a transaction is begun that gives way each time.
const MOST_TRIES: u32 = 5;

/// How often a transaction was begun.
#[derive(Debug, Default)]
pub struct Tries(u32);

impl Tries {
    /// Whether a transaction that ended so is to be begun anew, at once: whom it gave way to has gone on.
    pub fn again(&mut self, error: &Error) -> bool {
        self.0 += 1;
        self.0 < MOST_TRIES && gave_way(error)
    }
}

/// Whether all of a transaction was taken back for another one's sake: a deadlock, or an order that could not be
/// kept (PostgreSQL), or somebody else who changed the same subscriber.
fn gave_way(error: &Error) -> bool {
    let code = match error {
        Error::Query(sqlx::Error::Database(error)) => {
            error.code().map(std::borrow::Cow::into_owned)
        }
        Error::Subscribers(courant_subscribers::Error::Contended) => return true,
        Error::Subscribers(error) => error.database_code(),
        _ => None,
    };
    code.is_some_and(|code| matches!(code.as_str(), "40001" | "40P01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_gave_way_is_begun_anew_and_not_for_ever() {
        let contended = || Error::from(courant_subscribers::Error::Contended);
        let mut tries = Tries::default();
        let begun = (0..10).filter(|_| tries.again(&contended())).count();
        assert_eq!(begun, 4);
        let lost = Error::from(sqlx::Error::PoolTimedOut);
        assert!(!Tries::default().again(&lost));
    }
}
