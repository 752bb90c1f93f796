//! The ranking as programs outside call it: a document in, a document out, exit codes.

use std::process::Output;

use serde_json::{Value, json};

use super::support::program;

fn courant(arguments: &[&str], input: &str) -> Output {
    program::answer(&std::env::temp_dir(), arguments, input.as_bytes())
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_document_is_ranked_without_a_store() {
    let document = json!({
        "seed": 3, "at": "2026-11-23T07:00:00Z", "slots": 2, "new_slots": 1, "readers": 2000, "mood": 1,
        "articles": [
            {"id": 1, "published": "2026-11-21T12:00:00Z", "category": "Science", "source": "Herald"},
            {"id": 2, "published": "2026-11-21T12:00:00Z", "category": "Sport", "source": "Herald"},
            {"id": 3, "published": "2026-11-23T05:00:00Z", "category": "Sport", "source": "Post"},
        ],
        "exposures": [
            {"edition": 2, "wave": 1, "article": 1, "position": 1, "at": "2026-11-22T07:00:00Z",
             "recipients": 100, "readers": 30, "credit": 9},
            {"edition": 2, "wave": 1, "article": 2, "position": 1, "at": "2026-11-22T07:00:00Z",
             "recipients": 100, "readers": 30, "credit": 0},
        ],
    });
    let output = courant(&["rank", "--input", "-"], &document.to_string());
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    assert_eq!(
        words(&output.stderr),
        "fields nobody knows are left out: mood\n"
    );
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["groups"].as_array().unwrap().len(), 14);
    let order = answer["groups"][0]["order"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = order
        .iter()
        .map(|line| (&line["article"], &line["section"]))
        .collect();
    assert_eq!(told[0], (&json!(1), &json!("top")));
    assert_eq!(told[1], (&json!(3), &json!("new")));
    assert_eq!(told.len(), 3);
    let again = courant(&["rank", "--json", "--input", "-"], &document.to_string());
    assert_eq!(again.stdout, output.stdout, "byte for byte");
}

#[test]
fn documents_that_make_no_sense_end_with_a_code_and_words() {
    let cases = [
        (
            "{",
            2,
            "error: could not use -: line 1, column 1: EOF while parsing an object",
        ),
        (
            r#"{"at": 1, "readers": 5, "articles": [], "config": {"tau": "x"}}"#,
            78,
            "error: could not use -: config: tau: \"x\" is no such number",
        ),
    ];
    for (document, code, expected) in cases {
        let output = courant(&["rank", "--input", "-"], document);
        let told = words(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(
            told.starts_with(expected) && output.stdout.is_empty(),
            "{told}"
        );
    }
    let output = courant(&["rank", "--input", "no such file"], "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn policies_are_compared_and_unknown_ones_refused() {
    let small = [
        "simulate",
        "--days",
        "3",
        "--seeds",
        "1",
        "--world",
        "readers-300",
        "--json",
    ];
    let output = courant(&[&small[..], &["--policy", "newest"]].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = [
        &told["policies"][0]["policy"],
        &told["policies"][1]["policy"],
    ];
    assert_eq!(names, [&json!("oracle"), &json!("newest")]);
    assert_eq!(told["policies"][0]["share"], json!(1.0));
    for wrong in [["--policy", "best"], ["--world", "mars"], ["--days", "0"]] {
        let output = courant(&[&["simulate"][..], &wrong].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}
