//! A score in an editor's words.
//!
//! One line, from the same numbers the order was made of; nothing is computed anew except the
//! rounding.

use super::{Choice, Estimates, Parts, Score};

/// Says in one line how a score came about.
///
/// With the `choice` made for an edition, the leading number contains its factor for variety. The
/// score must come from these `estimates`, whose half-life is told.
#[must_use]
pub fn explain(score: &Score, estimates: &Estimates, choice: Option<&Choice>) -> String {
    let parts = &score.parts;
    let diversity = choice.map_or(1.0, |choice| choice.diversity);
    let mut words = vec![
        format!("{} = {}", rate(score.total * diversity), evidence(parts)),
        freshness(parts, estimates.half_life_days),
        novelty(parts),
    ];
    if parts.boost != 1.0 {
        words.push(format!("boost ×{:.2} (by the editor)", parts.boost));
    }
    if let Some(choice) = choice.filter(|choice| choice.repeats > 0) {
        let place = ordinal(choice.repeats + 1);
        words.push(format!(
            "variety ×{diversity:.2} ({place} {})",
            choice.category
        ));
    }
    words.join("; ")
}

/// The same in a few sentences, for who does not reckon.
#[must_use]
pub fn plainly(parts: &Parts) -> String {
    let rate = parts.rate * 100.0;
    let followed = if rate >= 10.0 {
        format!("{rate:.0}")
    } else {
        format!("{rate:.1}")
    };
    let first = if parts.expected <= 0.0 && parts.clicks <= 0.0 {
        format!(
            "Nobody has seen it yet: of 100 readers who open the mail {followed} are expected to follow it, as stories of \
             its source and category are followed."
        )
    } else {
        format!(
            "Of 100 readers who open the mail {followed} are expected to follow it: so far it had {}.",
            clicks(parts)
        )
    };
    let (age, shown) = (age(parts.age_hours), shown(parts.reach));
    let boost = if parts.boost == 1.0 {
        String::new()
    } else {
        format!(" An editor boosted it by {}.", parts.boost)
    };
    format!("{first} It is {age}, {shown}.{boost}")
}

fn evidence(parts: &Parts) -> String {
    let Parts {
        source, category, ..
    } = parts;
    let prior = format!(
        "prior {} (site {} × source {source:.2} × category {category:.2})",
        rate(parts.prior),
        rate(parts.site),
    );
    let prior = if parts.views == 1.0 {
        prior
    } else {
        format!(
            "{} × page views {:.2})",
            prior.trim_end_matches(')'),
            parts.views
        )
    };
    if parts.expected <= 0.0 && parts.clicks <= 0.0 {
        return format!("{prior}, no readers yet");
    }
    format!("{prior} → rate {} from {}", rate(parts.rate), clicks(parts))
}

/// "41.2 clicks where 17.9 were expected".
pub(super) fn clicks(parts: &Parts) -> String {
    format!(
        "{:.1} clicks where {:.1} were expected",
        parts.clicks, parts.expected
    )
}

fn freshness(parts: &Parts, half_life_days: f64) -> String {
    let age = age(parts.age_hours);
    format!(
        "fresh ×{:.2} ({age}, half-life {half_life_days:.1} d)",
        parts.freshness
    )
}

fn novelty(parts: &Parts) -> String {
    format!("novelty ×{:.2} ({})", parts.novelty, shown(parts.reach))
}

/// "shown to 18 % of the list".
pub(super) fn shown(reach: f64) -> String {
    let percent = reach * 100.0;
    if reach <= 0.0 {
        "not shown yet".to_owned()
    } else if percent < 1.0 {
        "shown to under 1 % of the list".to_owned()
    } else if percent <= 100.0 {
        format!("shown to {percent:.0} % of the list")
    } else {
        format!("shown to the whole list {reach:.1} times over")
    }
}

/// "5 h old".
pub(super) fn age(hours: f64) -> String {
    if hours < 1.0 {
        "under 1 h old".to_owned()
    } else if hours < 48.0 {
        format!("{hours:.0} h old")
    } else {
        format!("{:.1} d old", hours / 24.0)
    }
}

/// A rate with at least two digits that say something.
fn rate(value: f64) -> String {
    if value >= 0.01 || value <= 0.0 {
        format!("{value:.3}")
    } else if value >= 0.0001 {
        format!("{value:.5}")
    } else {
        format!("{value:.1e}")
    }
}

