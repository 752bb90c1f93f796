//! The header fields of a message, for those who want to see them.

use std::fmt::Write as _;

use courant_templates::desk::parts::Tone;

/// The header fields of a message, unfolded.
pub(in crate::http) fn header_fields(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => {
                let _infallible = write!(value, " {}", line.trim_start());
            }
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    fields.push((name.to_owned(), value.trim_start().to_owned()));
                }
            }
        }
    }
    fields
}

/// What is to be said of a header field.
pub(super) fn said_of(name: &str, value: &str) -> Option<(Tone, &'static str)> {
    Some(match name.to_ascii_lowercase().as_str() {
        "list-unsubscribe" if value.contains("https://") && value.contains("mailto:") => {
            (Tone::Good, "HTTPS and mail")
        }
        "list-unsubscribe" => (Tone::Warn, "Not over HTTPS"),
        "list-unsubscribe-post" => (Tone::Good, "One-click"),
        "dkim-signature" if value.to_ascii_lowercase().contains("list-unsubscribe-post") => {
            (Tone::Good, "Covers both")
        }
        "dkim-signature" => (Tone::Warn, "Does not cover one-click"),
        "content-type" if value.starts_with("multipart/alternative") => {
            (Tone::Good, "Text and HTML")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_are_unfolded() {
        let fields = header_fields(b"Subject: a\r\n b\r\nTo: x\r\n\r\nBody: no\r\n");
        assert_eq!(
            fields,
            [
                ("Subject".to_owned(), "a b".to_owned()),
                ("To".to_owned(), "x".to_owned())
            ]
        );
    }
}
