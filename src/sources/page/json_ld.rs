//! JSON-LD of schema.org as sites write it: the one article of a page, and what it says of itself.
//!
//! Half of it is broken somewhere: raw line breaks in texts, commas too many, comments around it,
//! types in lists, people behind `@id`. Nothing here fails; what cannot be read is absent.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use super::head::one_line;

const MOST_NODES: usize = 5_000;

/// An article's own words.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) title: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) published: Option<String>,
    pub(super) updated: Option<String>,
    pub(super) language: Option<String>,
    pub(super) image: Option<String>,
    pub(super) image_alt: Option<String>,
    pub(super) site: Option<String>,
    pub(super) section: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) body: Option<String>,
}

/// Reads the JSON-LD of a page; nothing if none of it is an article.
pub(super) fn read(scripts: &[String]) -> Option<Found> {
    let documents: Vec<Value> = scripts.iter().flat_map(|script| parse(script)).collect();
    let mut queue: VecDeque<&Value> = documents.iter().collect();
    let mut nodes: Vec<&Map<String, Value>> = Vec::new();
    let mut seen = 0;
    while let Some(value) = queue.pop_front() {
        seen += 1;
        if seen > MOST_NODES {
            break;
        }
        match value {
            Value::Array(values) => queue.extend(values),
            Value::Object(map) => {
                nodes.push(map);
                let inner = [
                    "@graph",
                    "mainEntity",
                    "mainEntityOfPage",
                    "author",
                    "publisher",
                ];
                queue.extend(inner.iter().filter_map(|key| map.get(*key)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let names: BTreeMap<&str, &Value> = nodes
        .iter()
        .filter_map(|map| Some((map.get("@id")?.as_str()?, map.get("name")?)))
        .collect();
    let article = nodes
        .iter()
        .filter(|map| rank(map) > 0)
        .max_by_key(|map| (rank(map), texts(map.get("headline")).len()))?;
    let mut found = found(article, &names);
    if found.site.is_none() {
        let site = nodes
            .iter()
            .find(|map| types(map).any(|kind| kind == "WebSite"));
        found.site = site.and_then(|map| texts(map.get("name")).into_iter().next());
    }
    Some(found)
}

/// How much an object is the article of a page: 0 for not at all.
fn rank(map: &Map<String, Value>) -> u8 {
    let kind = types(map).map(|kind| match kind {
        kind if kind.ends_with("NewsArticle") || kind == "Report" => 4,
        kind if kind.ends_with("Article") || kind.ends_with("BlogPosting") || kind == "Review" => 3,
        "LiveBlogPosting" | "SocialMediaPosting" | "Recipe" | "CreativeWork" | "Blog" => 2,
        "WebPage" | "ItemPage" => 1,
        _ => 0,
    });
    kind.max().unwrap_or(0)
}

fn types(map: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let kinds = map.get("@type");
    let many = kinds.and_then(Value::as_array).into_iter().flatten();
    many.chain(kinds)
        .filter_map(Value::as_str)
        .map(|kind| kind.rsplit('/').next().unwrap_or(kind))
}

fn found(map: &Map<String, Value>, names: &BTreeMap<&str, &Value>) -> Found {
    let first = |keys: &[&str]| {
        let found = keys
            .iter()
            .find_map(|key| texts(map.get(*key)).into_iter().next());
        found.filter(|text| !text.is_empty())
    };
    // A page is called by its name, an article by its headline; a page's name ends in the site's.
    let title = first(&["headline", "name", "alternativeHeadline"]);
    let image = map.get("image").or_else(|| map.get("thumbnailUrl"));
    Found {
        title: if rank(map) > 1 { title } else { None },
        authors: people(map.get("author").or_else(|| map.get("creator")), names),
        published: first(&["datePublished", "dateCreated", "uploadDate"]),
        updated: first(&["dateModified"]),
        language: first(&["inLanguage"]),
        image: image.and_then(|value| picture(value, "url")),
        image_alt: image.and_then(|value| picture(value, "caption")),
        site: people(map.get("publisher"), names).into_iter().next(),
        section: first(&["articleSection"]),
        tags: texts(map.get("keywords"))
            .iter()
            .flat_map(|text| text.split([',', ';']))
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty() && tag.len() <= 80 && !tag.contains(':'))
            .take(40)
            .collect(),
        description: first(&["description", "abstract"]),
        body: map
            .get("articleBody")
            .and_then(Value::as_str)
            .map(str::to_owned),
    }
}

fn picture(value: &Value, key: &str) -> Option<String> {
    match value {
        Value::String(url) => (key == "url").then(|| url.clone()),
        Value::Array(all) => all
            .iter()
            .filter(|one| !one.is_array())
            .find_map(|one| picture(one, key)),
        Value::Object(map) => {
            let keys = if key == "url" {
                ["url", "contentUrl", "@id"]
            } else {
                ["caption", "name", ""]
            };
            keys.iter()
                .find_map(|key| texts(map.get(*key)).into_iter().next())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Names of persons and organisations, in whatever shape.
fn people(value: Option<&Value>, names: &BTreeMap<&str, &Value>) -> Vec<String> {
    let mut queue: VecDeque<&Value> = value.into_iter().collect();
    let mut out: Vec<String> = Vec::new();
    while let Some(value) = queue.pop_front() {
        if out.len() >= 20 {
            break;
        }
        match value {
            Value::Array(values) => queue.extend(values.iter().take(20)),
            Value::String(name) => out.push(one_line(&unescaped(name))),
            Value::Object(map) => {
                let by_id = || {
                    map.get("@id")
                        .and_then(Value::as_str)
                        .and_then(|id| names.get(id))
                };
                let name = map.get("name").or_else(|| by_id().copied());
                out.extend(texts(name));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    out.retain(|name| !name.is_empty() && name.len() <= 120 && !name.starts_with("http"));
    out.dedup();
    out
}

/// A text, or the texts of a list, or what an object is called.
fn texts(value: Option<&Value>) -> Vec<String> {
    let plain = |value: &Value| match value {
        Value::String(text) => Some(one_line(&unescaped(text))),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(map) => ["@value", "name", "url", "alternateName"]
            .iter()
            .find_map(|key| map.get(*key)?.as_str())
            .map(one_line),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    };
    match value {
        Some(Value::Array(values)) => values.iter().take(60).filter_map(plain).collect(),
        Some(value) => plain(value).into_iter().collect(),
        None => Vec::new(),
    }
    .into_iter()
    .filter(|text| !text.is_empty())
    .collect()
}

/// Texts that were escaped for HTML on top of JSON.
pub(super) fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::new();
    // "<" would begin a tag; entities are all that is wanted.
    let safe = text.replace('<', "&lt;");
    for token in html5gum::Tokenizer::new(safe.as_str()) {
        if let Ok(html5gum::Token::String(found)) = token {
            out.push_str(&String::from_utf8_lossy(&found.value));
        }
    }
    out
}

/// The documents in one script, repaired as far as needed.
fn parse(script: &str) -> Vec<Value> {
    let text = script.trim().trim_end_matches(';');
    let text = ["<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA["]
        .iter()
        .fold(text, |text, mark| {
            text.strip_prefix(mark).unwrap_or(text).trim_start()
        });
    let text = ["-->", "//]]>", "/*]]>*/", "]]>", "//"]
        .iter()
        .fold(text, |text, mark| {
            text.strip_suffix(mark).unwrap_or(text).trim_end()
        });
    let strict = documents(text);
    if !strict.is_empty() {
        return strict;
    }
    let repaired = documents(&repaired(text));
    if !repaired.is_empty() || !text.contains("&quot;") {
        return repaired;
    }
    documents(&unescaped(text))
}

/// As many JSON documents as follow each other; serde stops at 128 levels by itself.
fn documents(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .map_while(Result::ok)
        .take(50)
        .collect()
}

/// Control characters in texts become spaces, commas before a closing bracket go.
fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        if inside {
            match c {
                _ if escaped => {
                    let known = matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u');
                    if !known {
                        out.pop();
                    }
                    out.push(if c.is_control() { ' ' } else { c });
                    escaped = false;
                    continue;
                }
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
            out.push(if c.is_control() { ' ' } else { c });
        } else {
            if matches!(c, ']' | '}') {
                let kept = out.trim_end().len();
                if out[..kept].ends_with(',') {
                    out.truncate(kept - 1);
                }
            }
            inside = c == '"';
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(script: &str) -> Option<String> {
        read(&[script.to_owned()])?.title
    }

    #[test]
    fn the_article_is_found_in_whatever_shape() {
        for (script, expected) in [
            (r#"{"@type":"NewsArticle","headline":"One"}"#, Some("One")),
            (
                r#"[{"@type":"Person","name":"x"},{"@type":["Thing","Article"],"headline":"One"}]"#,
                Some("One"),
            ),
            (
                r#"{"@graph":[{"@type":"WebPage","name":"A page"},{"@type":"BlogPosting","headline":"One"}]}"#,
                Some("One"),
            ),
            (
                r#"{"@type":"WebPage","mainEntity":{"@type":"http://schema.org/Article","headline":"One"}}"#,
                Some("One"),
            ),
            (
                r#"<!-- {"@type":"Article","headline":"One",} --> "#,
                Some("One"),
            ),
            (
                "{\"@type\":\"Article\",\"headline\":\"On\ne\"};",
                Some("On e"),
            ),
            (r#"{"@type":"Article","headline":"It\'s"}"#, Some("It's")),
            (
                r#"{"@type":"Article","headline":"A &amp; B &lt;3"}"#,
                Some("A & B <3"),
            ),
            (
                "{&quot;@type&quot;:&quot;Article&quot;,&quot;headline&quot;:&quot;One&quot;}",
                Some("One"),
            ),
            (r#"{"@type":"Organization","name":"x"}"#, None),
            (r#"{"@type":"Article","headline":7"#, None),
            ("", None),
        ] {
            assert_eq!(title(script).as_deref(), expected, "{script}");
        }
    }

    #[test]
    fn people_are_names_behind_ids_too() {
        let script = r##"{"@graph":[{"@type":"Article","headline":"One","author":[{"@id":"#p"},"Bo Li",
            {"@type":"Person","name":"Cy Ho"}],"publisher":{"@id":"#o"},"keywords":"a, b","image":
            [{"@type":"ImageObject","url":"/i.jpg","caption":"Boats"}]},{"@id":"#p","name":"Ann Ho"},
            {"@id":"#o","@type":"Organization","name":"The Quay"}]}"##;
        let found = read(&[script.to_owned()]).unwrap();
        assert_eq!(found.authors, ["Ann Ho", "Bo Li", "Cy Ho"]);
        assert_eq!(found.site.as_deref(), Some("The Quay"));
        assert_eq!(found.tags, ["a", "b"]);
        assert_eq!(found.image.as_deref(), Some("/i.jpg"));
        assert_eq!(found.image_alt.as_deref(), Some("Boats"));
    }

    #[test]
    fn deep_and_endless_json_is_passed_over() {
        for script in [
            "[".repeat(300_000),
            "{\"@graph\":".repeat(100_000),
            "{".repeat(300_000),
        ] {
            assert_eq!(read(&[script]), None);
        }
    }
}
