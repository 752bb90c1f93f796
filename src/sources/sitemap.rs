//! Sitemaps: the protocol of sitemaps.org, Google's news and picture extensions, and plain lists.
//!
//! In come bytes, out come items of what the map says: always a link, with a news map a title and a
//! date too. An item of a plain map has no title; whoever wants one asks its page. An index gives its
//! sitemaps as items, newest first, for [`follow`](super::follow) to read. What is broken is read as
//! far as it goes.

use url::Url;

use super::Item;
use super::feed::{self, escape, web_url};
use super::xml_feed::{Node, tree};
use super::{Error, Format, Parsed};
use super::{dates, encoding};

/// The most addresses one file may list, by the protocol.
const MOST_URLS: usize = 50_000;
/// Of these, the newest so many become items: a map lists a site's whole past.
pub(super) const MOST_ITEMS: usize = 500;
/// Longer addresses are refused by the protocol.
const URL_BYTES: usize = 2_048;
const MOST_TAGS: usize = 30;

/// Whether bytes are a sitemap or an index of some, by their first element.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let beginning = beginning(bytes);
    let at = |name: &str| {
        let plain = beginning.find(&format!("<{name}"));
        plain.or_else(|| beginning.find(&format!(":{name}")))
    };
    at("urlset").or_else(|| at("sitemapindex")).is_some()
        && !["<rss", "<feed", "<html", "<!doctype html"]
            .iter()
            .any(|other| beginning.contains(other))
}

fn beginning(bytes: &[u8]) -> String {
    // Style sheets and comments stand before the first element of some maps.
    let head = &bytes[..bytes.len().min(4_096)];
    // UTF-16 loses its zeros; the names are ASCII.
    let text: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&text).to_ascii_lowercase()
}

/// Reads a sitemap, an index, a list of one address a line, or a feed given as one.
pub(super) fn parse(
    bytes: &[u8],
    base: Option<&Url>,
    content_type: Option<&str>,
) -> Result<Parsed, Error> {
    match encoding::first_character(bytes) {
        None => Err(Error::Empty),
        Some(b'<') if is_one(bytes) => xml(bytes, base, content_type),
        Some(b'<') if feed::is_page(&encoding::decoded(bytes, content_type), content_type) => {
            Err(Error::Not("a sitemap but a page"))
        }
        Some(b'<') => {
            // Search engines take feeds for sitemaps, and sites name them so.
            let mut parsed = feed::parse(bytes, base, content_type)
                .map_err(|_no_feed| Error::Not("a sitemap"))?;
            let remark = "is a feed, not a sitemap: read as format = \"feed\"";
            parsed.repaired.insert(0, remark.to_owned());
            Ok(parsed)
        }
        Some(_) => lines(bytes, content_type),
    }
}

fn xml(bytes: &[u8], base: Option<&Url>, content_type: Option<&str>) -> Result<Parsed, Error> {
    let text = encoding::decoded(bytes, content_type);
    let tree::Tree { root, faults, .. } = tree::read(&text);
    let named = |name: &str| root.nodes().find(|node| node.name == name);
    let (outer, format) = match (named("urlset"), named("sitemapindex")) {
        (Some(outer), _) => (outer, Format::Sitemap),
        (None, Some(outer)) => (outer, Format::SitemapIndex),
        (None, None) => return Err(Error::Not("a sitemap")),
    };
    let mut repaired = Vec::new();
    let lower = beginning(&text.as_bytes()[text.len().saturating_sub(200)..]);
    if !lower.contains("urlset>") && !lower.contains("sitemapindex>") && !lower.contains("/>") {
        repaired.push("the sitemap is cut off: read as far as it goes".to_owned());
    }
    if faults.too_many > 0 {
        repaired.push("holds more than is read of a sitemap".to_owned());
    }
    let entries = outer.nodes().take(MOST_URLS);
    let items = entries.filter_map(|node| match node.name.as_str() {
        "url" => item(node, base),
        "sitemap" => child_map(node, base),
        _ => None,
    });
    let items = items.collect();
    Ok(parsed(format, items, repaired))
}

/// A list of addresses, one a line.
fn lines(bytes: &[u8], content_type: Option<&str>) -> Result<Parsed, Error> {
    let text = encoding::decoded(bytes, content_type);
    let mut items = Vec::new();
    let mut left_out = 0_usize;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if items.len() + left_out == MOST_URLS {
            break;
        }
        match address(line, None) {
            Some(url) => items.push(Item {
                id: url.to_string(),
                link: Some(url),
                ..Item::default()
            }),
            None => left_out += 1,
        }
        // A list says so in its first lines; anything else is some other text.
        if left_out > 10 && left_out > items.len() {
            return Err(Error::Not("a sitemap"));
        }
    }
    if items.is_empty() {
        return Err(Error::Not("a sitemap"));
    }
    let mut repaired = Vec::new();
    if left_out > 0 {
        let lines = if left_out == 1 { "line" } else { "lines" };
        repaired.push(format!("left out {left_out} {lines} without an address"));
    }
    Ok(parsed(Format::Sitemap, items, repaired))
}

