//! Past editions as the ranking learns from them, and as reports tell of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::articles::{ArticleId, Cluster};
use crate::database::{self, Conn, Database, Error as DatabaseError};
use crate::delivery;
use crate::edition::slates::HELD_OUT;
use crate::edition::{self, Edition};
use crate::engagement::accounts::{self, Cell, Readership, Wave};
use crate::engagement::store as engagement;
use crate::ranking::{self, Exposure, HeldOut, Lift, List, Story};
use crate::tracking::Tracking;
use crate::units::number;

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
    /// By wave: who read it.
    pub readers: BTreeMap<u32, Readers>,
}

/// Who read one wave, as far as anybody can tell by now.
#[derive(Debug, Clone, Copy)]
pub struct Readers {
    /// How many; the usual share while nothing is told.
    pub readership: Readership,
    /// Share of its clicks that have come in, 0..1.
    heard: f64,
    /// Whether it was out long enough for its opens to tell how many read it.
    told: bool,
}

impl Readers {
    fn of(wave: &Wave, usual: f64, at: i64) -> Self {
        let seconds = at.saturating_sub(wave.sent_at);
        let told = seconds > UNTOLD_SECONDS;
        let unseen = Wave {
            visible: 0,
            opens: 0,
            ..*wave
        };
        Self {
            readership: if told { wave } else { &unseen }.readership(usual),
            heard: if seconds > accounts::WINDOW_SECONDS {
                1.0
            } else {
                #[expect(clippy::cast_precision_loss, reason = "at most two days")]
                ranking::heard(seconds.max(0) as f64)
            },
            told,
        }
    }
}

impl Known {
    fn of(account: Account, usual: f64, at: i64) -> Self {
        let waves = account.waves.iter();
        Self {
            readers: waves
                .map(|(number, wave)| (*number, Readers::of(wave, usual, at)))
                .collect(),
            account,
        }
    }

    /// Whether it was out long enough for its opens to tell how many read it.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.readers.values().any(|readers| readers.told)
    }

    /// Readers of a story at its place: of those of its copies who may be counted, or of all.
    #[must_use]
    pub fn readers(&self, wave: u32, cell: &Cell, copies: u64) -> f64 {
        let Some(readers) = self.readers.get(&wave) else {
            return 0.0;
        };
        let usual = readers.readership.rate;
        number(copies)
            * if readers.told {
                cell.rate(usual)
            } else {
                usual
            }
    }

    /// The rate to expect of the next edition.
    fn usual_after(&self, usual: f64) -> f64 {
        let waves = self.account.waves.iter();
        waves.fold(usual, |usual, (number, wave)| {
            match self.readers.get(number) {
                Some(readers) if readers.told && wave.visible > 0 => {
                    0.9 * usual + 0.1 * readers.readership.rate
                }
                _ => usual,
            }
        })
    }
}

/// The editions built from an instant on and not after another, the oldest first, with their accounts.
async fn walk(
    conn: &mut Conn,
    since: i64,
    at: Timestamp,
) -> Result<Vec<(Edition, Known)>, DatabaseError> {
    let now = at.as_second();
    let mut usual = ranking::DEFAULT_OPEN_RATE;
    let mut all = Vec::new();
    for edition in edition::store::since(conn, since).await? {
        if edition.built_at > at {
            continue;
        }
        let account = accounts::of(conn, &edition, now).await?;
        let known = Known::of(account, usual, now);
        usual = known.usual_after(usual);
        all.push((edition, known));
    }
    Ok(all)
}

/// Closes the accounts of editions that nothing can change any more; safe to repeat.
///
/// # Errors
/// When the database refuses.
pub async fn settle(database: &Database, at: Timestamp) -> Result<(), DatabaseError> {
    let now = at.as_second();
    let mut reader = database.reader().await?;
    let mut over = Vec::new();
    for id in engagement::unsettled(&mut reader).await? {
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

/// Turns what single readers did before an instant into counts by day, in editions that are accounted for, and
/// remembers when each was last there if that is asked for;
/// safe to repeat.
///
/// # Errors
/// When the database refuses.
pub async fn forget(
    database: &Database,
    before: i64,
    remember: bool,
) -> Result<u64, DatabaseError> {
    let mut reader = database.reader().await?;
    let outdated = engagement::outdated(&mut reader, before).await?;
    drop(reader);
    let mut gone = 0;
    for edition in outdated {
        let mut transaction = database.begin_write().await?;
        gone += engagement::forget_before(&mut transaction, &edition, before, remember).await?;
        database::commit(transaction).await?;
    }
    Ok(gone)
}

/// What became of one edition, as of an instant, and what the ranking was worth over the last ones of
/// its digest, against newest-first.
///
/// # Errors
/// When the database refuses.
pub async fn account(
    conn: &mut Conn,
    edition: &Edition,
    at: Timestamp,
) -> Result<(Known, Option<Lift>), DatabaseError> {
    let since = edition.slot_at.as_second() - LEARNING_DAYS * 86_400;
    let all = walk(conn, since, at).await?;
    let youngest = at.as_second() - LEARNING_DAYS * 86_400;
    let held = all.iter().filter(|(other, _)| {
        other.digest == edition.digest
            && other.slates.holdout > 0.0
            && other.built_at.as_second() >= youngest
    });
    let held: Vec<_> = held.map(|(_, known)| held_out(&known.account)).collect();
    let lift = ranking::lift(&held);
    let found = all.into_iter().find(|(other, _)| other.id == edition.id);
    let known = match found {
        Some((_, known)) => known,
        // Called off: it is not among those that teach.
        None => {
            let account = accounts::of(conn, edition, at.as_second()).await?;
            Known::of(account, ranking::DEFAULT_OPEN_RATE, at.as_second())
        }
    };
    Ok((known, lift))
}

/// An edition's mails and clicks, ours and those of the readers kept on newest-first.
fn held_out(account: &Account) -> HeldOut {
    let sum = |is_held: bool| {
        let fits = |wave: u32| (wave == HELD_OUT) == is_held;
        let waves = account.waves.iter().filter(|(wave, _)| fits(**wave));
        let cells = account.cells.iter().filter(|(place, _)| fits(place.wave));
        let mails: u64 = waves.map(|(_, wave)| wave.counted).sum();
        (number(mails), cells.map(|(_, cell)| cell.credit).sum())
    };
    HeldOut {
        ours: sum(false),
        newest: sum(true),
    }
}

/// The exposures of past editions, with their stories.
pub(super) async fn load(
    conn: &mut Conn,
    digest: &str,
    at: Timestamp,
    clusters: &[Cluster],
) -> Result<Past, DatabaseError> {
    let stands_for = stands_for(clusters);
    let mut past = Past {
        exposures: Vec::new(),
        stories: Vec::new(),
        list: 0.0,
    };
    let mut stories: BTreeMap<String, Story> = BTreeMap::new();
    let mut shown: BTreeSet<String> = BTreeSet::new();
    let mut lists = Lists::default();
    let since = at.as_second() - LEARNING_DAYS * 86_400;
    for (edition, known) in walk(conn, since, at).await? {
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
        let heard = known.readers.get(&place.wave).map_or(1.0, |r| r.heard);
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
