//! Ranked articles and rules in, the stories of one edition out, with a reason for everyone.
//!
//! A story stands in an edition once: lead, then Top stories, then Newest, then its category. An
//! edition of one story is a lead alone; of two to four a lead and plain stories without titles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::slates::{self, SMALL, Slates};
use super::{Category, Digest, Edition, EditionId, Entry, PassedOver, SectionConfig, SectionKind};
use crate::articles::{Article, ArticleId, cluster};
use crate::ranking::{self, Candidate, Choice, Estimates, Reason, Score};
use crate::tracking::Tracking;

mod groups;

pub use groups::{Second, second_wave};

/// What a selection is made from.
#[derive(Debug, Clone, Copy)]
pub struct Pool<'a> {
    /// Every article young enough, one a story, hidden ones too.
    pub articles: &'a [Article],
    /// What else tells the story of one of them.
    pub also: &'a BTreeMap<ArticleId, Vec<Article>>,
    /// All of them ranked, best first.
    pub ranked: &'a [Score],
    /// What the scores were made from.
    pub estimates: &'a Estimates,
    /// Articles that stood in this digest's own copies, with the edition.
    pub sent: &'a BTreeMap<ArticleId, EditionId>,
    /// What keeps one category or source from filling an edition, and more.
    pub ranking: &'a ranking::Config,
    /// Who gets which stories.
    pub selection: &'a slates::Config,
    /// What its mails tell of their readers.
    pub tracking: Tracking,
    /// How categories are shown, and in which order their sections come.
    pub categories: &'a [Category],
    /// The edition that is being made; every draw depends on its id.
    pub edition: &'a EditionId,
    /// When it is made.
    pub at: Timestamp,
    /// When the digest's edition before was made, Unix seconds: stories since then are new.
    pub since: i64,
    /// How many people would get it.
    pub readers: usize,
    /// Editions of the site whose stories are young enough to stand in this one again.
    pub past: &'a [Edition],
}

impl<'a> Pool<'a> {
    fn also(&self, article: &Article) -> &'a [Article] {
        self.also.get(&article.id).map_or(&[], Vec::as_slice)
    }

    /// The edition of this digest that had the story, told by this article or by another.
    #[must_use]
    pub fn sent_in(&self, article: &Article) -> Option<&'a EditionId> {
        let mut all = std::iter::once(article).chain(self.also(article));
        all.find_map(|article| self.sent.get(&article.id))
    }

    /// A category's place among the configured ones; the others come behind.
    fn place_of(&self, category: &str) -> usize {
        let mut known = self.categories.iter();
        let found = known.position(|known| known.name == category);
        found.unwrap_or(usize::MAX)
    }
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// The stories of the edition's own copy in reading order, then those that only some readers
    /// get; empty when there is nothing new.
    pub entries: Vec<Entry>,
    /// What readers get of them.
    pub slates: Slates,
    /// Who is not in, and why; the best first.
    pub passed_over: Vec<PassedOver>,
}

impl Selection {
    /// Adds to the reasons what moved a story since the edition before, by its article.
    pub fn say_what_moved(&mut self, moved: &BTreeMap<String, String>) {
        let entries = self.entries.iter_mut();
        let entries = entries.map(|entry| (entry.article.id.as_str(), &mut entry.reason));
        let out = self.passed_over.iter_mut();
        let out = out.map(|out| (out.article.as_str(), &mut out.reason));
        for (article, reason) in entries.chain(out) {
            if let Some(words) = moved.get(article) {
                reason.push_str("; ");
                reason.push_str(words);
            }
        }
    }
}

const TOP: usize = 5;
const NEWEST: usize = 5;
const PER_CATEGORY: usize = 3;
/// Near misses kept for the editor.
const PASSED_OVER_KEPT: usize = 60;

