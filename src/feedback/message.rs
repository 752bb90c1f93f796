//! A mail as it came in, taken apart: headers, readable parts, and the message that was returned.
//!
//! Bounces are the least well-formed mail there is, so the tree is split here, forgivingly and with a
//! bounded depth: a boundary that does not match its header is guessed, a part that never ends ends
//! with the mail. Only single leaves go through `mail-parser`, for transfer encodings and charsets;
//! handing it the whole tree would let thousands of nested messages exhaust the stack.

use jiff::fmt::rfc2822;
use mail_parser::{MessageParser, PartType};

/// Bytes of a message that are looked at; a notice says what it has to say long before.
pub const LIMIT_BYTES: usize = 2_000_000;
/// Multiparts within multiparts: notices have two or three.
const DEEPEST: usize = 6;
/// Parts of one mail: a notice has three.
const MOST_PARTS: usize = 60;
/// Bytes of one part that are decoded.
const PART_BYTES: usize = 300_000;
/// Header lines of one part.
const MOST_HEADERS: usize = 500;

/// Kinds of the part that holds the returned message, or its headers.
pub(super) const RETURNED: &[&str] = &[
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
];

/// Header fields in order, names in lower case, values unfolded.
#[derive(Debug, Clone, Default)]
pub(super) struct Headers(Vec<(String, String)>);

/// One leaf of the tree.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Media type in lower case, such as `text/plain`.
    pub(super) kind: String,
    /// Decoded text; bytes that are none are replaced.
    pub(super) text: String,
}

/// A mail taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Mail {
    pub(super) headers: Headers,
    pub(super) parts: Vec<Part>,
}

impl Headers {
    /// Reads fields up to the first empty line; what is no field is skipped.
    pub(super) fn parse(text: &str) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.trim().is_empty() || fields.len() >= MOST_HEADERS {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            }
            if let Some((name, value)) = line.split_once(':')
                && is_field_name(name)
            {
                fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(fields)
    }

    /// The first field of that name (in lower case), as it stands.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All fields of that name (in lower case).
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every field: its name in lower case, its value unfolded.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// When it was written by its own account; nothing where that cannot be: after `now`, or before there was such mail.
    pub(super) fn written_at(&self, now: i64) -> Option<i64> {
        const EARLIEST: i64 = 946_684_800;
        let date = rfc2822::DateTimeParser::new().parse_timestamp(self.get("date")?);
        let at = date.ok()?.as_second();
        (EARLIEST..=now).contains(&at).then_some(at)
    }

    /// The first field of that name with encoded words decoded (RFC 2047).
    pub(super) fn decoded(&self, name: &str) -> String {
        let value = self.get(name).unwrap_or_default();
        if !value.contains("=?") {
            return value.to_owned();
        }
        let line = format!("Subject: {value}\r\n\r\n");
        MessageParser::default()
            .parse(&line)
            .and_then(|message| message.subject().map(str::to_owned))
            .unwrap_or_else(|| value.to_owned())
    }

    /// The media type in lower case, without parameters.
    pub(super) fn kind(&self) -> String {
        let value = self.get("content-type").unwrap_or("text/plain");
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }
}

impl Mail {
    /// Takes a mail apart; any bytes are one.
    pub(super) fn parse(raw: &[u8]) -> Self {
        let (headers, body) = Self::opened(raw);
        let leaves = leaves(&headers, body);
        let parts = leaves.iter().map(|(headers, body)| part(headers, body));
        Self {
            parts: parts.collect(),
            headers,
        }
    }

    /// The header fields of a mail and what stands behind them, as far as it is looked at.
    pub(super) fn opened(raw: &[u8]) -> (Headers, &[u8]) {
        let raw = raw.get(..LIMIT_BYTES).unwrap_or(raw);
        let (head, body) = split_head(skip_envelope_line(raw));
        (Headers::parse(&String::from_utf8_lossy(head)), body)
    }

    /// The first part of one of these kinds.
    pub(super) fn part(&self, kinds: &[&str]) -> Option<&Part> {
        self.parts
            .iter()
            .find(|part| kinds.contains(&part.kind.as_str()))
    }

    /// Readable parts in order; HTML only where nothing else can be read.
    pub(super) fn texts(&self) -> Vec<String> {
        let plain: Vec<String> = self
            .parts
            .iter()
            .filter(|part| part.kind == "text/plain" || part.kind == "text")
            .map(|part| part.text.clone())
            .filter(|text| !text.trim().is_empty())
            .collect();
        if !plain.is_empty() {
            return plain;
        }
        self.parts
            .iter()
            .filter(|part| part.kind == "text/html")
            .map(|part| without_tags(&part.text))
            .collect()
    }

