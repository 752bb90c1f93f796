//! Any text that looks like XML to a tree, however broken: nothing here fails.
//!
//! Tags that close nothing are passed over, what is open at the end is closed there, names are
//! compared without case; [`Faults`] counts it. The tree is bounded in depth, nodes, attributes and
//! items, so hostile input costs no more than honest input of its size, and dropping it cannot
//! overflow the stack.

use std::collections::VecDeque;

use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::entities::Entities;
use super::node::{Child, Node, Space};
use super::spaces::Spaces;

/// Deeper elements are passed over, their text is kept.
const MOST_DEPTH: usize = 64;
/// Elements alive at once: some hundred for each item that is kept.
const MOST_NODES: usize = 300_000;
const MOST_ATTRIBUTES: usize = 24;
/// How often reading is taken up again behind something unreadable: each time may look through the
/// whole rest in vain.
const MOST_RESUMPTIONS: usize = 50;

/// What was read.
#[derive(Debug)]
pub(in crate::sources) struct Tree {
    /// Its children are the outermost elements, without the feed's items.
    pub(in crate::sources) root: Node,
    pub(in crate::sources) items: Kept<Node>,
    pub(in crate::sources) faults: Faults,
}

/// What was wrong, in numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) struct Faults {
    pub(in crate::sources) bare_ampersands: usize,
    /// End tags that end nothing, and elements closed by the end of another.
    pub(in crate::sources) stray_tags: usize,
    /// Elements still open at the end.
    pub(in crate::sources) left_open: usize,
    pub(in crate::sources) unreadable: usize,
    pub(in crate::sources) too_many: usize,
}

/// The first and the last of many: whichever end of a feed is the new one, it is kept.
#[derive(Debug)]
pub(in crate::sources) struct Kept<T> {
    first: Vec<T>,
    last: VecDeque<T>,
    left_out: usize,
}

impl<T> Kept<T> {
    /// Half of the items of one feed that are kept. Honest feeds hold some dozen; archives hold
    /// thousands, of which the middle is old news either way.
    const HALF: usize = 1000;

    pub(in crate::sources) fn new() -> Self {
        Self {
            first: Vec::new(),
            last: VecDeque::new(),
            left_out: 0,
        }
    }

    /// Adds one; returns the one that has to go for it.
    pub(in crate::sources) fn push(&mut self, item: T) -> Option<T> {
        if self.first.len() < Self::HALF {
            self.first.push(item);
            return None;
        }
        self.last.push_back(item);
        if self.last.len() <= Self::HALF {
            return None;
        }
        self.left_out += 1;
        self.last.pop_front()
    }

    /// The sentence that says so, if any were left out.
    pub(in crate::sources) fn remark(&self) -> Option<String> {
        let kept = 2 * Self::HALF;
        (self.left_out > 0).then(|| {
            format!(
                "left out {} items: the first and the last {} of {} are kept",
                self.left_out,
                Self::HALF,
                kept + self.left_out
            )
        })
    }

    pub(in crate::sources) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.last)
    }
}

/// Reads what can be read.
pub(in crate::sources) fn read(text: &str) -> Tree {
    let mut builder = Builder {
        open: vec![Node::root()],
        spaces: Spaces::default(),
        entities: Entities::default(),
        item: None,
        items: Kept::new(),
        nodes: 0,
        skipped: 0,
        faults: Faults::default(),
    };
    let mut rest = text;
    for _ in 0..MOST_RESUMPTIONS {
        match builder.read(rest) {
            Some(after) => rest = after,
            None => break,
        }
        builder.faults.unreadable += 1;
    }
    builder.finish()
}

/// An item that is open: where in the stack, and how many nodes there were before it.
#[derive(Clone, Copy)]
struct OpenItem {
    at: usize,
    nodes_before: usize,
}

struct Builder {
    /// The root and whatever is open inside it.
    open: Vec<Node>,
    spaces: Spaces,
    entities: Entities,
    item: Option<OpenItem>,
    items: Kept<(Node, usize)>,
    nodes: usize,
    /// Elements open now that are too deep or too many.
    skipped: usize,
    faults: Faults,
}

