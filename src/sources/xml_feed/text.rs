//! Texts of RSS and Atom as markup.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::node::{Child, Node};
use crate::sources::Format;
use crate::sources::feed::escape;

/// A text of a feed as markup: RFC 4287 section 3.1.1 for `type`, Atom 0.3 for `mode`. In Atom what
/// has no type is plain text; in RSS it is markup, whatever the specification says of titles.
pub(super) fn markup(node: &Node, format: Format) -> String {
    let kind = attribute(node, "type");
    let mode = attribute(node, "mode");
    if mode == "base64" || is_packed(&kind) {
        if let Some(text) = unpacked(&node.text()) {
            return text;
        }
        if mode == "base64" {
            return String::new();
        }
    }
    let nested = node
        .children
        .iter()
        .any(|child| matches!(child, Child::Node(_)));
    let plain = matches!(kind.as_str(), "text" | "text/plain")
        || kind.is_empty() && format == Format::Atom && mode != "escaped";
    match (nested, plain) {
        (true, _) => node.markup(),
        (false, true) => escape(&node.text()),
        // The text of xhtml has no markup but elements.
        (false, false) if kind.contains("xhtml") && mode != "escaped" => escape(&node.text()),
        (false, false) => node.text(),
    }
}

/// A text that is to be shown: nothing for pictures, sound and what lies elsewhere.
pub(super) fn body(node: &Node, format: Format) -> Option<String> {
    let kind = attribute(node, "type");
    let shown = !["image/", "audio/", "video/", "multipart/"]
        .iter()
        .any(|family| kind.starts_with(family))
        && !matches!(kind.as_str(), "application/pdf" | "application/zip");
    let markup = Some(markup(node, format)).filter(|_| shown)?;
    (!markup.trim().is_empty()).then_some(markup)
}

fn attribute(node: &Node, name: &str) -> String {
    node.attribute(name)
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// A type that is neither text nor XML stands there in base64 (RFC 4287 section 4.1.3.3).
fn is_packed(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.contains('/')
        && !kind.starts_with("text/")
        && !kind.ends_with("+xml")
        && !kind.ends_with("/xml")
}

fn unpacked(text: &str) -> Option<String> {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn types_and_modes_say_what_is_markup() {
        for (element, atom, rss) in [
            ("<t>a &lt;b></t>", "a &lt;b&gt;", "a <b>"),
            ("<t type='text'>a &lt;b></t>", "a &lt;b&gt;", "a &lt;b&gt;"),
            ("<t type='html'>a &lt;b></t>", "a <b>", "a <b>"),
            ("<t type='html'><![CDATA[a <b>]]></t>", "a <b>", "a <b>"),
            (
                "<t type='text/html' mode='escaped'>&lt;b></t>",
                "<b>",
                "<b>",
            ),
            ("<t mode='escaped'>&lt;b></t>", "<b>", "<b>"),
            (
                "<t type='xhtml'><d>a &lt; b</d></t>",
                "<d>a &lt; b</d>",
                "<d>a &lt; b</d>",
            ),
            ("<t type='xhtml'>a &lt;b></t>", "a &lt;b&gt;", "a &lt;b&gt;"),
            ("<t>a <i>b</i></t>", "a <i>b</i>", "a <i>b</i>"),
            ("<t mode='base64'>YSA8Yj4=</t>", "a <b>", "a <b>"),
            (
                "<t type='application/octet-stream'> YSA8\nYj4= </t>",
                "a <b>",
                "a <b>",
            ),
            ("<t type='custom'>test</t>", "test", "test"),
            ("<t mode='base64'>*</t>", "", ""),
        ] {
            let tree = tree::read(element);
            let node = tree.root.nodes().next().unwrap();
            assert_eq!(markup(node, Format::Atom), atom, "{element}");
            assert_eq!(markup(node, Format::Rss2), rss, "{element}");
        }
        let tree = tree::read("<t type='image/png'>iVBORw0K</t>");
        assert_eq!(body(tree.root.nodes().next().unwrap(), Format::Atom), None);
    }
}
