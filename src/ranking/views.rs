//! What page views outside the mail say about a story before the mail has shown it.
//!
//! From views so far to a factor on the prior: a story is held against what stories of its age have
//! on this site. The factor is a root of the ratio, because views come with the front page and the
//! search engines as much as with the story.

use std::collections::BTreeMap;

use super::cells::{age_days, count};

/// How far the ratio is believed: its third root, nearly.
///
/// With a half, and 3 for the weight below, simulated digests expected 1.4 times the clicks that
/// new stories got: early views are few, and those that seem many are mostly luck.
const STRENGTH: f64 = 0.35;

/// Views added to both sides, so that a handful proves nothing.
const WEIGHT: f64 = 10.0;

/// No factor is larger, nor smaller than its inverse.
const LARGEST: f64 = 3.0;

/// Fewest stories one point of the site's curve is the mean of.
const POINT: usize = 20;

/// Most points of the curve.
const POINTS: usize = 40;

/// A story and how often its page was viewed so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Viewed {
    /// The story's id.
    pub story: String,
    /// When it was published, in Unix seconds.
    pub published_at: i64,
    /// Views of its page up to now.
    pub views: f64,
}

/// Factors on the prior, by story, at the instant `at`; 1 for a story viewed as usual at its age.
#[must_use]
pub fn views(viewed: &[Viewed], at: i64) -> BTreeMap<String, f64> {
    let curve = Curve::of(viewed, at);
    viewed
        .iter()
        .map(|story| {
            let usual = curve.at(age_days(story.published_at, at));
            let factor = power(story) / usual.max(WEIGHT.powf(STRENGTH));
            (story.story.clone(), factor.clamp(1.0 / LARGEST, LARGEST))
        })
        .collect()
}

fn power(story: &Viewed) -> f64 {
    (count(story.views) + WEIGHT).powf(STRENGTH)
}

/// The mean power of a story's views by age, never falling: views only add up.
///
/// The mean of the powers, not the power of the mean: so the factors of all ages have the mean 1,
/// and a prior learned from older stories fits the youngest.
struct Curve {
    /// Age and mean power, by age.
    points: Vec<(f64, f64)>,
}

impl Curve {
    fn of(viewed: &[Viewed], at: i64) -> Self {
        let mut all: Vec<(f64, f64)> = viewed
            .iter()
            .map(|story| (age_days(story.published_at, at), power(story)))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let size = (all.len() / POINTS).max(POINT);
        // Points that would fall are merged with those before, the youngest first.
        let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
        for chunk in all.chunks(size) {
            let stories = chunk.len() as f64;
            let sum = |part: fn(&(f64, f64)) -> f64| chunk.iter().map(part).sum::<f64>();
            let mut block = (stories, sum(|story| story.0), sum(|story| story.1));
            while let Some(&(stories, ages, views)) = blocks.last() {
                if views / stories <= block.2 / block.0 {
                    break;
                }
                block = (block.0 + stories, block.1 + ages, block.2 + views);
                blocks.pop();
            }
            blocks.push(block);
        }
        let mean = |&(stories, ages, views): &(f64, f64, f64)| (ages / stories, views / stories);
        Self {
            points: blocks.iter().map(mean).collect(),
        }
    }

    /// Between two points in a straight line; before the first from nothing at age 0.
    fn at(&self, age: f64) -> f64 {
        let next = self.points.partition_point(|point| point.0 < age);
        let (from_age, from) = match next.checked_sub(1) {
            Some(before) => self.points[before],
            None => (0.0, WEIGHT.powf(STRENGTH)),
        };
        match self.points.get(next) {
            Some(&(to_age, to)) if to_age > from_age => {
                from + (to - from) * (age - from_age) / (to_age - from_age)
            }
            Some(&(_, to)) => to,
            None => from,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3600;

    fn viewed(id: usize, age_hours: i64, views: f64) -> Viewed {
        Viewed {
            story: format!("{id:03}"),
            published_at: -age_hours * HOUR,
            views,
        }
    }

    #[test]
    fn a_story_is_held_against_its_age() {
        // A hundred stories an hour apart, ten views an hour; three that differ.
        let mut all: Vec<Viewed> = (0..100i64)
            .map(|hour| viewed(usize::try_from(hour).unwrap(), hour, 10.0 * hour as f64))
            .collect();
        all.extend([
            viewed(200, 50, 2000.0),
            viewed(201, 50, 100.0),
            viewed(202, 50, 0.0),
        ]);
        let found = views(&all, 0);
        assert!((found["050"] - 1.0).abs() < 0.1, "{found:?}");
        assert!((found["200"] - 1.6).abs() < 0.1, "{found:?}");
        assert!((found["201"] - 0.58).abs() < 0.1, "{found:?}");
        assert!((found["202"] - 1.0 / 3.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn nobody_viewed_anything_is_no_news() {
        let all: Vec<Viewed> = (0..30).map(|at| viewed(at, 5, 0.0)).collect();
        let usual = |factor: &f64| (factor - 1.0).abs() < 1e-12;
        assert!(views(&all, 0).values().all(usual));
        assert!(views(&[], 0).is_empty());
    }

    proptest! {
        #[test]
        fn factors_stay_in_range(
            all in prop::collection::vec((any::<i64>(), prop::num::f64::ANY), 0..60),
            at in any::<i64>(),
        ) {
            let all: Vec<Viewed> = all
                .into_iter()
                .enumerate()
                .map(|(id, (published_at, views))| Viewed {
                    story: id.to_string(),
                    published_at,
                    views,
                })
                .collect();
            for factor in views(&all, at).values() {
                prop_assert!((1.0 / LARGEST..=LARGEST).contains(factor));
            }
        }
    }
}
