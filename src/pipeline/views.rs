//! Page views counted outside, as the ranking takes them: a factor on what a story is expected to be.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::articles::Cluster;
use crate::database::{Conn, Error as DatabaseError};
use crate::ranking::{self, Story, Viewed};

use super::LEARNING_DAYS;

const DAY: i64 = 86_400;

/// The factors by story, whichever article of it was viewed; none when nobody counts views.
///
/// Stories published after the last day that was counted get none: nobody could have seen them.
pub(super) async fn factors(
    conn: &mut Conn,
    clusters: &[Cluster],
    shown: &[Story],
    at: Timestamp,
) -> Result<BTreeMap<String, f64>, DatabaseError> {
    let today = at.as_second().div_euclid(DAY);
    let counted = ranking::store::page_views(conn, today - LEARNING_DAYS).await?;
    let counted: Vec<_> = counted.iter().filter(|views| views.day <= today).collect();
    let Some(last) = counted.iter().map(|views| views.day).max() else {
        return Ok(BTreeMap::new());
    };
    let counted_until = (last + 1).saturating_mul(DAY).min(at.as_second());
    let mut views: BTreeMap<&str, i64> = BTreeMap::new();
    for found in counted {
        *views.entry(found.article.as_str()).or_default() += found.views;
    }
    let of = |id: &str| views.get(id).copied().unwrap_or(0);
    let mut stories: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for story in shown {
        stories.insert(&story.id, (story.published_at, of(&story.id)));
    }
    for story in clusters {
        let others = story.also.iter().map(|other| of(other.id.as_str()));
        let all = of(story.article.id.as_str()) + others.sum::<i64>();
        stories.insert(story.article.id.as_str(), (story.article.published_at, all));
    }
    let viewed: Vec<_> = stories
        .into_iter()
        .filter(|(_, (published_at, _))| *published_at < counted_until)
        .map(|(story, (published_at, views))| Viewed {
            story: story.to_owned(),
            published_at,
            views: number(views),
        })
        .collect();
    Ok(ranking::views(&viewed, counted_until))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "views of a page stay far below 2^52"
)]
fn number(views: i64) -> f64 {
    views.max(0) as f64
}
