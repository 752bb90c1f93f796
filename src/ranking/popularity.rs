//! The estimate: from clicks in cells to a rate for every story.
//!
//! Clicks of a cell are Poisson with mean `rate × λ`, where λ is readers × slot weight × what age
//! and earlier showings left of the interest. Rates need the slot weights and the fading, and these
//! need the rates, so the rounds alternate: eight times. After four, slot weights were still on their
//! way where attention falls slowly (off by .13 in the simulated list with position^−.3, .11 after
//! eight).

use std::collections::BTreeMap;

use super::cells::{Labels, Table};
use super::decay::{self, Decay, Sighting};
use super::{Config, Estimates, Exposure, Multiplier, Story, StoryEstimate, positions};

const ROUNDS: usize = 8;

/// Positions for which weights are always given.
const USUAL_SLOTS: usize = 10;

/// Clicks of evidence "like the site at large" is worth for a source or category.
const MULTIPLIER_WEIGHT: f64 = 30.0;

/// A multiplier stays between this and its inverse.
///
/// Channel explains some 4 % of the variance of popularity (Mashable's 9,874 articles): worth
/// having, not worth trusting far.
const LEAST_MULTIPLIER: f64 = 0.5;

/// Learns from past editions what is popular and how the mail is read.
///
/// `list_size` is how many people the digest goes to now. Cells whose story is not among `stories`
/// are left out and counted. Nothing is NaN whatever comes in; without exposures the result is what
/// `config` believes.
#[must_use]
pub fn estimate(
    exposures: &[Exposure],
    stories: &[Story],
    list_size: f64,
    config: &Config,
) -> Estimates {
    estimate_with_views(exposures, stories, list_size, BTreeMap::new(), config)
}

/// The same where page views are known: [`views`](super::views()) makes the factors.
#[must_use]
pub fn estimate_with_views(
    exposures: &[Exposure],
    stories: &[Story],
    list_size: f64,
    views: BTreeMap<String, f64>,
    config: &Config,
) -> Estimates {
    let config = config.in_range();
    let table = Table::read(exposures, stories, list_size, &config);
    let mut fit = Fit::start(&table, &config, &views);
    for _ in 0..ROUNDS {
        fit.learn_rates(&config);
        fit.learn_reading(&config);
    }
    // Once more, so that the rates told are those of the slot weights and the fading told.
    fit.learn_rates(&config);
    fit.told(views)
}

/// Learns the rates once more, with exposures that came in since, and keeps how the mail is read.
///
/// For the second wave of an edition: `exposures` are all, those of the first wave among them with
/// their readers scaled to the share of clicks that arrive in the time it had. A few hours of one
/// edition say much about its stories and too little about slots and half-lives.
#[must_use]
pub fn update(
    before: &Estimates,
    exposures: &[Exposure],
    stories: &[Story],
    list_size: f64,
    config: &Config,
) -> Estimates {
    let config = config.in_range();
    let table = Table::read(exposures, stories, list_size, &config);
    let mut fit = Fit::start(&table, &config, &before.views);
    for (weight, learned) in fit.positions.iter_mut().zip(&before.positions) {
        *weight = *learned;
    }
    fit.decay = Decay {
        half_life_days: before.half_life_days,
        novelty: before.novelty,
    };
    for _ in 0..ROUNDS {
        fit.learn_rates(&config);
    }
    fit.told(before.views.clone())
}

/// Rate of one story, and what it rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posterior {
    pub(super) shape: f64,
    pub(super) mean: f64,
}

/// Gamma–Poisson: a prior worth `prior_shape` clicks, and the story's own.
pub(super) fn posterior(prior_shape: f64, prior: f64, credit: f64, exposure: f64) -> Posterior {
    let shape = prior_shape + credit;
    Posterior {
        shape,
        mean: shape / (prior_shape / prior + exposure),
    }
}

/// Site × source × category, never further from the site than a factor of four.
pub(super) fn prior_mean(site: f64, source: f64, category: f64) -> f64 {
    (site * source * category).clamp(site / 4.0, site * 4.0)
}

/// Clicks and the clicks to expect at rate 1, of a story, a source or a category.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    credit: f64,
    expected: f64,
}

impl Tally {
    fn add(&mut self, credit: f64, expected: f64) {
        self.credit += credit;
        self.expected += expected;
    }

