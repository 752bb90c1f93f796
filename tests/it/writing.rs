//! What an editor writes into an edition, by the program: taken as it is, warned of, taken back.

use std::fs;

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::support::program;

/// A folder with an edition of these stories, each with this summary.
struct Folder(TempDir);

impl Folder {
    fn new(titles: &[&str], summary: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let config = program::config(program::LINES, program::FILES);
        fs::write(folder.path().join("digest.toml"), config).unwrap();
        let now = Timestamp::now();
        let lines = titles.iter().enumerate().map(|(number, title)| {
            let line = serde_json::json!({
                "url": format!("https://www.tarn.example/{number}"),
                "title": title,
                "summary": summary,
                "published": now.to_string(),
            });
            format!("{line}\n")
        });
        let lines: String = lines.collect();
        fs::write(folder.path().join("news.jsonl"), lines).unwrap();
        let this = Self(folder);
        assert_eq!(this.run(&["init"]).0, 0);
        assert_eq!(this.run(&["fetch"]).0, 0);
        this
    }

    /// The exit code, and what is said on both ways out.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = program::command(self.0.path(), arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (code, said) = self.run(&[arguments, &["--json", "--quiet"]].concat());
        assert_eq!(code, 0, "{said}");
        serde_json::from_str(&said).unwrap()
    }
}

const TITLES: [&str; 3] = [
    "Ferries win the short crossings",
    "Night buses stay until spring comes",
    "Rye is grown again on the high fields",
];

#[test]
fn lines_are_written_and_taken_back() {
    let folder = Folder::new(&TITLES, "");
    let built = folder.json(&["edition", "build", "daily"]);
    let written = folder.json(&[
        "edition",
        "write",
        "--subject",
        "Ours",
        "--preheader",
        "Ours too",
    ]);
    assert_eq!(
        (&written["subject"], &written["preheader"]),
        (&"Ours".into(), &"Ours too".into())
    );
    let back = folder.json(&["edition", "write", "--subject", "", "--preheader", " "]);
    for line in ["subject", "preheader"] {
        assert_eq!(back[line], built[line]);
    }
}

#[test]
fn what_an_editor_may_not_expect_is_warned_of() {
    let folder = Folder::new(&TITLES, "");
    folder.json(&["edition", "build", "daily"]);
    let long = "word ".repeat(70);
    let letters = "👩\u{200d}👩\u{200d}👧".repeat(50);
    for (arguments, warning) in [
        (
            &["--subject", &long][..],
            Some("the subject has 349 characters"),
        ),
        (&["--subject", &letters], None),
        (
            &["--preheader", "short"],
            Some("the preheader has 5 characters"),
        ),
        (&["--preheader", &letters], None),
        (&["--notice", &long], Some("the notice has 349 characters")),
        (&["--notice", ""], None),
        (&["--note", &long], Some("the note has 70 words")),
        (
            &["--note", "See [this](http://a.example/)."],
            Some("the note shows \"](\" as it is"),
        ),
        (&["--note", "See [this](https://a.example/)."], None),
    ] {
        let (code, said) = folder.run(&[&["edition", "write"], arguments].concat());
        assert_eq!(code, 0, "{said}");
        match warning {
            Some(warning) => assert!(said.contains(warning), "{said}"),
            None => assert!(!said.contains(" has ") && !said.contains("shows"), "{said}"),
        }
    }
}

#[test]
fn a_subject_that_looks_encoded_is_read_as_it_was_written() {
    let title = "Why =?utf-8?q?Caf=C3=A9?= is not a name";
    let folder = Folder::new(&[title], "");
    assert_eq!(
        folder.json(&["edition", "build", "daily"])["subject"],
        title
    );
    let out = folder.0.path().join("out");
    folder.json(&["edition", "render", "--out", out.to_str().unwrap()]);
    let mails = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut mails = mails.filter(|path| path.extension().is_some_and(|it| it == "eml"));
    let mail = fs::read(mails.next().unwrap()).unwrap();
    let parsed = mail_parser::MessageParser::default().parse(&mail).unwrap();
    assert_eq!(parsed.subject(), Some(&*format!("[Test] {title}")));
}

#[test]
fn an_edition_that_mail_programs_would_cut_is_not_built_nor_written() {
    // What trimming cannot take: the lead's words and the headlines, as long as they may be.
    let word = "𝄞".repeat(280);
    let titles: Vec<String> = (0..60).map(|number| format!("{number} {word}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let folder = Folder::new(&titles, &"ق ".repeat(490));
    let path = folder.0.path().join("digest.toml");
    let config = fs::read_to_string(&path).unwrap();
    let wide = config.replace(
        "at = \"00:00\"",
        "at = \"00:00\"\n[[digest.section]]\nkind = 'lead'\n[[digest.section]]\nkind = 'top'\ncount = 50\n",
    );
    fs::write(&path, wide).unwrap();
    for _twice in 0..2 {
        let (code, said) = folder.run(&["edition", "build", "daily"]);
        assert_eq!(code, 5, "{said}");
        assert!(
            said.contains("over 100000") && said.contains("count"),
            "{said}"
        );
    }
    assert_eq!(folder.run(&["edition", "list"]).0, 3);
    fs::write(&path, config).unwrap();
    let built = folder.json(&["edition", "build", "daily"]);
    let huge = "w ".repeat(60_000);
    let (code, said) = folder.run(&["edition", "write", "--note", &huge]);
    assert_eq!(code, 5, "{said}");
    assert_eq!(
        folder.json(&["edition", "show"])["subject"],
        built["subject"]
    );
}
