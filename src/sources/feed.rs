//! A feed of any format: bytes in, items out.
//!
//! Promises: any bytes give a [`Parsed`] or an [`Error`], in time proportional to their number; what
//! had to be repaired is said. Which fields of which format become which field of an
//! [`Item`](super::Item) stands in `xml_feed.rs` and `json_feed.rs`.

use url::Url;

use super::{Error, Parsed, encoding, json_feed, xml_feed};

/// Reads a feed. `base` is what relative links are relative to; `content_type` is the HTTP header.
///
/// # Errors
/// [`Error`], which is about the bytes: asking again without a change of them does not help.
pub fn parse(
    bytes: &[u8],
    base: Option<&Url>,
    content_type: Option<&str>,
) -> Result<Parsed, Error> {
    let text = encoding::decoded(bytes, content_type);
    let text =
        text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
    if text.is_empty() {
        return Err(Error::Empty);
    }
    // No format has them, and readers of HTML note each as a mistake.
    let without = text.contains('\0').then(|| text.replace('\0', ""));
    let text = without.as_deref().unwrap_or(text);
    let found = if text.starts_with('{') {
        json_feed::parse(text, base)
    } else {
        xml_feed::parse(text, base)
    };
    match found {
        Ok(mut parsed) => {
            parsed.repaired.extend(encoding::guess(bytes, content_type));
            Ok(parsed)
        }
        Err(Error::Unknown | Error::Broken(_))
            if !text.starts_with('{') && is_page(text, content_type) =>
        {
            Err(Error::Page)
        }
        Err(error) => Err(error),
    }
}

pub(super) fn is_page(text: &str, content_type: Option<&str>) -> bool {
    let beginning: String = text.chars().take(1024).collect();
    let beginning = beginning.to_ascii_lowercase();
    let html_type = content_type.is_some_and(|kind| kind.trim().starts_with("text/html"));
    html_type || beginning.contains("<!doctype html") || beginning.contains("<html")
}

/// An absolute http(s) URL, resolved against `base`.
pub(super) fn web_url(text: &str, base: Option<&Url>) -> Option<Url> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    // "feed:https://…", as browsers once wanted it.
    let text = text.strip_prefix("feed:").unwrap_or(text);
    let url = match (Url::parse(text), base) {
        (Ok(url), _) => url,
        (Err(_), _) if text.starts_with("www.") => Url::parse(&format!("https://{text}")).ok()?,
        (Err(_), Some(base)) => base.join(text).ok()?,
        (Err(_), None) => {
            Url::parse(&format!("https:{}", text.strip_prefix("//").map(|_| text)?)).ok()?
        }
    };
    (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
}

