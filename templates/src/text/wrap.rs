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
    let mut line = String::new();
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        for (number, piece) in pieces(word, width).into_iter().enumerate() {
            let space = if number == 0 && !line.is_empty() {
                " "
            } else {
                ""
            };
            if !line.is_empty() && cells(&line) + space.len() + cells(piece) > width {
                lines.push(std::mem::take(&mut line));
            } else {
                line.push_str(space);
            }
            line.push_str(piece);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
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
    let mut begin = 0;
    let mut before: Option<char> = None;
    for (at, c) in word.char_indices() {
        let fits = word
            .get(begin..at + c.len_utf8())
            .is_some_and(|piece| cells(piece) <= width);
        if before.is_some_and(|before| may_break(before, c) || (!fits && holds_apart(before, c))) {
            pieces.extend(word.get(begin..at));
            begin = at;
        }
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
    }
}
