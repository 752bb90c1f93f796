//! What of an edition is words: dates, times, lengths, and texts made fit for a mail.

use courant_languages::Locale;
use courant_templates::view::Direction;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use unicode_width::UnicodeWidthChar as _;

use crate::articles::clean::shorten_to_cells;
use crate::edition::{Category, Edition, Entry};

/// Cells a summary may take, five lines of the mail's column: what a feed says beyond this stands on the
/// article's page.
const SUMMARY_CELLS: usize = 320;

/// One story in words.
#[derive(Debug, Clone)]
pub(super) struct EntryWords {
    /// Words of headline and summary.
    pub(super) words: usize,
    pub(super) summary: Option<String>,
    pub(super) time: String,
    pub(super) reading_time: Option<String>,
    pub(super) hue: usize,
    pub(super) direction: Direction,
    pub(super) foreign: Option<String>,
}

impl EntryWords {
    pub(super) fn new(entry: &Entry, edition: &Edition, locale: &Locale, zone: &TimeZone) -> Self {
        let article = &entry.article;
        let summary = article.summary.as_deref();
        let summary =
            summary.map(|summary| shorten_to_cells(&shorten_urls(summary), SUMMARY_CELLS));
        Self {
            words: count_words(&article.title) + summary.as_deref().map_or(0, count_words),
            summary,
            time: time_in_words(article.published_at, edition.slot_at, zone, locale),
            reading_time: article
                .minutes
                .and_then(|minutes| u32::try_from(minutes).ok())
                .map(|minutes| locale.reading_time(minutes)),
            hue: hue(article.category.as_deref(), &edition.frame.categories),
            direction: Direction::of_article(article.language.as_deref(), &article.title),
            foreign: foreign(
                article.language.as_deref(),
                &edition.frame.publication.language,
            )
            .map(str::to_owned),
        }
    }
}

/// "6:12 AM" on the slot's day, "Mon 6:12 PM" within a week, else "Nov 3".
fn time_in_words(at: i64, slot_at: Timestamp, zone: &TimeZone, locale: &Locale) -> String {
    let published = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let published = published.to_zoned_datetime(zone.clone());
    let slot = slot_at.to_zoned_datetime(zone.clone());
    let week_ago = slot.date().saturating_sub(6.days());
    if published.date() == slot.date() {
        locale.time(published.time())
    } else if published.date() >= week_ago {
        locale.weekday_and_time(published.datetime())
    } else {
        locale.short_day(published.date())
    }
}

/// "20 stories, a 6-minute read": headlines and summaries at 230 words a minute.
pub(super) fn length(stories: usize, words: usize, locale: &Locale) -> Option<String> {
    (stories > 1).then(|| locale.edition_length(stories, words.div_ceil(230).max(1)))
}

/// Words of a text; two ideographs count as one, since nobody puts spaces between them.
fn count_words(text: &str) -> usize {
    text.split_whitespace()
        .map(|word| {
            let wide = word.chars().filter(|c| c.width() == Some(2)).count();
            wide.div_ceil(2).max(1)
        })
        .sum()
}

/// A bare URL in running text, as far as anybody reads it: its host and 24 characters.
fn shorten_urls(text: &str) -> String {
    const PATH_CHARS: usize = 24;
    let mut shortened = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let after_scheme = ["https://", "http://"]
            .iter()
            .find_map(|scheme| word.strip_prefix(scheme));
        let (host, path) = after_scheme
            .and_then(|rest| rest.find('/').map(|at| rest.split_at(at)))
            .unwrap_or_default();
        match path.char_indices().nth(PATH_CHARS) {
            Some((end, _)) => {
                shortened.push_str(host);
                shortened.push_str(&path[..end]);
                shortened.push('…');
                shortened.push_str(&piece[word.len()..]);
            }
            None => shortened.push_str(piece),
        }
    }
    shortened
}

