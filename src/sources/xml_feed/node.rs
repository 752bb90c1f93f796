//! Elements and what stands in them, names compared without case.

use crate::sources::feed::escape;

/// What a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Space {
    /// RSS of every version, Atom 0.3 and 1.0, and whatever a feed's own root belongs to.
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
    pub(in crate::sources) attributes: Vec<(String, String)>,
    pub(in crate::sources) children: Vec<Child>,
}

#[derive(Debug)]
pub(in crate::sources) enum Child {
    Text(String),
    Node(Node),
}

/// Elements of HTML that hold nothing and have no end.
const VOID: &[&str] = &["area", "br", "col", "embed", "hr", "img", "input", "wbr"];

impl Node {
    pub(in crate::sources) fn root() -> Self {
        Self {
            name: String::new(),
            space: Space::Other,
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    /// An attribute, trimmed; none if nothing is left of it.
    pub(in crate::sources) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// An attribute with whatever prefix, trimmed; none if nothing is left of it.
    pub(in crate::sources) fn prefixed(&self, local: &str) -> Option<&str> {
        let is_it = |name: &str| name.rsplit_once(':').is_some_and(|(_, own)| own == local);
        let found = self.attributes.iter().find(|(name, _)| is_it(name));
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

    /// The first direct child of a name.
    pub(in crate::sources) fn first<'a>(&'a self, space: Space, name: &'a str) -> Option<&'a Self> {
        self.all(space, name).next()
    }

    /// The first text of direct children of a name that is not empty.
    pub(in crate::sources) fn text_of(&self, space: Space, name: &str) -> Option<String> {
        self.all(space, name)
            .map(Self::text)
            .find(|text| !text.is_empty())
    }

    /// All text inside, in order, trimmed.
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
                    if !VOID.contains(&node.name.as_str()) {
                        for part in ["</", node.name.as_str(), ">"] {
                            out.push_str(part);
                        }
                    }
                }
            }
        }
    }
}
