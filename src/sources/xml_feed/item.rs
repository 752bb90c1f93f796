//! One item or entry: which element becomes which field.

use url::Url;

use super::node::{Node, Space};
use super::{inner_base, media, people, text};
use crate::sources::feed::web_url;
use crate::sources::picture::first_picture;
use crate::sources::{Format, Item, dates};

/// What a feed says for all its items.
pub(super) struct Around {
    pub(super) base: Option<Url>,
    pub(super) language: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) format: Format,
}

pub(super) fn item(node: &Node, around: &Around) -> Item {
    let base = inner_base(node, around.base.as_ref());
    let base = base.as_ref();
    let id = ["guid", "id"]
        .into_iter()
        .find_map(|name| node.text_of(Space::Core, name))
        .or_else(|| node.prefixed("about").map(str::to_owned));
    let link = link_of(node, base).or_else(|| page_of_id(node, id.as_deref()));
    let content_markup = body(node, CONTENTS, around.format);
    // What a picture shows tells of the article only where nothing else does.
    let summary_markup = body(node, SUMMARIES, around.format).or_else(|| match content_markup {
        Some(_) => None,
        None => media::description(node),
    });
    let picture = media::picture(node, base);
    let shown = [&content_markup, &summary_markup]
        .into_iter()
        .flatten()
        .find_map(|markup| first_picture(markup, link.as_ref().or(base), picture.as_ref()));
    let described = || picture.as_ref().and_then(|_| media::description(node));
    let own = people::of_item(node, around.format);
    let published_at = date(node, PUBLISHED);
    let updated_at = date(node, UPDATED).or_else(|| dates::parse(node.attribute("lastmod")?));
    Item {
        canonical_url: None,
        title: title_of(node, around.format),
        image_alt: shown
            .as_ref()
            .and_then(|shown| shown.alt.clone())
            .or_else(described),
        image_url: picture.or_else(|| shown.map(|shown| shown.url)),
        summary_markup,
        content_markup,
        authors: if own.is_empty() {
            around.authors.clone()
        } else {
            own
        },
        categories: categories(node),
        tags: tags(node),
        language: language(node).or_else(|| around.language.clone()),
        published_at,
        // The one date of RSS is both: programs move it when they change the article.
        updated_at: updated_at.or(published_at),
        id: id.unwrap_or_default(),
        link,
    }
}

/// The language an item or its texts declare.
fn language(node: &Node) -> Option<String> {
    let said = |node: &Node| node.attribute("xml:lang").map(str::to_owned);
    let texts = ["content", "summary", "title"].into_iter();
    said(node)
        .or_else(|| node.text_of(Space::Dublin, "language"))
        .or_else(|| {
            texts
                .flat_map(|name| node.all(Space::Core, name))
                .find_map(said)
        })
}

type Names = &'static [(Space, &'static str)];

const CONTENTS: Names = &[
    (Space::Content, "encoded"),
    (Space::Core, "encoded"),
    (Space::Core, "content"),
    (Space::Core, "body"),
    (Space::Other, "body"),
    (Space::Core, "fullitem"),
    (Space::Other, "fullitem"),
];
const SUMMARIES: Names = &[
    (Space::Core, "summary"),
    (Space::Core, "description"),
    (Space::Core, "abstract"),
    (Space::Core, "tagline"),
    (Space::Dublin, "description"),
    (Space::Dublin, "abstract"),
    (Space::Itunes, "summary"),
    (Space::Itunes, "subtitle"),
    (Space::Other, "description"),
];
const PUBLISHED: Names = &[
    (Space::Core, "published"),
    (Space::Core, "issued"),
    (Space::Core, "pubdate"),
    (Space::Dublin, "issued"),
    (Space::Dublin, "date"),
    (Space::Core, "created"),
    (Space::Dublin, "created"),
    (Space::Core, "date"),
    (Space::Other, "published"),
];
/// `dc:date` is "a point in time in the life of" a thing: the last known change is one.
const UPDATED: Names = &[
    (Space::Core, "updated"),
    (Space::Core, "modified"),
    (Space::Dublin, "modified"),
    (Space::Dublin, "date"),
    (Space::Other, "updated"),
];

