//! The publication's own categories and tags, made of what sources call them.
//!
//! In come the labels of one item and the path of its address, out come one category and tidy tags.
//! An editor's rules stand in `[[category]]` and `[tags]`; names are compared without case, accents and
//! blanks at the ends. Pure: reading the configuration is left to `config`.

use std::collections::BTreeMap;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::sources::poll::sha256_hex;

/// `[tags]` in `digest.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tags {
    /// What sources write, and what readers shall see.
    pub rename: BTreeMap<String, String>,
    /// Names, or patterns with `*`, that no reader shall see.
    pub drop: Vec<String>,
}

/// An editor's rules, ready to be applied.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    categories: Vec<Category>,
    rename: BTreeMap<String, String>,
    drop: Vec<Pattern>,
    fingerprint: String,
}

#[derive(Debug, Clone)]
struct Category {
    name: String,
    folded: String,
    patterns: Vec<Pattern>,
}

impl Rules {
    /// Rules of categories (a name and what it matches, in order of precedence) and of tags.
    #[must_use]
    pub fn new<'a>(
        categories: impl IntoIterator<Item = (&'a str, &'a [String])>,
        tags: &Tags,
    ) -> Self {
        let mut written = String::new();
        let mut all = Vec::new();
        for (name, matches) in categories {
            if !matches.is_empty() {
                written = format!("{written}{name}\0{}\n", matches.join("\0"));
            }
            // Whoever says what belongs to a category means its own name too.
            let own = (!matches.is_empty()).then(|| Pattern::of(name));
            all.push(Category {
                name: name.to_owned(),
                folded: fold(name),
                patterns: matches
                    .iter()
                    .map(|text| Pattern::of(text))
                    .chain(own)
                    .collect(),
            });
        }
        for (from, to) in &tags.rename {
            written = format!("{written}rename\0{from}\0{to}\n");
        }
        if !tags.drop.is_empty() {
            written = format!("{written}drop\0{}\n", tags.drop.join("\0"));
        }
        let fingerprint = if written.is_empty() {
            String::new()
        } else {
            sha256_hex(written.as_bytes()).chars().take(12).collect()
        };
        let rename = tags.rename.iter();
        Self {
            categories: all,
            rename: rename.map(|(from, to)| (fold(from), to.clone())).collect(),
            drop: tags.drop.iter().map(|text| Pattern::of(text)).collect(),
            fingerprint,
        }
    }

    /// Equal for equal rules; empty when there are none.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A label as readers shall see it; none if they shall not.
    #[must_use]
    pub fn label(&self, label: &str) -> Option<String> {
        let words: Vec<_> = label
            .trim_start_matches(['#', '＃'])
            .split_whitespace()
            .collect();
        let label = words.join(" ");
        let folded = fold(&label);
        let dropped = self.drop.iter().any(|pattern| pattern.matches(&folded));
        if folded.is_empty() || dropped {
            return None;
        }
        match self.rename.get(&folded) {
            Some(name) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            None => Some(label),
        }
    }

    /// The first category with a rule that matches one of the labels, or the path of the address.
    pub(super) fn category(&self, labels: &[String], path: &str) -> Option<Found<'_>> {
        let labels: Vec<_> = labels.iter().map(|label| fold(label)).collect();
        let path = fold(&decoded(path));
        self.categories.iter().find_map(|category| {
            let fits = category.patterns.iter().any(|pattern| {
                if pattern.is_path {
                    pattern.matches(&path)
                } else {
                    labels.iter().any(|label| pattern.matches(label))
                }
            });
            fits.then_some(Found(category))
        })
    }

    /// A source's category in the spelling of the configuration, if it is known there.
    #[must_use]
    pub fn spelling(&self, category: &str) -> Option<&str> {
        let folded = fold(category);
        let known = self.categories.iter().find(|it| it.folded == folded);
        known.map(|category| category.name.as_str())
    }
}

/// A category whose rule matched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a>(&'a Category);

impl<'a> Found<'a> {
    pub(super) fn name(self) -> &'a str {
        &self.0.name
    }

    /// Whether a label is what this category stands for, and so says nothing beside it.
    pub(super) fn covers(self, label: &str) -> bool {
        let label = fold(label);
        self.0
            .patterns
            .iter()
            .any(|it| !it.is_path && it.matches(&label))
    }
}

