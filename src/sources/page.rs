//! An article page: bytes in, the article and what the page says of it out.
//!
//! Promises: any bytes give a [`Page`] or an [`Error`], in time and memory proportional to their number
//! and never by way of a deep tree; markup that comes out holds nothing active. What is trusted most
//! stands in `page/facts.rs`, what is left out in `page/boilerplate.rs`. Fetching is left to the caller,
//! and so is a thread that may be kept busy for a while.

use jiff::Timestamp;
use jiff::tz::Offset;
use url::Url;

use super::feed::escape;
use super::{Error, Format, Item, Parsed, discover};

mod body;
mod boilerplate;
mod charset;
mod facts;
mod head;
mod json_ld;
mod names;
mod text;
mod tidy;
mod when;

/// Pages beyond this are read this far: the article stands in front.
const MOST_BYTES: usize = 6_000_000;
const MOST_REFERENCES: usize = 100_000;
/// JSON-LD may stand in for what was found in the page when it is this much longer.
const BODY_FACTOR: usize = 2;

/// An article, as its page shows it. Every text is untrusted; only `html` is markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Its title, without the site's name.
    pub title: Option<String>,
    /// Who wrote it, names separated by commas.
    pub byline: Option<String>,
    /// When it was published, Unix seconds.
    pub published_at: Option<i64>,
    /// How far the page's clock is east of UTC, seconds: readers know the day by it.
    pub offset_seconds: i32,
    /// When it was last changed, Unix seconds.
    pub updated_at: Option<i64>,
    /// The language it declares (BCP 47, unchecked).
    pub language: Option<String>,
    /// The picture it wants to be shown with.
    pub image_url: Option<Url>,
    /// What the picture shows.
    pub image_alt: Option<String>,
    /// What its site is called.
    pub site: Option<String>,
    /// Its section of the site.
    pub category: Option<String>,
    /// Its keywords.
    pub tags: Vec<String>,
    /// A summary in a sentence or two.
    pub description: Option<String>,
    /// The address it calls the right one (RFC 6596), else the one it wants to be shared by.
    pub canonical_url: Option<Url>,
    /// It is an AMP page, and so only a copy of the canonical one.
    pub is_amp: bool,
    /// Its AMP copy.
    pub amp_url: Option<Url>,
    /// Feeds it links to.
    pub feeds: Vec<Url>,
    /// The article in paragraphs of plain text; may be empty.
    pub text: String,
    /// The article as harmless markup with absolute links.
    pub html: String,
    /// The page was longer than is read of one.
    pub cut: bool,
}

/// Reads a page. `url` is where it was found, `content_type` the HTTP header.
///
/// # Errors
/// [`Error`], which is about the bytes: asking again without a change of them does not help.
pub fn read(bytes: &[u8], url: Option<&Url>, content_type: Option<&str>) -> Result<Page, Error> {
    let length = bytes.len();
    let bytes = &bytes[..length.min(MOST_BYTES)];
    if bytes
        .iter()
        .all(|byte| byte.is_ascii_whitespace() || *byte == 0)
    {
        return Err(Error::Empty);
    }
    let decoded = charset::decoded(bytes, content_type);
    let whole = decoded.len();
    let decoded = front(&decoded);
    let head = head::read(decoded, url);
    let facts = facts::weigh(&head, url);
    let tidied = tidy::tidy(decoded);
    let cut = tidied.cut || length > bytes.len() || whole > decoded.len();
    let mut body = body::find(
        &tidied.markup,
        (facts.title.as_deref(), facts.description.as_deref()),
        head.base.as_ref(),
    );
    if let Some(repeated) = facts.body.as_deref() {
        let repeated = text::of(repeated);
        if repeated.len() > 200 && repeated.len() > body.text.len() * BODY_FACTOR {
            body = body::of_text(&repeated);
        }
    }
    if body.text.is_empty() && facts.title.is_none() {
        return Err(Error::NoArticle);
    }
    Ok(Page {
        title: facts.title,
        byline: facts.byline,
        published_at: facts.published.map(|when| when.at),
        offset_seconds: facts.published.map_or(0, |when| when.offset),
        updated_at: facts.updated.map(|when| when.at),
        language: facts.language,
        image_url: facts.image_url,
        image_alt: facts.image_alt,
        site: facts.site,
        category: facts.category,
        tags: facts.tags,
        description: facts.description,
        canonical_url: facts.canonical_url,
        is_amp: head.is_amp,
        amp_url: facts.amp_url,
        feeds: discover::feeds(bytes, url),
        cut,
        text: body.text,
        html: body.html,
    })
}

/// The page up to where it has more character references than any text needs: each of them costs a
/// search, and five megabytes of them cost seconds.
fn front(text: &str) -> &str {
    let references = text.match_indices('&').map(|(at, _)| at);
    let mut references = references.filter(|at| {
        let next = text.as_bytes().get(at + 1);
        next.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'#')
    });
    let end = references.nth(MOST_REFERENCES).unwrap_or(text.len());
    &text[..end]
}