/// Chooses the stories of one edition. Pure: the same pool gives the same selection.
#[must_use]
pub fn select(pool: &Pool<'_>, digest: &Digest) -> Selection {
    let mut passed = Vec::new();
    let fresh = eligible(pool, digest, &mut passed);
    if fresh.len() < digest.min_articles.max(1) {
        return Selection {
            entries: Vec::new(),
            slates: Slates::default(),
            passed_over: passed,
        };
    }
    let mut chooser = Chooser {
        pool,
        scores: pool
            .ranked
            .iter()
            .map(|score| (score.story.as_str(), score))
            .collect(),
        fresh,
        used: BTreeSet::new(),
        entries: Vec::new(),
    };
    let sections = digest.sections();
    chooser.lead_and_top(counts(&sections), &mut passed);
    if chooser.fresh.len() <= SMALL {
        chooser.plain();
    } else {
        for section in &sections {
            match section.kind {
                SectionKind::Newest => chooser.newest(section),
                SectionKind::Categories => chooser.categories(section),
                SectionKind::Lead
                | SectionKind::Top
                | SectionKind::Plain
                | SectionKind::Topics
                | SectionKind::More
                | SectionKind::Sponsor => {}
            }
        }
    }
    let Chooser {
        fresh,
        used,
        mut entries,
        ..
    } = chooser;
    order(&mut entries, &sections);
    passed.extend(
        entries
            .iter()
            .flat_map(|entry| same_story(pool, &entry.article)),
    );
    let told: BTreeSet<_> = passed.iter().map(|passed| passed.article.clone()).collect();
    let silent = |article: &&&Article| !used.contains(&article.id) && !told.contains(&article.id);
    let below = "scored below what fits into this edition";
    passed.extend(
        fresh
            .iter()
            .filter(silent)
            .map(|article| passed_over(article, below)),
    );
    // Passed over at the top, and chosen further down.
    passed.retain(|passed| !used.contains(&passed.article));
    passed.truncate(PASSED_OVER_KEPT);
    let slates = if is_one_for_all(pool.selection) {
        Slates::default()
    } else {
        groups::slates(pool, digest, &open(pool, digest), &mut entries)
    };
    say_where_tried(&mut passed, &entries);
    Selection {
        entries,
        slates,
        passed_over: passed,
    }
}

/// Whether everybody gets the edition's own copy, word for word.
fn is_one_for_all(config: &slates::Config) -> bool {
    config.groups == Some(1) && config.repeat == slates::Repeat::Never
}

/// Adds to each near miss what becomes of it outside the edition's own copy.
fn say_where_tried(passed: &mut [PassedOver], entries: &[Entry]) {
    for out in passed {
        let mut others = entries.iter().filter(|entry| !entry.own);
        if let Some(entry) = others.find(|entry| entry.article.id == out.article) {
            let tried = entry.reason.split(';').next().unwrap_or_default();
            out.reason = format!("{}; {tried}", out.reason);
        }
    }
}

/// How many stories the sections hold.
#[derive(Debug, Clone, Copy)]
struct Counts {
    lead: usize,
    top: usize,
    newest: usize,
    per_category: usize,
}

fn counts(sections: &[SectionConfig]) -> Counts {
    let count = |kind: SectionKind, usual: usize| {
        let section = sections.iter().find(|section| section.kind == kind);
        section.map_or(0, |section| section.count.unwrap_or(usual))
    };
    Counts {
        lead: count(SectionKind::Lead, 1).min(1),
        top: count(SectionKind::Top, TOP),
        newest: count(SectionKind::Newest, NEWEST),
        per_category: count(SectionKind::Categories, PER_CATEGORY),
    }
}

/// The articles that some reader may get, best first: those a digest has had, too.
fn open<'a>(pool: &Pool<'a>, digest: &Digest) -> Vec<&'a Article> {
    let oldest = pool.at.as_second() - digest.max_age().as_seconds();
    let by_id: BTreeMap<_, _> = pool
        .articles
        .iter()
        .map(|article| (article.id.as_str(), article))
        .collect();
    let ranked = pool.ranked.iter();
    ranked
        .filter_map(|score| by_id.get(score.story.as_str()).copied())
        .filter(|article| article.hidden_at.is_none() && article.published_at >= oldest)
        .collect()
}

