//! What strangers write into feeds, all the way into the mail: nothing of it may act.
//!
//! Each vector stands in each context, each of these in every field of an item, spread over feeds of
//! three formats; the program itself fetches, builds and renders. The mail is then judged by what may
//! be in it, not by what may not: elements, attributes, schemes and headers that are not on the lists
//! below fail, whatever they are called.

mod judge;
mod payloads;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use payloads::Payload;

use super::support::program;

const CONFIG: &str = r#"
    [publication]
    name = "Tarn Post"
    home_url = "https://www.tarn.example/"
    postal_address = "Tarn Post, 1 Quay, Tarn"
    tag_url = "https://www.tarn.example/tags/{tag}"
    [[source]]
    name = "rss"
    file = "rss.xml"
    [[source]]
    name = "atom"
    file = "atom.xml"
    [[source]]
    name = "json"
    file = "feed.json"
    [[digest]]
    name = "daily"
    title = "Morning Digest"
    at = "00:00"
    max_age = "4000d"
    [[digest.section]]
    kind = "lead"
    [[digest.section]]
    kind = "newest"
    count = 5000
    [[digest.section]]
    kind = "topics"
    count = 5000
    [delivery]
    from = "Tarn Post <digest@tarn.example>"
    transport = "file"
"#;

fn run(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = program::command(folder, arguments);
    let output = command.arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let first = text.lines().next().unwrap_or("null");
    serde_json::from_str(first).unwrap_or_else(|_| panic!("{text}"))
}

/// The edition of these feeds, as it would be sent: `.html`, `.txt`, `.eml`.
fn rendered(rss: &str, atom: &str, feed: &Value) -> [Vec<u8>; 3] {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("digest.toml", CONFIG);
    write("rss.xml", rss);
    write("atom.xml", atom);
    write("feed.json", &feed.to_string());
    run(folder.path(), &["init"]);
    run(folder.path(), &["fetch"]);
    let built = run(folder.path(), &["edition", "build", "daily"]);
    let edition = built["edition"].as_str().unwrap();
    run(
        folder.path(),
        &["edition", "render", edition, "--out", "out"],
    );
    ["html", "txt", "eml"].map(|ending| {
        let file: PathBuf = folder
            .path()
            .join("out")
            .join(edition)
            .with_extension(ending);
        fs::read(file).unwrap()
    })
}

fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A day that no other item within four days has: else they are taken for one story.
fn day(number: usize) -> String {
    let first = jiff::civil::date(2018, 1, 1);
    let days = i64::try_from(number).unwrap() * 5;
    first
        .checked_add(jiff::Span::new().days(days))
        .unwrap()
        .to_string()
}

fn rss(payloads: &[&Payload]) -> String {
    let items = payloads.iter().map(|payload| {
        let Payload { number, text, .. } = payload;
        let (raw, markup, day) = (cdata(text), escaped(text), day(*number));
        format!(
            "<item><title>Story{number} {markup}&#13;&#10;Bcc: all@tarn.example</title>\
             <link>https://www.tarn.example/a{number}</link><guid isPermaLink='false'>{markup}</guid>\
             <description>Text{number} {raw}</description><content:encoded>{raw}</content:encoded>\
             <dc:creator>{markup} Writer{number}</dc:creator><category>{markup}</category>\
             <category>{raw}</category><language>{markup}</language><dc:language>{markup}</dc:language>\
             <pubDate>{day}</pubDate><media:content url='{markup}' medium='image'><media:description>{markup}</media:description>\
             </media:content></item>\
             <item><title>Linked{number}</title><link>{markup}</link>\
             <guid>https://www.tarn.example/b{number}?{markup}</guid>\
             <enclosure url='https://www.tarn.example/p.png?{markup}' type='image/png'/></item>"
        )
    });
    let items: String = items.collect();
    format!(
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' \
         xmlns:content='http://purl.org/rss/1.0/modules/content/' \
         xmlns:media='http://search.yahoo.com/mrss/'><channel>\
         <title>&lt;script&gt;alert(1)&lt;/script&gt;</title><language>\"&gt;&lt;script&gt;</language>\
         <link>javascript:alert(1)</link>{items}</channel></rss>"
    )
}

