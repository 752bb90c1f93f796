//! Promises of the whole stage, from exposures to an order.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400;

/// Numbers that look random and are the same everywhere (Knuth's 64-bit LCG, upper bits).
struct Dice(u64);

impl Dice {
    /// Uniform in 0..1, never 0.
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Uniform among the whole numbers under `bound`: the last with chance 1 in `bound`, and so on.
    fn below(&mut self, bound: usize) -> usize {
        (1..bound)
            .rev()
            .find(|&at| self.roll() * (at + 1) as f64 <= 1.0)
            .unwrap_or(0)
    }

    /// Poisson by counting exponential waits.
    fn poisson(&mut self, mean: f64) -> f64 {
        let (mut waited, mut count) = (0.0, 0.0);
        loop {
            waited -= self.roll().ln();
            if waited > mean {
                return count;
            }
            count += 1.0;
        }
    }

    /// Near enough normal: twelve uniforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.roll()).sum::<f64>() - 6.0
    }
}

fn story(id: &str, source: &str, category: &str, published_at: i64) -> Story {
    Story {
        id: id.into(),
        category: category.into(),
        source: source.into(),
        published_at,
    }
}

fn shown(edition: &str, story: &str, position: u32, credit: f64) -> Exposure {
    Exposure {
        edition: edition.into(),
        story: story.into(),
        position,
        sent_at: DAY,
        recipients: 1000.0,
        readers: 300.0,
        credit,
        first: true,
        list: List::default(),
    }
}

fn candidate(story: &Story) -> Candidate {
    Candidate {
        story: story.id.clone(),
        category: story.category.clone(),
        source: story.source.clone(),
        published_at: story.published_at,
        boost: 1.0,
    }
}

fn order(exposures: &[Exposure], stories: &[Story]) -> Vec<String> {
    let config = Config::default();
    let estimates = estimate(exposures, stories, 1000.0, &config);
    let candidates: Vec<Candidate> = stories.iter().map(candidate).collect();
    let ranked = rank(&candidates, &estimates, 2 * DAY, &config);
    ranked.into_iter().map(|score| score.story).collect()
}

#[test]
fn one_click_lifts_an_article_above_its_twin() {
    let stories = [story("a", "X", "S", DAY), story("b", "X", "S", DAY)];
    let shown_with = |a, b| [shown("1", "a", 1, a), shown("1", "b", 1, b)];
    assert_eq!(order(&shown_with(0.0, 0.0), &stories), ["a", "b"]);
    assert_eq!(order(&shown_with(0.0, 1.0), &stories), ["b", "a"]);
}

#[test]
fn as_many_clicks_further_down_count_for_more() {
    let stories = [story("a", "X", "S", DAY), story("b", "X", "S", DAY)];
    let rows = [shown("1", "a", 1, 6.0), shown("1", "b", 8, 6.0)];
    assert_eq!(order(&rows, &stories), ["b", "a"]);
}

#[test]
fn clicks_speak_for_unseen_articles_of_their_kind() {
    let stories = [
        story("shown", "X", "S", DAY),
        story("a stranger", "Y", "P", DAY),
        story("same category", "Y", "S", DAY),
        story("same source", "X", "P", DAY),
    ];
    let config = Config::default();
    let rates = |credit| {
        let estimates = estimate(&[shown("1", "shown", 1, credit)], &stories, 1000.0, &config);
        let rate = |at: usize| {
            score(&candidate(&stories[at]), &estimates, DAY, &config)
                .parts
                .rate
        };
        [rate(1), rate(2), rate(3)]
    };
    let [stranger, category, source] = rates(12.0);
    assert!(
        category > stranger && source > stranger,
        "{stranger} {category} {source}"
    );
    let before = rates(6.0);
    assert!(category > before[1] && source > before[2]);
}

#[test]
fn what_was_shown_tires_and_what_was_liked_still_wins() {
    let stories = [
        story("liked", "X", "S", 0),
        story("not", "X", "S", 0),
        story("new", "X", "S", 0),
    ];
    let rows = [shown("1", "liked", 2, 40.0), shown("1", "not", 1, 1.0)];
    assert_eq!(order(&rows, &stories), ["liked", "new", "not"]);
}

