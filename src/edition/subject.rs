//! Subject line and preheader, from the articles when the editor wrote none.

use std::ops::RangeInclusive;

use courant_languages::Locale;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr as _;

use super::slates::{Placed, Variant};
use super::{Edition, SectionKind};
use crate::articles::clean::shorten;

/// Letters of a subject that mail programs show.
pub const SUBJECT_CHARS: usize = 60;
const PREHEADER_CHARS: usize = 110;
/// Below this a mail program fills the line with whatever stands next in the message.
const PREHEADER_CELLS: usize = 40;
/// Letters of a preview line that mail programs neither fill up nor cut.
pub const PREHEADER_LENGTHS: RangeInclusive<usize> = PREHEADER_CELLS..=PREHEADER_CHARS;
const PREHEADER_STORIES: usize = 3;
/// How far down the list whole short forms are looked for.
const PREHEADER_CANDIDATES: usize = 6;
const SHORT_FORM_CHARS: usize = 48;
/// What stands before a colon or a dash and is shorter is a label ("Exclusive", "Experts say").
const CLAUSE_CHARS: usize = 30;

/// The subject: the lead's headline, cut at a word with "…" when it is over 60 characters.
///
/// A phone shows 35 to 40 characters; the From name has the brand already.
#[must_use]
pub fn subject(lead_title: &str, edition_title: &str, date: &str, locale: &Locale) -> String {
    let title = one_line(lead_title);
    if title.is_empty() {
        return locale.subject_without_headline(&one_line(edition_title), date);
    }
    cut(&title, SUBJECT_CHARS, SUBJECT_CHARS - 3)
}

/// The preview line: "Plus: " and up to three short forms of the stories after the lead, as a list
/// of the language; where these say little, the beginning of the lead's summary.
///
/// It does not say again what the subject says. Empty when there is nothing else to say.
#[must_use]
pub fn preheader(
    (lead_title, other_titles): (&str, &[&str]),
    summary: Option<&str>,
    locale: &Locale,
) -> String {
    let lead = one_line(lead_title);
    let others = other_titles.iter().map(|title| one_line(title));
    let others: Vec<_> = others.filter(|title| *title != lead).collect();
    let line = others_in_short(&others, locale);
    if line.width() >= PREHEADER_CELLS {
        return line;
    }
    let summary = one_line(summary.unwrap_or_default());
    let summary = without_beginning(&summary, &lead);
    if !is_bare_url(summary) && summary.width() > line.width() {
        shorten(summary, PREHEADER_CHARS)
    } else {
        line
    }
}

/// A summary without the headline that it begins with; nothing where it says no more than that. Marks
/// and capitals do not count: feeds write them differently in both.
fn without_beginning<'a>(summary: &'a str, lead: &str) -> &'a str {
    let letters = |text: &str| -> Vec<char> {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let (ours, theirs) = (letters(summary), letters(lead));
    if theirs.starts_with(&ours) {
        return "";
    }
    if theirs.is_empty() || !ours.starts_with(&theirs) {
        return summary;
    }
    let mut left = theirs.len();
    let end = summary.char_indices().find(|(_, c)| {
        let is_after = left == 0;
        if c.is_alphanumeric() {
            left = left.saturating_sub(c.to_lowercase().count());
        }
        is_after
    });
    let rest = end.map_or("", |(at, _)| &summary[at..]);
    // "Ferries win" is no beginning of "Ferries winter in the harbour".
    if rest.starts_with(char::is_alphanumeric) {
        return summary;
    }
    let after = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    if after.starts_with(char::is_lowercase) {
        // The sentence goes on, and would begin in its middle.
        return "";
    }
    after
}

