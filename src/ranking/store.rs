//! SQL: the `page_views` table, what was counted outside.
//!
//! Storing is safe to repeat, and order does not matter: see [`page_views`](super::page_views).

use crate::articles::ArticleId;
use crate::database::{self, Conn};

use super::page_views::Lines;

/// Views of one article on one day, whoever counted them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageViews {
    /// The article.
    pub article: ArticleId,
    /// Days since 1970-01-01, in UTC.
    pub day: i64,
    /// How many.
    pub views: i64,
}

const SET: &str = "INSERT INTO page_views (article_id, day, origin, views)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (article_id, day, origin) DO UPDATE SET views = excluded.views
    WHERE page_views.views <> excluded.views";

const RAISE: &str = "INSERT INTO page_views (article_id, day, origin, views)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (article_id, day, origin) DO UPDATE SET views = excluded.views
    WHERE page_views.views < excluded.views";

/// Stores what one origin counted: a table's number replaces the last, of a log's the larger stands.
/// Returns whether anything changed.
///
/// # Errors
/// When the database refuses.
pub async fn put_page_views(
    conn: &mut Conn,
    lines: Lines,
    origin: &str,
    found: &PageViews,
) -> Result<bool, database::Error> {
    let sql = match lines {
        Lines::Table => SET,
        Lines::Log => RAISE,
    };
    let done = sqlx::query(sql)
        .bind(found.article.as_str())
        .bind(found.day)
        .bind(origin)
        .bind(found.views)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

const SINCE: &str = "SELECT article_id, day, CAST(SUM(views) AS BIGINT)
    FROM page_views
    WHERE day >= $1
    GROUP BY article_id, day
    ORDER BY article_id, day";

/// The views of every article a day, from the Unix day `since` on.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn page_views(conn: &mut Conn, since: i64) -> Result<Vec<PageViews>, database::Error> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(SINCE).bind(since).fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, day, views)| {
            let article = article(&id)?;
            Ok(PageViews {
                article,
                day,
                views,
            })
        })
        .collect()
}

fn article(id: &str) -> Result<ArticleId, database::Error> {
    ArticleId::parse(id).ok_or_else(|| database::Error::row("page_views", id, "is no article id"))
}

const TOTAL: &str = "SELECT CAST(COALESCE(SUM(views), 0) AS BIGINT)
    FROM page_views
    WHERE article_id = $1";

/// All views of one article.
///
/// # Errors
/// When the database refuses.
pub async fn total_page_views(conn: &mut Conn, id: &ArticleId) -> Result<i64, database::Error> {
    let (views,): (i64,) = sqlx::query_as(TOTAL)
        .bind(id.as_str())
        .fetch_one(conn)
        .await?;
    Ok(views)
}

const KNOWN: &str = "SELECT id, published_at FROM articles";

/// Every known article and when it was published, Unix seconds: whose views are worth counting.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn known_articles(conn: &mut Conn) -> Result<Vec<(ArticleId, i64)>, database::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(KNOWN).fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, at)| Ok((article(&id)?, at)))
        .collect()
}
