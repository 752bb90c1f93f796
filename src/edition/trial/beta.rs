//! How probable it is of each of several rates that it is the highest, given successes and trials.

use crate::units::number;

/// Pieces into which the line from 0 to 1, or what matters of it, is cut.
const CELLS: u32 = 4000;
/// Beyond so many deviations from its mean a rate is not looked for.
const DEVIATIONS: f64 = 10.0;

/// What is known of a rate: the beta distribution with these parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
}

impl Beta {
    /// After so many successes of so many trials, when nothing was known before: Beta(1, 1) is
    /// every rate alike.
    #[must_use]
    pub fn of(successes: u64, trials: u64) -> Self {
        Self {
            a: 1.0 + number(successes),
            b: 1.0 + number(trials.saturating_sub(successes)),
        }
    }

    /// The mean of two rates with weights that add up to 1: the beta distribution with its mean and its variance,
    /// which is exact where one of them has all the weight.
    #[must_use]
    pub fn mixed(rates: [Self; 2], weights: [f64; 2]) -> Self {
        let sum = |part: [f64; 2]| part[0] + part[1];
        let mean = sum([0, 1].map(|at: usize| weights[at] * rates[at].mean()));
        let variance = sum([0, 1].map(|at: usize| weights[at].powi(2) * rates[at].variance()));
        let all = mean * (1.0 - mean) / variance - 1.0;
        Self {
            a: mean * all,
            b: (1.0 - mean) * all,
        }
    }

    pub(super) fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }

    fn variance(self) -> f64 {
        let mean = self.mean();
        mean * (1.0 - mean) / (self.a + self.b + 1.0)
    }

    /// From where to where it matters.
    fn range(self) -> (f64, f64) {
        let mean = self.mean();
        let reach = DEVIATIONS * self.variance().sqrt();
        ((mean - reach).max(0.0), (mean + reach).min(1.0))
    }

    /// The weights of the cells, which add up to 1.
    fn weights(self, middles: &[f64]) -> Vec<f64> {
        let height = |x: &f64| (self.a - 1.0) * x.ln() + (self.b - 1.0) * (-x).ln_1p();
        let heights: Vec<f64> = middles.iter().map(height).collect();
        let top = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut weights: Vec<f64> = heights.iter().map(|it| (it - top).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|it| *it /= sum);
        weights
    }
}

/// Of each rate the probability that it is the highest; they add up to 1. By numeric integration, so that
/// the same counts give the same answer everywhere.
#[must_use]
pub fn best(rates: &[Beta]) -> Vec<f64> {
    let ranges = rates.iter().map(|rate| rate.range());
    let (low, high) = ranges.fold((1.0_f64, 0.0_f64), |(low, high), (from, to)| {
        (low.min(from), high.max(to))
    });
    let width = (high - low) / f64::from(CELLS);
    let middle = |cell: u32| low + (f64::from(cell) + 0.5) * width;
    let middles: Vec<f64> = (0..CELLS).map(middle).collect();
    let weights: Vec<Vec<f64>> = rates.iter().map(|rate| rate.weights(&middles)).collect();
    let mut below = vec![0.0; rates.len()];
    let mut found = vec![0.0; rates.len()];
    for cell in 0..middles.len() {
        // Up to the middle of the cell.
        let under: Vec<f64> = weights
            .iter()
            .zip(&below)
            .map(|(weights, below)| below + weights[cell] / 2.0)
            .collect();
        for (at, weights) in weights.iter().enumerate() {
            let others = under.iter().enumerate().filter(|(other, _)| *other != at);
            found[at] += weights[cell] * others.map(|(_, under)| under).product::<f64>();
        }
        for (below, weights) in below.iter_mut().zip(&weights) {
            *below += weights[cell];
        }
    }
    let sum: f64 = found.iter().sum();
    found.iter_mut().for_each(|it| *it /= sum);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_it_is_the_known_probability() {
        // The closed form for whole parameters, calculated apart: P(the second is higher).
        for (first, second, expected) in [
            ((0, 0), (0, 0), 0.5),
            ((1, 1), (0, 0), 1.0 / 3.0),
            ((3, 10), (5, 10), 0.806_501_548),
            ((0, 20), (3, 25), 0.916_183_108),
            ((100, 1000), (120, 1000), 0.923_183_439),
            ((90, 2500), (108, 2500), 0.903_627_062),
            ((750, 2500), (900, 2500), 0.999_996_796),
        ] {
            let of = |(successes, trials)| Beta::of(successes, trials);
            let found = best(&[of(first), of(second)]);
            assert!(
                (found[1] - expected).abs() < 1e-6,
                "{first:?} {second:?} {found:?}"
            );
            assert!((found[0] + found[1] - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn of_several_it_is_the_known_probability() {
        let [none, one] = [Beta::of(0, 0), Beta::of(1, 1)];
        for (rates, expected) in [
            (vec![none; 3], 1.0 / 3.0),
            (vec![none; 4], 0.25),
            // The highest of two uniform draws is below x with x²; its mean under 2x is 1/2.
            (vec![one, none, none], 0.5),
            (vec![one, none, none, none], 0.4),
        ] {
            let found = best(&rates);
            assert!((found[0] - expected).abs() < 1e-6, "{found:?}");
        }
        assert_eq!(best(&[none]), [1.0]);
        assert_eq!(best(&[]), [] as [f64; 0]);
    }

    #[test]
    fn a_mean_of_two_rates_has_their_mean_and_variance() {
        let rates = [Beta::of(300, 1000), Beta::of(20, 500)];
        for (weights, of) in [([1.0, 0.0], 0), ([0.0, 1.0], 1)] {
            let mixed = Beta::mixed(rates, weights);
            assert!((mixed.a - rates[of].a).abs() < 1e-6, "{mixed:?}");
            assert!((mixed.b - rates[of].b).abs() < 1e-6, "{mixed:?}");
        }
        let mixed = Beta::mixed(rates, [0.7, 0.3]);
        let mean = 0.7 * 301.0 / 1002.0 + 0.3 * 21.0 / 502.0;
        assert!((mixed.mean() - mean).abs() < 1e-12);
        let variance = 0.49 * rates[0].variance() + 0.09 * rates[1].variance();
        assert!((mixed.variance() - variance).abs() < 1e-12);
    }

    #[test]
    fn many_readers_and_no_clicks_are_numbers_as_well() {
        for rates in [
            vec![Beta::of(0, 5_000_000), Beta::of(0, 5_000_000)],
            vec![Beta::of(5_000_000, 5_000_000), Beta::of(0, 1)],
            vec![Beta::of(7, 3), Beta::of(1, 1)],
        ] {
            let found = best(&rates);
            let sum: f64 = found.iter().sum();
            assert!((sum - 1.0).abs() < 1e-9, "{found:?}");
        }
    }
}
