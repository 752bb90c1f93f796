//! Who wrote it: names out of what stands in the places for names.

use super::node::{Node, Space};
use crate::sources::Format;

/// More are a list of members, not authors; each is compared with those before it.
const MOST_NAMES: usize = 100;

/// The authors an item names itself, each once.
pub(super) fn of_item(node: &Node, format: Format) -> Vec<String> {
    let own = names(node, format);
    if !own.is_empty() {
        return own;
    }
    // An entry taken over from another feed is by the authors of that feed (RFC 4287 section 4.2.1).
    node.first(Space::Core, "source")
        .map(|source| names(source, format))
        .unwrap_or_default()
}

/// The authors of a feed, for items that name none. Whoever edits or hosts it is not among them.
pub(super) fn of_feed(channel: &Node, format: Format) -> Vec<String> {
    names(channel, format)
}

fn names(node: &Node, format: Format) -> Vec<String> {
    let written = node
        .nodes()
        .filter(|child| {
            matches!(
                (child.space, child.name.as_str()),
                (Space::Core | Space::Itunes, "author") | (Space::Dublin, "creator" | "author")
            ) || (child.name == "author" && child.space == Space::Other)
        })
        .map(|child| match child.first(Space::Core, "name") {
            Some(name) => name.text(),
            // An Atom person without a name is an address.
            None if format == Format::Atom && child.nodes().next().is_some() => String::new(),
            None => child.text(),
        });
    let mut names: Vec<String> = Vec::new();
    for name in written.filter_map(|text| name(&text)).take(MOST_NAMES) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A person's name: "ida@a.example (Ida)", "Ida <ida@a.example>" and "Ida" are all Ida; of an address
/// alone nobody is told.
fn name(text: &str) -> Option<String> {
    let is_address = |word: &str| {
        let word = word.trim_matches(['(', ')', '<', '>', ',', ';', '"']);
        let word = word.strip_prefix("mailto:").unwrap_or(word);
        word.split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
    };
    let had_address = text.split_whitespace().any(is_address);
    let words: Vec<_> = text
        .split_whitespace()
        .filter(|word| !is_address(word))
        .collect();
    let name = words.join(" ");
    let name = if had_address {
        let bare = name.trim_matches(['(', ')', '<', '>', '"', ',', ';', ' ']);
        bare.to_owned()
    } else {
        name
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_out_of_addresses() {
        for (text, known) in [
            ("Ida Larsen", Some("Ida Larsen")),
            ("ida@a.example (Ida  Larsen)", Some("Ida Larsen")),
            ("Ida Larsen (ida@a.example)", Some("Ida Larsen")),
            ("\"Ida Larsen\" <ida@a.example>", Some("Ida Larsen")),
            ("mailto:ida@a.example", None),
            ("@ida", Some("@ida")),
            ("Ida (Herald)", Some("Ida (Herald)")),
            (" ", None),
        ] {
            assert_eq!(name(text).as_deref(), known, "{text}");
        }
    }
}
