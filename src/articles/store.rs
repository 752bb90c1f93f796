//! SQL: the tables `articles` and `article_sources`.

use std::collections::BTreeMap;

use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

use crate::database::{self, Conn};
use crate::sources::health::Brought;

use super::sighting::{first, merge};
use super::{Article, ArticleId, Draft, Sighting};

#[derive(sqlx::FromRow)]
struct ArticleRow {
    id: String,
    url: String,
    title: String,
    summary: Option<String>,
    source: String,
    category: Option<String>,
    tags: String,
    author: Option<String>,
    image_url: Option<String>,
    image_alt: Option<String>,
    language: Option<String>,
    minutes: Option<i64>,
    published_at: i64,
    first_seen_at: i64,
    updated_at: i64,
    hidden_at: Option<i64>,
    pinned_at: Option<i64>,
    boost: f64,
    cluster: Option<String>,
}

impl TryFrom<ArticleRow> for Article {
    type Error = database::Error;

    fn try_from(row: ArticleRow) -> Result<Self, database::Error> {
        let tags = serde_json::from_str(&row.tags)
            .map_err(|error| database::Error::row("articles", &row.id, error))?;
        let id = ArticleId::parse(&row.id)
            .ok_or_else(|| database::Error::row("articles", &row.id, "is no article id"))?;
        Ok(Self {
            id,
            url: row.url,
            title: row.title,
            summary: row.summary,
            source: row.source,
            category: row.category,
            tags,
            author: row.author,
            image_url: row.image_url,
            image_alt: row.image_alt,
            language: row.language,
            minutes: row.minutes,
            published_at: row.published_at,
            first_seen_at: row.first_seen_at,
            updated_at: row.updated_at,
            hidden_at: row.hidden_at,
            pinned_at: row.pinned_at,
            boost: row.boost,
            cluster: row.cluster.as_deref().and_then(ArticleId::parse),
        })
    }
}

/// Statements are static texts; this joins the column list to what selects.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, url, title, summary, source, category, tags, author, image_url, image_alt,
                language, minutes, published_at, first_seen_at, updated_at, hidden_at, pinned_at,
                boost, cluster
            FROM articles ",
            $rest
        )
    };
}

// After the macro, which it uses too.
pub mod clusters;

const INSERT: &str = "INSERT INTO articles (url, title, summary, source, category, tags, author,
        image_url, image_alt, language, minutes, published_at, first_seen_at, updated_at, id, boost,
        cluster)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $15)
    ON CONFLICT (id) DO NOTHING";

const UPDATE: &str = "UPDATE articles
    SET url = $1, title = $2, summary = $3, source = $4, category = $5, tags = $6, author = $7,
        image_url = $8, image_alt = $9, language = $10, minutes = $11, published_at = $12,
        first_seen_at = $13, updated_at = $14, compared_at = NULL
    WHERE id = $15";

fn bound(sql: &'static str, article: &Article) -> Query<'static, Any, AnyArguments> {
    let article = article.clone();
    sqlx::query(sql)
        .bind(article.url)
        .bind(article.title)
        .bind(article.summary)
        .bind(article.source)
        .bind(article.category)
        .bind(serde_json::Value::from(article.tags).to_string())
        .bind(article.author)
        .bind(article.image_url)
        .bind(article.image_alt)
        .bind(article.language)
        .bind(article.minutes)
        .bind(article.published_at)
        .bind(article.first_seen_at)
        .bind(article.updated_at)
        .bind(article.id.0)
}

/// Stores one sighting; safe to repeat.
///
/// # Errors
/// When the database refuses or the known row cannot be read.
pub async fn upsert(conn: &mut Conn, draft: &Draft, now: i64) -> Result<Sighting, database::Error> {
    let article = first(draft, now);
    // Insert first, ask later: on PostgreSQL two writers may meet here, and one of them loses.
    let inserted = bound(INSERT, &article)
        .bind(article.boost)
        .execute(&mut *conn)
        .await?;
    clusters::record_source(conn, draft, now).await?;
    if inserted.rows_affected() == 1 {
        return Ok(Sighting::New);
    }
    let known = find(conn, &draft.id).await?.ok_or_else(|| {
        database::Error::row("articles", &draft.id, "vanished while it was stored")
    })?;
    let Some(next) = merge(&known, draft, now) else {
        return Ok(Sighting::Unchanged);
    };
    bound(UPDATE, &next).execute(conn).await?;
    Ok(Sighting::Updated)
}

const FIND: &str = select!("WHERE id = $1");

/// The article of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(conn: &mut Conn, id: &ArticleId) -> Result<Option<Article>, database::Error> {
    let row: Option<ArticleRow> = sqlx::query_as(FIND)
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(Article::try_from).transpose()
}

/// The articles of these ids, in their order; unknown ids are left out.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn by_ids(conn: &mut Conn, ids: &[ArticleId]) -> Result<Vec<Article>, database::Error> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(find(conn, id).await?);
    }
    Ok(found)
}

/// What the beginning of an id leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Prefix {
    /// No article begins so.
    Nothing,
    /// One article.
    One(Box<Article>),
    /// More than one: the beginning is too short.
    Several,
}

const FIND_PREFIX: &str = select!("WHERE id LIKE $1 ORDER BY id LIMIT 2");