/// A site whose truth is known: forty editions to eight groups, each with its own order.
struct World {
    exposures: Vec<Exposure>,
    stories: Vec<Story>,
    appeal: Vec<f64>,
}

fn world(seed: u64, slope: f64, half_life: f64) -> World {
    let mut dice = Dice(seed);
    let (mut exposures, mut stories, mut appeal) = (Vec::new(), Vec::new(), Vec::new());
    for edition in 0..40usize {
        let sent_at = i64::try_from(edition).unwrap() * DAY;
        for _ in 0..12 {
            let minutes = i64::try_from(dice.below(1440)).unwrap();
            let published_at = sent_at - 60 * minutes;
            stories.push(story(
                &format!("{:04}", stories.len()),
                "",
                "",
                published_at,
            ));
            appeal.push(0.04 * (0.7 * dice.normal() - 0.245).exp());
        }
        // The newest dozen and the two dozen before, so that ages up to three days occur.
        let pool: Vec<usize> = (stories.len().saturating_sub(36)..stories.len()).collect();
        for _ in 0..8 {
            let mut left = pool.clone();
            for position in 1..=10u32 {
                let at = left.swap_remove(dice.below(left.len()));
                let age = (sent_at - stories[at].published_at) as f64 / DAY as f64;
                let readers = 600.0;
                let seen =
                    readers * f64::from(position).powf(-slope) * 0.5f64.powf(age / half_life);
                exposures.push(Exposure {
                    edition: format!("{edition:02}"),
                    story: stories[at].id.clone(),
                    position,
                    sent_at,
                    recipients: 2000.0,
                    readers,
                    credit: dice.poisson(seen * appeal[at]),
                    first: at / 12 == edition,
                    list: List::default(),
                });
            }
        }
    }
    World {
        exposures,
        stories,
        appeal,
    }
}

/// Share of pairs in the same order.
fn agreement(a: &[f64], b: &[f64]) -> f64 {
    let (mut same, mut all) = (0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            all += 1.0;
            same += f64::from(u8::from((a[i] > a[j]) == (b[i] > b[j])));
        }
    }
    same / all
}

#[test]
fn what_made_the_clicks_is_recovered() {
    for (seed, slope, half_life) in [(1, 0.6, 1.4), (2, 1.0, 4.0), (3, 0.3, 0.7)] {
        let world = world(seed, slope, half_life);
        let config = Config {
            window_editions: 40,
            ..Config::default()
        };
        // A list so large that nobody meets a story twice: fading by age alone.
        let found = estimate(&world.exposures, &world.stories, 1e9, &config);
        let error: f64 = (1..=10u32)
            .zip(&found.positions)
            .map(|(position, weight)| (weight - f64::from(position).powf(-slope)).powi(2))
            .sum();
        let rmse = (error / 10.0).sqrt();
        let told = format!(
            "seed {seed}: {rmse:.3} {} {}",
            found.half_life_days, found.prior
        );
        assert!(rmse < 0.06, "{told}");
        assert!(
            (found.half_life_days / half_life).ln().abs() < 0.37,
            "{told}"
        );
        assert!((found.prior / 0.04).ln().abs() < 0.25, "{told}");
        let shown = |id: &str| found.stories[id];
        let seen: Vec<usize> = (0..world.stories.len())
            .filter(|at| shown(&world.stories[*at].id).exposure > 300.0)
            .collect();
        let truth: Vec<f64> = seen.iter().map(|at| world.appeal[*at]).collect();
        let means: Vec<f64> = seen
            .iter()
            .map(|at| shown(&world.stories[*at].id).mean)
            .collect();
        assert!(seen.len() > 100, "{told}: {}", seen.len());
        let agreement = agreement(&means, &truth);
        assert!(agreement > 0.85, "{told} {agreement:.3}");
    }
}

