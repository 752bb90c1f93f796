//! The formats a source may be in, and which reader reads which.
//!
//! In come bytes and what the configuration says they are, out comes the same [`Parsed`] whatever it
//! was. Where the configuration is plainly mistaken, [`hint`] says what to write instead.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use url::Url;

use super::{Error, Parsed, discover, encoding, feed, json_lines, markdown, page, sitemap};

/// `format` of a `[[source]]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// RSS, Atom or JSON Feed.
    #[default]
    Feed,
    /// A web page.
    Page,
    /// Markdown files with front matter.
    Markdown,
    /// A sitemap, or an index of sitemaps.
    Sitemap,
    /// One JSON object a line.
    Jsonl,
}

impl Kind {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Page => "page",
            Self::Markdown => "markdown",
            Self::Sitemap => "sitemap",
            Self::Jsonl => "jsonl",
        }
    }
}

/// Reads a document of one kind. `base` is what relative links are relative to; `content_type` is the
/// HTTP header. Bytes packed with gzip are unpacked first.
///
/// # Errors
/// [`Error`], which is about the bytes: asking again without a change of them does not help.
pub fn read(
    kind: Kind,
    bytes: &[u8],
    base: Option<&Url>,
    content_type: Option<&str>,
) -> Result<Parsed, Error> {
    let unpacked = unpacked(bytes)?;
    let bytes = unpacked.bytes.as_ref();
    let mut parsed = match kind {
        Kind::Feed if sitemap::is_one(bytes) => {
            let mut parsed = sitemap::parse(bytes, base, content_type)?;
            let remark = "is a sitemap, not a feed: read as format = \"sitemap\"";
            parsed.repaired.insert(0, remark.to_owned());
            parsed
        }
        Kind::Feed => feed::parse(bytes, base, content_type)?,
        Kind::Page => page::parse(bytes, base, content_type)?,
        Kind::Markdown => markdown::parse(bytes, base)?,
        Kind::Sitemap => sitemap::parse(bytes, base, content_type)?,
        Kind::Jsonl => json_lines::read(bytes, base)?,
    };
    if unpacked.cut_off {
        parsed
            .repaired
            .push("the gzip data is cut off: read as far as it goes".to_owned());
    }
    Ok(parsed)
}

/// The most a packed document may hold: the limit of the sitemap protocol.
const MOST_UNPACKED: u64 = 50 * 1024 * 1024;

/// Bytes that were packed, or were not.
#[derive(Debug)]
pub struct Unpacked<'a> {
    /// What was inside, or the bytes as they were.
    pub bytes: Cow<'a, [u8]>,
    /// They ended before their end: what came before it is here.
    pub cut_off: bool,
}

/// The bytes, unpacked if they are packed; told by the first two of them (RFC 1952 section 2.3.1).
///
/// # Errors
/// [`Error::Unread`] when nothing comes out, or more than 50 MB.
pub fn unpacked(bytes: &[u8]) -> Result<Unpacked<'_>, Error> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Ok(Unpacked {
            bytes: bytes.into(),
            cut_off: false,
        });
    }
    let mut out = Vec::new();
    let mut inner = MultiGzDecoder::new(bytes).take(MOST_UNPACKED + 1);
    let read = inner.read_to_end(&mut out);
    if u64::try_from(out.len()).is_ok_and(|length| length > MOST_UNPACKED) {
        let message = "it is larger than 50 MB when unpacked";
        return Err(Error::Unread(message.to_owned()));
    }
    match read {
        Err(error) if out.is_empty() => {
            Err(Error::Unread(format!("its gzip data is broken: {error}")))
        }
        ended => Ok(Unpacked {
            bytes: out.into(),
            cut_off: ended.is_err(),
        }),
    }
}

/// What to do when bytes could not be read as `kind`, if they are plainly something else.
#[must_use]
pub fn hint(
    kind: Kind,
    bytes: &[u8],
    base: Option<&Url>,
    content_type: Option<&str>,
) -> Option<String> {
    let unpacked = unpacked(bytes).ok()?;
    let bytes = unpacked.bytes.as_ref();
    let html = content_type.is_some_and(|kind| kind.trim().starts_with("text/html"));
    let found = match encoding::first_character(bytes)? {
        _ if sitemap::is_one(bytes) => Kind::Sitemap,
        b'-' if bytes.starts_with(b"---") => Kind::Markdown,
        b'+' if bytes.starts_with(b"+++") => Kind::Markdown,
        b'{' | b'[' if json_lines::read(bytes, base).is_ok() => Kind::Jsonl,
        b'h' if bytes.starts_with(b"http") && sitemap::parse(bytes, base, None).is_ok() => {
            Kind::Sitemap
        }
        b'<' if html || feed::is_page(&encoding::decoded(bytes, content_type), content_type) => {
            Kind::Page
        }
        b'<' if feed::parse(bytes, base, content_type).is_ok() => Kind::Feed,
        _ => return None,
    };
    match found {
        found if found == kind => None,
        Kind::Page => Some(page_hint(bytes, base)),
        Kind::Feed | Kind::Markdown | Kind::Sitemap | Kind::Jsonl => Some(format!(
            "it looks like format \"{0}\": try --format {0}",
            found.name()
        )),
    }
}

