//! References: what XML knows, what HTML knows, what the document's own DOCTYPE declares.
//!
//! Nothing is read from anywhere else, and a declared text is put in as it stands: references inside
//! it stay references. So no document can make more of itself than [`MOST_BYTES`] beyond its size.

use std::collections::HashMap;

use encoding_rs::WINDOWS_1252;
use html5gum::{Token, Tokenizer};

const MOST_DECLARED: usize = 300;
const LONGEST_VALUE: usize = 2000;
/// How much the document's own entities may add to it.
const MOST_BYTES: usize = 1_000_000;
/// Different names looked up in HTML's list; honest documents use some dozen.
const MOST_NAMES: usize = 1000;
/// The longest name of HTML has 31 letters.
const LONGEST_NAME: usize = 32;

/// The references of one document.
#[derive(Debug, Default)]
pub(super) struct Entities {
    declared: HashMap<String, String>,
    /// Names looked up in HTML's list before, so that each is decoded once.
    known: HashMap<String, Option<String>>,
    added: usize,
}

impl Entities {
    /// Notes what the internal part of a DOCTYPE declares.
    pub(super) fn declare(&mut self, doctype: &str) {
        for declaration in doctype.split("<!ENTITY").skip(1).take(MOST_DECLARED) {
            let (name, rest) = declaration
                .trim_start()
                .split_once(char::is_whitespace)
                .unwrap_or_default();
            let rest = rest.trim_start();
            // What is not quoted here is an address or a parameter: neither is followed.
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let Some((value, _)) = rest[1..].split_once(quote) else {
                continue;
            };
            if value.len() <= LONGEST_VALUE && !name.is_empty() && name.len() <= LONGEST_NAME {
                let value = numbers_resolved(value);
                self.declared.entry(name.to_owned()).or_insert(value);
            }
        }
    }

    /// What a reference stands for; none for a name that nobody knows.
    pub(super) fn resolve(&mut self, name: &str) -> Option<String> {
        if let Some(number) = name.strip_prefix('#') {
            return character(number).map(String::from);
        }
        let simple = match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            _ => "",
        };
        if !simple.is_empty() {
            return Some(simple.to_owned());
        }
        if let Some(value) = self.declared.get(name) {
            self.added += value.len();
            return (self.added <= MOST_BYTES).then(|| value.clone());
        }
        let named = name.len() < LONGEST_NAME && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if !named {
            return None;
        }
        if let Some(found) = self.known.get(name) {
            return found.clone();
        }
        if self.known.len() >= MOST_NAMES {
            return None;
        }
        let found = of_html(name);
        self.known.insert(name.to_owned(), found.clone());
        found
    }

    /// A text with its references resolved, and how many `&` in it begin none.
    pub(super) fn unescaped(&mut self, text: &str) -> (String, usize) {
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut bare) = (text, 0);
        while let Some(at) = rest.find('&') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let end = rest
                .bytes()
                .take(LONGEST_NAME + 1)
                .position(|byte| byte == b';');
            let name = end.and_then(|end| rest.get(..end));
            match name.and_then(|name| Some((self.resolve(name)?, name.len()))) {
                Some((value, length)) => {
                    out.push_str(&value);
                    rest = &rest[length + 1..];
                }
                None => {
                    out.push('&');
                    bare += usize::from(name.is_none());
                }
            }
        }
        out.push_str(rest);
        (out, bare)
    }
}

fn numbers_resolved(value: &str) -> String {
    let mut parts = value.split("&#");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';').map(|(n, rest)| (character(n), rest)) {
            Some((Some(character), rest)) => {
                out.push(character);
                out.push_str(rest);
            }
            _ => {
                out.push_str("&#");
                out.push_str(part);
            }
        }
    }
    out
}

/// "38", "x26". Numbers of the control characters beyond ASCII mean Windows-1252, as on the Web.
fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    match u8::try_from(code) {
        Ok(byte @ 0x80..=0x9f) => WINDOWS_1252.decode(&[byte]).0.chars().next(),
        _ => char::from_u32(code),
    }
}

fn of_html(name: &str) -> Option<String> {
    let reference = format!("&{name};");
    let mut out = Vec::new();
    for token in Tokenizer::new(&reference) {
        if let Ok(Token::String(text)) = token {
            out.extend_from_slice(&text.value);
        }
    }
    let text = String::from_utf8(out).ok()?;
    (!text.contains(name) && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_xml_html_and_the_document_are_known() {
        let mut entities = Entities::default();
        entities.declare(
            "rss [<!ENTITY me 'Ida &#38; co'><!ENTITY out SYSTEM 'file:///etc/passwd'>\
             <!ENTITY % p 'x'><!ENTITY eacute \"E\"><!ENTITY me 'other'>]",
        );
        for (text, resolved, bare) in [
            ("a &amp; b &lt;", "a & b <", 0),
            ("&#38;&#x26;&#X26;&#8217;&#146;", "&&&’’", 0),
            ("&nbsp;&Eacute;&rsaquo;", "\u{a0}É›", 0),
            ("&me; &eacute;", "Ida & co E", 0),
            ("&out; &p; &nobody;", "&out; &p; &nobody;", 0),
            ("?a=1&b=2&", "?a=1&b=2&", 2),
            ("&#xd800; &#;", "&#xd800; &#;", 0),
        ] {
            assert_eq!(
                entities.unescaped(text),
                (resolved.to_owned(), bare),
                "{text}"
            );
        }
    }

    #[test]
    fn entities_in_entities_add_nothing() {
        let mut entities = Entities::default();
        let big = "x".repeat(LONGEST_VALUE);
        entities.declare(&format!(
            "[<!ENTITY a '{big}'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY long '{big}x'>]"
        ));
        assert_eq!(entities.unescaped("&b;").0, "&a;&a;&a;&a;");
        assert_eq!(entities.unescaped("&long;").0, "&long;");
        let (out, _) = entities.unescaped(&"&a;".repeat(2000));
        assert!(out.len() < MOST_BYTES + 10_000, "{}", out.len());
    }
}