/// The articles that may be chosen, best first; says of the others why not.
fn eligible<'a>(
    pool: &Pool<'a>,
    digest: &Digest,
    passed: &mut Vec<PassedOver>,
) -> Vec<&'a Article> {
    let by_id: BTreeMap<_, _> = pool
        .articles
        .iter()
        .map(|article| (article.id.as_str(), article))
        .collect();
    let oldest = pool.at.as_second() - digest.max_age().as_seconds();
    let mut fresh = Vec::new();
    for score in pool.ranked {
        let Some(&article) = by_id.get(score.story.as_str()) else {
            continue;
        };
        if let Some(edition) = pool.sent_in(article) {
            passed.push(passed_over(article, &format!("already in {edition}")));
        } else if article.hidden_at.is_some() {
            passed.push(passed_over(article, "hidden by the editor"));
        } else if article.published_at < oldest {
            passed.push(passed_over(
                article,
                &format!("older than {}", digest.max_age()),
            ));
        } else {
            fresh.push(article);
        }
    }
    fresh
}

fn passed_over(article: &Article, reason: &str) -> PassedOver {
    PassedOver {
        article: article.id.clone(),
        title: article.title.clone(),
        reason: reason.to_owned(),
    }
}

/// The others that tell an article's story, and so are not in the edition.
fn same_story(pool: &Pool<'_>, article: &Article) -> Vec<PassedOver> {
    let reason = format!("same story as “{}” ({})", article.title, article.source);
    let others = pool.also(article).iter();
    others.map(|other| passed_over(other, &reason)).collect()
}

struct Chooser<'a, 'b> {
    pool: &'b Pool<'a>,
    /// The scores by story: there can be many thousands of candidates.
    scores: BTreeMap<&'a str, &'a Score>,
    fresh: Vec<&'a Article>,
    used: BTreeSet<ArticleId>,
    entries: Vec<Entry>,
}

