//! Audience pages to ledger rows; safe to repeat, to kill, and to run again.

use courant_subscribers::audience;
use jiff::Timestamp;

use super::{Error, store};
use crate::database::{self, Database};
use crate::edition::{self, Edition};

const PAGE: i64 = 1000;

/// Gives every recipient of an edition a row; returns how many rows are new.
///
/// Each page is a transaction. Killed half-way, the next call walks the pages again and adds the
/// rest; once the last page is in, the edition is marked and later subscribers are not added.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(database: &Database, edition: &Edition, now: Timestamp) -> Result<u64, Error> {
    let (mut after, mut added) = (None, 0);
    loop {
        let mut transaction = database.begin_write().await?;
        let page = audience::page(&mut transaction, &edition.digest, after, PAGE)
            .await
            .map_err(database::Error::from)?;
        for recipient in &page {
            added += u64::from(
                store::queue(&mut transaction, &edition.id, recipient.id.as_i64()).await?,
            );
        }
        let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        if last {
            edition::store::set_enqueued(&mut transaction, &edition.id, now).await?;
        }
        database::commit(transaction).await?;
        match page.last() {
            Some(recipient) if !last => after = Some(recipient.id),
            _ => return Ok(added),
        }
    }
}
