//! The steps in their order: ingest, rank, build, enqueue, send. The only place that knows all stages.
//!
//! No rules live here: each step asks a stage for its part and hands the values to the next. The one
//! loop in the data is closed here too: what readers clicked (engagement) becomes what the ranking
//! learns from (exposures).

mod change;
mod enqueue;
mod ingest;
mod past;
mod pictures;
mod reach;
mod second_wave;
mod tidy;
mod trial;
mod views;
mod weather;

use std::collections::BTreeMap;

use courant_languages::Locale;
use jiff::Timestamp;

use crate::articles::{self, Article, ArticleId, Cluster};
use crate::config::Config;
use crate::database::{self, Conn, Database, Error as DatabaseError};
use crate::edition::cadence::Slot;
use crate::edition::masthead::Weather;
use crate::edition::select::{self, Pool, Selection};
use crate::edition::{
    self, Digest, Edition, EditionId, Frame, Link, SectionConfig, SectionKind, Size, Status, Step,
};
use crate::links::{self, Links};
use crate::ranking::{self, Estimates, Score};
use crate::render::{self, budget};
use crate::secret::Secret;

pub use change::{change, restore};
pub use enqueue::{enqueue, variant};
pub use ingest::{Polled, Which, fetch, join_duplicates};
use past::Past;
pub use past::{Account, Known, Readers, account, forget, settle};
use pictures::Pictures;
pub use reach::reach;
pub use tidy::tidy;

/// A ranking with everything it was made from.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// Articles young enough to be considered, one a story, hidden ones too.
    pub articles: Vec<Article>,
    /// What else tells the story of one of them.
    pub also: BTreeMap<ArticleId, Vec<Article>>,
    /// All of them, best first.
    pub scores: Vec<Score>,
    /// What was learned.
    pub estimates: Estimates,
}

/// What a ranking is made from.
struct Material {
    /// The stories young enough.
    clusters: Vec<Cluster>,
    past: Past,
    /// What page views make of stories.
    views: BTreeMap<String, f64>,
}

impl Material {
    /// For a digest, of stories since an instant.
    async fn gather(
        conn: &mut Conn,
        config: &Config,
        (digest, since): (&Digest, i64),
        at: Timestamp,
    ) -> Result<Self, DatabaseError> {
        // What tells the same story may be older, and may have been sent.
        let related = since - articles::duplicates::WINDOW_SECONDS;
        let all = articles::store::candidates(conn, related).await?;
        let sources: Vec<_> = config.source.iter().map(|source| &*source.name).collect();
        let mut clusters = articles::cluster::clusters(all, since, &sources);
        // Clocks and time zones of sources are off by hours; what is dated a day ahead is meant for later.
        let latest = at.as_second() + 86_400;
        clusters.retain(|story| story.article.published_at <= latest);
        let past = past::load(conn, &digest.name, at, &clusters).await?;
        let views = views::factors(conn, &clusters, &past.stories, at).await?;
        Ok(Self {
            clusters,
            past,
            views,
        })
    }
}

/// Ranks what could stand in a digest's next edition, from what all editions have taught.
///
/// # Errors
/// When the database refuses.
pub async fn rank(
    conn: &mut Conn,
    config: &Config,
    digest: &Digest,
    at: Timestamp,
) -> Result<Ranking, Error> {
    let since = at.as_second() - digest.max_age().as_seconds();
    let Material {
        clusters,
        past,
        views,
    } = Material::gather(conn, config, (digest, since), at).await?;
    let estimates = ranking::estimate_with_views(
        &past.exposures,
        &past.stories,
        past.list,
        views,
        &config.ranking,
    );
    let (mut articles, mut also) = (Vec::new(), BTreeMap::new());
    for cluster in clusters {
        if !cluster.also.is_empty() {
            also.insert(cluster.article.id.clone(), cluster.also);
        }
        articles.push(cluster.article);
    }
    let candidates: Vec<_> = articles.iter().map(select::candidate).collect();
    let scores = ranking::rank(&candidates, &estimates, at.as_second(), &config.ranking);
    Ok(Ranking {
        articles,
        also,
        scores,
        estimates,
    })
}

/// Days of editions the ranking looks back on; what it uses of them is its own rule.
const LEARNING_DAYS: i64 = 90;

