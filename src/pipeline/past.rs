//! Past editions as the ranking learns from them, and as reports tell of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::articles::{ArticleId, Cluster};
use crate::database::{Conn, Database, Error as DatabaseError};
use crate::delivery;
use crate::edition::slates::HELD_OUT;
use crate::edition::{self, Edition};
use crate::engagement::accounts::{self, Cell, Readership, Wave};
use crate::ranking::{self, Exposure, HeldOut, Lift, List, Story};
use crate::tracking::Tracking;

use super::LEARNING_DAYS;

pub use crate::engagement::Account;

/// So long after it left, too few have opened an edition to tell how many will.
const UNTOLD_SECONDS: i64 = 12 * 3600;

/// What past editions showed and earned.
pub(super) struct Past {
    /// Which story stood where, how many could have seen it, and how many people clicked; whichever
    /// article of the story it was.
    pub exposures: Vec<Exposure>,
    /// Every story that was shown.
    pub stories: Vec<Story>,
    /// How many people the largest of them went to.
    pub list: f64,
}

/// One edition's account with what is known of its readers.
#[derive(Debug, Clone)]
pub struct Known {
    /// What became of it.
    pub account: Account,
    /// By wave: how many read it.
    pub readership: BTreeMap<u32, Readership>,
    /// Share of its clicks that have come in, 0..1, by wave.
    pub heard: BTreeMap<u32, f64>,
    /// Waves out long enough for their opens to tell how many read them.
    told: BTreeSet<u32>,
}

impl Known {
    fn of(account: Account, usual: f64, at: i64) -> Self {
        let mut readership = BTreeMap::new();
        let mut heard = BTreeMap::new();
        let mut told = BTreeSet::new();
        for (number, wave) in &account.waves {
            let seconds = at.saturating_sub(wave.sent_at);
            let share = if seconds > accounts::WINDOW_SECONDS {
                1.0
            } else {
                #[expect(clippy::cast_precision_loss, reason = "at most two days")]
                ranking::heard(seconds.max(0) as f64)
            };
            heard.insert(*number, share);
            readership.insert(*number, wave_readership(wave, usual, seconds));
            if seconds > UNTOLD_SECONDS {
                told.insert(*number);
            }
        }
        Self {
            account,
            readership,
            heard,
            told,
        }
    }

    /// Whether it was out long enough for its opens to tell how many read it.
    #[must_use]
    pub fn is_told(&self) -> bool {
        !self.told.is_empty()
    }

    /// Readers of a story at its place: of those of its copies who may be counted, or of all.
    #[must_use]
    pub fn readers(&self, wave: u32, cell: &Cell, copies: u64) -> f64 {
        let usual = self.readership.get(&wave).map_or(0.0, |known| known.rate);
        let is_told = self.told.contains(&wave);
        number(copies) * if is_told { cell.rate(usual) } else { usual }
    }

    /// The rate to expect of the next edition.
    fn usual_after(&self, usual: f64, at: i64) -> f64 {
        let waves = self.account.waves.iter();
        waves.fold(usual, |usual, (number, wave)| {
            let is_told = wave.visible > 0 && at - wave.sent_at > UNTOLD_SECONDS;
            let rate = self
                .readership
                .get(number)
                .map_or(usual, |known| known.rate);
            if is_told {
                0.9 * usual + 0.1 * rate
            } else {
                usual
            }
        })
    }
}

fn wave_readership(wave: &Wave, usual: f64, seconds: i64) -> Readership {
    if seconds > UNTOLD_SECONDS {
        return wave.readership(usual);
    }
    let unseen = Wave {
        visible: 0,
        opens: 0,
        ..*wave
    };
    unseen.readership(usual)
}

/// Closes the accounts of editions that nothing can change any more; safe to repeat.
///
/// # Errors
/// When the database refuses.
pub async fn settle(database: &Database, at: Timestamp) -> Result<(), DatabaseError> {
    let now = at.as_second();
    let mut reader = database.reader().await?;
    let mut over = Vec::new();
    for id in crate::engagement::store::unsettled(&mut reader).await? {
        let Some(edition) = edition::store::find(&mut reader, &id).await? else {
            continue;
        };
        let last = delivery::store::last_sent_at(&mut reader, &edition.id).await?;
        if edition.built_at <= at && accounts::is_over(&edition, last, now) {
            over.push(edition);
        }
    }
    drop(reader);
    for edition in over {
        accounts::settle(database, &edition, now).await?;
    }
    Ok(())
}

/// What became of one edition, as of an instant.
///
/// # Errors
/// When the database refuses.
pub async fn account(
    conn: &mut Conn,
    edition: &Edition,
    at: Timestamp,
) -> Result<Known, DatabaseError> {
    let now = at.as_second();
    let mut usual = ranking::DEFAULT_OPEN_RATE;
    let before = edition.slot_at.as_second() - LEARNING_DAYS * 86_400;
    for earlier in edition::store::since(conn, before).await? {
        if earlier.slot_at >= edition.slot_at || earlier.frame.tracking != Tracking::Full {
            continue;
        }
        let account = accounts::of(conn, &earlier, now).await?;
        usual = Known::of(account, usual, now).usual_after(usual, now);
    }
    let account = accounts::of(conn, edition, now).await?;
    Ok(Known::of(account, usual, now))
}

