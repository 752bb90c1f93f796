//! The feeds a page names.
//!
//! Bytes of a page in, addresses out, in time proportional to their number: a tokenizer runs over
//! the page, no tree is built. Whether there is a feed at an address is for the caller to find out.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;

use super::feed::web_url;
use super::markup::shallow;

/// A page names its feeds in its head; nobody's head is longer.
const LOOKED_AT: usize = 2_000_000;
const MOST_FEEDS: usize = 20;

/// The feeds that the page at `url` names, the site's main one first, those of comments left out;
/// without a `url` only those with a full address.
#[must_use]
pub fn feeds(bytes: &[u8], url: Option<&Url>) -> Vec<Url> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]);
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut base = None;
    let (mut found, mut perhaps) = (Vec::new(), Vec::new());
    for token in Tokenizer::new_with_emitter(&*shallow(&text), emitter) {
        let Ok(Token::StartTag(tag)) = token else {
            continue;
        };
        match &**tag.name {
            // The first one counts, and only before what it changes (HTML §4.2.3).
            b"base" if base.is_none() => {
                base = attribute(&tag, "href").and_then(|href| web_url(&href, url));
            }
            b"link" => match link(&tag, base.as_ref().or(url)) {
                Some((Kind::Feed, feed)) => found.push(feed),
                Some((Kind::Perhaps, feed)) => perhaps.push(feed),
                None => {}
            },
            _ => {}
        }
        if found.len() >= MOST_FEEDS {
            break;
        }
    }
    let mut all: Vec<Url> = Vec::new();
    for feed in found.into_iter().chain(perhaps) {
        if all.len() < MOST_FEEDS && Some(&feed) != url && !all.contains(&feed) {
            all.push(feed);
        }
    }
    all
}

enum Kind {
    Feed,
    /// Plain JSON is a feed on some sites and the programming interface of most others.
    Perhaps,
}

fn link(tag: &StartTag<()>, base: Option<&Url>) -> Option<(Kind, Url)> {
    let rel = attribute(tag, "rel")?.to_ascii_lowercase();
    if !rel.split_ascii_whitespace().any(|word| word == "alternate") {
        return None;
    }
    let media = attribute(tag, "type")?.to_ascii_lowercase();
    let kind = match media.split(';').next().unwrap_or_default().trim() {
        "application/rss+xml" | "application/atom+xml" | "application/feed+json" => Kind::Feed,
        "application/json" => Kind::Perhaps,
        _ => return None,
    };
    let title = attribute(tag, "title").unwrap_or_default().to_lowercase();
    let feed = web_url(&attribute(tag, "href")?, base)?;
    let comments = title.contains("comment") || feed.path().contains("/comments/");
    (!comments).then_some((kind, feed))
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(&value.value).trim().to_owned())
}

/// Where sites keep their feed that do not name it.
const CUSTOMARY: [&str; 5] = ["/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"];

/// Addresses worth trying when the page at `url` names no feed.
#[must_use]
pub fn guesses(url: &Url) -> Vec<Url> {
    CUSTOMARY
        .iter()
        .filter_map(|path| url.join(path).ok())
        .filter(|guess| guess != url)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(markup: &str) -> Vec<String> {
        let url = Url::parse("https://tarn.example/town/").unwrap();
        let feeds = feeds(markup.as_bytes(), Some(&url));
        feeds.into_iter().map(String::from).collect()
    }

    #[test]
    fn a_page_names_its_feeds() {
        for (markup, expected) in [
            (
                "<link rel=alternate type='application/rss+xml' href='/feed'>",
                &["https://tarn.example/feed"][..],
            ),
            (
                "<LINK REL='nofollow Alternate' TYPE='application/atom+xml; charset=utf-8' HREF=a>",
                &["https://tarn.example/town/a"],
            ),
            (
                "<base href='//cdn.example/x/'><base href='/no'><link rel=alternate \
                 type=application/feed+json href=f.json>",
                &["https://cdn.example/x/f.json"],
            ),
            (
                "<link rel=alternate type=application/json href=/wp-json/1>\
                 <link rel=alternate type=application/rss+xml href=/comments/feed>\
                 <link rel=alternate type=application/rss+xml title='Tarn: Comments' href=/c>\
                 <link rel=alternate type=application/rss+xml href=/feed>\
                 <link rel=alternate type=application/rss+xml href=/feed>",
                &[
                    "https://tarn.example/feed",
                    "https://tarn.example/wp-json/1",
                ],
            ),
            ("<link rel=alternate hreflang=de href=/de/>", &[]),
            (
                "<link rel=stylesheet type=application/rss+xml href=/x>",
                &[],
            ),
            (
                "<link rel=alternate type=application/rss+xml href='javascript:x'>",
                &[],
            ),
            (
                "<!-- <link rel=alternate type=application/rss+xml href=/feed> -->",
                &[],
            ),
            (
                "<script>'<link rel=alternate type=application/rss+xml href=/feed>'</script>",
                &[],
            ),
            ("<link rel=alternate type=application/rss+xml href=''>", &[]),
        ] {
            assert_eq!(found(markup), expected, "{markup}");
        }
        let many = "<link rel=alternate type=application/rss+xml href=a>".repeat(100);
        assert_eq!(found(&many).len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_name_web_addresses_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let url = Url::parse("https://tarn.example/").unwrap();
            for feed in feeds(&bytes, Some(&url)) {
                prop_assert!(feed.scheme().starts_with("http"));
            }
        }

        #[test]
        fn broken_links_are_left_out(
            cuts in proptest::collection::vec((any::<proptest::sample::Index>(), any::<Option<u8>>()), 1..6),
        ) {
            let mut bytes = b"<base href='/a/'><link rel=alternate type='application/rss+xml' href='f'>".to_vec();
            for (at, insert) in cuts {
                let at = at.index(bytes.len());
                bytes.splice(at..=at, insert);
            }
            let _any = feeds(&bytes, Url::parse("https://tarn.example/").ok().as_ref());
        }
    }
}
