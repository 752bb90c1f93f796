//! What a page says of itself, in the order it says it: one pass over its tags, no tree.
//!
//! Everything here is bounded in number and length, so a hostile page costs no more than its size.
//! Which of several answers is right is left to `facts.rs`.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;

use super::super::feed::web_url;
use super::tidy::MOST_TOKENS;
use crate::sources::markup::shallow;

const MOST_ENTRIES: usize = 600;
const MOST_VALUE: usize = 4_000;
const MOST_TEXT: usize = 400;
const MOST_OPEN: usize = 6;
const MOST_SCRIPT_BYTES: usize = 1_500_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// `<base href>`, resolved against the page's address; else that address.
    pub(super) base: Option<Url>,
    /// `lang` of `<html>` or `<body>`.
    pub(super) language: Option<String>,
    /// The page says it is AMP.
    pub(super) is_amp: bool,
    /// `name`, `property`, `http-equiv` or `itemprop` (with `item:` before it) in lower case, and the
    /// content.
    pub(super) metas: Vec<(String, String)>,
    pub(super) links: Vec<Link>,
    /// The text of each `application/ld+json`.
    pub(super) json_ld: Vec<String>,
    /// Texts of elements that are called something.
    pub(super) texts: Vec<(Role, String)>,
    /// `<time>` and what stands in it: its `datetime`, or its text.
    pub(super) times: Vec<Time>,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) rel: String,
    pub(super) href: String,
}

#[derive(Debug)]
pub(super) struct Time {
    pub(super) value: String,
    /// Marked as the date of publication rather than of anything.
    pub(super) marked: bool,
}

/// Why the text of an element is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `<title>`
    Title,
    /// `<h1>`
    Heading,
    /// `itemprop="headline"`
    Headline,
    /// `itemprop="author"` or `rel="author"`
    Author,
    /// A class or id that says author or byline
    Byline,
    /// `<time>` without `datetime`
    Time,
    /// The same, marked as the date of publication
    Published,
    /// A class or id that says date
    Date,
}

#[derive(Debug)]
struct Capture {
    role: Role,
    element: String,
    nested: usize,
    text: String,
}

/// Reads what a page says of itself; `url` is where it was found.
pub(super) fn read(text: &str, url: Option<&Url>) -> Head {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut reader = Reader {
        head: Head {
            base: url.cloned(),
            ..Head::default()
        },
        ..Reader::default()
    };
    for token in Tokenizer::new_with_emitter(&*shallow(text), emitter).take(MOST_TOKENS) {
        match token {
            Ok(Token::StartTag(tag)) => reader.start(&tag),
            Ok(Token::EndTag(tag)) => reader.end(&tag.name),
            Ok(Token::String(found)) => reader.text(&found.value),
            Ok(Token::Comment(_) | Token::Doctype(_) | Token::Error(_)) => {}
            Err(never) => match never {},
        }
    }
    while let Some(capture) = reader.captures.pop() {
        reader.keep(capture.role, &capture.text);
    }
    reader.head
}

#[derive(Debug, Default)]
struct Reader {
    head: Head,
    captures: Vec<Capture>,
    based: bool,
    script: Script,
    script_bytes: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Script {
    #[default]
    None,
    JsonLd,
    Other,
}

impl Reader {
    fn start(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        match name {
            b"html" | b"body" => self.root(tag),
            b"base" if !self.based => {
                if let Some(base) =
                    value(tag, "href").and_then(|href| web_url(&href, self.head.base.as_ref()))
                {
                    self.head.base = Some(base);
                    self.based = true;
                }
            }
            b"meta" => self.meta(tag),
            b"link" => self.link(tag),
            b"script" | b"style" => {
                let json_ld = value(tag, "type")
                    .is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json"));
                self.script = if json_ld {
                    Script::JsonLd
                } else {
                    Script::Other
                };
                if json_ld && self.head.json_ld.len() < 50 {
                    self.head.json_ld.push(String::new());
                }
            }
            _ => {}
        }
        self.item(tag);
        for capture in &mut self.captures {
            if capture.element.as_bytes() == name {
                capture.nested += 1;
            }
            // Words of neighbouring elements are words of their own.
            if !capture.text.ends_with(' ') && !matches!(name, b"b" | b"i" | b"em" | b"span" | b"a")
            {
                capture.text.push(' ');
            }
        }
        if let Some(role) = role(tag)
            && self.captures.len() < MOST_OPEN
            && self.head.texts.len() < MOST_ENTRIES
        {
            self.captures.push(Capture {
                role,
                element: String::from_utf8_lossy(name).into_owned(),
                nested: 0,
                text: String::new(),
            });
        }
    }

    fn root(&mut self, tag: &StartTag<()>) {
        if self.head.language.is_none() {
            self.head.language = value(tag, "lang").or_else(|| value(tag, "xml:lang"));
        }
        let html = &**tag.name == b"html";
        self.head.is_amp |= html
            && (tag.attributes.contains_key(b"amp".as_slice())
                || tag.attributes.contains_key("⚡".as_bytes()));
    }

    fn meta(&mut self, tag: &StartTag<()>) {
        let Some(content) = value(tag, "content") else {
            return;
        };
        for key in ["property", "name", "http-equiv"] {
            if let Some(names) = value(tag, key) {
                self.push_meta(names.to_ascii_lowercase(), content.clone());
            }
        }
    }

