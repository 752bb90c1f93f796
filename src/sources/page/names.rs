//! Titles without the name of the site, bylines without "By".

use super::head::one_line;

const SEPARATORS: &[char] = &['|', '–', '—', '-', '»', '«', '·', '•', ':', '/', '~'];
const MOST_BYLINE: usize = 200;

/// "By", in the languages of which it was seen, and its relatives.
const BEFORE_NAMES: &[&str] = &[
    "written by",
    "posted by",
    "published by",
    "reported by",
    "story by",
    "text by",
    "author:",
    "authors:",
    "by:",
    "by ",
    "von ",
    "von:",
    "text:",
    "autor:",
    "autorin:",
    "por ",
    "par ",
    "di ",
    "door ",
    "av ",
    "af ",
    "geschrieben von",
    "veröffentlicht von",
    "redaktion:",
    "escrito por",
    "|",
    "-",
];

/// Words that make a "name" none.
const NO_NAME: &[&str] = &[
    "admin",
    "administrator",
    "webmaster",
    "editor",
    "staff",
    "unknown",
    "anonymous",
    "guest",
    "null",
    "undefined",
    "redaktion",
    "author",
    "none",
    "n/a",
    "root",
    "user",
    "default",
];

/// A title without " | The Site" at its end or "The Site: " at its beginning.
pub(super) fn without_site(title: &str, site: Option<&str>, headings: &[&str]) -> String {
    let title = one_line(title);
    if headings.iter().any(|heading| one_line(heading) == title) {
        return title;
    }
    let parts = split(&title);
    if parts.len() < 2 {
        return title;
    }
    let is_site = |part: &str| {
        site.is_some_and(|site| {
            let (part, site) = (folded(part), folded(site));
            !part.is_empty()
                && (part == site
                    || (site.len() > 3 && part.contains(&site) && part.len() < site.len() + 12)
                    || (part.len() > 3 && site.contains(&part)))
        })
    };
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    let start = |part: &str| title.len() - title.trim_start_matches(part).len();
    if is_site(last) {
        let end = title.len() - last.len();
        return title[..end]
            .trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c))
            .to_owned();
    }
    if is_site(first) && title.len() > start(first) {
        let rest = title[first.len()..]
            .trim_start_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
        return rest.to_owned();
    }
    // What the page's own heading begins with is the title, and the rest is not.
    let heading = headings
        .iter()
        .map(|heading| one_line(heading))
        .find(|heading| heading.chars().count() > 10 && title.starts_with(heading.as_str()));
    heading.unwrap_or(title)
}

/// The parts between separators that stand alone.
fn split(title: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, c) in title.char_indices() {
        let spaced = title[..at].ends_with(' ') && title[at + c.len_utf8()..].starts_with(' ');
        let colon = c == ':' && title[at + 1..].starts_with(' ');
        if SEPARATORS.contains(&c) && (spaced || colon || (c == '|')) && at >= from {
            parts.push(title[from..at].trim());
            from = at + c.len_utf8();
        }
    }
    parts.push(title[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The title when nothing but the page's `<title>` and its headings tell it.
pub(super) fn from_page(
    whole: Option<&str>,
    headings: &[&str],
    site: Option<&str>,
) -> Option<String> {
    let Some(whole) = whole else {
        return headings.first().map(|heading| one_line(heading));
    };
    let words = |text: &str| text.split_whitespace().count();
    let shorter = without_site(whole, site, headings);
    if shorter != one_line(whole) {
        return Some(shorter);
    }
    let inside = headings
        .iter()
        .find(|heading| words(heading) > 2 && folded(whole).contains(&folded(heading)));
    if let Some(heading) = inside {
        return Some(one_line(heading));
    }
    // A heading alone on its page is the title, however the window is called.
    if let [heading] = headings
        && words(heading) > 3
    {
        return Some(one_line(heading));
    }
    // The site stands last, and is short beside the title.
    let whole = one_line(whole);
    let parts = split(&whole);
    let last = parts.last().copied().unwrap_or_default();
    if parts.len() > 1 && words(last) <= 4 {
        let rest = whole[..whole.len() - last.len()]
            .trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
        if words(rest) >= 3 {
            return Some(rest.to_owned());
        }
    }
    Some(whole).filter(|title| !title.is_empty())
}

/// Names as one line, if they are names.
pub(super) fn byline(names: &[String], site: Option<&str>) -> Option<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        let Some(name) = name_in(name) else { continue };
        let folded_name = folded(&name);
        let is_site = site.is_some_and(|site| folded(site) == folded_name);
        if !is_site
            && !kept
                .iter()
                .any(|known| folded(known).contains(&folded_name))
        {
            kept.push(name);
        }
        if kept.len() >= 8 {
            break;
        }
    }
    let line = kept.join(", ");
    (!line.is_empty()).then_some(line)
}

fn name_in(text: &str) -> Option<String> {
    let mut text = one_line(text);
    loop {
        let lower = text.to_lowercase();
        let before = BEFORE_NAMES.iter().find(|mark| lower.starts_with(**mark));
        let Some(mark) = before else { break };
        let Some(rest) = text.get(mark.len()..) else {
            break;
        };
        text = rest.trim_start_matches([' ', ':']).to_owned();
    }
    // "Ann Ho | 20 November 2019", "Ann Ho, The Quay, Monday 3": the name ends where numbers begin.
    let end =
        text.find(|c: char| c.is_ascii_digit() || matches!(c, '|' | '•' | '·' | '(' | '@' | '/'));
    let text = match end {
        Some(at) if at > 2 => text[..at]
            .trim_end_matches([' ', ',', '-', '–', '—'])
            .to_owned(),
        Some(_) => return None,
        None => text,
    };
    let lower = text.to_lowercase();
    let words = text.split_whitespace().count();
    let none = text.is_empty()
        || text.len() > MOST_BYLINE
        || words > 14
        || !text.chars().any(char::is_alphabetic)
        || lower.contains("http")
        || NO_NAME.contains(&lower.as_str());
    (!none).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_the_name_of_the_site() {
        for (title, site, headings, expected) in [
            (
                "Boats sail | The Quay",
                Some("The Quay"),
                &[][..],
                "Boats sail",
            ),
            ("The Quay: Boats sail", Some("The Quay"), &[], "Boats sail"),
            (
                "Boats sail - The Quay News",
                Some("The Quay"),
                &[],
                "Boats sail",
            ),
            (
                "Well-known boats: a list",
                Some("The Quay"),
                &[],
                "Well-known boats: a list",
            ),
            ("A – B – C", None, &[], "A – B – C"),
            (
                "Boats sail again - Quay",
                None,
                &["Boats sail again"],
                "Boats sail again",
            ),
            ("", None, &[], ""),
        ] {
            assert_eq!(without_site(title, site, headings), expected, "{title}");
        }
    }

    #[test]
    fn bylines_are_names() {
        for (text, expected) in [
            ("By Ann Ho", Some("Ann Ho")),
            ("Von: Jörg Öz | 3.4.2026", Some("Jörg Öz")),
            ("Ann Ho and Bo Li", Some("Ann Ho and Bo Li")),
            ("Written by: Ann Ho, 12 May", Some("Ann Ho")),
            ("admin", None),
            ("https://example.org/ann", None),
            ("12:30", None),
            ("", None),
        ] {
            assert_eq!(
                byline(&[text.to_owned()], None).as_deref(),
                expected,
                "{text}"
            );
        }
        assert_eq!(byline(&["The Quay".to_owned()], Some("the quay")), None);
    }
}
