//! What a candidate is worth now, and the order that follows.
//!
//! From a candidate and the estimates to a product of four readable factors. Promises a total that
//! is a number, and exactly that product; leaves caps and variety to `pick`.

use std::collections::BTreeMap;

use super::cells::{age_days, within};
use super::decay::Decay;
use super::lookup::Map;
use super::popularity::{posterior, prior_mean};
use super::{Candidate, Config, Estimates, Multiplier, Parts, Score, StoryEstimate};

/// How much of the fading with age counts in the score.
///
/// With the full exponent the simulated digests lost 3 points of 64: what is old and still clicked
/// is mostly of the kind that lasts.
const FRESHNESS_WEIGHT: f64 = 0.5;

/// No editor's factor counts for more.
const LARGEST_BOOST: f64 = 1000.0;

/// What a candidate is worth at the instant `at` (Unix seconds).
#[must_use]
pub fn score(candidate: &Candidate, estimates: &Estimates, at: i64, config: &Config) -> Score {
    let factor = |multipliers: &BTreeMap<String, Multiplier>, name: &str| {
        multipliers
            .get(name)
            .map_or(1.0, |multiplier| multiplier.factor)
    };
    let learned = Learned {
        story: estimates.stories.get(&candidate.story),
        views: estimates
            .views
            .get(&candidate.story)
            .copied()
            .unwrap_or(1.0),
        source: factor(&estimates.sources, &candidate.source),
        category: factor(&estimates.categories, &candidate.category),
    };
    let scorer = Scorer::new(estimates, at, config);
    scorer.score(candidate, learned)
}

/// Scores all candidates, best first; equal scores stand in the order of their story ids.
#[must_use]
pub fn rank(
    candidates: &[Candidate],
    estimates: &Estimates,
    at: i64,
    config: &Config,
) -> Vec<Score> {
    let scorer = Scorer::new(estimates, at, config);
    let known = Known::of(estimates);
    let mut scores: Vec<Score> = candidates
        .iter()
        .map(|candidate| scorer.score(candidate, known.about(candidate)))
        .collect();
    // Keys are sorted and each score moved once: sorting whole scores took twice as long.
    let mut order: Vec<(f64, usize)> = scores.iter().map(|score| score.total).zip(0..).collect();
    order.sort_unstable_by(|&(a_total, a), &(b_total, b)| {
        let by_id = || scores[a].story.cmp(&scores[b].story);
        b_total.total_cmp(&a_total).then_with(by_id).then(a.cmp(&b))
    });
    let take = |(total, at): (f64, usize)| {
        let score = &mut scores[at];
        Score {
            story: std::mem::take(&mut score.story),
            total,
            parts: score.parts,
        }
    };
    order.into_iter().map(take).collect()
}

impl Parts {
    /// What the factors make.
    pub(super) fn total(&self) -> f64 {
        self.rate * self.freshness * self.novelty * self.boost
    }
}

/// What the estimates say of one candidate.
#[derive(Clone, Copy)]
pub(super) struct Learned<'a> {
    story: Option<&'a StoryEstimate>,
    views: f64,
    source: f64,
    category: f64,
}

/// The estimates by name, for many look-ups; never walked through, so its order cannot matter.
pub(super) struct Known<'a> {
    stories: Map<&'a str, &'a StoryEstimate>,
    views: Map<&'a str, f64>,
    sources: Map<&'a str, f64>,
    categories: Map<&'a str, f64>,
}

impl<'a> Known<'a> {
    pub(super) fn of(estimates: &'a Estimates) -> Self {
        let views = estimates.views.iter();
        Self {
            views: views.map(|(id, factor)| (id.as_str(), *factor)).collect(),
            stories: estimates
                .stories
                .iter()
                .map(|(id, story)| (id.as_str(), story))
                .collect(),
            sources: factors(&estimates.sources),
            categories: factors(&estimates.categories),
        }
    }

