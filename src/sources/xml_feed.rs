//! RSS and Atom, by feed-rs, with two repairs.
//!
//! feed-rs reads strict XML and RSS of declared versions. The commonest mistakes, an ampersand that
//! begins no reference and an RSS version that is missing or made up, are repaired and said; anything
//! else that is no feed is refused.

use feed_rs::model::{Content, Entry, Feed, FeedType, Link, MediaObject, Text};
use feed_rs::parser::{Builder, ParseErrorKind, ParseFeedError};
use url::Url;

use super::Item;
use super::feed::{escape, web_url};
use super::picture::first_picture;
use super::{Error, Format, Parsed};

pub(super) fn parse(bytes: &[u8], base: Option<&Url>) -> Result<Parsed, Error> {
    let mut repaired = Vec::new();
    let feed = match read(bytes, base) {
        Ok(feed) => feed,
        Err(first) => {
            let mended = repair(bytes, &mut repaired).ok_or_else(|| first.clone())?;
            read(&mended, base).map_err(|_still_broken| first)?
        }
    };
    let format = match feed.feed_type {
        FeedType::Atom => Format::Atom,
        FeedType::JSON => Format::JsonFeed,
        FeedType::RSS0 => Format::Rss0,
        FeedType::RSS1 => Format::Rss1,
        FeedType::RSS2 => Format::Rss2,
    };
    Ok(parsed(feed, format, base, repaired))
}

fn read(bytes: &[u8], base: Option<&Url>) -> Result<Feed, Error> {
    let parser = Builder::new()
        .base_uri(base.map(Url::as_str))
        .sanitize_content(false)
        .id_generator(|_links, _title, _uri| String::new())
        .build();
    parser.parse(bytes).map_err(|error| match error {
        ParseFeedError::ParseError(ParseErrorKind::NoFeedRoot) => Error::Unknown,
        error => Error::Broken(error.to_string()),
    })
}

fn parsed(feed: Feed, format: Format, base: Option<&Url>, repaired: Vec<String>) -> Parsed {
    let link = best_link(&feed.links, base);
    let base = base.or(link.as_ref());
    let items = feed
        .entries
        .into_iter()
        .map(|entry| {
            let mut item = item(entry, format, base);
            item.language = item.language.or_else(|| feed.language.clone());
            item
        })
        .collect();
    Parsed {
        title: feed.title.map(|title| markup(title, format)),
        language: feed.language,
        format,
        items,
        repaired,
        link: link.clone(),
    }
}

fn item(entry: Entry, format: Format, base: Option<&Url>) -> Item {
    // An RSS guid is the article's address unless it says otherwise, and many that do not say so
    // are none; only what is a whole web address is taken for one.
    let link = best_link(&entry.links, base).or_else(|| web_url(&entry.id, None));
    let content_markup = entry.content.and_then(body);
    let summary_markup = entry.summary.map(|summary| markup(summary, format));
    let image_url =
        media_picture(&entry.media, base).or_else(|| enclosed_picture(&entry.links, base));
    let shown = [&content_markup, &summary_markup]
        .into_iter()
        .flatten()
        .find_map(|markup| first_picture(markup, link.as_ref().or(base), image_url.as_ref()));
    let image_alt = shown
        .as_ref()
        .and_then(|shown| shown.alt.clone())
        .or_else(|| {
            let described = entry
                .media
                .iter()
                .find_map(|media| media.description.as_ref());
            image_url
                .as_ref()
                .and(described)
                .map(|text| text.content.clone())
        });
    let names = entry.authors.into_iter().filter_map(|author| author.name);
    Item {
        canonical_url: None,
        id: entry.id,
        title: entry.title.map(|title| markup(title, format)),
        summary_markup,
        content_markup,
        authors: names.filter(|name| !name.contains('@')).collect(),
        categories: entry
            .categories
            .into_iter()
            .map(|category| category.label.unwrap_or(category.term))
            .filter(|category| !category.trim().is_empty())
            .collect(),
        tags: Vec::new(),
        image_url: image_url.or_else(|| shown.map(|shown| shown.url)),
        image_alt,
        language: entry.language,
        published_at: entry.published.map(|at| at.timestamp()),
        updated_at: entry.updated.map(|at| at.timestamp()),
        link,
    }
}

