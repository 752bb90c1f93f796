//! Worlds by name, and worlds drawn at random for judging what nothing was tuned on.

use super::dice::Dice;
use super::world::{Parameters, Reading};

/// The worlds that have names: the usual one, and others that differ from it in one way.
#[must_use]
pub fn worlds() -> Vec<(&'static str, Parameters)> {
    let all = [readers(), machines(), news()];
    all.into_iter().flatten().collect()
}

/// Other readers than the usual, and the usual ones.
fn readers() -> Vec<(&'static str, Parameters)> {
    let base = Parameters::default;
    vec![
        ("base", base()),
        (
            "steep",
            Parameters {
                reading: Reading::Positions(1.0),
                ..base()
            },
        ),
        (
            "flat",
            Parameters {
                reading: Reading::Positions(0.3),
                ..base()
            },
        ),
        (
            "cascade",
            Parameters {
                reading: Reading::Cascade,
                ..base()
            },
        ),
        (
            "fold",
            Parameters {
                reading: Reading::Fold,
                ..base()
            },
        ),
    ]
}

/// More machines, fewer, and longer or shorter lists.
fn machines() -> Vec<(&'static str, Parameters)> {
    let base = Parameters::default;
    vec![
        (
            "no-bots",
            Parameters {
                scanned: 0.0,
                proxied: 0.0,
                ..base()
            },
        ),
        (
            "heavy-bots",
            Parameters {
                scanned: 0.15,
                proxied: 0.7,
                scanners: [0.34, 0.33, 0.33],
                named_scanners: 0.0,
                ..base()
            },
        ),
        (
            "sporadic",
            Parameters {
                scanned: 0.15,
                scan_chance: 0.25,
                ..base()
            },
        ),
        (
            "flood",
            Parameters {
                scanned: 0.3,
                ..base()
            },
        ),
        (
            "proxied-90",
            Parameters {
                proxied: 0.9,
                ..base()
            },
        ),
        (
            "storm",
            Parameters {
                bought: 0.05,
                ..base()
            },
        ),
        (
            "readers-300",
            Parameters {
                readers: 300,
                ..base()
            },
        ),
        (
            "readers-1000",
            Parameters {
                readers: 1000,
                ..base()
            },
        ),
        (
            "readers-3000",
            Parameters {
                readers: 3000,
                ..base()
            },
        ),
        (
            "readers-30000",
            Parameters {
                readers: 30_000,
                ..base()
            },
        ),
    ]
}

/// Other news, and how it tires.
fn news() -> Vec<(&'static str, Parameters)> {
    let base = Parameters::default;
    vec![
        (
            "fast",
            Parameters {
                half_life_days: 0.6,
                ..base()
            },
        ),
        (
            "slow",
            Parameters {
                half_life_days: 4.0,
                ..base()
            },
        ),
        (
            "alike",
            Parameters {
                article_spread: 0.3,
                ..base()
            },
        ),
        (
            "sources",
            Parameters {
                source_spread: 0.6,
                ..base()
            },
        ),
        (
            "one-source",
            Parameters {
                main_source: 0.8,
                ..base()
            },
        ),
        (
            "articles-10",
            Parameters {
                articles: 10,
                ..base()
            },
        ),
        (
            "articles-120",
            Parameters {
                articles: 120,
                ..base()
            },
        ),
        (
            "dull",
            Parameters {
                appeal: 0.01,
                ..base()
            },
        ),
        (
            "once",
            Parameters {
                repeat_interest: 0.0,
                ..base()
            },
        ),
    ]
}

/// The world of this name.
#[must_use]
pub fn world(name: &str) -> Option<Parameters> {
    worlds()
        .into_iter()
        .find(|world| world.0 == name)
        .map(|world| world.1)
}

/// A world nobody chose: each parameter within what sites have.
#[must_use]
pub fn random_world(seed: u64) -> Parameters {
    let mut dice = Dice::new(&[seed, 9]);
    let readers = dice.between(300.0f64.ln(), 30_000.0f64.ln()).exp();
    let mut linear = |low, high| dice.between(low, high);
    let articles = linear(10.0, 120.0);
    let slope = linear(0.3, 1.1);
    let base = Parameters {
        half_life_days: linear(0.5, 5.0),
        article_spread: linear(0.3, 1.0),
        scanned: linear(0.0, 0.2),
        proxied: linear(0.0, 0.8),
        appeal: linear(0.01, 0.06),
        readers: whole(readers),
        articles: whole(articles),
        ..Parameters::default()
    };
    let reading = if dice.chance(0.25) {
        Reading::Cascade
    } else {
        Reading::Positions(slope)
    };
    Parameters { reading, ..base }
}

fn whole(number: f64) -> usize {
    format!("{number:.0}").parse().unwrap_or(1)
}
