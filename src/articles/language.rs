//! Which language an article is written in.
//!
//! What the item or its source declares is taken, once it has the form of a language tag. Only where
//! neither says anything is it guessed from the text, and only from enough of it: a wrong language is
//! worse than none, since screen readers pronounce by it and duplicates are looked for within it.

use std::ops::RangeInclusive;

/// Letters that a guess needs; below, short titles of one language look like another.
const LEAST_LETTERS: usize = 100;
/// Kana that a Japanese text has in any sentence, and a Chinese one only in a quoted name.
const LEAST_KANA: usize = 3;

/// A language tag in the customary case (RFC 5646 §2.1.1), or nothing if it cannot be one.
#[must_use]
pub(super) fn tag(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let whole = (2..=35).contains(&tag.len());
    let parts = tag.split('-').enumerate().map(|(at, part)| {
        let known = (1..=8).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && (at > 0
                || matches!(part.len(), 2 | 3) && !part.contains(|c: char| c.is_ascii_digit()));
        let lower = part.to_ascii_lowercase();
        known.then(|| match (at, part.len()) {
            (1.., 2) => lower.to_ascii_uppercase(),
            (1.., 4) => lower[..1].to_ascii_uppercase() + &lower[1..],
            _ => lower,
        })
    });
    parts
        .collect::<Option<Vec<_>>>()
        .filter(|_| whole)
        .map(|parts| parts.join("-"))
}

/// The language of a plain text, as far as it can be told for sure.
#[must_use]
pub fn detect(text: &str) -> Option<String> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 {
        return None;
    }
    if let Some(alone) = by_script(text, letters) {
        return Some(alone.to_owned());
    }
    if letters < LEAST_LETTERS {
        return None;
    }
    let found = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    two_letters(found.lang().code()).map(str::to_owned)
}

/// The language of a script that is written for one language only, when most letters are of it.
fn by_script(text: &str, letters: usize) -> Option<&'static str> {
    let count = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let kana = count(|c| matches!(c, '\u{3041}'..='\u{30fa}'));
    let han = count(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    if kana >= LEAST_KANA && (kana + han) * 2 > letters {
        return Some("ja");
    }
    let most = SCRIPTS.iter().find(|(_, script)| {
        let own = text.chars().filter(|c| script.contains(c)).count();
        own * 2 > letters
    });
    // Yiddish has the letters of Hebrew, and digraphs that Hebrew has not.
    let yiddish = |c: char| matches!(c, '\u{5f0}'..='\u{5f2}' | 'ַ' | 'ָ');
    most.map(|(language, _)| *language)
        .filter(|language| *language != "he" || !text.contains(yiddish))
}

const SCRIPTS: &[(&str, RangeInclusive<char>)] = &[
    ("ko", '\u{ac00}'..='\u{d7a3}'),
    ("th", '\u{e01}'..='\u{e4e}'),
    ("he", '\u{5d0}'..='\u{5ea}'),
    ("el", '\u{370}'..='\u{3ff}'),
    ("ka", '\u{10d0}'..='\u{10ff}'),
    ("hy", '\u{531}'..='\u{587}'),
    ("km", '\u{1780}'..='\u{17d3}'),
    ("my", '\u{1000}'..='\u{109f}'),
    ("ta", '\u{b80}'..='\u{bff}'),
    ("si", '\u{d80}'..='\u{dff}'),
];

/// The two-letter code (ISO 639-1) that BCP 47 wants where there is one.
fn two_letters(code: &str) -> Option<&'static str> {
    CODES
        .iter()
        .find(|(three, _)| *three == code)
        .map(|(_, two)| *two)
}

const CODES: &[(&str, &str)] = &[
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "nb"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("yid", "yi"),
    ("zul", "zu"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn languages_are_written_one_way() {
        for (written, known) in [
            ("en-gb", Some("en-GB")),
            ("PT_br", Some("pt-BR")),
            ("zh-hant-tw", Some("zh-Hant-TW")),
            ("de", Some("de")),
            ("english", None),
            ("", None),
            ("d1", None),
            ("en-", None),
            ("en\" onload", None),
        ] {
            assert_eq!(tag(written).as_deref(), known, "{written}");
        }
    }

    #[test]
    fn enough_text_tells_its_language() {
        for (text, language) in [
            (
                "The council decided on Monday that the old market will stay where it is. Traders had \
                 feared for months that their stalls would have to make way for a car park.",
                Some("en"),
            ),
            (
                "Der Stadtrat hat am Montag beschlossen, dass der alte Markt bleibt, wo er ist. Die \
                 Händler hatten monatelang um ihre Stände gefürchtet, die einem Parkhaus weichen sollten.",
                Some("de"),
            ),
            (
                "Le conseil municipal a décidé lundi que le vieux marché resterait où il est. Les \
                 marchands craignaient depuis des mois de devoir céder la place à un parking.",
                Some("fr"),
            ),
            (
                "Городской совет решил в понедельник, что старый рынок останется на своём месте. \
                 Торговцы несколько месяцев боялись, что им придётся уступить место парковке.",
                Some("ru"),
            ),
            ("Market stays", None),
            ("青浜市の市場は残る", Some("ja")),
            ("시장은 그대로 남는다", Some("ko")),
            ("ตลาดเก่าจะอยู่ที่เดิม", Some("th")),
            ("השוק הישן נשאר במקומו", Some("he")),
            ("Η παλιά αγορά μένει", Some("el")),
            ("The word שוק means market", None),
            ("12 345 — 67 %", None),
            ("", None),
        ] {
            assert_eq!(detect(text).as_deref(), language, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_language_tag_or_none(text in r"\PC{0,200}") {
            if let Some(found) = detect(&text) {
                prop_assert_eq!(tag(&found), Some(found));
            }
        }
    }
}
