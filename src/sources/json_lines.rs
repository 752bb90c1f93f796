//! JSON Lines: what a publishing system writes to hand its articles over, one object a line.
//!
//! In comes anything that can be read line by line, out come items; only the line in hand and the
//! items are held. A line that is no article is left out and named, the others are read. A whole array
//! and an object with `items` are taken too. The keys stand in docs/sources.md.

use std::io::{self, BufRead, Read as _};

use serde_json::{Map, Value};
use url::Url;

use super::Item;
use super::dates;
use super::feed::{escape, web_url};
use super::json_feed::as_text;
use super::picture::first_picture;
use super::{Error, Format, Parsed};

/// An article of a book's length has room in it.
const LINE_BYTES: u64 = 4 * 1024 * 1024;
/// A document that is not written in lines is held as a whole.
const WHOLE_BYTES: u64 = 64 * 1024 * 1024;
const MOST_ITEMS: usize = 20_000;
/// More lines than this are counted, not named.
const MOST_NAMED: usize = 10;

/// Reads to the end.
///
/// # Errors
/// [`Error`], when the input breaks off with an error, or nothing in it is an article.
pub fn read(mut input: impl BufRead, base: Option<&Url>) -> Result<Parsed, Error> {
    let mut found = Found::default();
    let mut line = Vec::new();
    let (mut number, mut began) = (0, false);
    while next(&mut input, &mut line)? {
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        // The first line says whether this is written in lines at all.
        if !began {
            began = true;
            if line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
            if !is_object(&line) {
                return whole(&line, input, base);
            }
        }
        if length(&line) > LINE_BYTES {
            if !line.ends_with(b"\n") {
                input.skip_until(b'\n').map_err(broken)?;
            }
            found.leave_out(number, "is longer than 4 MB");
            continue;
        }
        match serde_json::from_slice::<Value>(&line) {
            Ok(value) => found.take(number, &value, base),
            Err(error) => found.leave_out(number, &what(&error)),
        }
    }
    found.parsed()
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Reads a line; of one that is too long, one byte more than may be kept.
fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, Error> {
    line.clear();
    let mut beginning = input.by_ref().take(LINE_BYTES + 1);
    let read = beginning.read_until(b'\n', line).map_err(broken)?;
    Ok(read > 0)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what map_err hands over is a value"
)]
fn broken(error: io::Error) -> Error {
    Error::Unread(error.to_string())
}

/// Whether a line is a whole object, and so the first of many; broken ones of some length count, so
/// that one bad line at the beginning does not hide the rest.
fn is_object(line: &[u8]) -> bool {
    match serde_json::from_slice::<Map<String, Value>>(line) {
        Ok(object) => !object.get("items").is_some_and(Value::is_array),
        Err(error) => !error.is_eof() && !line.trim_ascii_start().starts_with(b"["),
    }
}

/// What is wrong with a line, without serde's "at line 1".
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or_default();
    format!(
        "is no JSON object: {words} (character {})",
        error.column().max(1)
    )
}

/// One document over many lines: an array, or an object with `items`.
fn whole(first: &[u8], input: impl BufRead, base: Option<&Url>) -> Result<Parsed, Error> {
    let mut bytes = first.to_vec();
    let read = input.take(WHOLE_BYTES).read_to_end(&mut bytes);
    read.map_err(broken)?;
    if length(&bytes) >= WHOLE_BYTES {
        let message = "a document that is not written in lines may have 64 MB";
        return Err(Error::Unread(message.to_owned()));
    }
    let document: Value = match serde_json::from_slice(&bytes) {
        Ok(document) => document,
        Err(error) if matches!(bytes.trim_ascii_start(), [b'{' | b'[', ..]) => {
            return Err(Error::Unread(error.to_string()));
        }
        Err(_) => return Err(Error::Not("JSON Lines")),
    };
    let list = document
        .as_array()
        .or_else(|| document.get("items").and_then(Value::as_array));
    let mut found = Found::default();
    match list {
        Some(list) => {
            found.noun = "item";
            for (index, value) in list.iter().enumerate() {
                found.take(index + 1, value, base);
            }
        }
        // One article over several lines.
        None => found.take(1, &document, base),
    }
    found.parsed()
}

struct Found {
    noun: &'static str,
    items: Vec<Item>,
    named: Vec<String>,
    left_out: usize,
    too_many: usize,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            noun: "line",
            items: Vec::new(),
            named: Vec::new(),
            left_out: 0,
            too_many: 0,
        }
    }
}

