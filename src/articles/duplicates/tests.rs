use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use serde_json::Value;

use super::index::{Place, leaders};
use super::*;

const PAIRS: &str = include_str!("../../../tests/fixtures/duplicates/pairs.jsonl");

const OLD_MILL: &str = "Fire destroys old mill in Dunmere";

/// An id nobody else has.
fn unique() -> &'static str {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    Box::leak(
        NEXT.fetch_add(1, Ordering::Relaxed)
            .to_string()
            .into_boxed_str(),
    )
}

struct Pair {
    topic: String,
    articles: [Value; 2],
    same: bool,
}

fn pairs() -> Vec<Pair> {
    let read = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        Pair {
            topic: value["topic"].as_str().unwrap().to_owned(),
            articles: [value["a"].clone(), value["b"].clone()],
            same: value["same"].as_bool().unwrap(),
        }
    };
    PAIRS.lines().map(read).collect()
}

fn told(article: &Value) -> Told<'_> {
    let published: jiff::Timestamp = article["published"].as_str().unwrap().parse().unwrap();
    Told {
        title: article["title"].as_str().unwrap(),
        summary: article["summary"].as_str(),
        language: article["language"].as_str(),
        source: article["source"].as_str().unwrap(),
        origin: unique(),
        published_at: published.as_second(),
        apart: false,
    }
}

fn joined(a: &Fingerprint, b: &Fingerprint) -> bool {
    evidence(a, b).is_some_and(|evidence| evidence > 0.0)
}

/// Precision and recall.
fn quality<'a>(pairs: impl Iterator<Item = &'a Pair>) -> (f64, f64) {
    let (mut right, mut wrong, mut missed) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let [a, b] = [0, 1].map(|at| Fingerprint::of(&told(&pair.articles[at])));
        assert_eq!(evidence(&a, &b), evidence(&b, &a), "{}", pair.topic);
        match (joined(&a, &b), pair.same) {
            (true, true) => right += 1.0,
            (true, false) => wrong += 1.0,
            (false, true) => missed += 1.0,
            (false, false) => {}
        }
    }
    (right / (right + wrong), right / (right + missed))
}

/// The half that the weights were not made from.
fn confirms(pair: &Pair) -> bool {
    (hash(&pair.topic) >> 7) & 1 == 1
}

#[test]
fn of_the_pairs_joined_95_in_100_are_one_story_and_80_in_100_are_found() {
    let all = pairs();
    assert!(all.len() >= 240, "{}", all.len());
    let halves = [
        ("all", quality(all.iter())),
        (
            "tuned on",
            quality(all.iter().filter(|pair| !confirms(pair))),
        ),
        (
            "held out",
            quality(all.iter().filter(|pair| confirms(pair))),
        ),
    ];
    for (half, (precision, recall)) in halves {
        println!("{half}: precision {precision:.3}, recall {recall:.3}");
        assert!(precision >= 0.95, "{half}: precision {precision:.3}");
        assert!(recall >= 0.80, "{half}: recall {recall:.3}");
    }
}

