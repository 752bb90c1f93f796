//! Markup made safe for the tokenizer.
//!
//! The tokenizer of html5gum 0.8 calls itself from one double-quoted attribute to the next: some seven
//! thousand in one tag overflow a stack of two megabytes, and that ends the process. A blank before
//! `=` means the same and makes it return, so every so many get one.

use std::borrow::Cow;

/// Attributes in a row that are known to fit any stack.
const MOST_IN_A_ROW: usize = 64;

/// The markup with a blank before every 64th `="`. Where that is no attribute, it stands in text and
/// does no harm. Markup with fewer is borrowed.
///
/// Control characters go: none of them means anything, and the tokenizer keeps a remark on each.
#[must_use]
pub fn shallow(markup: &str) -> Cow<'_, str> {
    let noise = |c: char| c.is_control() && !c.is_whitespace();
    if markup.contains(noise) {
        let markup: String = markup.chars().filter(|c| !noise(*c)).collect();
        return interrupted(&markup).into_owned().into();
    }
    interrupted(markup)
}

fn interrupted(markup: &str) -> Cow<'_, str> {
    let bytes = markup.as_bytes();
    let opens = |at: &usize| {
        let after = bytes[at + 1..].iter();
        let mut after = after.skip_while(|byte| byte.is_ascii_whitespace());
        after.next() == Some(&b'"')
    };
    let marks = markup.match_indices('=').map(|(at, _)| at).filter(opens);
    let mut out = String::new();
    let mut from = 0;
    for at in marks.skip(MOST_IN_A_ROW).step_by(MOST_IN_A_ROW) {
        out.push_str(&markup[from..at]);
        out.push(' ');
        from = at;
    }
    if from == 0 {
        return markup.into();
    }
    out.push_str(&markup[from..]);
    out.into()
}

#[cfg(test)]
mod tests {
    use html5gum::{Token, Tokenizer};

    use super::*;

    #[test]
    fn a_tag_of_many_attributes_is_read_on_a_small_stack() {
        let attributes = |text: &str| {
            let tag = Tokenizer::new(text).find_map(|token| match token {
                Ok(Token::StartTag(tag)) => Some(tag.attributes.len()),
                _ => None,
            });
            tag.unwrap()
        };
        for mark in ["a{}=\"1\" ", "a{}=\"1\"/", "a{}= \"1\"\n", "a\"{}=\"1\" "] {
            let tag: String = (0..20_000)
                .map(|number| mark.replace("{}", &number.to_string()))
                .collect();
            let tag = format!("<p {tag}>");
            let reading = std::thread::Builder::new().stack_size(1 << 20);
            let reading = reading.spawn(move || attributes(&shallow(&tag))).unwrap();
            assert_eq!(reading.join().unwrap(), 20_000, "{mark}");
        }
    }

    #[test]
    fn what_people_write_is_left_alone() {
        let page = "<p title=\"a\">x = \"y\"</p>".repeat(20);
        assert!(matches!(shallow(&page), Cow::Borrowed(_)));
        assert!(matches!(shallow(""), Cow::Borrowed(_)));
        assert_eq!(shallow("<p>a\0\u{1}b\n\u{c}c"), "<p>ab\n\u{c}c");
        let many = "<a href=\"/x\">é</a>".repeat(100);
        assert_eq!(shallow(&many).replace(" =", "="), many);
    }
}
