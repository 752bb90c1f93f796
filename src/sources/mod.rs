//! Sources: what a news site publishes, read as it stands.
//!
//! In comes a `[[source]]` of the configuration, out come [`Item`]s: untrusted texts exactly as they
//! were received, with links resolved and dates read, nothing cleaned. A source that fails is an
//! outcome that is recorded, never an error that stops the others. Cleaning, and deciding which
//! items are the same article, is left to `articles`.

pub mod complete;
mod dates;
pub mod discover;
mod document;
mod encoding;
pub mod feed;
mod follow;
pub mod health;
mod json_feed;
mod json_lines;
mod kind;
pub mod markdown;
pub mod markup;
pub mod page;
mod picture;
pub mod poll;
pub mod schedule;
mod sitemap;
pub mod store;
mod xml_feed;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use crate::units::Span;

pub use document::{Error, Format, Parsed};
pub use follow::follow;
pub use json_lines::read as read_json_lines;
pub use kind::{Kind, hint, read, unpacked};
pub use poll::{News, Polled, Wish, poll};
pub use schedule::{Asked, Due};
pub use store::State;

/// One article as a source gave it. Every text is untrusted and as received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// The source's own id; may be empty, is often a URL.
    pub id: String,
    /// Where the article is: absolute, http or https.
    pub link: Option<Url>,
    /// The address its page itself calls the right one (RFC 6596), where that is known.
    pub canonical_url: Option<Url>,
    /// The title as markup: text with entities, perhaps with elements.
    pub title: Option<String>,
    /// A summary as markup.
    pub summary_markup: Option<String>,
    /// The whole article, or much of it, as markup.
    pub content_markup: Option<String>,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Categories, the source's most important one first.
    pub categories: Vec<String>,
    /// Tags, where the format tells them from categories.
    pub tags: Vec<String>,
    /// A picture: absolute, http or https.
    pub image_url: Option<Url>,
    /// What the picture shows, if the source says so.
    pub image_alt: Option<String>,
    /// The language the item or its feed declares (BCP 47, unchecked).
    pub language: Option<String>,
    /// When it was published, Unix seconds; may lie in the future.
    pub published_at: Option<i64>,
    /// When it was last changed, Unix seconds; may lie in the future.
    pub updated_at: Option<i64>,
}

/// `[[source]]` in `digest.toml`: exactly one of `url` and `file`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What it is called on the command line and in reports: a-z, 0-9, `-` and `_`.
    pub name: String,
    /// Where it is on the web.
    pub url: Option<Url>,
    /// A file or, for Markdown, a folder, relative to the configuration file; "-" is standard input.
    pub file: Option<PathBuf>,
    /// What it is.
    #[serde(default)]
    pub format: Kind,
    /// For Markdown: the address of a page below `home_url`, such as "/:year/:month/:slug/".
    pub permalink: Option<String>,
    /// The category of items that have none of their own.
    pub category: Option<String>,
    /// The language of items that declare none (BCP 47).
    pub language: Option<String>,
    /// The site's front page; relative links in a `file` are relative to it.
    pub home_url: Option<Url>,
    /// How long nothing new is no news; by default three times its usual gap, two days at least.
    pub quiet_after: Option<Span>,
    /// What is done about items that lack a summary or a picture.
    #[serde(default)]
    pub complete: Complete,
    /// Stands for the rules of categories and tags: when they change, everything is read again.
    #[serde(skip)]
    pub rules: String,
}

/// Whether article pages are asked for what a feed leaves out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Complete {
    /// Never.
    #[default]
    Never,
    /// When an item has no summary or no picture.
    Missing,
}

/// Where a source is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// From the web.
    Web(Url),
    /// From a file or a folder.
    File(PathBuf),
    /// From standard input.
    Input,
}

