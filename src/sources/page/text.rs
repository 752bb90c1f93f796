//! Markup to plain text in paragraphs: what a reader would copy.

use html5gum::{Token, Tokenizer};

use crate::sources::markup::shallow;

const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

/// The text of tidy markup: paragraphs with an empty line between, lists with dashes, rows as lines.
/// Captions are left out: they are no part of what is told.
pub(super) fn of(markup: &str) -> String {
    let mut writer = Writer::default();
    for token in Tokenizer::new(&*shallow(markup)) {
        match token {
            Ok(Token::StartTag(tag)) => {
                writer.tag(&String::from_utf8_lossy(&tag.name), Edge::Start);
            }
            Ok(Token::EndTag(tag)) => writer.tag(&String::from_utf8_lossy(&tag.name), Edge::End),
            Ok(Token::String(text)) => writer.text(&String::from_utf8_lossy(&text.value)),
            Ok(Token::Comment(_) | Token::Doctype(_) | Token::Error(_)) => {}
            Err(never) => match never {},
        }
    }
    writer.out.trim().to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

#[derive(Debug, Default)]
struct Writer {
    out: String,
    captions: usize,
    preformatted: usize,
    /// Line breaks to write before the next word.
    breaks: usize,
    space: bool,
    bullet: bool,
}

impl Writer {
    fn tag(&mut self, name: &str, edge: Edge) {
        let count = |depth: usize| match edge {
            Edge::Start => depth + 1,
            Edge::End => depth.saturating_sub(1),
        };
        match name {
            "figcaption" => self.captions = count(self.captions),
            "pre" => self.preformatted = count(self.preformatted),
            _ => {}
        }
        match name {
            "br" if edge == Edge::Start => {
                self.breaks = (self.breaks + 1).min(2);
            }
            "li" => {
                // A paragraph that ends with its item asks for no empty line.
                let before = if edge == Edge::Start { self.breaks } else { 1 };
                self.breaks = before.max(1);
                self.bullet = edge == Edge::Start;
            }
            "tr" => self.breaks = self.breaks.max(1),
            "td" | "th" => self.space = true,
            _ if BLOCKS.contains(&name) && !self.bullet => self.breaks = 2,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.captions > 0 {
            return;
        }
        if self.preformatted > 0 {
            self.begin();
            self.out.push_str(text);
            return;
        }
        let mut words = text.split_whitespace().peekable();
        if words.peek().is_none() {
            self.space |= !text.is_empty();
            return;
        }
        self.space |= text.starts_with(char::is_whitespace);
        for word in words {
            self.begin();
            self.out.push_str(word);
            self.space = true;
        }
        self.space = text.ends_with(char::is_whitespace);
    }

    /// Writes what is due before the next word.
    fn begin(&mut self) {
        if !self.out.is_empty() {
            if self.breaks > 0 {
                self.out.extend(std::iter::repeat_n('\n', self.breaks));
            } else if self.space {
                self.out.push(' ');
            }
        }
        if std::mem::take(&mut self.bullet) {
            self.out.push_str("- ");
        }
        self.breaks = 0;
        self.space = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_rows_and_code_keep_their_shape() {
        for (markup, text) in [
            (
                "<p>One <b>two</b>three.</p>\n<p>Four</p>",
                "One twothree.\n\nFour",
            ),
            ("<div>One<div>Two</div></div>", "One\n\nTwo"),
            ("a<br>b<br><br>c", "a\nb\n\nc"),
            ("<ul><li><p>One</p></li><li>Two</li></ul>", "- One\n- Two"),
            (
                "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
                "1 2\n3",
            ),
            ("<pre>a\n  b</pre>", "a\n  b"),
            (
                "<figure><img><figcaption>A boat</figcaption></figure><p>One",
                "One",
            ),
            ("A &amp; B &lt;", "A & B <"),
            ("", ""),
        ] {
            assert_eq!(of(markup), text, "{markup}");
        }
    }
}
