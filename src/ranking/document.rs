//! A whole ranking as one document in and one out, for programs that are not part of this one.
//!
//! In comes JSON with everything a ranking rests on: articles, and what past editions showed and
//! earned. Out come an order for every group of readers, the rates, and what was learned about
//! readers on the way. No store, no clock: who calls twice with the same gets the same.
//! `docs/ranking.md` describes both documents for people who write them.
//!
//! Promises to forgive what has one meaning (a number for an id, an unknown field, an article
//! nobody describes any more) and to say so in a note, and to refuse the rest with line and column.

mod options;
mod read;
#[cfg(test)]
mod tests;
mod values;

use std::collections::HashMap;

use serde::Serialize;

use super::score::{Known, Scorer};
use super::{
    Candidate, Edition, Estimates, Parts, Place, Section, estimate_with_views, groups, slates,
    update,
};
use read::{Reading, Stories};
pub use values::Name;

/// Why a document cannot be answered.
#[derive(Debug)]
pub enum Error {
    /// It is not the document that was asked for.
    Document {
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 when the end came too soon.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A value makes no sense.
    Value(String),
    /// A key of `config` has a value it cannot have.
    Config(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Document {
                line,
                column,
                message,
            } => write!(f, "line {line}, column {column}: {message}"),
            Self::Value(message) => f.write_str(message),
            Self::Config(message) => write!(f, "config: {message}"),
        }
    }
}

impl std::error::Error for Error {}

/// The document that goes out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// One order for each group.
    pub groups: Vec<GroupOrder>,
    /// What each article is worth before freshness, novelty and chance.
    pub estimates: Vec<Rate>,
    /// What was learned about this list's readers.
    pub learnt: Learnt,
    /// What was forgiven, in words.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// The order for one group of readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupOrder {
    /// Its number, from 0.
    pub group: usize,
    /// Its share of the readers.
    pub share: f64,
    /// First the slate, then what comes next.
    pub order: Vec<Line>,
}

/// One article in an order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The article, as it was named.
    pub article: Name,
    /// `top` or `new`.
    pub section: &'static str,
    /// What it was ranked by.
    pub score: f64,
    /// What the score is made of.
    pub parts: LineParts,
}

/// What a score in an order is made of: the product of rate, freshness, novelty, boost and chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LineParts {
    /// As in every other ranking.
    #[serde(flatten)]
    pub parts: Parts,
    /// Factor drawn for this group.
    pub chance: f64,
    /// Factor for others of its category above; counts for the place, not in the score.
    pub diversity: f64,
}

/// The rate of one article.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rate {
    /// The article, as it was named.
    pub article: Name,
    /// Clicks per reader if it stood fresh and unseen in the top slot.
    pub mean: f64,
    /// Certainty of the mean: its relative spread is 1/√shape.
    pub shape: f64,
}

/// What was learned about a list's readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Learnt {
    /// Attention each position gets, the first being 1.
    pub positions: Vec<f64>,
    /// In how many days interest halves.
    pub half_life_days: f64,
    /// How fast a story tires those who saw it.
    pub novelty: f64,
    /// Clicks per reader of an average new story, fresh and in the top slot.
    pub prior: f64,
}

/// Answers a document.
///
/// # Errors
/// When it is not such a document, or a value in it makes no sense.
pub fn answer(document: &[u8]) -> Result<Answer, Error> {
    let mut reading = Reading::of(document)?;
    let stories = Stories::of(&mut reading);
    let estimates = learn(&reading, &stories);
    let candidates = reading.candidates(&stories);
    let edition = Edition {
        seed: &reading.seed,
        wave: reading.wave,
        at: reading.at,
        since: stories.since,
        groups: reading.groups.unwrap_or_else(|| groups(reading.list)),
        slots: reading.slots,
        new_slots: reading.new_slots,
        exploration: reading.options.exploration,
        pinned: &stories.pinned,
    };
    let found = slates(&edition, &candidates, &estimates, &reading.options.ranking);
    if found.relaxed > 0 {
        reading.notes.push(format!(
            "{} places break a cap of categories or sources, because nothing else was left",
            found.relaxed
        ));
    }
    let share = 1.0 / found.groups.len().max(1) as f64;
    let line = |place: &Place| Line {
        article: stories.name(&candidates[place.candidate].story),
        section: match place.section {
            Section::Top => "top",
            Section::New => "new",
        },
        score: place.score,
        parts: LineParts {
            parts: place.parts,
            chance: place.chance,
            diversity: place.diversity,
        },
    };
    let numbered = found.groups.iter().enumerate();
    Ok(Answer {
        groups: numbered
            .map(|(group, slate)| GroupOrder {
                group,
                share,
                order: slate.order.iter().map(line).collect(),
            })
            .collect(),
        estimates: rates(&reading, &stories, &estimates),
        learnt: Learnt {
            positions: estimates.positions,
            half_life_days: estimates.half_life_days,
            novelty: estimates.novelty,
            prior: estimates.prior,
        },
        notes: reading.notes,
    })
}

/// From all editions before; and, when the edition's first wave is out, from that once more.
fn learn(reading: &Reading, stories: &Stories) -> Estimates {
    let config = &reading.options.ranking;
    let list = reading.readers;
    let views = stories.views.clone();
    let before = estimate_with_views(&stories.before, &stories.known, list, views, config);
    if stories.present.is_empty() {
        return before;
    }
    let mut all = stories.before.clone();
    all.extend(stories.present.iter().cloned());
    update(&before, &all, &stories.known, list, config)
}

fn rates(reading: &Reading, stories: &Stories, estimates: &Estimates) -> Vec<Rate> {
    let scorer = Scorer::new(estimates, reading.at, &reading.options.ranking);
    let known = Known::of(estimates);
    let rate = |candidate: &Candidate| {
        let parts = scorer.parts(candidate, known.about(candidate));
        Rate {
            article: stories.name(&candidate.story),
            mean: parts.rate,
            shape: parts.shape,
        }
    };
    stories.all.iter().map(rate).collect()
}

impl Stories {
    /// The article that stands for a story, as it was named.
    fn name(&self, story: &str) -> Name {
        let name = self.names.get(story).cloned();
        name.unwrap_or_else(|| Name::text(story))
    }
}

/// Names of the articles that stand for stories.
type Names = HashMap<String, Name>;