impl Config {
    /// Checks what serde cannot.
    ///
    /// # Errors
    /// The first [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(slug) {
            return Err(ConfigError::Name(self.name.clone()));
        }
        self.location(Path::new("")).map(|_location| ())?;
        self.check_format()
    }

    /// Checks what depends on the format.
    ///
    /// # Errors
    /// The first [`ConfigError`].
    pub fn check_format(&self) -> Result<(), ConfigError> {
        let markdown = self.format == Kind::Markdown;
        let name = || self.name.clone();
        if self.is_input() && self.format != Kind::Jsonl {
            return Err(ConfigError::Input(name()));
        }
        if markdown && self.url.is_some() {
            return Err(ConfigError::MarkdownUrl(name()));
        }
        if markdown && self.home_url.is_none() {
            return Err(ConfigError::NoHome(name()));
        }
        if self.format == Kind::Page && self.file.is_some() && self.home_url.is_none() {
            return Err(ConfigError::NoHome(name()));
        }
        match &self.permalink {
            Some(_) if !markdown => Err(ConfigError::Permalink(name())),
            Some(pattern) => Ok(markdown::check_permalink(pattern)?),
            None => Ok(()),
        }
    }

    /// Whether it is read from standard input: `file = "-"`.
    #[must_use]
    pub fn is_input(&self) -> bool {
        self.file.as_deref() == Some(Path::new("-"))
    }

    /// Where it is read from; `folder` is what a relative file is relative to.
    ///
    /// # Errors
    /// When not exactly one of `url` and `file` is given, or `url` is not http.
    pub fn location(&self, folder: &Path) -> Result<Location, ConfigError> {
        match (&self.url, &self.file) {
            (Some(url), None) if matches!(url.scheme(), "http" | "https") => {
                Ok(Location::Web(url.clone()))
            }
            (Some(url), None) => Err(ConfigError::Scheme(url.to_string())),
            (None, Some(_)) if self.is_input() => Ok(Location::Input),
            (None, Some(file)) => Ok(Location::File(folder.join(file))),
            (None, None) => Err(ConfigError::Neither(self.name.clone())),
            (Some(_), Some(_)) => Err(ConfigError::Both(self.name.clone())),
        }
    }

    /// The location as configured, for reports.
    #[must_use]
    pub fn location_text(&self) -> String {
        match (&self.url, &self.file) {
            (Some(url), _) => url.to_string(),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => String::new(),
        }
    }

    /// What is read and how: when this changes, what was learned by asking is worth nothing.
    #[must_use]
    pub fn reading(&self) -> String {
        let mut reading = self.location_text();
        let home = self.home_url.as_ref().filter(|_| self.permalink.is_some());
        let parts = [
            (self.format != Kind::Feed).then(|| self.format.name()),
            self.permalink.as_deref(),
            home.map(Url::as_str),
            Some(self.rules.as_str()).filter(|rules| !rules.is_empty()),
        ];
        for part in parts.into_iter().flatten() {
            reading.push(' ');
            reading.push_str(part);
        }
        reading
    }
}