/// What moved stories since an edition, in words: of those that had a score in it and have one now.
///
/// # Errors
/// When the database refuses.
pub async fn moved_since(
    conn: &mut Conn,
    edition: &EditionId,
    ranking: &Ranking,
) -> Result<BTreeMap<String, String>, DatabaseError> {
    let Some(before) = edition::store::find(conn, edition).await? else {
        return Ok(BTreeMap::new());
    };
    let mut scores: Vec<Score> = before
        .entries
        .iter()
        .filter_map(|entry| entry.score.clone())
        .collect();
    scores.sort_by(|a, b| {
        let by_story = || a.story.cmp(&b.story);
        b.total.total_cmp(&a.total).then_with(by_story)
    });
    let candidates: Vec<_> = ranking.articles.iter().map(select::candidate).collect();
    let movements =
        ranking::movement(&scores, &ranking.scores, &candidates, &ranking.estimates).into_iter();
    let told = movements.filter(|moved| moved.from.is_some() && moved.to.is_some());
    Ok(told
        .map(|moved| (moved.story, format!("since {edition} {}", moved.words)))
        .collect())
}

/// What building came to.
#[derive(Debug, Clone)]
pub enum Built {
    /// A new edition.
    New(Edition),
    /// The slot had one already.
    Existing(Edition),
    /// Nothing new to send.
    Nothing {
        /// How many new articles there were.
        new: usize,
        /// How many the digest asks for.
        wanted: usize,
    },
}

/// How many of the latest editions may lend their weather.
const RECENT_EDITIONS: i64 = 3;

/// Builds the edition of a slot, or returns the one it has. With `dry_run` nothing is stored.
///
/// # Errors
/// When the database refuses or the schedule cannot be followed.
pub async fn build(
    database: &Database,
    config: &Config,
    digest: &Digest,
    at: Timestamp,
    dry_run: bool,
) -> Result<Built, Error> {
    let slot = digest.schedule()?.slot(at)?;
    if !dry_run {
        settle(database, at).await?;
    }
    // Asked before the transaction, which no network may keep waiting; on the heap, since what asking
    // takes would be carried by everything that builds.
    let surroundings = Box::pin(surroundings(database, config, digest, (&slot, at)));
    let (weather, pictures) = match surroundings.await? {
        Surroundings::Existing(edition) => return Ok(Built::Existing(*edition)),
        Surroundings::Asked(weather, pictures) => (weather, pictures),
    };
    let mut transaction = database.begin_write().await?;
    if let Some(edition) =
        edition::store::find_slot(&mut transaction, &digest.name, slot.begins).await?
    {
        return Ok(Built::Existing(edition));
    }
    // Nothing to do unless a fetch was interrupted.
    articles::store::clusters::join(&mut transaction, at.as_second()).await?;
    let composed = Box::pin(compose(&mut transaction, config, digest, (&slot, at)));
    let mut edition = match composed.await? {
        Built::New(edition) => edition,
        other @ (Built::Existing(_) | Built::Nothing { .. }) => return Ok(other),
    };
    edition.frame.weather = weather.map(Box::new);
    pictures.apply(&mut edition);
    within_limit(config, &edition)?;
    if dry_run {
        return Ok(Built::New(edition));
    }
    let inserted = edition::store::insert(&mut transaction, &edition).await?;
    let stored = edition::store::find_slot(&mut transaction, &digest.name, slot.begins).await?;
    database::commit(transaction).await?;
    let stored = stored.ok_or_else(|| {
        Error::Database(DatabaseError::row(
            "editions",
            &edition.id,
            "gone after it was stored",
        ))
    })?;
    Ok(if inserted {
        Built::New(stored)
    } else {
        Built::Existing(stored)
    })
}

/// How large an edition's largest copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Bytes of its html part as sent.
    pub bytes: usize,
    /// How far a copy has to be trimmed for that.
    pub trimmed: Option<budget::Trim>,
}

/// Weighs an edition's largest copy; the limit is that of mail programs.
///
/// # Errors
/// [`Error::TooLarge`], and when `links.base_url` is no address.
pub fn within_limit(config: &Config, edition: &Edition) -> Result<Weight, Error> {
    // The length of a link does not depend on the key that signs it.
    let links = Links::new(&config.links.base_url, &Secret::new(&Links::new_key()))?;
    let (bytes, trimmed) = render::largest_copy(edition, &config.theme, &links);
    if bytes > budget::LIMIT_BYTES {
        let edition = edition.id.clone();
        return Err(Error::TooLarge { edition, bytes });
    }
    Ok(Weight { bytes, trimmed })
}