/// "1st", "22nd", "13th".
pub(super) fn ordinal(number: usize) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::{Config, estimate};

    fn parts() -> Parts {
        Parts {
            site: 0.031,
            source: 1.12,
            category: 0.95,
            views: 1.0,
            prior: 0.033,
            clicks: 41.2,
            expected: 17.9,
            shape: 43.2,
            rate: 0.072,
            freshness: 0.95,
            novelty: 0.93,
            boost: 1.0,
            age_hours: 5.0,
            reach: 0.18,
        }
    }

    #[test]
    fn it_is_said_plainly() {
        let seen = Parts {
            boost: 2.0,
            ..parts()
        };
        assert_eq!(
            plainly(&seen),
            "Of 100 readers who open the mail 7.2 are expected to follow it: so far it had 41.2 clicks where 17.9 were \
             expected. It is 5 h old, shown to 18 % of the list. An editor boosted it by 2."
        );
        let unseen = Parts {
            clicks: 0.0,
            expected: 0.0,
            reach: 0.0,
            ..parts()
        };
        assert!(plainly(&unseen).ends_with("It is 5 h old, not shown yet."));
    }

    fn told(parts: Parts, choice: Option<&Choice>) -> String {
        let total = parts.rate * parts.freshness * parts.novelty * parts.boost;
        let estimates = Estimates {
            half_life_days: 1.4,
            ..estimate(&[], &[], 0.0, &Config::default())
        };
        explain(
            &Score {
                story: "a".to_owned(),
                total,
                parts,
            },
            &estimates,
            choice,
        )
    }

    #[test]
    fn a_score_reads_as_a_sentence() {
        assert_eq!(
            told(parts(), None),
            "0.064 = prior 0.033 (site 0.031 × source 1.12 × category 0.95) \
             → rate 0.072 from 41.2 clicks where 17.9 were expected; \
             fresh ×0.95 (5 h old, half-life 1.4 d); novelty ×0.93 (shown to 18 % of the list)"
        );
    }

    #[test]
    fn boost_and_variety_are_told_when_they_count() {
        let choice = Choice {
            story: "a".to_owned(),
            index: 3,
            category: "Politics".to_owned(),
            repeats: 1,
            diversity: 0.92,
        };
        assert_eq!(
            told(
                Parts {
                    boost: 2.0,
                    ..parts()
                },
                Some(&choice)
            ),
            "0.117 = prior 0.033 (site 0.031 × source 1.12 × category 0.95) \
             → rate 0.072 from 41.2 clicks where 17.9 were expected; \
             fresh ×0.95 (5 h old, half-life 1.4 d); novelty ×0.93 (shown to 18 % of the list); \
             boost ×2.00 (by the editor); variety ×0.92 (2nd Politics)"
        );
    }

    #[test]
    fn a_story_nobody_saw_says_so() {
        let unseen = Parts {
            clicks: 0.0,
            expected: 0.0,
            shape: 2.0,
            rate: 0.033,
            novelty: 1.0,
            reach: 0.0,
            ..parts()
        };
        assert_eq!(
            told(unseen, None),
            "0.031 = prior 0.033 (site 0.031 × source 1.12 × category 0.95), no readers yet; \
             fresh ×0.95 (5 h old, half-life 1.4 d); novelty ×1.00 (not shown yet)"
        );
    }

    #[test]
    fn numbers_are_told_as_people_say_them() {
        for (number, expected) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (112, "112th"),
            (122, "122nd"),
        ] {
            assert_eq!(ordinal(number), expected);
        }
        for (value, expected) in [
            (0.0, "0.000"),
            (0.0719, "0.072"),
            (0.00312, "0.00312"),
            (0.00002, "2.0e-5"),
        ] {
            assert_eq!(rate(value), expected);
        }
        for (hours, expected) in [
            (0.2, "under 1 h old"),
            (5.2, "5 h old"),
            (47.0, "47 h old"),
            (72.0, "3.0 d old"),
        ] {
            assert_eq!(age(hours), expected);
        }
        for (reach, expected) in [
            (0.0, "not shown yet"),
            (0.004, "shown to under 1 % of the list"),
            (0.18, "shown to 18 % of the list"),
            (1.4, "shown to the whole list 1.4 times over"),
        ] {
            assert_eq!(shown(reach), expected);
        }
    }
}
