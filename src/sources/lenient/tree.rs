//! Any text that looks like XML to a tree, however broken: nothing here fails.
//!
//! Tags that close nothing are passed over, what is open at the end is closed there, names are
//! compared without case. The tree is bounded in depth, nodes and attributes, so hostile input costs
//! no more than honest input of its size, and dropping it cannot overflow the stack.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deeper elements are passed over, their text is kept.
const MOST_DEPTH: usize = 64;
const MOST_NODES: usize = 300_000;
const MOST_ATTRIBUTES: usize = 24;

/// What a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Space {
    /// RSS of every version and Atom 0.3 and 1.0.
    Core,
    /// Dublin Core.
    Dublin,
    /// RSS 1.0 content.
    Content,
    /// Media RSS.
    Media,
    /// iTunes.
    Itunes,
    /// Anything else.
    Other,
}

/// One element.
#[derive(Debug)]
pub(in crate::sources) struct Node {
    /// Lower case, without its prefix.
    pub(in crate::sources) name: String,
    pub(in crate::sources) space: Space,
    /// Names in lower case, with their prefix.
    attributes: Vec<(String, String)>,
    pub(in crate::sources) children: Vec<Child>,
}

#[derive(Debug)]
pub(in crate::sources) enum Child {
    Text(String),
    Node(Node),
}

impl Node {
    fn root() -> Self {
        Self {
            name: String::new(),
            space: Space::Other,
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    pub(in crate::sources) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Direct children that are elements.
    pub(in crate::sources) fn nodes(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Node(node) => Some(node),
            Child::Text(_) => None,
        })
    }

    /// The direct children of a name.
    pub(in crate::sources) fn all<'a>(
        &'a self,
        space: Space,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Self> {
        self.nodes()
            .filter(move |node| node.space == space && node.name == name)
    }

    pub(in crate::sources) fn first<'a>(&'a self, space: Space, name: &'a str) -> Option<&'a Self> {
        self.all(space, name).next()
    }

    /// All text inside, in order.
    pub(in crate::sources) fn text(&self) -> String {
        let mut out = String::new();
        self.add_text(&mut out);
        out.trim().to_owned()
    }

    fn add_text(&self, out: &mut String) {
        for child in &self.children {
            match child {
                Child::Text(text) => out.push_str(text),
                Child::Node(node) => node.add_text(out),
            }
        }
    }

    /// What is inside, as markup.
    pub(in crate::sources) fn markup(&self) -> String {
        let mut out = String::new();
        self.add_markup(&mut out);
        out
    }

    fn add_markup(&self, out: &mut String) {
        use super::super::feed::escape;
        for child in &self.children {
            match child {
                Child::Text(text) => out.push_str(&escape(text)),
                Child::Node(node) => {
                    out.push('<');
                    out.push_str(&node.name);
                    for (name, value) in &node.attributes {
                        let value = escape(value).replace('"', "&quot;");
                        for part in [" ", name.as_str(), "=\"", value.as_str(), "\""] {
                            out.push_str(part);
                        }
                    }
                    out.push('>');
                    node.add_markup(out);
                    for part in ["</", node.name.as_str(), ">"] {
                        out.push_str(part);
                    }
                }
            }
        }
    }
}

/// Reads what can be read; the root's children are the outermost elements.
pub(in crate::sources) fn read(text: &str) -> Node {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut builder = Builder {
        open: vec![Node::root()],
        nodes: 0,
        too_deep: 0,
    };
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => builder.start(&tag),
            Ok(Event::Empty(tag)) => {
                builder.start(&tag);
                builder.end(&local(tag.name().as_ref()));
            }
            Ok(Event::End(tag)) => builder.end(&local(tag.name().as_ref())),
            Ok(Event::Text(text)) => builder.text(&text),
            Ok(Event::CData(text)) => builder.text(&text),
            Ok(Event::GeneralRef(name)) => builder.text(&resolved(&name)),
            Ok(Event::Eof) | Err(_) => return builder.finish(),
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
    }
}

struct Builder {
    /// The root and whatever is open inside it.
    open: Vec<Node>,
    nodes: usize,
    too_deep: usize,
}

impl Builder {
    fn start(&mut self, tag: &BytesStart<'_>) {
        if self.open.len() > MOST_DEPTH || self.nodes > MOST_NODES {
            self.too_deep += 1;
            return;
        }
        self.nodes += 1;
        let whole = tag.name().as_ref().to_ascii_lowercase();
        let attributes: Vec<_> = tag
            .html_attributes()
            .with_checks(false)
            .filter_map(Result::ok)
            .take(MOST_ATTRIBUTES)
            .map(|attribute| {
                let name = attribute.key.as_ref().to_ascii_lowercase();
                (name, unescaped(&attribute.value))
            })
            .collect();
        let prefix = whole.split_once(':').map_or("", |(prefix, _)| prefix);
        let space = self.space(prefix, &attributes);
        self.open.push(Node {
            name: local(&whole),
            space,
            attributes,
            children: Vec::new(),
        });
    }