fn others_in_short(other_titles: &[String], locale: &Locale) -> String {
    let titles = || {
        let titles = other_titles.iter().filter(|title| !is_bare_url(title));
        titles.take(PREHEADER_CANDIDATES)
    };
    // Several short ones if there are, else fewer and longer.
    let short = as_many_as_fit(titles(), SHORT_FORM_CHARS, locale);
    let long = as_many_as_fit(titles(), PREHEADER_CHARS, locale);
    let best = if short.0 > 1 || short.1.width() >= long.1.width() {
        short.1
    } else {
        long.1
    };
    if !best.is_empty() {
        return best;
    }
    let around = length(&locale.plus(&[""]));
    let room = PREHEADER_CHARS.saturating_sub(around);
    let first = titles().next().map(|title| cut(title, room, room - 1));
    first.map_or_else(String::new, |first| locale.plus(&[&first]))
}

/// Up to three stories of at most so many characters in one line, as a list of the language, and how
/// many they are; none if the first is too long for the line.
fn as_many_as_fit<'a>(
    titles: impl Iterator<Item = &'a String>,
    most: usize,
    locale: &Locale,
) -> (usize, String) {
    let forms = titles.filter_map(|title| short_form(title, most));
    let forms: Vec<_> = forms.take(PREHEADER_STORIES).collect();
    let lines = (1..=forms.len()).map(|count| (count, locale.plus(&forms[..count])));
    let fitting = lines.take_while(|(_, line)| length(line) <= PREHEADER_CHARS);
    fitting.last().unwrap_or_default()
}

/// Subject and preheader of an edition's own copy, made from its stories.
#[must_use]
pub fn automatic(edition: &Edition) -> (String, String) {
    let frame = &edition.frame;
    let locale = Locale::of(&frame.publication.language);
    let date = locale.day(edition.slot_at.to_zoned_datetime(frame.zone()).date());
    let lead = edition.own().next().map(|entry| &entry.article);
    let summary = lead.and_then(|article| article.summary.as_deref());
    let title = lead.map_or("", |article| article.title.as_str());
    let others = edition.own().skip(1);
    let others = others.filter(|it| matches!(it.section, SectionKind::Top | SectionKind::Plain));
    let others: Vec<_> = others.map(|it| it.article.title.as_str()).collect();
    let line = preheader((title, &others), summary, &locale);
    let named = || locale.subject_without_headline(&frame.title, &date);
    (
        subject(title, &frame.title, &date, &locale),
        if line.is_empty() { named() } else { line },
    )
}