/// What the web says for an edition that is about to be built.
enum Surroundings {
    /// The slot has one already.
    Existing(Box<Edition>),
    Asked(Option<Weather>, Pictures),
}

async fn surroundings(
    database: &Database,
    config: &Config,
    digest: &Digest,
    (slot, at): (&Slot, Timestamp),
) -> Result<Surroundings, Error> {
    let mut reader = database.reader().await?;
    let existing = edition::store::find_slot(&mut reader, &digest.name, slot.begins).await?;
    if let Some(edition) = existing {
        return Ok(Surroundings::Existing(Box::new(edition)));
    }
    let recent = edition::store::list(&mut reader, RECENT_EDITIONS).await?;
    let likely = if pictures::are_looked_at(&config.fetch) {
        Some(compose(&mut reader, config, digest, (slot, at)).await?)
    } else {
        None
    };
    drop(reader);
    let pictures = async {
        match &likely {
            Some(Built::New(edition)) => Pictures::of(edition, &config.fetch).await,
            _ => Pictures::default(),
        }
    };
    let (weather, pictures) = tokio::join!(weather::weather(config, &recent, at), pictures);
    Ok(Surroundings::Asked(weather, pictures))
}

/// Ranks, selects and freezes the edition of a slot that has none.
async fn compose(
    conn: &mut Conn,
    config: &Config,
    digest: &Digest,
    (slot, at): (&Slot, Timestamp),
) -> Result<Built, Error> {
    let ranking = rank(conn, config, digest, at).await?;
    let sent = edition::store::sent_articles(conn, &digest.name).await?;
    let youngest = at.as_second() - digest.max_age().as_seconds();
    let mut past = edition::store::since(conn, youngest).await?;
    past.retain(|edition| edition.built_at <= at);
    let since = edition::store::latest_before(conn, &digest.name, slot.begins).await?;
    let readers = courant_subscribers::audience::count(conn, (&digest.name, at.as_second())).await;
    let readers = readers.map_err(DatabaseError::from)?;
    let id = EditionId::of(&digest.name, slot.date);
    let pool = Pool {
        articles: &ranking.articles,
        also: &ranking.also,
        ranked: &ranking.scores,
        estimates: &ranking.estimates,
        sent: &sent,
        ranking: &config.ranking,
        selection: &config.selection,
        tracking: config.tracking.mode,
        categories: &config.category,
        edition: &id,
        at,
        since: since.unwrap_or(youngest),
        readers: usize::try_from(readers).unwrap_or(0),
        past: &past,
    };
    let mut selection = select::select(&pool, digest);
    if selection.entries.is_empty() {
        let new = ranking
            .articles
            .iter()
            .filter(|a| pool.sent_in(a).is_none() && a.hidden_at.is_none());
        return Ok(Built::Nothing {
            new: new.count(),
            wanted: digest.min_articles.max(1),
        });
    }
    if let Some(last) = edition::store::before(conn, &digest.name, slot.begins).await? {
        let moved = moved_since(conn, &last, &ranking).await?;
        selection.say_what_moved(&moved);
    }
    Ok(Built::New(freeze(config, digest, (slot, at), selection)?))
}

/// Takes a step with an edition and stores it; nothing if somebody else changed it meanwhile.
///
/// # Errors
/// When the step makes no sense from where the edition stands, or the database refuses.
pub async fn take_step(
    database: &Database,
    edition: &Edition,
    step: Step,
    now: Timestamp,
) -> Result<Option<Status>, Error> {
    let next = edition.status.after(step)?;
    let mut transaction = database.begin_write().await?;
    let (id, from) = (&edition.id, edition.status);
    // Who says yes says it to what they saw.
    let moved = if (from, step) == (Status::Draft, Step::Approve) {
        edition::store::versions::approve(&mut transaction, edition, now).await?
    } else {
        edition::store::set_status(&mut transaction, id, from, next, now).await?
    };
    database::commit(transaction).await?;
    Ok(moved.then_some(next))
}

