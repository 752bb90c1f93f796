//! The lists of an edition's groups of readers, beside its own copy.
//!
//! The ranking draws an order for every group; here the stories of all of them become entries with
//! links, and the orders become lists of links.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pool, candidate, counts};
use crate::articles::{Article, ArticleId};
use crate::edition::slates::{self as config, Earlier, List, Shape, Slates, holdout};
use crate::edition::{Digest, Edition, Entry, SectionKind};
use crate::ranking::{self, Candidate, Estimates, Section};

/// Stories a category's section can fall back on, for each it shows.
const RESERVE: usize = 4;
/// Stories of the newest-first list.
const NEWEST_LISTED: usize = 60;

/// Makes the lists, and entries of the stories that stand only in them.
pub(super) fn slates(
    pool: &Pool<'_>,
    digest: &Digest,
    open: &[&Article],
    entries: &mut Vec<Entry>,
) -> Slates {
    let shape = shape(digest);
    let mut links = Links::new(entries);
    let candidates: Vec<Candidate> = open.iter().map(|article| candidate(article)).collect();
    let pinned = pinned(pool, open);
    let slots = shape.lead + shape.top + shape.newest;
    let groups = pool.selection.groups(pool.readers, pool.tracking);
    let drawn = ranking::slates(
        &ranking::Edition {
            seed: pool.edition.as_str(),
            wave: 1,
            at: pool.at.as_second(),
            since: pool.since,
            groups,
            slots,
            new_slots: shape.newest,
            exploration: pool.selection.exploration,
            pinned: &pinned,
        },
        &candidates,
        pool.estimates,
        pool.ranking,
    );
    let mut standing: BTreeMap<u16, usize> = BTreeMap::new();
    let lists = lists(&drawn, |index, candidate| {
        let link = links.of(open[candidate])?;
        if index < slots {
            *standing.entry(link).or_default() += 1;
        }
        Some(link)
    });
    let slates = Slates {
        shape,
        newest: newest(open, &pinned, &mut links),
        groups: lists,
        categories: categories(pool, digest, open, &mut links),
        holdout: holdout(pool.selection, pool.readers),
        repeat: pool.selection.repeat,
        earlier: Vec::new(),
        waves: pool.selection.waves(pool.readers),
        ..Slates::default()
    };
    links.into_entries(pool, entries, (&standing, groups));
    Slates {
        earlier: earlier(pool, entries),
        ..slates
    }
}

/// Drawn orders as lists of links; `link` is told the place in the order and the candidate.
fn lists(drawn: &ranking::Slates, mut link: impl FnMut(usize, usize) -> Option<u16>) -> Vec<List> {
    let mut lists = Vec::with_capacity(drawn.groups.len());
    for slate in &drawn.groups {
        let mut list = List::default();
        for (index, place) in slate.order.iter().enumerate() {
            let Some(link) = link(index, place.candidate) else {
                continue;
            };
            match place.section {
                Section::Top => list.top.push(link),
                Section::New => list.new.push(link),
            }
        }
        lists.push(list);
    }
    lists
}

/// What the second wave is chosen from.
#[derive(Debug, Clone, Copy)]
pub struct Second<'a> {
    /// With the clicks of the first wave.
    pub estimates: &'a Estimates,
    /// What keeps one category or source from filling an edition, and more.
    pub ranking: &'a ranking::Config,
    /// Who gets which stories.
    pub selection: &'a config::Config,
    /// Which article stands for each of the others that tell its story.
    pub stands_for: &'a BTreeMap<&'a ArticleId, &'a ArticleId>,
    /// Articles of stories that the editor has hidden since.
    pub hidden: &'a [&'a ArticleId],
    /// How many people get the edition in both waves.
    pub readers: usize,
    /// When the digest's edition before was made, Unix seconds.
    pub since: i64,
    /// When it is chosen, Unix seconds.
    pub at: i64,
}

/// The lists of an edition with those of its second wave behind the first's.
///
/// Pure; the first wave's stay as they are, and so do all links.
#[must_use]
pub fn second_wave(edition: &Edition, second: &Second<'_>) -> Slates {
    let mut slates = edition.slates.clone();
    let Some(waves) = &mut slates.waves else {
        return slates;
    };
    let hidden: BTreeSet<&ArticleId> = second.hidden.iter().copied().collect();
    let open: Vec<&Entry> = edition
        .entries
        .iter()
        .filter(|entry| !hidden.contains(&entry.article.id))
        .collect();
    let story = |article: &ArticleId| {
        let id = second.stands_for.get(article).copied().unwrap_or(article);
        id.as_str().to_owned()
    };
    let candidates: Vec<Candidate> = open
        .iter()
        .map(|entry| Candidate {
            story: story(&entry.article.id),
            ..candidate(&entry.article)
        })
        .collect();
    let mut pinned: Vec<&Entry> = edition
        .entries
        .iter()
        .filter(|entry| entry.own && entry.article.pinned_at.is_some())
        .collect();
    pinned.sort_by_key(|entry| (entry.article.pinned_at, &entry.article.id));
    let pinned: Vec<String> = pinned.iter().map(|e| story(&e.article.id)).collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a number of people, rounded down"
    )]
    let rest = (second.readers as f64 * (1.0 - waves.share)) as usize;
    let shape = slates.shape;
    let drawn = ranking::slates(
        &ranking::Edition {
            seed: edition.id.as_str(),
            wave: 2,
            at: second.at,
            since: second.since,
            groups: second.selection.groups(rest, edition.frame.tracking),
            slots: shape.lead + shape.top + shape.newest,
            new_slots: shape.newest,
            exploration: second.selection.exploration,
            pinned: &pinned,
        },
        &candidates,
        second.estimates,
        second.ranking,
    );
    let first = slates.groups.len();
    waves.second_from = Some(first);
    slates
        .groups
        .extend(lists(&drawn, |_, at| Some(open[at].link)));
    slates.repeat_by_hand(first);
    slates
}

