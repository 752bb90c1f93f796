//! Golden files: every mail and page as a file a person can open.
//!
//! `UPDATE_GOLDEN=1` rewrites them. A file that no case writes fails the test, so that none stays
//! behind when a case goes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use courant_templates::view::EditionView;
use courant_templates::{Theme, email, text};
use support::{abroad, desk, odd, pages, tarnfold};

mod support;

/// All editions by the name of their golden files.
fn editions() -> Vec<(&'static str, EditionView<'static>)> {
    vec![
        ("full", tarnfold::full()),
        ("one", odd::one()),
        ("four", odd::four()),
        ("rtl", odd::rtl()),
        ("stress", odd::stress()),
        ("no-images", odd::no_images()),
        ("browser", odd::browser()),
        ("archive", odd::archive()),
        ("thirty-one", odd::thirty_one()),
        ("japanese", abroad::japanese()),
    ]
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the switch that rewrites golden files"
)]
fn every_mail_and_page_is_as_in_its_golden_file() {
    let theme = Theme::default();
    let mut written = BTreeMap::new();
    for (name, view) in editions() {
        written.insert(format!("{name}.html"), email::html(&view, &theme));
        written.insert(format!("{name}.txt"), text::text(&view));
    }
    for (name, [html, text]) in abroad::letters() {
        written.insert(format!("{name}.html"), html);
        written.insert(format!("{name}.txt"), text);
    }
    for (name, page) in pages::all().into_iter().chain(desk::all()) {
        written.insert(format!("{name}.html"), page);
    }

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        for (name, content) in &written {
            fs::write(folder.join(name), content).unwrap();
        }
    }
    let mut golden = BTreeMap::new();
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        golden.insert(name, fs::read_to_string(file.path()).unwrap());
    }

    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&written),
        names(&golden),
        "missing or unused golden files"
    );
    for (name, content) in &written {
        let lines = content.lines().zip(golden[name].lines()).enumerate();
        for (number, (now, before)) in lines {
            assert_eq!(
                now,
                before,
                "{name}:{}; UPDATE_GOLDEN=1 rewrites it",
                number + 1
            );
        }
        assert!(
            *content == golden[name],
            "{name} differs in length or line ends"
        );
    }
}