fn page_hint(bytes: &[u8], base: Option<&Url>) -> String {
    match discover::feeds(bytes, base).as_slice() {
        [] => "it is a page that links no feed; --format page reads it as it is".to_owned(),
        [one] => format!("the page says its feed is {one}"),
        [first, rest @ ..] => {
            let others: Vec<_> = rest.iter().map(Url::as_str).collect();
            format!(
                "the page names several feeds: {first}, {}",
                others.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    const MAP: &str = "<urlset><url><loc>https://harbour.example/a</loc></url></urlset>";

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn names_are_those_of_the_configuration() {
        for kind in [
            Kind::Feed,
            Kind::Page,
            Kind::Markdown,
            Kind::Sitemap,
            Kind::Jsonl,
        ] {
            let value = serde_json::Value::from(kind.name());
            assert_eq!(serde_json::from_value::<Kind>(value).unwrap(), kind);
        }
    }

    #[test]
    fn a_sitemap_called_a_feed_is_read_and_said() {
        for bytes in [MAP.as_bytes().to_vec(), packed(MAP.as_bytes())] {
            let parsed = read(Kind::Feed, &bytes, None, None).unwrap();
            assert_eq!(parsed.items.len(), 1);
            assert_eq!(
                parsed.repaired,
                ["is a sitemap, not a feed: read as format = \"sitemap\""]
            );
        }
    }

    #[test]
    fn packed_bytes_are_bounded_and_may_be_cut_off() {
        let whole = packed(MAP.repeat(40).as_bytes());
        let parsed = read(Kind::Sitemap, &whole[..whole.len() - 12], None, None).unwrap();
        assert_eq!(
            parsed.repaired.last().unwrap(),
            "the gzip data is cut off: read as far as it goes"
        );
        let bomb = packed(&vec![b' '; 50 * 1024 * 1024 + 1]);
        let error = read(Kind::Sitemap, &bomb, None, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot be read: it is larger than 50 MB when unpacked"
        );
        let error = read(Kind::Sitemap, b"\x1f\x8bnot", None, None).unwrap_err();
        assert!(error.to_string().contains("its gzip data is broken"));
    }

    #[test]
    fn what_is_plainly_something_else_is_named() {
        let base = Url::parse("https://harbour.example/news/").unwrap();
        let page = |links: &str| format!("<!doctype html><html><head>{links}</head>");
        let link =
            |href: &str| format!("<link rel=alternate type='application/rss+xml' href='{href}'>");
        for (kind, text, said) in [
            (Kind::Feed, MAP.to_owned(), Some("--format sitemap")),
            (
                Kind::Feed,
                "---\ntitle: A\n---\n".to_owned(),
                Some("--format markdown"),
            ),
            (
                Kind::Feed,
                "{\"url\":\"/a\",\"title\":\"A\"}\n".to_owned(),
                Some("--format jsonl"),
            ),
            (
                Kind::Sitemap,
                "<rss version='2.0'><channel><title>T</title></channel></rss>".to_owned(),
                Some("--format feed"),
            ),
            (
                Kind::Feed,
                page(&link("/feed.xml")),
                Some("its feed is https://harbour.example/feed.xml"),
            ),
            (
                Kind::Feed,
                page(&(link("a.xml") + &link("b.xml"))),
                Some("several feeds: https://harbour.example/news/a.xml, https://"),
            ),
            (Kind::Feed, page(""), Some("links no feed")),
            (Kind::Page, page(""), None),
            (Kind::Feed, "GIF89a".to_owned(), None),
            (Kind::Feed, String::new(), None),
        ] {
            let found = hint(kind, text.as_bytes(), Some(&base), None);
            match said {
                None => assert_eq!(found, None, "{text}"),
                Some(said) => assert!(found.clone().unwrap().contains(said), "{found:?}"),
            }
        }
    }
}
