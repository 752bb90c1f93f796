//! The rules of ARCHITECTURE.md that a compiler cannot check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Bottom to top. A file may name its own stage and any stage on a lower line, never a higher one nor
/// a neighbour on its own line.
const LAYERS: &[&[&str]] = &[
    &["clock", "secret", "telemetry", "tracking", "units"],
    &["database", "fetch", "links"],
    &["sources"],
    &["articles"],
    &["ranking"],
    &["edition"],
    &["render"],
    &["delivery"],
    &["engagement"],
    &["desk", "feedback", "signup", "simulate"],
    &["config", "people"],
    &["preflight"],
    &["pipeline"],
    &["reports"],
    &["http"],
    &["serve"],
    &["demo"],
    &["cli"],
];
const MOST_LINES: usize = 600;

const OWNERS: &[(&str, &str)] = &[
    ("sources", "src/sources/"),
    ("pages", "src/sources/"),
    ("articles", "src/articles/"),
    ("article_sources", "src/articles/"),
    ("page_views", "src/ranking/"),
    ("editions", "src/edition/"),
    ("edition_entries", "src/edition/"),
    ("deliveries", "src/delivery/"),
    ("attempts", "src/delivery/"),
    ("senders", "src/delivery/"),
    ("departures", "src/delivery/"),
    ("letters", "src/signup/"),
    ("desk_people", "src/desk/"),
    ("desk_sessions", "src/desk/"),
    ("desk_log", "src/desk/"),
    ("desk_groups", "src/desk/"),
    ("desk_tokens", "src/desk/"),
    ("still_there", "src/signup/"),
    ("signs_of_life", "src/engagement/"),
    ("edition_versions", "src/edition/"),
    ("events", "src/engagement/"),
    ("anonymous_events", "src/engagement/"),
    ("mailboxes", "src/engagement/"),
    ("settlements", "src/engagement/"),
    ("readerships", "src/engagement/"),
    ("exposures", "src/engagement/"),
    ("readings", "src/engagement/"),
    ("feedback_reports", "src/feedback/"),
    ("subscribers", "subscribers/src/"),
    ("consents", "subscribers/src/"),
    ("suppressions", "subscribers/src/"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let shown = path.strip_prefix(root()).unwrap().display().to_string();
                out.push((shown, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join(folder), &mut out);
    out.sort();
    out
}

fn all_files() -> Vec<(String, String)> {
    ["src", "languages/src", "subscribers/src", "templates/src"]
        .into_iter()
        .flat_map(rust_files)
        .collect()
}

#[test]
fn stages_import_only_what_lies_below() {
    let layer: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(number, names)| names.iter().map(move |name| (*name, number)))
        .collect();
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src") {
        let own = path.trim_start_matches("src/").split('/').next().unwrap();
        let own = own.trim_end_matches(".rs");
        if own == "lib" || own == "main" {
            continue;
        }
        let Some(&own_layer) = layer.get(own) else {
            wrong.push(format!("{path}: \"{own}\" has no layer"));
            continue;
        };
        for (at, _) in text.match_indices("crate::") {
            let name: String = text[at + 7..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if name.is_empty() {
                wrong.push(format!("{path}: write one `use crate::stage` a line"));
            }
            if name != own
                && layer
                    .get(name.as_str())
                    .is_some_and(|other| *other >= own_layer)
            {
                wrong.push(format!("{path}: {own} must not use {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sql_stays_in_stores_and_files_stay_small() {
    let mut wrong = Vec::new();
    for (path, text) in all_files() {
        let store = path.contains("/store") || path.ends_with("database.rs");
        if !store
            && ["sqlx::query", "INSERT INTO ", "DELETE FROM "]
                .iter()
                .any(|sql| text.contains(sql))
        {
            wrong.push(format!("{path}: SQL outside a store"));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{path}: {lines} lines, over {MOST_LINES}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_table_is_written_by_its_owner_only() {
    let mut wrong = Vec::new();
    let mut written = BTreeSet::new();
    for (path, text) in all_files() {
        for verb in ["INSERT INTO ", "UPDATE ", "DELETE FROM "] {
            for (at, _) in text.match_indices(verb) {
                let table: String = text[at + verb.len()..]
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect();
                let Some((table, owner)) = OWNERS.iter().find(|(name, _)| *name == table) else {
                    continue;
                };
                written.insert(*table);
                if !path.starts_with(owner) {
                    wrong.push(format!("{path} writes {table}, which belongs to {owner}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<_> = OWNERS.iter().map(|(table, _)| *table).collect();
    assert_eq!(written, all, "every table has a writer");
}

#[test]
fn templates_stay_pure_and_markup_stays_escaped() {
    let manifest = fs::read_to_string(root().join("templates/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let dependencies = dependencies.split('[').next().unwrap();
    let names: Vec<_> = dependencies
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim())
        .collect();
    assert_eq!(names, ["maud", "serde", "unicode-width"]);
    for (path, text) in all_files() {
        let used = text.contains("PreEscaped(");
        assert!(
            !used || path == "templates/src/email/layout.rs",
            "{path} escapes nothing"
        );
    }
}