/// An Atom text construct of type "text" is text (RFC 4287 §3.1.1.1); an RSS title, which feed-rs
/// calls text too, holds markup in practice.
fn markup(text: Text, format: Format) -> String {
    if format == Format::Atom && text.content_type.to_string().starts_with("text/plain") {
        escape(&text.content)
    } else {
        text.content
    }
}

fn body(content: Content) -> Option<String> {
    let kind = content.content_type.to_string();
    let body = content.body.filter(|body| !body.trim().is_empty())?;
    if kind.starts_with("text/plain") {
        Some(escape(&body))
    } else if kind.contains("html") || kind.contains("xml") {
        Some(body)
    } else {
        None
    }
}

/// The link to the article itself: not to its comments, its enclosures or the feed.
fn best_link(links: &[Link], base: Option<&Url>) -> Option<Url> {
    let candidates = || {
        links.iter().filter(|link| {
            link.target.is_none() && link.rel.as_deref().is_none_or(|rel| rel == "alternate")
        })
    };
    let is_page = |link: &&Link| {
        link.media_type
            .as_deref()
            .is_none_or(|kind| kind.contains("html"))
    };
    candidates()
        .filter(is_page)
        .chain(candidates())
        .find_map(|link| web_url(&link.href, base))
}

/// The widest picture of Media RSS or an enclosure, else a thumbnail.
fn media_picture(media: &[MediaObject], base: Option<&Url>) -> Option<Url> {
    let is_web = |url: &&Url| matches!(url.scheme(), "http" | "https");
    let widest = media
        .iter()
        .flat_map(|object| &object.content)
        .filter(|content| {
            let kind = content.content_type.as_ref().map(ToString::to_string);
            match (kind, &content.url) {
                (Some(kind), _) => kind.starts_with("image/"),
                (None, Some(url)) => has_picture_ending(url),
                (None, None) => false,
            }
        })
        .filter_map(|content| Some((content.width.unwrap_or(0), content.url.as_ref()?)))
        .filter(|(_, url)| is_web(url))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let thumbnails = || media.iter().flat_map(|object| &object.thumbnails);
    widest
        .map(|(_, url)| url.clone())
        .or_else(|| thumbnails().find_map(|thumbnail| web_url(&thumbnail.image.uri, base)))
}

fn has_picture_ending(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

fn enclosed_picture(links: &[Link], base: Option<&Url>) -> Option<Url> {
    links
        .iter()
        .filter(|link| link.rel.as_deref() == Some("enclosure"))
        .filter(|link| {
            link.media_type
                .as_deref()
                .is_some_and(|kind| kind.starts_with("image/"))
        })
        .find_map(|link| web_url(&link.href, base))
}

/// The feed with every repair there is, each said; nothing if none applies.
fn repair(bytes: &[u8], repaired: &mut Vec<String>) -> Option<Vec<u8>> {
    let mut mended = None;
    if let Some(versioned) = declare_version(bytes) {
        repaired.push("read RSS of no known version as RSS 2.0".to_owned());
        mended = Some(versioned);
    }
    let (escaped, count) = escape_bare_ampersands(mended.as_deref().unwrap_or(bytes));
    if count > 0 {
        repaired.push(format!("escaped {count} bare \"&\""));
        mended = Some(escaped);
    }
    mended
}

/// feed-rs knows `<rss>` by four values of its version; feeds of the wild have others, or none.
fn declare_version(bytes: &[u8]) -> Option<Vec<u8>> {
    const START: &[u8] = b"<rss";
    let at = bytes
        .windows(START.len())
        .position(|window| window == START)?
        + START.len();
    let (before, rest) = bytes.split_at(at);
    // No honest tag is longer, and a hostile one must not be searched again and again.
    let end = rest.iter().take(4096).position(|byte| *byte == b'>')?;
    let tag = std::str::from_utf8(&rest[..end]).ok()?;
    if !tag.is_empty() && !tag.starts_with(char::is_whitespace) {
        return None;
    }
    let known = ["2.0", "", "0.91", "0.92"];
    let declared = attribute(tag, "version");
    let attributes = match declared {
        Some((value, _)) if known.contains(&value) => return None,
        Some((_, whole)) => tag.replacen(whole, " ", 1),
        None => tag.to_owned(),
    };
    Some(
        [
            before,
            b" version=\"2.0\"",
            attributes.as_bytes(),
            &rest[end..],
        ]
        .concat(),
    )
}

/// An attribute's value, and the attribute as it stands in the tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    tag.match_indices(name).find_map(|(at, _)| {
        let rest = tag.get(at..)?;
        let open = rest.find(['"', '\''])?;
        let quote = rest[open..].chars().next()?;
        let close = open + 1 + rest[open + 1..].find(quote)?;
        let alone = tag[..at].ends_with(char::is_whitespace);
        let equals = rest[name.len()..].get(..open.checked_sub(name.len())?)?;
        (alone && equals.trim() == "=").then(|| (&rest[open + 1..close], &rest[..=close]))
    })
}

