//! From the document to what the ranking takes: stories, exposures, candidates.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::options::Options;
use super::values::{Count, Instant, Name};
use super::{Error, Names};
use crate::ranking::{Candidate, DEFAULT_OPEN_RATE, Exposure, List, Story, Viewed, views};

const DAY: i64 = 86_400;

/// Candidates of a daily digest are no older, in days.
const DAILY_DAYS: f64 = 4.0;

/// Candidates of a weekly digest are no older, in days.
const WEEKLY_DAYS: f64 = 8.0;

/// Editions further apart than this are weekly.
const WEEKLY_FROM: i64 = 4 * DAY;

/// Age at first showing of an article that the document no longer describes.
const UNKNOWN_AGE: i64 = DAY / 2;

const MOST_SLOTS: usize = 200;
const MOST_GROUPS: usize = 1024;

#[derive(Deserialize)]
struct Document {
    #[serde(default = "no_seed")]
    seed: Name,
    at: Instant,
    #[serde(default = "ten")]
    slots: Count,
    new_slots: Option<Count>,
    readers: f64,
    groups: Option<Count>,
    edition: Option<Name>,
    wave: Option<Count>,
    #[serde(default)]
    config: Map<String, Value>,
    articles: Vec<Article>,
    #[serde(default)]
    exposures: Vec<Cell>,
}

fn no_seed() -> Name {
    Name::text("")
}

fn ten() -> Count {
    Count(10)
}

#[derive(Deserialize)]
struct Article {
    id: Name,
    cluster: Option<Name>,
    published: Instant,
    category: Option<Name>,
    source: Option<Name>,
    /// Taken so that it is no unknown field; the ranking does not read titles.
    #[serde(rename = "title")]
    _title: Option<Value>,
    page_views: Option<f64>,
    boost: Option<f64>,
    pinned: Option<bool>,
    hidden: Option<bool>,
}

#[derive(Deserialize)]
struct Cell {
    edition: Name,
    wave: Option<Count>,
    article: Name,
    position: Count,
    at: Instant,
    recipients: f64,
    readers: Option<f64>,
    credit: f64,
}

/// A document, checked.
pub(super) struct Reading {
    pub(super) seed: String,
    pub(super) at: i64,
    pub(super) wave: u32,
    pub(super) slots: usize,
    pub(super) new_slots: usize,
    pub(super) readers: f64,
    /// The same, whole.
    pub(super) list: usize,
    pub(super) groups: Option<usize>,
    pub(super) options: Options,
    pub(super) notes: Vec<String>,
    edition: String,
    articles: Vec<Article>,
    exposures: Vec<Cell>,
}

impl Reading {
    pub(super) fn of(document: &[u8]) -> Result<Self, Error> {
        let mut unknown = BTreeSet::new();
        let mut json = serde_json::Deserializer::from_slice(document);
        let read: Result<Document, _> = serde_ignored::deserialize(&mut json, |path| {
            // Of the same field in a thousand rows one note is enough.
            let named = path.to_string();
            let parts = named.split('.').filter(|part| part.parse::<u64>().is_err());
            if unknown.len() < 20 {
                unknown.insert(parts.collect::<Vec<_>>().join("."));
            }
        });
        let located = |error: serde_json::Error| {
            let told = error.to_string();
            let end = told.rfind(" at line ").unwrap_or(told.len());
            Error::Document {
                line: error.line(),
                column: error.column(),
                message: told[..end].to_owned(),
            }
        };
        let document = read.map_err(located)?;
        json.end().map_err(located)?;
        let mut notes = Vec::new();
        if !unknown.is_empty() {
            let names: Vec<String> = unknown.into_iter().collect();
            notes.push(format!(
                "fields nobody knows are left out: {}",
                names.join(", ")
            ));
        }
        Self::check(document, notes)
    }