/// A category's hue, 0 to 7: the configured one, else a stable choice by name.
pub(super) fn hue(category: Option<&str>, categories: &[Category]) -> usize {
    let Some(name) = category else { return 0 };
    let known = categories.iter().find(|category| category.name == name);
    match known.and_then(|category| category.hue) {
        Some(hue) => usize::from(hue.clamp(1, 8)) - 1,
        // FNV-1a: stable across versions and machines, unlike the standard library's hasher.
        None => {
            let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            usize::try_from(hash % 8).unwrap_or(0)
        }
    }
}

/// The language of an article where it is not the edition's; "en-GB" in "en" is no other language.
fn foreign<'a>(language: Option<&'a str>, edition: &str) -> Option<&'a str> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or(tag).to_ascii_lowercase();
    language.filter(|tag| primary(tag) != primary(edition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_summary_ends_with_a_sentence_or_a_word() {
        let sentence = "Three households now vote on the other side of the brook. ";
        let long = sentence.repeat(9);
        let kept = shorten_to_cells(&long, SUMMARY_CELLS);
        assert_eq!(kept, sentence.repeat(5).trim_end());
        let endless = "word ".repeat(200);
        let kept = shorten_to_cells(&endless, SUMMARY_CELLS);
        assert!(kept.ends_with("word…") && kept.len() < 325, "{kept}");
        let japanese = shorten_to_cells(&"港の朝は早い。".repeat(60), SUMMARY_CELLS);
        assert!(
            japanese.ends_with('。') && japanese.chars().count() <= 160,
            "{japanese}"
        );
        let unbroken = shorten_to_cells(&"x".repeat(900), SUMMARY_CELLS);
        assert_eq!(unbroken.chars().count(), 320);
        assert_eq!(shorten_to_cells(sentence, SUMMARY_CELLS), sentence);
    }

    #[test]
    fn times_are_absolute() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let slot: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        for (published, english, german) in [
            ("2026-11-23T05:12:00Z", "6:12\u{a0}AM", "06:12"),
            ("2026-11-22T17:12:00Z", "Sun 6:12\u{a0}PM", "So., 18:12"),
            ("2026-11-17T00:00:00Z", "Tue 1:00\u{a0}AM", "Di., 01:00"),
            ("2026-11-16T12:00:00Z", "Nov 16", "16. Nov."),
        ] {
            let at: Timestamp = published.parse().unwrap();
            for (tag, words) in [("en", english), ("de", german)] {
                let locale = Locale::of(tag);
                assert_eq!(time_in_words(at.as_second(), slot, &zone, &locale), words);
            }
        }
    }

    #[test]
    fn words_are_counted_where_there_are_no_spaces_too() {
        for (text, words) in [
            ("", 0),
            ("Night buses survive the winter", 5),
            ("港の船はなぜ静か", 4),
            ("港 is a harbour", 4),
        ] {
            assert_eq!(count_words(text), words, "{text}");
        }
    }

    #[test]
    fn a_bare_url_shows_its_host_and_no_more_than_anybody_reads() {
        let long = format!(
            "See https://archive.example.org/2023/12/{} for more.",
            "a".repeat(300)
        );
        assert_eq!(
            shorten_urls(&long),
            format!(
                "See archive.example.org/2023/12/{}… for more.",
                "a".repeat(15)
            )
        );
        for text in [
            "No URL at all.",
            "https://example.org/short",
            "https://example.org",
            "港、ж\u{a0}x",
        ] {
            assert_eq!(shorten_urls(text), text);
        }
    }

    #[test]
    fn only_another_language_is_named() {
        for (language, named) in [
            (Some("en"), None),
            (Some("en-GB"), None),
            (Some("de"), Some("de")),
            (None, None),
        ] {
            assert_eq!(foreign(language, "en"), named, "{language:?}");
        }
    }

    #[test]
    fn a_category_keeps_its_hue() {
        let configured = [Category {
            name: "Sport".into(),
            hue: Some(6),
            url: None,
            ..Category::default()
        }];
        assert_eq!(hue(Some("Sport"), &configured), 5);
        assert_eq!(
            hue(Some("Harbours"), &[]),
            hue(Some("Harbours"), &configured)
        );
    }
}
