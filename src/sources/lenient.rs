//! Feeds the library refuses or finds empty: broken XML, Atom 0.3, odd encodings, names in any case.
//!
//! feed-rs goes first; this is the pass before giving up. It reads what is there into the same items
//! and never says that a feed is fine: whoever calls it notes that it was needed.

use base64::Engine as _;
use url::Url;

use super::Item;
use super::dates;
use super::feed::{escape, web_url};
use super::picture::first_picture;
use super::{Format, Parsed};

pub(super) mod tree;

use tree::{Child, Node, Space};

/// Reads a feed out of text that may be broken; nothing if it is none.
pub(super) fn parse(text: &str, base: Option<&Url>) -> Option<Parsed> {
    let root = tree::read(beginning(text)?);
    let outer = root.nodes().find(|node| is_feed(&node.name))?;
    let channel = outer
        .nodes()
        .find(|node| node.name == "channel")
        .unwrap_or(outer);
    let format = match outer.name.as_str() {
        "feed" => Format::Atom,
        "rdf" => Format::Rss1,
        _ => Format::Rss2,
    };
    let base = inner_base(outer, base);
    let base = inner_base(channel, base.as_ref());
    let link = link_of(channel, base.as_ref());
    let language = outer
        .attribute("xml:lang")
        .map(str::to_owned)
        .or_else(|| channel.first(Space::Core, "language").map(Node::text))
        .or_else(|| channel.first(Space::Dublin, "language").map(Node::text));
    let items: Vec<_> = [outer, channel]
        .into_iter()
        .take(if std::ptr::eq(outer, channel) { 1 } else { 2 })
        .flat_map(Node::nodes)
        .filter(|node| matches!(node.name.as_str(), "item" | "entry"))
        .map(|node| item(node, base.as_ref().or(link.as_ref()), language.as_deref()))
        .collect();
    Some(Parsed {
        title: title_of(channel),
        link,
        language,
        format,
        items,
        repaired: Vec::new(),
    })
}

fn is_feed(name: &str) -> bool {
    matches!(name, "rss" | "rdf" | "feed" | "channel")
}

/// The text from its first tag of a feed on: what stands before is junk.
fn beginning(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let starts = |mark: &str| lower.find(mark);
    let at = ["<?xml", "<rss", "<rdf:rdf", "<feed", "<channel"]
        .into_iter()
        .filter_map(starts)
        .min()?;
    // A prefix before the name: `<atom:feed`.
    let at = lower
        .find(":feed")
        .and_then(|end| lower[..end].rfind('<'))
        .map_or(at, |tag| tag.min(at));
    text.get(at..)
}

/// `xml:base` of an element, resolved against what stands around it (XML Base section 4).
fn inner_base(node: &Node, outer: Option<&Url>) -> Option<Url> {
    match node
        .attribute("xml:base")
        .and_then(|text| web_url(text, outer))
    {
        Some(url) => Some(url),
        None => outer.cloned(),
    }
}

fn item(node: &Node, base: Option<&Url>, language: Option<&str>) -> Item {
    let base = inner_base(node, base);
    let base = base.as_ref();
    let id = ["guid", "id"]
        .into_iter()
        .find_map(|name| node.first(Space::Core, name))
        .map(Node::text);
    let link = link_of(node, base).or_else(|| web_url(id.as_deref()?, None));
    let date = |names: &[(Space, &str)]| {
        names
            .iter()
            .find_map(|(space, name)| dates::parse(&node.first(*space, name)?.text()))
    };
    let content_markup = body(
        node,
        &[
            (Space::Content, "encoded"),
            (Space::Core, "content"),
            (Space::Core, "body"),
        ],
    );
    let summary_markup = body(
        node,
        &[
            (Space::Core, "summary"),
            (Space::Core, "description"),
            (Space::Core, "tagline"),
            (Space::Dublin, "description"),
            (Space::Itunes, "summary"),
        ],
    );
    let media = picture_of(node, base);
    let shown = [&content_markup, &summary_markup]
        .into_iter()
        .flatten()
        .find_map(|markup| first_picture(markup, link.as_ref().or(base), media.as_ref()));
    Item {
        canonical_url: None,
        title: title_of(node),
        summary_markup,
        content_markup,
        authors: authors(node),
        categories: categories(node),
        tags: Vec::new(),
        image_alt: shown.as_ref().and_then(|shown| shown.alt.clone()),
        image_url: media.or_else(|| shown.map(|shown| shown.url)),
        language: node.attribute("xml:lang").or(language).map(str::to_owned),
        published_at: date(&[
            (Space::Core, "published"),
            (Space::Core, "issued"),
            (Space::Core, "pubdate"),
            (Space::Dublin, "date"),
            (Space::Dublin, "issued"),
            (Space::Core, "created"),
            (Space::Dublin, "created"),
        ]),
        updated_at: date(&[
            (Space::Core, "updated"),
            (Space::Core, "modified"),
            (Space::Dublin, "modified"),
        ]),
        id: id.unwrap_or_default(),
        link,
    }
}

fn title_of(node: &Node) -> Option<String> {
    [Space::Core, Space::Dublin, Space::Media, Space::Other]
        .into_iter()
        .find_map(|space| node.first(space, "title"))
        .map(construct)
        .filter(|title| !title.trim().is_empty())
}

