//! Changes of an edition: made, weighed, and stored with what was before, or nothing at all.

use jiff::Timestamp;

use super::{Error, Weight, within_limit};
use crate::config::Config;
use crate::database::{self, Database};
use crate::edition::edit::{Edit, Snapshot};
use crate::edition::store::versions::{self, Change};
use crate::edition::{self, Edition, Status};

/// Makes changes to an edition as it was seen, all or none; returns it as it is then, and its weight. Changes that
/// change nothing make no version; any other takes a yes back.
///
/// # Errors
/// When a change cannot be made, a copy would be too large, somebody else was quicker ([`Error::Changed`]), or the
/// database refuses; then nothing has changed.
pub async fn change(
    database: &Database,
    config: &Config,
    (edition, edits): (&Edition, &[Edit]),
    who: &str,
    now: Timestamp,
) -> Result<(Edition, Weight), Error> {
    let before = Snapshot::of(edition);
    let mut changed = edition.clone();
    for edit in edits {
        changed.edit(edit)?;
    }
    let what = edits.iter().map(|edit| edit.in_words(edition));
    let what: Vec<String> = what.collect();
    let done = (who, what.join("; "));
    store(database, config, (changed, &before), done, now).await
}

/// Puts an edition back to what it was before a change; that is a change as well.
///
/// # Errors
/// As [`change`]; [`Error::NoChange`] if there was no such change.
pub async fn restore(
    database: &Database,
    config: &Config,
    (edition, version): (&Edition, i64),
    who: &str,
    now: Timestamp,
) -> Result<(Edition, Weight), Error> {
    let mut reader = database.reader().await?;
    let snapshot = versions::before(&mut reader, &edition.id, version).await?;
    drop(reader);
    let snapshot = snapshot.ok_or_else(|| Error::NoChange(edition.id.clone(), version))?;
    let before = Snapshot::of(edition);
    let mut changed = edition.clone();
    snapshot.restore(&mut changed);
    let what = format!("as it was before change {version}");
    store(database, config, (changed, &before), (who, what), now).await
}

async fn store(
    database: &Database,
    config: &Config,
    (mut changed, before): (Edition, &Snapshot),
    (who, what): (&str, String),
    now: Timestamp,
) -> Result<(Edition, Weight), Error> {
    let weight = within_limit(config, &changed)?;
    if Snapshot::of(&changed) == *before {
        let mut reader = database.reader().await?;
        let stored = edition::store::find(&mut reader, &changed.id).await?;
        return match stored {
            Some(stored) if stored.version == changed.version => Ok((stored, weight)),
            _ => Err(Error::Changed(changed.id)),
        };
    }
    // A yes was said to something else, whoever changes it.
    let status = Status::Draft;
    let change = Change {
        who,
        what: &what,
        before,
        status,
    };
    let mut transaction = database.begin_write().await?;
    if !versions::change(&mut transaction, &changed, &change, now).await? {
        return Err(Error::Changed(changed.id));
    }
    database::commit(transaction).await?;
    changed.version += 1;
    changed.status = status;
    Ok((changed, weight))
}