impl Found {
    fn take(&mut self, number: usize, value: &Value, base: Option<&Url>) {
        if self.items.len() >= MOST_ITEMS {
            self.too_many += 1;
            return;
        }
        match item(value, base) {
            Ok(item) => self.items.push(item),
            Err(why) => self.leave_out(number, why),
        }
    }

    fn leave_out(&mut self, number: usize, why: &str) {
        self.left_out += 1;
        if self.named.len() < MOST_NAMED {
            self.named
                .push(format!("left out {} {number}: it {why}", self.noun));
        }
    }

    fn parsed(self) -> Result<Parsed, Error> {
        let mut repaired = self.named;
        let Some(first) = repaired.first().filter(|_| self.items.is_empty()) else {
            let more = self.left_out.saturating_sub(MOST_NAMED);
            if more > 0 {
                repaired.push(format!("left out {more} more"));
            }
            if self.too_many > 0 {
                repaired.push(format!(
                    "left out {} after the first {MOST_ITEMS}",
                    self.too_many
                ));
            }
            return Ok(Parsed {
                title: None,
                link: None,
                language: None,
                format: Format::JsonLines,
                items: self.items,
                repaired,
            });
        };
        Err(Error::Unread(format!(
            "no {} of it is an article: {first}",
            self.noun
        )))
    }
}

/// One object; the error is what is wrong with it, read after "it".
fn item(value: &Value, base: Option<&Url>) -> Result<Item, &'static str> {
    let object = value.as_object().ok_or("is no JSON object")?;
    let text = |names: &[&str]| names.iter().find_map(|name| as_text(object.get(*name)?));
    let web = |names: &[&str], base| web_url(&text(names)?, base);
    let date = |names: &[&str]| names.iter().find_map(|name| as_instant(object.get(*name)?));
    let link = match text(&["url", "link"]) {
        None => return Err("has no url"),
        Some(address) => web_url(&address, base).ok_or("has a url that is no web address")?,
    };
    let content_markup = text(&["content_html", "content"])
        .or_else(|| text(&["content_text"]).map(|content| escape(&content)));
    let image_url = web(&["image", "image_url"], Some(&link))
        .or_else(|| web_url(&as_text(object.get("image")?.get("url")?)?, Some(&link)));
    let shown = content_markup
        .as_deref()
        .and_then(|content| first_picture(content, Some(&link), image_url.as_ref()));
    Ok(Item {
        id: text(&["id"]).unwrap_or_default(),
        canonical_url: web(&["canonical_url", "canonical"], Some(&link)),
        title: text(&["title_html"]).or_else(|| text(&["title"]).map(|title| escape(&title))),
        summary_markup: text(&["summary_html"])
            .or_else(|| text(&["summary", "description"]).map(|summary| escape(&summary))),
        authors: names(object, &["authors", "author"]),
        categories: names(object, &["categories", "category", "section"]),
        tags: names(object, &["tags", "keywords"]),
        image_alt: text(&["image_alt"]).or_else(|| shown.as_ref().and_then(|it| it.alt.clone())),
        image_url: image_url.or_else(|| shown.map(|it| it.url)),
        language: text(&["language", "lang"]),
        published_at: date(&["published", "published_at", "date_published", "date"]),
        updated_at: date(&["updated", "updated_at", "date_modified"]),
        content_markup,
        link: Some(link),
    })
}

/// A date as text, or as Unix seconds or milliseconds.
fn as_instant(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            let number = number.as_i64()?;
            // Seconds reach this number in the year 5138, milliseconds had it in 1973.
            Some(if number.abs() >= 100_000_000_000 {
                number / 1000
            } else {
                number
            })
        }
        value => dates::parse(&as_text(value)?),
    }
}