    fn multiplier(self, site: f64) -> Multiplier {
        let expected = self.expected * site;
        let factor = (self.credit + MULTIPLIER_WEIGHT) / (expected + MULTIPLIER_WEIGHT);
        let factor = factor.clamp(LEAST_MULTIPLIER, 1.0 / LEAST_MULTIPLIER);
        Multiplier {
            factor,
            credit: self.credit,
            expected,
        }
    }
}

const NEUTRAL: Multiplier = Multiplier {
    factor: 1.0,
    credit: 0.0,
    expected: 0.0,
};

fn factor(multipliers: &[Multiplier], index: Option<usize>) -> f64 {
    index.map_or(1.0, |index| multipliers[index].factor)
}

/// What one cell may teach about all others: clicks far beyond the expected are the story's own, or
/// bought.
///
/// A story has four times the clicks of the mean once in a hundred; eight times, and four more for
/// chance, is never what a source, a category or a slot does.
fn plausible(credit: f64, expected: f64) -> f64 {
    credit.min(4.0 + 8.0 * expected)
}

/// The state of the alternation.
struct Fit<'a> {
    table: &'a Table<'a>,
    /// Per story: what page views make of its prior; empty when none are known.
    views: Vec<f64>,
    site: f64,
    sources: Vec<Multiplier>,
    categories: Vec<Multiplier>,
    positions: Vec<f64>,
    decay: Decay,
    /// Per cell: reach of the story before.
    before: Vec<f64>,
    /// Per story.
    reach: Vec<f64>,
    tallies: Vec<Tally>,
    priors: Vec<f64>,
    rates: Vec<Posterior>,
}

impl<'a> Fit<'a> {
    fn start(table: &'a Table<'a>, config: &Config, views: &BTreeMap<String, f64>) -> Self {
        Self {
            table,
            views: if views.is_empty() {
                Vec::new()
            } else {
                let view = |id: &&str| views.get(*id).copied().unwrap_or(1.0);
                table.ids.iter().map(view).collect()
            },
            site: config.prior_rate,
            sources: vec![NEUTRAL; table.sources.len()],
            categories: vec![NEUTRAL; table.categories.len()],
            positions: positions::prior(table.slots.max(USUAL_SLOTS), config.position_exponent),
            decay: Decay {
                half_life_days: config.half_life_days,
                novelty: config.novelty,
            },
            before: Vec::new(),
            reach: Vec::new(),
            tallies: Vec::new(),
            priors: Vec::new(),
            rates: Vec::new(),
        }
    }

    /// The site's rate, the multipliers, and every story's rate, for the current λ.
    fn learn_rates(&mut self, config: &Config) {
        (self.before, self.reach) = self.table.reach(&self.positions);
        let lambda = self.lambda();
        self.learn_site(&lambda, config);
        self.learn_sources(&lambda);
        self.learn_categories(&lambda);
        self.tallies = vec![Tally::default(); self.table.ids.len()];
        for (cell, lambda) in self.table.cells.iter().zip(&lambda) {
            self.tallies[cell.story].add(cell.credit, *lambda);
        }
        let stories = 0..self.table.labels.len();
        self.priors = stories.map(|story| self.prior(story)).collect();
        self.rates = self
            .tallies
            .iter()
            .zip(&self.priors)
            .map(|(tally, prior)| {
                posterior(config.prior_shape, *prior, tally.credit, tally.expected)
            })
            .collect();
    }

    /// Clicks to expect of each cell at rate 1.
    fn lambda(&self) -> Vec<f64> {
        self.table
            .cells
            .iter()
            .zip(&self.before)
            .map(|(cell, before)| {
                cell.readers * self.positions[cell.slot] * self.decay.left(cell.age_days, *before)
            })
            .collect()
    }

    /// From first appearances only: what was shown again was shown because it was good, and would
    /// make every unseen article look as good as that.
    fn learn_site(&mut self, lambda: &[f64], config: &Config) {
        let mut tally = Tally {
            credit: 1.0,
            expected: 1.0 / config.prior_rate,
        };
        for (credit, labels, lambda) in self.firsts(lambda) {
            let source = factor(&self.sources, labels.source);
            let category = factor(&self.categories, labels.category);
            tally.add(credit, lambda * source * category);
        }
        self.site = (tally.credit / tally.expected).min(1.0);
    }

