//! SQL: which articles tell the same story, and which sources had them.

use crate::database::{self, Conn};

use super::super::duplicates::index::{Place, leaders};
use super::super::duplicates::{Fingerprint, Told, WINDOW_SECONDS};
use super::{Acted, Article, ArticleId, ArticleRow, Draft, act};

const RECORD_SOURCE: &str =
    "INSERT INTO article_sources (article, source, url, title, first_seen_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (article, source) DO NOTHING";

const RECORD_ORIGIN: &str = "UPDATE articles SET origin = $1, compared_at = NULL
    WHERE id = $2 AND (origin IS NULL OR origin <> $3)";

/// Remembers that a source has an article, its first wording, and where it took it from.
pub(super) async fn record_source(
    conn: &mut Conn,
    draft: &Draft,
    now: i64,
) -> Result<(), database::Error> {
    sqlx::query(RECORD_SOURCE)
        .bind(draft.id.0.clone())
        .bind(draft.source.clone())
        .bind(draft.url.clone())
        .bind(draft.title.clone())
        .bind(now)
        .execute(&mut *conn)
        .await?;
    if let Some(origin) = &draft.origin {
        sqlx::query(RECORD_ORIGIN)
            .bind(origin.0.clone())
            .bind(draft.id.0.clone())
            .bind(origin.0.clone())
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// A source that has an article.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, sqlx::FromRow)]
pub struct Source {
    /// Its name.
    pub source: String,
    /// Where it led, without tracking parameters.
    pub url: String,
    /// Its title for the article.
    pub title: String,
    /// Unix seconds.
    pub first_seen_at: i64,
}

const SOURCES: &str = "SELECT source, url, title, first_seen_at FROM article_sources
    WHERE article = $1 ORDER BY first_seen_at, source";

/// The sources that have had an article, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn sources(conn: &mut Conn, id: &ArticleId) -> Result<Vec<Source>, database::Error> {
    let query = sqlx::query_as(SOURCES).bind(id.as_str());
    Ok(query.fetch_all(conn).await?)
}

const MEMBERS: &str = select!("WHERE cluster = $1 ORDER BY published_at, id");

/// The articles that tell the same story as this one, itself among them, the oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn members(conn: &mut Conn, article: &Article) -> Result<Vec<Article>, database::Error> {
    let cluster = article.cluster.as_ref().unwrap_or(&article.id);
    let rows: Vec<ArticleRow> = sqlx::query_as(MEMBERS)
        .bind(cluster.as_str())
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(Article::try_from).collect()
}

const SPLIT: &str = "UPDATE articles SET apart_at = $1, compared_at = NULL
    WHERE id = $2 AND apart_at IS NULL";
const UNSPLIT: &str = "UPDATE articles SET apart_at = NULL, compared_at = NULL
    WHERE id = $1 AND apart_at IS NOT NULL";

/// Says that an article is a story of its own; [`join`] then puts it and its followers in their places.
///
/// # Errors
/// When the database refuses.
pub async fn split(conn: &mut Conn, id: &ArticleId, now: i64) -> Result<Acted, database::Error> {
    act(conn, sqlx::query(SPLIT).bind(now).bind(id.0.clone())).await
}

/// Takes [`split`] back.
///
/// # Errors
/// When the database refuses.
pub async fn unsplit(conn: &mut Conn, id: &ArticleId) -> Result<Acted, database::Error> {
    act(conn, sqlx::query(UNSPLIT).bind(id.0.clone())).await
}

const OLDEST_PENDING: &str =
    "SELECT CAST(MIN(published_at) AS BIGINT) FROM articles WHERE compared_at IS NULL";

/// Decides for what is new or has changed which story it tells; says how many articles moved.
///
/// Safe to repeat and to interrupt: what is owed stands in the table, and the outcome depends on the
/// articles only. Two at once come to the same.
///
/// # Errors
/// When the database refuses.
pub async fn join(conn: &mut Conn, now: i64) -> Result<usize, database::Error> {
    let oldest: Option<i64> = sqlx::query_scalar(OLDEST_PENDING)
        .fetch_one(&mut *conn)
        .await?;
    let Some(oldest) = oldest else { return Ok(0) };
    let recent = Recent::read(conn, oldest.saturating_sub(WINDOW_SECONDS)).await?;
    let places = leaders(&recent.prints, &recent.places());
    let mut moved = 0;
    for (at, place) in places.iter().enumerate() {
        let row = &recent.rows[at];
        let cluster = match place {
            Place::Follows(first) => &recent.rows[*first].id,
            Place::Older | Place::Pending => continue,
        };
        let stays = row.cluster.as_ref() == Some(cluster);
        if stays && row.compared_at.is_some() {
            continue;
        }
        sqlx::query("UPDATE articles SET cluster = $1, compared_at = $2 WHERE id = $3")
            .bind(cluster.clone())
            .bind(now)
            .bind(row.id.clone())
            .execute(&mut *conn)
            .await?;
        moved += usize::from(!stays);
    }
    Ok(moved)
}

/// The recent articles in the order of their age, their texts already turned into fingerprints.
#[derive(Default)]
struct Recent {
    rows: Vec<Known>,
    prints: Vec<Fingerprint>,
}

struct Known {
    id: String,
    cluster: Option<String>,
    compared_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct ToldRow {
    id: String,
    title: String,
    summary: Option<String>,
    language: Option<String>,
    source: String,
    origin: Option<String>,
    published_at: i64,
    cluster: Option<String>,
    compared_at: Option<i64>,
    apart_at: Option<i64>,
}

const PAGE: usize = 1_000;
const RECENT: &str = "SELECT id, title, summary, language, source, origin, published_at, cluster,
        compared_at, apart_at
    FROM articles
    WHERE published_at >= $1 AND (published_at > $1 OR id > $2)
    ORDER BY published_at, id
    LIMIT 1000";

impl Recent {
    /// Page by page: the texts of one page are in memory, not those of all.
    async fn read(conn: &mut Conn, since: i64) -> Result<Self, database::Error> {
        let mut recent = Self::default();
        let (mut at, mut after) = (since, String::new());
        loop {
            let page: Vec<ToldRow> = sqlx::query_as(RECENT)
                .bind(at)
                .bind(after.clone())
                .fetch_all(&mut *conn)
                .await?;
            let whole = page.len() == PAGE;
            if let Some(last) = page.last() {
                at = last.published_at;
                after.clone_from(&last.id);
            }
            for row in page {
                recent.push(row);
            }
            if !whole {
                return Ok(recent);
            }
        }
    }

    fn push(&mut self, row: ToldRow) {
        self.prints.push(Fingerprint::of(&Told {
            title: &row.title,
            summary: row.summary.as_deref(),
            language: row.language.as_deref(),
            source: &row.source,
            origin: row.origin.as_deref().unwrap_or(&row.id),
            published_at: row.published_at,
            apart: row.apart_at.is_some(),
        }));
        self.rows.push(Known {
            id: row.id,
            cluster: row.cluster,
            compared_at: row.compared_at,
        });
    }

    fn places(&self) -> Vec<Place> {
        let by_id: std::collections::HashMap<&str, usize> = self
            .rows
            .iter()
            .enumerate()
            .map(|(at, row)| (row.id.as_str(), at))
            .collect();
        let place = |row: &Known| match (&row.cluster, row.compared_at) {
            (Some(cluster), Some(_)) => by_id
                .get(cluster.as_str())
                .map_or(Place::Older, |first| Place::Follows(*first)),
            (_, None) | (None, _) => Place::Pending,
        };
        self.rows.iter().map(place).collect()
    }
}
