//! Markdown: a folder of articles as static site generators keep them, or one file.
//!
//! In come files with front matter as Hugo, Jekyll, Zola and Eleventy write it, out come items. Which
//! key of whose becomes which field stands here; `front_matter.rs` reads the keys, `body.rs` the
//! text, `permalink.rs` makes the link, `folder.rs` finds the files. A file that is broken is left out
//! and named with its line; drafts are left out and counted.

mod body;
mod folder;
mod front_matter;
mod permalink;

use url::Url;

use super::Item;
use super::encoding;
use super::feed::{escape, web_url};
use super::picture::first_picture;
use super::{Error, Format, Parsed};

use front_matter::Fields;

pub use folder::{Folder, read};
pub use permalink::{PermalinkError, check as check_permalink};

/// Where the pages of the files are on the web.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The site's front page; without one only files that name their address have a link.
    pub home_url: Option<Url>,
    /// The address of a page below it, such as "/:year/:month/:slug/"; "/:path/" without one.
    pub permalink: Option<String>,
}

/// What one file is.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Article(Box<Item>),
    /// Its front matter says that it is not published.
    Draft,
}

/// Why one file is left out.
#[derive(Debug, PartialEq, Eq)]
struct Broken {
    /// The line of the file, where one can be named.
    line: Option<usize>,
    why: String,
}

impl Broken {
    fn new(why: impl Into<String>) -> Self {
        Self {
            line: None,
            why: why.into(),
        }
    }

    /// "crane.md:3: why", for people.
    fn sentence(&self, path: &str) -> String {
        let line = self
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        format!("left out {path}{line}: {}", self.why)
    }
}

/// Reads one document of which nothing but the text is known.
pub(super) fn parse(bytes: &[u8], base: Option<&Url>) -> Result<Parsed, Error> {
    if encoding::first_character(bytes).is_none() {
        return Err(Error::Empty);
    }
    let settings = Settings {
        home_url: base.cloned(),
        permalink: None,
    };
    match file(bytes, "", &settings) {
        Ok(Outcome::Article(item)) => Ok(parsed(vec![*item], Vec::new())),
        Ok(Outcome::Draft) => Ok(parsed(Vec::new(), vec!["left out 1 draft".to_owned()])),
        Err(broken) => Err(Error::Unread(match broken.line {
            Some(line) => format!("line {line}: {}", broken.why),
            None => broken.why,
        })),
    }
}

fn parsed(items: Vec<Item>, repaired: Vec<String>) -> Parsed {
    Parsed {
        title: None,
        link: None,
        language: None,
        format: Format::Markdown,
        items,
        repaired,
    }
}

/// Reads one file; `path` is relative to the folder, with `/` between its parts.
fn file(bytes: &[u8], path: &str, settings: &Settings) -> Result<Outcome, Broken> {
    let text = encoding::decoded(bytes, None);
    let (fields, text) = front_matter::split(&text)?;
    if fields.is_draft() {
        return Ok(Outcome::Draft);
    }
    let place = permalink::Place::of(path);
    let body = body::render(text);
    let published_at = fields
        .date(&[
            "date",
            "published",
            "publishdate",
            "pubdate",
            "date_published",
        ])
        .or(place.date);
    let title = fields.text(&["title"]).map(|title| escape(&title));
    let heading_is_title = title.is_none();
    let title = title.or_else(|| body.heading.as_deref().map(escape));
    let canonical_url = fields
        .text(&["canonical", "canonical_url", "canonicalurl"])
        .and_then(|text| web_url(&text, settings.home_url.as_ref()));
    let link = match own_address(&fields, settings) {
        Some(link) => Some(link),
        None => permalink::link(&fields, &place, published_at, settings)?
            .or_else(|| canonical_url.clone()),
    };
    let (image_url, image_alt) = picture(&fields, link.as_ref());
    let content_markup = body.markup(heading_is_title).to_owned();
    let shown = first_picture(&content_markup, link.as_ref(), image_url.as_ref());
    let image_alt = image_alt.or_else(|| shown.as_ref().and_then(|it| it.alt.clone()));
    let mut categories = fields.list(&["categories", "category", "section"]);
    categories.extend(place.section.clone().filter(|_| categories.is_empty()));
    let summary = fields
        .text(&["description", "summary", "excerpt", "subtitle"])
        .map(|text| escape(&text));
    Ok(Outcome::Article(Box::new(Item {
        id: path.to_owned(),
        canonical_url,
        title,
        summary_markup: summary.or(body.summary),
        content_markup: Some(content_markup).filter(|markup| !markup.trim().is_empty()),
        authors: fields.list(&["authors", "author", "byline"]),
        categories,
        tags: fields.list(&["tags", "keywords"]),
        image_url: image_url.or_else(|| shown.map(|it| it.url)),
        image_alt,
        language: fields.text(&["language", "lang", "locale"]),
        published_at,
        updated_at: fields.date(&["lastmod", "updated", "modified", "last_modified_at"]),
        link,
    })))
}

/// The address the file itself names; patterns and templates are none.
fn own_address(fields: &Fields, settings: &Settings) -> Option<Url> {
    let text = fields
        .texts(&["url", "permalink", "link", "external_url"])
        .find(|text| !text.contains(['{', ':']) || text.contains("://"))?;
    let sub = text.trim_start_matches('/');
    match &settings.home_url {
        // "/a/" stands below the front page, also of a site in a folder of its host.
        Some(home) if !text.contains("://") && !text.starts_with("//") => {
            web_url(sub, Some(&permalink::folder_of(home)))
        }
        home => web_url(&text, home.as_ref()),
    }
}

/// The picture and what it shows, in any of the ways generators and themes have for it.
fn picture(fields: &Fields, link: Option<&Url>) -> (Option<Url>, Option<String>) {
    let keys = [
        "image",
        "cover",
        "thumbnail",
        "images",
        "featured_image",
        "featuredimage",
        "hero",
        "banner",
    ];
    let found = keys.iter().find_map(|key| {
        let (address, alt) = fields.picture(key)?;
        Some((web_url(&address, link)?, alt))
    });
    let alt = fields.text(&["image_alt", "imagealt", "cover_alt"]);
    match found {
        Some((url, own)) => (Some(url), own.or(alt).map(|alt| escape(&alt))),
        None => (None, None),
    }
}

#[cfg(test)]
mod tests;