    /// The returned message, or its headers, if it came as a part of its own.
    pub(super) fn returned(&self) -> Option<&Part> {
        self.part(RETURNED)
    }
}

fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.len() < 80 && name.bytes().all(|b| b.is_ascii_graphic())
}

/// mbox files put a line before the first header.
fn skip_envelope_line(raw: &[u8]) -> &[u8] {
    let start = raw
        .iter()
        .position(|b| !b.is_ascii_whitespace())
        .unwrap_or(raw.len());
    let rest = raw.get(start..).unwrap_or_default();
    if !rest.starts_with(b"From ") && !rest.starts_with(b">From ") {
        return rest;
    }
    match rest.iter().position(|b| *b == b'\n') {
        Some(end) => rest.get(end + 1..).unwrap_or_default(),
        None => rest,
    }
}

/// Splits at the first empty line.
pub(super) fn split_head(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if line.trim_ascii().is_empty() {
            let body = raw.get(at + line.len()..).unwrap_or_default();
            return (raw.get(..at).unwrap_or_default(), body);
        }
        at += line.len();
    }
    (raw, &[])
}

/// The leaves of the tree in order: their headers, and their bodies as they came.
pub(super) fn leaves<'a>(headers: &Headers, body: &'a [u8]) -> Vec<(Headers, &'a [u8])> {
    let mut found = Vec::new();
    walk(headers, body, 0, &mut found);
    found
}

fn walk<'a>(headers: &Headers, body: &'a [u8], depth: usize, found: &mut Vec<(Headers, &'a [u8])>) {
    if found.len() >= MOST_PARTS {
        return;
    }
    if headers.kind().starts_with("multipart/") && depth < DEEPEST {
        let pieces = split_parts(body, &boundary(headers));
        if !pieces.is_empty() {
            for piece in pieces {
                let (head, inner) = split_head(piece);
                let head = Headers::parse(&String::from_utf8_lossy(head));
                walk(&head, inner, depth + 1, found);
            }
            return;
        }
    }
    found.push((headers.clone(), body));
}

fn part(headers: &Headers, body: &[u8]) -> Part {
    let kind = headers.kind();
    let text = decode(headers, &kind, body);
    let kind = if kind.starts_with("multipart/") {
        "text/plain".to_owned()
    } else {
        kind
    };
    Part { kind, text }
}

/// The `boundary` parameter, empty if there is none.
fn boundary(headers: &Headers) -> String {
    let value = headers.get("content-type").unwrap_or_default();
    let lower = value.to_ascii_lowercase();
    let Some(at) = lower.find("boundary=") else {
        return String::new();
    };
    let rest = value.get(at + 9..).unwrap_or_default().trim_start();
    let text = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split([';', ' ', '\t']).next(),
    };
    text.unwrap_or_default().to_owned()
}

fn split_parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let pieces = split_at(body, boundary.as_bytes());
    if !pieces.is_empty() {
        return pieces;
    }
    // Some relays rewrite the header and forget the body: the first line that looks like one will do.
    let mut lines = body.split(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_ascii_end();
        let next = lines.peek().map(|next| next.to_ascii_lowercase());
        if line.len() > 6
            && line.starts_with(b"--")
            && next.is_some_and(|next| next.starts_with(b"content-"))
        {
            return split_at(body, line.get(2..).unwrap_or_default());
        }
    }
    Vec::new()
}

fn split_at<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    if boundary.is_empty() {
        return pieces;
    }
    let mut at = 0;
    let mut begun: Option<usize> = None;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let after = line
            .strip_prefix(b"--")
            .and_then(|rest| rest.strip_prefix(boundary))
            .map(<[u8]>::trim_ascii_end);
        if let Some(after) = after
            && (after.is_empty() || after.starts_with(b"--"))
        {
            if let Some(start) = begun.take() {
                pieces.push(body.get(start..at).unwrap_or_default());
            }
            if after.is_empty() {
                begun = Some(at + line.len());
            }
            if pieces.len() >= MOST_PARTS {
                return pieces;
            }
        }
        at += line.len();
    }
    if let Some(start) = begun {
        pieces.push(body.get(start..).unwrap_or_default());
    }
    pieces
}

