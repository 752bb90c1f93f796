//! A copy of an edition, rendered and encoded once, for all readers who get it.
//!
//! The slow path writes the copy for an invented reader; what is that reader's own in it (tokens,
//! address, Message-ID, the sentence that says why) becomes slots, and the rest is encoded and kept. A
//! message is then the pieces joined, with a reader's values in the slots: tokens of a fixed length
//! need no encoding, free text is encoded between two soft line breaks, whatever it holds.
//!
//! Nothing here knows the templates: slots are found by looking for the invented reader's values. A
//! copy in which they are not found as they should be, or that does not read back as it was rendered,
//! is not compiled, and its readers' messages are written the slow way.

use courant_subscribers::{Counting, EmailAddress, Format, Recipient, SubscriberId};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::links::{Kind, Links, TOKEN_CHARS, Token};
use crate::render::Rendered;

mod quoted;

use quoted::Column;

/// The invented reader's number and address: values no text holds by chance.
const SAMPLE_NUMBER: i64 = 0x0c0f_fee5_1a7e_d00d;
const SAMPLE_ADDRESS: &str = "q7x-sample-reader-w3k@sample.invalid.example";
/// Width of the text part, in cells, as the templates wrap it.
const CELLS: usize = 72;

/// The reader a copy is compiled with.
pub(super) fn sample(format: Format, counting: Counting) -> Option<Recipient> {
    Some(Recipient {
        id: SubscriberId::from_i64(SAMPLE_NUMBER),
        address: EmailAddress::parse(SAMPLE_ADDRESS).ok()?,
        name: None,
        format,
        counting,
        subscribed_at: 0,
    })
}

/// What goes into the slots for one reader.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// Their address.
    pub address: &'a str,
    /// Left half of the Message-ID.
    pub name: &'a str,
    /// When it is sent, as a Date header has it.
    pub date: &'a str,
    /// Why they get it, in one line.
    pub why: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// One of the copy's links, by its place among them.
    Token(usize),
    Address,
    Name,
    Date,
    /// The sentence in the html part: escaped, encoded.
    WhyHtml,
    /// The sentence in the text part: wrapped, encoded.
    WhyText,
}

#[derive(Debug)]
enum Piece {
    /// To this offset of the bytes, from where the last piece ended.
    Text(usize),
    Slot(Slot),
}

/// Pieces in order over one buffer.
#[derive(Debug, Default)]
struct Pieces {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Pieces {
    fn slot(&mut self, slot: Slot) {
        self.pieces.push(Piece::Text(self.bytes.len()));
        self.pieces.push(Piece::Slot(slot));
    }

    fn end(&mut self) {
        self.pieces.push(Piece::Text(self.bytes.len()));
    }

    fn write(&self, values: &Values<'_>, tokens: &[[u8; TOKEN_CHARS]], out: &mut Vec<u8>) {
        let mut from = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Text(to) => {
                    out.extend_from_slice(self.bytes.get(from..*to).unwrap_or_default());
                    from = *to;
                }
                Piece::Slot(Slot::Token(at)) => {
                    out.extend_from_slice(tokens.get(*at).map_or(&[][..], |token| &token[..]));
                }
                Piece::Slot(Slot::Address) => out.extend_from_slice(values.address.as_bytes()),
                Piece::Slot(Slot::Name) => out.extend_from_slice(values.name.as_bytes()),
                Piece::Slot(Slot::Date) => out.extend_from_slice(values.date.as_bytes()),
                Piece::Slot(Slot::WhyHtml) => free_text(&escaped(values.why), out),
                Piece::Slot(Slot::WhyText) => {
                    let lines = wrapped(values.why).unwrap_or_default();
                    free_text(&lines, out);
                }
            }
        }
    }
}

/// Free text between two soft breaks; the one before it is part of the piece before.
fn free_text(text: &str, out: &mut Vec<u8>) {
    let mut column = Column::default();
    column.encode(text, out);
    column.soft_break(out);
}

/// As maud escapes it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