fn parsed(format: Format, mut items: Vec<Item>, repaired: Vec<String>) -> Parsed {
    newest(&mut items);
    Parsed {
        title: None,
        link: None,
        language: None,
        format,
        items,
        repaired,
    }
}

/// Keeps the newest items, each address once, newest first; those without a date come last in the
/// order they had.
pub(super) fn newest(items: &mut Vec<Item>) {
    items.sort_by_key(|item| std::cmp::Reverse(item.published_at.max(item.updated_at)));
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.link.clone()));
    items.truncate(MOST_ITEMS);
}

fn child<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    node.nodes().find(|child| child.name == name)
}

fn text(node: &Node, name: &str) -> Option<String> {
    child(node, name)
        .map(Node::text)
        .filter(|text| !text.is_empty())
}

fn address(text: &str, base: Option<&Url>) -> Option<Url> {
    let text = text.trim();
    let url = (text.len() <= URL_BYTES).then(|| web_url(text, base))??;
    Some(url)
}

/// One `<url>`; none if it has no address, or is the front page, which is no article.
fn item(node: &Node, base: Option<&Url>) -> Option<Item> {
    let link = address(&text(node, "loc")?, base)?;
    if link.path() == "/" && link.query().is_none() {
        return None;
    }
    let news = child(node, "news");
    let publication = news.and_then(|news| child(news, "publication"));
    let date = |node: Option<&Node>, name| dates::parse(&text(node?, name)?);
    let picture = child(node, "image").and_then(|image| {
        let url = address(&text(image, "loc")?, base)?;
        let shown = text(image, "caption").or_else(|| text(image, "title"));
        Some((url, shown))
    });
    let (image_url, image_alt) = picture.map_or((None, None), |(url, alt)| (Some(url), alt));
    let keywords = news.and_then(|news| text(news, "keywords"));
    Some(Item {
        id: link.to_string(),
        title: news
            .and_then(|news| text(news, "title"))
            .map(|title| escape(&title)),
        tags: keywords
            .unwrap_or_default()
            .split(',')
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty())
            .take(MOST_TAGS)
            .collect(),
        image_url,
        image_alt: image_alt.map(|alt| escape(&alt)),
        language: publication.and_then(|publication| text(publication, "language")),
        published_at: date(news, "publication_date"),
        updated_at: date(Some(node), "lastmod"),
        link: Some(link),
        ..Item::default()
    })
}