impl<'a> Chooser<'a, '_> {
    fn score(&self, article: &Article) -> Option<&Score> {
        self.scores.get(article.id.as_str()).copied()
    }

    fn add(&mut self, section: SectionKind, title: &str, article: &Article, mut reason: String) {
        self.used.insert(article.id.clone());
        if let Some(others) = cluster::also_reported_by(article, self.pool.also(article)) {
            reason = format!("{reason}; {others}");
        }
        self.entries.push(Entry {
            position: 0,
            section,
            section_title: title.to_owned(),
            link: 0,
            article: article.clone(),
            score: self.score(article).cloned(),
            reason,
            own: true,
        });
    }

    /// Pinned stories first, then the best by score with the caps on categories and sources.
    fn lead_and_top(&mut self, counts: Counts, passed: &mut Vec<PassedOver>) {
        let lead = counts.lead;
        let slots = if self.fresh.len() <= SMALL {
            lead
        } else {
            lead + counts.top
        };
        let mut pinned: Vec<_> = self
            .fresh
            .iter()
            .copied()
            .filter(|article| article.pinned_at.is_some())
            .collect();
        pinned.sort_by_key(|article| (article.pinned_at, article.id.clone()));
        pinned.truncate(slots);
        for article in &pinned {
            let kind = if self.entries.len() < lead {
                SectionKind::Lead
            } else {
                SectionKind::Top
            };
            self.add(
                kind,
                "Top stories",
                article,
                "pinned by the editor".to_owned(),
            );
        }
        let ranked: Vec<Score> = self
            .fresh
            .iter()
            .filter(|article| !self.used.contains(&article.id))
            .filter_map(|article| self.score(article).cloned())
            .collect();
        let candidates: Vec<Candidate> = self
            .fresh
            .iter()
            .map(|article| candidate(article))
            .collect();
        let wanted = slots - pinned.len();
        let picked = ranking::pick(&ranked, &candidates, wanted, &self.pool.ranking.limits);
        for choice in &picked.chosen {
            let Some(article) = self.article(&choice.story) else {
                continue;
            };
            let kind = if self.entries.len() < lead {
                SectionKind::Lead
            } else {
                SectionKind::Top
            };
            let reason = self.why(choice, &ranked);
            self.add(kind, "Top stories", article, reason);
        }
        for out in &picked.passed {
            let Some(article) = self.article(&out.story) else {
                continue;
            };
            let reason = match out.reason {
                Reason::CategoryCap => "its category has all the places it may have at the top",
                Reason::SourceCap => "its source has all the places it may have at the top",
                Reason::Repeats => "a repeat of its category at the top; others scored higher",
            };
            passed.push(passed_over(article, reason));
        }
    }

    fn article(&self, story: &str) -> Option<&'a Article> {
        self.fresh
            .iter()
            .copied()
            .find(|article| article.id.as_str() == story)
    }

    fn why(&self, choice: &Choice, ranked: &[Score]) -> String {
        ranked
            .get(choice.index)
            .map(|score| ranking::explain(score, self.pool.estimates, Some(choice)))
            .unwrap_or_default()
    }

    /// The rest of a small edition, best first, without a title.
    fn plain(&mut self) {
        for article in self.rest() {
            self.add(
                SectionKind::Plain,
                "",
                article,
                "the whole edition is small".to_owned(),
            );
        }
    }

    fn newest(&mut self, section: &SectionConfig) {
        let mut rest = self.rest();
        rest.sort_by(|a, b| {
            b.published_at
                .cmp(&a.published_at)
                .then_with(|| a.id.cmp(&b.id))
        });
        let title = section.title.as_deref().unwrap_or("Newest").to_owned();
        for article in rest.into_iter().take(section.count.unwrap_or(NEWEST)) {
            let hours = (self.pool.at.as_second() - article.published_at).max(0) / 3600;
            let reason = format!("among the newest: published {hours} h before the edition");
            self.add(SectionKind::Newest, &title, article, reason);
        }
    }

    /// One section a category, in the configured order, the others behind in the order of the
    /// category's best story; within one, best first. Stories that are alone in theirs come last.
    fn categories(&mut self, section: &SectionConfig) {
        let count = section.count.unwrap_or(PER_CATEGORY);
        let mut groups: Vec<(String, Vec<&'a Article>)> = Vec::new();
        for article in self.rest() {
            let Some(category) = &article.category else {
                continue;
            };
            match groups.iter_mut().find(|(name, _)| name == category) {
                Some((_, articles)) => articles.push(article),
                None => groups.push((category.clone(), vec![article])),
            }
        }
        groups.sort_by_key(|(name, _)| self.pool.place_of(name));
        for (_, articles) in &mut groups {
            articles.truncate(count);
        }
        let (sections, alone) = slates::apart(groups);
        for (name, articles) in sections {
            for article in articles {
                let reason = format!("the best of {name} not shown above");
                self.add(SectionKind::Categories, &name, article, reason);
            }
        }
        for (name, article) in alone {
            let reason = format!("the best of {name} not shown above, and the only one");
            self.add(SectionKind::Categories, slates::ALONE, article, reason);
        }
    }

    fn rest(&self) -> Vec<&'a Article> {
        self.fresh
            .iter()
            .copied()
            .filter(|article| !self.used.contains(&article.id))
            .collect()
    }
}

/// An article as the ranking sees it.
#[must_use]
pub fn candidate(article: &Article) -> Candidate {
    Candidate {
        story: article.id.as_str().to_owned(),
        category: article.category.clone().unwrap_or_default(),
        source: article.source.clone(),
        published_at: article.published_at,
        boost: article.boost,
    }
}

/// Sorts entries into the order of the sections and numbers them.
fn order(entries: &mut [Entry], sections: &[SectionConfig]) {
    let place = |kind: SectionKind| match kind {
        // The rest of a small edition follows its lead.
        SectionKind::Plain => 0,
        kind => sections
            .iter()
            .position(|section| section.kind == kind)
            .unwrap_or(usize::MAX),
    };
    entries.sort_by_key(|entry| (place(entry.section), entry.section == SectionKind::Plain));
    for (index, entry) in entries.iter_mut().enumerate() {
        entry.position = u32::try_from(index + 1).unwrap_or(u32::MAX);
        entry.link = u16::try_from(index).unwrap_or(u16::MAX);
    }
    let title = |kind| {
        sections
            .iter()
            .find(|section| section.kind == kind)
            .and_then(|section| section.title.clone())
    };
    if let Some(title) = title(SectionKind::Top) {
        for entry in entries
            .iter_mut()
            .filter(|entry| entry.section == SectionKind::Top)
        {
            entry.section_title.clone_from(&title);
        }
    }
}
