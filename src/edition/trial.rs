//! Subjects that are tried: which reader gets which, and which of them all others get.
//!
//! An edition has the editor's subject and, if it is tried, one to three alternatives. A share of the
//! readers gets one of them each, drawn; the others wait. When the wait is over, counts of what readers
//! did come in, and a [`Choice`] goes out: the subject that is the best with the stated probability, or
//! none, and then the editor's. A choice is made once and kept with the edition.
//!
//! Two questions are asked of the counts. Which subject is clicked on by more of its readers? That is what a subject
//! is for, but few click, so it takes a large difference to tell. Which got more signs of reading? There a reader
//! counts once: by opening it where opens can be trusted, else by a click. A subject that
//! is opened more and clicked on less promises what the edition does not keep, and does not win.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Edition;
use super::edit::{EditError, line};
use super::slates::draw;
use crate::ranking::chance::{below, uniform};
use crate::tracking::Tracking;
use crate::units::{self, Span, number};

mod beta;

pub use beta::{Beta, best};

/// Alternatives beside the editor's subject, at most.
pub const MOST_ALTERNATIVES: usize = 3;

/// Each question finds a winner among equals now and then. Clicks alone are a question more, so a tenth of the
/// doubt is all they are allowed, and both together find hardly more than one.
const DOUBT_OF_CLICKS: f64 = 0.1;

/// Who does worse in clicks with this probability does not win by signs.
const AGAINST: f64 = 0.95;

/// `subject_test` of a `[[digest]]`: how its subjects are tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Share of the readers on whom subjects are tried, in equal parts.
    pub share: f64,
    /// How long the others wait.
    pub wait: Span,
    /// A subject wins that is the best with this probability.
    pub probability: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            share: 0.5,
            wait: Span::hours(2),
            probability: 0.98,
        }
    }
}

impl Config {
    /// What is wrong with it, by key, with a hint.
    #[must_use]
    pub fn mistakes(
        &self,
        tracking: Tracking,
        deadline: Span,
    ) -> Vec<(&'static str, String, &'static str)> {
        let mut mistakes = Vec::new();
        let mut number = |key, value: f64, range, hint| {
            if let Some(wrong) = units::out_of_range(value, &range) {
                mistakes.push((key, wrong, hint));
            }
        };
        number("share", self.share, 0.05..=0.9, "such as 0.5");
        let probability = self.probability;
        number("probability", probability, 0.8..=0.999, "such as 0.98");
        let mut add = |key, message: &str, hint| mistakes.push((key, message.to_owned(), hint));
        if self.wait.as_seconds() < 60 {
            add("wait", "nobody has read a mail by then", "such as \"2h\"");
        } else if self.wait >= deadline {
            let message =
                "the others would get it when the edition is given up (delivery.deadline)";
            add("wait", message, "such as \"2h\"");
        }
        if tracking != Tracking::Full {
            let message = "nobody can tell which subject did better: tracking.mode is not \"full\"";
            add("", message, "take it out, or set tracking.mode = \"full\"");
        }
        mistakes
    }
}

/// How the subjects of one edition are tried; frozen with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Trial {
    /// Subjects beside the editor's; none where nothing is tried.
    pub alternatives: Vec<String>,
    /// As the digest had it when the edition was built.
    pub rules: Config,
}

impl Edition {
    /// Whether there is more than one subject, of which some readers try each.
    #[must_use]
    pub fn has_trial(&self) -> bool {
        !self.slates.trial.alternatives.is_empty()
    }

    /// The editor's subject and those that are tried beside it.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        let alternatives = self.slates.trial.alternatives.iter();
        std::iter::once(self.subject.as_str()).chain(alternatives.map(String::as_str))
    }

    /// The subjects on trial; none where there is one.
    pub fn tried(&self) -> impl Iterator<Item = &str> {
        self.subjects().filter(|_| self.has_trial())
    }

    /// The subject that most readers get, as far as that is decided: the chosen one, else the editor's.
    #[must_use]
    pub fn main_subject(&self) -> &str {
        let chosen = self.choice.as_ref().map_or(0, |choice| choice.subject());
        let chosen = usize::try_from(chosen).ok();
        let found = chosen.and_then(|chosen| self.subjects().nth(chosen));
        found.unwrap_or(&self.subject)
    }

    /// Whether a reader is among the first, from 1, or waits. Where there are two waves of stories, subjects are tried
    /// on the first.
    #[must_use]
    pub fn turn(&self, subscriber: i64) -> u32 {
        if self.slates.waves.is_some() || !self.has_trial() {
            return self.slates.wave(&self.id, subscriber);
        }
        let share = self.slates.trial.rules.share;
        if uniform(draw(&self.id, subscriber, 4)) < share {
            1
        } else {
            2
        }
    }

    /// Which subject a reader gets whose row is not written yet: the chosen one once there is a choice, else
    /// who is among the first tries one, drawn, and always the same again.
    #[must_use]
    pub fn subject_for(&self, subscriber: i64) -> u32 {
        let drawn = || {
            let count = self.subjects().count();
            let subject = below(draw(&self.id, subscriber, 5), count);
            u32::try_from(subject).unwrap_or(0)
        };
        match &self.choice {
            Some(choice) => choice.subject(),
            None if self.has_trial() && self.turn(subscriber) == 1 => drawn(),
            None => 0,
        }
    }

    /// Whether its subjects can be told apart, and what they do as well.
    pub(super) fn can_be_tried(&self) -> Result<(), EditError> {
        if !self.has_trial() {
            return Ok(());
        }
        if self.frame.tracking != Tracking::Full {
            let why = "nobody could tell which subject did better: tracking.mode is not \"full\"";
            return Err(EditError::Text(why.to_owned()));
        }
        let different: BTreeSet<&str> = self.subjects().collect();
        if different.len() < self.subjects().count() {
            let why = "two of the subjects to try are the same";
            return Err(EditError::Text(why.to_owned()));
        }
        Ok(())
    }
}

