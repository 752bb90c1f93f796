//! Promises about documents.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A day of a small site: eight articles, two editions shown to two groups.
fn sample() -> Value {
    let articles: Vec<Value> = (0..16)
        .map(|at| {
            json!({
                "id": format!("a{at:02}"),
                "published": format!("2026-11-2{}T{:02}:00:00Z", 1 + at / 8, 6 + at % 8),
                "category": if at % 2 == 0 { "science" } else { "sport" },
                "source": if at % 3 == 0 { "herald" } else { "post" },
                "title": "A title",
            })
        })
        .collect();
    let exposures: Vec<Value> = (0..8)
        .map(|at| {
            json!({
                "edition": "2026-11-22", "wave": 1, "article": format!("a{at:02}"),
                "position": at % 4 + 1, "at": "2026-11-22T05:00:00Z",
                "recipients": 500, "readers": 150.0, "credit": at,
            })
        })
        .collect();
    json!({
        "seed": "2026-11-23", "at": "2026-11-23T05:00:00Z", "slots": 5, "new_slots": 2,
        "readers": 1000, "articles": articles, "exposures": exposures,
    })
}

fn answered(document: &Value) -> Answer {
    answer(document.to_string().as_bytes()).unwrap()
}

fn changed(path: &str, value: Value) -> Value {
    let mut document = sample();
    match document.pointer_mut(path) {
        Some(place) => *place = value,
        None => document[path.trim_start_matches('/')] = value,
    }
    document
}

fn order(answer: &Answer, group: usize) -> Vec<String> {
    let lines = answer.groups[group].order.iter();
    lines.map(|line| line.article.text.clone()).collect()
}

#[test]
fn every_group_gets_an_order_longer_than_the_slate() {
    let found = answered(&sample());
    assert_eq!(found.groups.len(), 8);
    for group in &found.groups {
        assert!((group.share - 0.125).abs() < 1e-12);
        let sections: Vec<&str> = group.order[..5].iter().map(|line| line.section).collect();
        assert_eq!(sections, ["top", "top", "top", "new", "new"]);
        assert_eq!(group.order.len(), 16);
    }
    assert_eq!(
        (found.estimates.len(), found.learnt.positions.len()),
        (16, 10)
    );
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    let rate = |id: &str| {
        found
            .estimates
            .iter()
            .find(|rate| rate.article.text == id)
            .unwrap()
    };
    assert!(rate("a07").mean > rate("a00").mean);
    assert_eq!(answered(&sample()), found, "and the same again");
}

#[test]
fn what_can_be_meant_in_one_way_only_is_understood() {
    let usual = answered(&sample());
    let mut document = sample();
    document["at"] = json!(1_795_410_000);
    for (at, article) in document["articles"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        let (day, hour) = (at / 8, at % 8);
        let seconds = 1_795_219_200 + day * 86_400 + (hour + 6) * 3600;
        article["published"] = json!(seconds as f64 + 0.25);
    }
    document["exposures"][0]["position"] = json!(1.0);
    document["exposures"][0]
        .as_object_mut()
        .unwrap()
        .remove("wave");
    let found = answered(&document);
    assert_eq!(order(&found, 3), order(&usual, 3));
}

#[test]
fn numbers_go_out_as_numbers() {
    let document = json!({
        "seed": 7, "at": 100_000, "readers": 10,
        "articles": [{"id": 12, "published": 1000}, {"id": -3, "published": 2000}],
    });
    let text = serde_json::to_value(answered(&document)).unwrap();
    let articles = [
        &text["groups"][0]["order"][0]["article"],
        &text["estimates"][0]["article"],
    ];
    assert_eq!(articles, [&json!(-3), &json!(-3)]);
}

#[test]
fn near_duplicates_are_one_story() {
    let mut document = sample();
    document["articles"][9]["cluster"] = json!("a08");
    document["articles"][2]["cluster"] = json!("storm");
    document["articles"][3]["cluster"] = json!("storm");
    let found = answered(&document);
    for group in 0..8 {
        let order = order(&found, group);
        assert_eq!(order.len(), 14);
        assert!(!order.contains(&"a09".to_owned()) && !order.contains(&"a03".to_owned()));
    }
    let storm = found.groups[0]
        .order
        .iter()
        .find(|line| line.article.text == "a02")
        .unwrap();
    assert_eq!(storm.parts.parts.clicks, 5.0, "clicks on both");
}

