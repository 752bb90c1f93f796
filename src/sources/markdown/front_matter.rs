//! Front matter: TOML between `+++`, YAML between `---`, or a JSON object at the beginning.
//!
//! In comes a file's text, out come its fields and the text after them. All three become one shape,
//! with keys in lower case. Hostile YAML is bounded: aliases are counted, depth is limited.

use serde_json::{Map, Value};

use super::super::dates;
use super::super::json_feed::as_text;
use super::Broken;

/// More is no front matter.
const MOST_BYTES: usize = 200_000;

/// The fields of one file.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

/// The fields and the text after them; a file may have none.
pub(super) fn split(text: &str) -> Result<(Fields, &str), Broken> {
    let text = text.trim_start_matches(['\u{feff}', '\n', '\r', ' ']);
    let first = text.lines().next().unwrap_or_default().trim_end();
    let (map, rest) = match first {
        "---" => {
            let Some((inner, rest)) = fenced(text, &["---", "..."]) else {
                // A rule as the first line is Markdown too.
                return Ok((Fields::default(), text));
            };
            (yaml(inner)?, rest)
        }
        "+++" => {
            let Some((inner, rest)) = fenced(text, &["+++"]) else {
                return Err(at(1, "the front matter has no end"));
            };
            (toml(inner)?, rest)
        }
        _ if text.starts_with('{') && !text.starts_with("{{") && !text.starts_with("{%") => {
            json(text)?
        }
        _ => return Ok((Fields::default(), text)),
    };
    let map = map
        .into_iter()
        .map(|(key, value)| (key.to_lowercase(), value));
    Ok((Fields(map.collect()), rest))
}

fn at(line: usize, why: impl Into<String>) -> Broken {
    Broken {
        line: Some(line),
        why: why.into(),
    }
}

/// What stands between the first line and the next that is one of `ends`, and what follows.
fn fenced<'a>(text: &'a str, ends: &[&str]) -> Option<(&'a str, &'a str)> {
    let begin = text.find('\n')? + 1;
    let mut position = begin;
    for line in text[begin..].split_inclusive('\n') {
        if ends.contains(&line.trim_end()) {
            return Some((&text[begin..position], &text[position + line.len()..]));
        }
        position += line.len();
        if position - begin > MOST_BYTES {
            return None;
        }
    }
    None
}

fn yaml(text: &str) -> Result<Map<String, Value>, Broken> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 32,
            max_nodes: 20_000,
            max_events: 60_000,
            max_aliases: 200,
            max_documents: 1,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 5_000,
            max_replay_stack_depth: 16,
            max_alias_expansions_per_anchor: 200,
        },
        // "author: No" is a name, "0012" is no number.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    };
    let read = serde_saphyr::from_str_with_options::<Value>(text, options);
    let value = read.map_err(|error| {
        let line = error
            .location()
            .and_then(|location| usize::try_from(location.line()).ok());
        let words = error.to_string();
        let words = words.lines().next().unwrap_or_default();
        at(
            1 + line.unwrap_or(1).max(1),
            format!("the front matter is no YAML: {words}"),
        )
    })?;
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(at(2, "the front matter is no list of keys")),
    }
}

fn toml(text: &str) -> Result<Map<String, Value>, Broken> {
    let read = toml::from_str::<toml::Table>(text);
    let table = read.map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(0, |before| before.matches('\n').count());
        at(
            line + 2,
            format!("the front matter is no TOML: {}", error.message()),
        )
    })?;
    Ok(table
        .into_iter()
        .map(|(key, value)| (key, from_toml(value)))
        .collect())
}

/// The same value; the reader of TOML has bounded its depth.
fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(instant) => instant.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(from_toml).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, from_toml(value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

fn json(text: &str) -> Result<(Map<String, Value>, &str), Broken> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    match stream.next() {
        Some(Ok(map)) => Ok((map, text.get(stream.byte_offset()..).unwrap_or_default())),
        Some(Err(error)) => {
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            let why = format!("the front matter is no JSON: {words}");
            Err(at(error.line().max(1), why))
        }
        None => Ok((Map::new(), text)),
    }
}

impl Fields {
    /// The values under a key: at the top, and where Zola and Hugo keep taxonomies and extras.
    fn values(&self, key: &str) -> impl Iterator<Item = &Value> {
        let inner = ["taxonomies", "extra", "params"]
            .into_iter()
            .filter_map(move |table| self.0.get(table)?.get(key));
        self.0.get(key).into_iter().chain(inner)
    }

    /// Every text under the keys, in their order.
    pub(super) fn texts(&self, keys: &[&str]) -> impl Iterator<Item = String> {
        keys.iter()
            .flat_map(|key| self.values(key))
            .filter_map(as_text)
    }

    /// The first text under the keys.
    pub(super) fn text(&self, keys: &[&str]) -> Option<String> {
        self.texts(keys).next()
    }

    /// The first date under the keys.
    pub(super) fn date(&self, keys: &[&str]) -> Option<i64> {
        self.texts(keys).find_map(|text| date(&text))
    }

    /// Every name under the first key that has one: a text (with commas: several), a list of texts,
    /// a list of tables with `name`.
    pub(super) fn list(&self, keys: &[&str]) -> Vec<String> {
        let lists = keys.iter().flat_map(|key| self.values(key)).map(names);
        let mut lists = lists.filter(|list| !list.is_empty());
        lists.next().unwrap_or_default()
    }

