//! Whole files and whole folders.

use std::fs;

use proptest::prelude::*;

use super::*;

const HUGO: &str = "+++\ntitle = 'Crane & rope'\ndate = 2026-11-23T10:00:00+01:00\nlastmod = 2026-11-24\n\
    description = 'a < b'\nimages = ['/crane.jpg']\nlanguage = 'en'\n\
    [[authors]]\nname = 'Ida'\n[taxonomies]\ncategories = ['Town']\ntags = ['quay', 'ropes']\n+++\n\
    Body ![C](c.jpg)\n";
const JEKYLL: &str = "---\nlayout: post\ntitle: \"Crane & rope\"\ndate: 2026-11-23 10:00:00 +0100\n\
    last_modified_at: 2026-11-24\nexcerpt: a < b\nimage:\n  path: /crane.jpg\nlang: en\nauthor: Ida\n\
    category: Town\ntags: quay, ropes\n---\nBody ![C](c.jpg)\n";
const ELEVENTY: &str = "{\"title\": \"Crane & rope\", \"date\": \"2026-11-23T10:00:00+01:00\",\
    \"modified\": \"2026-11-24\", \"summary\": \"a < b\", \"cover\": {\"src\": \"/crane.jpg\"},\
    \"lang\": \"en\", \"authors\": [\"Ida\"], \"section\": \"Town\", \"tags\": [\"quay\", \"ropes\"]}\n\
    Body ![C](c.jpg)\n";

fn settings() -> Settings {
    Settings {
        home_url: Some(Url::parse("https://harbour.example/").unwrap()),
        permalink: None,
    }
}

fn article(text: &str, path: &str) -> Item {
    match file(text.as_bytes(), path, &settings()).unwrap() {
        Outcome::Article(item) => *item,
        Outcome::Draft => panic!("{path} is a draft"),
    }
}

#[test]
fn every_generator_s_file_becomes_the_same_item() {
    let web = |path: &str| Some(Url::parse(&format!("https://harbour.example{path}")).unwrap());
    for text in [HUGO, JEKYLL, ELEVENTY] {
        let expected = Item {
            id: "town/crane.md".to_owned(),
            link: web("/town/crane/"),
            canonical_url: None,
            title: Some("Crane &amp; rope".to_owned()),
            summary_markup: Some("a &lt; b".to_owned()),
            content_markup: Some("<p>Body <img src=\"c.jpg\" alt=\"C\" /></p>\n".to_owned()),
            authors: vec!["Ida".to_owned()],
            categories: vec!["Town".to_owned()],
            tags: vec!["quay".to_owned(), "ropes".to_owned()],
            image_url: web("/crane.jpg"),
            image_alt: None,
            language: Some("en".to_owned()),
            published_at: Some(1_795_424_400),
            updated_at: Some(1_795_478_400),
        };
        assert_eq!(article(text, "town/crane.md"), expected, "{text}");
    }
}

#[test]
fn what_front_matter_leaves_out_is_found_elsewhere() {
    let found = article(
        "# The crane\n\nFirst.\n\n<!--more-->\n\n![C](c.jpg)\n",
        "town/2026-11-23-crane.md",
    );
    assert_eq!(found.title.as_deref(), Some("The crane"));
    assert_eq!(found.summary_markup.as_deref(), Some("<p>First.</p>\n"));
    assert_eq!(found.published_at, Some(1_795_392_000));
    assert_eq!(found.categories, ["town"]);
    let picture = found.image_url.unwrap();
    assert_eq!(picture.as_str(), "https://harbour.example/town/crane/c.jpg");
    assert!(!found.content_markup.unwrap().contains("<h1>"));
}

