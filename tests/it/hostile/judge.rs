//! What a mail may hold, by lists; everything else is a failure.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;

const ELEMENTS: &[&str] = &[
    "a", "b", "body", "br", "center", "div", "em", "h1", "h2", "h3", "head", "hr", "html", "i",
    "img", "li", "meta", "p", "small", "span", "strong", "style", "table", "tbody", "td", "th",
    "title", "tr", "ul",
];
const ATTRIBUTES: &[&str] = &[
    "align",
    "alt",
    "aria-hidden",
    "aria-label",
    "aria-roledescription",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "content",
    "dir",
    "height",
    "href",
    "id",
    "lang",
    "name",
    "rel",
    "role",
    "src",
    "style",
    "tabindex",
    "title",
    "valign",
    "width",
    "xmlns:o",
    "xmlns:v",
    "xmlns",
];
/// Words that make a style more than a look.
const STYLE_NEVER: &[&str] = &["url(", "expression", "@import", "binding", "behavior", "\\"];
/// The header fields a mail of ours has.
const HEADERS: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-help",
    "list-archive",
    "list-post",
    "reply-to",
    "auto-submitted",
    "precedence",
    "feedback-id",
    "content-transfer-encoding",
    "sender",
    "content-language",
    "x-mailer",
];

fn tokens(page: &str) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(page, emitter).map(|token| token.unwrap())
}

/// Fails if the page has anything in it that is not on the lists.
pub(super) fn page(page: &str) {
    let mut inside_style = false;
    for token in tokens(page) {
        match token {
            Token::StartTag(tag) => {
                inside_style = &**tag.name == b"style";
                element(&tag);
            }
            Token::EndTag(_) => inside_style = false,
            Token::Comment(comment) => {
                let text = String::from_utf8_lossy(&comment.value).into_owned();
                let ours = text.starts_with("[if") || text.starts_with("<![endif]");
                assert!(ours && !text.contains("alert"), "comment: {text}");
            }
            Token::String(text) if inside_style => style(&String::from_utf8_lossy(&text.value)),
            Token::String(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
}

fn element(tag: &StartTag<()>) {
    let name = String::from_utf8_lossy(&tag.name).into_owned();
    assert!(ELEMENTS.contains(&&*name), "element: {name}");
    for (key, value) in &tag.attributes {
        let key = String::from_utf8_lossy(key).into_owned();
        let value = String::from_utf8_lossy(&value.value).into_owned();
        assert!(ATTRIBUTES.contains(&&*key), "<{name} {key}={value}>");
        match key.as_str() {
            "href" | "src" => {
                let url = Url::parse(&value).unwrap_or_else(|_| panic!("<{name} {key}={value}>"));
                let known = ["http", "https", "mailto"].contains(&url.scheme());
                assert!(known, "<{name} {key}={value}>");
            }
            "style" => style(&value),
            "lang" => assert!(
                value.len() <= 35 && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "lang={value}"
            ),
            "class" | "id" | "role" | "dir" | "width" | "height" => {
                assert!(
                    !value.contains(['<', '"', '(', ':']),
                    "<{name} {key}={value}>"
                );
            }
            _ => {}
        }
    }
}

fn style(text: &str) {
    let text = text.to_ascii_lowercase();
    for word in STYLE_NEVER {
        assert!(!text.contains(word), "style: {word} in {text}");
    }
}

/// All text of a page.
pub(super) fn words(page: &str) -> String {
    let mut out = String::new();
    for token in tokens(page) {
        if let Token::String(text) = token {
            out.push_str(&String::from_utf8_lossy(&text.value));
            out.push(' ');
        }
    }
    out
}

/// Fails if a text has controls or turns its direction.
pub(super) fn plain(text: &str) {
    let bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text = text.replace("\r\n", "\n");
    assert!(!text.contains(bad), "{:?}", text.split(bad).next());
}

/// Fails if a message has headers that are not ours, one of them twice, or parts that act.
pub(super) fn message(bytes: &[u8]) {
    let mail = mail_parser::MessageParser::default().parse(bytes).unwrap();
    let mut seen = Vec::new();
    for header in mail.headers() {
        let name = header.name().to_ascii_lowercase();
        assert!(HEADERS.contains(&&*name), "header: {name}");
        assert!(!seen.contains(&name), "twice: {name}");
        seen.push(name);
    }
    let subject = mail.subject().unwrap();
    assert!(!subject.contains(char::is_control), "{subject:?}");
    assert_eq!(mail.to().map_or(0, |to| to.iter().count()), 1);
    assert_eq!(mail.attachment_count(), 0);
    page(&mail.body_html(0).unwrap());
    plain(&mail.body_text(0).unwrap());
}
