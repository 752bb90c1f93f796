//! A feed of any format: bytes in, items out.
//!
//! Promises: any bytes give a [`Parsed`] or an [`Error`], in time proportional to their number; what
//! had to be repaired is said. Which fields of which format become which field of an
//! [`Item`](super::Item) stands in `xml_feed.rs` and `json_feed.rs`.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use url::Url;

use super::{Error, Parsed, json_feed, lenient, xml_feed};

/// Reads a feed. `base` is what relative links are relative to; `content_type` is the HTTP header.
///
/// # Errors
/// [`Error`], which is about the bytes: asking again without a change of them does not help.
pub fn parse(
    bytes: &[u8],
    base: Option<&Url>,
    content_type: Option<&str>,
) -> Result<Parsed, Error> {
    let Some(first) = first_character(bytes) else {
        return Err(Error::Empty);
    };
    if first == b'{' {
        return json_feed::parse(bytes, base);
    }
    let transcoded = transcoded(bytes, content_type);
    let bytes = transcoded.as_deref().map_or(bytes, str::as_bytes);
    let found = xml_feed::parse(bytes, base);
    let why = match found {
        Ok(parsed) if !parsed.items.is_empty() || parsed.title.is_some() => return Ok(parsed),
        Err(Error::Unknown | Error::Broken(_)) if is_page(bytes, content_type) => {
            return Err(Error::Page);
        }
        Ok(_) => "the strict reader found nothing in it".to_owned(),
        Err(ref error) => error.to_string(),
    };
    let rest = lenient::parse(&decoded(bytes), base);
    match rest.filter(|rest| !rest.items.is_empty() || rest.title.is_some()) {
        Some(rest) => Ok(Parsed {
            repaired: vec![format!("read leniently: {why}")],
            ..rest
        }),
        None => found,
    }
}

/// The feed in UTF-8, when a byte order mark or the HTTP header says that it is in something else:
/// both stand above what the file says of itself (RFC 7303 section 3).
fn transcoded(bytes: &[u8], content_type: Option<&str>) -> Option<String> {
    let said = content_type
        .and_then(charset)
        .and_then(|name| Encoding::for_label(name.as_bytes()));
    let (encoding, from) = match (Encoding::for_bom(bytes), said) {
        (Some((encoding, length)), _) => (encoding, length),
        (None, Some(encoding)) => (encoding, 0),
        (None, None) => return None,
    };
    if encoding == UTF_8 {
        return None;
    }
    let (text, _) = encoding.decode_without_bom_handling(&bytes[from..]);
    // What the file says of its encoding is no longer true.
    let rest = match text.trim_start().strip_prefix("<?xml") {
        Some(declared) => declared.split_once("?>").map_or(declared, |(_, rest)| rest),
        None => &text,
    };
    Some(rest.to_owned())
}

fn charset(content_type: &str) -> Option<&str> {
    let (_, rest) = content_type.split_once("charset=")?;
    Some(rest.split(';').next()?.trim().trim_matches(['"', '\'']))
}

/// Bytes as text: by what the XML declaration says, as UTF-8 if they are, else as the Web does.
fn decoded(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let declared = head.split_once("encoding=").and_then(|(_, rest)| {
        let quote = rest.chars().next()?;
        Encoding::for_label(rest.get(1..)?.split(quote).next()?.as_bytes())
    });
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => {
            declared
                .filter(|found| *found != UTF_8)
                .unwrap_or(WINDOWS_1252)
                .decode(bytes)
                .0
        }
    }
}

/// The first byte that is neither white space nor part of a byte order mark.
fn first_character(bytes: &[u8]) -> Option<u8> {
    bytes
        .iter()
        .copied()
        .find(|byte| !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff) && *byte > b' ')
}

fn is_page(bytes: &[u8], content_type: Option<&str>) -> bool {
    let beginning: Vec<u8> = bytes
        .iter()
        .take(1024)
        .map(u8::to_ascii_lowercase)
        .collect();
    let has = |mark: &[u8]| beginning.windows(mark.len()).any(|window| window == mark);
    let a_feed = has(b"<rss") || has(b"<feed") || has(b"<rdf");
    let html_type = content_type.is_some_and(|kind| kind.trim().starts_with("text/html"));
    !a_feed && (html_type || has(b"<!doctype html") || has(b"<html"))
}

/// An absolute http(s) URL, resolved against `base`.
pub(super) fn web_url(text: &str, base: Option<&Url>) -> Option<Url> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let url = match (Url::parse(text), base) {
        (Ok(url), _) => url,
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
        assert!(
            found.repaired[0].starts_with("read leniently: is a broken feed"),
            "{found:?}"
        );
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_bytes_are_a_feed_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _either = parse(&bytes, None, None);
        }

        #[test]
        fn broken_feeds_are_a_feed_or_an_error(
            json in any::<bool>(),
            cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..9, any::<Option<u8>>()), 1..6),
        ) {
            let mut bytes = if json { JSON } else { RSS }.as_bytes().to_vec();
            for (at, length, insert) in cuts {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, insert);
            }
            let base = Url::parse("https://example.org/").unwrap();
            if let Ok(parsed) = parse(&bytes, Some(&base), None) {
                for item in parsed.items {
                    prop_assert!(item.link.is_none_or(|link| link.scheme().starts_with("http")));
                }
            }
        }
    }
}
