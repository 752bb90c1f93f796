//! Untrusted markup to plain text.
//!
//! In comes any text a stranger wrote, out comes text without elements, controls, text-direction
//! overrides and double spaces, in time proportional to its length: a tokenizer runs over it, no
//! tree is built. Entities are decoded once, so markup that was escaped in order to be shown is
//! shown. What comes out is text, not markup: whoever puts it into HTML escapes it.

use std::borrow::Cow;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use unicode_segmentation::UnicodeSegmentation;

use crate::sources::markup::shallow;

pub use super::shorten::{shorten, shorten_to_cells};
use super::tails::without_tails;

/// The longest title kept.
pub const TITLE_CHARS: usize = 300;
/// The longest summary kept.
pub const SUMMARY_CHARS: usize = 1000;

/// How much markup is looked at for a line, a summary and the reading time. Honest ones fit many
/// times over; a hostile one must not cost seconds.
const LINE_BYTES: usize = 20_000;
const SUMMARY_BYTES: usize = 200_000;
const CONTENT_BYTES: usize = 2_000_000;

/// Reading speed. Studies of silent reading put adults at 200 to 260 words a minute.
const WORDS_PER_MINUTE: usize = 230;

/// A title; none if nothing is left of it.
#[must_use]
pub fn title(markup: &str) -> Option<String> {
    let markup = beginning(markup, LINE_BYTES);
    // A `<` after the last `>` begins no element; in a title it is a word ("a < b"), unless a
    // comment begins there that nobody closed.
    let end = markup.rfind('>').map_or(0, |at| at + 1);
    let (elements, rest) = markup.split_at(end);
    let rest = rest.split("<!--").next().unwrap_or_default();
    let text = plain_text(&format!("{elements}{}", rest.replace('<', "&lt;")));
    not_empty(shorten(&text, TITLE_CHARS))
}

/// A summary without what publishing programs add to its end; none if nothing is left of it.
#[must_use]
pub fn summary(markup: &str) -> Option<String> {
    let text = without_tails(&plain_text(beginning(markup, SUMMARY_BYTES)));
    not_empty(shorten(&text, SUMMARY_CHARS))
}

/// A name, a category, a picture's text: one line of at most `max_chars`.
#[must_use]
pub fn line(markup: &str, max_chars: usize) -> Option<String> {
    not_empty(shorten(
        &plain_text(beginning(markup, LINE_BYTES)),
        max_chars,
    ))
}

fn beginning(markup: &str, bytes: usize) -> &str {
    &markup[..markup.floor_char_boundary(bytes)]
}

fn not_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// How many minutes the text of `markup` takes to read, rounded up; none under one.
#[must_use]
pub fn reading_minutes(markup: &str) -> Option<i64> {
    let text = plain_text(beginning(markup, CONTENT_BYTES));
    let words = text.unicode_words().count();
    let minutes = i64::try_from(words.div_ceil(WORDS_PER_MINUTE)).ok()?;
    (words >= WORDS_PER_MINUTE).then_some(minutes)
}

/// All text of `markup`.
#[must_use]
pub fn plain_text(markup: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut text = Collapsed::default();
    let mut dropped: Option<Dropped> = None;
    for token in Tokenizer::new_with_emitter(&*shallow(&without_sequences(markup)), emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name: &[u8] = &tag.name;
                match &mut dropped {
                    None if DROPPED.contains(&name) => dropped = Some(Dropped::new(name)),
                    None => text.element(name),
                    Some(within) if within.ends_at_start(name) => dropped = None,
                    Some(within) => within.start(name),
                }
            }
            Token::EndTag(tag) => match &mut dropped {
                Some(within) => {
                    if within.end(&tag.name) {
                        dropped = None;
                    }
                }
                None => text.element(&tag.name),
            },
            Token::String(string) if dropped.is_none() => {
                text.extend(&String::from_utf8_lossy(&string.value));
            }
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    text.out
}

/// Elements whose contents nobody reads.
const DROPPED: &[&[u8]] = &[
    b"head",
    b"iframe",
    b"noembed",
    b"noframes",
    b"noscript",
    b"object",
    b"script",
    b"style",
    b"template",
    b"title",
];

