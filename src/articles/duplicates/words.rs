//! Text to the words that say what a story is about.
//!
//! Words are compared by the beginning that their inflected forms share: enough for a plural or a
//! case, and it needs no dictionary a language. Scripts without spaces give pairs of neighbouring
//! characters instead. Words that stand in every sentence are left out; names and numbers are marked,
//! because a story changes with them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::tables::{DAY_SIGNS, NUMBERS, STOP_WORDS, WEEKDAYS};

/// What a word of the tables means.
#[derive(Clone, Copy)]
enum Meaning {
    Nothing,
    Day(u8),
    Number(&'static str),
}

static MEANINGS: LazyLock<HashMap<&'static str, Meaning>> = LazyLock::new(|| {
    let nothing = STOP_WORDS.iter().map(|word| (*word, Meaning::Nothing));
    let days = WEEKDAYS
        .iter()
        .map(|(word, day)| (*word, Meaning::Day(*day)));
    let numbers = NUMBERS
        .iter()
        .map(|(word, digits)| (*word, Meaning::Number(digits)));
    nothing.chain(numbers).chain(days).collect()
});

/// What a word is, and so how much it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Two characters of a script in which they mostly are grammar.
    Faint,
    /// Two characters of a script without spaces.
    Pair,
    /// A word.
    Word,
    /// A word with a capital inside a sentence.
    Name,
    /// Digits, or a word for a small number.
    Number,
}

impl Kind {
    /// Names and numbers weigh more, tuned on the labelled pairs.
    pub(super) fn weight(self) -> f64 {
        match self {
            Self::Faint => 0.25,
            Self::Pair => 0.7,
            Self::Word => 1.0,
            Self::Name | Self::Number => 1.4,
        }
    }
}

/// A word as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) hash: u32,
    pub(super) kind: Kind,
}

/// The words of a text, in its order.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) words: Vec<Word>,
    /// Days of the week that it names, a bit each.
    pub(super) days: u8,
}

/// Reads a text; a title in which every word has a capital names nothing by it.
pub(super) fn words(text: &str) -> Words {
    let mut reader = Reader {
        capitals_say_something: !is_title_case(text),
        begins: true,
        ..Reader::default()
    };
    let chars: Vec<char> = text.chars().filter_map(fold).collect();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let end = if c.is_ascii_digit() {
            end_of_number(&chars, at)
        } else if is_unspaced(c) {
            end_while(&chars, at, is_unspaced)
        } else if c.is_alphanumeric() {
            end_while(&chars, at, |c| c.is_alphanumeric() && !is_unspaced(c))
        } else {
            reader.begins |= matches!(c, '.' | ':' | '!' | '?' | '|' | '¿' | '¡' | '«' | '“');
            at += 1;
            continue;
        };
        let run = &chars[at..end];
        if c.is_ascii_digit() {
            reader.number(run);
        } else if is_unspaced(c) {
            reader.pairs(run);
        } else {
            reader.word(run);
        }
        reader.begins = false;
        at = end;
    }
    reader.out
}

/// A hash that is the same on every machine and in every version (FNV-1a).
pub(super) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[derive(Default)]
struct Reader {
    out: Words,
    capitals_say_something: bool,
    /// The next word is the first of its sentence.
    begins: bool,
}

impl Reader {
    fn push(&mut self, text: &str, kind: Kind) {
        self.out.words.push(Word {
            hash: hash(text),
            kind,
        });
    }

    fn word(&mut self, run: &[char]) {
        let capital = run.first().is_some_and(|c| c.is_uppercase());
        let lower = lower_case(run);
        match MEANINGS.get(lower.as_str()) {
            Some(Meaning::Day(day)) => self.out.days |= 1 << day,
            Some(Meaning::Number(digits)) => self.push(digits, Kind::Number),
            Some(Meaning::Nothing) => {}
            // A letter alone is what an apostrophe left behind.
            None if run.len() == 1 && run[0].is_ascii() => {}
            None => {
                let name = capital && !self.begins && self.capitals_say_something;
                let kind = if name { Kind::Name } else { Kind::Word };
                // "Episode12" is not "Episode13" inflected.
                let numbered = run.iter().any(char::is_ascii_digit);
                let same = if numbered { &lower } else { beginning(&lower) };
                self.push(same, kind);
            }
        }
    }

    /// "1,200" and "1.200" are 1200, "2-1" and "2:1" one result, "3,5" and "3.5" one fraction.
    fn number(&mut self, run: &[char]) {
        let mut text = String::with_capacity(run.len());
        let mut rest = run;
        while let Some((&c, after)) = rest.split_first() {
            rest = after;
            if c.is_ascii_digit() {
                text.push(c);
                continue;
            }
            let digits = after.iter().take_while(|c| c.is_ascii_digit()).count();
            match c {
                '-' | '–' | ':' => text.push(':'),
                _ if digits == 3 => {}
                _ => text.push('.'),
            }
        }
        self.push(&text, Kind::Number);
    }

    fn pairs(&mut self, run: &[char]) {
        for pair in run.windows(2) {
            let text: String = pair.iter().collect();
            if let Some((_, day)) = DAY_SIGNS.iter().find(|(signs, _)| *signs == pair) {
                self.out.days |= 1 << day;
            }
            let faint = pair.iter().any(|c| matches!(c, '\u{3041}'..='\u{309f}'));
            self.push(&text, if faint { Kind::Faint } else { Kind::Pair });
        }
    }
}

