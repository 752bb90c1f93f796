//! Draws from the distributions the worlds are made of.

use crate::ranking::chance;

pub(super) use chance::below;

/// A row of draws that is a function of what it is for.
#[derive(Debug, Clone)]
pub(super) struct Dice {
    state: u64,
    drawn: u64,
}

impl Dice {
    pub(super) fn new(purpose: &[u64]) -> Self {
        Self {
            state: chance::hash(purpose),
            drawn: 0,
        }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.drawn += 1;
        chance::mix(self.state ^ chance::mix(self.drawn))
    }

    /// Between 0 and 1, never either.
    pub(super) fn uniform(&mut self) -> f64 {
        chance::uniform(self.next())
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    pub(super) fn normal(&mut self) -> f64 {
        chance::normal(self.next())
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        below(self.next(), bound)
    }

    pub(super) fn second_of_day(&mut self) -> i64 {
        i64::try_from(self.below(86_400)).unwrap_or(0)
    }

    /// The place of one of the weights, each with a chance in proportion to it.
    pub(super) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return at;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// A share, by Jöhnk's method.
    pub(super) fn beta(&mut self, a: f64, b: f64) -> f64 {
        loop {
            let x = self.uniform().powf(1.0 / a);
            let y = self.uniform().powf(1.0 / b);
            if x + y <= 1.0 {
                return x / (x + y);
            }
        }
    }

    /// A count, by waiting; for large means the normal distribution is near enough.
    pub(super) fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let (mut waited, mut count) = (0.0, 0.0);
        loop {
            waited -= self.uniform().ln();
            if waited > mean {
                return count;
            }
            count += 1.0;
        }
    }
}