/// Reads a page as a source with one item.
///
/// # Errors
/// Like [`read`].
pub fn parse(
    bytes: &[u8],
    base: Option<&Url>,
    content_type: Option<&str>,
) -> Result<Parsed, Error> {
    let page = read(bytes, base, content_type)?;
    let shortened = "is longer than is read of a page: only its beginning was read";
    let repaired = page.cut.then(|| shortened.to_owned());
    Ok(Parsed {
        title: page.site.as_deref().map(escape),
        link: page.canonical_url.clone().or_else(|| base.cloned()),
        language: page.language.clone(),
        format: Format::Page,
        items: vec![page.into_item(base)],
        repaired: repaired.into_iter().collect(),
    })
}

impl Page {
    /// The page as an item of a source; `url` is where it was found.
    #[must_use]
    pub fn into_item(self, url: Option<&Url>) -> Item {
        let link = url.cloned().or_else(|| self.canonical_url.clone());
        Item {
            id: link.as_ref().map(Url::to_string).unwrap_or_default(),
            canonical_url: self.canonical_url,
            title: self.title.as_deref().map(escape),
            summary_markup: self.description.as_deref().map(escape),
            content_markup: (!self.html.is_empty()).then_some(self.html),
            authors: self.byline.into_iter().collect(),
            categories: self.category.into_iter().collect(),
            tags: self.tags,
            image_url: self.image_url,
            image_alt: self.image_alt,
            language: self.language,
            published_at: self.published_at,
            updated_at: self.updated_at,
            link,
        }
    }

    /// When it was published, as RFC 3339 by the page's own clock.
    #[must_use]
    pub fn published(&self) -> Option<String> {
        self.told_by_its_clock(self.published_at?)
    }

    /// When it was last changed, as RFC 3339 by the page's own clock.
    #[must_use]
    pub fn updated(&self) -> Option<String> {
        self.told_by_its_clock(self.updated_at?)
    }

    fn told_by_its_clock(&self, at: i64) -> Option<String> {
        let at = Timestamp::from_second(at).ok()?;
        let offset = Offset::from_seconds(self.offset_seconds).unwrap_or(Offset::UTC);
        Some(if offset == Offset::UTC {
            at.to_string()
        } else {
            at.display_with_offset(offset).to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: &str = include_str!("../../tests/fixtures/pages/harbour.html");

    fn url() -> Url {
        Url::parse("https://quay.example/2026/11/20/boats").unwrap()
    }

    #[test]
    fn hostile_pages_cost_no_more_than_their_size() {
        for markup in [
            "<div>",
            "<a>",
            "<table><tr><td>",
            "<b><p>",
            "<b><i>",
            "<ul><li>",
            "<svg>",
            "<",
            "&amp;",
        ] {
            let page = format!("<title>Boats</title>{}", markup.repeat(20_000));
            let page = read(page.as_bytes(), None, None).unwrap();
            assert_eq!(page.title.as_deref(), Some("Boats"), "{markup}");
        }
    }

    #[test]
    fn nothing_active_comes_out() {
        let text = "The boats of the quay went out, said the harbour master, as usual. ".repeat(12);
        let page = format!(
            "<title>Boats</title><article><p onclick=x()>{text}<a href='javascript:x()'>a</a>\
             <a href='/b' style='x'>b</a><img src=x onerror=x()><script>x()</script></p><p>{text}\
             <iframe src=//evil.example></iframe><form><input></form><svg onload=x()><style>x</style></svg>\
             <a href='data:text/html,x'>c</a></p></article>"
        );
        let page = read(page.as_bytes(), Some(&url()), None).unwrap();
        for mark in [
            "javascript:",
            "onclick",
            "onerror",
            "<script",
            "style",
            "<iframe",
            "<form",
            "<svg",
            "data:",
        ] {
            assert!(!page.html.contains(mark), "{mark}: {}", page.html);
        }
        assert!(
            page.html.contains("href=\"https://quay.example/b\""),
            "{}",
            page.html
        );
    }

    #[test]
    fn what_is_no_article_is_refused() {
        assert_eq!(read(b" \n\0", None, None), Err(Error::Empty));
        assert_eq!(read(b"<p>", None, None), Err(Error::NoArticle));
        let long = "A word of the harbour master, and another. ".repeat(40);
        let json = format!(
            "<title>T</title><script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\
            \"articleBody\":\"{long}\"}}</script><p>Please log in."
        );
        let page = read(json.as_bytes(), None, None).unwrap();
        assert!(
            page.text.starts_with("A word of the harbour"),
            "{}",
            page.text
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn any_bytes_are_a_page_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _either = read(&bytes, None, None);
        }

        #[test]
        fn broken_pages_are_a_page_or_an_error(
            cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..40, ".{0,6}"), 1..9),
        ) {
            let mut bytes = PAGE.as_bytes().to_vec();
            for (at, length, insert) in cuts {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, insert.bytes());
            }
            if let Ok(page) = read(&bytes, Some(&url()), None) {
                prop_assert!(!page.html.contains("<script"));
                prop_assert!(page.image_url.is_none_or(|url| url.scheme().starts_with("http")));
            }
        }
    }
}