#[test]
fn a_second_wave_hears_the_first() {
    let mut document = sample();
    let row = |article: &str, credit: i32| {
        json!({
            "edition": "2026-11-23", "wave": 1, "article": article, "position": 1,
            "at": "2026-11-23T02:00:00Z", "recipients": 150, "readers": 50, "credit": credit,
        })
    };
    let rows = document["exposures"].as_array_mut().unwrap();
    rows.extend([row("a12", 25), row("a13", 0)]);
    let found = answered(&document);
    for group in 0..8 {
        assert_eq!(order(&found, group)[0], "a12");
    }
    let before = answered(&sample());
    assert_eq!(found.learnt.positions, before.learnt.positions);
}

#[test]
fn what_is_forgiven_is_said() {
    let mut document = sample();
    document["colour"] = json!("green");
    for article in document["articles"].as_array_mut().unwrap() {
        article["mood"] = json!(1);
    }
    document["articles"][15]["published"] = json!("2027-01-01T00:00:00Z");
    document["exposures"][0]["article"] = json!("gone");
    document["config"] = json!({"tau": 0.3, "shoe_size": 9, "per_category": 3});
    assert_eq!(
        answered(&document).notes,
        [
            "fields nobody knows are left out: articles.mood, colour",
            "config.shoe_size is not known and left out",
            "1 articles after `at` are left out",
            "1 exposures are of articles not given: taken as half a day old when first shown",
        ]
    );
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let cases = [
        (
            json!([]),
            "line 1, column 2: invalid length 1, expected struct Document",
        ),
        (
            changed("/at", json!("noon")),
            "invalid value: string \"noon\", expected an instant",
        ),
        (
            changed("/slots", json!(0)),
            "slots: 0 is not between 1 and 200",
        ),
        (
            changed("/new_slots", json!(6)),
            "new_slots: 6 is not between 0 and 5",
        ),
        (
            changed("/groups", json!(-1)),
            "invalid value: integer `-1`, expected a whole number",
        ),
        (
            changed("/readers", json!(-5)),
            "readers: a list has no negative size",
        ),
        (
            changed("/exposures/0/position", json!(0)),
            "positions are counted from 1",
        ),
        (
            changed("/config", json!({"tau": "much"})),
            "config: tau: \"much\" is no such number",
        ),
        (
            changed("/config", json!({"novelty": []})),
            "config: invalid type",
        ),
    ];
    for (document, expected) in cases {
        let error = answer(document.to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}\n{expected}");
    }
    let cut = answer(b"{\n  \"at\": 3,\n").unwrap_err().to_string();
    assert!(cut.starts_with("line 3, column 0: EOF"), "{cut}");
}

#[test]
fn no_candidates_is_an_empty_order() {
    let document = json!({"seed": 1, "at": 5, "readers": 0, "articles": []});
    let found = answered(&document);
    assert!(found.groups.iter().all(|group| group.order.is_empty()));
}

#[test]
fn pinned_boosted_and_hidden_articles_are_so() {
    let mut document = sample();
    document["articles"][1]["pinned"] = json!(true);
    document["articles"][2]["hidden"] = json!(true);
    document["articles"][4]["boost"] = json!(500);
    let found = answered(&document);
    for group in 0..8 {
        let order = order(&found, group);
        assert_eq!(order[..2], ["a01", "a04"]);
        assert!(!order.contains(&"a02".to_owned()));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = answer(&bytes);
    }

    #[test]
    fn a_damaged_document_is_an_answer_or_an_error(
        at in any::<prop::sample::Index>(),
        with in "[0-9eE\\-.,:{}\\[\\]\"a ]{0,6}",
        length in 0..12usize,
    ) {
        let text = sample().to_string();
        let start = at.index(text.len());
        let end = (start + length).min(text.len());
        let damaged = format!("{}{with}{}", &text[..start], &text[end..]);
        if let Ok(found) = answer(damaged.as_bytes()) {
            for line in found.groups.iter().flat_map(|group| &group.order) {
                prop_assert!(line.score.is_finite());
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(seed in any::<u64>()) {
        let mut document = sample();
        for name in ["articles", "exposures"] {
            let rows = document[name].as_array_mut().unwrap();
            rows.sort_by_cached_key(|row| crate::ranking::chance::hash_text(&format!("{seed}{row}")));
        }
        prop_assert_eq!(answered(&document), answered(&sample()));
    }
}