    fn learn_sources(&mut self, lambda: &[f64]) {
        let mut tallies = vec![Tally::default(); self.sources.len()];
        for (credit, labels, lambda) in self.firsts(lambda) {
            if let Some(source) = labels.source {
                tallies[source].add(credit, lambda * factor(&self.categories, labels.category));
            }
        }
        self.sources = tallies
            .iter()
            .map(|tally| tally.multiplier(self.site))
            .collect();
    }

    fn learn_categories(&mut self, lambda: &[f64]) {
        let mut tallies = vec![Tally::default(); self.categories.len()];
        for (credit, labels, lambda) in self.firsts(lambda) {
            if let Some(category) = labels.category {
                tallies[category].add(credit, lambda * factor(&self.sources, labels.source));
            }
        }
        self.categories = tallies
            .iter()
            .map(|tally| tally.multiplier(self.site))
            .collect();
    }

    fn firsts(&self, lambda: &[f64]) -> impl Iterator<Item = (f64, Labels, f64)> {
        let cells = self
            .table
            .cells
            .iter()
            .zip(lambda)
            .filter(|(cell, _)| cell.first);
        cells.map(|(cell, lambda)| {
            let labels = self.table.labels[cell.story];
            let lambda = lambda * self.view(cell.story);
            (plausible(cell.credit, lambda * self.site), labels, lambda)
        })
    }

    fn prior(&self, story: usize) -> f64 {
        let labels = self.table.labels[story];
        let source = factor(&self.sources, labels.source);
        let mean = prior_mean(self.site, source, factor(&self.categories, labels.category));
        mean * self.view(story)
    }

    fn view(&self, story: usize) -> f64 {
        self.views.get(story).copied().unwrap_or(1.0)
    }

    /// The slot weights and the fading, for the current rates.
    fn learn_reading(&mut self, config: &Config) {
        let mut clicks = vec![0.0; self.positions.len()];
        let mut seen = vec![0.0; self.positions.len()];
        for (cell, before) in self.table.cells.iter().zip(&self.before) {
            let left = self.decay.left(cell.age_days, *before);
            let looked = cell.readers * left * self.rates[cell.story].mean;
            clicks[cell.slot] += plausible(cell.credit, looked * self.positions[cell.slot]);
            seen[cell.slot] += looked;
        }
        let prior = positions::prior(self.positions.len(), config.position_exponent);
        self.positions = positions::learn(&clicks, &seen, &self.positions, &prior);
        let sightings: Vec<Sighting> = self
            .table
            .cells
            .iter()
            .zip(&self.before)
            .map(|(cell, before)| {
                let looked = cell.readers * self.positions[cell.slot];
                let unfaded = looked * self.rates[cell.story].mean;
                let left = self.decay.left(cell.age_days, *before);
                Sighting {
                    age_days: cell.age_days,
                    reach: *before,
                    credit: plausible(cell.credit, unfaded * left),
                    unfaded,
                }
            })
            .collect();
        let prior = Decay {
            half_life_days: config.half_life_days,
            novelty: config.novelty,
        };
        self.decay = decay::learn(&sightings, self.decay, prior);
    }

    /// What was learned, under the names people know.
    fn told(self, views: BTreeMap<String, f64>) -> Estimates {
        let story = |at: usize| StoryEstimate {
            mean: self.rates[at].mean,
            shape: self.rates[at].shape,
            prior: self.priors[at],
            credit: self.tallies[at].credit,
            expected: self.priors[at] * self.tallies[at].expected,
            exposure: self.tallies[at].expected,
            reach: self.reach[at],
        };
        let ids = self.table.ids.iter().enumerate();
        Estimates {
            prior: self.site,
            half_life_days: self.decay.half_life_days,
            novelty: self.decay.novelty,
            sources: named(&self.table.sources, &self.sources),
            categories: named(&self.table.categories, &self.categories),
            stories: ids.map(|(at, id)| ((*id).to_owned(), story(at))).collect(),
            editions: self.table.editions,
            skipped: self.table.skipped,
            views,
            positions: self.positions,
        }
    }
}

fn named(names: &[&str], multipliers: &[Multiplier]) -> BTreeMap<String, Multiplier> {
    names
        .iter()
        .zip(multipliers)
        .map(|(name, found)| ((*name).to_owned(), *found))
        .collect()
}