/// What the ranking was worth over the last editions, against newest-first.
///
/// # Errors
/// When the database refuses.
pub async fn lift(
    conn: &mut Conn,
    digest: &str,
    at: Timestamp,
) -> Result<Option<Lift>, DatabaseError> {
    let now = at.as_second();
    let mut held = Vec::new();
    for edition in edition::store::since(conn, now - LEARNING_DAYS * 86_400).await? {
        if edition.digest != digest || edition.built_at > at || edition.slates.holdout <= 0.0 {
            continue;
        }
        let account = accounts::of(conn, &edition, now).await?;
        let sum = |is_held: bool| {
            let fits = |wave: u32| (wave == HELD_OUT) == is_held;
            let waves = account.waves.iter().filter(|(wave, _)| fits(**wave));
            let cells = account.cells.iter().filter(|(place, _)| fits(place.wave));
            let mails: u64 = waves.map(|(_, wave)| wave.counted).sum();
            (number(mails), cells.map(|(_, cell)| cell.credit).sum())
        };
        held.push(HeldOut {
            ours: sum(false),
            newest: sum(true),
        });
    }
    Ok(ranking::lift(&held))
}

/// The exposures of past editions, with their stories.
pub(super) async fn load(
    conn: &mut Conn,
    digest: &str,
    at: Timestamp,
    clusters: &[Cluster],
) -> Result<Past, DatabaseError> {
    let now = at.as_second();
    let stands_for = stands_for(clusters);
    let mut past = Past {
        exposures: Vec::new(),
        stories: Vec::new(),
        list: 0.0,
    };
    let mut stories: BTreeMap<String, Story> = BTreeMap::new();
    let mut shown: BTreeSet<String> = BTreeSet::new();
    let mut usual = ranking::DEFAULT_OPEN_RATE;
    let mut lists = Lists::default();
    for edition in edition::store::since(conn, now - LEARNING_DAYS * 86_400).await? {
        if edition.built_at > at {
            continue;
        }
        let account = accounts::of(conn, &edition, now).await?;
        let known = Known::of(account, usual, now);
        usual = known.usual_after(usual, now);
        let copies: u64 = known.account.waves.values().map(|w| w.recipients).sum();
        let list = lists.of(digest, &edition.digest, number(copies));
        if list.number == 0 {
            past.list = past.list.max(number(copies));
        }
        let mut exposures = exposures(&edition, &known, &stands_for, (&mut stories, list));
        // Who is kept on newest-first gets it with the first wave.
        for waves in [0..=1, 2..=2] {
            let now_shown = exposures
                .iter_mut()
                .filter(|(number, _)| waves.contains(number));
            let mut of_wave = Vec::new();
            for (_, exposure) in now_shown {
                exposure.first = !shown.contains(&exposure.story);
                of_wave.push(exposure.story.clone());
            }
            shown.extend(of_wave);
        }
        past.exposures
            .extend(exposures.into_iter().map(|(_, exposure)| exposure));
    }
    past.stories = stories.into_values().collect();
    Ok(past)
}

/// The lists of the digests, numbered as they are met; 0 is that of the digest which is ranked.
#[derive(Default)]
struct Lists(BTreeMap<String, List>);

impl Lists {
    fn of(&mut self, ranked: &str, digest: &str, readers: f64) -> List {
        if digest == ranked {
            return List::default();
        }
        let next = u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX);
        let list = self.0.entry(digest.to_owned()).or_insert(List {
            number: next,
            readers,
        });
        // Lists grow: an edition is held against the largest so far.
        list.readers = list.readers.max(readers);
        *list
    }
}

/// Which article stands for each of the others that tell its story.
pub(super) fn stands_for(clusters: &[Cluster]) -> BTreeMap<&ArticleId, &ArticleId> {
    let pairs = clusters.iter().flat_map(|story| {
        let others = story.also.iter();
        others.map(|other| (&other.id, &story.article.id))
    });
    pairs.collect()
}

/// An edition's cells by wave; of the new stories notes what the ranking must know.
fn exposures(
    edition: &Edition,
    known: &Known,
    stands_for: &BTreeMap<&ArticleId, &ArticleId>,
    (stories, list): (&mut BTreeMap<String, Story>, List),
) -> Vec<(u32, Exposure)> {
    let mut found = Vec::with_capacity(known.account.cells.len());
    for (place, cell) in &known.account.cells {
        let Some(entry) = edition.entries.get(usize::from(place.link)) else {
            continue;
        };
        let own = &entry.article.id;
        let id = stands_for.get(own).copied().unwrap_or(own).as_str();
        stories.entry(id.to_owned()).or_insert_with(|| Story {
            id: id.to_owned(),
            category: entry.article.category.clone().unwrap_or_default(),
            source: entry.article.source.clone(),
            published_at: entry.article.published_at,
        });
        let sent_at = known.account.waves.get(&place.wave);
        let sent_at = sent_at.map_or(edition.built_at.as_second(), |wave| wave.sent_at);
        let heard = known.heard.get(&place.wave).copied().unwrap_or(1.0);
        let readers = known.readers(place.wave, cell, cell.counted) * heard;
        let exposure = Exposure {
            edition: edition.id.to_string(),
            story: id.to_owned(),
            position: place.position,
            sent_at,
            recipients: number(cell.recipients),
            readers,
            credit: match edition.frame.tracking {
                Tracking::Full => cell.credit,
                // However often a link without identity is followed, nobody can count for more than one.
                Tracking::Aggregate | Tracking::Off => cell.credit.min(readers),
            },
            first: false,
            list,
        };
        found.push((place.wave, exposure));
    }
    found
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people stay far below 2^52"
)]
fn number(count: u64) -> f64 {
    count as f64
}
