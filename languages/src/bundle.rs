//! One language's messages, by Fluent.

use courant_templates::Words;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentValue;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::Language;
use crate::numbers;

/// Arguments of a message: `args!["count" => 3]`.
macro_rules! args {
    ($($name:literal => $value:expr),+ $(,)?) => {{
        let mut args = fluent_bundle::FluentArgs::new();
        $(args.set($name, $value);)+
        args
    }};
}
pub(crate) use args;

/// The messages of a language, with numbers as one place writes them.
pub(crate) struct Bundle(FluentBundle<FluentResource>);

impl Bundle {
    /// The messages of `language`; the tag decides on digits and separators.
    pub(crate) fn new(language: Language, tag: &str) -> Self {
        let place: LanguageIdentifier = tag
            .parse()
            .or_else(|_| language.code().parse())
            .unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![place]);
        // Isolating marks around gaps would show up in subjects and in the text part; the html part
        // says directions by `dir`.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(numbers::in_message));
        let resource = FluentResource::try_new(language.source().to_owned())
            .unwrap_or_else(|(resource, _errors)| resource);
        bundle.add_resource_overriding(resource);
        Self(bundle)
    }

    /// A message without gaps.
    pub(crate) fn word(&self, id: &str) -> String {
        self.say(id, &FluentArgs::new())
    }

    /// A message with its gaps filled. A test makes sure that every language has every message, so
    /// the id itself is only ever seen by whoever misspells one.
    pub(crate) fn say(&self, id: &str, args: &FluentArgs<'_>) -> String {
        let pattern = self.0.get_message(id).and_then(|message| message.value());
        let Some(pattern) = pattern else {
            return id.to_owned();
        };
        let mut errors = Vec::new();
        self.0
            .format_pattern(pattern, Some(args), &mut errors)
            .into_owned()
    }
}

