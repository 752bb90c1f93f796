//! Wrapping text at a width counted in terminal cells.
//!
//! East Asian wide letters take two cells, combining marks none. White space separates words,
//! except the no-break spaces; wide letters may also be separated from their neighbours, unless
//! that would begin a line with closing or end it with opening punctuation. A word wider than a
//! line is broken where it must be; a URL never is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Width of a line of the text part.
pub(super) const CELLS: usize = 72;

/// Punctuation that may not begin a line.
const CLOSING: &str = "、。，．：；！？」』）】》〉〕ーっゃゅょッャュョ々…";
/// Punctuation that may not end a line.
const OPENING: &str = "「『（【《〈〔";
const JOINER: char = '\u{200d}';

/// Width in cells.
pub(super) fn cells(text: &str) -> usize {
    text.width()
}

/// Lines of at most `width` cells, without white space at their ends; none for blank text.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        for (number, piece) in pieces(word, width).into_iter().enumerate() {
            let space = if number == 0 && !line.is_empty() {
                " "
            } else {
                ""
            };
            let needed = piece.chars().map(letter_cells).sum::<usize>();
            if !line.is_empty() && used + space.len() + needed > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            } else {
                line.push_str(space);
                used += space.len();
            }
            line.push_str(piece);
            used += needed;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Width of one letter, added up letter by letter: a hostile word of a million marks must not be
/// measured from its beginning a million times. Asking for the emoji form makes a sign wider.
fn letter_cells(c: char) -> usize {
    if c == '\u{fe0f}' {
        1
    } else {
        c.width().unwrap_or(0)
    }
}

/// White space and controls that separate words.
fn is_space(c: char) -> bool {
    let no_break = matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
    (c.is_whitespace() && !no_break) || c.is_control()
}

/// The parts of a word between which a line may end, none wider than `width`.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    if word.starts_with("https://") || word.starts_with("http://") {
        return vec![word];
    }
    let mut pieces = Vec::new();
    let (mut begin, mut used) = (0, 0);
    // Where the last sign began, which may be of several letters, and what was used before it.
    let mut sign = (0, 0);
    let mut before: Option<char> = None;
    for (at, c) in word.char_indices() {
        let full = used + letter_cells(c) > width;
        let is_apart = before.is_some_and(|before| holds_apart(before, c));
        if before.is_some_and(|before| may_break(before, c)) || (full && is_apart) {
            pieces.extend(word.get(begin..at));
            (begin, used) = (at, 0);
        } else if full && sign.0 > begin {
            pieces.extend(word.get(begin..sign.0));
            (begin, used) = (sign.0, used - sign.1);
        }
        if is_apart {
            sign = (at, used);
        }
        used += letter_cells(c);
        before = Some(c);
    }
    pieces.extend(word.get(begin..));
    pieces
}

/// Whether two letters may stand on different lines without need.
fn may_break(before: char, after: char) -> bool {
    let wide = |c: char| c.width() == Some(2);
    holds_apart(before, after)
        && (wide(before) || wide(after))
        && !CLOSING.contains(after)
        && !OPENING.contains(before)
}

/// Whether two letters are separate signs, and not a letter and its mark.
fn holds_apart(before: char, after: char) -> bool {
    after.width() != Some(0) && before != JOINER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_by_cells() {
        let cases: [(&str, usize, &[&str]); 9] = [
            ("", 10, &[]),
            (" \n\t ", 10, &[]),
            ("one two  three\nfour", 9, &["one two", "three", "four"]),
            // Wide letters count twice and need no space to break.
            ("港の船はなぜ静か", 9, &["港の船は", "なぜ静か"]),
            // No line begins with a full stop.
            ("港の船は。静か", 8, &["港の船", "は。静か"]),
            // "e" and its accent stay together, and the accent takes no cell.
            ("cafe\u{301} cafe\u{301}", 9, &["cafe\u{301} cafe\u{301}"]),
            ("eeee\u{301}e", 4, &["eeee\u{301}", "e"]),
            ("−1.1\u{a0}°C, snow", 8, &["−1.1\u{a0}°C,", "snow"]),
            ("abcdefghij klm", 4, &["abcd", "efgh", "ij", "klm"]),
        ];
        for (text, width, lines) in cases {
            assert_eq!(wrap(text, width), lines, "{text:?} at {width}");
        }
    }

    #[test]
    fn only_a_url_passes_the_width() {
        let url = "https://example.org/a-path-that-is-longer-than-the-line";
        assert_eq!(
            wrap(&format!("See {url} for more"), 20),
            ["See", url, "for more"]
        );
    }

    #[test]
    fn signs_joined_to_one_are_not_torn_apart() {
        let family = "👩\u{200d}👩\u{200d}👧";
        for line in wrap(&family.repeat(4), 2) {
            assert_eq!(line, family);
        }
        let letters = |text: &str| text.chars().map(letter_cells).sum::<usize>();
        for width in 6..20 {
            for line in wrap(&["aaa", &family.repeat(9), "bbb"].concat(), width) {
                assert!(letters(&line) <= width, "{line} at {width}");
            }
        }
    }

    /// Every text of up to four parts: all words survive in order, and no line is too wide.
    #[test]
    fn any_text_keeps_its_words_and_the_width() {
        let parts = [
            "a", "bcdefgh ", "港", "。", "「", "e\u{301}", "\u{200d}", "👩", "\u{fe0f}", "\n", "ص",
        ];
        let without_spaces = |text: &str| text.replace([' ', '\n'], "");
        for mut number in 0..parts.len().pow(4) {
            let mut text = String::new();
            while number > 0 {
                text.push_str(parts[number % parts.len()]);
                number /= parts.len();
            }
            let lines = wrap(&text, 4);
            assert_eq!(
                without_spaces(&lines.concat()),
                without_spaces(&text),
                "{text:?}"
            );
            for line in &lines {
                // Signs joined to one cannot be narrower than they are.
                assert!(
                    cells(line) <= 4 || line.contains(['\u{200d}', '\u{fe0f}']),
                    "{line:?}"
                );
                assert_eq!(line.trim(), line);
            }
        }
        let marks = ["e", &"\u{301}".repeat(200_000)].concat();
        assert_eq!(wrap(&marks, 4), [marks]);
    }
}