/// The first of these dates that can be read: a broken one does not hide a good one.
fn date(node: &Node, names: Names) -> Option<i64> {
    names
        .iter()
        .flat_map(|(space, name)| node.all(*space, name))
        .find_map(|found| dates::parse(&found.text()))
}

fn body(node: &Node, names: Names, format: Format) -> Option<String> {
    names
        .iter()
        .flat_map(|(space, name)| node.all(*space, name))
        .find_map(|found| text::body(found, format))
}

/// A feed's or an item's title, by whoever gives one.
pub(super) fn title_of(node: &Node, format: Format) -> Option<String> {
    let media = || {
        let inner = ["group", "content"].into_iter();
        inner
            .flat_map(|name| node.all(Space::Media, name))
            .flat_map(|group| group.all(Space::Media, "title"))
    };
    [
        Space::Core,
        Space::Dublin,
        Space::Itunes,
        Space::Media,
        Space::Other,
    ]
    .into_iter()
    .flat_map(|space| node.all(space, "title"))
    .chain(media())
    .map(|title| text::markup(title, format))
    .find(|title| !title.trim().is_empty())
}

/// The link to the page itself, as an attribute or as text: pages before other files, and never to
/// comments, enclosures, or the feed.
pub(super) fn link_of(node: &Node, base: Option<&Url>) -> Option<Url> {
    let resolve = |link: &Node| {
        let base = inner_base(link, base);
        let address = link.attribute("href").map(str::to_owned);
        let address = address.or_else(|| link.prefixed("resource").map(str::to_owned));
        web_url(&address.unwrap_or_else(|| link.text()), base.as_ref())
    };
    let links = || {
        node.nodes().filter(|child| {
            child.name == "link"
                && child.space == Space::Core
                && child.attribute("rel").is_none_or(is_alternate)
        })
    };
    let is_page = |link: &&Node| {
        link.attribute("type")
            .is_none_or(|kind| kind.contains("html"))
    };
    links()
        .filter(is_page)
        .chain(links())
        .find_map(resolve)
        // CDF: the item itself, or an anchor in it.
        .or_else(|| web_url(node.attribute("href")?, base))
        .or_else(|| web_url(node.first(Space::Core, "a")?.attribute("href")?, base))
}

/// "alternate", also among others and as the whole address that it is short for.
fn is_alternate(rel: &str) -> bool {
    rel.split_whitespace().any(|rel| {
        rel.eq_ignore_ascii_case("alternate")
            || rel == "http://www.iana.org/assignments/relation/alternate"
    })
}

/// An id that is a whole web address is the article's, unless a guid says that it is none.
fn page_of_id(node: &Node, id: Option<&str>) -> Option<Url> {
    let denied = node
        .first(Space::Core, "guid")
        .and_then(|guid| guid.attribute("ispermalink"))
        .is_some_and(|said| said.eq_ignore_ascii_case("false"));
    web_url(id?, None).filter(|_| !denied)
}

/// Categories as people would read them: the label before the term.
fn categories(node: &Node) -> Vec<String> {
    let name = |child: &Node| match (child.space, child.name.as_str()) {
        (Space::Core | Space::Itunes, "category") => {
            let said = ["label", "term", "text"];
            let said = said.into_iter().find_map(|name| child.attribute(name));
            Some(said.map_or_else(|| child.text(), str::to_owned))
        }
        (Space::Dublin, "subject") | (Space::Media, "category") => Some(child.text()),
        _ => None,
    };
    distinct(node.nodes().filter_map(name))
}