/// Plain text as markup that shows it.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_feed_is_named() {
        for (bytes, kind, error) in [
            (&b""[..], None, Error::Empty),
            (b" \r\n\xef\xbb\xbf", None, Error::Empty),
            (b"<!DOCTYPE html><html><p>Not found", None, Error::Page),
            (
                b"<html><head></head></html>",
                Some("application/xml"),
                Error::Page,
            ),
            (
                b"<p>gone</p>",
                Some("text/html; charset=utf-8"),
                Error::Page,
            ),
            (b"<opml version='2.0'/>", None, Error::Unknown),
            (b"<rss", None, Error::Unknown),
            (b"GIF89a", None, Error::Unknown),
            (b"{\"version\": \"2\"}", None, Error::Unknown),
        ] {
            assert_eq!(parse(bytes, None, kind), Err(error), "{bytes:?}");
        }
        let found = parse(
            b"<rss version='2.0'><channel><title>A",
            None,
            Some("text/html"),
        );
        let found = found.unwrap();
        assert_eq!(found.title.as_deref(), Some("A"));
        assert_eq!(
            found.repaired,
            ["closed 3 elements that were open at the end"]
        );
    }

    #[test]
    fn an_item_that_was_not_closed_ends_where_the_next_begins() {
        let feed = b"<rss version='2.0'><channel><title>T</title><item><title>One</title>\
            <link>https://tarn.example/1</link><description>Text one<item><title>Two</title>\
            <link>https://tarn.example/2</link><description>Text two</description></item></channel></rss>";
        let found = parse(feed, None, None).unwrap();
        let titles = found.items.iter().map(|item| item.title.as_deref());
        assert_eq!(titles.collect::<Vec<_>>(), [Some("One"), Some("Two")]);
        assert_ne!(found.repaired, [] as [&str; 0]);
    }

    #[test]
    fn links_become_absolute_web_addresses_or_nothing() {
        let base = Url::parse("https://example.org/news/feed.xml").unwrap();
        for (text, url) in [
            ("https://a.example/x", Some("https://a.example/x")),
            (" /x ", Some("https://example.org/x")),
            ("x", Some("https://example.org/news/x")),
            ("//b.example/x", Some("https://b.example/x")),
            ("javascript:alert(1)", None),
            ("data:image/png,x", None),
            ("mailto:a@b.example", None),
            ("", None),
        ] {
            let found = web_url(text, Some(&base)).map(|url| url.to_string());
            assert_eq!(found.as_deref(), url, "{text}");
        }
        assert_eq!(
            web_url("//b.example/x", None).unwrap().as_str(),
            "https://b.example/x"
        );
        assert_eq!(web_url("x", None), None);
    }

    const RSS: &str = r#"<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
        xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>T &amp; U</title>
        <item><title>One</title><link>/1</link><guid isPermaLink="false">1</guid>
        <pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate><content:encoded><![CDATA[<p><img src="a.jpg">]]>
        </content:encoded><media:content url="https://example.org/a.jpg" medium="image"/></item></channel></rss>"#;
    const JSON: &str = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items":
        [{"id": 7, "url": "/1", "title": "One", "date_published": "2026-11-23T10:00:00Z", "tags": ["a"]}]}"#;

    const SEEDS: &[&[u8]] = &[
        RSS.as_bytes(),
        JSON.as_bytes(),
        include_bytes!("../../tests/fixtures/sources/harbour.rss.xml"),
        include_bytes!("../../tests/fixtures/sources/harbour.atom.xml"),
        include_bytes!("../../tests/fixtures/sources/harbour.feed.json"),
        include_bytes!("../../tests/fixtures/sources/hostile.xml"),
    ];
    const TOKENS: &[&[u8]] = &[
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"&#",
        b"&#x110000;",
        b"<!DOCTYPE a [<!ENTITY b \"&b;\">]>",
        b"&b;",
        b"<item>",
        b"</channel>",
        b"<entry xml:base='//'>",
        b" type=\"application/octet-stream\"",
        b"\xff\xfe",
        b"\0",
        b"{\"items\":[",
        b"1e999",
        b"\\ud800",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_bytes_are_a_feed_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _either = parse(&bytes, None, None);
        }

        #[test]
        fn broken_feeds_are_a_feed_or_an_error(
            seed in proptest::sample::select(SEEDS.to_vec()),
            changes in proptest::collection::vec(
                (any::<proptest::sample::Index>(), 0_usize..40, any::<u8>(), proptest::sample::select(TOKENS.to_vec())),
                1..8,
            ),
        ) {
            let mut bytes = seed.to_vec();
            for (at, length, way, token) in changes {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                match way % 6 {
                    0 => drop(bytes.splice(at..end, [])),
                    1 => bytes.truncate(at),
                    2 => bytes[at..end].reverse(),
                    3 => bytes.extend_from_within(at..end),
                    4 => bytes[at..end].iter_mut().for_each(|byte| *byte ^= way),
                    _ => drop(bytes.splice(at..at, token.iter().copied())),
                }
            }
            let base = Url::parse("https://example.org/").unwrap();
            if let Ok(parsed) = parse(&bytes, Some(&base), None) {
                for item in parsed.items {
                    let urls = [item.link, item.image_url];
                    prop_assert!(urls.iter().flatten().all(|url| url.scheme().starts_with("http")));
                }
            }
        }
    }
}