/// Every name under the keys: a text, a list of texts, objects with `name`.
fn names(object: &Map<String, Value>, keys: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let values = keys.iter().filter_map(|key| object.get(*key));
    for value in values {
        let one = std::slice::from_ref(value);
        for entry in value.as_array().map_or(one, Vec::as_slice) {
            let name = as_text(entry).or_else(|| as_text(entry.get("name")?));
            if let Some(name) = name.filter(|name| !found.contains(name)) {
                found.push(name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = r#"{"id": 7, "url": "/crane", "title": "Crane & rope", "summary": "a < b",
        "content_html": "<p><img src='c.jpg' alt='C'>Text", "authors": ["Ida", {"name": "Ole"}],
        "author": "Ida", "category": "Town", "tags": ["quay"], "language": "en",
        "published": "2026-11-23T10:00:00Z", "updated_at": 1795435200000}"#;

    fn line() -> String {
        LINE.replace('\n', " ")
    }

    fn base() -> Url {
        Url::parse("https://harbour.example/").unwrap()
    }

    fn parsed(text: &str) -> Result<Parsed, Error> {
        read(text.as_bytes(), Some(&base()))
    }

    #[test]
    fn an_object_a_line_becomes_an_item() {
        let found = parsed(&format!("\u{feff}\r\n{}\r\n\n", line())).unwrap();
        assert_eq!(found.repaired, [] as [&str; 0]);
        let expected = Item {
            id: "7".to_owned(),
            link: Some(Url::parse("https://harbour.example/crane").unwrap()),
            canonical_url: None,
            title: Some("Crane &amp; rope".to_owned()),
            summary_markup: Some("a &lt; b".to_owned()),
            content_markup: Some("<p><img src='c.jpg' alt='C'>Text".to_owned()),
            authors: vec!["Ida".to_owned(), "Ole".to_owned()],
            categories: vec!["Town".to_owned()],
            tags: vec!["quay".to_owned()],
            image_url: Some(Url::parse("https://harbour.example/c.jpg").unwrap()),
            image_alt: Some("C".to_owned()),
            language: Some("en".to_owned()),
            published_at: Some(1_795_428_000),
            updated_at: Some(1_795_435_200),
        };
        assert_eq!(found.items, [expected]);
    }

    #[test]
    fn an_array_and_an_object_with_items_are_taken_too() {
        for text in [
            format!("[{LINE}, {LINE}]"),
            format!("{{\"items\": [{0}, {0}]}}", line()),
            format!("{{\n \"items\": [\n{LINE},\n{LINE}\n]}}\n"),
            format!("{0}\n{0}", line()),
        ] {
            assert_eq!(parsed(&text).unwrap().items.len(), 2, "{text}");
        }
        assert_eq!(parsed(LINE).unwrap().items.len(), 1);
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let text = format!(
            "{0}\n{{\"url\": \"/a\", }}\n[1]\n\n{{\"title\": \"x\"}}\n{{\"url\": \"mailto:a@b\"}}\n{1}\n{0}\n",
            line(),
            "x".repeat(5 * 1024 * 1024)
        );
        let found = parsed(&text).unwrap();
        assert_eq!(found.items.len(), 2);
        assert_eq!(
            found.repaired,
            [
                "left out line 2: it is no JSON object: trailing comma (character 15)",
                "left out line 3: it is no JSON object",
                "left out line 5: it has no url",
                "left out line 6: it has a url that is no web address",
                "left out line 7: it is longer than 4 MB",
            ]
        );
        let many = format!("{}\n{}", line(), "{}\n".repeat(14));
        assert_eq!(parsed(&many).unwrap().repaired[10], "left out 4 more");
    }

    #[test]
    fn what_holds_no_article_is_refused() {
        for (text, message) in [
            (
                "hello\n",
                "cannot be read: no line of it is an article: left out line 1: it is no JSON object",
            ),
            (
                "{}\n",
                "cannot be read: no line of it is an article: left out line 1: it has no url",
            ),
            ("{\"a\":\n", "cannot be read: EOF while parsing"),
            (
                "[{}]",
                "cannot be read: no item of it is an article: left out item 1: it has no url",
            ),
        ] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
        // Where there is no news, a program that writes lines writes none.
        for nothing in ["[]", "", " \n\n"] {
            assert_eq!(parsed(nothing).unwrap().items, []);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_articles_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _either = read(&*bytes, None);
        }

        #[test]
        fn broken_lines_are_articles_or_an_error(
            cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..9, any::<Option<u8>>()), 1..6),
        ) {
            let mut bytes = format!("{0}\n{0}\n", line()).into_bytes();
            for (at, length, insert) in cuts {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, insert);
            }
            if let Ok(found) = read(&*bytes, Some(&base())) {
                for item in found.items {
                    prop_assert!(item.link.is_some_and(|link| link.scheme().starts_with("http")));
                }
            }
        }
    }
}
