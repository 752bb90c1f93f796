//! TOML to any type, with every mistake of the text at once.
//!
//! serde stops at the first mistake. So the offending key is noted and taken out of the parsed
//! document, and the rest is tried again, until it fits: what was noted is the list of mistakes.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

/// One mistake of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// That line as it is written.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What loading came to.
pub(super) struct Loaded<T> {
    /// The value, without what was wrong; none when not even that is one.
    pub value: Option<T>,
    /// The mistakes.
    pub problems: Vec<Problem>,
    /// Dotted paths of what was taken out.
    pub removed: Vec<String>,
}

/// A file with more mistakes than this is not a configuration.
const MOST_PROBLEMS: usize = 50;

pub(super) fn load<T: DeserializeOwned>(text: &str) -> Loaded<T> {
    let (mut root, syntax) = DeTable::parse_recoverable(text);
    let mut problems: Vec<_> = syntax
        .into_iter()
        .map(|error| {
            problem(
                text,
                error.span().map_or(0, |span| span.start),
                error.message(),
                None,
            )
        })
        .collect();
    let mut removed = Vec::new();
    if !problems.is_empty() {
        return Loaded {
            value: None,
            problems,
            removed,
        };
    }
    while problems.len() < MOST_PROBLEMS {
        let error = match T::deserialize(Deserializer::from(root.clone())) {
            Ok(value) => {
                return Loaded {
                    value: Some(value),
                    problems,
                    removed,
                };
            }
            Err(error) => error,
        };
        let at = error.span().map_or(0, |span| span.start);
        let (message, hint) = in_words(error.message());
        let path = take_out(root.get_mut(), at, "");
        // What was taken out is missing afterwards: that is no second mistake.
        let is_taken = missing(error.message()).is_some_and(|key| {
            let inner = path.as_ref().map(|path| join(path, key));
            inner.is_some_and(|inner| removed.contains(&inner))
        });
        if !is_taken {
            problems.push(problem(text, at, &message, hint));
        }
        match path {
            Some(path) => removed.push(path),
            None => break,
        }
    }
    Loaded {
        value: None,
        problems,
        removed,
    }
}

/// A mistake at a dotted path such as `digest[1].time_zone`, found by whoever knows the rules.
pub(super) fn located(text: &str, path: &str, message: &str, hint: Option<String>) -> Problem {
    let (root, _) = DeTable::parse_recoverable(text);
    let at = find(root.get_ref(), path).unwrap_or(0);
    problem(text, at, message, hint)
}

fn problem(text: &str, at: usize, message: &str, hint: Option<String>) -> Problem {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let written = text.lines().nth(line - 1).unwrap_or_default();
    Problem {
        line,
        text: written.trim_end().to_owned(),
        message: message.to_owned(),
        hint,
    }
}

/// Takes out the innermost key or array element that covers a byte; returns its path.
fn take_out(table: &mut DeTable<'_>, at: usize, path: &str) -> Option<String> {
    let mut found = None;
    for (key, value) in table.iter_mut() {
        let path = join(path, key.get_ref());
        if key.span().contains(&at) {
            found = Some((key.get_ref().to_string(), path));
            break;
        }
        if !covers(value, at) {
            continue;
        }
        if let Some(inner) = take_out_of_value(value, at, &path) {
            return Some(inner);
        }
        found = Some((key.get_ref().to_string(), path));
        break;
    }
    let (key, path) = found?;
    table.remove(key.as_str());
    Some(path)
}

