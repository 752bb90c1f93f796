//! Plain text cut to a length.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cuts plain text to at most `max_chars` characters: after a sentence if one ends in the last two
/// fifths of the room, else after a word and with "…", never inside a letter (a grapheme).
#[must_use]
pub fn shorten(text: &str, max_chars: usize) -> String {
    shorten_to(text, max_chars, |letter| letter.chars().count())
}

/// As [`shorten`], to so many cells of a text with fixed columns: an ideograph takes two.
#[must_use]
pub fn shorten_to_cells(text: &str, max_cells: usize) -> String {
    shorten_to(text, max_cells, UnicodeWidthStr::width)
}

fn shorten_to(text: &str, most: usize, width: fn(&str) -> usize) -> String {
    if whole_letters(text, most, width).len() == text.len() {
        return text.to_owned();
    }
    let room = whole_letters(text, most.saturating_sub(1), width);
    let least = room.len() * 3 / 5;
    if let Some(end) = last_sentence_end(room).filter(|end| *end >= least) {
        return without_tail(&room[..end], char::is_whitespace).to_owned();
    }
    // Words are looked for in the whole text, so that one which `room` cuts is not taken for whole.
    let words = text
        .split_word_bound_indices()
        .map(|(at, word)| at + word.len())
        .take_while(|end| *end <= room.len());
    let end = words
        .last()
        .filter(|end| *end >= least)
        .unwrap_or(room.len());
    let is_tail =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '–' | '—' | '(');
    let kept = without_tail(whole_letters(&room[..end], usize::MAX, width), is_tail);
    if most == 0 {
        String::new()
    } else {
        format!("{kept}…")
    }
}

/// The longest beginning of whole graphemes that is at most so wide.
fn whole_letters(text: &str, most: usize, width: fn(&str) -> usize) -> &str {
    let mut wide = 0;
    let end = text
        .grapheme_indices(true)
        .take_while(|(_, letter)| {
            wide += width(letter);
            wide <= most
        })
        .map(|(at, letter)| at + letter.len())
        .last();
    &text[..end.unwrap_or(0)]
}

fn without_tail(text: &str, is_tail: impl Fn(char) -> bool) -> &str {
    let end = text
        .grapheme_indices(true)
        .rev()
        .find(|(_, letter)| !letter.chars().all(&is_tail))
        .map_or(0, |(at, letter)| at + letter.len());
    &text[..end]
}

/// Where the last sentence that is whole ends. A full stop after up to three letters is taken for
/// an abbreviation ("Dr.", "z. B.", "U.S.").
fn last_sentence_end(room: &str) -> Option<usize> {
    let is_end = |sentence: &str| {
        let sentence = sentence
            .trim_end()
            .trim_end_matches(['"', '\'', '”', '“', '»', '«', ')', '’']);
        if let Some(before) = sentence.strip_suffix('.') {
            let word = before
                .rsplit(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default();
            return word.chars().count() > 3;
        }
        sentence.ends_with(['!', '?', '。', '！', '？', '؟', '।'])
    };
    room.split_sentence_bound_indices()
        .filter(|(_, sentence)| is_end(sentence))
        .map(|(at, sentence)| at + sentence.len())
        .last()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_text_is_cut_where_a_reader_would() {
        for (text, max, cut) in [
            ("short", 5, "short"),
            (
                "The harbour stays closed until Monday",
                20,
                "The harbour stays…",
            ),
            ("The harbour, it seems, is", 13, "The harbour…"),
            (
                "It rained all night. The harbour is closed now",
                30,
                "It rained all night.",
            ),
            (
                "We asked. The harbour master did not answer",
                30,
                "We asked. The harbour master…",
            ),
            (
                "He went to see old Dr. Miller of Kiel",
                26,
                "He went to see old Dr.…",
            ),
            ("Donaudampfschifffahrtsgesellschaft", 10, "Donaudamp…"),
            (
                "港は月曜日まで閉鎖されます。次の便は",
                16,
                "港は月曜日まで閉鎖されます。",
            ),
            ("👩\u{200d}👧👩\u{200d}👧👩\u{200d}👧", 6, "👩\u{200d}👧…"),
            ("e\u{301}e\u{301}e\u{301}e\u{301}", 4, "e\u{301}…"),
            ("🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(shorten(text, max), cut, "{text:?} {max}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_cut_is_short_and_between_letters(text in r"([a-z]{1,9}|[ ,.!?]|\PC|👩‍👧|e\u{301}){0,60}", max in 0_usize..70) {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let cut = shorten(&text, max);
            prop_assert!(cut.chars().count() <= max, "{cut:?}");
            let kept = if cut == text { &cut } else { cut.strip_suffix('…').unwrap_or(&cut) };
            prop_assert!(text.starts_with(kept));
            let ends: Vec<_> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
            prop_assert!(ends.contains(&kept.len()), "{kept:?}");
        }
    }
}