/// The article whose id begins with `prefix`, as people type it.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find_prefix(conn: &mut Conn, prefix: &str) -> Result<Prefix, database::Error> {
    let prefix = prefix.to_ascii_lowercase();
    // Nothing but digits, so that no character means something to LIKE.
    if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Prefix::Nothing);
    }
    let mut rows: Vec<ArticleRow> = sqlx::query_as(FIND_PREFIX)
        .bind(format!("{prefix}%"))
        .fetch_all(conn)
        .await?;
    match (rows.pop(), rows.pop()) {
        (None, _) => Ok(Prefix::Nothing),
        (Some(row), None) => Ok(Prefix::One(Box::new(row.try_into()?))),
        (Some(_), Some(_)) => Ok(Prefix::Several),
    }
}

const CANDIDATES: &str = select!("WHERE published_at >= $1 ORDER BY id");

/// The articles an edition is chosen from: published at or after `published_since`, in the order of
/// their ids; hidden ones too, so that the edition can say why they are not in it.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn candidates(
    conn: &mut Conn,
    published_since: i64,
) -> Result<Vec<Article>, database::Error> {
    let rows: Vec<ArticleRow> = sqlx::query_as(CANDIDATES)
        .bind(published_since)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(Article::try_from).collect()
}

const LIST: &str = select!("ORDER BY published_at DESC, id LIMIT $1");

/// The newest `limit` articles, hidden ones too.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Article>, database::Error> {
    let rows: Vec<ArticleRow> = sqlx::query_as(LIST).bind(limit).fetch_all(conn).await?;
    rows.into_iter().map(Article::try_from).collect()
}

const BROUGHT: &str =
    "SELECT source, CAST(COUNT(*) AS BIGINT), MIN(published_at), MAX(published_at)
    FROM articles
    WHERE published_at >= $1
    GROUP BY source
    ORDER BY source";

/// What each source brought that was published at or after `published_since`, by the source's name.
///
/// # Errors
/// When the database refuses.
pub async fn brought(
    conn: &mut Conn,
    published_since: i64,
) -> Result<BTreeMap<String, Brought>, database::Error> {
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(BROUGHT)
        .bind(published_since)
        .fetch_all(conn)
        .await?;
    let brought = |(source, articles, first_at, last_at)| {
        let brought = Brought {
            articles,
            first_at,
            last_at,
        };
        (source, brought)
    };
    Ok(rows.into_iter().map(brought).collect())
}

/// Whether an editor's act met an article and changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acted {
    /// It changed.
    Done,
    /// It was so already, or there is no such article.
    Nothing,
}

const HIDE: &str = "UPDATE articles SET hidden_at = COALESCE(hidden_at, $1), pinned_at = NULL
     WHERE id = $2 AND (hidden_at IS NULL OR pinned_at IS NOT NULL)";
const UNHIDE: &str = "UPDATE articles SET hidden_at = NULL WHERE id = $1 AND hidden_at IS NOT NULL";
const PIN: &str = "UPDATE articles SET pinned_at = COALESCE(pinned_at, $1), hidden_at = NULL
     WHERE id = $2 AND (pinned_at IS NULL OR hidden_at IS NOT NULL)";
const UNPIN: &str = "UPDATE articles SET pinned_at = NULL WHERE id = $1 AND pinned_at IS NOT NULL";
const BOOST: &str = "UPDATE articles SET boost = $1 WHERE id = $2 AND boost <> $3";

/// Keeps an article out of every edition to come; it is [pinned](pin) no more.
///
/// # Errors
/// When the database refuses.
pub async fn hide(conn: &mut Conn, id: &ArticleId, now: i64) -> Result<Acted, database::Error> {
    act(conn, sqlx::query(HIDE).bind(now).bind(id.0.clone())).await
}

/// Takes [`hide`] back.
///
/// # Errors
/// When the database refuses.
pub async fn unhide(conn: &mut Conn, id: &ArticleId) -> Result<Acted, database::Error> {
    act(conn, sqlx::query(UNHIDE).bind(id.0.clone())).await
}

/// Puts an article at the top of the next edition; it is [hidden](hide) no more.
///
/// # Errors
/// When the database refuses.
pub async fn pin(conn: &mut Conn, id: &ArticleId, now: i64) -> Result<Acted, database::Error> {
    act(conn, sqlx::query(PIN).bind(now).bind(id.0.clone())).await
}

/// Takes [`pin`] back.
///
/// # Errors
/// When the database refuses.
pub async fn unpin(conn: &mut Conn, id: &ArticleId) -> Result<Acted, database::Error> {
    act(conn, sqlx::query(UNPIN).bind(id.0.clone())).await
}

/// Sets the editor's factor on an article's score; 1 takes it back.
///
/// # Errors
/// When the database refuses.
pub async fn boost(conn: &mut Conn, id: &ArticleId, factor: f64) -> Result<Acted, database::Error> {
    let query = sqlx::query(BOOST)
        .bind(factor)
        .bind(id.0.clone())
        .bind(factor);
    act(conn, query).await
}

async fn act(
    conn: &mut Conn,
    query: Query<'static, Any, AnyArguments>,
) -> Result<Acted, database::Error> {
    let done = query.execute(conn).await?;
    Ok(if done.rows_affected() > 0 {
        Acted::Done
    } else {
        Acted::Nothing
    })
}