/// Elements that stand in the middle of a word; all others separate words.
const INLINE: &[&[u8]] = &[
    b"a", b"abbr", b"acronym", b"b", b"bdi", b"bdo", b"big", b"cite", b"code", b"data", b"del",
    b"dfn", b"em", b"font", b"i", b"ins", b"kbd", b"mark", b"q", b"rb", b"ruby", b"s", b"samp",
    b"small", b"span", b"strike", b"strong", b"sub", b"sup", b"time", b"tt", b"u", b"var", b"wbr",
];

struct Dropped {
    name: Vec<u8>,
    depth: usize,
}

impl Dropped {
    fn new(name: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            depth: 1,
        }
    }

    /// A head that is never closed ends where the body begins.
    fn ends_at_start(&self, name: &[u8]) -> bool {
        self.name == b"head" && name == b"body"
    }

    fn start(&mut self, name: &[u8]) {
        self.depth += usize::from(self.name == name);
    }

    fn end(&mut self, name: &[u8]) -> bool {
        self.depth -= usize::from(self.name == name);
        self.depth == 0
    }
}

/// Text in which white space is one space, and none at the ends.
#[derive(Default)]
struct Collapsed {
    out: String,
    gap: bool,
    last: char,
    marks: usize,
}

/// Marks over one letter; real ones have four at most, the rest climbs into the lines above.
const MOST_MARKS: usize = 8;

impl Collapsed {
    fn element(&mut self, name: &[u8]) {
        self.gap |= !INLINE.contains(&name);
    }

    fn extend(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.gap = true;
            } else if !is_invisible(c) && !self.is_spam(c) {
                if self.gap && !self.out.is_empty() {
                    self.out.push(' ');
                }
                self.gap = false;
                self.last = c;
                self.out.push(c);
            }
        }
    }

    /// Joiners and direction marks do their work alone; rows of them hide text from filters.
    fn is_spam(&mut self, c: char) -> bool {
        let sign = |c: char| matches!(c, '\u{200c}'..='\u{200f}');
        let stacked = matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}');
        self.marks = if stacked { self.marks + 1 } else { 0 };
        self.marks > MOST_MARKS || sign(c) && c == self.last
    }
}

/// Markup without commands to terminals, such as the red of a log that was pasted (ECMA-48 §5.4): of
/// their control characters alone remains would be left.
fn without_sequences(markup: &str) -> Cow<'_, str> {
    const ESCAPE: char = '\u{1b}';
    const CONTROL_SEQUENCE: char = '\u{9b}';
    if !markup.contains([ESCAPE, CONTROL_SEQUENCE]) {
        return markup.into();
    }
    let markup = markup.replace(CONTROL_SEQUENCE, "\u{1b}[");
    let mut pieces = markup.split(ESCAPE);
    let first = pieces.next().unwrap_or_default();
    let others: String = pieces.map(after_sequence).collect();
    format!("{first}{others}").into()
}

/// What follows a command whose first character was cut off; all of it, if it is none.
fn after_sequence(text: &str) -> &str {
    // A command with words in it, such as a window's title, ends with a bell.
    if let Some((_, rest)) = text.strip_prefix(']').and_then(|it| it.split_once('\u{7}')) {
        return rest;
    }
    let Some(parameters) = text.strip_prefix('[') else {
        return text;
    };
    let rest = parameters.trim_start_matches(|c| matches!(c, '0'..='?'));
    rest.strip_prefix(|last| matches!(last, '@'..='~'))
        .unwrap_or(text)
}

