//! RSS of every version, Atom, and CDF: text in, items out.
//!
//! One reader for feeds that keep to the letter and for feeds that do not: the tree takes any text,
//! and what was wrong with it is said. A library for strict feeds in front of it was tried: it read
//! half of a feed without a word where a date, an encoding or a name was not the usual one, and both
//! held the whole feed in memory.

mod entities;
mod item;
mod media;
mod node;
mod people;
mod spaces;
mod text;
pub(super) mod tree;

use url::Url;

use super::feed::web_url;
use super::{Error, Format, Parsed};

use item::Around;
use node::Space;
use tree::{Faults, Tree};

pub(super) use node::Node;
pub(super) use tree::Kept;

/// Reads a feed. `base` is what relative links are relative to.
pub(super) fn parse(text: &str, base: Option<&Url>) -> Result<Parsed, Error> {
    let from_its_first_tag = beginning(text).ok_or(Error::Unknown)?;
    let before = &text[..text.len() - from_its_first_tag.len()];
    let tree = tree::read(from_its_first_tag);
    let outer = outermost(&tree.root).ok_or(Error::Unknown)?;
    let channel = outer
        .nodes()
        .find(|node| node.name == "channel")
        .unwrap_or(outer);
    let format = format_of(outer, &tree);
    let base = inner_base(outer, base);
    let base = inner_base(channel, base.as_ref()).or_else(|| own_address(channel));
    let link = item::link_of(channel, base.as_ref());
    let title = item::title_of(channel, format).or_else(|| item::title_of(outer, format));
    let around = Around {
        base: items_base(channel, base.as_ref(), link.as_ref(), format),
        language: language_of(outer, channel),
        authors: people::of_feed(channel, format),
        format,
    };
    let items: Vec<_> = tree
        .items
        .iter()
        .map(|node| item::item(node, &around))
        .collect();
    let mut repaired = repairs(tree.faults);
    repaired.extend(tree.items.remark());
    if !before.trim().is_empty() && !before.trim_start().starts_with("<!--") {
        repaired.push("left out what stands before its first tag".to_owned());
    }
    if title.is_none() && items.is_empty() && !repaired.is_empty() {
        return Err(Error::Broken(repaired.join(", ")));
    }
    Ok(Parsed {
        title,
        link,
        language: around.language,
        format,
        items,
        repaired,
    })
}

/// The text from its first tag of a feed on: what stands before is junk.
fn beginning(text: &str) -> Option<&str> {
    text.match_indices('<')
        .find(|(at, _)| {
            let tag = &text[at + 1..];
            let end = tag
                .bytes()
                .take(40)
                .position(|b| matches!(b, b'>' | b'/') || b.is_ascii_whitespace());
            let name = tag.get(..end.unwrap_or(0)).unwrap_or_default();
            let name = name.to_ascii_lowercase();
            let local = name.rsplit_once(':').map_or(&*name, |(_, local)| local);
            tree::is_feed(local) || matches!(local, "?xml" | "!doctype")
        })
        .map(|(at, _)| &text[at..])
}

/// The outermost element that holds a feed, be it inside another.
fn outermost(root: &Node) -> Option<&Node> {
    let feeds = |node: &&Node| tree::is_feed(&node.name);
    root.nodes()
        .find(feeds)
        .or_else(|| root.nodes().flat_map(Node::nodes).find(feeds))
}

fn format_of(outer: &Node, tree: &Tree) -> Format {
    let linked = |node: &Node| node.attribute("href").is_some();
    match outer.name.as_str() {
        "feed" => Format::Atom,
        "rdf" => Format::Rss1,
        "channel" if linked(outer) || tree.items.iter().any(linked) => Format::Cdf,
        "channel" => Format::Rss1,
        _ if outer
            .attribute("version")
            .is_some_and(|said| said.starts_with("0.")) =>
        {
            Format::Rss0
        }
        _ => Format::Rss2,
    }
}

/// `xml:base` of an element, resolved against what stands around it (XML Base section 4).
fn inner_base(node: &Node, outer: Option<&Url>) -> Option<Url> {
    node.attribute("xml:base")
        .and_then(|text| web_url(text, outer))
        .or_else(|| outer.cloned())
}

/// Where the feed says that it is itself (RFC 4287 section 4.2.7.2), for want of anything better.
fn own_address(channel: &Node) -> Option<Url> {
    let links = channel.nodes().filter(|node| node.name == "link");
    let own = |node: &&Node| node.attribute("rel") == Some("self");
    links
        .filter(own)
        .find_map(|node| web_url(node.attribute("href")?, None))
}

/// What an item's links are relative to. In RSS that is the site rather than the feed: feeds are
/// often kept on another host than what they tell of.
fn items_base(
    channel: &Node,
    base: Option<&Url>,
    link: Option<&Url>,
    format: Format,
) -> Option<Url> {
    let said = channel.attribute("xml:base").is_some() || format == Format::Atom;
    let site = link.filter(|_| !said);
    site.or(base).or(link).cloned()
}