    fn check(document: Document, mut notes: Vec<String>) -> Result<Self, Error> {
        let options = Options::of(document.config, &mut notes)?;
        let whole = |count: Count| usize::try_from(count.0).unwrap_or(usize::MAX);
        let slots = within("slots", whole(document.slots), 1, MOST_SLOTS)?;
        let new_slots = document
            .new_slots
            .map_or_else(|| usize::from(slots >= 4) * slots * 3 / 10, whole);
        let new_slots = within("new_slots", new_slots, 0, slots)?;
        let groups = document.groups.map(whole);
        let groups = groups
            .map(|groups| within("groups", groups, 1, MOST_GROUPS))
            .transpose()?;
        if document.readers < 0.0 {
            return Err(Error::Value(
                "readers: a list has no negative size".to_owned(),
            ));
        }
        if document.exposures.iter().any(|cell| cell.position.0 == 0) {
            let message = "exposures: positions are counted from 1, not from 0";
            return Err(Error::Value(message.to_owned()));
        }
        let list = format!("{:.0}", document.readers.min(1e12))
            .parse()
            .unwrap_or(0);
        let mut reading = Self {
            edition: document
                .edition
                .unwrap_or_else(|| document.seed.clone())
                .text,
            seed: document.seed.text,
            at: document.at.0,
            wave: 0,
            slots,
            new_slots,
            readers: document.readers,
            list,
            groups,
            options,
            notes,
            articles: document.articles,
            exposures: document.exposures,
        };
        reading.settle();
        reading.wave = match document.wave {
            Some(wave) => wave.0,
            None => reading.waves_out() + 1,
        };
        Ok(reading)
    }

    /// Leaves out what is not known yet, and twins.
    fn settle(&mut self) {
        let at = self.at;
        let before = self.exposures.len();
        self.exposures.retain(|cell| cell.at.0 <= at);
        note(
            &mut self.notes,
            before - self.exposures.len(),
            "exposures after `at` are left out",
        );
        let before = self.articles.len();
        self.articles.retain(|article| article.published.0 <= at);
        note(
            &mut self.notes,
            before - self.articles.len(),
            "articles after `at` are left out",
        );
        let before = self.articles.len();
        let mut met = HashSet::with_capacity(before);
        self.articles
            .retain(|article| met.insert(article.id.text.clone()));
        note(
            &mut self.notes,
            before - self.articles.len(),
            "articles given twice count once",
        );
    }

    /// Whether a cell is of an earlier wave of the edition asked for.
    fn is_present(&self, cell: &Cell) -> bool {
        // A seed that happens to be the number of an old edition is not that edition.
        cell.edition.text == self.edition && self.at - cell.at.0 < DAY
    }

    fn waves_out(&self) -> u32 {
        let present = self.exposures.iter().filter(|cell| self.is_present(cell));
        present
            .map(|cell| cell.wave.map_or(1, |wave| wave.0).max(1))
            .max()
            .unwrap_or(0)
    }

    /// The articles young enough, of each story one.
    pub(super) fn candidates(&self, stories: &Stories) -> Vec<Candidate> {
        let days = self.options.max_age_days.unwrap_or(stories.usual_days);
        let young =
            |candidate: &&Candidate| (self.at - candidate.published_at) as f64 <= days * DAY as f64;
        let found: Vec<Candidate> = stories.all.iter().filter(young).cloned().collect();
        if found.len() >= self.slots || self.options.max_age_days.is_some() {
            found
        } else {
            // A quiet week: old articles before an empty mail.
            stories.all.clone()
        }
    }
}

fn within(name: &str, value: usize, low: usize, high: usize) -> Result<usize, Error> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(Error::Value(format!(
            "{name}: {value} is not between {low} and {high}"
        )))
    }
}

fn note(notes: &mut Vec<String>, count: usize, words: &str) {
    if count > 0 {
        notes.push(format!("{count} {words}"));
    }
}

/// Everything told about articles, by story: near-duplicates are one.
pub(super) struct Stories {
    /// One candidate a story, old ones too, by id; not the hidden.
    pub(super) all: Vec<Candidate>,
    /// What the estimate must know: all that were shown.
    pub(super) known: Vec<Story>,
    /// Cells of editions before.
    pub(super) before: Vec<Exposure>,
    /// Cells of earlier waves of this edition.
    pub(super) present: Vec<Exposure>,
    pub(super) views: BTreeMap<String, f64>,
    pub(super) pinned: Vec<String>,
    pub(super) names: Names,
    /// When the edition before left.
    pub(super) since: i64,
    usual_days: f64,
}