/// Characters that only do harm in a line of text: controls, overrides and isolates of the text
/// direction (they reorder what follows them), annotations, byte order marks, soft hyphens.
/// Joiners stay (Persian and emoji need them), so do the plain direction marks.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2800}'
                | '\u{3164}' | '\u{ffa0}' | '\u{e0001}' | '\u{2060}'..='\u{2064}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
                | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_becomes_plain_text() {
        for (markup, text) in [
            ("plain", "plain"),
            (
                "\u{1b}[1;31m Red\u{1b}[0m, a \u{9b}4m line\u{1b}[m\u{1b}]0;title\u{7} [31m",
                "Red, a line [31m",
            ),
            ("  a\r\n\tb\u{a0}\u{2003}c  ", "a b c"),
            ("A <b>bo</b>ld <i>word</i>", "A bold word"),
            (
                "<p>One</p><p>Two<br>three</p><li>four",
                "One Two three four",
            ),
            (
                "Fish &amp; chips &#8364;5 &eacute;t&eacute;",
                "Fish & chips €5 été",
            ),
            (
                "Use &lt;b&gt; for bold &amp;amp; more",
                "Use <b> for bold &amp; more",
            ),
            ("<script>alert(1)</script>safe<style>p{}</style>", "safe"),
            ("<head><title>x</title></head>body", "body"),
            ("<head><meta><body>body", "body"),
            ("<template><p>a<template>b</template></p></template>c", "c"),
            ("<svg onload=alert(1)>x</svg>", "x"),
            ("a<!-- <p>b</p> -->c", "ac"),
            ("a\0b\u{7}c\u{85}d\u{9f}e", "abc de"),
            ("a\u{202e}b\u{2066}c\u{feff}d\u{ad}e", "abcde"),
            (
                "می\u{200c}خواهم 👩\u{200d}👧",
                "می\u{200c}خواهم 👩\u{200d}👧",
            ),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
            (
                "a\u{200d}\u{200d}\u{200d}b \u{200e}\u{200e}c",
                "a\u{200d}b \u{200e}c",
            ),
            ("a\u{3164}\u{180e}\u{2800}b", "ab"),
            ("ก\u{e33}e\u{301}", "ก\u{e33}e\u{301}"),
            ("=?utf-8?q?x?= stays", "=?utf-8?q?x?= stays"),
            ("cut <a href=\"http", "cut"),
            ("5 < 7 & 8 > 3", "5 < 7 & 8 > 3"),
        ] {
            assert_eq!(plain_text(markup), text, "{markup:?}");
        }
    }

    #[test]
    fn marks_do_not_climb_out_of_their_line() {
        let text = plain_text(&format!("a{}b", "\u{301}".repeat(500)));
        assert_eq!(text, format!("a{}b", "\u{301}".repeat(MOST_MARKS)));
    }

    #[test]
    fn a_summary_ends_where_its_author_ended() {
        let markup = "<p>It rained all night. <a href='/a'>Read more</a></p>\
                      <p>The post <a href='/a'>Storm</a> appeared first on <a href='/'>Herald</a>.</p>";
        assert_eq!(summary(markup).as_deref(), Some("It rained all night."));
        assert_eq!(summary("<a href='/a'>Continue reading &rarr;</a>"), None);
    }

    #[test]
    fn a_lone_angle_bracket_does_not_eat_a_title() {
        for (markup, text) in [
            ("if a<b then", Some("if a<b then")),
            ("<i>Why</i> x<y", Some("Why x<y")),
            ("why <!-- not", Some("why")),
            (
                "&lt;script&gt;alert(1)&lt;/script&gt;",
                Some("<script>alert(1)</script>"),
            ),
            ("<img src=x>", None),
            ("\u{200b} &nbsp; ", None),
        ] {
            assert_eq!(title(markup).as_deref(), text, "{markup:?}");
        }
    }

    #[test]
    fn reading_time_is_rounded_up_and_absent_for_a_teaser() {
        for (words, minutes) in [
            (0, None),
            (229, None),
            (230, Some(1)),
            (231, Some(2)),
            (2300, Some(10)),
        ] {
            assert_eq!(
                reading_minutes(&"<p>word </p>".repeat(words)),
                minutes,
                "{words}"
            );
        }
    }

    fn escape(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_markup_gives_clean_text(markup in r#"([<>/&;#="'! a-z\r\n]|<script>|</script>|&lt;|&#0;|&#x202e;|\PC|\p{Cc}){0,80}"#) {
            for text in [plain_text(&markup), title(&markup).unwrap_or_default(), summary(&markup).unwrap_or_default()] {
                prop_assert!(!text.chars().any(is_invisible), "{text:?}");
                prop_assert!(!text.contains("  ") && text.trim() == text, "{text:?}");
            }
        }

        #[test]
        fn escaped_text_comes_back_whatever_it_looks_like(text in r#"([<>/&;!a-z ]|<b>|&amp;|é|日){0,60}"#) {
            let expected: Vec<_> = text.split_whitespace().collect();
            prop_assert_eq!(plain_text(&escape(&text)), expected.join(" "));
        }
    }
}
