//! JSON Feed 1.0 and 1.1, read field by field.
//!
//! No structure is derived: a JSON value that is not what it should be is simply absent here, where
//! one numeric `id` or missing `title` would lose the whole feed. Items are read one by one, and of
//! too many only those at the ends are kept.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use url::Url;

use super::feed::{escape, web_url};
use super::picture::first_picture;
use super::xml_feed::Kept;
use super::{Error, Format, Item, Parsed, dates};

pub(super) fn parse(document: &str, base: Option<&Url>) -> Result<Parsed, Error> {
    let (Document { head, items }, cut_off) = document_of(document)?;
    let head = Value::Object(head);
    let version = text(&head, "version").unwrap_or_default();
    let known = version.contains("jsonfeed.org/version/");
    let (true, Some(Items(items))) = (known || version.starts_with('1'), items) else {
        return Err(Error::Unknown);
    };
    let repaired = (!known).then(|| format!("took version \"{version}\" for JSON Feed's"));
    let link = text(&head, "home_page_url").and_then(|url| web_url(&url, base));
    let base = base.or(link.as_ref());
    let language = text(&head, "language");
    let authors = authors(&head);
    let remark = items.remark();
    let items = items
        .iter()
        .filter(|item| item.is_object())
        .map(|value| {
            let mut item = item(value, base);
            item.language = item.language.or_else(|| language.clone());
            if item.authors.is_empty() {
                item.authors.clone_from(&authors);
            }
            item
        })
        .collect();
    Ok(Parsed {
        title: text(&head, "title").map(|title| escape(&title)),
        link: link.clone(),
        language,
        format: Format::JsonFeed,
        items,
        repaired: repaired.into_iter().chain(remark).chain(cut_off).collect(),
    })
}

/// The document; of one that is cut off, what stands before the cut, and the sentence about it.
fn document_of(text: &str) -> Result<(Document, Option<String>), Error> {
    let error = match serde_json::from_str(text) {
        Ok(document) => return Ok((document, None)),
        Err(error) => error,
    };
    let rest = error.is_eof().then(|| whole_items(text)).flatten();
    match rest.map(|rest| serde_json::from_str(&rest)) {
        Some(Ok(document)) => {
            let repair = "is cut off: read as far as its last whole item";
            Ok((document, Some(repair.to_owned())))
        }
        Some(Err(_)) | None => Err(Error::Broken(error.to_string())),
    }
}

/// `{"items": [{…}, {…}, {"id": "3` as far as its last whole item, closed.
fn whole_items(text: &str) -> Option<String> {
    let (mut in_text, mut escaped, mut depth) = (false, false, 0_usize);
    let mut end = None;
    let mut list = false;
    for (at, byte) in text.bytes().enumerate() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                depth += 1;
                if depth == 2 {
                    list = byte == b'[';
                }
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 2 && list && byte == b'}' {
                    end = Some(at + 1);
                }
            }
            _ => {}
        }
    }
    Some(format!("{}]}}", text.get(..end?)?))
}

/// The feed's fields, and its items apart.
struct Document {
    head: Map<String, Value>,
    items: Option<Items>,
}

struct Items(Kept<Value>);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        /// More fields are none of a feed.
        const MOST_FIELDS: usize = 200;
        let mut found = Document {
            head: Map::new(),
            items: None,
        };
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" {
                found.items = Some(map.next_value()?);
            } else if found.head.len() < MOST_FIELDS {
                found.head.insert(key, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items, A::Error> {
        let mut kept = Kept::new();
        while let Some(item) = list.next_element()? {
            kept.push(item);
        }
        Ok(Items(kept))
    }
}

fn item(value: &Value, base: Option<&Url>) -> Item {
    let url_of = |key: &str| text(value, key).and_then(|url| web_url(&url, base));
    let instant = |key: &str| dates::parse(&text(value, key)?);
    let id = text(value, "id").unwrap_or_default();
    let link = url_of("url")
        .or_else(|| url_of("external_url"))
        .or_else(|| web_url(&id, None));
    let has_markup = text(value, "content_html").is_some();
    let content_markup = text(value, "content_html")
        .or_else(|| text(value, "content_text").map(|content| escape(&content)));
    let image_url = url_of("image")
        .or_else(|| url_of("banner_image"))
        .or_else(|| attached_picture(value, base));
    let shown = content_markup
        .as_deref()
        .and_then(|content| first_picture(content, link.as_ref().or(base), image_url.as_ref()));
    let image_alt = shown.as_ref().and_then(|shown| shown.alt.clone());
    Item {
        canonical_url: None,
        id,
        title: text(value, "title").map(|title| escape(&title)),
        // Beside markup, the plain text is the nearest thing to a summary.
        summary_markup: text(value, "summary")
            .or_else(|| text(value, "content_text").filter(|_| has_markup))
            .map(|summary| escape(&summary)),
        content_markup,
        authors: authors(value),
        categories: Vec::new(),
        tags: list(value, "tags").filter_map(as_markup).collect(),
        image_url: image_url.or_else(|| shown.map(|shown| shown.url)),
        image_alt,
        language: text(value, "language"),
        published_at: instant("date_published"),
        updated_at: instant("date_modified"),
        link,
    }
}

fn attached_picture(value: &Value, base: Option<&Url>) -> Option<Url> {
    list(value, "attachments")
        .filter(|file| text(file, "mime_type").is_some_and(|kind| kind.starts_with("image/")))
        .find_map(|file| web_url(&text(file, "url")?, base))
}

/// `authors` of version 1.1, `author` of 1.0.
fn authors(value: &Value) -> Vec<String> {
    list(value, "authors")
        .chain(value.get("author"))
        .filter_map(|author| as_markup(author.get("name")?))
        .fold(Vec::new(), |mut names, name| {
            if !names.contains(&name) {
                names.push(name);
            }
            names
        })
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text(value: &Value, key: &str) -> Option<String> {
    as_text(value.get(key)?)
}

/// What has no markup in JSON, as the markup that it is in other formats.
fn as_markup(value: &Value) -> Option<String> {
    as_text(value).map(|text| escape(&text))
}

/// A text or a number as text, trimmed; nothing of what is empty or anything else.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_is_cut_off_is_read_as_far_as_it_goes() {
        let whole = r#"{"version": "https://jsonfeed.org/version/1.1", "authors": [{"name": "A"}],
            "items": [{"id": "1", "url": "https://tarn.example/1", "title": "a \" ]}"},
            {"id": "2", "url": "https://tarn.example/2", "tags": ["x"]}, {"id": "3"}]}"#;
        for (length, items) in [
            (whole.len(), Ok(3)),
            (whole.len() - 1, Ok(3)),
            (whole.find("\"3\"").unwrap(), Ok(2)),
            (whole.find("\"tags\"").unwrap() + 12, Ok(1)),
            (whole.find("\"title\"").unwrap() + 13, Err(())),
            (20, Err(())),
        ] {
            let found = parse(&whole[..length], None);
            let said = found.as_ref().map_or(0, |found| found.repaired.len());
            assert_eq!(
                found.map(|found| found.items.len()).map_err(|_| ()),
                items,
                "{length}"
            );
            assert_eq!(
                said,
                usize::from(items.is_ok() && length < whole.len()),
                "{length}"
            );
        }
    }
}
