//! The lists of an edition's second wave, from what the first has clicked so far.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Error, Material, past};
use crate::articles::ArticleId;
use crate::config::Config;
use crate::database::{self, Database};
use crate::edition::select::{self, Second};
use crate::edition::{self, Edition};
use crate::ranking::{self, Exposure};

/// Adds the second wave's lists to an edition, once: whoever comes later gets what is there.
///
/// The stories are those of the edition: what the first wave could not have clicked is for the next one.
pub(super) async fn plan(
    database: &Database,
    config: &Config,
    edition: Edition,
    now: Timestamp,
) -> Result<Edition, Error> {
    let mut transaction = database.begin_write().await?;
    let stored = edition::store::find(&mut transaction, &edition.id).await?;
    let mut edition = stored.unwrap_or(edition);
    let Some(waves) = edition.slates.waves else {
        return Ok(edition);
    };
    if waves.second_from.is_some() {
        return Ok(edition);
    }
    let Some(digest) = config.digest(&edition.digest) else {
        // Its digest is not configured any more: the rest gets what the first got.
        return Ok(edition);
    };
    let since = edition.built_at.as_second() - digest.max_age().as_seconds();
    let Material {
        clusters,
        past: learned,
        views: viewed,
    } = Material::gather(&mut transaction, config, (digest, since), now).await?;
    let is_before = |exposure: &&Exposure| exposure.edition != edition.id.as_str();
    let before: Vec<_> = learned
        .exposures
        .iter()
        .filter(is_before)
        .cloned()
        .collect();
    let (stories, list, rules) = (&learned.stories, learned.list, &config.ranking);
    let usual = ranking::estimate_with_views(&before, stories, list, viewed, rules);
    let estimates = ranking::update(&usual, &learned.exposures, stories, list, rules);
    let hidden: Vec<&ArticleId> = clusters
        .iter()
        .filter(|story| story.article.hidden_at.is_some())
        .flat_map(|story| std::iter::once(&story.article).chain(&story.also))
        .map(|article| &article.id)
        .collect();
    let readers =
        courant_subscribers::audience::count(&mut transaction, (&edition.digest, now.as_second()))
            .await;
    let readers = readers.map_err(database::Error::from)?;
    let from = edition::store::latest_before(&mut transaction, &edition.digest, edition.slot_at);
    let stands_for: BTreeMap<_, _> = past::stands_for(&clusters);
    let slates = select::second_wave(
        &edition,
        &Second {
            estimates: &estimates,
            ranking: rules,
            selection: &config.selection,
            stands_for: &stands_for,
            hidden: &hidden,
            readers: usize::try_from(readers).unwrap_or(0),
            since: from.await?.unwrap_or(since),
            at: now.as_second(),
        },
    );
    edition::store::set_slates(&mut transaction, &edition.id, &slates).await?;
    database::commit(transaction).await?;
    edition.slates = slates;
    Ok(edition)
}
