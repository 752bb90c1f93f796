//! What Courant says in the languages it speaks.
//!
//! Interface words and whole sentences stand in Fluent files, one a language (`words/`), so that a
//! translator works in one file and chooses by number as their language does. Dates, times, numbers
//! and lists are written by the rules of the Unicode CLDR, compiled in. Nothing is read or asked at
//! run time: the same instant and the same language give the same words on every machine.
//!
//! A [`Language`] is one of those there are words for; a [`Locale`] is a language as one publication
//! writes it: "en-GB" has the words of English and the dates of Great Britain.
//!
//! This is a crate beside the templates, which only know the finished [`Words`]: a template never
//! formats, and whoever formats never writes markup.

mod bundle;
mod dates;
mod numbers;
mod subscription;
mod weather;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use courant_templates::Words;
use courant_templates::view::Direction;
use jiff::civil::{Time, Weekday};

use bundle::{Bundle, args};

pub use subscription::{Confirmation, Farewell, Letter, StillThere, Welcome};
pub use weather::{Sky, Unit};

/// A language that has all words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Chinese, in simplified characters.
    Chinese,
    /// Arabic.
    Arabic,
    /// Japanese.
    Japanese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Chinese,
        Self::Arabic,
        Self::Japanese,
    ];

    /// Its code (ISO 639-1), such as "de".
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Chinese => "zh",
            Self::Arabic => "ar",
            Self::Japanese => "ja",
        }
    }

    /// Its own name for itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Spanish => "Español",
            Self::Chinese => "中文",
            Self::Arabic => "العربية",
            Self::Japanese => "日本語",
        }
    }

    /// The Fluent file of the language.
    fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("../words/en.ftl"),
            Self::German => include_str!("../words/de.ftl"),
            Self::French => include_str!("../words/fr.ftl"),
            Self::Spanish => include_str!("../words/es.ftl"),
            Self::Chinese => include_str!("../words/zh.ftl"),
            Self::Arabic => include_str!("../words/ar.ftl"),
            Self::Japanese => include_str!("../words/ja.ftl"),
        }
    }

    /// The interface words for the templates.
    #[must_use]
    pub fn words(self) -> &'static Words {
        static ALL: LazyLock<Vec<Words>> = LazyLock::new(|| {
            Language::ALL
                .into_iter()
                .map(|language| bundle::words(&Bundle::new(language, language.code())))
                .collect()
        });
        &ALL[self as usize]
    }
}

/// A tag no language with words answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLanguage(String);

impl fmt::Display for UnknownLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there are no interface words for \"{}\"", self.0)
    }
}

impl std::error::Error for UnknownLanguage {}

/// A language as one publication writes it. Cheap to clone.
#[derive(Clone)]
pub struct Locale {
    language: Language,
    tag: String,
    icu: icu_locale_core::Locale,
    bundle: Arc<Bundle>,
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Locale").field(&self.tag).finish()
    }
}

impl FromStr for Locale {
    type Err = UnknownLanguage;

    /// A BCP 47 tag: "de", "de-AT". Traditional Chinese has no words and is refused.
    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        let unknown = || UnknownLanguage(tag.to_owned());
        let icu: icu_locale_core::Locale = tag.parse().map_err(|_| unknown())?;
        let language = Language::ALL
            .into_iter()
            .find(|language| icu.id.language.as_str() == language.code())
            .ok_or_else(unknown)?;
        let script = icu.id.script.map(|script| script.as_str().to_owned());
        let region = icu.id.region.map(|region| region.as_str().to_owned());
        let traditional = script.as_deref() == Some("Hant")
            || (script.is_none() && matches!(region.as_deref(), Some("TW" | "HK" | "MO")));
        if language == Language::Chinese && traditional {
            return Err(unknown());
        }
        Ok(Self {
            language,
            tag: tag.to_owned(),
            icu: numbers::with_digits(icu),
            bundle: Arc::new(Bundle::new(language, tag)),
        })
    }
}

/// On which days something comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rhythm {
    /// Every day.
    Daily,
    /// From Monday to Friday.
    Weekdays,
    /// Once a week.
    Weekly(Weekday),
    /// On these days.
    Days(Vec<Weekday>),
}

