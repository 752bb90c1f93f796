//! What moved between two rankings, and why.
//!
//! From two orders of the same field to a sentence for each place that changed. The cause is the
//! part of the score whose change, against what happened to the others, says most about the move.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::explain::{age, clicks, ordinal, shown};
use super::{Candidate, Estimates, Multiplier, Parts, Score};

/// A change below this (in log ratio, so 0.1 %) is no cause.
const LEAST_CHANGE: f64 = 0.001;

/// One article whose place changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Movement {
    /// Its story.
    pub story: String,
    /// Its place before, counted from 1; `None` when it is new.
    pub from: Option<usize>,
    /// Its place now, counted from 1; `None` when it is no longer a candidate.
    pub to: Option<usize>,
    /// What moved it.
    pub cause: Cause,
    /// The same as a sentence: "up from 9th to 2nd: 12.0 clicks where 4.1 were expected".
    pub words: String,
}

/// What moved an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its own clicks.
    Clicks,
    /// Clicks on its category.
    Category,
    /// Clicks on its source.
    Source,
    /// Its age.
    Freshness,
    /// How many had seen it.
    Novelty,
    /// The editor.
    Boost,
    /// Nothing of its own: others rose or fell past it.
    Others,
    /// It was not in the ranking before.
    New,
    /// It is not in the ranking now.
    Gone,
}

/// The parts that can move an article; the site's rate moves all alike.
const CAUSES: [Cause; 6] = [
    Cause::Clicks,
    Cause::Category,
    Cause::Source,
    Cause::Freshness,
    Cause::Novelty,
    Cause::Boost,
];

/// Lists what moved from one ranking to the next, in the order of the next, the gone at the end.
///
/// `estimates` are those behind `after`; `candidates` lend the names of categories and sources.
#[must_use]
pub fn movement(
    before: &[Score],
    after: &[Score],
    candidates: &[Candidate],
    estimates: &Estimates,
) -> Vec<Movement> {
    let from = places(before);
    let to = places(after);
    let usual = usual_changes(before, after, &from);
    let names: HashMap<&str, &Candidate> = candidates
        .iter()
        .map(|candidate| (candidate.story.as_str(), candidate))
        .collect();
    let mut moved = Vec::new();
    for (at, score) in after.iter().enumerate() {
        let Some(&was) = from.get(score.story.as_str()) else {
            moved.push(arrived(score, at + 1));
            continue;
        };
        if was == at {
            continue;
        }
        let direction = if at < was {
            Direction::Up
        } else {
            Direction::Down
        };
        let step = Step {
            old: &before[was].parts,
            new: &score.parts,
            direction,
        };
        let cause = step.cause(&usual);
        let names = names.get(score.story.as_str()).copied();
        let places = format!("from {} to {}", ordinal(was + 1), ordinal(at + 1));
        let why = step.why(cause, names, estimates);
        moved.push(Movement {
            story: score.story.clone(),
            from: Some(was + 1),
            to: Some(at + 1),
            cause,
            words: format!("{} {places}: {why}", direction.word()),
        });
    }
    let gone = before
        .iter()
        .enumerate()
        .filter(|(_, old)| !to.contains_key(old.story.as_str()));
    moved.extend(gone.map(|(at, score)| left(score, at + 1)));
    moved
}

fn places(scores: &[Score]) -> HashMap<&str, usize> {
    scores
        .iter()
        .enumerate()
        .map(|(at, score)| (score.story.as_str(), at))
        .collect()
}

fn arrived(score: &Score, to: usize) -> Movement {
    Movement {
        story: score.story.clone(),
        from: None,
        to: Some(to),
        cause: Cause::New,
        words: format!("new at {}: {}", ordinal(to), age(score.parts.age_hours)),
    }
}

fn left(score: &Score, from: usize) -> Movement {
    Movement {
        story: score.story.clone(),
        from: Some(from),
        to: None,
        cause: Cause::Gone,
        words: format!("gone from {}: no longer a candidate", ordinal(from)),
    }
}

/// The median change of each part over the articles in both rankings.
///
/// Everything is a day older the day after; that moves nobody.
fn usual_changes(
    before: &[Score],
    after: &[Score],
    from: &HashMap<&str, usize>,
) -> [f64; CAUSES.len()] {
    let pairs: Vec<(&Parts, &Parts)> = after
        .iter()
        .filter_map(|new| {
            from.get(new.story.as_str())
                .map(|&at| (&before[at].parts, &new.parts))
        })
        .collect();
    CAUSES.map(|cause| {
        let mut changes: Vec<f64> = pairs
            .iter()
            .map(|(old, new)| log_change(cause, old, new))
            .collect();
        changes.sort_by(f64::total_cmp);
        let middle = changes.len() / 2;
        match changes.get(middle) {
            None => 0.0,
            Some(upper) if changes.len() % 2 == 1 => *upper,
            Some(upper) => f64::midpoint(changes[middle - 1], *upper),
        }
    })
}