/// What the articles of one story say together.
struct Merged<'a> {
    first: &'a Article,
    boost: f64,
    is_pinned: bool,
    is_hidden: bool,
    views: Option<f64>,
}

impl Stories {
    pub(super) fn of(reading: &mut Reading) -> Self {
        let merged = merge(&reading.articles);
        let story_of: HashMap<&str, &str> = reading
            .articles
            .iter()
            .map(|article| (article.id.text.as_str(), article.story()))
            .collect();
        let exposures = exposures(reading, &story_of);
        let unknown = exposures
            .iter()
            .filter(|(exposure, _)| !merged.contains_key(exposure.story.as_str()));
        let unknown = unknown.count();
        let editions = editions(&exposures);
        let since = since(reading, &editions);
        let known = known(&merged, &exposures);
        let (mut all, mut pinned, mut names, mut viewed) =
            (Vec::new(), Vec::new(), Names::new(), Vec::new());
        for (story, merged) in &merged {
            names.insert((*story).to_owned(), merged.first.id.clone());
            if let Some(views) = merged.views {
                viewed.push(Viewed {
                    story: (*story).to_owned(),
                    published_at: merged.first.published.0,
                    views,
                });
            }
            if merged.is_pinned && !merged.is_hidden {
                pinned.push((*story).to_owned());
            }
            if !merged.is_hidden {
                all.push(merged.candidate(story));
            }
        }
        let (present, before): (Vec<_>, Vec<_>) = exposures
            .into_iter()
            .partition(|(_, is_present)| *is_present);
        let plain =
            |cells: Vec<(Exposure, bool)>| cells.into_iter().map(|(cell, _)| cell).collect();
        note(
            &mut reading.notes,
            unknown,
            "exposures are of articles not given: taken as half a day old when first shown",
        );
        Self {
            all,
            known,
            before: plain(before),
            present: plain(present),
            views: views(&viewed, reading.at),
            pinned,
            names,
            since,
            usual_days: if is_weekly(&editions) {
                WEEKLY_DAYS
            } else {
                DAILY_DAYS
            },
        }
    }
}

impl Article {
    fn order(&self) -> (i64, &str) {
        (self.published.0, &self.id.text)
    }

    /// What near-duplicates have in common: their cluster, which may be the id of one of them.
    fn story(&self) -> &str {
        self.cluster
            .as_ref()
            .map_or(&self.id.text, |cluster| &cluster.text)
    }
}

impl Merged<'_> {
    fn candidate(&self, story: &str) -> Candidate {
        let label = |name: &Option<Name>| {
            name.as_ref()
                .map_or_else(String::new, |name| name.text.clone())
        };
        Candidate {
            story: story.to_owned(),
            category: label(&self.first.category),
            source: label(&self.first.source),
            published_at: self.first.published.0,
            boost: self.boost,
        }
    }
}

/// The earliest article stands for its story; what the others have is added to it.
fn merge(articles: &[Article]) -> BTreeMap<&str, Merged<'_>> {
    let mut merged: BTreeMap<&str, Merged<'_>> = BTreeMap::new();
    for article in articles {
        let entry = merged.entry(article.story()).or_insert(Merged {
            first: article,
            boost: 1.0,
            is_pinned: false,
            is_hidden: false,
            views: None,
        });
        if article.order() < entry.first.order() {
            entry.first = article;
        }
        entry.boost *= article.boost.unwrap_or(1.0).max(0.0);
        entry.is_pinned |= article.pinned.unwrap_or(false);
        entry.is_hidden |= article.hidden.unwrap_or(false);
        if let Some(views) = article.page_views {
            entry.views = Some(entry.views.unwrap_or(0.0) + views.max(0.0));
        }
    }
    merged
}

