//! Promises of the groups' lists.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::ranking::{Exposure, List, Story, estimate, update};

const DAY: i64 = 86_400;
const AT: i64 = 10 * DAY;

/// Stories an hour apart, the newest first; eight categories, five sources.
fn candidates(count: usize) -> Vec<Candidate> {
    (0..count)
        .zip(0i64..)
        .map(|(at, hours)| Candidate {
            story: format!("{at:04}"),
            category: format!("category {}", at % 8),
            source: format!("source {}", at % 5),
            published_at: AT - hours * 3600,
            boost: 1.0,
        })
        .collect()
}

fn edition(groups: usize) -> Edition<'static> {
    Edition {
        seed: "daily-10",
        wave: 1,
        at: AT,
        since: AT - DAY,
        groups,
        slots: 10,
        new_slots: 3,
        exploration: EXPLORATION,
        pinned: &[],
    }
}

fn shown(story: &str, edition: &str, sent_at: i64, credit: f64) -> Exposure {
    Exposure {
        edition: edition.to_owned(),
        story: story.to_owned(),
        position: 1,
        sent_at,
        recipients: 1000.0,
        readers: 300.0,
        credit,
        first: true,
        list: List::default(),
    }
}

fn learnt(candidates: &[Candidate], exposures: &[Exposure]) -> Estimates {
    estimate(exposures, &stories(candidates), 1000.0, &Config::default())
}

fn stories(candidates: &[Candidate]) -> Vec<Story> {
    let story = |candidate: &Candidate| Story {
        id: candidate.story.clone(),
        category: candidate.category.clone(),
        source: candidate.source.clone(),
        published_at: candidate.published_at,
    };
    candidates.iter().map(story).collect()
}

fn made(edition: &Edition<'_>, candidates: &[Candidate], exposures: &[Exposure]) -> Slates {
    let estimates = learnt(candidates, exposures);
    slates(edition, candidates, &estimates, &Config::default())
}

fn named<'a>(slate: &Slate, candidates: &'a [Candidate]) -> Vec<(&'a str, Section)> {
    let named = |place: &Place| (candidates[place.candidate].story.as_str(), place.section);
    slate.order.iter().map(named).collect()
}

#[test]
fn groups_grow_with_the_list_within_bounds() {
    for (readers, expected) in [
        (0, 8),
        (1200, 8),
        (1201, 9),
        (3000, 20),
        (9600, 64),
        (1 << 40, 64),
    ] {
        assert_eq!(groups(readers), expected, "{readers}");
    }
}

#[test]
fn a_slate_is_the_best_then_the_new_and_goes_on() {
    let candidates = candidates(96);
    let slates = made(&edition(64), &candidates, &[]);
    assert_eq!((slates.groups.len(), slates.relaxed), (64, 0));
    for slate in &slates.groups {
        let order = named(slate, &candidates);
        let sections: Vec<Section> = order.iter().map(|place| place.1).collect();
        assert!(sections[..7].iter().all(|section| *section == Section::Top));
        assert_eq!(sections[7..10], [Section::New; 3]);
        assert!(order.len() >= 40, "{}", order.len());
        let stories: BTreeSet<&str> = order.iter().map(|place| place.0).collect();
        assert_eq!(stories.len(), order.len(), "no story twice");
        assert!(
            order[7].0 < order[8].0 && order[8].0 < order[9].0,
            "newest first"
        );
    }
}

#[test]
fn every_new_story_is_tried_by_some_group() {
    let candidates = candidates(96);
    let slates = made(&edition(8), &candidates, &[]);
    let mut tried = BTreeSet::new();
    for slate in &slates.groups {
        let slate = named(slate, &candidates).into_iter().take(10);
        tried.extend(slate.map(|place| place.0));
    }
    let new = candidates.iter().filter(|c| c.published_at > AT - DAY);
    for candidate in new {
        assert!(
            tried.contains(candidate.story.as_str()),
            "{} was not tried",
            candidate.story
        );
    }
}

#[test]
fn the_same_edition_gives_the_same_lists_and_another_gives_others() {
    let mut candidates = candidates(96);
    let first = made(&edition(16), &candidates, &[]);
    let names = |slates: &Slates, candidates: &[Candidate]| -> Vec<Vec<String>> {
        let name = |place: &Place| candidates[place.candidate].story.clone();
        slates
            .groups
            .iter()
            .map(|slate| slate.order.iter().map(name).collect())
            .collect()
    };
    let before = names(&first, &candidates);
    assert_eq!(made(&edition(16), &candidates, &[]), first);
    let other = Edition {
        seed: "daily-11",
        ..edition(16)
    };
    assert_ne!(names(&made(&other, &candidates, &[]), &candidates), before);
    let wave = Edition {
        wave: 2,
        ..edition(16)
    };
    assert_ne!(names(&made(&wave, &candidates, &[]), &candidates), before);
    candidates.reverse();
    assert_eq!(
        names(&made(&edition(16), &candidates, &[]), &candidates),
        before
    );
}

