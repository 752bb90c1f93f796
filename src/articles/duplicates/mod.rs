//! The same story told twice: by two sources, or twice by one.
//!
//! In come titles and summaries, out comes which article each one repeats. Rules only; what is
//! stored of it stands in [`store::clusters`](super::store::clusters).
//!
//! **How two are compared.** By the words they share, weighted, not by a hash of the whole text.
//! Hashes such as `SimHash` and `MinHash` find reprints; of a rewritten agency story three words in five are new, and a
//! report on another company's figures has four in five in common. What tells them apart is whether
//! the title of one is told in the text of the other, whether names and numbers agree, whether both
//! happened on the same day of the week, and whether one is a report and the other an opinion on it.
//! These signs are added up. Most weights come from a logistic regression over one half of the
//! labelled pairs in `tests/fixtures/duplicates/`, rounded; those of time and source are set by hand.
//! The other half was not fitted, though its figures were seen while variants were compared.
//!
//! **How clusters are made.** By age: an article joins the cluster whose *first* article it resembles
//! most, or begins one. It is never compared with later members, so that a story which develops for
//! days does not swallow its neighbours step by step. The outcome depends on the articles only, not
//! on the order in which they arrived: see [`index::leaders`].
//!
//! Not attempted: one story in two languages, and stories more than [`WINDOW_SECONDS`] apart.

pub mod index;
mod tables;
mod words;

use tables::{EXPECTATIONS, KINDS, Piece};
use words::{Kind, Word, hash};

/// Articles further apart are never one story: a weekly column has the same title each time.
pub const WINDOW_SECONDS: i64 = 4 * 86_400;
/// The beginning says what it is about; the rest is background that other stories share.
const SUMMARY_CHARS: usize = 400;
/// From here on a repeated title is a regular column's and not a repeated story.
const COLUMN_HOURS: f64 = 18.0;

/// What is compared of an article.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Its title, plain text.
    pub title: &'a str,
    /// Its summary, plain text.
    pub summary: Option<&'a str>,
    /// BCP 47.
    pub language: Option<&'a str>,
    /// Name of its source.
    pub source: &'a str,
    /// Id of the article that its page says it was taken from, else its own: equal ids, one story.
    pub origin: &'a str,
    /// Unix seconds.
    pub published_at: i64,
    /// The editor said that it is no other story.
    pub apart: bool,
}

/// An article as it is compared: some hundred bytes.
#[derive(Debug, Clone)]
pub struct Fingerprint {
    published_at: i64,
    apart: bool,
    language: Option<u32>,
    source: u32,
    origin: u32,
    whole_title: u32,
    title: Box<[Word]>,
    /// The title's words in its order.
    order: Box<[u32]>,
    all: Box<[Word]>,
    days: u8,
    piece: Piece,
}

impl Fingerprint {
    /// Reads an article.
    #[must_use]
    pub fn of(told: &Told<'_>) -> Self {
        let summary = told.summary.unwrap_or_default();
        let end = summary.char_indices().nth(SUMMARY_CHARS);
        let summary = words::words(&summary[..end.map_or(summary.len(), |(at, _)| at)]);
        let title = words::words(told.title);
        let all = title.words.iter().chain(&summary.words).copied();
        let primary = |tag: &str| hash(&tag.split('-').next().unwrap_or(tag).to_lowercase());
        Self {
            published_at: told.published_at,
            apart: told.apart,
            language: told.language.map(primary),
            source: hash(told.source),
            origin: hash(told.origin),
            whole_title: hash(&told.title.to_lowercase()),
            all: each_once(all.collect()),
            days: title.days | summary.days,
            piece: piece(told.title),
            order: title.words.iter().map(|word| word.hash).collect(),
            title: each_once(title.words),
        }
    }
}

/// Each word once, in the order of the hashes; a name that is also a word counts as a name.
fn each_once(mut words: Vec<Word>) -> Box<[Word]> {
    words.sort_unstable_by_key(|word| (word.hash, std::cmp::Reverse(word.kind)));
    words.dedup_by_key(|word| word.hash);
    words.into()
}

fn piece(title: &str) -> Piece {
    let lower = title.to_lowercase();
    let named = KINDS.iter().find(|(word, _)| {
        let rest = lower.strip_prefix(word).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with([':', '：', '|', '–', '—']))
    });
    match named {
        Some((_, piece)) => *piece,
        None if lower.contains(" review: ") => Piece::Review,
        None if EXPECTATIONS.iter().any(|words| lower.contains(words)) => Piece::Preview,
        None => Piece::Report,
    }
}

/// How strongly the words say that two articles tell one story: over 0 they do.
///
/// None when it is out of the question: two languages, too far apart, split by the editor, or a
/// column that has the same title every day. The same whichever is first.
#[must_use]
pub fn evidence(a: &Fingerprint, b: &Fingerprint) -> Option<f64> {
    let seconds = a.published_at.abs_diff(b.published_at);
    let languages = a.language.zip(b.language);
    if a.apart || b.apart || seconds > WINDOW_SECONDS.unsigned_abs() {
        return None;
    }
    if a.origin == b.origin {
        return Some(SAME_ORIGIN);
    }
    if languages.is_some_and(|(a, b)| a != b) {
        return None;
    }
    let (weight_a, weight_b) = (weight(&a.all), weight(&b.all));
    let shared = shared(&a.all, &b.all);
    let smaller = weight_a.min(weight_b);
    // Nothing that follows can make up for so little; most candidates end here.
    if shared <= 0.25 * smaller || one_template(&a.title, &b.title) {
        return None;
    }
    let contained = shared / smaller;
    let hours = hours(seconds);
    let alike = 2.0 * shared / (weight_a + weight_b);
    if of_others(a, b) {
        return None;
    }
    if a.whole_title == b.whole_title && hours > COLUMN_HOURS && alike < 0.8 {
        return None;
    }
    let mut sum = BIAS + 2.7 * alike + 3.3 * contained + titles(a, b) + numbers(a, b);
    sum += match (a.days, b.days) {
        (0, _) | (_, 0) => 0.0,
        (a, b) if a & b != 0 => 1.0,
        _ => -1.0,
    };
    if a.piece != b.piece {
        sum -= 2.0;
    }
    // News grows old; and one source tells a story once, then what came of it.
    sum -= 0.48 * hours.ln_1p();
    if a.source == b.source && hours > COLUMN_HOURS {
        sum -= 1.0;
    }
    Some(sum)
}

