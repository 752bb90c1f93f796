//! Which of an edition's subjects the readers who wait get, from what the others did so far.

use jiff::Timestamp;

use super::Error;
use crate::database::{self, Database};
use crate::edition::{self, Edition, trial};
use crate::engagement;

/// Chooses a subject, once: whoever comes later, or at the same time, gets the choice that is there.
pub(super) async fn choose(
    database: &Database,
    edition: Edition,
    now: Timestamp,
) -> Result<Edition, Error> {
    if !edition.has_trial() || edition.choice.is_some() {
        return Ok(edition);
    }
    let mut transaction = database.begin_write().await?;
    let at = now.as_second();
    let arms = engagement::accounts::subjects(&mut transaction, &edition, at).await?;
    let choice = trial::choose(&arms, edition.slates.trial.rules.probability, at);
    if edition::store::set_choice(&mut transaction, &edition.id, &choice).await? {
        database::commit(transaction).await?;
        tracing::info!(edition.id = %edition.id, subject = choice.subject(), by = ?choice.by, "a subject is chosen");
        return Ok(Edition {
            choice: Some(Box::new(choice)),
            ..edition
        });
    }
    let stored = edition::store::find(&mut transaction, &edition.id).await?;
    let stored = stored.and_then(|stored| stored.choice);
    // Somebody called it off, or finished it, in between: then there is nobody to choose for.
    let choice = stored.ok_or_else(|| Error::Changed(edition.id.clone()))?;
    Ok(Edition {
        choice: Some(choice),
        ..edition
    })
}