fn log_change(cause: Cause, old: &Parts, new: &Parts) -> f64 {
    (value(cause, new).max(f64::MIN_POSITIVE) / value(cause, old).max(f64::MIN_POSITIVE))
        .clamp(f64::MIN_POSITIVE, f64::MAX)
        .ln()
}

fn value(cause: Cause, parts: &Parts) -> f64 {
    match cause {
        Cause::Clicks => parts.rate / parts.prior,
        Cause::Category => parts.category,
        Cause::Source => parts.source,
        Cause::Freshness => parts.freshness,
        Cause::Novelty => parts.novelty,
        Cause::Boost => parts.boost,
        Cause::Others | Cause::New | Cause::Gone => 1.0,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// Positive when the change goes this way.
    fn along(self, change: f64) -> f64 {
        match self {
            Self::Up => change,
            Self::Down => -change,
        }
    }
}

/// One article's two scores and the way it went.
struct Step<'a> {
    old: &'a Parts,
    new: &'a Parts,
    direction: Direction,
}

impl Step<'_> {
    /// The part that went furthest this way against the usual, if it went this way at all.
    fn cause(&self, usual: &[f64; CAUSES.len()]) -> Cause {
        let mut found = (LEAST_CHANGE, Cause::Others);
        for (cause, usual) in CAUSES.into_iter().zip(usual) {
            let change = log_change(cause, self.old, self.new);
            let against_usual = self.direction.along(change - usual);
            if self.direction.along(change) > LEAST_CHANGE && against_usual > found.0 {
                found = (against_usual, cause);
            }
        }
        found.1
    }

    fn why(&self, cause: Cause, names: Option<&Candidate>, estimates: &Estimates) -> String {
        let Self {
            old,
            new,
            direction,
        } = self;
        match cause {
            // More than expected, and yet further down: it was more before.
            Cause::Clicks if *direction == Direction::Down && new.clicks >= new.expected => {
                format!("not as far ahead as it was: {}", clicks(new))
            }
            Cause::Clicks => clicks(new),
            Cause::Category => {
                let name = names.map_or("", |candidate| &candidate.category);
                label(
                    "category",
                    name,
                    &estimates.categories,
                    (old.category, new.category),
                )
            }
            Cause::Source => {
                let name = names.map_or("", |candidate| &candidate.source);
                label("source", name, &estimates.sources, (old.source, new.source))
            }
            Cause::Freshness => {
                let half_life = estimates.half_life_days;
                let old = age(new.age_hours);
                match direction {
                    Direction::Up => {
                        format!("{old}, and interest lasts longer: it halves in {half_life:.1} d")
                    }
                    Direction::Down => format!("{old}, and interest halves in {half_life:.1} d"),
                }
            }
            Cause::Novelty if *direction == Direction::Up => {
                format!("{}, which tires less than was thought", shown(new.reach))
            }
            Cause::Novelty => shown(new.reach),
            Cause::Boost => {
                format!(
                    "the editor's boost is ×{:.2}, was ×{:.2}",
                    new.boost, old.boost
                )
            }
            Cause::Others | Cause::New | Cause::Gone => match direction {
                Direction::Up => "others fell behind it".to_owned(),
                Direction::Down => "others passed it".to_owned(),
            },
        }
    }
}