/// Subject and preheader of one copy: the subject it tries; the editor's own; else the edition's where the same story
/// leads, else made from the stories that stand in this one.
#[must_use]
pub fn of_copy(
    edition: &Edition,
    (variant, placed): (&Variant, &[Placed<'_>]),
    locale: &Locale,
) -> (String, String) {
    let (line, preheader) = from_stories(edition, placed, locale);
    let tried = usize::try_from(variant.subject).ok();
    let tried = tried.filter(|_| edition.has_trial());
    let tried = tried.and_then(|tried| edition.subjects().nth(tried));
    (tried.map_or(line, str::to_owned), preheader)
}

fn from_stories(edition: &Edition, placed: &[Placed<'_>], locale: &Locale) -> (String, String) {
    let leads = |entry: &super::Entry| placed.first().is_none_or(|p| p.entry.link == entry.link);
    let same: Vec<_> = placed.iter().map(|placed| placed.entry.link).collect();
    let own: Vec<_> = edition.own().map(|entry| entry.link).collect();
    if same == own {
        return (edition.subject.clone(), edition.preheader.clone());
    }
    let written = &edition.frame.written;
    let title = |placed: &Placed<'_>| placed.entry.article.title.clone();
    let line = if written.subject || edition.own().next().is_some_and(leads) {
        edition.subject.clone()
    } else {
        let lead = placed.first().map(title).unwrap_or_default();
        subject(&lead, &edition.subject, "", locale)
    };
    if written.preheader {
        return (line, edition.preheader.clone());
    }
    let others = placed.iter().skip(1);
    let others = others.filter(|p| matches!(p.section, SectionKind::Top | SectionKind::Plain));
    let others: Vec<_> = others
        .map(|placed| placed.entry.article.title.as_str())
        .collect();
    let lead = placed.first().map(|placed| &placed.entry.article);
    let summary = lead.and_then(|article| article.summary.as_deref());
    let title = lead.map_or("", |article| article.title.as_str());
    let own = preheader((title, &others), summary, locale);
    (
        line,
        if own.is_empty() {
            edition.preheader.clone()
        } else {
            own
        },
    )
}

/// A headline, or what stands before its first colon, dash or comma if that says enough; nothing if
/// neither is short.
fn short_form(title: &str, most: usize) -> Option<&str> {
    if length(title) <= most {
        return Some(title);
    }
    let clause = [": ", " – ", " — ", ", ", "; "]
        .iter()
        .filter_map(|mark| title.find(mark))
        // A no-break space may stand before the mark.
        .map(|at| title[..at].trim_end())
        .filter(|clause| length(clause) >= CLAUSE_CHARS)
        .min_by_key(|clause| clause.len())?;
    (length(clause) <= most).then_some(clause)
}

/// Characters as readers count them.
#[must_use]
pub fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Whether a headline is an address and nothing else.
fn is_bare_url(title: &str) -> bool {
    title.contains("://") && !title.contains(' ')
}

/// What a cut line does not end with: marks that lead to what is not there.
const DANGLING: &str = ",;:-–—«„“‘‚([{\"「『";

/// `text` if it has at most `most` characters, else its beginning up to the last word before `at`.
fn cut(text: &str, most: usize, at: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let (mut last_word_end, mut signs_before) = (0, 0);
    for (index, grapheme) in text.graphemes(true).enumerate() {
        if index >= at {
            break;
        }
        if index > 0 && grapheme.chars().all(char::is_whitespace) {
            (last_word_end, signs_before) = (kept.len(), index);
        }
        kept.push_str(grapheme);
    }
    // A text without spaces (Chinese), or with one very long word, is cut between two graphemes.
    if signs_before * 2 > at {
        kept.truncate(last_word_end);
    }
    format!(
        "{}…",
        kept.trim_end_matches(|c: char| c.is_whitespace() || DANGLING.contains(c))
    )
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_the_headline_cut_at_a_word() {
        let english = Locale::of("en");
        for (title, wanted) in [
            (
                "Ferries win the short crossings",
                "Ferries win the short crossings",
            ),
            (
                "Harbour council votes to keep every night bus running through the winter",
                "Harbour council votes to keep every night bus running…",
            ),
            (
                "A line\r\nBcc: all@example.org",
                "A line Bcc: all@example.org",
            ),
            ("", "Morning Edition, Monday"),
        ] {
            assert_eq!(
                subject(title, "Morning Edition", "Monday", &english),
                wanted
            );
        }
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(
            subject(&family.repeat(60), "E", "D", &english),
            family.repeat(60)
        );
        let japanese = "港".repeat(80);
        assert_eq!(subject(&japanese, "E", "D", &english).chars().count(), 58);
        let word = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle";
        for word in [word.to_owned(), format!("Die {word}")] {
            let cut = subject(&word, "E", "D", &english);
            assert_eq!(cut.chars().count(), 58, "{cut}");
        }
    }

    #[test]
    fn a_preheader_joins_short_forms_and_never_runs_long() {
        let english = Locale::of("en");
        assert_eq!(preheader(("", &[]), None, &english), "");
        assert_eq!(
            preheader(("", &["Night buses survive"]), None, &english),
            "Plus: Night buses survive."
        );
        let three = [
            "Night buses survive",
            "Why rye? ",
            "Seabirds return: counts rise a third year",
        ];
        assert_eq!(
            preheader(("", &three), None, &english),
            "Plus: Night buses survive, Why rye?, and Seabirds return: counts rise a third year."
        );
        assert_eq!(
            preheader(("", &three), None, &Locale::of("de")),
            "Außerdem: Night buses survive, Why rye? und Seabirds return: counts rise a third year."
        );
        let uncut = [
            "The cable car that was built for skiers now lives on parcels and post",
            "Night buses survive",
        ];
        assert_eq!(
            preheader(("", &uncut), None, &english),
            "Plus: The cable car that was built for skiers now lives on parcels and post and Night buses \
             survive."
        );
        let url = format!("https://example.org/{}", "x".repeat(50));
        assert_eq!(
            preheader(("", &[&url, "Rye"]), Some(&url), &english),
            "Plus: Rye."
        );
        let only = "The council votes to keep all night buses that run on the eleven routes along the shore \
                    until March comes";
        let line = preheader(("", &[only]), None, &english);
        assert_eq!(
            line,
            "Plus: The council votes to keep all night buses that run on the eleven routes along the shore \
             until March…"
        );
        let long =
            ["The council votes to keep the buses: eleven routes remain until March comes"; 5];
        assert!(preheader(("", &long), None, &english).chars().count() <= 110);
        assert_eq!(
            preheader(
                ("", &["港の船はなぜ静か", "夜のバスは残る"]),
                None,
                &Locale::of("ja")
            ),
            "ほかに：港の船はなぜ静か、夜のバスは残る。"
        );
    }
    #[test]
    fn a_preheader_says_nothing_twice_and_no_label_alone() {
        let english = Locale::of("en");
        let rows: [(&str, &[&str], Option<&str>, &str); 7] = [
            ("Ferries win", &["Ferries win"], None, ""),
            ("Ferries win", &[], Some("Ferries win"), ""),
            (
                "Ferries win",
                &[],
                Some("Ferries win – The council decides."),
                "The council decides.",
            ),
            ("Ferries win", &[], Some("Ferries win and more of it."), ""),
            (
                "Ferries win",
                &[],
                Some("Ferries winter here."),
                "Ferries winter here.",
            ),
            (
                "Lead",
                &[
                    "Exclusive investigation: how the ferry company lost three boats in one single winter",
                    "As it happened: the long night on which the council of the northern shore sat",
                ],
                None,
                "Plus: Exclusive investigation: how the ferry company lost three boats in one single winter.",
            ),
            (
                "Lead",
                &[
                    "Le port de la rive nord ferme encore\u{a0}: pourquoi les habitants et les marins sont en colère depuis ce matin",
                ],
                None,
                "Plus: Le port de la rive nord ferme encore.",
            ),
        ];
        for (lead, others, summary, wanted) in rows {
            assert_eq!(preheader((lead, others), summary, &english), wanted);
        }
        let long = "The council votes to keep the buses on eleven routes until March comes again";
        assert_eq!(preheader((long, &[]), None, &english), "");
        for (lead, summary) in [
            ("The mayor\u{2019}s plan", "The Mayor's plan."),
            ("Streik zu Ende", "\u{201e}Streik zu Ende\u{201c}"),
            (
                long,
                "The council votes to keep the buses on eleven routes…",
            ),
            ("Lead", "."),
        ] {
            assert_eq!(
                preheader((lead, &[]), Some(summary), &english),
                "",
                "{lead}"
            );
        }
        let open = "Les habitants de la rive nord et les marins disent : « nousvoulonsquelebateau revienne »";
        let cut = subject(open, "E", "D", &english);
        assert_eq!(cut, "Les habitants de la rive nord et les marins disent…");
    }

    #[test]
    fn a_preheader_that_says_little_gives_way_to_the_leads_summary() {
        let english = Locale::of("en");
        let summary = "The ferry company buys two electric boats and names neither of them.";
        assert_eq!(preheader(("", &[]), Some(summary), &english), summary);
        assert_eq!(
            preheader(("", &["Why rye?"]), Some(summary), &english),
            summary
        );
        assert_eq!(
            preheader(("", &["Why rye?"]), Some("No."), &english),
            "Plus: Why rye?"
        );
        let more = format!("{summary} And the goat, asked for its view of the matter, ate it.");
        assert_eq!(preheader(("", &[]), Some(&more), &english), summary);
        let long = "word ".repeat(60);
        let line = preheader(("", &[]), Some(&long), &english);
        assert!(line.ends_with('…') && line.chars().count() <= 110, "{line}");
    }
}
