//! The picture inside an item's markup.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;

use super::feed::web_url;
use super::markup::shallow;

/// A picture and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) url: Url,
    pub(super) alt: Option<String>,
}

/// Sides below this many pixels belong to icons, smileys and counters, not to photographs.
const SMALLEST_SIDE: u32 = 50;

/// The first picture of `markup` worth showing; with `wanted`, the one with that address, for its
/// text.
pub(super) fn first_picture(
    markup: &str,
    base: Option<&Url>,
    wanted: Option<&Url>,
) -> Option<Picture> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(&*shallow(markup), emitter)
        .filter_map(|token| match token {
            Ok(Token::StartTag(tag)) if &**tag.name == b"img" => picture(&tag, base),
            _ => None,
        })
        .find(|found| wanted.is_none_or(|wanted| *wanted == found.url))
}

fn picture(tag: &StartTag<()>, base: Option<&Url>) -> Option<Picture> {
    let attribute = |name: &str| {
        let value = tag.attributes.get(name.as_bytes())?;
        Some(String::from_utf8_lossy(&value.value).trim().to_owned())
    };
    let small = |name: &str| {
        let side = attribute(name).and_then(|side| side.trim_end_matches("px").parse::<u32>().ok());
        side.is_some_and(|side| side < SMALLEST_SIDE)
    };
    if small("width") || small("height") {
        return None;
    }
    Some(Picture {
        url: web_url(&attribute("src")?, base)?,
        alt: attribute("alt").filter(|alt| !alt.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_picture_of_some_size_is_taken_with_its_text() {
        let base = Url::parse("https://example.org/a/").unwrap();
        for (markup, found) in [
            ("<p>none", None),
            (
                r#"<img src="b.jpg" alt=" A &amp; B ">"#,
                Some(("https://example.org/a/b.jpg", Some("A & B"))),
            ),
            (
                r#"<IMG SRC='/b.jpg' alt="">"#,
                Some(("https://example.org/b.jpg", None)),
            ),
            (
                r#"<img src=p.gif width=1 height=1><img src=b.jpg width="600px">"#,
                Some(("https://example.org/a/b.jpg", None)),
            ),
            (
                r#"<img src="data:image/gif;base64,R0"><img src="javascript:x">"#,
                None,
            ),
            (
                r#"<!-- <img src="b.jpg"> --><script>"<img src='b.jpg'>"</script>"#,
                None,
            ),
            (r#"<img alt="x"#, None),
        ] {
            let picture = first_picture(markup, Some(&base), None);
            let shown = picture.as_ref().map(|p| (p.url.as_str(), p.alt.as_deref()));
            assert_eq!(shown, found, "{markup}");
        }
    }
}