fn shape(digest: &Digest) -> Shape {
    let counts = counts(&digest.sections());
    Shape {
        lead: counts.lead,
        top: counts.top,
        newest: counts.newest,
        per_category: counts.per_category,
        fewest: digest.min_articles.max(1),
    }
}

/// The editor's own, in the order they were pinned; not again what the digest has had.
fn pinned(pool: &Pool<'_>, open: &[&Article]) -> Vec<String> {
    let mut pinned: Vec<_> = open
        .iter()
        .filter(|article| article.pinned_at.is_some() && pool.sent_in(article).is_none())
        .collect();
    pinned.sort_by_key(|article| (article.pinned_at, &article.id));
    let ids = pinned.into_iter().map(|article| article.id.as_str());
    ids.map(str::to_owned).collect()
}

fn newest<'a>(open: &[&'a Article], pinned: &[String], links: &mut Links<'a>) -> List {
    let mut order: Vec<&'a Article> = open.to_vec();
    let pin = |article: &Article| {
        let found = pinned.iter().position(|id| id == article.id.as_str());
        found.unwrap_or(usize::MAX)
    };
    order.sort_by(|a, b| {
        pin(a)
            .cmp(&pin(b))
            .then_with(|| b.published_at.cmp(&a.published_at))
            .then_with(|| a.id.cmp(&b.id))
    });
    let listed = order.into_iter().take(NEWEST_LISTED);
    List {
        top: listed.filter_map(|article| links.of(article)).collect(),
        new: Vec::new(),
    }
}

/// The categories in the order of their sections, each with its best stories.
fn categories<'a>(
    pool: &Pool<'_>,
    digest: &Digest,
    open: &[&'a Article],
    links: &mut Links<'a>,
) -> Vec<(String, Vec<u16>)> {
    let sections = digest.sections();
    if !sections.iter().any(|s| s.kind == SectionKind::Categories) {
        return Vec::new();
    }
    let most = counts(&sections).per_category * RESERVE;
    let mut found: Vec<(&str, Vec<&Article>)> = Vec::new();
    for &article in open {
        let Some(name) = article.category.as_deref() else {
            continue;
        };
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, articles)) if articles.len() >= most => {}
            Some((_, articles)) => articles.push(article),
            None => found.push((name, vec![article])),
        }
    }
    found.sort_by_key(|(name, _)| pool.place_of(name));
    found
        .into_iter()
        .map(|(name, articles)| {
            let links = articles.into_iter().filter_map(|article| links.of(article));
            (name.to_owned(), links.collect())
        })
        .collect()
}

/// Links of stories: those of the edition's own copy, and new ones as they are asked for.
struct Links<'a> {
    known: BTreeMap<ArticleId, u16>,
    added: Vec<&'a Article>,
}

impl<'a> Links<'a> {
    fn new(entries: &[Entry]) -> Self {
        let own = entries.iter();
        Self {
            known: own.map(|e| (e.article.id.clone(), e.link)).collect(),
            added: Vec::new(),
        }
    }

    /// Nothing when the edition holds as many stories as links can tell apart.
    fn of(&mut self, article: &'a Article) -> Option<u16> {
        if let Some(&link) = self.known.get(&article.id) {
            return Some(link);
        }
        let link = u16::try_from(self.known.len()).ok()?;
        self.known.insert(article.id.clone(), link);
        self.added.push(article);
        Some(link)
    }

    fn into_entries(
        self,
        pool: &Pool<'_>,
        entries: &mut Vec<Entry>,
        (standing, groups): (&BTreeMap<u16, usize>, usize),
    ) {
        let scores: BTreeMap<&str, &ranking::Score> = pool
            .ranked
            .iter()
            .map(|score| (score.story.as_str(), score))
            .collect();
        for article in self.added {
            let link = u16::try_from(entries.len()).unwrap_or(u16::MAX);
            let score = scores.get(article.id.as_str()).copied();
            let worth = score.map(|score| ranking::explain(score, pool.estimates, None));
            let stands = match standing.get(&link) {
                Some(1) if groups == 1 => "in the readers' copies".to_owned(),
                Some(count) => format!("tried in {count} of {groups} groups of readers"),
                None => "in reserve for readers who have had the others".to_owned(),
            };
            entries.push(Entry {
                position: u32::from(link) + 1,
                section: SectionKind::Top,
                section_title: String::new(),
                link,
                article: article.clone(),
                score: score.cloned(),
                reason: match worth {
                    Some(worth) => format!("{stands}; {worth}"),
                    None => stands,
                },
                own: false,
            });
        }
    }
}

/// Which stories of the editions before are which of ours.
fn earlier(pool: &Pool<'_>, entries: &[Entry]) -> Vec<Earlier> {
    let mut ours: BTreeMap<&ArticleId, u16> = BTreeMap::new();
    for entry in entries {
        ours.insert(&entry.article.id, entry.link);
        for other in pool.also.get(&entry.article.id).into_iter().flatten() {
            ours.entry(&other.id).or_insert(entry.link);
        }
    }
    let of = |edition: &Edition| {
        let pair = |entry: &Entry| Some((entry.link, *ours.get(&entry.article.id)?));
        let links: BTreeSet<_> = edition.entries.iter().filter_map(pair).collect();
        Earlier {
            edition: edition.id.to_string(),
            links: links.into_iter().collect(),
        }
    };
    let all = pool.past.iter().map(of);
    all.filter(|earlier| !earlier.links.is_empty()).collect()
}
