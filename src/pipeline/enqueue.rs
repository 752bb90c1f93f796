//! Who gets which copy of an edition: a row in the ledger for every recipient.

use std::collections::{BTreeMap, BTreeSet};

use courant_subscribers::audience;
use jiff::Timestamp;

use super::{Error, second_wave, trial};
use crate::config::Config;
use crate::database::{self, Conn, Database};
use crate::delivery;
use crate::delivery::store::ToQueue;
use crate::edition::cadence::Morning;
use crate::edition::slates::{Earlier, Had, Variant};
use crate::edition::{self, Edition, EditionId, Status, Step};
use crate::engagement;
use crate::engagement::accounts::was_read;

/// Recipients in one transaction.
const PAGE: i64 = 1000;

/// Gives every recipient of an edition whose turn has come a row with the copy that is theirs, unless
/// that was done before; returns the edition as it stands then. The caller holds the sending lock.
///
/// Where there are two waves, the first call is the first's, and the next is the second's if it is due:
/// its lists are made then, from what the first has clicked. Where subjects are tried, that is when one is chosen.
///
/// Each page is a transaction. Killed half-way, the next call walks the pages again and adds the
/// rest; once the last page is in, the edition is marked and later subscribers are not added.
///
/// # Errors
/// When the edition may not be sent, or the database refuses.
pub async fn enqueue(
    database: &Database,
    config: &Config,
    edition: Edition,
    now: Timestamp,
) -> Result<Edition, Error> {
    if edition.enqueued_at.is_some() || edition.status == Status::Sent {
        return Ok(edition);
    }
    edition.status.after(Step::Start)?;
    let digest = config.digest(&edition.digest);
    let morning = digest.and_then(|digest| Morning::of_edition(digest, &edition));
    let morning = morning.as_ref();
    match (edition.gap_seconds(), edition.second_wave_at()) {
        (None, _) => {
            queue_all(database, &edition, (Turn::Everybody, morning), now).await?;
            Ok(Edition {
                enqueued_at: Some(now),
                ..edition
            })
        }
        (Some(_), None) => {
            queue_all(database, &edition, (Turn::First, morning), now).await?;
            Ok(Edition {
                first_wave_at: Some(now),
                ..edition
            })
        }
        (Some(_), Some(due)) if now < due => Ok(edition),
        (Some(_), Some(_)) => {
            let edition = Box::pin(trial::choose(database, edition, now)).await?;
            let edition = second_wave::plan(database, config, edition, now).await?;
            queue_all(database, &edition, (Turn::Everybody, morning), now).await?;
            Ok(Edition {
                enqueued_at: Some(now),
                ..edition
            })
        }
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Those who need not wait.
    First,
    /// All who have no row yet.
    Everybody,
}

async fn queue_all(
    database: &Database,
    edition: &Edition,
    (turn, morning): (Turn, Option<&Morning>),
    now: Timestamp,
) -> Result<(), Error> {
    let mut reader = database.reader().await?;
    let before = Before::load(&mut reader, edition).await?;
    drop(reader);
    let mut after = None;
    loop {
        let mut transaction = database.begin_write().await?;
        if !edition::store::hold(&mut transaction, edition, now).await? {
            return Err(Error::Changed(edition.id.clone()));
        }
        let page = audience::page(
            &mut transaction,
            (&edition.digest, now.as_second()),
            after,
            PAGE,
        )
        .await
        .map_err(database::Error::from)?;
        let mut ids: Vec<i64> = page.iter().map(|reader| reader.id.as_i64()).collect();
        if turn == Turn::First {
            ids.retain(|id| edition.turn(*id) == 1);
        }
        let variants = before.variants(&mut transaction, edition, &ids).await?;
        let mornings: BTreeMap<i64, i64> = match morning {
            None => BTreeMap::new(),
            Some(morning) => page
                .iter()
                .map(|it| (it.id.as_i64(), morning.of(it.time_zone.as_deref())))
                .collect(),
        };
        let rows = variants.iter().map(|(id, variant)| ToQueue {
            subscriber: *id,
            variant: Some(variant).filter(|variant| edition.is_worth_sending(variant)),
            not_before: mornings.get(id).copied(),
        });
        let rows: Vec<_> = rows.collect();
        delivery::store::queue(&mut transaction, &edition.id, &rows).await?;
        let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        match (last, turn) {
            (true, Turn::First) => {
                edition::store::set_first_wave(&mut transaction, &edition.id, now).await?;
            }
            (true, Turn::Everybody) => {
                edition::store::set_enqueued(&mut transaction, &edition.id, now).await?;
            }
            (false, _) => {}
        }
        database::commit(transaction).await?;
        match page.last() {
            Some(recipient) if !last => after = Some(recipient.id),
            _ => return Ok(()),
        }
    }
}

/// The copy one reader got, or would get now.
///
/// # Errors
/// When the database refuses.
pub async fn variant(
    conn: &mut Conn,
    edition: &Edition,
    subscriber: i64,
) -> Result<Variant, Error> {
    let row = delivery::DeliveryId::of(&edition.id, subscriber);
    if let Some(variant) = delivery::store::variant(conn, &row).await? {
        return Ok(variant);
    }
    let before = Before::load(conn, edition).await?;
    let variants = before.variants(conn, edition, &[subscriber]).await?;
    let found = variants.into_iter().next();
    Ok(found.map(|(_, variant)| variant).unwrap_or_default())
}

/// The editions whose stories could stand in this one again.
pub(super) struct Before(Vec<(Edition, BTreeMap<u16, u16>)>);

impl Before {
    pub(super) async fn load(conn: &mut Conn, edition: &Edition) -> Result<Self, Error> {
        let mut all = Vec::new();
        for Earlier { edition, links } in &edition.slates.earlier {
            let id = EditionId::from_text(edition);
            if let Some(edition) = edition::store::find(conn, &id).await? {
                all.push((edition, links.iter().copied().collect()));
            }
        }
        Ok(Self(all))
    }

    /// The copies of subscribers with these rising ids.
    pub(super) async fn variants(
        &self,
        conn: &mut Conn,
        edition: &Edition,
        ids: &[i64],
    ) -> Result<Vec<(i64, Variant)>, Error> {
        let (Some(&from), Some(&to)) = (ids.first(), ids.last()) else {
            return Ok(Vec::new());
        };
        let mut had: BTreeMap<i64, Had> = BTreeMap::new();
        for (earlier, ours) in &self.0 {
            let reached = delivery::store::reached(conn, &earlier.id, (from, to)).await?;
            if reached.is_empty() {
                continue;
            }
            let copies = engagement::store::copies_between(conn, &earlier.id, (from, to)).await?;
            let read = copies.iter().filter(|copy| was_read(copy));
            let signs: BTreeSet<i64> = read.filter_map(|copy| copy.subscriber).collect();
            let mut whole: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
            for (subscriber, variant) in reached {
                let links = if variant.skipped.is_empty() {
                    whole
                        .entry(variant.slate)
                        .or_insert_with(|| links_of(earlier, &variant))
                        .clone()
                } else {
                    links_of(earlier, &variant)
                };
                let (had, opened) = (
                    had.entry(subscriber).or_default(),
                    signs.contains(&subscriber),
                );
                let again: BTreeSet<u16> =
                    links.iter().filter_map(|l| ours.get(l)).copied().collect();
                for link in again {
                    had.note(link, opened);
                }
            }
        }
        let wanted = audience::topics(conn, (from, to)).await;
        let wanted = wanted.map_err(database::Error::from)?;
        let slates = &edition.slates;
        let variant = |id: &i64| {
            let had = had.get(id).map(|had| had.skipped(slates.repeat));
            let mut skipped = had.unwrap_or_default();
            if let Some(topics) = wanted.get(id) {
                skipped.extend(edition.links_outside(topics));
                skipped.sort_unstable();
                skipped.dedup();
            }
            let variant = Variant {
                slate: slates.of(&edition.id, *id),
                skipped,
                subject: edition.subject_for(*id),
            };
            (*id, variant)
        };
        Ok(ids.iter().map(variant).collect())
    }
}

fn links_of(edition: &Edition, variant: &Variant) -> Vec<u16> {
    let placed = edition.copy(variant);
    placed.iter().map(|placed| placed.entry.link).collect()
}