/// Escapes each `&` outside CDATA and comments that begins no reference, and counts them.
fn escape_bare_ampersands(bytes: &[u8]) -> (Vec<u8>, usize) {
    let mut mended = Vec::with_capacity(bytes.len() + 64);
    let mut count = 0;
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        let opaque = [(&b"<![CDATA["[..], &b"]]>"[..]), (b"<!--", b"-->")]
            .into_iter()
            .find(|(start, _)| rest.starts_with(start));
        if let Some((start, end)) = opaque {
            let inner = rest.get(start.len()..).unwrap_or_default();
            let length = inner
                .windows(end.len())
                .position(|window| window == end)
                .map_or(rest.len(), |at| start.len() + at + end.len());
            let (whole, after) = rest.split_at(length);
            mended.extend_from_slice(whole);
            rest = after;
            continue;
        }
        mended.push(byte);
        rest = rest.get(1..).unwrap_or_default();
        if byte == b'&' && !begins_reference(rest) {
            mended.extend_from_slice(b"amp;");
            count += 1;
        }
    }
    (mended, count)
}

/// Whether what follows an `&` is "name;", "#123;" or "#x1F;".
fn begins_reference(after: &[u8]) -> bool {
    // The longest name of HTML has 31 letters.
    let Some(end) = after.iter().take(33).position(|byte| *byte == b';') else {
        return false;
    };
    match &after[..end] {
        [b'#', b'x' | b'X', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit)
        }
        [b'#', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        [first, name @ ..] => {
            first.is_ascii_alphabetic() && name.iter().all(u8::is_ascii_alphanumeric)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ampersands_that_begin_no_reference_are_escaped() {
        for (before, after, count) in [
            ("A & B", "A &amp; B", 1),
            ("?a=1&b=2&amp;c", "?a=1&amp;b=2&amp;c", 1),
            ("&#38;&#x26;&nbsp;", "&#38;&#x26;&nbsp;", 0),
            ("&#;&#xg;&;&", "&amp;#;&amp;#xg;&amp;;&amp;", 4),
            (
                "<![CDATA[a & b]]> & <!-- & -->",
                "<![CDATA[a & b]]> &amp; <!-- & -->",
                1,
            ),
            ("<![CDATA[a & b", "<![CDATA[a & b", 0),
        ] {
            let (mended, found) = escape_bare_ampersands(before.as_bytes());
            assert_eq!(
                (String::from_utf8(mended).unwrap().as_str(), found),
                (after, count)
            );
        }
    }

    #[test]
    fn rss_of_no_known_version_is_declared_to_be_2() {
        for (before, after) in [
            ("<rss><channel/>", Some("<rss version=\"2.0\"><channel/>")),
            (
                "<rss version='0.93' x='1'>",
                Some("<rss version=\"2.0\"   x='1'>"),
            ),
            (
                "<?xml version='1.0'?><rss\nversion = \"2.01\">",
                Some("<?xml version='1.0'?><rss version=\"2.0\"\n >"),
            ),
            (
                "<rss xmlns:version='a'>",
                Some("<rss version=\"2.0\" xmlns:version='a'>"),
            ),
            ("<rss version='2.0'>", None),
            ("<rss version=''>", None),
            ("<rssx>", None),
            ("<rss version='0.93", None),
            ("<feed>", None),
        ] {
            let found =
                declare_version(before.as_bytes()).map(|found| String::from_utf8(found).unwrap());
            assert_eq!(found.as_deref(), after, "{before}");
        }
    }
}