fn freeze(
    config: &Config,
    digest: &Digest,
    (slot, at): (&Slot, Timestamp),
    selection: Selection,
) -> Result<Edition, Error> {
    let schedule = digest.rhythm()?;
    let mut publication = config.publication.clone();
    if let Some(language) = &digest.language {
        publication.language.clone_from(language);
    }
    let locale = Locale::of(&publication.language);
    let sections = digest.sections();
    let compact = sections.iter().filter(|it| it.size == Size::Compact);
    let mut edition = Edition {
        id: EditionId::of(&digest.name, slot.date),
        number: 0,
        digest: digest.name.clone(),
        slot_at: slot.begins,
        status: Status::Draft,
        subject: String::new(),
        preheader: String::new(),
        frame: Frame {
            title: digest.title.clone(),
            schedule: schedule.in_language(&locale),
            time_zone: digest.time_zone.clone(),
            categories: config.category.clone(),
            tags: tags(config, digest, &selection),
            more: config.more.clone(),
            sponsor: config.sponsor.clone(),
            compact: compact.map(|section| section.kind).collect(),
            order: order(sections, &publication.name, locale.words()),
            publication,
            tracking: config.tracking.mode,
            ..Frame::default()
        },
        entries: selection.entries,
        slates: selection.slates,
        passed_over: selection.passed_over,
        built_at: at,
        first_wave_at: None,
        enqueued_at: None,
        choice: None,
        version: 0,
    };
    edition.slates.trial.rules = digest.subject_test.unwrap_or_default();
    (edition.subject, edition.preheader) = edition::subject::automatic(&edition);
    Ok(edition)
}

/// The sections in reading order with their titles: the configured ones, else those of the language.
fn order(
    sections: Vec<SectionConfig>,
    brand: &str,
    words: &courant_templates::Words,
) -> Vec<(SectionKind, String)> {
    let titled = sections.into_iter().map(|section| {
        let usual = match section.kind {
            SectionKind::Top => words.top_stories.clone(),
            SectionKind::Newest => words.newest.clone(),
            SectionKind::Categories => words.more_stories.clone(),
            SectionKind::Topics => words.topics.clone(),
            SectionKind::More => words.more_from(brand),
            SectionKind::Lead | SectionKind::Plain | SectionKind::Sponsor => String::new(),
        };
        (section.kind, section.title.unwrap_or(usual))
    });
    titled.collect()
}

/// The edition's tags, the most frequent first, as links to the site's pages.
fn tags(config: &Config, digest: &Digest, selection: &Selection) -> Vec<Link> {
    let Some(pattern) = &config.publication.tag_url else {
        return Vec::new();
    };
    let most = digest
        .sections()
        .iter()
        .find(|section| section.kind == SectionKind::Topics)
        .map_or(0, |section| section.count.unwrap_or(8).min(8));
    let mut counted: Vec<(usize, String)> = Vec::new();
    for tag in selection
        .entries
        .iter()
        .filter(|entry| entry.own)
        .flat_map(|entry| &entry.article.tags)
    {
        match counted
            .iter_mut()
            .find(|(_, name)| name.eq_ignore_ascii_case(tag))
        {
            Some((count, _)) => *count += 1,
            None => counted.push((1, tag.clone())),
        }
    }
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let link = |(_, name): (usize, String)| Link {
        url: pattern.replace("{tag}", &slug(&name)),
        name,
    };
    counted.into_iter().take(most).map(link).collect()
}

/// "Energy transition" → "energy-transition"; other scripts are percent-encoded.
fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    url::form_urlencoded::byte_serialize(words.join("-").as_bytes()).collect()
}

/// What can go wrong on the way from a feed to an edition.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An edition's rules were broken.
    #[error(transparent)]
    Edition(#[from] edition::Error),
    /// No link can be made.
    #[error(transparent)]
    Links(#[from] links::Error),
    /// A copy would be cut by mail programs, even without all that may be left out.
    #[error(
        "{edition}: a copy has {bytes} bytes as sent when all that may be left out is; over {} mail \
         programs cut off the footer with the unsubscribe link",
        budget::LIMIT_BYTES
    )]
    TooLarge {
        /// The edition.
        edition: EditionId,
        /// Bytes of its html part as encoded.
        bytes: usize,
    },
    /// Somebody changed it meanwhile.
    #[error("{0} has just changed")]
    Changed(EditionId),
    /// There was no such change.
    #[error("{0} has no change {1}")]
    NoChange(EditionId, i64),
    /// A change that cannot be made.
    #[error(transparent)]
    Edit(#[from] edition::edit::EditError),
    /// No HTTP client can be made.
    #[error(transparent)]
    Fetch(#[from] crate::fetch::Error),
}