    fn space(&self, prefix: &str, attributes: &[(String, String)]) -> Space {
        let wanted = if prefix.is_empty() {
            "xmlns".to_owned()
        } else {
            format!("xmlns:{prefix}")
        };
        let own = attributes.iter().find(|(name, _)| *name == wanted);
        let declared = own.or_else(|| {
            let outer = self.open.iter().rev().flat_map(|node| &node.attributes);
            outer.into_iter().find(|(name, _)| *name == wanted)
        });
        match declared {
            Some((_, address)) => space_of(address),
            // A prefix nobody declared is most likely the usual one.
            None => match prefix {
                "" | "rss" | "atom" | "rdf" => Space::Core,
                "dc" | "dcterms" => Space::Dublin,
                "content" => Space::Content,
                "media" => Space::Media,
                "itunes" => Space::Itunes,
                _ => Space::Other,
            },
        }
    }

    fn end(&mut self, name: &str) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(at) = self.open.iter().skip(1).rposition(|node| node.name == name) else {
            return;
        };
        while self.open.len() > at + 1 {
            self.close();
        }
    }

    fn close(&mut self) {
        if self.open.len() > 1
            && let Some(node) = self.open.pop()
            && let Some(parent) = self.open.last_mut()
        {
            parent.children.push(Child::Node(node));
        }
    }

    fn text(&mut self, text: &str) {
        let Some(node) = self.open.last_mut() else {
            return;
        };
        match node.children.last_mut() {
            Some(Child::Text(before)) => before.push_str(text),
            _ => node.children.push(Child::Text(text.to_owned())),
        }
    }

    fn finish(mut self) -> Node {
        while self.open.len() > 1 {
            self.close();
        }
        self.open.pop().unwrap_or_else(Node::root)
    }
}

fn space_of(address: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let has = |part: &str| address.contains(part);
    if has("purl.org/dc/") {
        Space::Dublin
    } else if has("purl.org/rss/1.0/modules/content") {
        Space::Content
    } else if has("search.yahoo.com/mrss") {
        Space::Media
    } else if has("itunes.com/dtds") {
        Space::Itunes
    } else if address.is_empty()
        || has("w3.org/2005/atom")
        || has("purl.org/atom/ns")
        || has("purl.org/rss/1.0")
        || has("purl.org/net/rss")
        || has("my.netscape.com/rdf")
        || has("channel.netscape.com/rdf")
        || has("backend.userland.com")
        || has("blogs.law.harvard.edu/tech/rss")
        || has("w3.org/1999/02/22-rdf-syntax-ns")
    {
        Space::Core
    } else {
        Space::Other
    }
}

fn local(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.rsplit_once(':')
        .map_or(name.clone(), |(_, local)| local.to_owned())
}

/// A reference's text; a name that XML does not know stays as it is, for HTML to know.
fn resolved(name: &str) -> String {
    let number = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => digits.parse().ok(),
        },
        None => None,
    };
    match (name, number.and_then(char::from_u32)) {
        (_, Some(character)) => character.to_string(),
        ("amp", _) => "&".to_owned(),
        ("lt", _) => "<".to_owned(),
        ("gt", _) => ">".to_owned(),
        ("quot", _) => "\"".to_owned(),
        ("apos", _) => "'".to_owned(),
        _ => format!("&{name};"),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        // The longest name of HTML has 31 letters.
        let end = rest.bytes().take(33).position(|byte| byte == b';');
        match end.and_then(|end| Some((rest.get(..end)?, rest.get(end + 1..)?))) {
            Some((name, after)) if !name.is_empty() && !name.contains(['&', ' ']) => {
                out.push_str(&resolved(name));
                rest = after;
            }
            _ => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_markup_becomes_a_tree_all_the_same() {
        for (text, markup) in [
            ("<a><b>x</b></a>", "<a><b>x</b></a>"),
            ("<a><b>x</a>y", "<a><b>x</b></a>y"),
            ("</z><a>x</z>", "<a>x</a>"),
            (
                "<A Href='1&amp;2'>T &amp; U &nbsp; & V</a>",
                "<a href=\"1&amp;2\">T &amp; U &amp;nbsp; &amp; V</a>",
            ),
            ("<a><![CDATA[<b>]]>", "<a>&lt;b&gt;</a>"),
            ("x < y", "x "),
        ] {
            assert_eq!(read(text).markup(), markup, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "<a>".repeat(200_000);
        let mut node = &read(&deep);
        let mut depth = 0;
        while let Some(inner) = node.nodes().next() {
            node = inner;
            depth += 1;
        }
        assert_eq!(depth, MOST_DEPTH);
    }
}