    /// A picture's address and its text.
    pub(super) fn picture(&self, key: &str) -> Option<(String, Option<String>)> {
        self.values(key).find_map(|value| {
            let value = match value {
                Value::Array(list) => list.first()?,
                value => value,
            };
            if let Some(text) = as_text(value) {
                return Some((text, None));
            }
            let inner = |keys: &[&str]| keys.iter().find_map(|key| as_text(value.get(*key)?));
            let address = inner(&["src", "url", "image", "path", "feature"])?;
            Some((address, inner(&["alt", "caption", "title"])))
        })
    }

    /// Whether it says that it is not published.
    pub(super) fn is_draft(&self) -> bool {
        let says = |key: &str, words: &[&str]| {
            self.0.get(key).is_some_and(|value| match value {
                Value::Bool(flag) => words.contains(&flag.to_string().as_str()),
                value => {
                    as_text(value).is_some_and(|text| words.contains(&text.to_lowercase().as_str()))
                }
            })
        };
        let no = ["false", "no", "off"];
        says("draft", &["true", "yes", "on"])
            || says("published", &no)
            || says("permalink", &["false"])
            || says("status", &["draft", "private"])
    }
}

/// A date; Jekyll writes "2026-11-23 10:00:00 +0100", with a blank that belongs to no standard.
fn date(text: &str) -> Option<i64> {
    let text = text.trim();
    let tight = match text.rfind([' ']) {
        Some(blank) if text[blank + 1..].starts_with(['+', '-']) && text.len() > 10 => {
            format!("{}{}", text[..blank].trim_end(), &text[blank + 1..])
        }
        _ => text.to_owned(),
    };
    dates::parse(&tight).or_else(|| dates::parse(text))
}

fn names(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect(),
        Value::Array(list) => list.iter().filter_map(name).collect(),
        value => name(value).into_iter().collect(),
    }
}

fn name(value: &Value) -> Option<String> {
    as_text(value).or_else(|| as_text(value.get("name").or_else(|| value.get("title"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_kinds_give_the_same_fields() {
        for text in [
            "---\nTitle: A\ndraft: no\nn: 7\ntags: [x, y]\n---\nbody",
            "---\r\ntitle: A\r\nn: 7\r\ntags:\r\n- x\r\n- y\r\n...\r\nbody",
            "+++\ntitle = 'A'\nn = 7\n[taxonomies]\ntags = ['x', 'y']\n+++\nbody",
            "{\"title\": \"A\", \"n\": 7, \"tags\": \"x, y\"}body",
        ] {
            let (fields, rest) = split(text).unwrap();
            assert_eq!(rest, "body", "{text}");
            assert_eq!(fields.text(&["name", "title"]).as_deref(), Some("A"));
            assert_eq!(fields.text(&["n"]).as_deref(), Some("7"));
            assert_eq!(fields.list(&["tags"]), ["x", "y"], "{text}");
            assert!(!fields.is_draft());
        }
        for text in ["# A\n---\nb", "---\nno end", "", "{{< x >}}", "{% raw %}"] {
            assert_eq!(split(text).unwrap().1, text);
        }
    }

    #[test]
    fn broken_front_matter_is_named_with_its_line() {
        for (text, line, start) in [
            (
                "---\ntitle: A\ntags: [x\n---\n",
                4,
                "the front matter is no YAML: ",
            ),
            ("---\n- a\n---\n", 2, "the front matter is no list of keys"),
            (
                "+++\ntitle = 'A'\ntags = [\n+++\n",
                3,
                "the front matter is no TOML: ",
            ),
            ("+++\ntitle = 'A'\n", 1, "the front matter has no end"),
            ("{\"a\": 1,\n}", 2, "the front matter is no JSON: "),
        ] {
            let broken = split(text).unwrap_err();
            assert!(broken.why.starts_with(start), "{broken:?}");
            assert!(
                broken.line.unwrap().abs_diff(line) <= 1,
                "{text}: {broken:?}"
            );
        }
    }

    #[test]
    fn bombs_of_aliases_and_depth_are_refused() {
        let mut bomb = "---\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let inner = format!("*a{}, ", level - 1).repeat(10);
            bomb = format!("{bomb}a{level}: &a{level} [{inner}]\n");
        }
        let deep = format!("---\na: {}\n---\n", "[".repeat(100_000));
        let nested = format!(
            "---\n{}---\n",
            (0..400)
                .map(|depth| format!("{}a:\n", " ".repeat(depth)))
                .collect::<String>()
        );
        let tables = format!(
            "+++\na = {}1{}\n+++\n",
            "[".repeat(50_000),
            "]".repeat(50_000)
        );
        let json = format!("{{\"a\": {}", "[".repeat(100_000));
        for text in [bomb + "---\n", deep, nested, tables, json] {
            let broken = split(&text);
            assert!(broken.is_err(), "{}", &text[..40]);
        }
    }

    #[test]
    fn dates_of_generators_are_read() {
        for (text, seconds) in [
            ("2026-11-23", 1_795_392_000),
            ("2026-11-23 10:00:00 +0100", 1_795_424_400),
            ("2026-11-23 10:00:00 -0100", 1_795_431_600),
            ("2026-11-23 10:00:00 +01:00", 1_795_424_400),
            ("2026-11-23T10:00:00+01:00", 1_795_424_400),
            ("2026-11-23T10:00:00", 1_795_428_000),
            ("2026-11-23 10:00 UTC", 1_795_428_000),
        ] {
            assert_eq!(date(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn drafts_are_known_by_every_generator_s_word() {
        for (text, draft) in [
            ("draft: true", true),
            ("draft: yes", true),
            ("draft: false", false),
            ("published: false", true),
            ("published: 2026-11-23", false),
            ("permalink: false", true),
            ("status: Draft", true),
            ("title: draft", false),
        ] {
            let text = format!("---\n{text}\n---\n");
            assert_eq!(split(&text).unwrap().0.is_draft(), draft, "{text}");
        }
    }
}