    pub(super) fn about(&self, candidate: &Candidate) -> Learned<'a> {
        Learned {
            story: self.stories.get(candidate.story.as_str()).copied(),
            // Most sites know no views: spare the look-up of every candidate.
            views: if self.views.is_empty() {
                1.0
            } else {
                let known = self.views.get(candidate.story.as_str());
                known.copied().unwrap_or(1.0)
            },
            source: self
                .sources
                .get(candidate.source.as_str())
                .copied()
                .unwrap_or(1.0),
            category: self
                .categories
                .get(candidate.category.as_str())
                .copied()
                .unwrap_or(1.0),
        }
    }
}

fn factors(multipliers: &BTreeMap<String, Multiplier>) -> Map<&str, f64> {
    multipliers
        .iter()
        .map(|(name, found)| (name.as_str(), found.factor))
        .collect()
}

pub(super) struct Scorer<'a> {
    estimates: &'a Estimates,
    at: i64,
    prior_shape: f64,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(estimates: &'a Estimates, at: i64, config: &Config) -> Self {
        Self {
            estimates,
            at,
            prior_shape: config.in_range().prior_shape,
        }
    }

    fn score(&self, candidate: &Candidate, learned: Learned<'_>) -> Score {
        let parts = self.parts(candidate, learned);
        Score {
            story: candidate.story.clone(),
            total: parts.total(),
            parts,
        }
    }

    pub(super) fn parts(&self, candidate: &Candidate, learned: Learned<'_>) -> Parts {
        let Learned {
            story,
            views,
            source,
            category,
        } = learned;
        let site = self.estimates.prior;
        let prior = prior_mean(site, source, category) * views;
        let (clicks, exposure, reach) = story.map_or((0.0, 0.0, 0.0), |story| {
            (story.credit, story.exposure, story.reach)
        });
        let rate = posterior(self.prior_shape, prior, clicks, exposure);
        let age = age_days(candidate.published_at, self.at);
        let decay = Decay {
            half_life_days: self.estimates.half_life_days,
            novelty: self.estimates.novelty,
        };
        Parts {
            site,
            source,
            category,
            views,
            prior,
            clicks,
            expected: prior * exposure,
            shape: rate.shape,
            rate: rate.mean,
            freshness: decay.left(age * FRESHNESS_WEIGHT, 0.0),
            novelty: decay.left(0.0, reach),
            boost: within(candidate.boost, 0.0, LARGEST_BOOST, 1.0),
            age_hours: age * 24.0,
            reach,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::estimate;

    const DAY: i64 = 86_400;

    fn candidate(story: &str, published_at: i64) -> Candidate {
        Candidate {
            story: story.to_owned(),
            category: "Science".to_owned(),
            source: "Herald".to_owned(),
            published_at,
            boost: 1.0,
        }
    }

    fn ids(scores: &[Score]) -> Vec<&str> {
        scores.iter().map(|score| score.story.as_str()).collect()
    }

    #[test]
    fn without_any_clicks_newer_comes_first_and_ties_go_by_id() {
        let config = Config::default();
        let estimates = estimate(&[], &[], 0.0, &config);
        let candidates = [
            candidate("c", 0),
            candidate("b", DAY),
            candidate("a", 0),
            candidate("d", 9 * DAY),
        ];
        let scores = rank(&candidates, &estimates, 2 * DAY, &config);
        assert_eq!(ids(&scores), ["d", "b", "a", "c"]);
    }

    #[test]
    fn freshness_halves_over_two_half_lives() {
        let config = Config::default();
        let estimates = estimate(&[], &[], 0.0, &config);
        for (published_at, expected) in [(0, 0.5), (3 * DAY, 1.0), (99 * DAY, 1.0)] {
            let found = score(&candidate("a", published_at), &estimates, 3 * DAY, &config);
            assert!((found.parts.freshness - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn boost_multiplies_and_nonsense_is_none() {
        let config = Config::default();
        let estimates = estimate(&[], &[], 0.0, &config);
        for (boost, expected) in [
            (1.0, 1.0),
            (2.5, 2.5),
            (0.0, 0.0),
            (-3.0, 0.0),
            (f64::NAN, 1.0),
            (1e9, 1000.0),
        ] {
            let boosted = Candidate {
                boost,
                ..candidate("a", 0)
            };
            let found = score(&boosted, &estimates, 0, &config);
            assert!(
                (found.total - expected * found.parts.rate).abs() < 1e-12,
                "{boost}"
            );
        }
    }
}
