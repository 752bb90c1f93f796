//! The picture an item comes with, and what it shows.

use url::Url;

use super::node::{Node, Space};
use crate::sources::feed::web_url;

/// The widest picture of Media RSS, else a thumbnail, an enclosure, or what podcasts have.
pub(super) fn picture(item: &Node, base: Option<&Url>) -> Option<Url> {
    let places = places(item);
    let all = |name: &'static str| {
        let places = places.iter();
        places.flat_map(move |place| place.all(Space::Media, name))
    };
    let url = |node: &Node| web_url(node.attribute("url")?, base);
    let width = |node: &Node| node.attribute("width").and_then(|w| w.parse().ok());
    let widest = all("content")
        .filter(|node| is_picture(node, "url"))
        .filter_map(|node| Some((width(node).unwrap_or(0_u32), url(node)?)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, url)| url);
    widest
        .or_else(|| all("thumbnail").find_map(url))
        .or_else(|| enclosed(item, base))
        .or_else(|| named(item, base))
}

/// What Media RSS says that the picture shows.
pub(super) fn description(item: &Node) -> Option<String> {
    places(item)
        .iter()
        .find_map(|place| place.text_of(Space::Media, "description"))
}

/// Where elements of Media RSS may stand: in the item, in groups, in contents.
fn places(item: &Node) -> Vec<&Node> {
    let groups = |node| {
        let inner = ["group", "content"].into_iter();
        inner.flat_map(move |name| Node::all(node, Space::Media, name))
    };
    let first: Vec<&Node> = groups(item).collect();
    let second: Vec<&Node> = first.iter().copied().flat_map(groups).collect();
    std::iter::once(item).chain(first).chain(second).collect()
}

fn is_picture(node: &Node, address: &str) -> bool {
    match (node.attribute("medium"), node.attribute("type")) {
        (Some(medium), _) => medium == "image",
        (None, Some(kind)) => kind.starts_with("image/"),
        (None, None) => node.attribute(address).is_some_and(has_picture_ending),
    }
}

fn has_picture_ending(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let path = path.to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

/// `enclosure` of RSS, a link that encloses of Atom.
fn enclosed(item: &Node, base: Option<&Url>) -> Option<Url> {
    let address = |node: &Node| match node.name.as_str() {
        "enclosure" if is_picture(node, "url") => web_url(node.attribute("url")?, base),
        "link" if node.attribute("rel") == Some("enclosure") && is_picture(node, "href") => {
            web_url(node.attribute("href")?, base)
        }
        _ => None,
    };
    item.nodes()
        .filter(|node| node.space == Space::Core)
        .find_map(address)
}

/// `itunes:image`, and an item's own `image` as some programs write it.
fn named(item: &Node, base: Option<&Url>) -> Option<Url> {
    let address = |node: &Node| {
        let said = node
            .attribute("href")
            .or_else(|| node.attribute("url"))
            .map(str::to_owned);
        let said = said.or_else(|| node.text_of(Space::Core, "url"));
        web_url(&said.unwrap_or_else(|| node.text()), base)
    };
    [Space::Itunes, Space::Core]
        .into_iter()
        .flat_map(|space| item.all(space, "image"))
        .find_map(address)
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn the_best_picture_is_taken_wherever_it_stands() {
        let base = Url::parse("https://a.example/").unwrap();
        for (inner, found) in [
            ("", None),
            (
                "<media:thumbnail url='t.jpg'/><media:content url='a.jpg' width='10'/>\
                 <media:group><media:content url='b.jpg' width='20' type='image/jpeg'/></media:group>",
                Some("b.jpg"),
            ),
            (
                "<media:content url='v.mp4' medium='video'><media:thumbnail url='t.jpg'/></media:content>",
                Some("t.jpg"),
            ),
            (
                "<enclosure url='s.mp3' type='audio/mpeg'/><enclosure url='p.png?w=1'/>",
                Some("p.png?w=1"),
            ),
            (
                "<link rel='enclosure' type='image/png' href='p'/>",
                Some("p"),
            ),
            ("<itunes:image href='i.jpg'/>", Some("i.jpg")),
            ("<image><url>i.jpg</url></image>", Some("i.jpg")),
            ("<media:content url='javascript:x' medium='image'/>", None),
        ] {
            let tree = tree::read(&format!("<rss><item>{inner}</item></rss>"));
            let item = tree.items.iter().next().unwrap();
            let picture = picture(item, Some(&base)).map(String::from);
            let found = found.map(|path| format!("https://a.example/{path}"));
            assert_eq!(picture, found, "{inner}");
        }
    }
}