/// A name, or a path with a `/` before it; `*` stands for anything.
#[derive(Debug, Clone)]
struct Pattern {
    is_path: bool,
    text: Vec<char>,
}

impl Pattern {
    fn of(text: &str) -> Self {
        let folded = fold(text);
        Self {
            is_path: folded.starts_with('/'),
            text: folded.chars().collect(),
        }
    }

    /// Whether the whole of a folded text fits; in a product of both lengths at worst.
    fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut in_pattern) = (0, 0);
        // Where the last star stands, and how much of the text it has taken.
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.text.get(in_pattern) {
                Some('*') => {
                    star = Some((in_pattern, at));
                    in_pattern += 1;
                }
                Some(c) if *c == text[at] => {
                    at += 1;
                    in_pattern += 1;
                }
                _ => {
                    let Some((place, taken)) = star else {
                        return false;
                    };
                    star = Some((place, taken + 1));
                    at = taken + 1;
                    in_pattern = place + 1;
                }
            }
        }
        self.text[in_pattern..].iter().all(|c| *c == '*')
    }
}

/// A name without case, accents and needless blanks, for comparing.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' | 'ẞ' => out.push_str("ss"),
            'æ' | 'Æ' => out.push_str("ae"),
            'œ' | 'Œ' => out.push_str("oe"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'đ' | 'Đ' => out.push('d'),
            'ı' => out.push('i'),
            c => out.extend(c.to_lowercase()),
        }
    }
    let words: Vec<_> = out.split_whitespace().collect();
    words.join(" ").replace(" / ", "/")
}

/// A path with its escapes resolved; what is no text then stays as it is.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn rules() -> Rules {
        let world = texts(&["international", "ausland", "world/*", "Élysée"]);
        let sport = texts(&["/sport/*", "*liga"]);
        let tags: Tags = toml::from_str(
            "rename = { 'uk' = 'United Kingdom', 'x' = ' ' }\ndrop = ['homepage', 'featured-*']",
        )
        .unwrap();
        let none: &[String] = &[];
        Rules::new(
            [
                ("World", world.as_slice()),
                ("Sport", &sport),
                ("Straße", none),
            ],
            &tags,
        )
    }

    #[test]
    fn the_first_category_that_matches_wins() {
        for (labels, path, category) in [
            (&["Ausland"][..], "/", Some("World")),
            (&["WORLD / Europe"], "/", Some("World")),
            (&["world"], "/", Some("World")),
            (&["elysee"], "/", Some("World")),
            (&["Bundesliga"], "/", Some("Sport")),
            (&["Bundesliga", "international"], "/", Some("World")),
            (&[], "/Sp%C3%B6rt/a", Some("Sport")),
            (&["Town"], "/sport/a/b", Some("Sport")),
            (&["Town"], "/news/sport/", None),
            (&["/sport/a"], "/", None),
            (&["Strasse"], "/", None),
        ] {
            let found = rules();
            let found = found.category(&texts(labels), path).map(Found::name);
            assert_eq!(found, category, "{labels:?} {path}");
        }
        assert_eq!(rules().spelling("STRASSE"), Some("Straße"));
    }

    #[test]
    fn labels_are_tidied_renamed_and_dropped() {
        for (label, shown) in [
            ("#UK", Some("United Kingdom")),
            ("  North   Sea ", Some("North Sea")),
            ("#NorthSea", Some("NorthSea")),
            ("Featured-left", None),
            ("HomePage", None),
            ("x", None),
            ("##", None),
        ] {
            assert_eq!(rules().label(label).as_deref(), shown, "{label}");
        }
    }

    #[test]
    fn a_fingerprint_stands_for_the_rules() {
        let none = Rules::new([("World", [].as_slice())], &Tags::default());
        assert_eq!(none.fingerprint(), "");
        let one = texts(&["a"]);
        let other = Rules::new([("World", one.as_slice())], &Tags::default());
        assert_ne!(other.fingerprint(), rules().fingerprint());
        assert_eq!(rules().fingerprint(), rules().fingerprint());
    }

    proptest! {
        #[test]
        fn any_pattern_and_any_text_end(pattern in "[a*/]{0,40}", text in "[a/]{0,200}") {
            let wanted = Pattern::of(&pattern);
            let _either = wanted.matches(&text);
            prop_assert!(Pattern::of("*").matches(&text));
            prop_assert!(Pattern::of(&text).matches(&fold(&text)));
        }
    }
}