/// A paragraph in lines of [`CELLS`], for text whose lines end at spaces only; nothing for text with
/// wide letters, or words that have to be broken: those are for the templates to wrap.
fn wrapped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = word.width();
        // Spaces that do not break stand in times: "7:00 AM".
        let holds = |c: char| matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
        let plain = |c: char| c.width() == Some(1) && (!c.is_whitespace() || holds(c));
        if width > CELLS || !word.chars().all(plain) {
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

/// Whether a reader's sentence can be put into a slot.
pub(super) fn fits(why: &str) -> bool {
    wrapped(why).is_some()
}

/// A copy ready to be filled in.
#[derive(Debug)]
pub(super) struct Compiled {
    head: Pieces,
    body: Pieces,
    /// What the copy's links do.
    kinds: Vec<Kind>,
    edition: u32,
    /// Whether the body is its own relaxed form for DKIM.
    pub is_relaxed: bool,
}

/// What a copy is compiled from.
pub(super) struct Source<'a> {
    /// The header section of the sample reader's message, as the slow path writes it.
    pub head: &'a str,
    /// Its words.
    pub rendered: &'a Rendered,
    /// Its sentence.
    pub why: &'a str,
    /// Its Message-ID's left half and Date.
    pub name: &'a str,
    pub date: &'a str,
    pub links: &'a Links,
    pub edition: u32,
    /// Links of the stories in the copy.
    pub stories: &'a [u16],
}

impl Compiled {
    /// Compiles a copy; nothing if it does not hold what it should.
    pub(super) fn new(source: &Source<'_>) -> Option<Self> {
        let tokens = tokens(source);
        let head = compile_head(source, &tokens)?;
        let mut body = Pieces::default();
        let text_part = |body: &mut Pieces| {
            let text = source.rendered.text.as_str();
            let why = wrapped(source.why)?;
            encode(text, (&why, Slot::WhyText), &tokens, body)
        };
        match &source.rendered.html {
            None => {
                text_part(&mut body)?;
                body.end();
            }
            Some(html) => {
                part(&mut body, "text/plain");
                text_part(&mut body)?;
                part(&mut body, "text/html");
                let why = escaped(source.why);
                encode(html, (&why, Slot::WhyHtml), &tokens, &mut body)?;
                body.bytes.extend_from_slice(b"\r\n--=");
                body.slot(Slot::Name);
                body.bytes.extend_from_slice(b"=--\r\n");
                body.end();
            }
        }
        let is_relaxed = body.bytes.ends_with(b"\r\n") && !body.bytes.ends_with(b"\r\n\r\n");
        let compiled = Self {
            head,
            body,
            kinds: kinds(source).collect(),
            edition: source.edition,
            is_relaxed,
        };
        compiled.reads_back(source).then_some(compiled)
    }

    /// A reader's tokens for the copy's links.
    pub(super) fn tokens(&self, subscriber: i64, links: &Links) -> Vec<[u8; TOKEN_CHARS]> {
        links.sign_all(self.kinds.iter().map(|kind| Token {
            subscriber,
            edition: self.edition,
            kind: *kind,
        }))
    }

    /// Writes the header section, without the empty line after it.
    pub(super) fn head(
        &self,
        values: &Values<'_>,
        tokens: &[[u8; TOKEN_CHARS]],
        out: &mut Vec<u8>,
    ) {
        self.head.write(values, tokens, out);
    }

    /// Writes the body.
    pub(super) fn body(
        &self,
        values: &Values<'_>,
        tokens: &[[u8; TOKEN_CHARS]],
        out: &mut Vec<u8>,
    ) {
        self.body.write(values, tokens, out);
    }

    /// About how long a message is.
    pub(super) fn bytes(&self) -> usize {
        self.head.bytes.len() + self.body.bytes.len() + 4096
    }

    /// Whether the sample reader's message says what was rendered for them.
    fn reads_back(&self, source: &Source<'_>) -> bool {
        let values = Values {
            address: SAMPLE_ADDRESS,
            name: source.name,
            date: source.date,
            why: source.why,
        };
        let tokens = self.tokens(SAMPLE_NUMBER, source.links);
        let mut message = Vec::with_capacity(self.bytes());
        self.head(&values, &tokens, &mut message);
        message.extend_from_slice(b"\r\n");
        self.body(&values, &tokens, &mut message);
        let Some(parsed) = mail_parser::MessageParser::default().parse(&message) else {
            return false;
        };
        let same = |part: Option<std::borrow::Cow<'_, str>>, wanted: &str| {
            part.is_some_and(|part| part.replace("\r\n", "\n") == wanted)
        };
        let text = same(parsed.body_text(0), &source.rendered.text);
        let html = source.rendered.html.as_deref();
        text && html.is_none_or(|html| same(parsed.body_html(0), html))
    }
}