fn body(node: &Node, names: &[(Space, &str)]) -> Option<String> {
    names
        .iter()
        .find_map(|(space, name)| node.first(*space, name))
        .map(construct)
        .filter(|markup| !markup.trim().is_empty())
}

/// A text of RSS or Atom as markup: RFC 4287 section 3.1.1 for `type`, Atom 0.3 for `mode`.
fn construct(node: &Node) -> String {
    let kind = node
        .attribute("type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mode = node
        .attribute("mode")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let nested = node
        .children
        .iter()
        .any(|child| matches!(child, Child::Node(_)));
    let plain = matches!(kind.as_str(), "text" | "text/plain");
    let text = if mode == "base64" {
        let packed: String = node.text().chars().filter(|c| !c.is_whitespace()).collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(packed)
            .unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    } else if nested {
        return node.markup();
    } else {
        node.text()
    };
    if plain && mode != "base64" {
        escape(&text)
    } else {
        text
    }
}

/// The link to the article: `alternate` first, as an attribute or as text.
fn link_of(node: &Node, base: Option<&Url>) -> Option<Url> {
    let links = || {
        node.nodes()
            .filter(|child| child.name == "link" && child.space == Space::Core)
    };
    let resolve = |link: &Node| {
        let base = inner_base(link, base);
        match link.attribute("href") {
            Some(address) => web_url(address, base.as_ref()),
            None => web_url(&link.text(), base.as_ref()),
        }
    };
    let alternate = |link: &&Node| {
        link.attribute("rel")
            .is_none_or(|rel| rel.eq_ignore_ascii_case("alternate"))
    };
    links().filter(alternate).find_map(resolve).or_else(|| {
        // A guid is the article's address unless it says otherwise.
        let guid = node.first(Space::Core, "guid")?;
        let denied = guid
            .attribute("ispermalink")
            .is_some_and(|said| said.eq_ignore_ascii_case("false"));
        if denied {
            None
        } else {
            web_url(&guid.text(), None)
        }
    })
}

fn authors(node: &Node) -> Vec<String> {
    let names = node
        .nodes()
        .filter_map(|child| match (child.space, child.name.as_str()) {
            (Space::Core, "author" | "contributor") => Some(
                child
                    .first(Space::Core, "name")
                    .map_or_else(|| child.text(), Node::text),
            ),
            (Space::Dublin, "creator") | (Space::Itunes, "author") => Some(child.text()),
            _ => None,
        });
    names
        .filter(|name| !name.is_empty() && !name.contains('@'))
        .collect()
}

fn categories(node: &Node) -> Vec<String> {
    let names = node
        .nodes()
        .filter_map(|child| match (child.space, child.name.as_str()) {
            (Space::Core, "category") => match child.attribute("label").or(child.attribute("term"))
            {
                Some(name) => Some(name.to_owned()),
                None => Some(child.text()),
            },
            (Space::Dublin, "subject") => Some(child.text()),
            _ => None,
        });
    names.filter(|name| !name.is_empty()).collect()
}

fn picture_of(node: &Node, base: Option<&Url>) -> Option<Url> {
    let groups = node.all(Space::Media, "group");
    let places: Vec<&Node> = std::iter::once(node).chain(groups).collect();
    let is_image = |media: &&Node| {
        media.attribute("medium") == Some("image")
            || media
                .attribute("type")
                .is_some_and(|kind| kind.starts_with("image/"))
    };
    let content = places
        .iter()
        .flat_map(|place| place.all(Space::Media, "content"))
        .filter(is_image)
        .find_map(|media| web_url(media.attribute("url")?, base));
    let thumbnail = || {
        let all = places
            .iter()
            .flat_map(|place| place.all(Space::Media, "thumbnail"));
        all.into_iter()
            .find_map(|media| web_url(media.attribute("url")?, base))
    };
    let enclosure = || {
        let all = node.all(Space::Core, "enclosure").filter(is_image);
        all.into_iter()
            .find_map(|media| web_url(media.attribute("url")?, base))
    };
    content.or_else(enclosure).or_else(thumbnail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atom_0_3_and_broken_rss_are_read() {
        let atom = "junk\n<feed version='0.3' xmlns='http://purl.org/atom/ns#'><title>T</title><entry>\
            <title type='text/html' mode='escaped'>&#38;amp; more</title><link rel='alternate' href='/1'/>\
            <issued>2003-12-31T10:14:55Z</issued></entry></feed>";
        let base = Url::parse("https://a.example/").unwrap();
        let found = parse(atom, Some(&base)).unwrap();
        assert_eq!(
            (found.format, found.title.as_deref()),
            (Format::Atom, Some("T"))
        );
        assert_eq!(found.items[0].title.as_deref(), Some("&amp; more"));
        assert_eq!(
            found.items[0].link.as_ref().unwrap().as_str(),
            "https://a.example/1"
        );
        assert_eq!(found.items[0].published_at, Some(1_072_865_695));
        let rss = "<RSS><Channel><TiTlE>T</title><item><title>One<link>https://a.example/1</link>\
            <guid>x</guid></item><item><title>Two</title><guid>https://a.example/2</guid>";
        let found = parse(rss, None).unwrap();
        let links: Vec<_> = found
            .items
            .iter()
            .map(|item| item.link.as_ref().map(Url::as_str))
            .collect();
        assert_eq!(links[1], Some("https://a.example/2"), "{found:?}");
        assert!(parse("<opml/>", None).is_none() && parse("", None).is_none());
    }
}