/// What is wrong with a `[[source]]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The name is no slug.
    #[error("the source name \"{0}\" is not made of 1 to 64 of a-z, 0-9, - and _")]
    Name(String),
    /// No location.
    #[error("source \"{0}\" has neither url nor file")]
    Neither(String),
    /// Two locations.
    #[error("source \"{0}\" has both url and file")]
    Both(String),
    /// Not a web address.
    #[error("\"{0}\" is neither http: nor https:")]
    Scheme(String),
    /// Standard input in a format that is not read from it.
    #[error("source \"{0}\": only format = \"jsonl\" is read from standard input")]
    Input(String),
    /// Markdown on the web.
    #[error("source \"{0}\": Markdown is read from a file or a folder, not from a url")]
    MarkdownUrl(String),
    /// Nothing that links could be relative to.
    #[error("source \"{0}\" needs home_url: without it nobody knows where its pages are")]
    NoHome(String),
    /// A permalink for something else than Markdown.
    #[error("source \"{0}\": permalink is for format = \"markdown\" only")]
    Permalink(String),
    /// A permalink that cannot work.
    #[error(transparent)]
    Pattern(#[from] markdown::PermalinkError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, url: Option<&str>, file: Option<&str>) -> Config {
        Config {
            name: name.to_owned(),
            url: url.map(|url| Url::parse(url).unwrap()),
            file: file.map(PathBuf::from),
            format: Kind::Feed,
            permalink: None,
            category: None,
            language: None,
            home_url: None,
            rules: String::new(),
            quiet_after: None,
            complete: Complete::Never,
        }
    }

    #[test]
    fn a_source_is_a_slug_and_one_location() {
        let web = Some("https://example.org/feed");
        for (name, url, file, problem) in [
            ("world-news_2", web, None, None),
            ("local", None, Some("feeds/local.xml"), None),
            ("World", web, None, Some("the source name \"World\" is not")),
            ("", web, None, Some("the source name \"\" is not")),
            ("a", None, None, Some("source \"a\" has neither")),
            ("a", web, Some("x"), Some("source \"a\" has both")),
            ("a", Some("ftp://x/"), None, Some("\"ftp://x/\" is neither")),
        ] {
            let found = config(name, url, file)
                .check()
                .map_err(|error| error.to_string());
            match problem {
                None => assert_eq!(found, Ok(()), "{name}"),
                Some(start) => assert!(found.unwrap_err().starts_with(start), "{name}"),
            }
        }
    }

    #[test]
    fn unknown_keys_and_broken_urls_are_refused() {
        for (text, problem) in [
            ("name = 'a'\nurll = 'https://x/'", "unknown field `urll`"),
            ("name = 'a'\nurl = 'x'", "relative URL without a base"),
        ] {
            let error = toml::from_str::<Config>(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn every_format_asks_for_what_it_needs() {
        let home = "home_url = 'https://x.example/'";
        for (text, problem) in [
            (
                "url = 'https://x/s.xml'\nformat = 'sitemap'".to_owned(),
                None,
            ),
            ("file = '-'\nformat = 'jsonl'".to_owned(), None),
            ("file = '-'".to_owned(), Some("only format = \"jsonl\"")),
            (format!("file = 'posts'\nformat = 'markdown'\n{home}"), None),
            (
                "file = 'posts'\nformat = 'markdown'".to_owned(),
                Some("needs home_url"),
            ),
            (
                format!("url = 'https://x/'\nformat = 'markdown'\n{home}"),
                Some("not from a url"),
            ),
            (
                "file = 'a'\npermalink = '/:slug/'".to_owned(),
                Some("permalink is for"),
            ),
            (
                format!("file = 'a'\nformat = 'markdown'\npermalink = '/x/'\n{home}"),
                Some("neither :slug nor :path"),
            ),
        ] {
            let config: Config = toml::from_str(&format!("name = 'a'\n{text}")).unwrap();
            let found = config.check().map_err(|error| error.to_string());
            match problem {
                None => assert_eq!(found, Ok(()), "{text}"),
                Some(words) => assert!(found.unwrap_err().contains(words), "{text}"),
            }
        }
    }

    #[test]
    fn a_source_read_in_another_way_is_another_reading() {
        let feed = config("a", None, Some("posts"));
        assert_eq!(feed.reading(), "posts");
        let markdown = Config {
            format: Kind::Markdown,
            permalink: Some("/:slug/".to_owned()),
            rules: "1a2b".to_owned(),
            ..feed
        };
        assert_eq!(markdown.reading(), "posts markdown /:slug/ 1a2b");
    }

    #[test]
    fn a_file_is_relative_to_the_configuration() {
        let found = config("a", None, Some("feeds/a.xml")).location(Path::new("/srv/digest"));
        assert_eq!(found, Ok(Location::File("/srv/digest/feeds/a.xml".into())));
    }
}
