//! A weekly list from daily logs: what the estimate is worth without any exploring of its own.

use std::collections::BTreeMap;

use super::world::{Article, World};
use crate::ranking::{Config, Exposure, Story, estimate};

/// Value of the best ten of the week, as chosen from the week's own cells; share of the best.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Weekly {
    /// By the estimate.
    pub(super) ours: f64,
    /// By credit ÷ readers, wherever the story stood.
    pub(super) rate: f64,
}

const SLOTS: usize = 10;

/// Ranks the stories that `cells` of one week showed; `stories` are those of these cells, by id.
pub(super) fn weekly(
    world: &World,
    cells: &[Exposure],
    stories: &[Story],
    week: &[usize],
) -> Weekly {
    let list = world.readers.len() as f64;
    let estimates = estimate(cells, stories, list, &Config::default());
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for cell in cells {
        let sum = sums.entry(&cell.story).or_default();
        sum.0 += cell.credit;
        sum.1 += cell.readers;
    }
    let ours = |story: usize| {
        let known = estimates.stories.get(&stories[story].id);
        known.map_or(estimates.prior, |known| known.mean)
    };
    let rate = |story: usize| {
        let known = sums.get(stories[story].id.as_str());
        known.map_or(0.0, |(credit, readers)| credit / readers.max(1e-9))
    };
    let truth = |story: usize| world.articles[story].appeal;
    let best = value(week, &world.articles, &truth);
    Weekly {
        ours: value(week, &world.articles, &ours) / best,
        rate: value(week, &world.articles, &rate) / best,
    }
}

fn value(week: &[usize], articles: &[Article], score: &dyn Fn(usize) -> f64) -> f64 {
    let mut order = week.to_vec();
    order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
    let places = order.iter().take(SLOTS).zip(1u32..);
    places
        .map(|(story, place)| f64::from(place).powf(-0.6) * articles[*story].appeal)
        .sum()
}
