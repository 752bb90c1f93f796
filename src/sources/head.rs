//! What an article page says of itself in its head.
//!
//! Title, description, picture and address from the elements that sites write for previews: enough
//! to complete an item. The text of the article is left where it is.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;

use super::Item;
use super::feed::{escape, web_url};

/// A head is never longer, and what stands in the body is not looked for.
const LOOKED_AT: usize = 500_000;

/// Reads the head of the page at `url`; none if it has no title.
#[must_use]
pub(super) fn read(bytes: &[u8], url: &Url, _content_type: Option<&str>) -> Option<Item> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]);
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut page = Item::default();
    let mut plain_title = None;
    let mut in_title = false;
    for token in Tokenizer::new_with_emitter(&*text, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => match &**tag.name {
                b"body" => break,
                b"title" => in_title = plain_title.is_none(),
                b"html" => page.language = attribute(&tag, "lang"),
                b"meta" => note(&mut page, &tag, url),
                b"link" => {
                    let canonical = attribute(&tag, "rel").is_some_and(|rel| {
                        rel.split_ascii_whitespace()
                            .any(|word| word.eq_ignore_ascii_case("canonical"))
                    });
                    if canonical && page.canonical_url.is_none() {
                        let href = attribute(&tag, "href");
                        page.canonical_url = href.and_then(|href| web_url(&href, Some(url)));
                    }
                }
                _ => {}
            },
            Ok(Token::String(text)) if in_title => {
                plain_title = Some(escape(&String::from_utf8_lossy(&text)));
                in_title = false;
            }
            Ok(Token::EndTag(_)) => in_title = false,
            Ok(Token::String(_) | Token::Comment(_) | Token::Doctype(_) | Token::Error(_))
            | Err(_) => {}
        }
    }
    page.title = page.title.or(plain_title);
    page.title.is_some().then_some(page)
}

fn note(page: &mut Item, tag: &StartTag<()>, url: &Url) {
    let name = attribute(tag, "property").or_else(|| attribute(tag, "name"));
    let (Some(name), Some(content)) = (name, attribute(tag, "content")) else {
        return;
    };
    let instant = || Some(content.parse::<jiff::Timestamp>().ok()?.as_second());
    let markup = || Some(escape(&content));
    match name.to_ascii_lowercase().as_str() {
        "og:title" => page.title = page.title.take().or_else(markup),
        "og:description" => page.summary_markup = markup(),
        "description" => page.summary_markup = page.summary_markup.take().or_else(markup),
        "og:image" => {
            page.image_url = page
                .image_url
                .take()
                .or_else(|| web_url(&content, Some(url)));
        }
        "og:image:alt" => page.image_alt = page.image_alt.take().or(Some(content)),
        "article:published_time" => page.published_at = instant(),
        "article:modified_time" => page.updated_at = instant(),
        "article:section" => page.categories.push(escape(&content)),
        "article:tag" if page.tags.len() < 20 => page.tags.push(escape(&content)),
        "author" if page.authors.is_empty() => page.authors.push(escape(&content)),
        _ => {}
    }
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    let text = String::from_utf8_lossy(&value.value).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: &str = "<!doctype html><html lang=en><head><title>Storm &amp; tide | Tarn</title>\
        <meta property='og:title' content='Storm &amp; tide'><meta name=description content='Plain'>\
        <meta property='og:description' content='Ferries stay in port.'>\
        <meta property='og:image' content='/storm.jpg'><meta property='og:image:alt' content='Waves'>\
        <meta property='article:published_time' content='2026-11-23T10:00:00Z'>\
        <link rel=canonical href='/storm'><body><meta property='og:title' content='No'>";

    #[test]
    fn a_head_is_read_as_sites_write_it_for_previews() {
        let url = Url::parse("https://tarn.example/storm?x=1").unwrap();
        let found = read(PAGE.as_bytes(), &url, None).unwrap();
        assert_eq!(found.title.as_deref(), Some("Storm &amp; tide"));
        assert_eq!(
            found.summary_markup.as_deref(),
            Some("Ferries stay in port.")
        );
        assert_eq!(
            found.image_url.unwrap().as_str(),
            "https://tarn.example/storm.jpg"
        );
        assert_eq!(found.image_alt.as_deref(), Some("Waves"));
        assert_eq!(
            found.canonical_url.unwrap().as_str(),
            "https://tarn.example/storm"
        );
        assert_eq!(found.published_at, Some(1_795_428_000));
        let bare = read(b"<title>Storm</title><p>x", &url, None).unwrap();
        assert_eq!(
            (bare.title.as_deref(), bare.summary_markup),
            (Some("Storm"), None)
        );
        assert_eq!(read(b"<p>x", &url, None), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_page_or_nothing(
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<proptest::sample::Index>(),
        ) {
            let url = Url::parse("https://tarn.example/").unwrap();
            let _either = read(&noise, &url, None);
            let mut bytes = PAGE.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes.splice(at..at, noise);
            let _either = read(&bytes, &url, None);
        }
    }
}
