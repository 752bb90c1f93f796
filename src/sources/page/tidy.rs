//! Any markup to markup of the same words that is small, flat enough and well nested.
//!
//! A tree builder that follows the HTML standard takes time that grows with the square of the nesting
//! depth, copies formatting elements into every paragraph after them, and recurses when the tree is
//! dropped. So no page reaches one as it came: this pass, linear in the input, leaves out what is no
//! text (scripts, styles, drawings, comments), keeps the attributes that are looked at later, closes
//! what is open where the standard would, and passes over tags beyond a depth and a number.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use crate::sources::markup::shallow;

/// Deeper elements are passed over, their text is kept. Real pages stay under 60.
const MOST_DEPTH: usize = 100;
/// Longest pages seen have 15 000 elements; the rest of a longer one is left out.
const MOST_ELEMENTS: usize = 15_000;
/// Tags, texts and mistakes that are looked at, whether or not they are kept.
pub(super) const MOST_TOKENS: usize = 150_000;
const MOST_BYTES: usize = 1_000_000;
const MOST_ATTRIBUTE_BYTES: usize = 2_000;
/// How many elements may be opened again after a tag that closed them out of order.
const MOST_REOPENED: usize = 2_000;

const VOID: &[&str] = &["br", "embed", "hr", "img", "source", "wbr"];
/// Nothing inside these is the article's text.
const SKIPPED: &[&str] = &[
    "applet", "audio", "canvas", "datalist", "head", "iframe", "math", "menuitem", "meter",
    "noembed", "noframes", "noscript", "object", "progress", "script", "select", "style", "svg",
    "template", "textarea", "title", "video", "option", "optgroup", "map",
];
/// Elements that end what is skipped although it was not closed: the page goes on there.
const BREAKS_OUT: &[&str] = &[
    "article", "body", "div", "footer", "h1", "h2", "h3", "header", "main", "p", "section", "table",
];
/// These may hold blocks that are not shown.
const CLOSED_ONLY_BY_NAME: &[&str] =
    &["canvas", "noscript", "object", "template", "video", "audio"];
const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
const CLOSES_PARAGRAPH: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dd",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];
/// An end tag reaches no further out than the innermost of these.
const BOUNDARIES: &[&str] = &["caption", "table", "td", "th"];
const KEPT_ATTRIBUTES: &[&str] = &[
    "alt",
    "aria-hidden",
    "aria-label",
    "aria-modal",
    "class",
    "colspan",
    "data-src",
    "data-srcset",
    "datetime",
    "dir",
    "height",
    "hidden",
    "href",
    "id",
    "itemprop",
    "itemtype",
    "lang",
    "rel",
    "role",
    "rowspan",
    "src",
    "srcset",
    "width",
];

/// More `&` and `<` than any text needs; further ones are left out.
const MOST_REFERENCES: usize = 10_000;

/// What became of a page's markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tidied {
    /// A whole document, well nested.
    pub(super) markup: String,
    /// The page was longer than is read.
    pub(super) cut: bool,
}

/// Rewrites the markup of a page.
pub(super) fn tidy(text: &str) -> Tidied {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut writer = Writer::default();
    let text = shallow(text);
    writer.out.push_str("<!DOCTYPE html><html><body>");
    for (number, token) in Tokenizer::new_with_emitter(&*text, emitter).enumerate() {
        let full = writer.elements > MOST_ELEMENTS || writer.out.len() > MOST_BYTES;
        if full || number > MOST_TOKENS {
            writer.cut = true;
            break;
        }
        match token {
            Ok(Token::StartTag(tag)) => writer.start(&tag),
            Ok(Token::EndTag(tag)) => {
                if let Ok(name) = std::str::from_utf8(&tag.name) {
                    writer.end(name);
                }
            }
            Ok(Token::String(found)) => writer.text(&String::from_utf8_lossy(&found.value)),
            Ok(Token::Comment(_) | Token::Doctype(_) | Token::Error(_)) => {}
            Err(never) => match never {},
        }
    }
    while let Some(open) = writer.stack.pop() {
        writer.close_tag(&open.name);
    }
    writer.out.push_str("</body></html>");
    Tidied {
        markup: writer.out,
        cut: writer.cut,
    }
}

#[derive(Debug)]
struct Open {
    name: String,
    attributes: String,
}

#[derive(Debug, Default)]
struct Writer {
    out: String,
    stack: Vec<Open>,
    skipping: Option<String>,
    elements: usize,
    reopened: usize,
    cut: bool,
    /// `&` and `<` written in texts.
    references: usize,
}

impl Writer {
    fn start(&mut self, tag: &StartTag<()>) {
        let Ok(name) = std::str::from_utf8(&tag.name) else {
            return;
        };
        if let Some(skipping) = &self.skipping {
            // A drawing that is never closed would swallow the page; a script cannot, for the
            // tokenizer ends it at the end tag or the end of the page.
            let closed_like_a_block = CLOSED_ONLY_BY_NAME.contains(&skipping.as_str());
            if !closed_like_a_block && BREAKS_OUT.contains(&name) {
                self.skipping = None;
            } else {
                return;
            }
        }
        if SKIPPED.contains(&name) {
            if !tag.self_closing || !matches!(name, "svg" | "math") {
                self.skipping = Some(name.to_owned());
            }
            return;
        }
        if !is_plain(name) || matches!(name, "html" | "body" | "plaintext" | "form") {
            return;
        }
        self.imply_ends(name);
        if VOID.contains(&name) {
            self.open_tag(name, &attributes(tag));
        } else if self.stack.len() < MOST_DEPTH {
            let attributes = attributes(tag);
            self.open_tag(name, &attributes);
            self.stack.push(Open {
                name: name.to_owned(),
                attributes,
            });
        } else {
            self.out.push(' ');
        }
    }