#[test]
fn without_exploration_all_groups_have_the_same_top() {
    let candidates = candidates(96);
    let greedy = Edition {
        exploration: 0.0,
        new_slots: 0,
        ..edition(8)
    };
    let slates = made(&greedy, &candidates, &[]);
    assert!(slates.groups.iter().all(|slate| *slate == slates.groups[0]));
}

#[test]
fn caps_hold_in_every_slate() {
    let mut candidates = candidates(60);
    for candidate in &mut candidates[..50] {
        candidate.category = "Politics".to_owned();
    }
    let slates = made(
        &Edition {
            new_slots: 0,
            ..edition(8)
        },
        &candidates,
        &[],
    );
    assert_eq!(slates.relaxed, 0);
    for slate in &slates.groups {
        let politics = slate.order[..10]
            .iter()
            .filter(|place| candidates[place.candidate].category == "Politics");
        assert_eq!(politics.count(), 4);
    }
}

#[test]
fn the_editors_hand_is_honoured() {
    let mut candidates = candidates(96);
    candidates[0].boost = 0.0;
    candidates[40].boost = 50.0;
    let pinned = [
        "0070".to_owned(),
        "nothing like it".to_owned(),
        "0003".to_owned(),
    ];
    let slates = made(
        &Edition {
            pinned: &pinned,
            ..edition(8)
        },
        &candidates,
        &[],
    );
    for slate in &slates.groups {
        let order = named(slate, &candidates);
        assert_eq!(
            [order[0].0, order[1].0, order[2].0],
            ["0070", "0003", "0040"]
        );
        assert!(order.iter().all(|place| place.0 != "0000"));
    }
}

#[test]
fn what_everybody_saw_often_enough_is_out() {
    let candidates = candidates(30);
    let exposures: Vec<Exposure> = (0..4)
        .map(|day| shown("0029", &day.to_string(), AT - DAY + day * 3600, 90.0))
        .collect();
    let slates = made(&edition(8), &candidates, &exposures);
    for slate in &slates.groups {
        assert!(
            named(slate, &candidates)
                .iter()
                .all(|place| place.0 != "0029")
        );
    }
}

#[test]
fn few_stories_make_short_lists() {
    for count in [0, 1, 2, 11] {
        let candidates = candidates(count);
        let slates = made(&edition(8), &candidates, &[]);
        for slate in &slates.groups {
            assert_eq!(slate.order.len(), count);
        }
    }
}

#[test]
fn the_first_waves_clicks_choose_the_seconds_stories() {
    let candidates = candidates(96);
    let before = learnt(&candidates, &[]);
    let heard = [
        shown("0030", "daily-10", AT - 1000, 60.0),
        shown("0031", "daily-10", AT - 1000, 0.0),
        shown("0000", "daily-10", AT - 1000, 6.0),
    ];
    let after = update(
        &before,
        &heard,
        &stories(&candidates),
        1e5,
        &Config::default(),
    );
    assert_eq!(
        (after.half_life_days, &after.positions),
        (before.half_life_days, &before.positions)
    );
    let found = slates(&edition(8), &candidates, &after, &Config::default());
    for slate in &found.groups {
        assert_eq!(candidates[slate.order[0].candidate].story, "0030");
    }
}

proptest! {
    #[test]
    fn any_candidates_make_lists_without_twins(
        given in prop::collection::vec(("[a-f]{1,2}", "[A-C]?", "[X-Z]?", any::<i64>(), prop::num::f64::ANY), 0..60),
        (slots, new_slots, groups) in (0..20usize, 0..25usize, 0..9usize),
        (at, since, exploration) in (any::<i64>(), any::<i64>(), prop::num::f64::ANY),
        pinned in prop::collection::vec("[a-f]{1,2}", 0..4),
    ) {
        let candidates: Vec<Candidate> = given
            .into_iter()
            .map(|(story, category, source, published_at, boost)| Candidate {
                story, category, source, published_at, boost,
            })
            .collect();
        let asked = Edition {
            at, since, groups, slots, new_slots, exploration, pinned: &pinned, ..edition(0)
        };
        let found = made(&asked, &candidates, &[]);
        prop_assert_eq!(found.groups.len(), groups.max(1));
        for slate in &found.groups {
            let order = named(slate, &candidates);
            let stories: BTreeSet<&str> = order.iter().map(|place| place.0).collect();
            prop_assert_eq!(stories.len(), order.len());
            prop_assert!(slate.order.iter().all(|place| place.score.is_finite()));
            let new = order.iter().take(slots).filter(|place| place.1 == Section::New).count();
            prop_assert!(new <= new_slots);
        }
    }
}
