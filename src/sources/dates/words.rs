//! Dates with names of months, in any order: RFC 2822, RFC 850, asctime, what people type.
//!
//! Tokens first, then what each must be: the time is what has a colon, the zone stands behind the
//! time, the month has a name, and of the numbers left one is too large for a day.

use super::{Written, full_year, iso, second_of_day, zone};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Word,
    Sign,
}

#[derive(Debug)]
struct Token {
    kind: Kind,
    /// In lower case.
    text: String,
    /// Whether white space stands before it.
    apart: bool,
}

impl Token {
    fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    fn number(&self) -> Option<i64> {
        (self.kind == Kind::Number && self.text.len() <= 4)
            .then(|| self.text.parse().ok())
            .flatten()
    }
}

/// The date that is written with these words, or nothing.
pub(super) fn parse(text: &str) -> Option<Written> {
    let mut tokens = tokens(text);
    let korean = tokens
        .iter()
        .any(|token| matches!(token.text.as_str(), "년" | "오전" | "오후"));
    let mut written = Written {
        offset_seconds: if korean { 9 * 3600 } else { 0 },
        ..Written::default()
    };
    let half = tokens.iter().find_map(|token| match token.text.as_str() {
        "am" | "오전" => Some(0),
        "pm" | "오후" => Some(12),
        _ => None,
    });
    if let Some((at, (seconds, length))) =
        (0..tokens.len()).find_map(|at| Some((at, time(&tokens[at..], half)?)))
    {
        written.second_of_day = seconds;
        tokens.drain(at..at + length);
        if let Some((from, length, offset)) = offset(&tokens, at) {
            written.offset_seconds = offset;
            tokens.drain(from..from + length);
        }
    }
    let named = tokens
        .iter()
        .rev()
        .filter(|token| token.kind == Kind::Word)
        .find_map(|token| month(&token.text));
    match named {
        Some(month) => with_month(&tokens, month, written),
        None => in_numbers(&tokens, written),
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut apart, mut brackets) = (true, 0_usize);
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '(' => brackets += 1,
            ')' => brackets = brackets.saturating_sub(1),
            _ if brackets > 0 => {}
            c if c.is_whitespace() => apart = true,
            c => {
                let kind = if c.is_ascii_digit() {
                    Kind::Number
                } else if c.is_alphabetic() || is_mark(c) {
                    Kind::Word
                } else {
                    Kind::Sign
                };
                match tokens.last_mut() {
                    Some(last) if !apart && last.kind == kind && kind != Kind::Sign => {
                        last.text.push(c);
                    }
                    _ => tokens.push(Token {
                        kind,
                        text: c.to_string(),
                        apart,
                    }),
                }
                apart = false;
            }
        }
    }
    tokens
}

/// Accents that stand alone, as in decomposed text.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// The time these tokens begin with: seconds of the day, and how many tokens it takes.
fn time(tokens: &[Token], half: Option<i64>) -> Option<(i64, usize)> {
    let [hour, colon, minute, ..] = tokens else {
        return None;
    };
    if !colon.is(":") || hour.text.len() > 2 {
        return None;
    }
    let (hour, minute) = (hour.number()?, minute.number()?);
    let mut length = 3;
    let mut second = 0;
    if let [colon, seconds, ..] = &tokens[length..]
        && colon.is(":")
    {
        second = seconds.number()?;
        length += 2;
    }
    if let [point, fraction, ..] = &tokens[length..]
        && point.is(".")
        && fraction.kind == Kind::Number
        && !fraction.apart
    {
        length += 2;
    }
    let hour = match half {
        Some(half) if hour <= 12 => hour % 12 + half,
        _ => hour,
    };
    Some((second_of_day(hour, minute, second)?, length))
}

