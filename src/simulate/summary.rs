//! Trials of several seeds to one row a policy.

use serde::Serialize;

use super::figures::Figures;
use super::policy::Policy;
use super::trial::Trial;

/// One policy over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The policy's name.
    pub policy: &'static str,
    /// What it does.
    pub words: &'static str,
    /// Worlds it ran in.
    pub seeds: usize,
    /// Clicks by people per edition, mean over seeds.
    pub clicks_per_edition: f64,
    /// Clicks as a share of the oracle's in the same world, mean over seeds.
    pub share: f64,
    /// Half of the 95 % interval of the mean share (Student's t); nothing with one seed.
    pub share_plus_minus: Option<f64>,
    /// Share of the best new stories that were found in three days.
    pub found: f64,
    /// What else is measured of ours, mean over seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
}

/// Sums up; every seed's trials begin with the oracle's, in the order of `policies`.
#[must_use]
pub fn summary(policies: &[Policy], trials: &[Vec<Trial>], days: usize) -> Vec<Row> {
    let numbered = policies.iter().enumerate();
    numbered
        .map(|(at, policy)| {
            let own: Vec<&Trial> = trials.iter().filter_map(|seed| seed.get(at)).collect();
            let pairs = trials
                .iter()
                .filter_map(|seed| Some((seed.get(at)?, seed.first()?)));
            let shares: Vec<f64> = pairs
                .map(|(trial, oracle)| trial.clicks / oracle.clicks.max(1.0))
                .collect();
            let figures: Vec<Figures> = own.iter().filter_map(|trial| trial.figures).collect();
            Row {
                policy: policy.name,
                words: policy.words,
                seeds: own.len(),
                clicks_per_edition: mean(own.iter().map(|t| t.clicks)) / days.max(1) as f64,
                share: mean(shares.iter().copied()),
                share_plus_minus: half_interval(&shares),
                found: mean(own.iter().map(|trial| trial.found)),
                figures: Figures::mean(&figures),
            }
        })
        .collect()
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    sum / f64::max(count, 1.0)
}

fn half_interval(values: &[f64]) -> Option<f64> {
    let count = values.len();
    if count < 2 {
        return None;
    }
    let middle = mean(values.iter().copied());
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    let deviation = (squares / (count - 1) as f64).sqrt();
    Some(student(count - 1) * deviation / (count as f64).sqrt())
}

/// Student's t for 95 %, two-sided, by degrees of freedom.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 20] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    ];
    let past = 1.96 + 2.5 / freedom.max(1) as f64;
    TABLE
        .get(freedom.saturating_sub(1))
        .copied()
        .unwrap_or(past)
}
