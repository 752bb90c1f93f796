//! Bytes with slots in them, and what goes into the slots.

use courant_templates::escaped;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::quoted::Column;
use crate::links::TOKEN_CHARS;

/// Width of the text part, in cells, as the templates wrap it.
const CELLS: usize = 72;

/// What goes into the slots for one reader.
#[derive(Debug, Clone, Copy)]
pub(in crate::delivery) struct Values<'a> {
    /// Their address.
    pub address: &'a str,
    /// Left half of the Message-ID.
    pub name: &'a str,
    /// When it is sent, as a Date header has it.
    pub date: &'a str,
    /// Why they get it.
    pub why: &'a Sentence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// One of the links that every copy has.
    Fixed(usize),
    /// The story's own link.
    Click,
    Address,
    Name,
    Date,
    /// The sentence in the html part: escaped, encoded.
    WhyHtml,
    /// The sentence in the text part: wrapped, encoded.
    WhyText,
    /// The copy's preview line in the html part.
    Preheader,
}

#[derive(Debug)]
pub(super) enum Step {
    /// To this offset of the bytes, from where the last step ended.
    Text(usize),
    Slot(Slot),
}

/// Bytes with slots in them.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) bytes: Vec<u8>,
    pub(super) steps: Vec<Step>,
}

/// What fills the slots of one message.
pub(super) struct Filling<'a> {
    pub(super) values: &'a Values<'a>,
    pub(super) tokens: &'a [[u8; TOKEN_CHARS]],
    pub(super) preheader: &'a [u8],
}

impl Form {
    pub(super) fn slot(&mut self, slot: Slot) {
        self.steps.push(Step::Text(self.bytes.len()));
        self.steps.push(Step::Slot(slot));
    }

    /// Fills it in; `click` says which token the story's own link has.
    pub(super) fn write(&self, filling: &Filling<'_>, click: usize, out: &mut Vec<u8>) {
        let mut from = 0;
        // Its length is known, so that no call is made for each of a hundred.
        let token = |at: usize, out: &mut Vec<u8>| {
            if let Some(token) = filling.tokens.get(at) {
                out.extend_from_slice(token);
            }
        };
        let values = filling.values;
        for step in &self.steps {
            match step {
                Step::Text(to) => {
                    out.extend_from_slice(self.bytes.get(from..*to).unwrap_or_default());
                    from = *to;
                }
                Step::Slot(Slot::Fixed(at)) => token(*at, out),
                Step::Slot(Slot::Click) => token(click, out),
                Step::Slot(Slot::Address) => out.extend_from_slice(values.address.as_bytes()),
                Step::Slot(Slot::Name) => out.extend_from_slice(values.name.as_bytes()),
                Step::Slot(Slot::Date) => out.extend_from_slice(values.date.as_bytes()),
                Step::Slot(Slot::WhyHtml) => values.why.html.write(values.address, out),
                Step::Slot(Slot::WhyText) => values.why.text.write(values.address, out),
                Step::Slot(Slot::Preheader) => out.extend_from_slice(filling.preheader),
            }
        }
        out.extend_from_slice(self.bytes.get(from..).unwrap_or_default());
    }
}

/// The sentence that says why a reader gets a mail, encoded for both parts.
#[derive(Debug)]
pub(in crate::delivery) struct Sentence {
    html: Around,
    text: Around,
}

/// What stands before and after an address.
#[derive(Debug)]
struct Around {
    before: Vec<u8>,
    /// Nothing where the address is in what stands before.
    after: Option<Vec<u8>>,
}

impl Around {
    fn write(&self, address: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.before);
        if let Some(after) = &self.after {
            out.extend_from_slice(address.as_bytes());
            out.extend_from_slice(after);
        }
    }
}

impl Sentence {
    /// A sentence with the address in it; nothing if it is for the templates to wrap.
    pub(in crate::delivery) fn whole(why: &str) -> Option<Self> {
        let around = |text: &str| Around {
            before: free_text(text),
            after: None,
        };
        Some(Self {
            html: around(&escaped(why)),
            text: around(&wrapped(why)?),
        })
    }

    /// A sentence with an [`stand_in`] where addresses of one length go, all of them plain; nothing if it
    /// has no such place, or is for the templates to wrap.
    pub(in crate::delivery) fn around(why: &str, length: usize) -> Option<Self> {
        let stand_in = stand_in(length);
        let around = |text: &str| {
            let (before, after) = text.split_once(&stand_in)?;
            let (mut start, mut end) = (Vec::new(), b"=\r\n".to_vec());
            let mut column = Column::default();
            column.encode(before, &mut start);
            column.soft_break(&mut start);
            end.extend(free_text(after));
            Some(Around {
                before: start,
                after: Some(end),
            })
        };
        Some(Self {
            html: around(&escaped(why))?,
            text: around(&wrapped(why)?)?,
        })
    }
}

/// Stands for an address of so many letters.
pub(in crate::delivery) fn stand_in(length: usize) -> String {
    "~".repeat(length)
}

/// Whether an address needs no encoding, escaping or breaking in either part.
pub(in crate::delivery) fn is_plain(address: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'=' | b'&' | b'<' | b'>' | b'"');
    (5..=70).contains(&address.len()) && address.bytes().all(plain)
}

/// Free text between two soft breaks; the one before it is part of what stands before.
pub(super) fn free_text(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 5 / 4 + 8);
    let mut column = Column::default();
    column.encode(text, &mut out);
    column.soft_break(&mut out);
    out
}

/// A paragraph in lines of [`CELLS`], for text whose lines end at spaces only; nothing for text with
/// wide letters, or words that have to be broken: those are for the templates to wrap.
pub(super) fn wrapped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = if word.is_ascii() && !word.bytes().any(|byte| byte.is_ascii_control()) {
            word.len()
        } else {
            // Spaces that do not break stand in times: "7:00 AM".
            let holds = |c: char| matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
            let plain = |c: char| c.width() == Some(1) && (!c.is_whitespace() || holds(c));
            if !word.chars().all(plain) {
                return None;
            }
            word.width()
        };
        if width > CELLS {
            return None;
        }
        if used > 0 && used + 1 + width > CELLS {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += width;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_whose_lines_end_at_spaces_is_wrapped_here() {
        let long =
            "You get this email because somebody@example.org signed up for a digest of news.";
        let lines = wrapped(long).unwrap();
        assert!(lines.lines().all(|line| line.len() <= CELLS));
        assert_eq!(lines.replace('\n', " "), long);
        for text in ["at 7:00\u{a0}AM", "à 7\u{202f}h"] {
            assert_eq!(wrapped(text).as_deref(), Some(text), "it is one line");
        }
        for text in ["灯台 x", &"x".repeat(73), "a\u{301}"] {
            assert_eq!(wrapped(text), None, "{text}");
        }
    }
}