/// The words of the templates. Their gaps are filled when they are used: here each is filled with its
/// own name in braces.
pub(crate) fn words(bundle: &Bundle) -> Words {
    let mut gaps = FluentArgs::new();
    for (name, gap) in [
        ("name", "{name}"),
        ("brand", "{brand}"),
        ("category", "{category}"),
        ("list", "{list}"),
        ("address", "{address}"),
        ("date", "{date}"),
    ] {
        gaps.set(name, FluentValue::from(gap));
    }
    macro_rules! words {
        ($($field:ident),* $(,)?) => {
            Words { $($field: bundle.say(&stringify!($field).replace('_', "-"), &gaps),)* }
        };
    }
    words![
        view_in_browser,
        read_more,
        read_full_story,
        lead_story,
        top_stories,
        newest,
        more_stories,
        topics,
        more_from,
        by,
        by_inline,
        all,
        sponsored_by,
        comma,
        colon,
        change_preferences,
        unsubscribe,
        forwarded,
        own_copy,
        privacy,
        unsubscribe_title,
        unsubscribe_text,
        unsubscribe_instead,
        unsubscribed_title,
        unsubscribed_text,
        undo,
        preferences_title,
        preferences_for,
        digests,
        format,
        text_only,
        text_only_hint,
        uncounted,
        uncounted_hint,
        save,
        archive,
        older,
        newer,
        feed,
        lost_title,
        lost_text,
        trouble_title,
        trouble_text,
        nobody_title,
        nobody_text,
        button_title,
        button_text,
        subscribed_again,
        still_unsubscribed,
        still_suppressed,
        choose_one,
        saved,
        email_address,
        first_name,
        optional,
        sign_up,
        sign_up_title,
        sign_up_small,
        latest_edition,
        address_wrong,
        too_quick,
        inbox_title,
        inbox_text,
        inbox_small,
        confirm_page_title,
        confirm_page_text,
        confirm,
        confirm_page_small,
        confirmed_title,
        confirmed_text,
        expired_title,
        expired_text,
        busy_title,
        busy_text,
        time_zone,
        time_zone_usual,
        language,
        language_usual,
        everything,
        topics_hint,
        paused,
        paused_hint,
        paused_until,
        your_data,
        download_data,
        erase,
        erase_hint,
        erased_title,
        erased_text,
        stay_page_title,
        stay_page_text,
        stay,
        stayed_title,
        stayed_text,
        paused_quiet,
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every message of a file with the names of its gaps.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut id = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line
                .split_once(" = ")
                .filter(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
            {
                name.clone_into(&mut id);
                assert!(
                    found.insert(id.clone(), BTreeSet::new()).is_none(),
                    "{id} stands twice"
                );
            }
            for gap in line.split('$').skip(1) {
                let end = gap.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
                let gap = match &gap[..end] {
                    // The list without its English article.
                    "bare" => "list",
                    other => other,
                };
                found.get_mut(&id).unwrap().insert(gap.to_owned());
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_message_with_the_same_gaps() {
        let english = messages(Language::English.source());
        assert!(english.len() > 80);
        for language in Language::ALL {
            assert_eq!(messages(language.source()), english, "{language:?}");
        }
    }

    #[test]
    fn an_english_name_with_an_article_gets_no_second_one() {
        let why = crate::Locale::of("en").why("a@b.example", "The Times Digest", "daily", "May 1");
        assert!(why.contains("signed up for the Times Digest"), "{why}");
    }

    #[test]
    fn every_message_can_be_said_for_every_number_in_every_language() {
        for language in Language::ALL {
            let source = language.source();
            assert!(
                FluentResource::try_new(source.to_owned()).is_ok(),
                "{language:?}"
            );
            let bundle = Bundle::new(language, language.code());
            for (id, gaps) in messages(source) {
                for number in [0, 1, 2, 3, 8, 11, 100, 102] {
                    let mut args = FluentArgs::new();
                    for gap in &gaps {
                        match gap.as_str() {
                            "stories" if id == "plus" => args.set("stories", "ONE, TWO"),
                            "stories" | "minutes" | "days" => args.set(gap.clone(), number),
                            "list" => {
                                args.set("list", "GAP");
                                args.set("bare", "GAP");
                            }
                            _ => args.set(gap.clone(), "GAP"),
                        }
                    }
                    let message = bundle.0.get_message(&id).unwrap();
                    let mut errors = Vec::new();
                    let said =
                        bundle
                            .0
                            .format_pattern(message.value().unwrap(), Some(&args), &mut errors);
                    assert!(errors.is_empty(), "{language:?} {id}: {errors:?}");
                    assert!(
                        !said.contains(['{', '}', '\n']),
                        "{language:?} {id}: {said}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_language_chooses_by_the_plurals_it_has() {
        // The categories of the CLDR; a language without plurals needs no choice.
        for (language, categories) in [
            (Language::English, &["one"][..]),
            (Language::German, &["one"]),
            (Language::French, &["one"]),
            (Language::Spanish, &["one"]),
            (Language::Arabic, &["zero", "one", "two", "few", "many"]),
        ] {
            let source = language.source();
            for id in ["edition-length", "confirm-ignore"] {
                let begin = source.find(&format!("\n{id} = ")).unwrap();
                let message = source[begin + 1..].split("\n}\n").next().unwrap();
                for category in categories {
                    assert!(
                        message.contains(&format!("[{category}]")),
                        "{language:?} {id}"
                    );
                }
            }
        }
    }

    #[test]
    fn words_keep_their_gaps_for_the_templates() {
        assert_eq!(Language::English.words().all("Business"), "All Business");
        assert_eq!(Language::German.words().by("Ada"), "Von Ada");
        assert_eq!(Language::Arabic.words().comma, "، ");
        let page = Language::Japanese.words();
        assert!(page.unsubscribe_text.contains("{list}"));
        assert!(page.unsubscribe_text.contains("{address}"));
    }

    #[test]
    fn no_words_are_left_in_another_language() {
        // The same in two languages by chance; each was looked at.
        let shared = [
            "comma",
            "colon",
            "full-stop",
            "temperature-celsius",
            "temperature-fahrenheit",
            "format",
            "subject-without-headline",
            "feed",
            "by",
            "by-inline",
            "plus",
        ];
        for language in Language::ALL.into_iter().skip(1) {
            for (english, other) in Language::English
                .source()
                .lines()
                .filter(|line| !line.starts_with(['#', ' ']))
                .filter_map(|line| line.split_once(" = "))
                .map(|(id, text)| {
                    let other = language
                        .source()
                        .lines()
                        .find_map(|line| line.strip_prefix(&format!("{id} = ")));
                    ((id, text), other.unwrap())
                })
            {
                let (id, text) = english;
                assert!(
                    text != other || text.ends_with("->") || shared.contains(&id),
                    "{language:?} {id} is still English: {text}"
                );
            }
        }
    }
}
