//! Many articles to clusters, without comparing each with each.
//!
//! An inverted index from words to articles names the few that share enough words with one; only
//! these are compared. It is built for each fetch from the recent articles and holds eight bytes a
//! word, some ten megabytes for 20,000 articles.

use std::collections::BTreeSet;
use std::ops::Range;

use super::words::Kind;
use super::{Fingerprint, WINDOW_SECONDS, evidence};

/// A word that more articles of the window have does not help to find one of them.
const MOST_ARTICLES: usize = 1_000;
/// At most so many are compared with one: a hostile feed may repeat itself without end.
const MOST_COMPARED: usize = 100;
/// Two stories that share fewer words are never one.
const LEAST_SHARED: u16 = 2;

/// What is known of an article's place before the work begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is new, or something of it has changed.
    Pending,
    /// It follows the article at this index; the first article of a cluster follows itself.
    Follows(usize),
    /// It follows an article too old to be among these.
    Older,
}

/// For each article the one it follows, itself if it is the first to tell its story.
///
/// `articles` are in the order of their age, oldest first. Only those pending, and those that a
/// change among these may concern, are looked at; the outcome is that of looking at all, whatever
/// came in which order: each article follows, of the earlier ones that follow themselves, the one
/// it resembles most.
#[must_use]
pub fn leaders(articles: &[Fingerprint], places: &[Place]) -> Vec<Place> {
    let mut index = Index::new(articles);
    let mut places = places.to_vec();
    places.resize(articles.len(), Place::Pending);
    let concerned = |place: &Place| match place {
        Place::Pending => true,
        Place::Follows(first) => places.get(*first) == Some(&Place::Pending),
        Place::Older => false,
    };
    let mut work: BTreeSet<usize> = (0..articles.len())
        .filter(|at| concerned(&places[*at]))
        .collect();
    // Nobody depends on a later article, so that each is settled when its turn comes.
    while let Some(at) = work.pop_first() {
        let near = index.near(at);
        let followed = near
            .iter()
            .filter(|(other, _)| *other < at && places[*other] == Place::Follows(*other))
            .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        let next = Place::Follows(followed.map_or(at, |(first, _)| *first));
        let before = std::mem::replace(&mut places[at], next);
        let itself = Place::Follows(at);
        if before != next && (before == Place::Pending || before == itself || next == itself) {
            let later = near.iter().map(|(other, _)| *other);
            work.extend(later.filter(|other| *other > at));
        }
    }
    places
}

struct Index<'a> {
    articles: &'a [Fingerprint],
    /// Word and article, sorted.
    entries: Vec<(u32, u32)>,
    /// How many words each article shares with the one in hand; all zero between two.
    shared: Vec<u16>,
}

impl<'a> Index<'a> {
    fn new(articles: &'a [Fingerprint]) -> Self {
        let mut entries = Vec::with_capacity(articles.len() * 32);
        for (at, article) in (0_u32..).zip(articles) {
            entries.extend(terms(article).map(|(term, _)| (term, at)));
        }
        entries.sort_unstable();
        Self {
            articles,
            entries,
            shared: vec![0; articles.len()],
        }
    }

    /// The articles that tell the same story as the one at `at`, with the evidence.
    fn near(&mut self, at: usize) -> Vec<(usize, f64)> {
        let article = &self.articles[at];
        if article.apart {
            return Vec::new();
        }
        let mut touched = Vec::new();
        for (term, shared) in terms(article) {
            for at in self.holders(term, article.published_at) {
                let other = index(self.entries[at].1);
                if self.shared[other] == 0 {
                    touched.push(other);
                }
                self.shared[other] += shared;
            }
        }
        let mut candidates: Vec<(u16, usize)> = touched
            .into_iter()
            .map(|other| (std::mem::take(&mut self.shared[other]), other))
            .filter(|(shared, other)| *shared >= LEAST_SHARED && *other != at)
            .collect();
        candidates.sort_unstable_by_key(|(shared, other)| (std::cmp::Reverse(*shared), *other));
        candidates.truncate(MOST_COMPARED);
        let compared = candidates.into_iter().filter_map(|(_, other)| {
            let evidence = evidence(article, &self.articles[other])?;
            (evidence > 0.0).then_some((other, evidence))
        });
        compared.collect()
    }

    /// Where the articles within the window that have a word stand; nothing if these are too many.
    fn holders(&self, word: u32, published_at: i64) -> Range<usize> {
        let time = |entry: &(u32, u32)| self.articles[index(entry.1)].published_at;
        let earliest = published_at.saturating_sub(WINDOW_SECONDS);
        let latest = published_at.saturating_add(WINDOW_SECONDS);
        let from = self
            .entries
            .partition_point(|entry| entry.0 < word || entry.0 == word && time(entry) < earliest);
        let rest = &self.entries[from..];
        let until = rest.partition_point(|entry| entry.0 == word && time(entry) <= latest);
        from..from + if until > MOST_ARTICLES { 0 } else { until }
    }
}

/// What an article is found by, and how much of it must be shared: two words, or the origin alone.
fn terms(article: &Fingerprint) -> impl Iterator<Item = (u32, u16)> {
    let words = article.all.iter().filter(|word| word.kind != Kind::Faint);
    let origin = (!article.origin, LEAST_SHARED);
    words.map(|word| (word.hash, 1)).chain([origin])
}

fn index(article: u32) -> usize {
    usize::try_from(article).unwrap_or(usize::MAX)
}
