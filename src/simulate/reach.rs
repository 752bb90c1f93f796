//! How many of the best new stories were found in time.

use super::crowd::Mailing;
use super::world::{DAY, World};

/// How long a new story has to be found.
const IN_TIME: i64 = 3 * DAY;

/// So many of a day's new stories are the good ones.
const GOOD: usize = 4;

/// How much of the list could have looked at each story in its first days.
pub(super) struct Reach<'w> {
    world: &'w World,
    reach: Vec<f64>,
}

impl<'w> Reach<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self {
            world,
            reach: vec![0.0; world.articles.len()],
        }
    }

    pub(super) fn add(&mut self, mailing: &Mailing) {
        let slots = self.world.given.slots;
        let list = self.world.readers.len() as f64;
        let reading = self.world.given.reading;
        let weights: Vec<f64> = (0..slots).map(|slot| reading.attention(slot)).collect();
        for (at, &story) in mailing.shown.iter().enumerate() {
            if let Some(article) = self.world.articles.get(story)
                && mailing.sent_at - article.published_at <= IN_TIME
            {
                self.reach[story] += weights[at % slots] / list;
            }
        }
    }

    /// Of each day's best new stories, the share that half the list could have looked at.
    pub(super) fn found(&self) -> f64 {
        let (mut found, mut all) = (0.0, 0.0);
        let appeal = |story: &usize| self.world.articles[*story].appeal;
        for day in 0..self.world.given.days.saturating_sub(3) {
            let at = i64::try_from(day).unwrap_or(0) * DAY;
            let mut new: Vec<usize> = self.world.stories(at - DAY, at).collect();
            new.sort_by(|a, b| appeal(b).total_cmp(&appeal(a)));
            for story in new.into_iter().take(GOOD) {
                all += 1.0;
                if self.reach[story] >= 0.5 {
                    found += 1.0;
                }
            }
        }
        found / f64::max(all, 1.0)
    }
}
