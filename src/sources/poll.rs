//! One look at one source: ask, read, and say how it went.
//!
//! Comes in: the source's configuration and what is known of it. Goes out: news, nothing new, or a
//! failure in words. Nothing is stored here, so that the caller can store the items and the new
//! validators in one transaction: validators without their items would hide those items for ever.

use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt};
use url::Url;

use crate::fetch::{self, Body, Fetched, Fetcher, RetryAfter, Validators};
use crate::units::Bytes;

use super::{Config, Error, Format, Kind, Location, Parsed, State};
use super::{discover, follow, json_lines, kind, markdown};

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
        /// What the server wants of us.
        wish: Wish,
    },
}

/// What a server that gave nothing asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Nothing.
    Nothing,
    /// To be asked later.
    Later(RetryAfter),
    /// Never to be asked again: 410 Gone.
    Never,
}

/// What a source said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The feed.
    pub parsed: Parsed,
    /// What to ask with next time.
    pub validators: Validators,
    /// Where to ask next time, if not where the configuration says: the feed has moved for good, or
    /// the configured address is a page that names it.
    pub moved_to: Option<Url>,
    /// How many bytes came over the wire; none for a file.
    pub wire_bytes: u64,
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

/// Asks where the feed was last found; where it is no longer, the configured place has the word.
async fn poll_web(fetcher: &Fetcher, config: &Config, url: &Url, known: &State) -> Polled {
    let validators = known.validators_for(config);
    let Some(moved_to) = known.moved_for(config) else {
        return look(fetcher, config.format, url, &validators).await;
    };
    match look(fetcher, config.format, &moved_to, &validators).await {
        Polled::Failed {
            temporary: false, ..
        } => look(fetcher, config.format, url, &Validators::default()).await,
        Polled::News(mut news) => {
            news.moved_to = news.moved_to.or(Some(moved_to));
            Polled::News(news)
        }
        other => other,
    }
}

async fn look(fetcher: &Fetcher, kind: Kind, url: &Url, validators: &Validators) -> Polled {
    let body = match fetcher.get(url, validators).await {
        Ok(Fetched::Body(body)) => *body,
        Ok(Fetched::NotModified) => return Polled::Unchanged,
        Err(error) => return refused(&error),
    };
    match read_body(kind, body, fetcher.max_bytes()).await {
        Read::News(news) => follow_index(fetcher, news).await,
        Read::Failed(message) => failed(&message, true),
        Read::Page(feeds) => match feeds.first() {
            Some(feed) => look_at_linked(fetcher, url, feed).await,
            None => failed(&Error::Page.to_string(), true),
        },
    }
}

/// An index of sitemaps becomes what its newest sitemaps hold; all else stays as it is.
async fn follow_index(fetcher: &Fetcher, mut news: Box<News>) -> Polled {
    if news.parsed.format == Format::SitemapIndex {
        // It may stay as it is while its sitemaps change: it is asked for in full each time.
        news.validators = Validators::default();
    }
    match follow(fetcher, news.parsed).await {
        Ok(parsed) => {
            news.parsed = parsed;
            Polled::News(news)
        }
        Err(message) => failed(&message, true),
    }
}

/// One step and no more: a page that leads to a page leads nowhere.
async fn look_at_linked(fetcher: &Fetcher, page: &Url, feed: &Url) -> Polled {
    let body = match fetcher.get(feed, &Validators::default()).await {
        Ok(Fetched::Body(body)) => *body,
        Ok(Fetched::NotModified) => return failed(&Error::Page.to_string(), true),
        Err(error) => {
            let message = format!("is a page, and its feed {feed} {error}");
            return failed(&message, error.is_temporary());
        }
    };
    match read_body(Kind::Feed, body, fetcher.max_bytes()).await {
        Read::News(mut news) => {
            let place = news.moved_to.take().unwrap_or_else(|| feed.clone());
            let repair = format!("{page} is a page; its feed {place} was read");
            news.parsed.repaired.insert(0, repair);
            news.moved_to = Some(place);
            Polled::News(news)
        }
        Read::Failed(message) => {
            let message = format!("is a page, and its feed {feed} {message}");
            failed(&message, true)
        }
        Read::Page(_) => failed(&format!("is a page, and its feed {feed} is one too"), true),
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
                wire_bytes: 0,
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
            wire_bytes: 0,
        })),
        Err(message) => failed(&message, false),
    }
}

/// What is said of an index of sitemaps in a file: nobody would know where its sitemaps may be.
pub const INDEX_IN_A_FILE: &str = "is an index of sitemaps, which are followed from a url only";