fn lower_case(run: &[char]) -> String {
    let mut lower = String::with_capacity(run.len());
    for c in run {
        if c.is_ascii() {
            lower.push(c.to_ascii_lowercase());
        } else {
            lower.extend(c.to_lowercase());
        }
    }
    lower
}

/// The part of a word that its forms share.
fn beginning(lower: &str) -> &str {
    let first = lower.chars().next().unwrap_or_default();
    let (bare, keep) = match first {
        '\u{400}'..='\u{52f}' => (lower, 4),
        '\u{600}'..='\u{6ff}' => {
            let bare = ["وال", "بال", "لل", "ال"].iter().find_map(|article| {
                lower
                    .strip_prefix(article)
                    .filter(|rest| rest.chars().count() > 2)
            });
            (bare.unwrap_or(lower), 4)
        }
        _ => {
            let long = lower.chars().count() > 3;
            let bare = lower.strip_suffix('s').filter(|_| long);
            (bare.unwrap_or(lower), 5)
        }
    };
    let end = bare.char_indices().nth(keep);
    &bare[..end.map_or(bare.len(), |(at, _)| at)]
}

/// One spelling for what is spelled in two ways; nothing for marks that are left out at will.
fn fold(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    Some(match c {
        '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{200c}' => {
            return None;
        }
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        'ё' => 'е',
        'Ё' => 'Е',
        '’' => '\'',
        'é' | 'è' | 'ê' => 'e',
        'á' | 'à' | 'â' => 'a',
        'í' | 'î' => 'i',
        'ó' | 'ô' => 'o',
        'ú' | 'û' | 'ù' => 'u',
        'É' => 'E',
        'À' | 'Á' => 'A',
        'ç' => 'c',
        'ñ' => 'n',
        // Full-width and Arabic-Indic digits.
        '０'..='９' | '٠'..='٩' => char::from_digit(digit(c), 10)?,
        c => c,
    })
}

fn digit(c: char) -> u32 {
    let zero = if c >= '０' { '０' } else { '٠' };
    u32::from(c) - u32::from(zero)
}

/// Scripts written without spaces, and Korean, whose particles hang on the words.
fn is_unspaced(c: char) -> bool {
    !c.is_ascii()
        && matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn end_while(chars: &[char], from: usize, is_part: impl Fn(char) -> bool) -> usize {
    let rest = chars.iter().skip(from);
    from + rest.take_while(|c| is_part(**c)).count()
}

fn end_of_number(chars: &[char], from: usize) -> usize {
    let mut end = end_while(chars, from, |c| c.is_ascii_digit());
    while matches!(
        chars.get(end),
        Some('.' | ',' | ':' | '-' | '–' | '\u{202f}')
    ) && chars.get(end + 1).is_some_and(char::is_ascii_digit)
    {
        end = end_while(chars, end + 1, |c| c.is_ascii_digit());
    }
    end
}

fn is_title_case(text: &str) -> bool {
    let long = text
        .split_whitespace()
        .skip(1)
        .filter(|word| word.chars().count() > 3);
    let (mut capitals, mut all) = (0, 0);
    for word in long {
        all += 1;
        capitals += usize::from(word.chars().next().is_some_and(char::is_uppercase));
    }
    all >= 3 && capitals * 10 > all * 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let hashes =
            |text: &str| -> Vec<u32> { words(text).words.iter().map(|word| word.hash).collect() };
        hashes(one) == hashes(other)
    }

    #[test]
    fn forms_of_a_word_and_spellings_of_a_number_are_one() {
        for (one, other) in [
            ("Banks resigned", "bank resigns"),
            ("the storms", "storm"),
            ("на складе", "склад"),
            ("المستودع", "مستودع"),
            ("été à Montréal", "Montreal"),
            ("1,200 homes", "1.200 homes"),
            ("3,5 Prozent", "3.5 Prozent"),
            ("won 2-1", "won 2:1"),
            ("eleven hurt", "11 hurt"),
            ("٥ اطفال", "5 اطفال"),
            ("café", "cafe\u{301}"),
        ] {
            assert!(same(one, other), "{one} / {other}");
        }
        for (one, other) in [
            ("1.200 homes", "1.20 homes"),
            ("2-1", "1-2"),
            ("Route 12", "Route 7"),
            ("青浜市", "白峰市"),
        ] {
            assert!(!same(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn names_have_capitals_that_say_something() {
        let names = |text: &str| {
            let all = words(text).words;
            all.iter().filter(|word| word.kind == Kind::Name).count()
        };
        assert_eq!(names("Fire on ferry off Marlow Head"), 2);
        assert_eq!(names("Police Seize Fireworks In Elmcastle Warehouse"), 0);
        assert_eq!(names("Live: Votes counted. Greens lead in Tarnfold"), 1);
    }

    #[test]
    fn days_of_the_week_are_days_and_not_words() {
        for (text, days) in [
            ("on Monday", 1),
            ("Dienstag und mercredi", 6),
            ("周六开通", 32),
            ("木曜日に", 8),
            ("يوم الاثنين", 1),
            ("no day", 0),
        ] {
            assert_eq!(words(text).days, days, "{text}");
        }
    }
}
