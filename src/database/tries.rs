//! Transactions that give way to others, and are begun anew.

use super::Error;

/// So often a transaction is begun that gives way each time.
const MOST_TRIES: u32 = 5;

/// Runs a transaction, and anew if all of it was taken back for another one's sake: at once, because whom it gave
/// way to has gone on.
///
/// # Errors
/// What the last try failed with.
pub async fn anew<T, F>(transaction: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut begun = 1;
    loop {
        match transaction().await {
            Err(error) if begun < MOST_TRIES && gave_way(&error) => begun += 1,
            ended => return ended,
        }
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

    #[tokio::test]
    async fn only_what_gave_way_is_begun_anew_and_not_for_ever() {
        let begun = std::cell::Cell::new(0);
        let failing = |error: fn() -> Error| {
            begun.set(begun.get() + 1);
            std::future::ready(Err::<(), _>(error()))
        };
        let contended = || Error::from(courant_subscribers::Error::Contended);
        assert!(anew(|| failing(contended)).await.is_err());
        assert_eq!(begun.replace(0), 5);
        let lost = || Error::from(sqlx::Error::PoolTimedOut);
        assert!(anew(|| failing(lost)).await.is_err());
        assert_eq!(begun.get(), 1);
    }
}
