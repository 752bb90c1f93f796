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
///
/// Its `about` are the page's title and description, which tell the standfirst from other short texts.
pub(super) fn find(tidied: &str, about: (Option<&str>, Option<&str>), base: Option<&Url>) -> Body {
    let attempt = |read: &dyn Fn() -> Option<String>| catch_unwind(AssertUnwindSafe(read));
    let fragment = attempt(&|| readable(tidied, about))
        .ok()
        .flatten()
        .or_else(|| attempt(&|| paragraphs(tidied)).ok().flatten())
        .unwrap_or_default();
    Body {
        text: text::of(&fragment),
        html: harmless(&fragment, base),
    }
}

fn readable(tidied: &str, (title, description): (Option<&str>, Option<&str>)) -> Option<String> {
    let document = Document::from(tidied);
    boilerplate::before(&document);
    let standfirst = description.and_then(|description| standfirst(&document, description));
    let config = Config {
        keep_classes: true,
        disable_json_ld: true,
        ..Config::default()
    };
    let mut readability = Readability::with_document(document, None, Some(config)).ok()?;
    let article = readability.parse().ok()?;
    let fragment = Document::fragment(article.content);
    boilerplate::after(&fragment, title);
    let mut markup = fragment.root().inner_html().to_string();
    if let Some(standfirst) = standfirst
        && !spaced(&fragment.root().text()).contains(beginning(&standfirst))
    {
        let mut first = "<p>".to_owned();
        push_escaped(&mut first, &standfirst);
        markup.insert_str(0, &(first + "</p>"));
    }
    Some(markup)
}

/// Characters by which a text is known again, and the shortest standfirst.
const BEGINNING: usize = 40;
const LONGEST_STANDFIRST: usize = 700;

/// The sentences above the story that its description repeats: sites put them outside of its body.
fn standfirst(document: &Document, description: &str) -> Option<String> {
    let description = spaced(description);
    let wanted = beginning(&description);
    if wanted.chars().count() < BEGINNING {
        return None;
    }
    let likely = document.select("p, h2, h3, h4, strong, div, span");
    likely
        .iter()
        .map(|element| spaced(&element.text()))
        .find(|text| text.starts_with(wanted) && text.len() <= LONGEST_STANDFIRST)
}

fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(BEGINNING);
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;

    const STANDFIRST: &str = "The harbour closes for three days because the crane is to be mended.";

    fn document(above: &str, story: &str) -> String {
        let sentence =
            "The crane has stood at the quay for ninety years, said the harbour master. ";
        format!(
            "<html><body><div class=\"intro\">{above}</div><article><p>{story}{0}</p><p>{0}</p>\
             </article></body></html>",
            sentence.repeat(12)
        )
    }

    fn text(document: &str, description: &str) -> String {
        find(document, (Some("Crane"), Some(description)), None).text
    }

    #[test]
    fn the_standfirst_is_told_once_wherever_it_stands() {
        let teaser = format!("{}…", beginning(STANDFIRST));
        let above = document(&format!("<h2>{STANDFIRST}</h2>"), "");
        let inside = document("", &format!("{STANDFIRST} "));
        for (document, description) in [
            (&above, STANDFIRST),
            (&inside, STANDFIRST),
            (&above, &teaser[..]),
        ] {
            let text = text(document, description);
            assert!(
                text.starts_with(STANDFIRST) || description == teaser,
                "{text}"
            );
            assert!(text.matches(STANDFIRST).count() <= 1, "{text}");
        }
        let other = text(
            &above,
            "Something else about the town and all the people who live in it.",
        );
        assert!(!other.contains(STANDFIRST), "{other}");
    }

    #[test]
    fn the_paragraphs_of_a_page_are_its_sentences() {
        let page = "<body><p>Menu</p><p>The harbour is closed today, says the town.</p></body>";
        let found = paragraphs(page).unwrap();
        assert_eq!(found, "<p>The harbour is closed today, says the town.</p>");
        assert_eq!(paragraphs("<body><p>Menu</p></body>"), None);
    }
}
