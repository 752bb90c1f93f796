//! What is worth reading first, learned from what people clicked.
//!
//! In comes what past editions showed ([`Exposure`]) and what could be shown next ([`Candidate`]);
//! out comes an order with a reason for every place. Ranking is pure: no store, no clock, no
//! chance. The same input gives the same order to the last bit, whatever order its rows come in.
//!
//! The story in five steps:
//!
//! 1. [`estimate`] turns clicks into *rates*. A click in slot 9 says more than one in slot 1, so
//!    each story's clicks are held against the clicks it should have had: readers × slot weight ×
//!    freshness × novelty. The slot weights, the half-life and the tiring are learned from the
//!    same cells. Opens never credit an article; they only say how many could have seen it.
//! 2. Few clicks prove little, so a rate is drawn towards what the site, the source and the
//!    category lead one to expect (a Gamma prior under Poisson counts). A story nobody has seen
//!    has exactly that expectation: this is how clicks speak for articles not yet shown.
//! 3. [`score()`] multiplies the rate with freshness, novelty and the editor's boost; [`rank`] sorts.
//! 4. [`pick`] fills the slots from the top and keeps one category or source from taking all.
//! 5. [`explain()`] says it in words, and [`movement()`] says what changed since the last.
//!
//! Beside it, [`page_views`] reads what was counted outside and [`store`] keeps it.
//!
//! Which articles are candidates, who already had them, and which clicks came from machines is
//! decided elsewhere; here `credit` is taken as clicks by people.

mod cells;
pub mod chance;
mod decay;
mod diversity;
pub mod document;
mod explain;
mod heard;
mod lift;
mod lookup;
mod movement;
pub mod page_views;
mod popularity;
mod positions;
mod score;
mod slates;
pub mod store;
#[cfg(test)]
mod tests;
mod views;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::out_of_range;

pub use cells::{DEFAULT_OPEN_RATE, readers};
pub use diversity::pick;
pub use explain::{explain, plainly};
pub use heard::heard;
pub use lift::{HeldOut, Lift, lift};
pub use movement::{Cause, Movement, movement};
pub use popularity::{estimate, estimate_with_views, update};
pub use score::{rank, score};
pub use slates::{EXPLORATION, Edition, Place, Section, Slate, Slates, groups, slates};
pub use views::{Viewed, views};

/// One cell of exposure: a story at one position of one edition.
///
/// An edition that shows different slates to different groups has several cells per position.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exposure {
    /// The edition; cells of the same edition do not tire readers of each other.
    pub edition: String,
    /// The story shown, as in [`Story::id`].
    pub story: String,
    /// The place in the mail, counted from 1 at the top.
    pub position: u32,
    /// When the mail was handed over, in Unix seconds.
    pub sent_at: i64,
    /// Mails with this story in this place.
    pub recipients: f64,
    /// Of these, how many probably opened: recipients × honest open rate, see [`readers`].
    pub readers: f64,
    /// Clicks by people; a fraction where a click is only half believed.
    pub credit: f64,
    /// Whether no earlier edition or wave had shown the story; only such cells teach the prior.
    pub first: bool,
    /// To which list it went: what one list has seen does not tire another.
    pub list: List,
}

/// The readers of one digest.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct List {
    /// 0 for the digest that is ranked, others as the caller numbers them.
    pub number: u32,
    /// How many get it; for the digest that is ranked it is given beside the exposures.
    pub readers: f64,
}

/// An article that may go into the next edition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The article's id; of near-duplicates, the one that stands for all.
    pub story: String,
    /// The category's name; empty when not known.
    pub category: String,
    /// The source's name; empty when not known.
    pub source: String,
    /// When it was published, in Unix seconds; a date in the future counts as now.
    pub published_at: i64,
    /// The editor's factor; 1.0 is none.
    pub boost: f64,
}

/// What the estimate must know of a story that was shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// The article's id, as in [`Exposure::story`].
    pub id: String,
    /// The category's name; empty when not known.
    pub category: String,
    /// The source's name; empty when not known.
    pub source: String,
    /// When it was published, in Unix seconds.
    pub published_at: i64,
}

/// What the ranking believes before it has seen a click.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Clicks per reader of a fresh story in the top slot, before any data.
    pub prior_rate: f64,
    /// How many clicks of evidence the prior is worth for one story.
    ///
    /// 2 is what 22,666 randomised headlines of the Upworthy archive show (2.07).
    pub prior_shape: f64,
    /// In how many days interest in a story halves, before any data.
    pub half_life_days: f64,
    /// How fast a story tires those who saw it, before any data; 0 is not at all.
    pub novelty: f64,
    /// Attention falls as position^−this, before any data.
    pub position_exponent: f64,
    /// How many of the latest editions are learned from.
    pub window_editions: usize,
    /// What keeps one category or source from filling an edition.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            prior_rate: 0.02,
            prior_shape: 2.0,
            half_life_days: 1.5,
            novelty: 0.4,
            position_exponent: 0.6,
            window_editions: 21,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// The keys whose values are out of range, each with what is wrong.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let limits = &self.limits;
        let numbers = [
            ("prior_rate", self.prior_rate, 0.0001..=1.0),
            ("prior_shape", self.prior_shape, 0.1..=100.0),
            ("half_life_days", self.half_life_days, 0.05..=365.0),
            ("novelty", self.novelty, 0.0..=10.0),
            ("position_exponent", self.position_exponent, 0.0..=3.0),
            ("limits.repeat_factor", limits.repeat_factor, 0.01..=1.0),
        ];
        let counts = [
            ("window_editions", self.window_editions),
            ("limits.per_category", limits.per_category),
            ("limits.per_source", limits.per_source),
        ];
        let numbers = numbers
            .into_iter()
            .filter_map(|(key, value, range)| Some((key, out_of_range(value, &range)?)));
        let counts = counts
            .into_iter()
            .filter(|(_, count)| *count == 0)
            .map(|(key, _)| (key, "this has to be at least 1".to_owned()));
        numbers.chain(counts).collect()
    }
}