#[test]
fn predicted_clicks_are_those_observed() {
    let world = world(7, 0.6, 1.4);
    let config = Config {
        window_editions: 40,
        ..Config::default()
    };
    let found = estimate(&world.exposures, &world.stories, 1e9, &config);
    let clicks: f64 = world.exposures.iter().map(|cell| cell.credit).sum();
    let predicted: f64 = found
        .stories
        .values()
        .map(|story| story.mean * story.exposure)
        .sum();
    assert!(
        (predicted / clicks - 1.0).abs() < 0.03,
        "{predicted} {clicks}"
    );
}

#[test]
fn a_hundred_thousand_candidates_rank_at_once() {
    let candidates: Vec<Candidate> = (0..100_000i64)
        .map(|at| Candidate {
            story: format!("https://example.org/{at}"),
            category: format!("category {}", at % 12),
            source: format!("source {}", at % 40),
            published_at: at * 7919 % (4 * DAY),
            boost: 1.0,
        })
        .collect();
    let mut dice = Dice(5);
    let exposures: Vec<Exposure> = (0..15_000usize)
        .map(|at| Exposure {
            edition: (at / 700).to_string(),
            sent_at: i64::try_from(at / 700).unwrap() * DAY,
            first: at % 3 == 0,
            credit: dice.poisson(2.0),
            ..shown(
                "",
                &candidates[at * 31 % 1500].story,
                u32::try_from(at % 10).unwrap() + 1,
                0.0,
            )
        })
        .collect();
    let stories: Vec<Story> = candidates[..1500]
        .iter()
        .map(|c| story(&c.story, &c.source, &c.category, c.published_at))
        .collect();
    let config = Config::default();
    #[expect(clippy::disallowed_methods, reason = "a measurement, not a decision")]
    let began = std::time::Instant::now();
    let estimates = estimate(&exposures, &stories, 10_000.0, &config);
    let estimated = began.elapsed();
    let ranked = rank(&candidates, &estimates, 21 * DAY, &config);
    let sorted = began.elapsed();
    let picked = pick(&ranked, &candidates, 10, &config.limits);
    let whole = began.elapsed();
    println!(
        "estimate {estimated:?}, rank {:?}, pick {:?}",
        sorted - estimated,
        whole - sorted
    );
    assert_eq!((ranked.len(), picked.chosen.len()), (100_000, 10));
    // Generous, for a build without optimisation on a busy machine; optimised it is 65 ms.
    assert!(whole < Duration::from_secs(10), "{whole:?}");
}