/// Lines to be tried as subjects.
pub(super) fn alternatives(texts: &[String]) -> Result<Vec<String>, EditError> {
    if texts.len() > MOST_ALTERNATIVES {
        let why = format!("at most {MOST_ALTERNATIVES} subjects are tried beside the subject");
        return Err(EditError::Text(why));
    }
    let lines = texts.iter().map(|text| {
        let line = line("a subject to try", text)?;
        if line.is_empty() {
            return Err(EditError::Text("a subject to try is empty".to_owned()));
        }
        Ok(line)
    });
    lines.collect()
}

/// What readers did with one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Arm {
    /// Copies that left to readers who may be counted.
    pub counted: u64,
    /// Of these, those whose opens can be trusted.
    pub visible: u64,
    /// Of the visible, those that a person opened, or followed a link of.
    pub opened: u64,
    /// Of the counted, those of which a person followed a link.
    pub clicked: u64,
    /// Of the clicked, those that are not visible.
    pub clicked_unseen: u64,
}

impl Arm {
    fn clicks(&self) -> Beta {
        Beta::of(self.clicked, self.counted)
    }

    /// By opens and by clicks, of those who are seen to open and of the others.
    fn signs(&self) -> [Beta; 2] {
        let unseen = self.counted.saturating_sub(self.visible);
        [
            Beta::of(self.opened, self.visible),
            Beta::of(self.clicked_unseen, unseen),
        ]
    }
}

/// What a choice was made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Clicks alone said it.
    Clicks,
    /// Signs of reading said it, and clicks nothing against it.
    Signs,
    /// No subject is the best with the stated probability.
    NoWinner,
    /// One has more signs of reading, another more clicks.
    Contradiction,
}

impl By {
    /// The same in words, after "because".
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Clicks => "more of its readers clicked",
            Self::Signs => "more of its readers opened or clicked, as far as opens can be trusted",
            Self::NoWinner => "no subject was clearly better than all others",
            Self::Contradiction => "the one that was opened more was clicked on less",
        }
    }
}

/// Which subject everybody else gets, and by what that was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The winner, as in [`Variant::subject`](super::slates::Variant::subject); nothing if there is none.
    pub winner: Option<u32>,
    /// By what.
    pub by: By,
    /// How probable it is of each subject that it is the best, by what the choice was made by.
    pub probabilities: Vec<f64>,
    /// What readers had done by then, the editor's subject first.
    pub arms: Vec<Arm>,
    /// When, Unix seconds.
    pub at: i64,
}

impl Choice {
    /// The subject that everybody else gets: the winner, else the editor's.
    #[must_use]
    pub fn subject(&self) -> u32 {
        self.winner.unwrap_or(0)
    }
}

/// Chooses among subjects by what readers did with each, the editor's first; pure.
#[must_use]
pub fn choose(arms: &[Arm], probability: f64, at: i64) -> Choice {
    let clicks: Vec<Beta> = arms.iter().map(Arm::clicks).collect();
    let (by_clicks, by_signs) = (best(&clicks), standing(arms));
    let enough = 1.0 - (1.0 - probability) * DOUBT_OF_CLICKS;
    let made = |winner: Option<usize>, by, probabilities: Vec<f64>| Choice {
        winner: winner.and_then(|winner| u32::try_from(winner).ok()),
        by,
        probabilities,
        arms: arms.to_vec(),
        at,
    };
    let first = |all: &[f64], enough: f64| all.iter().position(|it| *it >= enough);
    if let Some(winner) = first(&by_clicks, enough) {
        return made(Some(winner), By::Clicks, by_clicks);
    }
    let Some(winner) = first(&by_signs, probability) else {
        return made(None, By::NoWinner, by_signs);
    };
    let is_against = |other: &Beta| best(&[*other, clicks[winner]])[0] >= AGAINST;
    let mut others = clicks.iter().enumerate().filter(|(at, _)| *at != winner);
    if others.any(|(_, other)| is_against(other)) {
        return made(None, By::Contradiction, by_signs);
    }
    made(Some(winner), By::Signs, by_signs)
}