/// The zone at or behind a position: where it is, how many tokens it takes, and its offset.
fn offset(tokens: &[Token], from: usize) -> Option<(usize, usize, i64)> {
    let behind = tokens.get(from..)?;
    let signed = (0..behind.len()).find_map(|at| {
        let [sign, hours, rest @ ..] = &behind[at..] else {
            return None;
        };
        if !(sign.is("+") || sign.is("-")) || hours.kind != Kind::Number || hours.apart {
            return None;
        }
        let (minutes, length) = match rest {
            [colon, minutes, ..] if colon.is(":") && minutes.kind == Kind::Number => {
                (minutes.text.as_str(), 4)
            }
            _ => ("", 2),
        };
        let text = format!("{}{}{minutes}", sign.text, hours.text);
        Some((from + at, length, iso::offset(&text)?))
    });
    signed.or_else(|| {
        let named = |(at, token): (usize, &Token)| {
            let known = token.kind == Kind::Word && token.text != "t";
            let offset = known.then(|| zone(&token.text)).flatten()?;
            Some((from + at, 1, offset))
        };
        behind.iter().enumerate().find_map(named)
    })
}

/// A day and a year beside the name of a month.
fn with_month(tokens: &[Token], month: i64, written: Written) -> Option<Written> {
    let numbers: Vec<(i64, usize)> = tokens
        .iter()
        .filter_map(|token| Some((token.number()?, token.text.len())))
        .collect();
    let is_year = |(number, digits): &(i64, usize)| *digits > 2 || *number > 31;
    let (day, year) = match numbers.as_slice() {
        [year] if is_year(year) => (1, *year),
        [year, day, ..] if is_year(year) => (day.0, *year),
        [day, year, ..] => (day.0, *year),
        _ => return None,
    };
    (1..=31).contains(&day).then_some(Written {
        year: full_year(year.0, year.1),
        month,
        day,
        ..written
    })
}

/// Three numbers: the year first, or last behind day and month in the order their sign implies.
fn in_numbers(tokens: &[Token], written: Written) -> Option<Written> {
    let numbers: Vec<(i64, usize)> = tokens
        .iter()
        .filter_map(|token| Some((token.number()?, token.text.len())))
        .collect();
    let [first, second, third, ..] = numbers.as_slice() else {
        return None;
    };
    let american = tokens.iter().any(|token| token.is("/"));
    let (year, month, day) = if first.1 == 4 {
        (first, second.0, third.0)
    } else if american && first.0 <= 12 {
        (third, first.0, second.0)
    } else {
        (third, second.0, first.0)
    };
    let known = (1..=12).contains(&month) && (1..=31).contains(&day);
    known.then_some(Written {
        year: full_year(year.0, year.1),
        month,
        day,
        ..written
    })
}

/// Beginnings of month names in the languages feeds have been seen in, a line a month. Where a name
/// begins like a weekday's ("mar"), the month stands behind the weekday.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan", "janv", "jän", "ene", "gen", "ιαν", "янв", "sty", "led", "oca",
    ],
    &["feb", "fév", "fev", "φεβ", "фев", "lut", "únor", "şub"],
    &["mar", "mär", "mrz", "maart", "maa", "μαρ", "μάρ", "мар"],
    &[
        "apr", "avr", "abr", "ápr", "απρ", "апр", "kwi", "dub", "nis",
    ],
    &[
        "may", "mai", "mag", "mei", "maj", "máj", "máuj", "maio", "μαι", "μάι", "μαϊ", "май",
        "мая", "maí",
    ],
    &[
        "jun", "juin", "giu", "jún", "ιουν", "ιούν", "ιον", "июн", "cze", "haz",
    ],
    &[
        "jul", "juil", "lug", "júl", "ιουλ", "ιούλ", "ιολ", "июл", "lip", "tem",
    ],
    &[
        "aug", "aoû", "aou", "ago", "αυγ", "αύγ", "авг", "sie", "ağu",
    ],
    &["sep", "set", "sze", "σεπ", "сен", "wrz", "eyl"],
    &["oct", "okt", "ott", "out", "οκτ", "окт", "paź", "eki"],
    &["nov", "νοε", "νοέ", "ноя", "lis", "kas"],
    &["dec", "dez", "déc", "dic", "δεκ", "дек", "gru", "ara"],
];

fn month(word: &str) -> Option<i64> {
    let longest = |names: &[&str]| {
        let fitting = names.iter().filter(|name| word.starts_with(*name));
        fitting.map(|name| name.len()).max()
    };
    (1..)
        .zip(MONTHS)
        .filter_map(|(number, names)| Some((longest(names)?, number)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, number)| number)
}
