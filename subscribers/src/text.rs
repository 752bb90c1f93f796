//! Text from outside, made safe to store and to print.
//!
//! PostgreSQL refuses NUL, mail libraries refuse line breaks in names, and direction overrides
//! make a name look like something else. What people type goes through here before it is kept.

/// One line without control characters, at most `max` characters; `None` when nothing is left.
pub(crate) fn clean(text: &str, max: usize) -> Option<String> {
    // Most texts are clean.
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
    if text.len() <= max && text.as_bytes().split(|byte| *byte == b' ').all(is_word) {
        return Some(text.to_owned());
    }
    let spaced: String = text
        .chars()
        .map(|c| if is_unsafe(c) { ' ' } else { c })
        .collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(max).collect();
    let short = short.trim_end();
    (!short.is_empty()).then(|| short.to_owned())
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An instant in Unix seconds as RFC 3339 in UTC; the bare number when no calendar reaches it.
pub(crate) fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |instant| instant.to_string())
}

/// The day of an instant, for sentences.
pub(crate) fn day(seconds: i64) -> String {
    instant(seconds).chars().take(10).collect()
}

/// Serialises instants as RFC 3339, for `#[serde(with = …)]`.
pub(crate) mod rfc3339 {
    use serde::Serializer;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes fields by reference"
    )]
    pub(crate) fn serialize<S: Serializer>(
        seconds: &i64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::instant(*seconds))
    }

    pub(crate) mod option {
        use serde::Serializer;

        #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
        pub(crate) fn serialize<S: Serializer>(
            seconds: &Option<i64>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match seconds {
                Some(seconds) => serializer.serialize_str(&super::super::instant(*seconds)),
                None => serializer.serialize_none(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaned_text_is_one_short_safe_line() {
        let cases = [
            ("Ann", Some("Ann")),
            ("  Ann \t Lee\r\nBcc: x ", Some("Ann Lee Bcc: x")),
            ("a\0b", Some("a b")),
            ("\u{202e}nna", Some("nna")),
            ("Zoë 李", Some("Zoë 李")),
            (" \u{7f} ", None),
            ("", None),
            ("0123456789abc", Some("0123456789")),
            ("012345678 bc", Some("012345678")),
        ];
        for (given, expected) in cases {
            assert_eq!(
                clean(given, 10).as_deref(),
                expected
                    .map(|e| if e.len() > 10 { &e[..10] } else { e })
                    .map(str::trim_end),
                "{given:?}"
            );
        }
    }

    #[test]
    fn instants_are_rfc_3339() {
        assert_eq!(instant(1_790_000_000), "2026-09-21T14:13:20Z");
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(instant(i64::MAX), i64::MAX.to_string());
    }
}
