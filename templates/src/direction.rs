//! Which way a text runs, told by its language or its letters.

use crate::view::Direction;

/// Languages written from right to left unless their tag names another script.
const RIGHT_TO_LEFT: &[&str] = &[
    "ar", "arc", "ckb", "dv", "fa", "glk", "he", "iw", "ji", "ks", "lrc", "mzn", "nqo", "pnb",
    "ps", "sd", "skr", "syr", "ug", "ur", "yi",
];
/// Scripts written from right to left.
const SCRIPTS: &[&str] = &[
    "adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa",
];

impl Direction {
    /// The direction of a language (BCP 47): its script's, if the tag names one, else the usual one.
    #[must_use]
    pub fn of_language(tag: &str) -> Self {
        let lower = tag.to_ascii_lowercase();
        let mut parts = lower.split(['-', '_']);
        let primary = parts.next().unwrap_or_default();
        let is_script =
            |part: &&str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_alphabetic());
        let runs_left = match parts.clone().find(is_script) {
            Some(script) => SCRIPTS.contains(&script),
            // Punjabi has two scripts, one a country.
            None if primary == "pa" => parts.any(|part| part == "pk"),
            None => RIGHT_TO_LEFT.contains(&primary),
        };
        if runs_left {
            Self::RightToLeft
        } else {
            Self::LeftToRight
        }
    }

    /// The direction of the first letter that has one (Unicode Standard Annex 9, rule P2).
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        text.chars().find_map(of_letter)
    }

    /// The direction of an article: its language's; its title's if the language is unknown, or if the
    /// title has no letter that runs the language's way: feeds say one language of everything.
    #[must_use]
    pub fn of_article(language: Option<&str>, title: &str) -> Self {
        let first = Self::of_text(title).unwrap_or_default();
        let Some(declared) = language.map(Self::of_language) else {
            return first;
        };
        let holds = title.chars().any(|c| of_letter(c) == Some(declared));
        if holds { declared } else { first }
    }

    /// The invisible mark that makes a line run this way.
    pub(crate) fn mark(self) -> char {
        match self {
            Self::LeftToRight => '\u{200e}',
            Self::RightToLeft => '\u{200f}',
        }
    }
}

/// By block: the blocks of scripts that run from right to left hold no others.
fn of_letter(c: char) -> Option<Direction> {
    match u32::from(c) {
        // Digits of Arabic have no direction of their own.
        0x0660..=0x0669 | 0x06f0..=0x06f9 => None,
        0x200f
        | 0x0590..=0x08ff
        | 0xfb1d..=0xfdff
        | 0xfe70..=0xfefe
        | 0x10800..=0x10fff
        | 0x1e800..=0x1efff => Some(Direction::RightToLeft),
        0x200e => Some(Direction::LeftToRight),
        _ if c.is_alphabetic() => Some(Direction::LeftToRight),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{LeftToRight, RightToLeft};

    #[test]
    fn a_language_runs_as_its_script_does() {
        for (tag, direction) in [
            ("en", LeftToRight),
            ("ar-EG", RightToLeft),
            ("he", RightToLeft),
            ("FA", RightToLeft),
            ("ckb", RightToLeft),
            ("ku", LeftToRight),
            ("ku-Arab", RightToLeft),
            ("pa", LeftToRight),
            ("pa-PK", RightToLeft),
            ("pa-Arab-PK", RightToLeft),
            ("ks-Deva", LeftToRight),
            ("sd", RightToLeft),
            ("ar-Latn", LeftToRight),
            ("yi-Hebr", RightToLeft),
            ("", LeftToRight),
        ] {
            assert_eq!(Direction::of_language(tag), direction, "{tag}");
        }
    }

    #[test]
    fn direction_follows_the_first_letter() {
        for (text, wanted) in [
            ("“Quotes” first", Some(LeftToRight)),
            ("12 שעות", Some(RightToLeft)),
            ("الميناء", Some(RightToLeft)),
            ("٥ MB", Some(LeftToRight)),
            ("港の朝", Some(LeftToRight)),
            ("…", None),
        ] {
            assert_eq!(Direction::of_text(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_article_runs_as_its_language_unless_its_title_says_otherwise() {
        for (language, title, direction) in [
            (Some("ar"), "BBC: ميناء", RightToLeft),
            (Some("ar"), "BBC", LeftToRight),
            (Some("en"), "הנמל נסגר", RightToLeft),
            (Some("en"), "שוק means market", LeftToRight),
            (None, "הנמל BBC", RightToLeft),
            (None, "2026", LeftToRight),
        ] {
            assert_eq!(Direction::of_article(language, title), direction, "{title}");
        }
    }
}
