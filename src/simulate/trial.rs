//! One policy in one world, from the first edition to the last.

use serde::Serialize;

use super::crowd::{Crowd, Mailing, Outcome};
use super::dice::Dice;
use super::figures::Figures;
use super::oracle::{self, Sight};
use super::ours::{self, Ours};
use super::peers::{self, Peer};
use super::policy::{Kind, Policy};
use super::reach::Reach;
use super::world::{DAY, Parameters, World};

/// What a policy came to in one world.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// The policy's name.
    pub policy: &'static str,
    /// The world's seed.
    pub seed: u64,
    /// Clicks by people.
    pub clicks: f64,
    /// Share of the best new stories that half the list could have looked at in three days.
    pub found: f64,
    /// What else is measured of ours.
    pub figures: Option<Figures>,
}

/// Lets every policy run in the world of this seed.
#[must_use]
pub fn run(seed: u64, given: Parameters, policies: &[Policy]) -> Vec<Trial> {
    let world = World::new(seed, given);
    let run = |policy: &Policy| {
        let mut run = Run {
            world: &world,
            crowd: Crowd::new(&world),
            reach: Reach::new(&world),
        };
        let (clicks, figures) = match policy.kind {
            Kind::Oracle => (run.oracle(Sight::Clear), None),
            Kind::DayLateOracle => (run.oracle(Sight::DayLate), None),
            Kind::Random => (run.random(), None),
            Kind::Peer(peer) => (run.peer(peer), None),
            Kind::Ours(ours) => run.ours(ours),
        };
        Trial {
            policy: policy.name,
            seed,
            clicks: clicks as f64,
            found: run.reach.found(),
            figures,
        }
    };
    policies.iter().map(run).collect()
}

/// A policy at work.
struct Run<'w> {
    world: &'w World,
    crowd: Crowd<'w>,
    reach: Reach<'w>,
}

impl Run<'_> {
    fn send(&mut self, mailing: &Mailing) -> Outcome {
        self.reach.add(mailing);
        self.crowd.read(mailing)
    }

    fn days(&self) -> impl Iterator<Item = (usize, i64)> + use<> {
        (0..self.world.given.days).zip((0i64..).map(|day| day * DAY))
    }

    fn oracle(&mut self, sight: Sight) -> usize {
        let mut clicks = 0;
        for (day, at) in self.days() {
            let slate = oracle::slate(self.world, &self.crowd, at, sight);
            clicks += self
                .send(&Mailing::to_all(self.world, day, at, &slate))
                .clicks;
        }
        clicks
    }

    fn random(&mut self) -> usize {
        let mut clicks = 0;
        for (day, at) in self.days() {
            let mut dice = Dice::new(&[self.world.seed, 8, at.unsigned_abs()]);
            let mut pool: Vec<usize> = self.world.stories(at - 2 * DAY, at).collect();
            let mut slate = Vec::new();
            while slate.len() < self.world.given.slots && !pool.is_empty() {
                slate.push(pool.swap_remove(dice.below(pool.len())));
            }
            clicks += self
                .send(&Mailing::to_all(self.world, day, at, &slate))
                .clicks;
        }
        clicks
    }

    fn peer(&mut self, peer: Peer) -> usize {
        let mut memory = peers::Memory::new(self.world, peer);
        let mut clicks = 0;
        for (day, at) in self.days() {
            let mailing = Mailing::to_all(self.world, day, at, &memory.slate(at));
            let outcome = self.send(&mailing);
            memory.learn(&mailing, &outcome);
            clicks += outcome.clicks;
        }
        clicks
    }

    fn ours(&mut self, ours: Ours) -> (usize, Option<Figures>) {
        let mut memory = ours::Memory::new(self.world, ours);
        let mut clicks = 0;
        for (day, _) in self.days() {
            clicks += memory.edition(day, |mailing| self.send(mailing));
        }
        (clicks, Some(memory.figures()))
    }
}
