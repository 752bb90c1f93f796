//! Namespaces: which family a prefix means at a place.
//!
//! Feeds declare them in any case, with addresses that nearly fit, or not at all; the families are
//! told apart by what their addresses have in common.

use super::node::Space;

/// More declarations in force at once are not looked at: every name is looked up among them.
const MOST: usize = 64;

/// The declarations in force.
#[derive(Debug, Default)]
pub(super) struct Spaces {
    declared: Vec<Declared>,
    /// Addresses nobody knows that feeds' own roots belong to.
    own: Vec<String>,
}

#[derive(Debug)]
struct Declared {
    depth: usize,
    prefix: String,
    address: String,
    space: Space,
}

impl Spaces {
    /// Notes what an element at a depth declares; names of attributes are in lower case.
    pub(super) fn declare(&mut self, depth: usize, attributes: &[(String, String)]) {
        for (name, address) in attributes {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) => prefix,
                    None => continue,
                },
                None => continue,
            };
            if self.declared.len() >= MOST || address.len() > 200 {
                continue;
            }
            let address = address.trim().to_ascii_lowercase();
            let space = if self.own.contains(&address) {
                Space::Core
            } else {
                space_of(&address)
            };
            self.declared.push(Declared {
                depth,
                prefix: prefix.to_owned(),
                address,
                space,
            });
        }
    }

    /// Forgets what was declared at a depth or below it.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|last| last.depth >= depth) {
            self.declared.pop();
        }
    }

    /// A feed's root has this prefix: whatever it means, it is the feed's own.
    pub(super) fn settle(&mut self, prefix: &str) {
        let address = match self.declared.iter().rev().find(|d| d.prefix == prefix) {
            Some(found) if found.space == Space::Other => found.address.clone(),
            _ => return,
        };
        for declared in &mut self.declared {
            if declared.address == address {
                declared.space = Space::Core;
            }
        }
        if self.own.len() < 4 {
            self.own.push(address);
        }
    }

    /// What a prefix means here.
    pub(super) fn of(&self, prefix: &str) -> Space {
        match self.declared.iter().rev().find(|d| d.prefix == prefix) {
            Some(found) => found.space,
            // A prefix nobody declared is most likely the usual one.
            None => match prefix {
                "" | "rss" | "atom" | "atom10" | "a10" | "rdf" => Space::Core,
                "dc" | "dcterms" | "dcterm" => Space::Dublin,
                "content" => Space::Content,
                "media" => Space::Media,
                "itunes" => Space::Itunes,
                _ => Space::Other,
            },
        }
    }
}

fn space_of(address: &str) -> Space {
    let has = |part: &str| address.contains(part);
    if has("purl.org/dc/") || has("purl.org/metadata/dublin_core") {
        Space::Dublin
    } else if has("purl.org/rss/1.0/modules/content") {
        Space::Content
    } else if has("search.yahoo.com/mrss") || has("video.search.yahoo.com") {
        Space::Media
    } else if has("itunes.com/dtds") {
        Space::Itunes
    } else if has("purl.org/rss/1.0/modules") {
        Space::Other
    } else if address.is_empty()
        || has("w3.org/2005/atom")
        || has("purl.org/atom/ns")
        || has("purl.org/rss/1.0")
        || has("purl.org/net/rss")
        || has("my.netscape.com")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_mean_what_is_declared_nearest() {
        let mut spaces = Spaces::default();
        let attribute = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        spaces.declare(
            1,
            &[
                attribute("xmlns:d", "HTTP://PURL.ORG/DC/elements/1.1/"),
                attribute("xmlns", "http://nobody.example/own"),
                attribute("xmlns:dc", "http://nobody.example/else"),
            ],
        );
        assert_eq!(spaces.of("d"), Space::Dublin);
        assert_eq!(
            (spaces.of(""), spaces.of("dc")),
            (Space::Other, Space::Other)
        );
        assert_eq!(spaces.of("media"), Space::Media);
        spaces.settle("");
        assert_eq!(spaces.of(""), Space::Core);
        spaces.declare(2, &[attribute("xmlns", "http://www.w3.org/1999/xhtml")]);
        assert_eq!(spaces.of(""), Space::Other);
        spaces.leave(2);
        assert_eq!(spaces.of(""), Space::Core);
    }
}
