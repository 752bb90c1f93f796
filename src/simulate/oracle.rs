//! The slates of somebody who knows everything, and of somebody who knows it a day late.
//!
//! They know every appeal, every half-life, who opens, who likes which category and what everybody
//! has seen; not the luck of the day. What others reach is told as a share of the first one's.

use super::crowd::Crowd;
use super::world::{CATEGORIES, DAY, World};

/// How soon an oracle knows an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// At once.
    Clear,
    /// On the first day only source and category.
    DayLate,
}

/// Articles older than this are no candidates, for oracles and peers.
pub(super) const OLDEST_DAYS: i64 = 7;

/// The one slate that promises most clicks.
pub(super) fn slate(world: &World, crowd: &Crowd<'_>, at: i64, sight: Sight) -> Vec<usize> {
    let mut interest = [0.0; CATEGORIES];
    for reader in &world.readers {
        for (sum, affinity) in interest.iter_mut().zip(reader.affinity) {
            *sum += reader.opens * affinity;
        }
    }
    let mut pool: Vec<(usize, f64)> = world
        .stories(at - OLDEST_DAYS * DAY, at)
        .map(|story| {
            let article = &world.articles[story];
            let left = interest[article.category] - crowd.spent[story];
            (
                story,
                appeal(world, story, at, sight) * article.left(at) * left,
            )
        })
        .collect();
    let mut above = [0i32; CATEGORIES];
    let mut slate = Vec::new();
    let mut worth = Vec::new();
    while slate.len() < world.given.slots {
        let value = |(story, value): (usize, f64)| {
            value * 0.92f64.powi(above[world.articles[story].category])
        };
        let best = (0..pool.len()).max_by(|&a, &b| value(pool[a]).total_cmp(&value(pool[b])));
        let Some(best) = best else { break };
        let chosen = pool.swap_remove(best);
        worth.push(value(chosen));
        above[world.articles[chosen.0].category] += 1;
        slate.push(chosen.0);
    }
    lead(world, slate, &worth, (at, sight))
}

fn is_hidden(world: &World, story: usize, at: i64, sight: Sight) -> bool {
    sight == Sight::DayLate && world.articles[story].age_days(at) < 1.0
}

fn appeal(world: &World, story: usize, at: i64, sight: Sight) -> f64 {
    let article = &world.articles[story];
    if is_hidden(world, story, at, sight) {
        let given = &world.given;
        let known = given.source_spread.powi(2) + given.category_spread.powi(2);
        given.appeal * (article.known_lift - known / 2.0).exp()
    } else {
        article.appeal
    }
}

/// Puts the story first whose headline, as the subject, brings most clicks to all.
fn lead(world: &World, slate: Vec<usize>, worth: &[f64], (at, sight): (i64, Sight)) -> Vec<usize> {
    let clicks = |lead: usize| {
        let story = slate[lead];
        let article = &world.articles[story];
        let lift = if is_hidden(world, story, at, sight) {
            article.known_lift
        } else {
            article.lift
        };
        let order = std::iter::once(lead).chain((0..slate.len()).filter(|&at| at != lead));
        let sum: f64 = order
            .enumerate()
            .map(|(slot, at)| world.given.reading.attention(slot) * worth[at])
            .sum();
        (0.15 * lift).exp() * sum
    };
    let best = (0..slate.len()).max_by(|&a, &b| clicks(a).total_cmp(&clicks(b)));
    let Some(best) = best else { return slate };
    let mut led = slate.clone();
    let lead = led.remove(best);
    led.insert(0, lead);
    led
}