/// One `<sitemap>` of an index, on the same host as the index.
fn child_map(node: &Node, base: Option<&Url>) -> Option<Item> {
    let link = address(&text(node, "loc")?, base)?;
    let bare = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    if base.is_some_and(|base| bare(base) != bare(&link)) {
        return None;
    }
    Some(Item {
        id: link.to_string(),
        updated_at: text(node, "lastmod").and_then(|text| dates::parse(&text)),
        link: Some(link),
        ..Item::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEWS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <!-- made by the harbour's own program -->
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
            xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
            xmlns:xhtml="http://www.w3.org/1999/xhtml"
            xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc>https://harbour.example/</loc><lastmod>2026-11-23T10:00:00Z</lastmod></url>
        <url><loc>https://harbour.example/a?x=1&amp;y=2</loc>
            <lastmod>2026-11-23T09:00:00+01:00</lastmod>
            <xhtml:link rel="alternate" hreflang="de" href="https://harbour.example/de/a"/>
            <news:news><news:publication><news:name>Herald</news:name>
                <news:language>en</news:language></news:publication>
                <news:publication_date>2026-11-22</news:publication_date>
                <news:title>Crane &lt;No. 3&gt; & rope</news:title>
                <news:keywords>cranes, quay ,,</news:keywords></news:news>
            <image:image><image:loc>/crane.jpg</image:loc><image:caption>A crane</image:caption>
            </image:image></url>
        <url><loc>https://harbour.example/b</loc><lastmod>2026-11-24</lastmod></url>
        <url><loc>javascript:alert(1)</loc></url><url/>
        </urlset>"#;

    fn base() -> Url {
        Url::parse("https://www.harbour.example/sitemap.xml").unwrap()
    }

    fn links(parsed: &Parsed) -> Vec<&str> {
        let links = parsed.items.iter().filter_map(|item| item.link.as_ref());
        links.map(Url::as_str).collect()
    }

    #[test]
    fn a_news_map_gives_titles_dates_and_pictures() {
        let parsed = parse(NEWS.as_bytes(), Some(&base()), None).unwrap();
        assert_eq!(parsed.format, Format::Sitemap);
        assert_eq!(parsed.repaired, [] as [&str; 0]);
        assert_eq!(
            links(&parsed),
            [
                "https://harbour.example/b",
                "https://harbour.example/a?x=1&y=2"
            ]
        );
        let plain = &parsed.items[0];
        assert_eq!(
            (plain.title.as_ref(), plain.updated_at),
            (None, Some(1_795_478_400))
        );
        let news = Item {
            id: "https://harbour.example/a?x=1&y=2".to_owned(),
            link: Some(Url::parse("https://harbour.example/a?x=1&y=2").unwrap()),
            title: Some("Crane &lt;No. 3&gt; &amp; rope".to_owned()),
            tags: vec!["cranes".to_owned(), "quay".to_owned()],
            image_url: Some(Url::parse("https://www.harbour.example/crane.jpg").unwrap()),
            image_alt: Some("A crane".to_owned()),
            language: Some("en".to_owned()),
            published_at: Some(1_795_305_600),
            updated_at: Some(1_795_420_800),
            ..Item::default()
        };
        assert_eq!(parsed.items[1], news);
    }

    #[test]
    fn a_map_that_is_cut_off_is_read_as_far_as_it_goes() {
        let cut = &NEWS[..NEWS.find("2026-11-24").unwrap() + 4];
        let parsed = parse(cut.as_bytes(), Some(&base()), None).unwrap();
        assert_eq!(parsed.items.len(), 2);
        assert_eq!(
            parsed.repaired,
            ["the sitemap is cut off: read as far as it goes"]
        );
    }

    #[test]
    fn an_index_lists_the_maps_of_its_own_host_newest_first() {
        let index = "<sm:sitemapindex xmlns:sm='http://www.sitemaps.org/schemas/sitemap/0.9'>
            <sm:sitemap><sm:loc>https://harbour.example/2025.xml</sm:loc><sm:lastmod>2025-12-31</sm:lastmod></sm:sitemap>
            <sm:sitemap><sm:loc>/pages.xml</sm:loc></sm:sitemap>
            <sm:sitemap><sm:loc>https://elsewhere.example/x.xml</sm:loc></sm:sitemap>
            <sm:sitemap><sm:loc>https://harbour.example/2026.xml.gz</sm:loc><sm:lastmod>2026-11-23</sm:lastmod></sm:sitemap>
            </sm:sitemapindex>";
        let parsed = parse(index.as_bytes(), Some(&base()), None).unwrap();
        assert_eq!(parsed.format, Format::SitemapIndex);
        assert_eq!(
            links(&parsed),
            [
                "https://harbour.example/2026.xml.gz",
                "https://harbour.example/2025.xml",
                "https://www.harbour.example/pages.xml"
            ]
        );
    }

    #[test]
    fn a_list_of_addresses_is_a_map_and_other_texts_are_not() {
        let list = "\u{feff}https://harbour.example/a\r\n\r\n https://harbour.example/b\nftp://x\n\
            https://harbour.example/a\n";
        let parsed = parse(list.as_bytes(), None, None).unwrap();
        assert_eq!(
            links(&parsed),
            ["https://harbour.example/a", "https://harbour.example/b"]
        );
        assert_eq!(parsed.repaired, ["left out 1 line without an address"]);
        for (text, message) in [
            ("", "is empty"),
            ("hello\nworld", "is not a sitemap"),
            ("<opml/>", "is not a sitemap"),
            ("<!doctype html><html>", "is not a sitemap but a page"),
        ] {
            let error = parse(text.as_bytes(), None, None).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
        let feed = "<rss version='2.0'><channel><title>T</title></channel></rss>";
        let parsed = parse(feed.as_bytes(), None, None).unwrap();
        assert_eq!(parsed.format, Format::Rss2);
        assert_eq!(
            parsed.repaired,
            ["is a feed, not a sitemap: read as format = \"feed\""]
        );
    }

    #[test]
    fn only_the_newest_of_a_large_map_become_items() {
        let url = |number: usize| {
            let day = 1 + number % 28;
            format!(
                "<url><loc>https://harbour.example/{number}</loc><lastmod>2026-10-{day:02}</lastmod></url>"
            )
        };
        let urls: String = (0..2_000).map(url).collect();
        let map = format!("<urlset>{urls}</urlset>");
        let parsed = parse(map.as_bytes(), None, None).unwrap();
        assert_eq!(parsed.items.len(), MOST_ITEMS);
        assert_eq!(parsed.items[0].updated_at, dates::parse("2026-10-28"));
        assert!(
            parsed
                .items
                .iter()
                .all(|item| item.updated_at >= dates::parse("2026-10-21"))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_map_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _either = parse(&bytes, None, None);
        }

        #[test]
        fn broken_maps_are_a_map_or_an_error(
            cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..9, any::<Option<u8>>()), 1..6),
        ) {
            let mut bytes = NEWS.as_bytes().to_vec();
            for (at, length, insert) in cuts {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, insert);
            }
            if let Ok(parsed) = parse(&bytes, Some(&base()), None) {
                for item in parsed.items {
                    prop_assert!(item.link.is_some_and(|link| link.scheme().starts_with("http")));
                }
            }
        }
    }
}