/// What keeps one category or source from filling an edition.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// At most this many articles of one category.
    pub per_category: usize,
    /// At most this many articles of one source.
    pub per_source: usize,
    /// Factor on the score for each article of the same category already chosen, 0..1.
    pub repeat_factor: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_category: 4,
            per_source: 4,
            repeat_factor: 0.92,
        }
    }
}

/// Everything learned from the exposures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimates {
    /// Clicks per reader of an average new story, fresh and in the top slot.
    pub prior: f64,
    /// In how many days interest halves.
    pub half_life_days: f64,
    /// How fast a story tires those who saw it: interest × e^(−this × reach).
    pub novelty: f64,
    /// Attention each position gets, the first being 1; never rising.
    pub positions: Vec<f64>,
    /// How the sources differ, by name.
    pub sources: BTreeMap<String, Multiplier>,
    /// How the categories differ, by name.
    pub categories: BTreeMap<String, Multiplier>,
    /// Every story that was given, by id.
    pub stories: BTreeMap<String, StoryEstimate>,
    /// Editions the figures were learned from.
    pub editions: usize,
    /// Cells left out because their story was not given.
    pub skipped: usize,
    /// What page views make of a story's prior, by id; empty when none are known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub views: BTreeMap<String, f64>,
}

/// How much more a source or a category is clicked than the site at large.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Multiplier {
    /// The factor used, 0.5..2, drawn towards 1 while there are few clicks.
    pub factor: f64,
    /// Clicks on first appearances.
    pub credit: f64,
    /// Clicks these would have had at the site's rate.
    pub expected: f64,
}

/// What was learned about one story.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StoryEstimate {
    /// Clicks per reader if it stood fresh and unseen in the top slot.
    pub mean: f64,
    /// Certainty of the mean: its relative spread is 1/√shape.
    pub shape: f64,
    /// The mean before its own clicks: site × source × category.
    pub prior: f64,
    /// Clicks by people.
    pub credit: f64,
    /// Clicks it would have had at its prior.
    pub expected: f64,
    /// Readers it had, as if each had met it fresh and unseen in the top slot.
    pub exposure: f64,
    /// Share of the list that looked at it, added up over editions; can exceed 1.
    pub reach: f64,
}

/// A candidate's worth: expected clicks per reader in the top slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The candidate's story.
    pub story: String,
    /// Exactly `rate × freshness × novelty × boost` of the parts.
    pub total: f64,
    /// What it is made of.
    pub parts: Parts,
}

/// What a score is made of.
///
/// Factors of the total: `rate`, `freshness`, `novelty`, `boost`. Of the prior: `site`, `source`,
/// `category`, `views`. The rate is `shape ÷ (prior_shape ÷ prior + expected ÷ prior)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Rate of an average new story of this site.
    pub site: f64,
    /// Factor of its source.
    pub source: f64,
    /// Factor of its category.
    pub category: f64,
    /// What page views outside the mail make of the prior; 1 when none are known.
    #[serde(default = "neutral")]
    pub views: f64,
    /// Rate to expect before its own clicks: site × source × category × views.
    pub prior: f64,
    /// Clicks by people so far.
    pub clicks: f64,
    /// Clicks it would have had at its prior.
    pub expected: f64,
    /// Certainty of the rate: its relative spread is 1/√shape.
    pub shape: f64,
    /// Clicks per reader after its own clicks.
    pub rate: f64,
    /// What its age leaves of it, 0..1.
    pub freshness: f64,
    /// What earlier showings leave of it, 0..1.
    pub novelty: f64,
    /// The editor's factor.
    pub boost: f64,
    /// Hours since publication, never negative.
    pub age_hours: f64,
    /// Share of the list that looked at it before, added up over editions.
    pub reach: f64,
}

/// Scores stored before page views were counted have no such factor.
fn neutral() -> f64 {
    1.0
}

/// The choice for one edition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picked {
    /// The chosen, in the order they should stand.
    pub chosen: Vec<Choice>,
    /// Those that scored at least as well as one chosen and were left out, best first.
    pub passed: Vec<Passed>,
    /// How many of the chosen break a cap, because nothing else was left; normally 0.
    pub relaxed: usize,
}

/// One article chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// Its story.
    pub story: String,
    /// Where its score stands in the ranking given, from 0.
    pub index: usize,
    /// Its category; empty when not known.
    pub category: String,
    /// Articles of this category chosen before it.
    pub repeats: usize,
    /// Factor on the score for these: `repeat_factor ^ repeats`.
    pub diversity: f64,
}

/// One article left out in favour of a lower score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passed {
    /// Its story.
    pub story: String,
    /// Where its score stands in the ranking given, from 0.
    pub index: usize,
    /// Why it was left out.
    pub reason: Reason,
}

/// Why an article was left out in favour of a lower score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its category had all the places one category may have.
    CategoryCap,
    /// Its source had all the places one source may have.
    SourceCap,
    /// With the factor for repeating a category, others scored higher.
    Repeats,
}
