//! JSON Feed 1.0 and 1.1, read field by field.
//!
//! Not through feed-rs: it drops `image`, and one numeric `id` or missing `title` loses the whole
//! feed, where a JSON value that is not what it should be is simply absent here.

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::Item;
use super::feed::{escape, web_url};
use super::picture::first_picture;
use super::{Error, Format, Parsed};

pub(super) fn parse(bytes: &[u8], base: Option<&Url>) -> Result<Parsed, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (feed, cut_off) = value(bytes)?;
    let version = text(&feed, "version").unwrap_or_default();
    let known = version.contains("jsonfeed.org/version/");
    let items = feed.get("items").and_then(Value::as_array);
    let (true, Some(items)) = (known || version.starts_with('1'), items) else {
        return Err(Error::Unknown);
    };
    let repaired = (!known).then(|| format!("took version \"{version}\" for JSON Feed's"));
    let link = text(&feed, "home_page_url").and_then(|url| web_url(&url, base));
    let base = base.or(link.as_ref());
    let language = text(&feed, "language");
    let authors = authors(&feed);
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
        title: text(&feed, "title").map(|title| escape(&title)),
        link: link.clone(),
        language,
        format: Format::JsonFeed,
        items,
        repaired: repaired.into_iter().chain(cut_off).collect(),
    })
}

/// The document; of one that is cut off, what stands before the cut, and the sentence about it.
fn value(bytes: &[u8]) -> Result<(Value, Option<String>), Error> {
    let error = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok((value, None)),
        Err(error) => error,
    };
    let rest = error.is_eof().then(|| whole_items(bytes)).flatten();
    match rest.map(|rest| serde_json::from_slice(&rest)) {
        Some(Ok(value)) => {
            let repair = "is cut off: read as far as its last whole item";
            Ok((value, Some(repair.to_owned())))
        }
        Some(Err(_)) | None => Err(Error::Broken(error.to_string())),
    }
}

/// `{"items": [{…}, {…}, {"id": "3` as far as its last whole item, closed.
fn whole_items(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut in_text, mut escaped, mut depth) = (false, false, 0_usize);
    let mut end = None;
    let mut list = false;
    for (at, byte) in bytes.iter().enumerate() {
        if in_text {
            in_text = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                depth += 1;
                if depth == 2 {
                    list = *byte == b'[';
                }
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 2 && list && *byte == b'}' {
                    end = Some(at + 1);
                }
            }
            _ => {}
        }
    }
    let mut rest = bytes.get(..end?)?.to_vec();
    rest.extend_from_slice(b"]}");
    Some(rest)
}

fn item(value: &Value, base: Option<&Url>) -> Item {
    let url_of = |key: &str| text(value, key).and_then(|url| web_url(&url, base));
    let instant = |key: &str| {
        let instant: Timestamp = text(value, key)?.parse().ok()?;
        Some(instant.as_second())
    };
    let id = text(value, "id").unwrap_or_default();
    let link = url_of("url")
        .or_else(|| url_of("external_url"))
        .or_else(|| web_url(&id, None));
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
        summary_markup: text(value, "summary").map(|summary| escape(&summary)),
        content_markup,
        authors: authors(value),
        categories: Vec::new(),
        tags: list(value, "tags").filter_map(as_text).collect(),
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
        .filter_map(|author| text(author, "name"))
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

fn as_text(value: &Value) -> Option<String> {
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
            let found = parse(&whole.as_bytes()[..length], None);
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
