//! What is kept for a while only, and goes: the same from `fetch` and from `run`.

use super::past;
use crate::clock::Clock;
use crate::config::Config;
use crate::database::{self, Database, Error};
use crate::engagement;
use crate::feedback;
use crate::signup;

/// Turns old events into counts by day, and forgets old notices and who never confirmed; safe to repeat.
///
/// # Errors
/// When the database refuses; what was done before is done.
pub async fn tidy(database: &Database, config: &Config, clock: &Clock) -> Result<(), Error> {
    let remember = config.signup.quiet.is_some();
    past::forget(database, config.tracking.since(clock), remember).await?;
    signup::tidy(database, clock.unix()).await?;
    let before = clock.unix() - config.feedback.keep.as_seconds();
    let mut transaction = database.begin_write().await?;
    feedback::store::purge(&mut transaction, before).await?;
    if !remember {
        engagement::store::forget_signs(&mut transaction).await?;
    }
    database::commit(transaction).await
}
