//! Trials of subjects where it is known which subject is the better one.
//!
//! Readers open with a chance that depends on the subject, and follow a link with a chance that depends on the
//! edition; of some the opens cannot be trusted. What a server would see goes to the rule that chooses
//! in real editions.

use serde::Serialize;

use super::dice::Dice;
use crate::edition::trial::{Arm, choose};
use crate::units::number;

/// What the readers of a trial are like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SubjectWorld {
    /// On the whole list.
    pub readers: u64,
    /// Share of them on whom subjects are tried.
    pub share: f64,
    /// How many subjects.
    pub subjects: usize,
    /// Chance that a reader has opened the mail with a usual subject when the wait is over.
    pub opened: f64,
    /// Share of the readers whose opens can be trusted.
    pub visible: f64,
    /// Chance that somebody who opened it has followed a link.
    pub clicked: f64,
    /// How much more often one of the subjects is opened: 0.2 is a fifth; 0 is all alike.
    pub better: f64,
    /// From which probability on a subject wins.
    pub probability: f64,
}

impl Default for SubjectWorld {
    fn default() -> Self {
        let usual = crate::edition::trial::Config::default();
        Self {
            readers: 10_000,
            share: usual.share,
            subjects: 2,
            opened: 0.35,
            visible: 0.6,
            clicked: 0.12,
            better: 0.2,
            probability: usual.probability,
        }
    }
}

/// How many trials ended how, as shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SubjectTrials {
    /// What the readers were like.
    #[serde(flatten)]
    pub world: SubjectWorld,
    /// How many trials.
    pub trials: u32,
    /// The better subject won.
    pub better_won: f64,
    /// Another won; where all are alike, any.
    pub other_won: f64,
    /// None won.
    pub no_winner: f64,
}

/// Runs so many trials; the same seed gives the same.
#[must_use]
pub fn subject_trials(world: SubjectWorld, seed: u64, trials: u32) -> SubjectTrials {
    let (mut better, mut other) = (0, 0);
    for trial in 0..trials {
        let mut dice = Dice::new(&[seed, u64::from(trial)]);
        // Anywhere among them, so that no place is favoured.
        let best = (world.better > 0.0).then(|| dice.below(world.subjects));
        let arms = seen(world, best, &mut dice);
        let winner = choose(&arms, world.probability, 0).winner;
        match winner.and_then(|winner| usize::try_from(winner).ok()) {
            Some(winner) if Some(winner) == best => better += 1,
            Some(_) => other += 1,
            None => {}
        }
    }
    let share = |count: u32| f64::from(count) / f64::from(trials.max(1));
    SubjectTrials {
        world,
        trials,
        better_won: share(better),
        other_won: share(other),
        no_winner: share(trials - better - other),
    }
}

/// What a server sees of one trial.
fn seen(world: SubjectWorld, best: Option<usize>, dice: &mut Dice) -> Vec<Arm> {
    let mut arms = vec![Arm::default(); world.subjects];
    for _ in 0..world.readers {
        if !dice.chance(world.share) {
            continue;
        }
        let subject = dice.below(world.subjects);
        let more = if Some(subject) == best {
            1.0 + world.better
        } else {
            1.0
        };
        let opened = dice.chance((world.opened * more).min(1.0));
        let clicked = opened && dice.chance(world.clicked);
        let visible = dice.chance(world.visible);
        let arm = &mut arms[subject];
        arm.counted += 1;
        arm.visible += u64::from(visible);
        arm.opened += u64::from(visible && opened);
        arm.clicked += u64::from(clicked);
        arm.clicked_unseen += u64::from(clicked && !visible);
    }
    arms
}

impl SubjectTrials {
    /// About how many readers got one of the subjects.
    #[must_use]
    pub fn on_trial(&self) -> f64 {
        number(self.world.readers) * self.world.share
    }

    /// About how many readers got each subject.
    #[must_use]
    pub fn readers_each(&self) -> f64 {
        let subjects = u64::try_from(self.world.subjects.max(1)).unwrap_or(1);
        self.on_trial() / number(subjects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In short; `courant simulate subjects --trials 2000` is the whole of it. Of 200 trials that end as one
    /// would have them in 96 of 100, chance takes or gives three in a hundred.
    #[test]
    fn a_fifth_more_is_found_among_ten_thousand_and_nothing_is_not() {
        let world = SubjectWorld::default();
        let found = subject_trials(world, 1, 200);
        assert!(found.better_won >= 0.95, "{found:?}");
        assert!(found.other_won < 0.005, "{found:?}");
        let alike = subject_trials(
            SubjectWorld {
                better: 0.0,
                ..world
            },
            1,
            200,
        );
        assert!(alike.no_winner >= 0.9, "{alike:?}");
        assert!(alike.better_won == 0.0, "{alike:?}");
    }

    #[test]
    fn of_four_alike_none_wins_either_and_a_better_one_is_not_mistaken() {
        let four = SubjectWorld {
            subjects: 4,
            better: 0.0,
            ..SubjectWorld::default()
        };
        let alike = subject_trials(four, 2, 100);
        assert!(alike.no_winner >= 0.93, "{alike:?}");
        let better = SubjectWorld {
            better: 0.2,
            ..four
        };
        let found = subject_trials(better, 2, 100);
        assert!(
            found.better_won > 0.5 && found.other_won < 0.02,
            "{found:?}"
        );
    }

    #[test]
    fn the_same_seed_gives_the_same() {
        let world = SubjectWorld {
            readers: 1000,
            ..SubjectWorld::default()
        };
        assert_eq!(subject_trials(world, 3, 20), subject_trials(world, 3, 20));
        let drawn = |seed| seen(world, Some(1), &mut Dice::new(&[seed, 0]));
        assert_ne!(drawn(3), drawn(4));
    }
}