/// More than any signs add up to.
const SAME_ORIGIN: f64 = 100.0;
/// What the signs must outweigh.
const BIAS: f64 = -5.7;

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds within the window are far below 2^52"
)]
fn hours(seconds: u64) -> f64 {
    seconds as f64 / 3600.0
}

/// Whether the text of one tells what the title of the other says; above all its names and numbers.
fn titles(a: &Fingerprint, b: &Fingerprint) -> f64 {
    let mean = |only: fn(Kind) -> bool| {
        let both = [told(&a.title, &b.all, only), told(&b.title, &a.all, only)];
        match both {
            [Some(a), Some(b)] => Some(f64::midpoint(a, b)),
            [one, other] => one.or(other),
        }
    };
    let words = mean(|_| true).unwrap_or(0.0);
    // Without any, what pairs with some have in the middle.
    let keys = mean(|kind| matches!(kind, Kind::Name | Kind::Number)).unwrap_or(0.75);
    1.2 * words + 0.7 * keys
}

/// Whether the numbers agree; a title none of whose numbers the other text has is another story's.
fn numbers(a: &Fingerprint, b: &Fingerprint) -> f64 {
    let number = |kind| kind == Kind::Number;
    let agreement = match (told(&a.all, &b.all, number), told(&b.all, &a.all, number)) {
        (Some(a), Some(b)) => 2.0 * a.max(b) - 1.0,
        _ => 0.0,
    };
    let strangers = [
        told(&a.title, &b.all, number),
        told(&b.title, &a.all, number),
    ]
    .into_iter()
    .filter(|told| *told == Some(0.0));
    strangers.fold(1.5 * agreement, |sum, _stranger| sum - 0.9)
}

/// Whether the same is told of others: another tornado, another match, another judge.
///
/// Who writes a story anew changes the sentence and keeps the names. Here the names are others, or the
/// sentence is kept and some of its words are not, and those stand nowhere in the other article.
fn of_others(a: &Fingerprint, b: &Fingerprint) -> bool {
    let name = |kind| kind == Kind::Name;
    let names = told(&a.all, &b.all, name).zip(told(&b.all, &a.all, name));
    if names.is_some_and(|(ours, theirs)| ours.max(theirs) < MOST_FOREIGN_NAMES) {
        return true;
    }
    let stands_in =
        |hash: u32, text: &[Word]| text.binary_search_by_key(&hash, |it| it.hash).is_ok();
    let pairs = || a.order.iter().copied().zip(b.order.iter().copied());
    let (same, other): (Vec<_>, Vec<_>) = pairs().partition(|(ours, theirs)| ours == theirs);
    a.order.len() == b.order.len()
        && same.len() >= other.len()
        && !other.is_empty()
        && other
            .iter()
            .all(|(ours, theirs)| !stands_in(*ours, &b.all) && !stands_in(*theirs, &a.all))
}

/// Of two reports on one thing at least one has nearly half of its names in the other.
const MOST_FOREIGN_NAMES: f64 = 0.45;

/// Whether two titles differ in their numbers alone: "Lap 3 of 9" is not "Lap 4 of 9".
fn one_template(a: &[Word], b: &[Word]) -> bool {
    let part = |words: &[Word], numbers: bool| -> Vec<u32> {
        let part = words
            .iter()
            .filter(|word| (word.kind == Kind::Number) == numbers);
        part.map(|word| word.hash).collect()
    };
    let (ours, theirs) = (part(a, true), part(b, true));
    !ours.is_empty() && !theirs.is_empty() && ours != theirs && part(a, false) == part(b, false)
}

/// The share of `words` of a kind that stands in `text`, by weight; none if there are no such words.
fn told(words: &[Word], text: &[Word], only: impl Fn(Kind) -> bool) -> Option<f64> {
    let (mut found, mut all) = (0.0, 0.0);
    for word in words.iter().filter(|word| only(word.kind)) {
        all += word.kind.weight();
        if text
            .binary_search_by_key(&word.hash, |word| word.hash)
            .is_ok()
        {
            found += word.kind.weight();
        }
    }
    (all > 0.0).then(|| found / all)
}

fn weight(words: &[Word]) -> f64 {
    words.iter().map(|word| word.kind.weight()).sum()
}

/// The weight of the words that both have; a word that is a name in one only counts as a word.
fn shared(a: &[Word], b: &[Word]) -> f64 {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut sum = 0.0;
    while let (Some(one), Some(other)) = (a.peek(), b.peek()) {
        match one.hash.cmp(&other.hash) {
            std::cmp::Ordering::Less => {
                a.next();
            }
            std::cmp::Ordering::Greater => {
                b.next();
            }
            std::cmp::Ordering::Equal => {
                sum += one.kind.min(other.kind).weight();
                a.next();
                b.next();
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests;
