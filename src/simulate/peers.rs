//! The rankings others use, made as strong as we can make them.
//!
//! Each gives one slate to everybody, from stories up to a week old. What they count is unique
//! clicks by whatever clicked and opens by whatever opened; filtered, they get the same credits and
//! honest opens as ours.

use super::crowd::{Bits, Mailing, Outcome};
use super::oracle::OLDEST_DAYS;
use super::world::{DAY, World};
use crate::engagement::filter::{self, Judged, Kind, Mailbox};

/// By what a peer sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Score {
    Newest,
    /// Most clicks, of all stories ever.
    ClicksEver,
    Clicks,
    /// Clicks ÷ opens.
    Rate,
    /// Hacker News: clicks^.8 ÷ (age + 2 h)^1.8.
    Gravity,
    /// Reddit: ten times the clicks are worth twelve and a half hours.
    Hot,
    /// Lower end of the 95 % interval of clicks ÷ opens.
    Wilson,
    /// Clicks ÷ opens, drawn to the mean with the weight of 500 opens.
    Average,
}

/// A peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) score: Score,
    /// Places for the newest, below those for the best.
    pub(super) newest: usize,
    /// In how many editions a story may stand.
    pub(super) at_most: usize,
    pub(super) is_filtered: bool,
}

/// What a peer remembers.
#[derive(Debug)]
pub(super) struct Memory<'w> {
    world: &'w World,
    peer: Peer,
    clicks: Vec<f64>,
    opens: Vec<f64>,
    editions: Vec<usize>,
    clicked: Vec<Bits>,
    mailboxes: Vec<Mailbox>,
}

impl<'w> Memory<'w> {
    pub(super) fn new(world: &'w World, peer: Peer) -> Self {
        let stories = world.articles.len();
        Self {
            world,
            peer,
            clicks: vec![0.0; stories],
            opens: vec![0.0; stories],
            editions: vec![0; stories],
            clicked: vec![Bits::default(); stories],
            mailboxes: vec![Mailbox::default(); world.readers.len()],
        }
    }

    pub(super) fn slate(&self, at: i64) -> Vec<usize> {
        let from = match self.peer.score {
            Score::ClicksEver => i64::MIN / 2,
            _ => at - OLDEST_DAYS * DAY,
        };
        let open = |story: &usize| self.editions[*story] < self.peer.at_most;
        // Newest first: what scores the same stays so.
        let mut pool: Vec<usize> = self.world.stories(from, at).filter(open).collect();
        pool.reverse();
        let newest = pool.clone();
        let clicks: f64 = self.clicks.iter().sum();
        let mean = clicks / self.opens.iter().sum::<f64>().max(1.0);
        pool.sort_by(|a, b| {
            self.score(*b, at, mean)
                .total_cmp(&self.score(*a, at, mean))
        });
        let slots = self.world.given.slots;
        pool.truncate(slots.saturating_sub(self.peer.newest));
        for story in newest {
            if pool.len() < slots && !pool.contains(&story) {
                pool.push(story);
            }
        }
        pool
    }

    fn score(&self, story: usize, at: i64, mean: f64) -> f64 {
        let (clicks, opens) = (self.clicks[story], self.opens[story]);
        let rate = if opens > 0.0 {
            (clicks / opens).min(1.0)
        } else {
            0.0
        };
        let published = self.world.articles[story].published_at as f64;
        let hours = self.world.articles[story].age_days(at) * 24.0;
        match self.peer.score {
            Score::Newest => published,
            Score::ClicksEver | Score::Clicks => clicks,
            Score::Rate => rate,
            Score::Gravity => (clicks - 1.0).max(0.0).powf(0.8) / (hours + 2.0).powf(1.8),
            Score::Hot => clicks.max(1.0).log10() + published / 45_000.0,
            Score::Wilson if opens <= 0.0 => 0.0,
            Score::Wilson => {
                let z2 = 1.96f64 * 1.96;
                let spread = (z2 * (rate * (1.0 - rate) + z2 / (4.0 * opens)) / opens).sqrt();
                (rate + z2 / (2.0 * opens) - spread) / (1.0 + z2 / opens)
            }
            Score::Average => (clicks + 500.0 * mean) / (opens + 500.0),
        }
    }

    /// Counts what came of an edition.
    pub(super) fn learn(&mut self, mailing: &Mailing, outcome: &Outcome) {
        let slate: Vec<usize> = mailing.slate(0, self.world.given.slots).to_vec();
        let opens = if self.peer.is_filtered {
            let judged = filter::judge(&outcome.events, &mut self.mailboxes);
            for credit in &judged.credits {
                self.clicks[credit.story] += credit.weight;
            }
            honest_opens(&judged, mailing.members.len())
        } else {
            self.count(outcome)
        };
        let stories = self.opens.len();
        for story in slate.into_iter().filter(|story| *story < stories) {
            self.opens[story] += opens;
            self.editions[story] += 1;
        }
    }

    /// Every click and every open, whoever it was.
    fn count(&mut self, outcome: &Outcome) -> f64 {
        let mut opened = Bits::default();
        let mut opens = 0.0;
        for event in &outcome.events {
            match event.kind {
                Kind::Open if opened.add(event.mailbox) => opens += 1.0,
                Kind::Click(story) if self.clicked[story].add(event.mailbox) => {
                    self.clicks[story] += 1.0;
                }
                Kind::Open | Kind::Click(_) => {}
            }
        }
        opens
    }
}

fn honest_opens(judged: &Judged, members: usize) -> f64 {
    let (visible, opens) = judged.opens();
    opens as f64 * members as f64 / visible.max(1) as f64
}