#[test]
fn a_file_may_name_its_own_address() {
    for (front, link) in [
        ("url: /x/y.html", "https://harbour.example/x/y.html"),
        ("permalink: /x/", "https://harbour.example/x/"),
        (
            "link: https://elsewhere.example/z",
            "https://elsewhere.example/z",
        ),
        (
            "permalink: \"/{{ page.slug }}/\"",
            "https://harbour.example/a/",
        ),
        ("permalink: pretty", "https://harbour.example/pretty"),
    ] {
        let found = article(&format!("---\ntitle: A\n{front}\n---\n"), "a.md");
        assert_eq!(found.link.unwrap().as_str(), link, "{front}");
    }
    let found = article(
        "---\ntitle: A\ncanonical: https://old.example/a\n---\n",
        "a.md",
    );
    assert_eq!(
        found.canonical_url.unwrap().as_str(),
        "https://old.example/a"
    );
    assert_eq!(found.link.unwrap().as_str(), "https://harbour.example/a/");
    let Ok(Outcome::Article(unlinked)) = file(b"# A", "a.md", &Settings::default()) else {
        panic!("no article");
    };
    assert_eq!(unlinked.link, None);
}

#[test]
fn a_folder_is_read_whole_and_what_is_broken_is_named() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("posts");
    for (path, text) in [
        ("2026-11-22-old.md", "# Old\n"),
        ("town/2026-11-23-crane.md", "# Crane\n"),
        ("town/_index.md", "# Town\n"),
        ("README.md", "# Read me\n"),
        (".hidden.md", "# Hidden\n"),
        (".git/x.md", "# Hidden\n"),
        ("notes.txt", "Notes"),
        ("draft.md", "---\ndraft: true\n---\n"),
        ("broken.md", "---\ntitle: [a\n---\n"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(home.path().join("secret.md"), "# Secret\n").unwrap();
    std::os::unix::fs::symlink(home.path().join("secret.md"), root.join("leak.md")).unwrap();
    std::os::unix::fs::symlink(&root, root.join("loop")).unwrap();
    let folder = read(&root, &settings()).unwrap();
    let ids: Vec<_> = folder
        .parsed
        .items
        .iter()
        .map(|item| item.id.as_str())
        .collect();
    assert_eq!(ids, ["town/2026-11-23-crane.md", "2026-11-22-old.md"]);
    let said = &folder.parsed.repaired;
    assert_eq!(said[0], "left out leak.md: it leads out of the folder");
    assert!(said[1].starts_with("left out broken.md:"), "{said:?}");
    assert_eq!(said[2], "left out 1 draft");

    assert_eq!(read(&root, &settings()).unwrap(), folder);
    fs::write(root.join("2026-11-22-old.md"), "# New\n").unwrap();
    let changed = read(&root, &settings()).unwrap();
    assert_ne!(changed.fingerprint, folder.fingerprint);

    let one = read(&root.join("2026-11-22-old.md"), &settings()).unwrap();
    assert_eq!(one.parsed.items.len(), 1);
    let error = read(&home.path().join("none"), &settings()).unwrap_err();
    assert!(error.to_string().contains("No such file"), "{error}");
    fs::create_dir(home.path().join("empty")).unwrap();
    let error = read(&home.path().join("empty"), &settings()).unwrap_err();
    assert!(error.to_string().ends_with("holds no Markdown files"));
    let error = read(&root.join("broken.md"), &settings()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no file of it is an article: left out broken.md:")
    );
}

proptest! {
    #[test]
    fn any_bytes_are_an_article_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _either = parse(&bytes, None);
    }

    #[test]
    fn broken_files_are_an_article_or_an_error(
        which in 0_usize..3,
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..9, any::<Option<u8>>()), 1..6),
    ) {
        let mut bytes = [HUGO, JEKYLL, ELEVENTY][which].as_bytes().to_vec();
        for (at, length, insert) in cuts {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        if let Ok(Outcome::Article(item)) = file(&bytes, "a.md", &settings()) {
            prop_assert!(item.link.is_some_and(|link| link.scheme().starts_with("http")));
        }
    }
}