impl Builder {
    /// Reads until the end or the first thing that cannot be read; returns what stands behind it.
    fn read<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            let before = usize::try_from(reader.buffer_position()).ok()?;
            match reader.read_event() {
                Ok(Event::Start(tag) | Event::Empty(tag)) if !begins_name(&tag) => {
                    // "a < b" and "I <3 it": no tag.
                    self.text("<");
                    return text.get(text.get(before..)?.find('<')? + before + 1..);
                }
                Ok(Event::Start(tag)) => self.start(&tag),
                Ok(Event::Empty(tag)) => {
                    self.start(&tag);
                    self.end(tag.name().as_ref());
                }
                Ok(Event::End(tag)) => self.end(tag.name().as_ref()),
                Ok(Event::Text(text)) => {
                    self.faults.bare_ampersands += usize::from(text.starts_with('&'));
                    self.text(&text);
                }
                Ok(Event::CData(text)) => self.text(&text),
                Ok(Event::GeneralRef(name)) => self.reference(&name),
                Ok(Event::DocType(text)) => self.entities.declare(&text),
                Ok(Event::Eof) => return None,
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
                Err(error) => {
                    let at = usize::try_from(reader.error_position()).ok()?;
                    return self.behind(&error, text.get(at..)?);
                }
            }
        }
    }

    /// Where to go on behind an error that begins `text`.
    fn behind<'a>(&mut self, error: &XmlError, text: &'a str) -> Option<&'a str> {
        match error {
            // What is cut off inside CDATA is text all the same.
            XmlError::Syntax(SyntaxError::UnclosedCData) => {
                self.text(text.strip_prefix("<![CDATA[").unwrap_or_default());
                self.faults.unreadable += 1;
                None
            }
            XmlError::Syntax(SyntaxError::UnclosedComment) => {
                self.faults.unreadable += 1;
                None
            }
            _ => {
                let next = text.get(1..).and_then(|rest| rest.find('<'));
                if next.is_none() {
                    self.faults.unreadable += 1;
                }
                text.get(next? + 1..)
            }
        }
    }

    fn reference(&mut self, name: &str) {
        match self.entities.resolve(name) {
            Some(text) => self.text(&text),
            None => {
                let known = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#');
                self.faults.bare_ampersands += usize::from(!known || name.is_empty());
                for part in ["&", name, ";"] {
                    self.text(part);
                }
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) {
        let whole = tag.name().as_ref().to_ascii_lowercase();
        if self.open.len() > MOST_DEPTH || self.nodes >= MOST_NODES {
            self.skipped += 1;
            self.faults.too_many += usize::from(self.nodes >= MOST_NODES);
            return;
        }
        let attributes = self.attributes(tag);
        self.spaces.declare(self.open.len(), &attributes);
        let (prefix, local) = whole.split_once(':').unwrap_or(("", &whole));
        if is_feed(local) && self.item.is_none() {
            self.spaces.settle(prefix);
        }
        let space = self.spaces.of(prefix);
        if matches!(local, "item" | "entry") && space == Space::Core {
            self.start_item();
        }
        self.nodes += 1;
        self.open.push(Node {
            name: local.to_owned(),
            space,
            attributes,
            children: Vec::new(),
        });
    }

    /// An item begins. One in another, or in a plain field of another, means that this was never closed.
    fn start_item(&mut self) {
        match self.item {
            Some(item) if self.open[item.at + 1..].iter().all(is_field) => {
                self.faults.stray_tags += 1;
                while self.open.len() > item.at {
                    self.close();
                }
            }
            Some(_) => return,
            None if !self.open.iter().any(|node| is_feed(&node.name)) => return,
            None => {}
        }
        self.item = Some(OpenItem {
            at: self.open.len(),
            nodes_before: self.nodes,
        });
    }

    fn attributes(&mut self, tag: &BytesStart<'_>) -> Vec<(String, String)> {
        let mut bare = 0;
        let attributes = tag
            .html_attributes()
            .with_checks(false)
            .filter_map(Result::ok)
            .take(MOST_ATTRIBUTES)
            .map(|attribute| {
                let name = attribute.key.as_ref().to_ascii_lowercase();
                let (value, unescaped) = self.entities.unescaped(&attribute.value);
                bare += unescaped;
                (name, value)
            })
            .collect();
        self.faults.bare_ampersands += bare;
        attributes
    }

    fn end(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
        let found = self
            .open
            .iter()
            .skip(1)
            .rposition(|node| node.name.eq_ignore_ascii_case(local));
        let Some(at) = found else {
            self.faults.stray_tags += 1;
            return;
        };
        self.faults.stray_tags += self.open.len() - at - 2;
        while self.open.len() > at + 1 {
            self.close();
        }
    }

    fn close(&mut self) {
        if self.open.len() < 2 {
            return;
        }
        let Some(node) = self.open.pop() else {
            return;
        };
        self.spaces.leave(self.open.len());
        match self.item {
            Some(item) if item.at == self.open.len() => {
                self.item = None;
                let size = self.nodes - item.nodes_before;
                if let Some((_, size)) = self.items.push((node, size)) {
                    self.nodes -= size;
                }
            }
            _ => {
                if let Some(parent) = self.open.last_mut() {
                    parent.children.push(Child::Node(node));
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let Some(node) = self.open.last_mut() else {
            return;
        };
        // What stands between the items of a feed says nothing and can be long.
        if is_feed(&node.name) || node.name.is_empty() {
            return;
        }
        match node.children.last_mut() {
            Some(Child::Text(before)) => before.push_str(text),
            _ => node.children.push(Child::Text(text.to_owned())),
        }
    }

    fn finish(mut self) -> Tree {
        self.faults.left_open = self.open.len() - 1;
        while self.open.len() > 1 {
            self.close();
        }
        let mut items = Kept::new();
        for (node, _) in self.items.first.into_iter().chain(self.items.last) {
            items.push(node);
        }
        items.left_out = self.items.left_out;
        Tree {
            root: self.open.pop().unwrap_or_else(Node::root),
            items,
            faults: self.faults,
        }
    }
}

/// Whether an element of this name holds a feed.
fn is_field(node: &Node) -> bool {
    let fields = [
        "author",
        "category",
        "comments",
        "content",
        "description",
        "guid",
        "id",
        "link",
        "pubdate",
        "published",
        "summary",
        "title",
        "updated",
    ];
    node.space == Space::Core && fields.contains(&node.name.as_str())
}

pub(super) fn is_feed(name: &str) -> bool {
    matches!(name, "rss" | "rdf" | "feed" | "channel")
}

fn begins_name(tag: &BytesStart<'_>) -> bool {
    let first = tag.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | ':') || !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_markup_becomes_a_tree_all_the_same() {
        for (text, markup, faults) in [
            ("<a><b>x</b></a>", "<a><b>x</b></a>", [0; 4]),
            ("<a><b>x</a>y", "<a><b>x</b></a>", [0, 1, 0, 0]),
            ("</z><a>x</z></a>", "<a>x</a>", [0, 2, 0, 0]),
            (
                "<A Href='1&amp;2'>T &amp; U &eacute; & V</a>",
                "<a href=\"1&amp;2\">T &amp; U é &amp; V</a>",
                [1, 0, 0, 0],
            ),
            ("<a>AT&T; x</a>", "<a>AT&amp;T; x</a>", [0; 4]),
            ("<a><![CDATA[<b>]]>", "<a>&lt;b&gt;</a>", [0, 0, 1, 0]),
            ("<a><![CDATA[<b>cut", "<a>&lt;b&gt;cut</a>", [0, 0, 1, 1]),
            (
                "<a>x < y <3</a><b/>",
                "<a>x &lt; y &lt;3</a><b></b>",
                [0, 0, 0, 2],
            ),
            ("<a>1</a><b", "<a>1</a>", [0, 0, 0, 1]),
            ("<a>1<b x='</a><c>2</c>", "<a>1</a><c>2</c>", [0, 0, 0, 1]),
            ("<a>1<!-- 2</a>", "<a>1</a>", [0, 0, 1, 1]),
            ("<a>1<br/>2</a>", "<a>1<br>2</a>", [0; 4]),
        ] {
            let tree = read(text);
            assert_eq!(tree.root.markup(), markup, "{text}");
            let found = tree.faults;
            let found = [
                found.bare_ampersands,
                found.stray_tags,
                found.left_open,
                found.unreadable,
            ];
            assert_eq!(found, faults, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "<a>".repeat(200_000);
        let tree = read(&deep);
        let (mut node, mut depth) = (&tree.root, 0);
        while let Some(inner) = node.nodes().next() {
            node = inner;
            depth += 1;
        }
        assert_eq!(depth, MOST_DEPTH);
    }

    #[test]
    fn items_are_found_wherever_they_stand_and_the_ends_of_many_are_kept() {
        let titles = |text: &str| -> Vec<String> {
            let tree = read(text);
            tree.items.iter().map(Node::text).collect()
        };
        assert_eq!(
            titles("<rss><channel><item>1<item>2</item></rss>"),
            ["1", "2"]
        );
        assert_eq!(titles("<rdf><channel><b><item>1</b><item>2"), ["1", "2"]);
        assert_eq!(titles("<opml><item>1</item></opml>"), [""; 0]);
        let many: String = (0..5000).map(|n| format!("<item>{n}</item>")).collect();
        let tree = read(&format!("<rss>{many}</rss>"));
        let kept: Vec<String> = tree.items.iter().map(Node::text).collect();
        assert_eq!((kept.len(), tree.items.left_out), (2000, 3000));
        assert_eq!((kept[999].as_str(), kept[1000].as_str()), ("999", "4000"));
    }
}
