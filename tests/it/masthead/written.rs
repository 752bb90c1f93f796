//! `courant edition write`, as an editor runs it.

use std::fs;
use std::path::Path;

use jiff::{Timestamp, ToSpan as _};
use tempfile::TempDir;

use crate::support::program;

/// A German paper whose editions wait for their editor.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let config = r##"
        [publication]
        name = "Hafenblatt"
        home_url = "https://www.hafenblatt.example/"
        postal_address = "Hafenblatt, Kai 1, 12345 Hafen"
        language = "de"
        [[source]]
        name = "news"
        file = "news.xml"
        [[digest]]
        name = "daily"
        title = "Morgenlage"
        at = "00:00"
        approval = "manual"
        [delivery]
        from = "Hafenblatt <lage@hafenblatt.example>"
        transport = "file"
        [theme]
        text_font = "verdana"
    "##;
    fs::write(folder.path().join("digest.toml"), config).unwrap();
    let at = (Timestamp::now() - 1.minute()).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let items: String = [
        "Fähren gewinnen",
        "Nachtbusse bleiben",
        "Vögel kehren zurück",
    ]
    .into_iter()
    .enumerate()
    .map(|(number, title)| {
        format!(
            "<item><title>{title}</title><link>https://www.hafenblatt.example/{number}</link>\
                 <pubDate>{at}</pubDate></item>"
        )
    })
    .collect();
    let feed = format!("<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>");
    fs::write(folder.path().join("news.xml"), feed).unwrap();
    fs::write(folder.path().join("list.csv"), "email\nida@example.org\n").unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program::command(folder, arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let (code, said) = run(folder, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    said
}

#[test]
fn an_editor_writes_until_the_first_message_has_left() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["init"]);
    done(folder, &["subscribers", "import", "list.csv"]);
    done(folder, &["fetch"]);
    done(folder, &["edition", "build", "daily"]);
    let note = "Der Hafen ruht. [Die Karte](https://www.hafenblatt.example/karte) zeigt, wo.";
    let written = [
        "edition",
        "write",
        "--subject",
        "Warum der Hafen ruht",
        "--notice",
        "Ein stiller Morgen. Drei Artikel.",
        "--note",
        note,
        "--by",
        "T. Wren",
    ];
    assert!(done(folder, &written).contains("subject    Warum der Hafen ruht"));
    for (arguments, code) in [
        (&["edition", "write"][..], 2),
        (&["edition", "write", "--subject", "a\u{7}b"], 2),
        (&["edition", "write", "--by", "nobody"], 2),
    ] {
        assert_eq!(run(folder, arguments).0, Some(code), "{arguments:?}");
    }
    done(folder, &["edition", "render", "--out", "copy"]);
    let parts = |ending: &str| {
        let found = fs::read_dir(folder.join("copy")).unwrap();
        let paths = found.map(|entry| entry.unwrap().path());
        let path = paths
            .into_iter()
            .find(|path| path.extension().unwrap() == ending);
        fs::read_to_string(path.unwrap()).unwrap()
    };
    assert!(parts("eml").contains("Subject: [Test] Warum der Hafen ruht\r\n"));
    let (html, text) = (parts("html"), parts("txt"));
    for words in [
        "Ein stiller Morgen.",
        "Guten Tag!",
        "T. Wren",
        "Abbestellen",
    ] {
        assert!(html.contains(words) && text.contains(words), "{words}");
    }
    assert!(html.contains("font-family:Verdana,Geneva,sans-serif"));
    assert!(text.contains("Die Karte [1] zeigt, wo.\n[1] https://www.hafenblatt.example/karte\n"));
    assert!(text.contains("(täglich um 00:00 Uhr)"));

    done(folder, &["edition", "approve"]);
    done(folder, &["run", "daily"]);
    let (code, said) = run(folder, &["edition", "write", "--subject", "Zu spät"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("cannot be rewritten"), "{said}");
}