    /// Closes what the standard closes without being told.
    fn imply_ends(&mut self, name: &str) {
        if CLOSES_PARAGRAPH.contains(&name) {
            self.close_up_to(&["p"], &[]);
        }
        match name {
            "li" => self.close_up_to(&["li"], &["ul", "ol", "menu", "div"]),
            "dd" | "dt" => self.close_up_to(&["dd", "dt"], &["dl", "div"]),
            "tr" => self.close_up_to_inside(&["tr"], &["table"]),
            "td" | "th" => self.close_up_to_inside(&["td", "th"], &["table", "tr"]),
            "tbody" | "thead" | "tfoot" => {
                self.close_up_to_inside(&["tbody", "thead", "tfoot"], &["table"]);
            }
            "a" if self.stack.iter().any(|open| open.name == "a") => self.end("a"),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let heading = |open: &Open| open.name.len() == 2 && open.name.starts_with('h');
                if self.stack.last().is_some_and(heading) {
                    self.pop();
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(skipping) = &self.skipping {
            if skipping == name {
                self.skipping = None;
            }
            return;
        }
        if name == "br" {
            return self.open_tag("br", "");
        }
        let boundary = |open: &Open| BOUNDARIES.contains(&open.name.as_str());
        let found = self.stack.iter().rposition(|open| open.name == name);
        let Some(at) = found else {
            return;
        };
        let above = self.stack.get(at + 1..).unwrap_or_default();
        let table_part = matches!(
            name,
            "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th"
        );
        if !table_part && above.iter().any(boundary) {
            return;
        }
        if table_part && name != "table" && above.iter().any(|open| open.name == "table") {
            return;
        }
        let mut again: Vec<Open> = Vec::new();
        while self.stack.len() > at {
            let Some(open) = self.stack.pop() else { break };
            self.close_tag(&open.name);
            if self.stack.len() > at {
                again.push(open);
            }
        }
        // "<a><div></a>…</div>": the link ends here, the block does not.
        let again = again
            .into_iter()
            .rev()
            .filter(|open| FORMATTING.contains(&name) && !FORMATTING.contains(&open.name.as_str()));
        for open in again {
            if self.reopened < MOST_REOPENED {
                self.reopened += 1;
                self.open_tag(&open.name, &open.attributes);
                self.stack.push(open);
            }
        }
    }

    /// Closes the innermost of `names`, unless one of `stops` or a boundary is further in.
    fn close_up_to(&mut self, names: &[&str], stops: &[&str]) {
        self.close_unless(names, |name| {
            stops.contains(&name) || BOUNDARIES.contains(&name)
        });
    }

    /// The same where cells are no boundary: a row ends the cells of the row before.
    fn close_up_to_inside(&mut self, names: &[&str], stops: &[&str]) {
        self.close_unless(names, |name| stops.contains(&name));
    }

    fn close_unless(&mut self, names: &[&str], stops: impl Fn(&str) -> bool) {
        let wanted = |open: &Open| names.contains(&open.name.as_str());
        let found = self
            .stack
            .iter()
            .rposition(|open| wanted(open) || stops(&open.name));
        if let Some(at) = found.filter(|at| self.stack.get(*at).is_some_and(wanted)) {
            while self.stack.len() > at {
                self.pop();
            }
        }
    }

    fn pop(&mut self) {
        if let Some(open) = self.stack.pop() {
            self.close_tag(&open.name);
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipping.is_some() {
            return;
        }
        let left = MOST_BYTES.saturating_sub(self.out.len());
        let end = text.floor_char_boundary(left.min(text.len()));
        for c in text[..end].chars() {
            let escaped = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '\0' => "",
                c => {
                    self.out.push(c);
                    continue;
                }
            };
            // The parser behind this copies a text once for each reference in it.
            self.references += 1;
            if self.references <= MOST_REFERENCES {
                self.out.push_str(escaped);
            }
        }
    }

    fn open_tag(&mut self, name: &str, attributes: &str) {
        self.elements += 1;
        for part in ["<", name, attributes, ">"] {
            self.out.push_str(part);
        }
    }

    fn close_tag(&mut self, name: &str) {
        for part in ["</", name, ">"] {
            self.out.push_str(part);
        }
    }
}

fn is_plain(name: &str) -> bool {
    let tail = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.len() <= 40 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(tail)
}

fn attributes(tag: &StartTag<()>) -> String {
    let mut out = String::new();
    for kept in KEPT_ATTRIBUTES {
        let Some(value) = tag.attributes.get(kept.as_bytes()) else {
            continue;
        };
        if value.value.len() <= MOST_ATTRIBUTE_BYTES && !value.value.starts_with(b"data:") {
            push_attribute(&mut out, kept, &String::from_utf8_lossy(&value.value));
        }
    }
    if tag
        .attributes
        .get(b"style".as_slice())
        .is_some_and(|style| hides(&style.value))
    {
        push_attribute(&mut out, "style", "display:none");
    }
    out
}

fn hides(style: &[u8]) -> bool {
    let short = &style[..style.len().min(MOST_ATTRIBUTE_BYTES)];
    let style: Vec<u8> = short
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(u8::to_ascii_lowercase)
        .collect();
    let has = |mark: &[u8]| style.windows(mark.len()).any(|window| window == mark);
    has(b"display:none") || has(b"visibility:hidden")
}

fn push_attribute(out: &mut String, name: &str, value: &str) {
    for part in [" ", name, "=\""] {
        out.push_str(part);
    }
    push_escaped(out, value);
    out.push('"');
}

/// Text as markup that shows it, also between double quotes.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\0' => {}
            c => out.push(c),
        }
    }
}
