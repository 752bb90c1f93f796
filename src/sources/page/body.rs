//! The article in a page: found, freed of what is none of it, and made harmless.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use ammonia::UrlRelative;
use dom_query::Document;
use dom_smoothie::{Config, Readability};
use url::Url;

use super::tidy::push_escaped;
use super::{boilerplate, text};

/// An article's text and the same as markup.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) text: String,
    /// Only elements and attributes of a short list; links absolute.
    pub(super) html: String,
}

const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

/// Characters of the shortest paragraph that is not taken for a button or a label.
const SHORTEST_SENTENCE: usize = 40;

/// Finds the article in tidy markup. The library that looks for it is held not to end the program:
/// a page it gives up on is read paragraph by paragraph.
pub(super) fn find(tidied: &str, title: Option<&str>, base: Option<&Url>) -> Body {
    let attempt = |read: &dyn Fn() -> Option<String>| catch_unwind(AssertUnwindSafe(read));
    let fragment = attempt(&|| readable(tidied, title))
        .ok()
        .flatten()
        .or_else(|| attempt(&|| paragraphs(tidied)).ok().flatten())
        .unwrap_or_default();
    Body {
        text: text::of(&fragment),
        html: harmless(&fragment, base),
    }
}

fn readable(tidied: &str, title: Option<&str>) -> Option<String> {
    let document = Document::from(tidied);
    boilerplate::before(&document);
    let config = Config {
        keep_classes: true,
        disable_json_ld: true,
        ..Config::default()
    };
    let mut readability = Readability::with_document(document, None, Some(config)).ok()?;
    let article = readability.parse().ok()?;
    let fragment = Document::fragment(article.content);
    boilerplate::after(&fragment, title);
    Some(fragment.root().inner_html().to_string())
}

/// The paragraphs of a page that are long enough to be sentences, for pages too short or too odd to
/// have a body that can be told from the rest.
fn paragraphs(tidied: &str) -> Option<String> {
    let document = Document::from(tidied);
    boilerplate::before(&document);
    let paragraphs = document.select("p");
    let long = paragraphs
        .iter()
        .filter(|paragraph| paragraph.text().trim().chars().count() >= SHORTEST_SENTENCE);
    let markup: String = long.map(|paragraph| paragraph.html().to_string()).collect();
    (!markup.is_empty()).then_some(markup)
}

/// Plain text as paragraphs of markup.
pub(super) fn of_text(text: &str) -> Body {
    let mut html = String::new();
    for paragraph in text
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
    {
        html.push_str("<p>");
        push_escaped(&mut html, paragraph.trim());
        html.push_str("</p>\n");
    }
    Body {
        text: text.trim().to_owned(),
        html,
    }
}

fn harmless(fragment: &str, base: Option<&Url>) -> String {
    let attributes: HashMap<&str, HashSet<&str>> = [
        ("a", ["href"].as_slice()),
        ("img", &["src", "alt", "width", "height"]),
        ("td", &["colspan", "rowspan"]),
        ("th", &["colspan", "rowspan"]),
    ]
    .into_iter()
    .map(|(element, names)| (element, names.iter().copied().collect()))
    .collect();
    let relative = base.map_or(UrlRelative::Deny, |base| {
        UrlRelative::RewriteWithBase(base.clone())
    });
    ammonia::Builder::default()
        .tags(ELEMENTS.iter().copied().collect())
        .tag_attributes(attributes)
        .generic_attributes(HashSet::from(["lang", "dir"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(relative)
        .link_rel(Some("noopener noreferrer"))
        .clean(fragment)
        .to_string()
        .trim()
        .to_owned()
}