    fn push_meta(&mut self, name: String, content: String) {
        if self.head.metas.len() < MOST_ENTRIES && name.len() < 80 {
            self.head.metas.push((name, content));
        }
    }

    fn link(&mut self, tag: &StartTag<()>) {
        let (Some(rel), Some(href)) = (value(tag, "rel"), value(tag, "href")) else {
            return;
        };
        if self.head.links.len() < MOST_ENTRIES {
            self.head.links.push(Link {
                rel: rel.to_ascii_lowercase(),
                href,
            });
        }
    }

    /// Microdata whose value stands in an attribute, and `<time datetime>`.
    fn item(&mut self, tag: &StartTag<()>) {
        let property = value(tag, "itemprop").unwrap_or_default();
        let time = &**tag.name == b"time";
        let given = ["content", "datetime"]
            .into_iter()
            .find_map(|name| value(tag, name));
        let Some(given) = given else { return };
        if !property.is_empty() {
            for one in property.split_ascii_whitespace() {
                self.push_meta(format!("item:{}", one.to_ascii_lowercase()), given.clone());
            }
        } else if time {
            self.push_time(given, is_published(tag));
        }
    }

    fn push_time(&mut self, value: String, marked: bool) {
        if self.head.times.len() < MOST_ENTRIES {
            self.head.times.push(Time { value, marked });
        }
    }

    fn end(&mut self, name: &[u8]) {
        if matches!(name, b"script" | b"style") {
            self.script = Script::None;
        }
        for capture in &mut self.captures {
            if !matches!(name, b"b" | b"i" | b"em" | b"span" | b"a") && !capture.text.ends_with(' ')
            {
                capture.text.push(' ');
            }
        }
        while let Some(at) = self
            .captures
            .iter()
            .position(|capture| capture.element.as_bytes() == name && capture.nested == 0)
        {
            let capture = self.captures.remove(at);
            self.keep(capture.role, &capture.text);
        }
        for capture in &mut self.captures {
            if capture.element.as_bytes() == name {
                capture.nested -= 1;
            }
        }
    }

    fn keep(&mut self, role: Role, text: &str) {
        let text = one_line(text);
        if text.is_empty() || self.head.texts.len() >= MOST_ENTRIES {
            return;
        }
        match role {
            Role::Time => self.push_time(text, false),
            Role::Published => self.push_time(text, true),
            role => self.head.texts.push((role, text)),
        }
    }

    fn text(&mut self, text: &[u8]) {
        match self.script {
            Script::Other => return,
            Script::JsonLd => {
                self.script_bytes += text.len();
                if self.script_bytes < MOST_SCRIPT_BYTES
                    && let Some(script) = self.head.json_ld.last_mut()
                {
                    script.push_str(&String::from_utf8_lossy(text));
                }
                return;
            }
            Script::None => {}
        }
        for capture in &mut self.captures {
            let left = MOST_TEXT.saturating_sub(capture.text.len());
            let text = &text[..text.len().min(left)];
            capture.text.push_str(&String::from_utf8_lossy(text));
        }
    }
}

/// What the text of an element is good for.
fn role(tag: &StartTag<()>) -> Option<Role> {
    match &**tag.name {
        b"title" => return Some(Role::Title),
        b"h1" => return Some(Role::Heading),
        b"time" if value(tag, "datetime").is_none() => {
            return Some(if is_published(tag) {
                Role::Published
            } else {
                Role::Time
            });
        }
        b"article" | b"body" | b"html" | b"main" | b"meta" | b"link" | b"img" | b"input"
        | b"br" | b"script" | b"style" | b"hr" => return None,
        _ => {}
    }
    let property = value(tag, "itemprop")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let rel = value(tag, "rel").unwrap_or_default().to_ascii_lowercase();
    if property
        .split(' ')
        .any(|one| matches!(one, "author" | "creator"))
        || rel.split(' ').any(|one| one == "author")
    {
        return Some(Role::Author);
    }
    if property.split(' ').any(|one| one == "headline") {
        return Some(Role::Headline);
    }
    let called = called(tag);
    let has = |marks: &[&str]| marks.iter().any(|mark| called.contains(mark));
    if has(&[
        "byline",
        "author",
        "autor",
        "writer",
        "verfasser",
        "journalist",
        "auteur",
        "redakteur",
    ]) && !has(&[
        "authority",
        "bio",
        "about",
        "comment",
        "avatar",
        "image",
        "photo",
        "social",
        "more",
    ]) {
        return Some(Role::Byline);
    }
    if has(&[
        "date",
        "datum",
        "fecha",
        "published",
        "posted",
        "pubtime",
        "timestamp",
    ]) && !has(&["update", "candidate", "comment", "mandate", "related"])
    {
        return Some(Role::Date);
    }
    None
}

fn is_published(tag: &StartTag<()>) -> bool {
    let called = called(tag);
    tag.attributes.contains_key(b"pubdate".as_slice())
        || [
            "publish",
            "entry-date",
            "post-date",
            "created",
            "dt-published",
        ]
        .iter()
        .any(|mark| called.contains(mark))
}

fn called(tag: &StartTag<()>) -> String {
    let mut called = value(tag, "class").unwrap_or_default();
    called.push(' ');
    called.push_str(&value(tag, "id").unwrap_or_default());
    called.make_ascii_lowercase();
    called
}

fn value(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = &tag.attributes.get(name.as_bytes())?.value;
    let value = String::from_utf8_lossy(&value[..value.len().min(MOST_VALUE)]);
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// White space of any kind as single spaces.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(200));
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
