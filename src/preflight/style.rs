//! What text looks like in the html part: its colour, its ground and its size, in light and in dark.
//!
//! As much of CSS as mails are made of: inline declarations that are handed down, `bgcolor`, and the rules by
//! class of the block for `prefers-color-scheme: dark`.

use std::collections::HashMap;

use courant_templates::theme::Hex;
use dom_query::{Document, NodeRef};

/// A piece of text as it is seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) text: String,
    /// Text and ground in light.
    pub(super) light: (Hex, Hex),
    /// The same in dark.
    pub(super) dark: (Hex, Hex),
    /// In pixels.
    pub(super) size: f64,
    pub(super) is_bold: bool,
}

/// What is handed down to an element's children.
#[derive(Debug, Clone, Copy)]
struct Look {
    light: (Hex, Hex),
    dark: (Hex, Hex),
    size: f64,
    is_bold: bool,
}

const BLACK: Hex = Hex::new(0);
const WHITE: Hex = Hex::new(0x00FF_FFFF);

/// Every piece of text of a document.
pub(super) fn texts(html: &str) -> Vec<Seen> {
    let document = Document::from(html);
    let rules: Rules = document
        .select("style")
        .iter()
        .flat_map(|block| dark_rules(&block.text()))
        .fold(Rules::new(), |mut all, (class, property, value)| {
            all.entry(class).or_default().push((property, value));
            all
        });
    let plain = Look {
        light: (BLACK, WHITE),
        dark: (BLACK, WHITE),
        size: 16.0,
        is_bold: false,
    };
    let mut seen = Vec::new();
    let Some(body) = document.body() else {
        return seen;
    };
    let mut open: Vec<(NodeRef<'_>, Look)> = vec![(body, plain)];
    while let Some((node, above)) = open.pop() {
        if node.is_text() {
            let text = node.text();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.chars().any(char::is_alphanumeric) {
                seen.push(Seen {
                    text,
                    light: above.light,
                    dark: above.dark,
                    size: above.size,
                    is_bold: above.is_bold,
                });
            }
            continue;
        }
        if !node.is_element() || node.has_name("style") || node.has_name("script") {
            continue;
        }
        let Some(look) = look(&node, above, &rules) else {
            continue;
        };
        open.extend(node.children_it(true).map(|child| (child, look)));
    }
    seen
}

/// By class: property and value.
type Rules = HashMap<String, Vec<(String, String)>>;

/// An element's own look; nothing if it is not shown.
fn look(node: &NodeRef<'_>, above: Look, rules: &Rules) -> Option<Look> {
    let mut look = above;
    if matches!(
        node.node_name().as_deref(),
        Some("b" | "strong" | "h1" | "h2" | "h3" | "th")
    ) {
        look.is_bold = true;
    }
    if let Some(ground) = node.attr("bgcolor").and_then(|it| color(&it)) {
        (look.light.1, look.dark.1) = (ground, ground);
    }
    let style = node.attr("style").unwrap_or_default();
    for (property, value) in declarations(&style) {
        match property.as_str() {
            "display" if value == "none" => return None,
            "color" => {
                if let Some(text) = color(&value) {
                    (look.light.0, look.dark.0) = (text, text);
                }
            }
            "background" | "background-color" => {
                if let Some(ground) = value.split_whitespace().find_map(color) {
                    (look.light.1, look.dark.1) = (ground, ground);
                }
            }
            "font-weight" => look.is_bold = is_bold(&value),
            "font-size" => look.size = pixels(&value).unwrap_or(look.size),
            "font" => {
                look.is_bold = value.split_whitespace().any(is_bold);
                let size = value
                    .split_whitespace()
                    .find_map(|word| pixels(word.split('/').next()?));
                look.size = size.unwrap_or(look.size);
            }
            _ => {}
        }
    }
    let classes = node.class().unwrap_or_default();
    for rule in classes
        .split_whitespace()
        .filter_map(|class| rules.get(class))
        .flatten()
    {
        match (rule.0.as_str(), color(&rule.1)) {
            ("color", Some(text)) => look.dark.0 = text,
            ("background" | "background-color", Some(ground)) => look.dark.1 = ground,
            _ => {}
        }
    }
    Some(look)
}

fn is_bold(word: &str) -> bool {
    word == "bold" || word == "bolder" || word.parse::<u32>().is_ok_and(|it| it >= 600)
}

fn pixels(word: &str) -> Option<f64> {
    word.strip_suffix("px")?.parse().ok()
}

/// Inline declarations, in small letters and without `!important`.
fn declarations(style: &str) -> impl Iterator<Item = (String, String)> {
    style.split(';').filter_map(|declaration| {
        let (property, value) = declaration.split_once(':')?;
        let value = value.trim().to_ascii_lowercase();
        let value = value.trim_end_matches("!important").trim();
        Some((property.trim().to_ascii_lowercase(), value.to_owned()))
    })
}

/// Class, property and value of the rules for dark surroundings.
fn dark_rules(css: &str) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    let lower = css.to_ascii_lowercase();
    let Some(at) = lower.find("prefers-color-scheme") else {
        return all;
    };
    let after = &css[at..];
    let is_dark = after
        .split('{')
        .next()
        .is_some_and(|query| query.to_ascii_lowercase().contains("dark"));
    let Some((_, mut rest)) = after.split_once('{').filter(|_| is_dark) else {
        return all;
    };
    while let Some((selector, body)) = rest.split_once('{') {
        if selector.trim_start().starts_with('}') {
            break;
        }
        let (body, next) = body.split_once('}').unwrap_or((body, ""));
        rest = next;
        for class in selector
            .split(',')
            .filter_map(|it| it.trim().strip_prefix('.'))
        {
            for (property, value) in declarations(body) {
                all.push((class.to_owned(), property, value));
            }
        }
    }
    all
}

/// A colour as mails write them.
fn color(value: &str) -> Option<Hex> {
    let value = value.trim().to_ascii_lowercase();
    match value.as_str() {
        "black" => return Some(BLACK),
        "white" => return Some(WHITE),
        _ => {}
    }
    let digits = value.strip_prefix('#')?;
    if digits.len() == 3 && digits.is_ascii() {
        let doubled: String = digits.chars().flat_map(|digit| [digit, digit]).collect();
        return format!("#{doubled}").parse().ok();
    }
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_handed_down_and_change_in_the_dark() {
        let html = "<style>.t{color:#111111}</style><style>@media (prefers-color-scheme:dark){\n\
            .bg,.cd{background:#0E1114 !important}\n.tk{color:#F2F4F5 !important}\n}\n</style>\
            <body style=\"background:#FFF\"><table bgcolor=\"#EEEEEE\" class=\"bg\"><tr><td>\
            <p class=\"tk\" style=\"color:#333;font:bold 20px/26px Georgia,serif\">Harbour <a>wall</a></p>\
            <p style=\"font-size:11px\">small</p><p style=\"display:none\">hidden</p>\
            </td></tr></table>";
        let hex = |text: &str| text.parse::<Hex>().unwrap();
        let found = texts(html);
        let words: Vec<_> = found.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(words, ["Harbour", "wall", "small"]);
        let wall = &found[1];
        assert_eq!(wall.light, (hex("#333333"), hex("#EEEEEE")));
        assert_eq!(wall.dark, (hex("#F2F4F5"), hex("#0E1114")));
        assert_eq!((wall.size, wall.is_bold), (20.0, true));
        assert_eq!((found[2].size, found[2].is_bold), (11.0, false));
        assert_eq!(found[2].dark.0, BLACK);
    }
}