/// The cells, and of each whether it is of this edition.
fn exposures<'a>(reading: &'a Reading, story_of: &HashMap<&str, &str>) -> Vec<(Exposure, bool)> {
    let story = |cell: &Cell| {
        let id = cell.article.text.as_str();
        story_of.get(id).copied().unwrap_or(id).to_owned()
    };
    let mut starts: HashMap<&str, i64> = HashMap::new();
    for cell in &reading.exposures {
        let start = starts.entry(&cell.edition.text).or_insert(cell.at.0);
        *start = cell.at.0.min(*start);
    }
    let order = |cell: &'a Cell| {
        let edition = cell.edition.text.as_str();
        let wave = cell.wave.map_or(1, |wave| wave.0);
        (starts.get(edition).copied().unwrap_or(0), edition, wave)
    };
    let stories: Vec<String> = reading.exposures.iter().map(story).collect();
    let mut firsts: HashMap<&str, (i64, &str, u32)> = HashMap::new();
    for (cell, story) in reading.exposures.iter().zip(&stories) {
        let this = order(cell);
        let first = firsts.entry(story).or_insert(this);
        *first = this.min(*first);
    }
    let cells = reading.exposures.iter().zip(&stories);
    cells
        .map(|(cell, story)| {
            let is_present = reading.is_present(cell);
            let heard = if is_present {
                reading.options.heard
            } else {
                1.0
            };
            let readers = cell.readers.unwrap_or(cell.recipients * DEFAULT_OPEN_RATE);
            let exposure = Exposure {
                edition: cell.edition.text.clone(),
                story: story.clone(),
                position: cell.position.0,
                sent_at: cell.at.0,
                recipients: cell.recipients,
                readers: readers * heard,
                credit: cell.credit,
                first: firsts
                    .get(story.as_str())
                    .is_some_and(|first| *first == order(cell)),
                list: List::default(),
            };
            (exposure, is_present)
        })
        .collect()
}

/// When each edition began, the earliest first.
fn editions(exposures: &[(Exposure, bool)]) -> Vec<(i64, String)> {
    let mut starts: BTreeMap<&str, i64> = BTreeMap::new();
    for (exposure, _) in exposures {
        let start = starts.entry(&exposure.edition).or_insert(exposure.sent_at);
        *start = exposure.sent_at.min(*start);
    }
    let mut editions: Vec<(i64, String)> = starts
        .into_iter()
        .map(|(edition, start)| (start, edition.to_owned()))
        .collect();
    editions.sort();
    editions
}

/// When the edition before the one asked for left.
fn since(reading: &Reading, editions: &[(i64, String)]) -> i64 {
    let is_second = reading.waves_out() > 0;
    let is_before = |edition: &str| !(is_second && edition == reading.edition);
    let before = editions
        .iter()
        .rev()
        .find(|(_, edition)| is_before(edition));
    before.map_or(reading.at - DAY, |(start, _)| *start)
}

fn is_weekly(editions: &[(i64, String)]) -> bool {
    let mut gaps: Vec<i64> = editions
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].0)
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2)
        .is_some_and(|gap| *gap >= WEEKLY_FROM)
}

/// All stories that were shown, those too that are no longer described.
fn known(merged: &BTreeMap<&str, Merged<'_>>, exposures: &[(Exposure, bool)]) -> Vec<Story> {
    let mut known: BTreeMap<&str, Story> = BTreeMap::new();
    for (exposure, _) in exposures {
        let story = exposure.story.as_str();
        let entry = known
            .entry(story)
            .or_insert_with(|| match merged.get(story) {
                Some(merged) => {
                    let Candidate {
                        story,
                        category,
                        source,
                        published_at,
                        ..
                    } = merged.candidate(story);
                    Story {
                        id: story,
                        category,
                        source,
                        published_at,
                    }
                }
                None => Story {
                    id: story.to_owned(),
                    category: String::new(),
                    source: String::new(),
                    published_at: exposure.sent_at.saturating_sub(UNKNOWN_AGE),
                },
            });
        if !merged.contains_key(story) {
            let first_shown = exposure.sent_at.saturating_sub(UNKNOWN_AGE);
            entry.published_at = entry.published_at.min(first_shown);
        }
    }
    known.into_values().collect()
}
