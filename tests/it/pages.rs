//! `courant extract` on pages as they are written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/pages")
        .join(name)
}

fn extract(arguments: &[&str]) -> (i32, Value) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_courant"))
        .arg("extract")
        .args(arguments)
        .arg("--json")
        .output()
        .unwrap();
    let answer = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), answer)
}

#[test]
fn a_news_page_is_read_to_its_article() {
    let path = page("harbour.html");
    let (code, found) = extract(&[
        path.to_str().unwrap(),
        "--url",
        "https://quay.example/news/x",
    ]);
    assert_eq!((code, &found["ok"]), (0, &Value::Bool(true)));
    for (key, value) in [
        (
            "title",
            "Ferry to the islands sails again after eleven weeks",
        ),
        ("byline", "Ada Lindqvist"),
        ("published", "2026-11-20T00:30:00+02:00"),
        ("updated", "2026-11-20T09:00:00+02:00"),
        ("language", "en-GB"),
        ("image", "https://quay.example/pictures/ferry.jpg"),
        ("image_alt", "The ferry Morning Star at the pier"),
        ("site", "The Quay"),
        ("category", "Harbour"),
        ("canonical", "https://quay.example/news/ferry-sails-again"),
        ("amp", "https://quay.example/amp/ferry-sails-again"),
    ] {
        assert_eq!(found[key], value, "{key}");
    }
    assert_eq!(found["feeds"][0], "https://quay.example/news/feed.xml");
    let text = found["text"].as_str().unwrap();
    assert!(text.starts_with("At six in the morning"), "{text}");
    assert!(text.ends_with("more than planned."), "{text}");
    for kept in [
        "A new engine, an old captain",
        "- Bicycles travel free",
        "Nobody here will take",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    for left_out in [
        "Ada",
        "Photo",
        "READ MORE",
        "newsletter",
        "Goat wins",
        "First!",
        "not a word",
        "Share",
    ] {
        assert!(!text.contains(left_out), "{left_out}: {text}");
    }
    let html = found["html"].as_str().unwrap();
    assert!(
        html.contains("<a href=\"https://quay.example/news/engine\""),
        "{html}"
    );
    assert!(
        html.contains("<figcaption>") && !html.contains("class="),
        "{html}"
    );
}

#[test]
fn what_is_no_page_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.html");
    std::fs::write(&empty, "  ").unwrap();
    let missing = folder.path().join("missing.html");
    for (path, reason) in [(&empty, "is empty"), (&missing, "cannot be read")] {
        let (code, found) = extract(&[path.to_str().unwrap()]);
        assert_eq!((code, &found["ok"]), (5, &Value::Bool(false)));
        assert!(found["error"].as_str().unwrap().contains(reason), "{found}");
    }
}
