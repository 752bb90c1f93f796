//! Articles of one story: which of them stands for all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Article, ArticleId};

/// One story as an edition may show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The article that stands for all, with what the editor said of any of them.
    pub article: Article,
    /// The others, the oldest first; also those too old to be shown.
    pub also: Vec<Article>,
}

/// A summary shorter than this is a label ("Video", "Analysis").
const LEAST_SUMMARY_CHARS: usize = 40;

/// Puts articles together that tell one story; stories in the order of the ids that stand for them.
///
/// Of those published since `since`, the one stands for all that is pinned, else has a picture, else
/// has a summary, else comes from the source named first in `sources` (the order of `digest.toml`),
/// else is older. Not the longest: a publisher orders sources by trust, not by length. A story none
/// of whose articles is young enough is left out.
///
/// The editor's word on one article holds for its story: hidden if one is hidden, pinned if one is
/// pinned, boosted by the first factor that is not 1. Whoever means one article only splits it off.
#[must_use]
pub fn clusters(articles: Vec<Article>, since: i64, sources: &[&str]) -> Vec<Cluster> {
    let mut groups: BTreeMap<ArticleId, Vec<Article>> = BTreeMap::new();
    for article in articles {
        let cluster = article
            .cluster
            .clone()
            .unwrap_or_else(|| article.id.clone());
        groups.entry(cluster).or_default().push(article);
    }
    let mut all: Vec<_> = groups
        .into_values()
        .filter_map(|group| cluster(group, since, sources))
        .collect();
    all.sort_by(|a, b| a.article.id.cmp(&b.article.id));
    all
}

fn cluster(mut group: Vec<Article>, since: i64, sources: &[&str]) -> Option<Cluster> {
    group.sort_by(|a, b| (a.published_at, &a.id).cmp(&(b.published_at, &b.id)));
    let rank = |article: &Article| {
        let summary = article.summary.as_deref().unwrap_or_default();
        let source = sources.iter().position(|name| *name == article.source);
        (
            Reverse(article.pinned_at.is_some()),
            article.image_url.is_none(),
            summary.chars().nth(LEAST_SUMMARY_CHARS - 1).is_none(),
            source.unwrap_or(usize::MAX),
        )
    };
    // The first of equals is the oldest.
    let (best, _) = group
        .iter()
        .enumerate()
        .filter(|(_, article)| article.published_at >= since)
        .min_by_key(|(_, article)| rank(article))?;
    let hidden_at = group.iter().filter_map(|article| article.hidden_at).min();
    let pinned_at = group.iter().filter_map(|article| article.pinned_at).min();
    let mut article = group.remove(best);
    let is_none = |boost: f64| (boost - 1.0).abs() < f64::EPSILON;
    if is_none(article.boost)
        && let Some(other) = group.iter().find(|other| !is_none(other.boost))
    {
        article.boost = other.boost;
    }
    article.hidden_at = hidden_at;
    article.pinned_at = pinned_at;
    Some(Cluster {
        article,
        also: group,
    })
}

/// "also reported by wire and courier"; nothing if no other source did.
#[must_use]
pub fn also_reported_by(article: &Article, also: &[Article]) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for other in also {
        if other.source != article.source && !names.contains(&other.source.as_str()) {
            names.push(&other.source);
        }
    }
    let last = names.pop()?;
    Some(if names.is_empty() {
        format!("also reported by {last}")
    } else {
        format!("also reported by {} and {last}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(id: u32, cluster: u32, source: &str) -> Article {
        let id_of = |number: u32| ArticleId::parse(&format!("{number:016x}")).unwrap();
        Article {
            id: id_of(id),
            url: format!("https://example.org/{id}"),
            title: format!("Story {id}"),
            summary: None,
            source: source.to_owned(),
            category: None,
            tags: Vec::new(),
            author: None,
            image_url: None,
            image_alt: None,
            language: None,
            minutes: None,
            published_at: 100 + i64::from(id),
            first_seen_at: 0,
            updated_at: 0,
            hidden_at: None,
            pinned_at: None,
            boost: 1.0,
            cluster: Some(id_of(cluster)),
        }
    }

    fn representative(articles: Vec<Article>, since: i64) -> Option<Article> {
        let mut all = clusters(articles, since, &["herald", "wire"]);
        assert!(all.len() <= 1, "{all:?}");
        all.pop().map(|cluster| cluster.article)
    }

    #[test]
    fn one_article_stands_for_its_story() {
        let long = Some("It rained all night and the harbour is closed.".to_owned());
        let image = Some("https://example.org/a.jpg".to_owned());
        let base = || {
            vec![
                article(1, 1, "wire"),
                article(2, 1, "herald"),
                article(3, 1, "blog"),
            ]
        };
        let changed = |change: &dyn Fn(&mut Vec<Article>)| {
            let mut all = base();
            change(&mut all);
            let found = representative(all, 0).unwrap();
            u32::from_str_radix(found.id.as_str(), 16).unwrap()
        };
        for (name, wanted, change) in [
            (
                "the source named first",
                2,
                (&|_: &mut Vec<Article>| {}) as &dyn Fn(&mut Vec<Article>),
            ),
            ("a summary", 3, &|all| all[2].summary.clone_from(&long)),
            ("a label is no summary", 2, &|all| {
                all[2].summary = Some("Video".to_owned());
            }),
            ("a picture before a summary", 3, &|all| {
                all[2].image_url.clone_from(&image);
                all[0].summary.clone_from(&long);
            }),
            ("the older of one source", 1, &|all| {
                all[0].source = "herald".to_owned();
            }),
            ("pinned before all", 3, &|all| {
                all[0].image_url.clone_from(&image);
                all[2].pinned_at = Some(5);
            }),
        ] {
            assert_eq!(changed(change), wanted, "{name}");
        }
    }

    #[test]
    fn the_editors_word_on_one_holds_for_all() {
        let mut all = vec![article(1, 1, "herald"), article(2, 1, "wire")];
        all[1].hidden_at = Some(7);
        all[1].boost = 2.0;
        let found = representative(all, 0).unwrap();
        assert_eq!(
            (found.id.as_str(), found.hidden_at, found.boost),
            ("0000000000000001", Some(7), 2.0)
        );
    }

    #[test]
    fn what_is_too_old_stands_for_nobody() {
        let all = || vec![article(1, 1, "herald"), article(2, 1, "wire")];
        assert_eq!(representative(all(), 102).unwrap().source, "wire");
        assert_eq!(representative(all(), 103), None);
        let mut unknown = article(1, 1, "herald");
        unknown.cluster = None;
        let all = clusters(vec![unknown, article(2, 2, "wire")], 0, &[]);
        assert_eq!(all.len(), 2, "alone until compared");
    }

    #[test]
    fn sources_are_named_once_each() {
        let own = article(1, 1, "herald");
        let others = ["herald", "wire", "blog", "wire"].map(|source| article(2, 1, source));
        for (count, words) in [
            (1, None),
            (2, Some("also reported by wire")),
            (4, Some("also reported by wire and blog")),
        ] {
            assert_eq!(also_reported_by(&own, &others[..count]).as_deref(), words);
        }
    }
}