async fn poll_file(fetcher: &Fetcher, config: &Config, file: &Path, known: &State) -> Polled {
    let limit = fetcher.max_bytes();
    let (bytes, cut) = match read_file(file, limit).await {
        Ok(found) => found,
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
    let base = config.home_url.clone();
    match read(config.format, bytes, base, None).await {
        Ok(Ok(parsed)) if parsed.format == Format::SitemapIndex => failed(INDEX_IN_A_FILE, false),
        Ok(Ok(mut parsed)) => {
            say_if_cut(&mut parsed, cut, limit);
            Polled::News(Box::new(News {
                parsed,
                validators,
                moved_to: None,
                wire_bytes: 0,
            }))
        }
        Ok(Err((error, _))) => failed(&error.to_string(), false),
        Err(message) => failed(message, false),
    }
}

/// The beginning of a file, as far as `limit`, and whether it goes on.
///
/// # Errors
/// The system's.
pub async fn read_file(file: &Path, limit: Bytes) -> std::io::Result<(Vec<u8>, bool)> {
    read_limited(tokio::fs::File::open(file).await?, limit).await
}

/// The beginning of what a reader gives, as far as `limit`, and whether it goes on.
///
/// # Errors
/// The system's.
pub async fn read_limited(
    from: impl AsyncRead + Unpin,
    limit: Bytes,
) -> std::io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    let mut beginning = from.take(limit.get().saturating_add(1));
    beginning.read_to_end(&mut bytes).await?;
    let most = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let cut = bytes.len() > most;
    bytes.truncate(most);
    Ok((bytes, cut))
}

/// What is said of a source that was longer than what is read of it.
fn shortened(limit: Bytes) -> String {
    format!("is larger than {limit}: only its beginning was read")
}

/// Says of a document that only its beginning was read. First, because it explains what else had to
/// be repaired at the end.
pub fn say_if_cut(parsed: &mut Parsed, cut: bool, limit: Bytes) {
    if cut {
        parsed.repaired.insert(0, shortened(limit));
    }
}

/// What a body turned out to be.
enum Read {
    News(Box<News>),
    /// A page, and the feeds it names.
    Page(Vec<Url>),
    Failed(String),
}

async fn read_body(kind: Kind, body: Body, limit: Bytes) -> Read {
    match read(kind, body.bytes, Some(body.final_url), body.content_type).await {
        Ok(Ok(mut parsed)) => {
            say_if_cut(&mut parsed, body.cut, limit);
            Read::News(Box::new(News {
                parsed,
                validators: body.validators,
                moved_to: body.moved_to,
                wire_bytes: body.wire_bytes,
            }))
        }
        Ok(Err((Error::Page, feeds))) => Read::Page(feeds),
        Ok(Err((error, _))) if body.cut => {
            Read::Failed(format!("{error}, and {}", shortened(limit)))
        }
        Ok(Err((error, _))) => Read::Failed(error.to_string()),
        Err(message) => Read::Failed(message.to_owned()),
    }
}

/// Ten megabytes take a while to read: not on a thread that other requests wait for. Should the
/// parser ever panic, this source fails and no other. For a page, the feeds it names come with the
/// error.
async fn read(
    kind: Kind,
    bytes: Vec<u8>,
    base: Option<Url>,
    content_type: Option<String>,
) -> Result<Result<Parsed, (Error, Vec<Url>)>, &'static str> {
    let reading = tokio::task::spawn_blocking(move || {
        kind::read(kind, &bytes, base.as_ref(), content_type.as_deref()).map_err(|error| {
            let feeds = match (&error, &base) {
                (Error::Page, Some(_)) => discover::feeds(&bytes, base.as_ref()),
                _ => Vec::new(),
            };
            (error, feeds)
        })
    });
    reading
        .await
        .map_err(|_panicked| "cannot be read: the parser gave up on it")
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

fn refused(error: &fetch::Error) -> Polled {
    let wish = match error.retry_after() {
        Some(later) => Wish::Later(later),
        None if error.is_gone() => Wish::Never,
        None => Wish::Nothing,
    };
    match failed(&error.to_string(), error.is_temporary()) {
        Polled::Failed {
            message, temporary, ..
        } => Polled::Failed {
            message,
            temporary,
            wish,
        },
        other => other,
    }
}

/// Parts of a message come from the other side; a long one must not fill tables and terminals.
fn failed(message: &str, temporary: bool) -> Polled {
    Polled::Failed {
        message: message.chars().take(300).collect(),
        temporary,
        wish: Wish::Nothing,
    }
}

/// The SHA-256 of `bytes`, in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    digest.as_ref().iter().flat_map(digits).flatten().collect()
}