fn atom(payloads: &[&Payload]) -> String {
    let entries = payloads.iter().map(|payload| {
        let Payload { number, text, .. } = payload;
        let (markup, day) = (escaped(text), day(*number));
        let kind = ["text", "html", "xhtml"][number % 3];
        format!(
            "<entry xml:lang='{markup}'><id>{markup}</id><title type='{kind}'>Story{number} {markup}</title>\
             <link href='https://www.tarn.example/a{number}'/><published>{day}</published><updated>2099-01-01T00:00:00Z</updated>\
             <summary type='html'>Text{number} {markup}</summary><content type='html'>{markup}</content>\
             <author><name>{markup}</name><uri>{markup}</uri></author>\
             <category term='{markup}' label='{markup}'/></entry>\
             <entry><title>Linked{number}</title><link href='{markup}'/>\
             <link href='https://www.tarn.example/b{number}#{markup}'/>\
             <link rel='enclosure' type='image/png' href='{markup}'/></entry>"
        )
    });
    let entries: String = entries.collect();
    format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{entries}</feed>")
}

fn feed(payloads: &[&Payload]) -> Value {
    let items = payloads.iter().flat_map(|payload| {
        let Payload { number, text, .. } = payload;
        [
            json!({"id": text, "url": format!("https://www.tarn.example/a{number}"),
                "title": format!("Story{number} {text}\r\nBcc: all@tarn.example"),
                "date_published": day(*number), "summary": format!("Text{number} {text}"), "content_html": text, "image": text,
                "language": text, "tags": [text, format!("tag{number}{text}")],
                "authors": [{"name": text}, {"name": format!("Writer{number} {text}")}]}),
            json!({"id": format!("https://www.tarn.example/b{number}"), "url": text,
                "title": format!("Linked{number}"),
                "image": format!("https://www.tarn.example/p.png?{text}")}),
        ]
    });
    let items: Vec<_> = items.collect();
    json!({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items})
}

#[test]
fn nothing_a_feed_says_acts_in_a_mail() {
    let all = payloads::all();
    assert!(all.len() >= 400, "{}", all.len());
    // As many as fit into a mail that mail programs show whole.
    for payloads in all.chunks(36) {
        let third = |rest: usize| -> Vec<&Payload> {
            let payloads = payloads.iter();
            payloads
                .filter(|payload| payload.number % 3 == rest)
                .collect()
        };
        let [html, text, eml] = rendered(&rss(&third(0)), &atom(&third(1)), &feed(&third(2)));
        let html = String::from_utf8(html).unwrap();
        let text = String::from_utf8(text).unwrap();
        judge::page(&html);
        judge::plain(&text);
        judge::message(&eml);
        let shown = judge::words(&html);
        for payload in payloads {
            let word = format!("Story{}", payload.number);
            let whole = |text: &str| {
                let behind = |at: usize| text[at + word.len()..].chars().next();
                let mut found = text.match_indices(&word);
                found.any(|(at, _)| !behind(at).is_some_and(|c| c.is_ascii_digit()))
            };
            assert!(
                whole(&shown) && whole(&text),
                "lost: {word} {:?}",
                payload.text
            );
        }
    }
}

/// The judge itself must see what it is there for.
#[test]
fn a_page_that_acts_is_noticed() {
    for page in [
        "<script>x</script>",
        "<a href='javascript:x'>x</a>",
        "<a href=' JaVa&#9;script:x'>x</a>",
        "<img src=x onerror=x>",
        "<p onclick=x>",
        "<iframe>",
        "<svg>",
        "<meta http-equiv=refresh content=0>",
        "<base href=x>",
        "<form>",
        "<p style='background:url(x)'>",
        "<a href=data:text/html,x>",
        "<a href='/relative'>",
        "<!--x-->",
        "<style>@import 'x'</style>",
    ] {
        let seen = std::panic::catch_unwind(|| judge::page(page));
        assert!(seen.is_err(), "{page}");
    }
}
