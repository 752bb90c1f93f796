//! How much attention each position of a mail gets.
//!
//! From clicks and from the clicks each position would have had if everyone had looked at it.
//! Promises weights that start at 1, never rise down the mail and are never 0.

/// Clicks of evidence the prior is worth at the top position.
const PRIOR_WEIGHT: f64 = 200.0;

/// Rates are never corrected by more than this factor.
const LARGEST_LEVEL: f64 = 1e6;

/// Weights before any data: position^−exponent.
///
/// The front page of Hacker News falls with −0.52, links in mails rather more steeply; hence −0.6.
pub(super) fn prior(slots: usize, exponent: f64) -> Vec<f64> {
    (1..=slots)
        .map(|position| (position as f64).powf(-exponent))
        .collect()
}

/// Better weights, given the current ones.
///
/// `clicks` and `seen` are per position; `seen` is the clicks to expect if all had looked. All four
/// slices are as long as each other.
pub(super) fn learn(clicks: &[f64], seen: &[f64], current: &[f64], prior: &[f64]) -> Vec<f64> {
    let expected: f64 = seen
        .iter()
        .zip(current)
        .map(|(seen, weight)| seen * weight)
        .sum();
    // Without this, an error in the level of all rates would be read as attention. Bounded, because
    // clicks where next to nobody read would make it infinite.
    let level = if expected > 0.0 {
        clicks.iter().sum::<f64>() / expected
    } else {
        1.0
    };
    let level = level.min(LARGEST_LEVEL);
    let certainty: Vec<f64> = seen
        .iter()
        .map(|seen| seen * level + PRIOR_WEIGHT)
        .collect();
    let raw: Vec<f64> = clicks
        .iter()
        .zip(prior)
        .zip(&certainty)
        .map(|((clicks, prior), certainty)| (clicks + PRIOR_WEIGHT * prior) / certainty)
        .collect();
    let pooled = never_rising(&raw, &certainty);
    let top = pooled.first().copied().unwrap_or(1.0);
    pooled.iter().map(|weight| weight / top).collect()
}

/// The nearest sequence that never rises (pool adjacent violators).
fn never_rising(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(values.len());
    for (&value, &weight) in values.iter().zip(weights) {
        let mut block = (value, weight, 1);
        while let Some(&(above, above_weight, length)) = blocks.last() {
            if above >= block.0 {
                break;
            }
            let weight = above_weight + block.1;
            let mean = (above * above_weight + block.0 * block.1) / weight;
            block = (mean, weight, length + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks
        .iter()
        .flat_map(|&(mean, _, length)| std::iter::repeat_n(mean, length))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn violators_are_pooled_by_weight() {
        let cases: [(&[f64], &[f64], &[f64]); 5] = [
            (&[], &[], &[]),
            (&[3.0, 2.0, 1.0], &[1.0; 3], &[3.0, 2.0, 1.0]),
            (&[1.0, 3.0], &[1.0, 1.0], &[2.0, 2.0]),
            (&[1.0, 4.0], &[2.0, 1.0], &[2.0, 2.0]),
            (&[5.0, 1.0, 2.0, 6.0], &[1.0; 4], &[5.0, 3.0, 3.0, 3.0]),
        ];
        for (values, weights, expected) in cases {
            assert_eq!(never_rising(values, weights), expected);
        }
    }

    #[test]
    fn no_clicks_leave_the_prior() {
        let prior = prior(4, 0.6);
        assert_eq!(learn(&[0.0; 4], &[0.0; 4], &prior, &prior), prior);
    }

    #[test]
    fn clicks_without_readers_are_no_trouble() {
        let prior = prior(2, 0.6);
        let weights = learn(&[5000.0, 0.0], &[1e-309, 0.0], &prior, &prior);
        assert!(
            weights.iter().all(|weight| weight.is_finite()),
            "{weights:?}"
        );
    }

    #[test]
    fn many_clicks_outweigh_the_prior() {
        let start = prior(3, 0.6);
        let seen = [100_000.0; 3];
        let mut weights = start.clone();
        for _ in 0..10 {
            weights = learn(&[40_000.0, 20_000.0, 4_000.0], &seen, &weights, &start);
        }
        for (found, expected) in weights.iter().zip([1.0, 0.5, 0.1]) {
            assert!((found - expected).abs() < 0.01, "{weights:?}");
        }
    }

    proptest! {
        #[test]
        fn weights_start_at_one_and_never_rise(
            cells in prop::collection::vec((0.0..1e9f64, 0.0..1e9f64), 1..40)
        ) {
            let (clicks, seen): (Vec<f64>, Vec<f64>) = cells.into_iter().unzip();
            let prior = prior(clicks.len(), 0.6);
            let weights = learn(&clicks, &seen, &prior, &prior);
            prop_assert_eq!(weights.len(), clicks.len());
            prop_assert_eq!(weights[0], 1.0);
            prop_assert!(weights.windows(2).all(|pair| pair[0] >= pair[1]));
            prop_assert!(weights.iter().all(|weight| *weight > 0.0 && weight.is_finite()));
        }
    }
}