fn language_of(outer: &Node, channel: &Node) -> Option<String> {
    let attribute = |node: &Node| {
        let said = node
            .attribute("xml:lang")
            .or_else(|| node.attribute("lang"));
        said.map(str::to_owned)
    };
    attribute(channel)
        .or_else(|| channel.text_of(Space::Core, "language"))
        .or_else(|| channel.text_of(Space::Dublin, "language"))
        .or_else(|| attribute(outer))
}

fn repairs(faults: Faults) -> Vec<String> {
    let counted = [
        (faults.bare_ampersands, "escaped {} bare \"&\""),
        (
            faults.stray_tags,
            "mended {} tags that were left open or closed nothing",
        ),
        (
            faults.left_open,
            "closed {} elements that were open at the end",
        ),
        (faults.unreadable, "passed over {} places that are no XML"),
        (
            faults.too_many,
            "left out {} elements beyond the most that are read",
        ),
    ];
    counted
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, sentence)| sentence.replace("{}", &number.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(parsed: &Parsed) -> Vec<Option<&str>> {
        let links = parsed.items.iter().map(|item| item.link.as_ref());
        links.map(|link| link.map(Url::as_str)).collect()
    }

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
        assert_eq!(links(&found), [Some("https://a.example/1")]);
        assert_eq!(found.items[0].published_at, Some(1_072_865_695));
        assert_eq!(
            found.repaired,
            ["left out what stands before its first tag"]
        );
        let rss = "<RSS><Channel><TiTlE>T</title><item><title>One<link>https://a.example/1</link>\
            <guid>x</guid></item><item><title>Two</title><guid>https://a.example/2</guid>";
        let found = parse(rss, None).unwrap();
        assert_eq!(links(&found)[1], Some("https://a.example/2"), "{found:?}");
        assert_eq!(
            found.repaired,
            [
                "mended 1 tags that were left open or closed nothing",
                "closed 3 elements that were open at the end"
            ]
        );
        assert_eq!(parse("<opml/>", None), Err(Error::Unknown));
        assert_eq!(parse("", None), Err(Error::Unknown));
        assert!(matches!(parse("<rss>&", None), Err(Error::Broken(_))));
    }

    #[test]
    fn formats_are_told_apart_and_each_finds_its_items() {
        for (text, format, link) in [
            (
                "<rss version='0.91'><channel><title>T</title><item><link>https://a.example/1</link></item></channel></rss>",
                Format::Rss0,
                "https://a.example/1",
            ),
            (
                "<rss><channel><link>https://a.example/</link><item><link>/1</link></item></channel></rss>",
                Format::Rss2,
                "https://a.example/1",
            ),
            (
                "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>\
                 <channel><title>T</title></channel><item r:about='https://a.example/1'/></r:RDF>",
                Format::Rss1,
                "https://a.example/1",
            ),
            (
                "<Channel xmlns='http://purl.org/net/rss1.1#'><title>T</title><items>\
                 <item><link>https://a.example/1</link></item></items></Channel>",
                Format::Rss1,
                "https://a.example/1",
            ),
            (
                "<CHANNEL HREF='https://a.example/'><TITLE>T</TITLE><ITEM HREF='1'><TITLE>x</TITLE></ITEM></CHANNEL>",
                Format::Cdf,
                "https://a.example/1",
            ),
            (
                "<a:feed xmlns:a='http://www.w3.org/2005/Atom' xml:base='https://a.example/x/'><a:entry xml:base='y/'>\
                 <a:link rel='self' href='2'/><a:link href='1'/></a:entry></a:feed>",
                Format::Atom,
                "https://a.example/x/y/1",
            ),
            (
                "<feed xmlns='http://nobody.example/atom'><link rel='self' href='https://a.example/feed'/>\
                 <entry><link type='application/pdf' href='2'/><link href='1'/></entry></feed>",
                Format::Atom,
                "https://a.example/1",
            ),
        ] {
            let found = parse(text, None).unwrap();
            assert_eq!(
                (found.format, links(&found)),
                (format, vec![Some(link)]),
                "{text}"
            );
            assert_eq!(found.repaired, [""; 0], "{text}");
        }
    }

    #[test]
    fn a_feed_speaks_for_items_that_say_nothing() {
        let text = "<feed xml:lang='de'><title>T</title><author><name>Ida</name></author>\
            <entry><title>1</title></entry>\
            <entry xml:lang='fr'><title>2</title><author><name>Ole</name></author></entry></feed>";
        let found = parse(text, None).unwrap();
        let said: Vec<_> = found
            .items
            .iter()
            .map(|item| (item.language.as_deref(), item.authors.join("+")))
            .collect();
        assert_eq!(
            said,
            [
                (Some("de"), "Ida".to_owned()),
                (Some("fr"), "Ole".to_owned())
            ]
        );
    }
}