fn take_out_of_value<'i>(
    value: &mut Spanned<DeValue<'i>>,
    at: usize,
    path: &str,
) -> Option<String> {
    match value.get_mut() {
        DeValue::Table(table) => take_out(table, at, path),
        DeValue::Array(array) => {
            let index = array.iter().position(|element| covers(element, at))?;
            let path = format!("{path}[{index}]");
            if let Some(inner) = take_out_of_value(array.get_mut(index)?, at, &path) {
                return Some(inner);
            }
            let all = std::mem::replace(array, std::iter::empty().collect::<DeArray<'i>>());
            let rest = all.into_iter().enumerate();
            *array = rest
                .filter(|(other, _)| *other != index)
                .map(|(_, element)| element)
                .collect();
            Some(path)
        }
        _ => None,
    }
}

/// Whether a byte lies in a value. A table's span is its header, so its members are asked too.
fn covers(value: &Spanned<DeValue<'_>>, at: usize) -> bool {
    let members = match value.get_ref() {
        DeValue::Table(table) => table
            .iter()
            .any(|(key, value)| key.span().contains(&at) || covers(value, at)),
        DeValue::Array(array) => array.iter().any(|element| covers(element, at)),
        _ => false,
    };
    members || value.span().contains(&at)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A dotted path's first name and the others; a name in quotes keeps the first of them.
fn split(path: &str) -> (&str, Option<&str>) {
    let quoted = path.starts_with('"');
    let end = if quoted { "\"." } else { "." };
    match path.split_once(end) {
        Some((first, rest)) => (first, Some(rest)),
        None => (
            path.strip_suffix('"').filter(|_| quoted).unwrap_or(path),
            None,
        ),
    }
}

/// Where a dotted path begins in the text; the nearest thing around it if it is not there.
fn find(table: &DeTable<'_>, path: &str) -> Option<usize> {
    let (first, rest) = split(path);
    if let Some(quoted) = first.strip_prefix('"') {
        let (key, value) = table.get_key_value(quoted)?;
        let inner = match (rest, value.get_ref()) {
            (Some(rest), DeValue::Table(table)) => find(table, rest),
            _ => None,
        };
        return inner.or(Some(key.span().start));
    }
    let (name, index) = match first.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
        None => (first, None),
    };
    let (key, mut value) = table.get_key_value(name)?;
    let mut at = key.span().start;
    if let (Some(index), DeValue::Array(array)) = (index, value.get_ref()) {
        value = array.get(index)?;
        at = value.span().start;
    }
    match (rest, value.get_ref()) {
        (Some(rest), DeValue::Table(table)) => find(table, rest).or(Some(at)),
        _ => Some(at),
    }
}

/// The key that serde misses, if that is what it says.
fn missing(message: &str) -> Option<&str> {
    let rest = message.trim_end().strip_prefix("missing field `")?;
    rest.split_once('`').map(|(name, _)| name)
}

/// serde's words in ours, with the nearest name where one is unknown.
fn in_words(message: &str) -> (String, Option<String>) {
    let message = message.trim_end();
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return match missing(message) {
            Some(name) => (format!("the key \"{name}\" is missing"), None),
            None => {
                let hint = message.strip_prefix("unknown variant `").and_then(|rest| {
                    let (name, rest) = rest.split_once('`')?;
                    nearest(name, rest)
                });
                (plainly(message), hint)
            }
        };
    };
    let (name, rest) = rest.split_once('`').unwrap_or((rest, ""));
    let hint = nearest(name, rest).or_else(|| {
        let known: Vec<_> = quoted(rest);
        (!known.is_empty()).then(|| format!("the keys here are {}", known.join(", ")))
    });
    (format!("unknown key \"{name}\""), hint)
}

/// Without the names of our types.
fn plainly(message: &str) -> String {
    let words = [
        ("expected usize", "expected a whole number of 0 or more"),
        ("expected u32", "expected a whole number of 0 or more"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected f64", "expected a number"),
        (
            "wanted string or table",
            "expected the name of a font in quotes",
        ),
        ("expected path string", "expected a path in quotes"),
        ("expected a string", "expected a text in quotes"),
        ("expected a sequence", "expected a list in brackets"),
        ("expected a boolean", "expected true or false"),
        (
            "expected struct Hue",
            "expected a pair { light = \"#RRGGBB\", dark = \"#RRGGBB\" }",
        ),
        ("invalid type:", "wrong kind of value:"),
        ("unknown variant", "unknown value"),
    ];
    let message = message.replace('`', "\"");
    words
        .iter()
        .fold(message, |text, (theirs, ours)| text.replace(theirs, ours))
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn nearest(name: &str, known: &str) -> Option<String> {
    quoted(known)
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(name, candidate),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("did you mean \"{candidate}\"?"))
}
