//! What every reader of a source returns, whatever the format.

use std::fmt;

use url::Url;

use super::Item;

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Its own title, as markup.
    pub title: Option<String>,
    /// The site it belongs to.
    pub link: Option<Url>,
    /// The language it declares.
    pub language: Option<String>,
    /// Its format.
    pub format: Format,
    /// Its items, in its own order.
    pub items: Vec<Item>,
    /// What had to be repaired before it could be read, a sentence each.
    pub repaired: Vec<String>,
}

/// The formats that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RSS 0.91 and 0.92.
    Rss0,
    /// RSS 1.0 (RDF).
    Rss1,
    /// RSS 2.0.
    Rss2,
    /// Atom 0.3 and 1.0 (RFC 4287).
    Atom,
    /// Channel Definition Format.
    Cdf,
    /// JSON Feed 1.0 and 1.1.
    JsonFeed,
    /// A sitemap, or a list of addresses.
    Sitemap,
    /// An index of sitemaps: its items are sitemaps, not articles.
    SitemapIndex,
    /// Markdown with front matter, a file or a folder of them.
    Markdown,
    /// One JSON object a line.
    JsonLines,
    /// The page of one article.
    Page,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rss0 => "RSS 0.9",
            Self::Rss1 => "RSS 1.0",
            Self::Rss2 => "RSS 2.0",
            Self::Atom => "Atom",
            Self::Cdf => "CDF",
            Self::JsonFeed => "JSON Feed",
            Self::Sitemap => "sitemap",
            Self::SitemapIndex => "sitemap index",
            Self::Markdown => "Markdown",
            Self::JsonLines => "JSON Lines",
            Self::Page => "HTML page",
        })
    }
}

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// A page: the URL of the site was given instead of its feed's.
    #[error("is an HTML page, not a feed")]
    Page,
    /// Something else.
    #[error("is not an RSS, Atom or JSON feed")]
    Unknown,
    /// Something else than the format that was asked for.
    #[error("is not {0}")]
    Not(&'static str),
    /// Of the right format, as far as one can tell.
    #[error("cannot be read: {0}")]
    Unread(String),
    /// A page without a title and without text that could be an article.
    #[error("has no article that could be found")]
    NoArticle,
    /// A feed, but broken.
    #[error("is a broken feed: {0}")]
    Broken(String),
}
