//! Numbers and lists as a place writes them.

use fluent_bundle::memoizer::MemoizerKind as _;
use fluent_bundle::types::FluentValue;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_list::ListFormatter;
use icu_list::options::{ListFormatterOptions, ListLength};
use icu_locale_core::Locale as IcuLocale;
use icu_locale_core::extensions::unicode::{Value, key};
use intl_memoizer::Memoizable;
use intl_memoizer::concurrent::IntlLangMemoizer;
use unic_langid::LanguageIdentifier;

use crate::Locale;

/// Arabic without a country is written with European digits, as the papers read in many countries
/// do; the CLDR would take those of Egypt. A country, or "-u-nu-arab", decides otherwise.
pub(crate) fn with_digits(mut locale: IcuLocale) -> IcuLocale {
    let keywords = &mut locale.extensions.unicode.keywords;
    let plain = locale.id.region.is_none() && !keywords.contains_key(&key!("nu"));
    if locale.id.language.as_str() == "ar"
        && plain
        && let Ok(digits) = Value::try_from_str("latn")
    {
        keywords.set(key!("nu"), digits);
    }
    locale
}

/// A number in digits and separators; as a plain decimal should the data be missing.
pub(crate) fn decimal(locale: &IcuLocale, number: &str) -> String {
    let parts = DecimalFormatter::try_new(locale.into(), Default::default())
        .ok()
        .zip(number.parse::<Decimal>().ok());
    match parts {
        Some((formatter, decimal)) => formatter.format(&decimal).to_string(),
        None => number.to_owned(),
    }
}

/// How Fluent writes a number inside a message.
pub(crate) fn in_message(value: &FluentValue<'_>, memory: &IntlLangMemoizer) -> Option<String> {
    let FluentValue::Number(number) = value else {
        return None;
    };
    memory
        .with_try_get_threadsafe::<Place, _, _>((), |place| {
            decimal(&place.0, &number.value.to_string())
        })
        .ok()
}

/// The locale of a bundle, kept by its memoizer. The formatter itself is not: it may not be shared
/// between threads, and making one costs microseconds.
struct Place(IcuLocale);

impl Memoizable for Place {
    type Args = ();
    type Error = icu_locale_core::ParseError;

    fn construct(lang: LanguageIdentifier, (): ()) -> Result<Self, Self::Error> {
        lang.to_string().parse().map(with_digits).map(Self)
    }
}

impl Locale {
    /// "one, two, and three".
    #[must_use]
    pub fn list(&self, items: &[&str]) -> String {
        let options = ListFormatterOptions::default().with_length(ListLength::Wide);
        match ListFormatter::try_new_and((&self.icu).into(), options) {
            Ok(formatter) => formatter.format(items.iter()).to_string(),
            Err(_no_data) => items.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_place_does() {
        for (tag, words) in [
            ("en", "12,345.6"),
            ("de", "12.345,6"),
            ("de-CH", "12'345.6"),
            ("ar", "12,345.6"),
            ("ar-EG", "١٢٬٣٤٥٫٦"),
        ] {
            assert_eq!(decimal(&Locale::of(tag).icu, "12345.6"), words, "{tag}");
        }
        assert_eq!(decimal(&Locale::of("en").icu, "no number"), "no number");
    }

    #[test]
    fn lists_are_joined_as_the_language_does() {
        for (tag, words) in [
            ("en", "a, b, and c"),
            ("de", "a, b und c"),
            ("es", "a, b y c"),
            ("zh", "a、b和c"),
            ("ar", "a وb وc"),
        ] {
            assert_eq!(Locale::of(tag).list(&["a", "b", "c"]), words, "{tag}");
        }
    }
}