/// Keywords, which come in one text with commas.
fn tags(node: &Node) -> Vec<String> {
    let groups = node.all(Space::Media, "group").flat_map(Node::nodes);
    let keywords = node
        .nodes()
        .chain(groups)
        .filter(|child| child.name == "keywords" && child.space != Space::Core)
        .map(Node::text);
    let keywords: Vec<String> = keywords.collect();
    distinct(
        keywords
            .iter()
            .flat_map(|text| text.split(','))
            .map(|word| word.trim().to_owned()),
    )
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    /// More are no categories any more.
    const MOST: usize = 100;
    let mut known: Vec<String> = Vec::new();
    for name in names.filter(|name| !name.is_empty()).take(MOST) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    fn read(inner: &str) -> Item {
        let tree = tree::read(&format!(
            "<rss><channel><item>{inner}</item></channel></rss>"
        ));
        let around = Around {
            base: Url::parse("https://a.example/").ok(),
            language: None,
            authors: Vec::new(),
            format: Format::Rss2,
        };
        item(tree.items.iter().next().unwrap(), &around)
    }

    #[test]
    fn the_article_is_found_by_link_or_id() {
        for (inner, link) in [
            (
                "<link>1</link><guid>https://b.example/2</guid>",
                Some("https://a.example/1"),
            ),
            (
                "<link/><guid>https://b.example/2</guid>",
                Some("https://b.example/2"),
            ),
            (
                "<guid isPermaLink='true'>https://b.example/2</guid>",
                Some("https://b.example/2"),
            ),
            ("<guid isPermaLink='false'>https://b.example/2</guid>", None),
            ("<guid>2</guid>", None),
            ("<link>tag:a,b</link>", None),
            (
                "<atom:link rel='self' href='3'/><atom:link rel='alternate' href='4'/>",
                Some("https://a.example/4"),
            ),
            (
                "<comments>5</comments><link xml:base='x/'>6</link>",
                Some("https://a.example/x/6"),
            ),
            (
                "<link>www.b.example/7</link>",
                Some("https://www.b.example/7"),
            ),
        ] {
            let found = read(inner);
            assert_eq!(found.link.as_ref().map(Url::as_str), link, "{inner}");
        }
    }

    #[test]
    fn dates_come_from_whichever_element_holds_one() {
        for (inner, published, updated) in [
            (
                "<pubDate>Thu, 01 Jan 1970 00:00:01 GMT</pubDate>",
                Some(1),
                Some(1),
            ),
            (
                "<pubDate>soon</pubDate><dc:date>1970-01-01T00:00:02Z</dc:date>",
                Some(2),
                Some(2),
            ),
            (
                "<a10:updated>1970-01-01T00:00:03Z</a10:updated><dcterms:issued>1970-01-01T00:00:04Z</dcterms:issued>",
                Some(4),
                Some(3),
            ),
            (
                "<atom:published>1970-01-01T00:00:05Z</atom:published>",
                Some(5),
                Some(5),
            ),
            (
                "<expirationDate>1970-01-01T00:00:05Z</expirationDate>",
                None,
                None,
            ),
        ] {
            let found = read(inner);
            assert_eq!(
                (found.published_at, found.updated_at),
                (published, updated),
                "{inner}"
            );
        }
    }

    #[test]
    fn texts_and_names_come_from_the_modules_in_use() {
        let found = read(
            "<dc:title>T</dc:title><itunes:summary>S</itunes:summary><content:encoded>C</content:encoded>\
             <dc:creator>Ida</dc:creator><author>ida@a.example (Ida)</author><category>A</category>\
             <dc:subject>B</dc:subject><category>A</category><itunes:keywords>x, y,,x</itunes:keywords>\
             <dc:language>nn</dc:language>",
        );
        assert_eq!(found.title.as_deref(), Some("T"));
        assert_eq!(found.summary_markup.as_deref(), Some("S"));
        assert_eq!(found.content_markup.as_deref(), Some("C"));
        assert_eq!(found.authors, ["Ida"]);
        assert_eq!(found.categories, ["A", "B"]);
        assert_eq!(found.tags, ["x", "y"]);
        assert_eq!(found.language.as_deref(), Some("nn"));
    }
}