#[test]
fn configuration_refuses_what_it_does_not_know() {
    let config: Config = serde_json::from_str(r#"{"prior_rate": 0.05}"#).unwrap();
    assert_eq!(
        config,
        Config {
            prior_rate: 0.05,
            ..Config::default()
        }
    );
    assert!(serde_json::from_str::<Config>(r#"{"prior_rat": 0.05}"#).is_err());
    assert!(serde_json::from_str::<Config>(r#"{"limits": {"per_sauce": 1}}"#).is_err());
}

fn any_story() -> impl Strategy<Value = Story> {
    ("[a-h]", "[XYZ]?", "[PQ]?", any::<i64>()).prop_map(|(id, source, category, published_at)| {
        story(&id, &source, &category, published_at)
    })
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..1e4f64, 1 => prop::num::f64::ANY]
}

fn any_exposure() -> impl Strategy<Value = Exposure> {
    let numbers = (any_number(), any_number(), any_number());
    let at = prop_oneof![4 => 0..30 * DAY, 1 => any::<i64>()];
    let position = prop_oneof![4 => 1..12u32, 1 => any::<u32>()];
    let list = (0..20u32, any_number()).prop_map(|(number, readers)| List { number, readers });
    ("[1-9]", "[a-j]", position, at, numbers, any::<bool>(), list).prop_map(
        |(edition, story, position, sent_at, (recipients, readers, credit), first, list)| {
            Exposure {
                edition,
                story,
                position,
                sent_at,
                recipients,
                readers,
                credit,
                first,
                list,
            }
        },
    )
}

fn any_config() -> impl Strategy<Value = Config> {
    let number = prop_oneof![0.0..5.0f64, prop::num::f64::ANY];
    prop::array::uniform6(number).prop_map(|[rate, shape, half_life, novelty, slope, repeat]| {
        Config {
            prior_rate: rate,
            prior_shape: shape,
            half_life_days: half_life,
            novelty,
            position_exponent: slope,
            window_editions: 5,
            limits: Limits {
                repeat_factor: repeat,
                ..Limits::default()
            },
        }
    })
}

fn all_finite(parts: &Parts) -> bool {
    let Parts {
        site,
        source,
        category,
        prior,
        clicks,
        expected,
        shape,
        rate,
        ..
    } = *parts;
    let Parts {
        freshness,
        novelty,
        boost,
        age_hours,
        reach,
        ..
    } = *parts;
    [site, source, category, prior, clicks, expected, shape, rate]
        .into_iter()
        .chain([freshness, novelty, boost, age_hours, reach])
        .all(|part| part.is_finite() && part >= 0.0)
}

proptest! {
    #[test]
    fn no_input_makes_a_score_that_is_not_a_number(
        exposures in prop::collection::vec(any_exposure(), 0..40),
        stories in prop::collection::vec(any_story(), 0..12),
        list in any_number(),
        boost in any_number(),
        at in any::<i64>(),
        config in any_config(),
    ) {
        let estimates = estimate(&exposures, &stories, list, &config);
        let candidates: Vec<Candidate> =
            stories.iter().map(|story| Candidate { boost, ..candidate(story) }).collect();
        let ranked = rank(&candidates, &estimates, at, &config);
        let picked = pick(&ranked, &candidates, 5, &config.limits);
        prop_assert!(picked.chosen.iter().all(|choice| choice.diversity.is_finite()));
        for scored in &ranked {
            let Parts { rate, freshness, novelty, boost, .. } = scored.parts;
            prop_assert!(scored.total.is_finite() && all_finite(&scored.parts), "{scored:?}");
            prop_assert_eq!(scored.total, rate * freshness * novelty * boost);
            prop_assert!(!explain(scored, &estimates, None).contains("NaN"));
        }
        // JSON has no word for NaN: it would become null.
        prop_assert!(!serde_json::to_string(&estimates).unwrap().contains("null"));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        exposures in prop::collection::vec(any_exposure(), 0..40),
        stories in prop::collection::btree_map("[a-h]", any_story(), 0..8),
        seed in any::<u64>(),
    ) {
        let mut stories: Vec<Story> =
            stories.into_iter().map(|(id, story)| Story { id, ..story }).collect();
        let config = Config { window_editions: 5, ..Config::default() };
        let before = estimate(&exposures, &stories, 1000.0, &config);
        let mut mixed = exposures;
        let mut dice = Dice(seed);
        mixed.sort_by_cached_key(|_| dice.roll().to_bits());
        stories.reverse();
        prop_assert_eq!(before, estimate(&mixed, &stories, 1000.0, &config));
    }

    #[test]
    fn a_click_more_never_lowers_a_story_among_its_equals(
        cells in prop::collection::vec((1..10u32, 0.0..500.0f64, 0.0..9.0f64), 1..12),
        extra in 0.0..20.0f64,
        others in prop::collection::vec(any_exposure(), 0..10),
    ) {
        let stories = [story("a", "X", "P", 0), story("b", "X", "P", 0), story("c", "Y", "P", 0)];
        let mut rows = others;
        rows.retain(|row| row.story != "a" && row.story != "b");
        for (at, (position, readers, credit)) in cells.iter().enumerate() {
            let edition = (at % 3).to_string();
            for (id, credit) in [("a", *credit), ("b", credit + if at == 0 { extra } else { 0.0 })] {
                rows.push(Exposure { readers: *readers, ..shown(&edition, id, *position, credit) });
            }
        }
        let config = Config::default();
        let estimates = estimate(&rows, &stories, 1000.0, &config);
        let total = |at: usize| score(&candidate(&stories[at]), &estimates, DAY, &config).total;
        prop_assert!(total(1) >= total(0), "{} {}", total(1), total(0));
    }
}
