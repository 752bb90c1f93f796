//! One look at one source: ask, read, and say how it went.
//!
//! Comes in: the source's configuration and what is known of it. Goes out: news, nothing new, or a
//! failure in words. Nothing is stored here, so that the caller can store the items and the new
//! validators in one transaction: validators without their items would hide those items for ever.

use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt;
use url::Url;

use crate::fetch::{Fetched, Fetcher, Validators};

use super::{Config, Error, Format, Kind, Location, Parsed, State};
use super::{follow, json_lines, kind, markdown};

/// How a look at a source went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Polled {
    /// The source answered and was read; some or all items may be known already.
    News(Box<News>),
    /// Nothing changed since the last look.
    Unchanged,
    /// No items this time, and why.
    Failed {
        /// For the person who configured the source: "answered 404 Not Found".
        message: String,
        /// Whether the next look may go better without anybody mending anything here.
        temporary: bool,
    },
}

/// What a source said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The feed.
    pub parsed: Parsed,
    /// What to ask with next time.
    pub validators: Validators,
    /// Where the feed has moved for good.
    pub moved_to: Option<Url>,
}

/// Looks at a source once. `folder` is what its file is relative to; `known` is its last state.
pub async fn poll(fetcher: &Fetcher, config: &Config, folder: &Path, known: &State) -> Polled {
    match config.location(folder) {
        Ok(Location::Web(url)) => poll_web(fetcher, config, &url, known).await,
        Ok(Location::File(path)) if config.format == Kind::Markdown => {
            poll_folder(config, path, known).await
        }
        Ok(Location::File(file)) => poll_file(fetcher, config, &file, known).await,
        Ok(Location::Input) => poll_input(config).await,
        Err(problem) => failed(&problem.to_string(), false),
    }
}

async fn poll_web(fetcher: &Fetcher, config: &Config, url: &Url, known: &State) -> Polled {
    let body = match fetcher.get(url, &known.validators_for(config)).await {
        Ok(Fetched::Body(body)) => *body,
        Ok(Fetched::NotModified) => return Polled::Unchanged,
        Err(error) => return failed(&error.to_string(), error.is_temporary()),
    };
    let kind = config.format;
    let parsed = match read(kind, body.bytes, Some(body.final_url), body.content_type).await {
        Ok(parsed) => parsed,
        Err(message) => return failed(&message, true),
    };
    // An index may stay as it is while its sitemaps change: it is asked for in full each time.
    let validators = match parsed.format {
        Format::SitemapIndex => Validators::default(),
        _ => body.validators,
    };
    match follow(fetcher, parsed).await {
        Ok(parsed) => Polled::News(Box::new(News {
            parsed,
            validators,
            moved_to: body.moved_to,
        })),
        Err(message) => failed(&message, true),
    }
}

async fn poll_folder(config: &Config, path: PathBuf, known: &State) -> Polled {
    let settings = markdown::Settings {
        home_url: config.home_url.clone(),
        permalink: config.permalink.clone(),
    };
    match blocking(move || markdown::read(&path, &settings)).await {
        Ok(folder) => {
            let validators = Validators {
                etag: Some(folder.fingerprint),
                last_modified: None,
            };
            if known.validators_for(config) == validators {
                return Polled::Unchanged;
            }
            Polled::News(Box::new(News {
                parsed: folder.parsed,
                validators,
                moved_to: None,
            }))
        }
        Err(message) => failed(&message, false),
    }
}

/// What is piped in is news each time.
async fn poll_input(config: &Config) -> Polled {
    let base = config.home_url.clone();
    match blocking(move || json_lines::read(std::io::stdin().lock(), base.as_ref())).await {
        Ok(parsed) => Polled::News(Box::new(News {
            parsed,
            validators: Validators::default(),
            moved_to: None,
        })),
        Err(message) => failed(&message, false),
    }
}

async fn poll_file(fetcher: &Fetcher, config: &Config, file: &Path, known: &State) -> Polled {
    let limit = fetcher.max_bytes();
    let bytes = match read_file(file, limit.get()).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return failed(&format!("is larger than {limit}"), false),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", file.display());
            return failed(&message, false);
        }
    };
    let fingerprint = format!("sha256:{}", sha256_hex(&bytes));
    let validators = Validators {
        etag: Some(fingerprint),
        last_modified: None,
    };
    if known.validators_for(config) == validators {
        return Polled::Unchanged;
    }
    match read(config.format, bytes, config.home_url.clone(), None).await {
        Ok(parsed) => Polled::News(Box::new(News {
            parsed,
            validators,
            moved_to: None,
        })),
        Err(message) => failed(&message, false),
    }
}

async fn read_file(file: &Path, limit: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let open = tokio::fs::File::open(file).await?;
    let mut beginning = open.take(limit.saturating_add(1));
    let length = beginning.read_to_end(&mut bytes).await?;
    let fits = u64::try_from(length).is_ok_and(|length| length <= limit);
    Ok(fits.then_some(bytes))
}

/// Ten megabytes take a while to read: not on a thread that other requests wait for. Should the
/// parser ever panic, this source fails and no other.
async fn read(
    kind: Kind,
    bytes: Vec<u8>,
    base: Option<Url>,
    content_type: Option<String>,
) -> Result<Parsed, String> {
    blocking(move || kind::read(kind, &bytes, base.as_ref(), content_type.as_deref())).await
}

async fn blocking<T: Send + 'static>(
    reading: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(reading).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_panicked) => Err("cannot be read: the parser gave up on it".to_owned()),
    }
}

/// Parts of a message come from the other side; a long one must not fill tables and terminals.
fn failed(message: &str, temporary: bool) -> Polled {
    Polled::Failed {
        message: message.chars().take(300).collect(),
        temporary,
    }
}

/// The SHA-256 of `bytes`, in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    digest.as_ref().iter().flat_map(digits).flatten().collect()
}