/// "the category Science earned 2.3 clicks for every one expected".
fn label(
    kind: &str,
    name: &str,
    multipliers: &BTreeMap<String, Multiplier>,
    (old, new): (f64, f64),
) -> String {
    let earned = multipliers
        .get(name)
        .filter(|found| found.expected > 0.0)
        .map(|found| found.credit / found.expected)
        // The ratio explains a rise only above 1; otherwise the two factors say more.
        .filter(|ratio| (*ratio > 1.0) == (new > old));
    match earned {
        Some(ratio) => {
            format!("the {kind} {name} earned {ratio:.1} clicks for every one expected")
        }
        None => format!("the {kind} {name} counts ×{new:.2}, was ×{old:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::{Config, estimate};

    fn parts() -> Parts {
        Parts {
            site: 0.02,
            source: 1.0,
            category: 1.0,
            views: 1.0,
            prior: 0.02,
            clicks: 0.0,
            expected: 0.0,
            shape: 2.0,
            rate: 0.02,
            freshness: 1.0,
            novelty: 1.0,
            boost: 1.0,
            age_hours: 0.0,
            reach: 0.0,
        }
    }

    fn ranking(entries: &[(&str, Parts)]) -> Vec<Score> {
        let mut scores: Vec<Score> = entries
            .iter()
            .map(|(story, parts)| Score {
                story: (*story).to_owned(),
                total: parts.rate * parts.freshness * parts.novelty * parts.boost,
                parts: *parts,
            })
            .collect();
        scores.sort_by(|a, b| {
            b.total
                .total_cmp(&a.total)
                .then_with(|| a.story.cmp(&b.story))
        });
        scores
    }

    fn told(before: &[(&str, Parts)], after: &[(&str, Parts)]) -> Vec<String> {
        let candidate = |story: &str| Candidate {
            story: story.to_owned(),
            category: "Science".to_owned(),
            source: "Herald".to_owned(),
            published_at: 0,
            boost: 1.0,
        };
        let candidates: Vec<Candidate> = after.iter().map(|(story, _)| candidate(story)).collect();
        let mut estimates = estimate(&[], &[], 0.0, &Config::default());
        let science = Multiplier {
            factor: 1.3,
            credit: 23.0,
            expected: 10.0,
        };
        estimates.categories.insert("Science".to_owned(), science);
        movement(&ranking(before), &ranking(after), &candidates, &estimates)
            .into_iter()
            .map(|moved| format!("{} {}", moved.story, moved.words))
            .collect()
    }

    #[test]
    fn the_part_that_moved_it_is_named() {
        let start = [("a", parts()), ("b", parts()), ("c", parts())];
        let plain = parts();
        let clicked = Parts {
            clicks: 12.0,
            expected: 4.1,
            shape: 14.0,
            rate: 0.05,
            ..parts()
        };
        let liked = Parts {
            category: 1.3,
            prior: 0.026,
            rate: 0.026,
            ..parts()
        };
        let sourced = Parts {
            source: 1.3,
            prior: 0.026,
            rate: 0.026,
            ..parts()
        };
        let boosted = Parts {
            boost: 2.0,
            ..parts()
        };
        let seen = Parts {
            novelty: 0.9,
            reach: 0.26,
            ..parts()
        };
        let cases: [([Parts; 3], &[&str]); 5] = [
            (
                [plain, plain, clicked],
                &[
                    "c up from 3rd to 1st: 12.0 clicks where 4.1 were expected",
                    "a down from 1st to 2nd: others passed it",
                    "b down from 2nd to 3rd: others passed it",
                ],
            ),
            (
                [plain, liked, plain],
                &[
                    "b up from 2nd to 1st: the category Science earned 2.3 clicks for every one \
                     expected",
                    "a down from 1st to 2nd: others passed it",
                ],
            ),
            (
                [plain, sourced, plain],
                &[
                    "b up from 2nd to 1st: the source Herald counts ×1.30, was ×1.00",
                    "a down from 1st to 2nd: others passed it",
                ],
            ),
            (
                [plain, boosted, plain],
                &[
                    "b up from 2nd to 1st: the editor's boost is ×2.00, was ×1.00",
                    "a down from 1st to 2nd: others passed it",
                ],
            ),
            (
                [seen, plain, plain],
                &[
                    "b up from 2nd to 1st: others fell behind it",
                    "c up from 3rd to 2nd: others fell behind it",
                    "a down from 1st to 3rd: shown to 26 % of the list",
                ],
            ),
        ];
        for ([a, b, c], expected) in cases {
            assert_eq!(told(&start, &[("a", a), ("b", b), ("c", c)]), expected);
        }
    }

    #[test]
    fn a_day_that_passed_for_all_moves_nobody() {
        let start = [("a", parts()), ("b", parts()), ("c", parts())];
        let older = Parts {
            freshness: 0.8,
            age_hours: 24.0,
            ..parts()
        };
        assert!(told(&start, &[("a", older), ("b", older), ("c", older)]).is_empty());
        let clicked = Parts {
            clicks: 3.0,
            expected: 1.0,
            rate: 0.03,
            ..older
        };
        assert_eq!(
            told(&start, &[("a", older), ("b", clicked), ("c", older)]),
            [
                "b up from 2nd to 1st: 3.0 clicks where 1.0 were expected",
                "a down from 1st to 2nd: others passed it",
            ]
        );
    }

    #[test]
    fn comings_and_goings_are_told() {
        let young = Parts {
            boost: 1.5,
            age_hours: 2.0,
            ..parts()
        };
        assert_eq!(
            told(
                &[("a", parts()), ("b", parts())],
                &[("b", parts()), ("c", young)]
            ),
            [
                "c new at 1st: 2 h old",
                "a gone from 1st: no longer a candidate"
            ]
        );
    }

    #[test]
    fn a_score_of_nothing_is_no_trouble() {
        let nothing = Parts {
            boost: 0.0,
            freshness: 0.0,
            ..parts()
        };
        let lines = told(
            &[("a", parts()), ("b", parts())],
            &[("a", nothing), ("b", parts())],
        );
        assert_eq!(lines.len(), 2);
    }
}
