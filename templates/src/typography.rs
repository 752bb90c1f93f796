//! Small rules of setting type that hold in every language the mail is written in.

use std::borrow::Cow;

use crate::view::Direction;

/// A headline whose last word cannot end up alone on a line.
///
/// The last two words are tied by a no-break space if they are short together (11 characters with
/// the space) and the headline is long enough (30) to wrap at all. Longer pairs would leave a hole
/// at the end of the line before, which is worse than a lonely word.
pub(crate) fn tie_last_words(title: &str) -> Cow<'_, str> {
    let Some((before, last)) = title.rsplit_once(' ') else {
        return title.into();
    };
    let second = before.rsplit(' ').next().unwrap_or(before);
    let together = second.chars().count() + 1 + last.chars().count();
    if together > 11 || last.is_empty() || second.is_empty() || title.chars().count() < 30 {
        return title.into();
    }
    format!("{before}\u{a0}{last}").into()
}

/// What stands between a sentence and the next: nothing after a full-width mark, which brings its own
/// space.
pub(crate) fn gap_after(sentence: &str) -> &'static str {
    if sentence.ends_with(['。', '！', '？', '」']) {
        ""
    } else {
        " "
    }
}

/// A number that keeps its sign on the left inside text that runs right to left.
pub(crate) fn left_to_right(direction: Direction, number: &str) -> Cow<'_, str> {
    const MARK: char = '\u{200e}';
    match direction {
        Direction::RightToLeft if !number.starts_with(MARK) => format!("{MARK}{number}").into(),
        Direction::RightToLeft | Direction::LeftToRight => number.into(),
    }
}

/// The publication and its digest as one name; a digest named after it is not named twice.
#[must_use]
pub fn full_name<'a>(brand: &str, edition_name: &'a str) -> Cow<'a, str> {
    if brand.is_empty() || edition_name.contains(brand) {
        return edition_name.into();
    }
    if edition_name.is_empty() {
        return brand.to_owned().into();
    }
    format!("{brand} {edition_name}").into()
}

/// Whether a language is written with letters that may be spaced out and capitalised.
///
/// Joined scripts fall apart when letter spacing is added, and ideographs look like a mistake.
pub(crate) fn takes_tracking(language: &str) -> bool {
    let primary = language.split('-').next().unwrap_or(language);
    !["ar", "fa", "he", "ja", "ko", "ur", "yi", "zh"]
        .iter()
        .any(|joined| primary.eq_ignore_ascii_case(joined))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_words_are_tied_when_short_in_a_long_headline() {
        let cases = [
            ("Grocers give freight trains a second look", true),
            ("Seabird counts rise on the outer islands", false),
            ("Too short to wrap at all now", false),
            ("Zwölf Kähne für das größte Fest am Öhr", true),
            ("Unbreakablewordthatgoesonforthirtyletters", false),
            ("A headline that ends with a space, as feeds do ", false),
            ("", false),
        ];
        for (title, tied) in cases {
            assert_eq!(tie_last_words(title).contains('\u{a0}'), tied, "{title}");
            assert_eq!(tie_last_words(title).replace('\u{a0}', " "), title);
        }
    }

    #[test]
    fn a_digest_named_after_its_publication_is_named_once() {
        assert_eq!(
            full_name("Tarnfold", "Evening Letter"),
            "Tarnfold Evening Letter"
        );
        assert_eq!(
            full_name("Tarnfold", "The Tarnfold Letter"),
            "The Tarnfold Letter"
        );
    }

    #[test]
    fn full_width_marks_bring_their_own_space() {
        assert_eq!(gap_after("Good morning."), " ");
        assert_eq!(gap_after("おはようございます。"), "");
    }

    #[test]
    fn joined_scripts_take_no_tracking() {
        for (language, takes) in [
            ("en", true),
            ("en-GB", true),
            ("ar-EG", false),
            ("JA", false),
        ] {
            assert_eq!(takes_tracking(language), takes, "{language}");
        }
    }
}
