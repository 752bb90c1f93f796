//! What is measured beside the clicks: the filter, the predictions, the slot weights.

use serde::Serialize;

use super::crowd::Outcome;
use super::summary::mean;
use super::weekly::Weekly;
use super::world::{Parameters, Reading};
use crate::engagement::filter::{Credit, Kind};
use crate::ranking::{Candidate, Config, Estimates, Exposure, Story, score};

/// The filter is judged from here on; it needs a few editions to know habits.
const FILTER_FROM: usize = 5;

/// Predictions are judged from here on.
const PREDICTED_FROM: usize = 10;

/// What is measured of a policy of ours, over the editions of one trial.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Credit ÷ clicks by people, a reader and story once; from edition 5 on.
    pub human_kept: f64,
    /// Credit ÷ clicks by machines alone.
    pub machine_kept: f64,
    /// Clicks predicted ÷ credited, from edition 10 on.
    pub predicted: f64,
    /// The same for stories shown for the first time.
    pub predicted_first: f64,
    /// Root of the mean squared error of the slot weights at the end; 0 where there is no truth.
    pub position_error: f64,
    /// Value of the best ten of a week chosen from the daily logs, as a share of the best choice.
    pub weekly: f64,
    /// The same by credit ÷ readers alone.
    pub weekly_rate: f64,
}

impl Figures {
    /// The mean of each figure; nothing of nothing.
    pub(super) fn mean(all: &[Self]) -> Option<Self> {
        let part = |part: fn(&Self) -> f64| mean(all.iter().map(part));
        (!all.is_empty()).then(|| Self {
            human_kept: part(|figures| figures.human_kept),
            machine_kept: part(|figures| figures.machine_kept),
            predicted: part(|figures| figures.predicted),
            predicted_first: part(|figures| figures.predicted_first),
            position_error: part(|figures| figures.position_error),
            weekly: part(|figures| figures.weekly),
            weekly_rate: part(|figures| figures.weekly_rate),
        })
    }
}

/// Sums from which the figures are made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sums {
    /// Readers and stories they clicked on, and the credit these got.
    human: (f64, f64),
    /// The same where only a machine clicked.
    machine: (f64, f64),
    /// Clicks predicted and credited.
    all: (f64, f64),
    /// The same for stories never shown before.
    first: (f64, f64),
    weeks: Vec<Weekly>,
}

impl Sums {
    pub(super) fn filtered(&mut self, day: usize, outcome: &Outcome, credits: &[Credit]) {
        if day < FILTER_FROM {
            return;
        }
        let mut pairs: Vec<(usize, usize, bool)> = outcome
            .events
            .iter()
            .zip(&outcome.human)
            .filter_map(|(event, human)| match event.kind {
                Kind::Click(story) => Some((event.mailbox, story, !human)),
                Kind::Open => None,
            })
            .collect();
        pairs.sort_unstable();
        // A person's click comes first and stands for the pair.
        pairs.dedup_by_key(|pair| (pair.0, pair.1));
        for (_, _, is_machine) in &pairs {
            self.of(*is_machine).0 += 1.0;
        }
        for credit in credits {
            let wanted = (credit.mailbox, credit.story);
            let found = pairs.binary_search_by_key(&wanted, |pair| (pair.0, pair.1));
            self.of(found.is_ok_and(|at| pairs[at].2)).1 += credit.weight;
        }
    }

    fn of(&mut self, is_machine: bool) -> &mut (f64, f64) {
        if is_machine {
            &mut self.machine
        } else {
            &mut self.human
        }
    }

    /// Holds what the estimates promised of a cell against its credit.
    pub(super) fn predicted(
        &mut self,
        day: usize,
        cell: &Exposure,
        (story, estimates): (&Story, &Estimates),
    ) {
        if day < PREDICTED_FROM {
            return;
        }
        let candidate = Candidate {
            story: story.id.clone(),
            category: story.category.clone(),
            source: story.source.clone(),
            published_at: story.published_at,
            boost: 1.0,
        };
        let parts = score(&candidate, estimates, cell.sent_at, &Config::default()).parts;
        let slot = usize::try_from(cell.position)
            .unwrap_or(1)
            .saturating_sub(1);
        let weight = estimates.positions.get(slot).copied().unwrap_or(0.0);
        let left = 0.5f64.powf(parts.age_hours / 24.0 / estimates.half_life_days);
        let clicks = cell.readers * weight * parts.rate * left * parts.novelty;
        self.all.0 += clicks;
        self.all.1 += cell.credit;
        if cell.first {
            self.first.0 += clicks;
            self.first.1 += cell.credit;
        }
    }

    pub(super) fn week(&mut self, week: Weekly) {
        self.weeks.push(week);
    }

    pub(super) fn figures(&self, positions: &[f64], given: &Parameters) -> Figures {
        let ratio = |(a, b): (f64, f64)| if b > 0.0 { a / b } else { 0.0 };
        let swap = |(a, b): (f64, f64)| (b, a);
        Figures {
            human_kept: ratio(swap(self.human)),
            machine_kept: ratio(swap(self.machine)),
            predicted: ratio(self.all),
            predicted_first: ratio(self.first),
            position_error: position_error(positions, given),
            weekly: mean(self.weeks.iter().map(|week| week.ours)),
            weekly_rate: mean(self.weeks.iter().map(|week| week.rate)),
        }
    }
}

/// A cascade has no weights that could be learned rightly.
fn position_error(learned: &[f64], given: &Parameters) -> f64 {
    if given.reading == Reading::Cascade {
        return 0.0;
    }
    let squares = (0..given.slots).map(|slot| {
        let truth = given.reading.attention(slot) / given.reading.attention(0);
        (learned.get(slot).copied().unwrap_or(0.0) - truth).powi(2)
    });
    mean(squares).sqrt()
}
