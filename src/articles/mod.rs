//! Articles: each story once, in plain text.
//!
//! In comes an `Item` as a source gave it, out comes an [`Article`] that can be shown: no markup, no
//! control characters, bounded lengths, web addresses only, a date that is not in the future. The
//! same page seen again, by whatever source, is the same article; the same story on another page is
//! another article of the same [`Cluster`]. Which articles matter is left to `ranking`.

pub mod canonical;
pub mod clean;
pub mod cluster;
mod draft;
pub mod duplicates;
pub mod language;
mod shorten;
mod sighting;
pub mod store;
mod tails;
pub mod topics;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use canonical::Canonical;
pub use cluster::Cluster;
pub use draft::{Draft, Rejected, draft, title};
pub use sighting::Sighting;

/// What an article is called: 16 hexadecimal digits, derived from its canonical URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArticleId(String);

impl ArticleId {
    /// Reads an id as written on the command line or in a table.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 16 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Factors that an editor may set on an article's score; 1 changes nothing.
pub const BOOSTS: std::ops::RangeInclusive<f64> = 0.01..=100.0;

/// One story, as it may be shown. All texts are plain text, cleaned, never empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Its name.
    pub id: ArticleId,
    /// Where readers are sent: absolute, http or https, without tracking parameters.
    pub url: String,
    /// At most 300 characters.
    pub title: String,
    /// At most 1,000 characters.
    pub summary: Option<String>,
    /// Name of the source that had it first.
    pub source: String,
    /// By the editor's rules, else the source's most important, else the one configured for it.
    pub category: Option<String>,
    /// Its other categories and tags, each once whatever its case.
    pub tags: Vec<String>,
    /// Names of the authors, joined by commas.
    pub author: Option<String>,
    /// A picture: absolute, http or https.
    pub image_url: Option<String>,
    /// What the picture shows.
    pub image_alt: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Reading time; none if the text is unknown or takes less than a minute.
    pub minutes: Option<i64>,
    /// The earliest date its source gave, else its first sighting; Unix seconds.
    pub published_at: i64,
    /// When it was first seen here; Unix seconds.
    pub first_seen_at: i64,
    /// When anything above last changed here; Unix seconds.
    pub updated_at: i64,
    /// When the editor hid it.
    pub hidden_at: Option<i64>,
    /// When the editor pinned it.
    pub pinned_at: Option<i64>,
    /// The editor's factor on its score; 1 changes nothing.
    pub boost: f64,
    /// The article that told its story first, itself unless it repeats one; none in editions frozen
    /// before articles were compared.
    #[serde(default)]
    pub cluster: Option<ArticleId>,
}