/// How probable it is, as things stand, of each subject that it is the best by signs of reading.
#[must_use]
pub fn standing(arms: &[Arm]) -> Vec<f64> {
    let weights = weights(arms);
    let signs = arms.iter().map(|arm| Beta::mixed(arm.signs(), weights));
    let signs: Vec<Beta> = signs.collect();
    best(&signs)
}

/// How much opens and clicks weigh: by how many there are, and the more the less of their spread is chance. Of
/// what a subject adds in the same proportion to both, these leave the clearest view.
fn weights(arms: &[Arm]) -> [f64; 2] {
    let sum = |part: fn(&Arm) -> u64| arms.iter().map(part).sum::<u64>();
    let (counted, visible) = (sum(|arm| arm.counted), sum(|arm| arm.visible));
    let all = Arm {
        counted,
        visible,
        opened: sum(|arm| arm.opened),
        clicked: sum(|arm| arm.clicked),
        clicked_unseen: sum(|arm| arm.clicked_unseen),
    };
    let [opens, clicks] = all.signs().map(Beta::mean);
    let weights = [
        number(visible) / (1.0 - opens),
        number(counted.saturating_sub(visible)) / (1.0 - clicks),
    ];
    let sum = weights[0] + weights[1];
    if sum > 0.0 {
        weights.map(|weight| weight / sum)
    } else {
        [0.5, 0.5]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(counted: u64, opened: u64, clicked: u64) -> Arm {
        Arm {
            counted,
            visible: counted,
            opened,
            clicked,
            clicked_unseen: 0,
        }
    }

    #[test]
    fn a_winner_is_the_best_with_the_stated_probability_and_else_there_is_none() {
        for (arms, winner, by) in [
            // Nobody did anything; nobody was asked.
            (vec![arm(0, 0, 0); 2], None, By::NoWinner),
            (vec![arm(1000, 0, 0); 4], None, By::NoWinner),
            (
                vec![arm(2500, 750, 90), arm(2500, 750, 90)],
                None,
                By::NoWinner,
            ),
            // 30 % against 36 %.
            (
                vec![arm(2500, 750, 90), arm(2500, 900, 108)],
                Some(1),
                By::Signs,
            ),
            (
                vec![arm(2500, 900, 108), arm(2500, 750, 90)],
                Some(0),
                By::Signs,
            ),
            // Clicks far apart.
            (
                vec![arm(2500, 750, 60), arm(2500, 750, 120)],
                Some(1),
                By::Clicks,
            ),
            // More open, fewer click: it promises what is not there.
            (
                vec![arm(2500, 750, 90), arm(2500, 900, 65)],
                None,
                By::Contradiction,
            ),
            // Of three, two good ones cannot be told apart.
            (
                vec![arm(2500, 700, 80), arm(2500, 900, 100), arm(2500, 905, 102)],
                None,
                By::NoWinner,
            ),
            (
                vec![
                    arm(900, 270, 30),
                    arm(900, 280, 30),
                    arm(900, 270, 30),
                    arm(900, 400, 50),
                ],
                Some(3),
                By::Signs,
            ),
        ] {
            let choice = choose(&arms, 0.98, 7);
            assert_eq!(
                (choice.winner, choice.by),
                (winner, by),
                "{arms:?} {choice:?}"
            );
            let sum: f64 = choice.probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-9 && choice.probabilities.len() == arms.len());
        }
    }

    #[test]
    fn opens_that_cannot_be_trusted_count_for_nothing() {
        // A proxy loads the pictures of half of them: their readers speak by clicks alone.
        let proxied = |clicked| Arm {
            counted: 2000,
            visible: 1000,
            opened: 300,
            clicked: 30 + clicked,
            clicked_unseen: clicked,
        };
        let choice = choose(&[proxied(20), proxied(60)], 0.98, 0);
        assert_eq!(choice.winner, Some(1));
        let choice = choose(&[proxied(30), proxied(34)], 0.98, 0);
        assert_eq!(choice.winner, None);
    }

    #[test]
    fn what_cannot_work_is_said() {
        let good = Config::default();
        assert_eq!(good.mistakes(Tracking::Full, Span::hours(48)), []);
        let bad = Config {
            share: 1.0,
            wait: Span::hours(48),
            probability: 0.5,
        };
        let found = bad.mistakes(Tracking::Aggregate, Span::hours(48));
        let keys: Vec<_> = found.iter().map(|(key, ..)| *key).collect();
        assert_eq!(keys, ["share", "probability", "wait", ""]);
    }
}