impl Locale {
    /// The locale of a tag; English where nothing is known of it.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        tag.parse().unwrap_or_else(|_unknown| Self {
            language: Language::English,
            tag: "en".to_owned(),
            icu: icu_locale_core::locale!("en"),
            bundle: Arc::new(Bundle::new(Language::English, "en")),
        })
    }

    /// The tag as it was written.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Which language's words these are.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Which way it runs.
    #[must_use]
    pub fn direction(&self) -> Direction {
        Direction::of_language(&self.tag)
    }

    /// The interface words for the templates.
    #[must_use]
    pub fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// "20 stories, a 6-minute read".
    #[must_use]
    pub fn edition_length(&self, stories: usize, minutes: usize) -> String {
        let numbers = args!["stories" => stories, "minutes" => minutes];
        self.bundle.say("edition-length", &numbers)
    }

    /// "4 min read".
    #[must_use]
    pub fn reading_time(&self, minutes: u32) -> String {
        self.bundle
            .say("reading-time", &args!["minutes" => minutes])
    }

    /// "Plus: ferries win, night buses stay, and why rye?": the preview line.
    #[must_use]
    pub fn plus(&self, stories: &[&str]) -> String {
        let list = self.list(stories);
        let line = self.bundle.say("plus", &args!["stories" => list]);
        if line.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟']) {
            return line;
        }
        line + &self.bundle.word("full-stop")
    }

    /// "Morning Digest, December 5, 2023": a subject where there is no headline.
    #[must_use]
    pub fn subject_without_headline(&self, edition: &str, date: &str) -> String {
        self.bundle.say(
            "subject-without-headline",
            &args!["edition" => edition, "date" => date],
        )
    }

    /// "Good morning.", or what is right at any time: the greeting of an editor's note that brings none, of an edition
    /// that goes out in this hour of the day.
    #[must_use]
    pub fn greeting(&self, hour: i8) -> String {
        self.bundle.word(match hour {
            4..11 => "good-morning",
            _ => "hello",
        })
    }

    /// Why a reader gets an edition: address, list, schedule and date of sign-up, all in words.
    #[must_use]
    pub fn why(&self, address: &str, list: &str, schedule: &str, date: &str) -> String {
        self.bundle.say(
            "why",
            &args![
                "address" => address,
                "list" => list,
                "bare" => without_article(list),
                "schedule" => schedule,
                "date" => date,
            ],
        )
    }

    /// "every day at 7:00 AM".
    #[must_use]
    pub fn schedule(&self, rhythm: &Rhythm, at: Time) -> String {
        let time = self.time(at);
        match rhythm {
            Rhythm::Daily => self.bundle.say("schedule-daily", &args!["time" => time]),
            Rhythm::Weekdays => self.bundle.say("schedule-weekdays", &args!["time" => time]),
            Rhythm::Weekly(day) => self.bundle.say(
                "schedule-weekly",
                &args!["day" => self.weekday(*day), "time" => time],
            ),
            Rhythm::Days(days) => {
                let names: Vec<_> = days.iter().map(|day| self.weekday(*day)).collect();
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                let days = self.list(&names);
                self.bundle
                    .say("schedule-days", &args!["days" => days, "time" => time])
            }
        }
    }
}

/// The name of a list after an article of the sentence: "the Times Morning Digest".
fn without_article(list: &str) -> &str {
    match list.split_at_checked(4) {
        Some((article, name)) if article.eq_ignore_ascii_case("the ") => name,
        _ => list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_tag() {
        for (tag, language) in [
            ("en", Some(Language::English)),
            ("EN-gb", Some(Language::English)),
            ("de-AT", Some(Language::German)),
            ("zh-Hans-CN", Some(Language::Chinese)),
            ("zh", Some(Language::Chinese)),
            ("zh-Hant", None),
            ("zh-TW", None),
            ("pt", None),
            ("", None),
            ("not a tag", None),
        ] {
            let found = tag.parse::<Locale>().ok().map(|locale| locale.language());
            assert_eq!(found, language, "{tag}");
        }
        assert_eq!(
            "pt".parse::<Locale>().unwrap_err().to_string(),
            "there are no interface words for \"pt\""
        );
        assert_eq!(Locale::of("pt").tag(), "en");
        assert_eq!(Locale::of("ar").direction(), Direction::RightToLeft);
    }

    #[test]
    fn lengths_follow_the_plurals_of_their_language() {
        for (tag, stories, minutes, words) in [
            ("en", 1, 1, "1 story, a one-minute read"),
            ("en", 20, 6, "20 stories, a 6-minute read"),
            ("en", 31, 11, "31 stories, an 11-minute read"),
            ("de", 20, 1, "20 Artikel, eine Minute Lesezeit"),
            ("fr", 1, 2, "1 article, 2 minutes de lecture"),
            ("es", 2, 1, "2 artículos, 1 minuto de lectura"),
            ("zh", 20, 6, "共20篇，约6分钟读完"),
            ("ja", 20, 6, "記事20本、約6分で読めます"),
            ("ar", 2, 3, "مقالان، 3 دقائق"),
            ("ar", 20, 11, "20 مقالاً، 11 دقيقة"),
            ("ar-EG", 20, 11, "٢٠ مقالاً، ١١ دقيقة"),
        ] {
            assert_eq!(Locale::of(tag).edition_length(stories, minutes), words);
        }
    }

    #[test]
    fn a_preview_line_is_a_list_with_one_full_stop() {
        let stories = ["Night buses survive", "Seabirds return", "Why rye?"];
        for (tag, line) in [
            (
                "en",
                "Plus: Night buses survive, Seabirds return, and Why rye?",
            ),
            (
                "en-GB",
                "Plus: Night buses survive, Seabirds return and Why rye?",
            ),
            (
                "de",
                "Außerdem: Night buses survive, Seabirds return und Why rye?",
            ),
            (
                "ja",
                "ほかに：Night buses survive、Seabirds return、Why rye?",
            ),
        ] {
            assert_eq!(Locale::of(tag).plus(&stories), line);
        }
        assert_eq!(
            Locale::of("zh").plus(&["夜班车保住了"]),
            "另有：夜班车保住了。"
        );
    }

    #[test]
    fn schedules_name_days_and_times_as_the_language_does() {
        let at = jiff::civil::time(7, 0, 0, 0);
        let two = Rhythm::Days(vec![Weekday::Monday, Weekday::Friday]);
        for (tag, rhythm, words) in [
            ("en", Rhythm::Daily, "every day at 7:00\u{a0}AM"),
            ("en-GB", Rhythm::Weekdays, "weekdays at 07:00"),
            (
                "de",
                Rhythm::Weekly(Weekday::Saturday),
                "jeden Samstag um 07:00 Uhr",
            ),
            ("fr", two.clone(), "lundi et vendredi à 07:00"),
            ("es", two.clone(), "lunes y viernes a las 07:00"),
            ("ja", two.clone(), "月曜日、金曜日の7:00"),
            ("zh", Rhythm::Weekly(Weekday::Saturday), "每星期六07:00"),
            ("ar", two, "أيام الاثنين والجمعة الساعة 7:00 ص"),
        ] {
            assert_eq!(Locale::of(tag).schedule(&rhythm, at), words, "{tag}");
        }
    }
}