/// What the links of a copy can do.
fn kinds(source: &Source<'_>) -> impl Iterator<Item = Kind> {
    let clicks = source.stories.iter().map(|link| Kind::Click(*link));
    [Kind::Unsubscribe, Kind::Open, Kind::Preferences, Kind::View]
        .into_iter()
        .chain(clicks)
}

/// The sample reader's tokens, as they stand in the copy, and the place of each.
fn tokens(source: &Source<'_>) -> Vec<(String, usize)> {
    let token = |(at, kind)| {
        let token = Token {
            subscriber: SAMPLE_NUMBER,
            edition: source.edition,
            kind,
        };
        (source.links.sign(token), at)
    };
    kinds(source).enumerate().map(token).collect()
}

/// The next of the sample's values in a text: where, how long, which slot.
fn next_slot(text: &str, wanted: &[(&str, Slot)]) -> Option<(usize, usize, Slot)> {
    let found = wanted
        .iter()
        .filter_map(|(value, slot)| text.find(value).map(|at| (at, value.len(), *slot)));
    found.min_by_key(|(at, ..)| *at)
}

/// The header section, with the fields of MIME replaced by ours.
fn compile_head(source: &Source<'_>, tokens: &[(String, usize)]) -> Option<Pieces> {
    let mut kept = String::new();
    let mut is_mime = false;
    for line in source.head.split_inclusive("\r\n") {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default();
            is_mime = ["MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
                .iter()
                .any(|mime| mime.eq_ignore_ascii_case(name));
        }
        if !is_mime {
            kept.push_str(line);
        }
    }
    kept.push_str("MIME-Version: 1.0\r\n");
    let kind = match source.rendered.html {
        Some(_) => format!(
            "Content-Type: multipart/alternative;\r\n boundary=\"={}=\"\r\n",
            source.name
        ),
        None => "Content-Type: text/plain; charset=utf-8\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n"
            .to_owned(),
    };
    kept.push_str(&kind);
    let mut wanted: Vec<(&str, Slot)> = tokens
        .iter()
        .map(|(token, at)| (token.as_str(), Slot::Token(*at)))
        .collect();
    wanted.push((SAMPLE_ADDRESS, Slot::Address));
    wanted.push((source.name, Slot::Name));
    wanted.push((source.date, Slot::Date));
    let mut head = Pieces::default();
    let mut rest = kept.as_str();
    let mut found = Vec::new();
    while let Some((at, length, slot)) = next_slot(rest, &wanted) {
        head.bytes.extend_from_slice(rest.get(..at)?.as_bytes());
        head.slot(slot);
        found.push(slot);
        rest = rest.get(at + length..)?;
    }
    head.bytes.extend_from_slice(rest.as_bytes());
    head.end();
    let needed = [
        Slot::Address,
        Slot::Name,
        Slot::Date,
        // The first kind is what the one-click header does.
        Slot::Token(0),
    ];
    needed
        .iter()
        .all(|slot| found.contains(slot))
        .then_some(head)
}

fn part(body: &mut Pieces, kind: &str) {
    if !body.bytes.is_empty() {
        body.bytes.extend_from_slice(b"\r\n");
    }
    body.bytes.extend_from_slice(b"--=");
    body.slot(Slot::Name);
    let head = format!(
        "=\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    );
    body.bytes.extend_from_slice(head.as_bytes());
}

/// A part's text, encoded, with slots where the sample reader's values stood.
fn encode(
    text: &str,
    why: (&str, Slot),
    tokens: &[(String, usize)],
    body: &mut Pieces,
) -> Option<()> {
    // The sentence once and nowhere else, or it is not the sentence.
    if text.matches(why.0).count() != 1 {
        return None;
    }
    let mut wanted: Vec<(&str, Slot)> = tokens
        .iter()
        .map(|(token, at)| (token.as_str(), Slot::Token(*at)))
        .collect();
    wanted.push(why);
    let mut column = Column::default();
    let mut rest = text;
    while let Some((at, length, slot)) = next_slot(rest, &wanted) {
        column.encode(rest.get(..at)?, &mut body.bytes);
        match slot {
            Slot::Token(_) => column.room_for(TOKEN_CHARS, &mut body.bytes),
            _ => column.soft_break(&mut body.bytes),
        }
        body.slot(slot);
        rest = rest.get(at + length..)?;
    }
    column.encode(rest, &mut body.bytes);
    // Any of the sample's own values left over would be sent to everybody.
    (!text.replace(why.0, "").contains(SAMPLE_ADDRESS)).then_some(())
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
