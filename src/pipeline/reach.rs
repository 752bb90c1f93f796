//! How many readers an edition would reach now.

use courant_subscribers::audience;

use super::Error;
use super::enqueue::Before;
use crate::database::{self, Conn};
use crate::edition::Edition;
use crate::preflight::Reach;

/// Readers that are looked at one by one; of a longer list they tell the share.
const MOST: i64 = 2000;

/// Who gets the digest, and how many of them get this edition: not who has had its stories, or wants to read of
/// other things.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn reach(conn: &mut Conn, edition: &Edition, now: i64) -> Result<Reach, Error> {
    let list = (edition.digest.as_str(), now);
    let due = audience::count(conn, list)
        .await
        .map_err(database::Error::from)?;
    let some = audience::page(conn, list, None, MOST)
        .await
        .map_err(database::Error::from)?;
    let ids: Vec<i64> = some.iter().map(|reader| reader.id.as_i64()).collect();
    let before = Before::load(conn, edition).await?;
    let variants = before.variants(conn, edition, &ids).await?;
    let worth = variants
        .iter()
        .filter(|(_, variant)| edition.is_worth_sending(variant));
    Ok(Reach {
        due,
        looked_at: i64::try_from(ids.len()).unwrap_or(i64::MAX),
        worth: i64::try_from(worth.count()).unwrap_or(i64::MAX),
    })
}
