//! How fast interest fades: with a story's age, and with having been shown.
//!
//! Two numbers, each the best of a short list, so that the same cells always give the same answer
//! and nobody has to wonder whether a search converged.

use std::f64::consts::LN_2;

/// Half-lives tried, in days.
const HALF_LIVES: [f64; 9] = [0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 6.0, 9.0];

/// Strengths of tiring tried.
const NOVELTIES: [f64; 10] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9, 1.2, 1.6];

/// How firmly the half-life is held to what was believed before, per squared log ratio.
const HALF_LIFE_FIRMNESS: f64 = 2.0;

/// How firmly the tiring is held to what was believed before, per squared difference.
const NOVELTY_FIRMNESS: f64 = 8.0;

/// How interest fades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    pub(super) half_life_days: f64,
    /// Interest falls as e^(−this × reach).
    pub(super) novelty: f64,
}

impl Decay {
    /// What is left of the interest in a story of this age and reach, 0..1.
    pub(super) fn left(self, age_days: f64, reach: f64) -> f64 {
        (-LN_2 * age_days / self.half_life_days - self.novelty * reach).exp()
    }
}

/// One cell as the fit sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) age_days: f64,
    pub(super) reach: f64,
    pub(super) credit: f64,
    /// Clicks to expect if nothing faded.
    pub(super) unfaded: f64,
}

/// A better decay, given the current one: first the half-life, then the tiring.
pub(super) fn learn(sightings: &[Sighting], current: Decay, prior: Decay) -> Decay {
    let likelihood = Likelihood::of(sightings);
    if likelihood.credit <= 0.0 {
        return current;
    }
    let with_half_life = |half_life_days| Decay {
        half_life_days,
        ..current
    };
    let aged = best(HALF_LIVES.map(with_half_life), &likelihood, prior).unwrap_or(current);
    let with_novelty = |novelty| Decay { novelty, ..aged };
    best(NOVELTIES.map(with_novelty), &likelihood, prior).unwrap_or(aged)
}

/// The first of the most likely; `None` when none can be judged.
fn best<const N: usize>(
    tried: [Decay; N],
    likelihood: &Likelihood<'_>,
    prior: Decay,
) -> Option<Decay> {
    let mut found: Option<(f64, Decay)> = None;
    for decay in tried {
        let value = likelihood.at(decay) - reluctance(decay, prior);
        if value.is_finite() && found.is_none_or(|(top, _)| value > top) {
            found = Some((value, decay));
        }
    }
    found.map(|(_, decay)| decay)
}

fn reluctance(decay: Decay, prior: Decay) -> f64 {
    let ratio = (decay.half_life_days / prior.half_life_days).ln();
    let difference = decay.novelty - prior.novelty;
    HALF_LIFE_FIRMNESS * ratio * ratio + NOVELTY_FIRMNESS * difference * difference
}

/// Poisson log-likelihood with the level left free, so that only the shape of the fading counts.
///
/// In `Σ C·ln(λ·ΣC/Σλ)` the logarithm of λ is linear in age and reach. Their click-weighted sums
/// are taken once; what stays per cell and decay is a single exponential.
struct Likelihood<'a> {
    sightings: &'a [Sighting],
    credit: f64,
    credit_age: f64,
    credit_reach: f64,
}

impl<'a> Likelihood<'a> {
    fn of(sightings: &'a [Sighting]) -> Self {
        let sum = |part: fn(&Sighting) -> f64| sightings.iter().map(part).sum();
        Self {
            sightings,
            credit: sum(|cell| cell.credit),
            credit_age: sum(|cell| cell.credit * cell.age_days),
            credit_reach: sum(|cell| cell.credit * cell.reach),
        }
    }

    fn at(&self, decay: Decay) -> f64 {
        let expected: f64 = self
            .sightings
            .iter()
            .map(|cell| cell.unfaded * decay.left(cell.age_days, cell.reach))
            .sum();
        -LN_2 / decay.half_life_days * self.credit_age
            - decay.novelty * self.credit_reach
            - self.credit * expected.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: Decay = Decay {
        half_life_days: 1.5,
        novelty: 0.4,
    };

    fn faded_by(truth: Decay) -> Vec<Sighting> {
        let mut sightings = Vec::new();
        for step in 0..12 {
            for reach in [0.0, 0.3, 0.8] {
                let age_days = f64::from(step) * 0.25;
                let credit = 900.0 * truth.left(age_days, reach);
                sightings.push(Sighting {
                    age_days,
                    reach,
                    credit,
                    unfaded: 1000.0,
                });
            }
        }
        sightings
    }

    #[test]
    fn fading_is_recovered() {
        for (half_life_days, novelty) in [(0.5, 0.4), (1.4, 0.0), (4.0, 0.7), (9.0, 1.6)] {
            let truth = Decay {
                half_life_days,
                novelty,
            };
            let sightings = faded_by(truth);
            let mut decay = PRIOR;
            for _ in 0..4 {
                decay = learn(&sightings, decay, PRIOR);
            }
            assert_eq!(decay, truth);
        }
    }

    #[test]
    fn nothing_learned_from_nothing() {
        let unclicked = Sighting {
            age_days: 1.0,
            reach: 0.0,
            credit: 0.0,
            unfaded: 50.0,
        };
        let unread = Sighting {
            age_days: 1.0,
            reach: 0.0,
            credit: 3.0,
            unfaded: 0.0,
        };
        for sightings in [&[][..], &[unclicked], &[unread]] {
            assert_eq!(learn(sightings, PRIOR, PRIOR), PRIOR);
        }
    }
}