fn decode(headers: &Headers, kind: &str, body: &[u8]) -> String {
    let body = body.get(..PART_BYTES).unwrap_or(body);
    let encoding = headers
        .get("content-transfer-encoding")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let encoding = match encoding.trim() {
        word @ ("base64" | "quoted-printable") => word,
        _ => "8bit",
    };
    let charset = charset(headers);
    if !kind.starts_with("text") && encoding == "8bit" {
        return String::from_utf8_lossy(body).into_owned();
    }
    let kind = if kind.starts_with("text") && !charset.is_empty() {
        format!("text/plain; charset={charset}")
    } else if kind.starts_with("text") {
        "text/plain".to_owned()
    } else {
        "application/octet-stream".to_owned()
    };
    let mut leaf = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n")
        .into_bytes();
    leaf.extend_from_slice(body);
    let parsed = MessageParser::default().parse(&leaf);
    let first = parsed.and_then(|message| message.parts.into_iter().next());
    match first.map(|part| part.body) {
        Some(PartType::Text(text) | PartType::Html(text)) => text.into_owned(),
        Some(PartType::Binary(bytes) | PartType::InlineBinary(bytes)) => {
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

/// The `charset` parameter, if it is a plain word.
fn charset(headers: &Headers) -> String {
    let value = headers.get("content-type").unwrap_or_default();
    let lower = value.to_ascii_lowercase();
    let Some((_, rest)) = lower.split_once("charset=") else {
        return String::new();
    };
    rest.trim_start_matches('"')
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect()
}

/// Text of an HTML notice: tags end lines where a browser would, entities that occur in addresses.
fn without_tags(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len() / 2);
    for (number, piece) in markup.split('<').enumerate() {
        if number == 0 {
            text.push_str(piece);
            continue;
        }
        let (tag, after) = piece.split_once('>').unwrap_or(("", piece));
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let inline = [
            "a", "b", "i", "u", "em", "strong", "span", "font", "code", "tt",
        ];
        if !inline.contains(&name.as_str()) {
            text.push('\n');
        }
        text.push_str(after);
    }
    for (entity, plain) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#64;", "@"),
        ("&nbsp;", " "),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, plain);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(raw: &str) -> Vec<(String, String)> {
        let mail = Mail::parse(raw.as_bytes());
        let trimmed = |part: Part| (part.kind, part.text.trim().to_owned());
        mail.parts.into_iter().map(trimmed).collect()
    }

    #[test]
    fn a_report_comes_apart() {
        let raw = "From x Mon\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nContent-Type: multipart/report;\n boundary=\"b\"\n\n\
                   preamble\n--b\n\nHello\n--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--b--\nepilogue";
        assert_eq!(
            kinds(raw),
            [
                ("text/plain".to_owned(), "Hello".to_owned()),
                (
                    "message/delivery-status".to_owned(),
                    "Status: 5.1.1".to_owned()
                )
            ]
        );
        assert_eq!(
            Mail::parse(raw.as_bytes()).headers.decoded("subject"),
            "Grüße"
        );
    }

    #[test]
    fn a_wrong_boundary_is_guessed() {
        let raw = "Content-Type: multipart/report; boundary=a.host\n\n--a.h0st\nContent-Type: text/plain\n\nx\n--a.h0st--\n";
        assert_eq!(kinds(raw), [("text/plain".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn encodings_are_undone() {
        for (headers, body, wanted) in [
            ("Content-Transfer-Encoding: base64", "R3LDvMOfZQ==", "Grüße"),
            (
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable",
                "Gr=C3=BC=\n=C3=9Fe",
                "Grüße",
            ),
            (
                "Content-Type: text/html",
                "<p>&lt;ann@example.org&gt;<br>x",
                "<p>&lt;ann@example.org&gt;<br>x",
            ),
        ] {
            let got = kinds(&format!("{headers}\n\n{body}"));
            assert_eq!(got[0].1, wanted, "{headers}");
        }
        let html =
            Mail::parse(b"Content-Type: text/html\n\n<p>&lt;ann@<b>example.org</b>&gt;</p>x");
        assert_eq!(html.texts()[0].trim(), "<ann@example.org>\nx");
    }

    #[test]
    fn nesting_without_end_ends() {
        let deep = "Content-Type: multipart/mixed; boundary=x\n\n--x\n".repeat(20_000);
        assert!(kinds(&deep).len() <= MOST_PARTS);
        let letters = "Content-Type: message/rfc822\n\n".repeat(30_000);
        assert_eq!(kinds(&letters).len(), 1);
    }
}