#[test]
fn stories_of_different_topics_are_never_joined() {
    let all = pairs();
    let mut articles = BTreeMap::new();
    for pair in &all {
        for article in &pair.articles {
            let at_one_time = Told {
                published_at: 0,
                ..told(article)
            };
            let print = Fingerprint::of(&at_one_time);
            articles.insert(article.to_string(), (pair.topic.as_str(), print));
        }
    }
    let mut wrong = Vec::new();
    for (one, (topic, a)) in &articles {
        for (other, (other_topic, b)) in articles.range(..one.clone()) {
            if topic != other_topic && joined(a, b) {
                wrong.push(format!("{one}\n{other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn plain<'a>(title: &'a str, published_at: i64) -> Told<'a> {
    Told {
        title,
        summary: None,
        language: Some("en"),
        source: "herald",
        origin: unique(),
        published_at,
        apart: false,
    }
}

#[test]
fn some_things_are_out_of_the_question() {
    let first = plain(OLD_MILL, 0);
    let hour = 3600;
    for (other, possible) in [
        (plain("Old mill in Dunmere destroyed by fire", hour), true),
        (
            Told {
                language: None,
                ..plain(OLD_MILL, 0)
            },
            true,
        ),
        (
            Told {
                language: Some("en-GB"),
                ..plain(OLD_MILL, 0)
            },
            true,
        ),
        (
            Told {
                language: Some("de"),
                ..plain(OLD_MILL, 0)
            },
            false,
        ),
        (
            Told {
                apart: true,
                ..plain(OLD_MILL, 0)
            },
            false,
        ),
        (
            Told {
                published_at: WINDOW_SECONDS + 1,
                ..plain(OLD_MILL, 0)
            },
            false,
        ),
        (plain("Council votes on bus fares", hour), false),
        (plain("", hour), false),
    ] {
        let found = evidence(&Fingerprint::of(&first), &Fingerprint::of(&other));
        assert_eq!(found.is_some(), possible, "{other:?}");
    }
    for (one, other, possible) in [
        (
            "Story 3 of the day at the old berth",
            "Story 4 of the day at the old berth",
            false,
        ),
        (
            "Story 3 of the day at the old berth",
            "Story of the day at the old berth",
            true,
        ),
    ] {
        let [one, other] = [one, other].map(|title| Fingerprint::of(&plain(title, 0)));
        assert_eq!(evidence(&one, &other).is_some(), possible);
    }
}

fn clusters(articles: &[Told<'_>]) -> Vec<Place> {
    let prints: Vec<_> = articles.iter().map(Fingerprint::of).collect();
    leaders(&prints, &[])
}

#[test]
fn a_story_that_develops_does_not_swallow_its_neighbours() {
    // Each resembles the one before; the last has nothing of the first.
    let told = [
        plain("Fire destroys old mill in Dunmere", 0),
        plain("Fire destroys old mill in Dunmere, owner speaks", 3600),
        plain("Dunmere mill owner speaks of arson", 7200),
        plain("Dunmere arson: mill owner speaks, suspect named", 10_800),
    ];
    let prints = told.map(|told| Fingerprint::of(&told));
    assert!(joined(&prints[0], &prints[1]) && joined(&prints[2], &prints[3]));
    let places = leaders(&prints, &[]);
    assert_eq!(places[1], Place::Follows(0));
    assert_ne!(
        places[3],
        Place::Follows(0),
        "only the first is compared with"
    );
}

#[test]
fn what_names_its_original_is_the_same_story() {
    let original = plain(OLD_MILL, 0);
    let copy = Told {
        language: Some("de"),
        origin: original.origin,
        ..plain("Alte Mühle abgebrannt", 60)
    };
    let other = plain("Council votes on bus fares", 90);
    let places = clusters(&[original, copy, other]);
    assert_eq!(places, [0, 0, 2].map(Place::Follows));
}

#[test]
fn what_the_editor_takes_out_leads_nobody() {
    let first = plain("Fire destroys old mill in Dunmere", 0);
    let second = plain("Old mill in Dunmere destroyed by fire", 60);
    assert_eq!(clusters(&[first, second])[1], Place::Follows(0));
    let apart = Told {
        apart: true,
        ..first
    };
    assert_eq!(
        clusters(&[apart, second]),
        [Place::Follows(0), Place::Follows(1)]
    );
}

#[test]
fn an_article_of_an_older_cluster_stays_in_it() {
    let told = [
        plain("Fire destroys old mill in Dunmere", 0),
        plain("Old mill in Dunmere destroyed by fire", 60),
    ];
    let prints = told.map(|told| Fingerprint::of(&told));
    let places = leaders(&prints, &[Place::Older, Place::Pending]);
    assert_eq!(places, [Place::Older, Place::Follows(1)]);
}

const SUBJECTS: [&str; 3] = ["mill in Dunmere", "ferry off Marlow", "school in Quarne"];
const VERBS: [&str; 3] = ["burns down overnight", "burns", "reopens after fire"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_texts_can_be_compared(
        title in r"(\PC|[a-z0-9,.:-]{1,6} |港|ال|\p{Cc}){0,80}",
        summary in r"(\PC|[a-z0-9,.:-]{1,6} |日本|1,|: ){0,80}",
    ) {
        let told = Told { summary: Some(&summary), ..plain(&title, 0) };
        let print = Fingerprint::of(&told);
        if let Some(evidence) = evidence(&print, &print) {
            prop_assert!(evidence.is_finite());
        }
    }

    /// However the articles come in, one by one or all at once, the clusters are the same.
    #[test]
    fn clusters_do_not_depend_on_the_order_of_arrival(
        stories in prop::collection::vec((0..3_usize, 0..3_usize, 0..200_i64), 1..14),
        order in prop::collection::vec(any::<u16>(), 14),
    ) {
        let mut stories = stories;
        stories.sort_by_key(|(_, _, hour)| *hour);
        let titles: Vec<_> = stories.iter().map(|(subject, verb, _)| {
            format!("Old {} {}", SUBJECTS[*subject], VERBS[*verb])
        }).collect();
        let told: Vec<_> = titles.iter().zip(&stories)
            .map(|(title, (_, _, hour))| plain(title, hour * 3600)).collect();
        let at_once = clusters(&told);

        let mut arrival: Vec<usize> = (0..told.len()).collect();
        arrival.sort_by_key(|at| order[*at]);
        let mut known: BTreeMap<usize, usize> = BTreeMap::new();
        let mut here: Vec<usize> = Vec::new();
        for new in arrival {
            here.push(new);
            here.sort_unstable();
            let prints: Vec<_> = here.iter().map(|at| Fingerprint::of(&told[*at])).collect();
            let places: Vec<_> = here.iter().map(|at| match known.get(at) {
                None => Place::Pending,
                Some(first) => Place::Follows(here.binary_search(first).unwrap()),
            }).collect();
            for (at, place) in here.iter().zip(leaders(&prints, &places)) {
                let Place::Follows(first) = place else { panic!("{place:?}") };
                known.insert(*at, here[first]);
            }
        }
        let one_by_one: Vec<_> = known.values().map(|first| Place::Follows(*first)).collect();
        prop_assert_eq!(one_by_one, at_once);
    }
}
