//! Outbound HTTP: the one door through which this program asks the web for something.
//!
//! In comes a URL and what is known of its last answer, out comes a body or "not modified". Every
//! request has a time-out; of an answer no more than `max_bytes` are read after unpacking. A request
//! says honestly who asks, sends no referer and no cookies, uses no proxy, and goes to no private
//! address unless `fetch.allow_private` names it, on the first hop and on every redirect. Requests to
//! one host take turns with a pause between them, and pages that robots.txt forbids are not asked for.
//! When to ask, and what the answer means, is left to the caller.

mod answer;
mod error;
mod guard;
mod polite;
mod probe;
mod robots;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode, header};
use serde::Deserialize;
use url::Url;

use crate::clock;
use crate::units::{Bytes, Span};

use guard::Guard;
use polite::{Polite, Turn, authority};
use robots::Robots;

pub use answer::{Body, Fetched, RetryAfter, Validators};
pub use error::Error;
pub use probe::{Asked, Probed};

/// `[fetch]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who asks, as the sites' logs show it.
    pub user_agent: String,
    /// How long one request may take, redirects and body included.
    pub timeout: Span,
    /// How long reaching a server may take.
    pub connect_timeout: Span,
    /// How much of an answer is read, decompressed.
    pub max_bytes: Bytes,
    /// How many redirects are followed.
    pub max_redirects: u32,
    /// The pause between two requests to the same host.
    pub host_delay: Span,
    /// How many hosts are asked at the same time.
    pub concurrency: usize,
    /// How long the pictures of a new edition may be looked at, together; `0s` is not at all.
    pub pictures_timeout: Span,
    /// How many article pages one poll of a source may ask for.
    pub pages_per_poll: usize,
    /// Names, addresses and networks that are allowed although private: "127.0.0.1", "10.0.0.0/8".
    pub allow_private: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            timeout: Span::seconds(30),
            connect_timeout: Span::seconds(10),
            max_bytes: Bytes::mega(10),
            max_redirects: 5,
            host_delay: Span::seconds(1),
            concurrency: 8,
            pictures_timeout: Span::seconds(5),
            pages_per_poll: 20,
            allow_private: Vec::new(),
        }
    }
}

const PRODUCT: &str = concat!(
    "Courant/",
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR")
);
const DEFAULT_USER_AGENT: &str = concat!(
    "Courant/",
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR"),
    " (news digest)"
);

impl Config {
    /// Adds whom a site may turn to, unless the configuration words the user agent itself.
    pub fn introduce(&mut self, home_url: &str) {
        let plain = home_url.bytes().all(|byte| byte.is_ascii_graphic());
        if self.user_agent == DEFAULT_USER_AGENT && plain && !home_url.is_empty() {
            self.user_agent = format!("{PRODUCT} (+{home_url}; news digest)");
        }
    }

    /// Checks what serde cannot, without making a client: that reads every authority of the system.
    ///
    /// # Errors
    /// [`Error::AllowPrivate`].
    pub fn check(&self) -> Result<(), Error> {
        Guard::parse(&self.allow_private).map(|_guard| ())
    }

    /// The name robots.txt files know us by: the user agent's first word, without its version.
    #[must_use]
    pub fn product(&self) -> &str {
        self.user_agent
            .split(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_')))
            .next()
            .unwrap_or_default()
    }
}

/// Asks for pages and feeds. Cheap to clone; clones share connections, turns and robots.txt files.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    guard: Guard,
    polite: Polite,
    robots: Arc<Mutex<HashMap<String, Known>>>,
    product: Arc<str>,
    timeout: Span,
    connect_timeout: Span,
    max_bytes: Bytes,
    max_redirects: u32,
    host_delay: Duration,
}

/// What a site allows, and since when we know.
#[derive(Debug, Clone)]
struct Known {
    since: Instant,
    /// None: it could not be read.
    robots: Option<Arc<Robots>>,
}

/// A site's robots.txt is asked for once a day (RFC 9309 §2.4), and again soon if it failed.
const ROBOTS_KEPT: Duration = Duration::from_secs(24 * 3600);
const NO_ROBOTS_KEPT: Duration = Duration::from_secs(10 * 60);
const MOST_ROBOTS: usize = 1000;

/// Whose rules a request obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A feed: it was made for programs, and a person configured it.
    Feed,
    /// A page: robots.txt is obeyed.
    Page,
    /// robots.txt itself.
    Robots,
}

/// One answer on the way to the last.
enum Hop {
    NotModified,
    Body(Box<Body>),
    Redirect { to: String, for_good: bool },
}

const ACCEPT_FEED: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
    application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";
const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml, */*;q=0.5";

impl Fetcher {
    /// A fetcher that obeys `config`.
    ///
    /// # Errors
    /// [`Error::AllowPrivate`] and [`Error::SetUp`], both for the configuration to mend.
    pub fn new(config: &Config) -> Result<Self, Error> {
        // TLS has one provider in the whole process; whoever comes first installs it.
        let _already_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let guard = Guard::parse(&config.allow_private)?;
        let client = Client::builder()
            .user_agent(&config.user_agent)
            .connect_timeout(config.connect_timeout.as_duration())
            .dns_resolver(guard.clone())
            // Redirects are followed in `follow`, which checks each and knows which were for good.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(Error::SetUp)?;
        Ok(Self {
            client,
            guard,
            polite: Polite::new(config.concurrency),
            robots: Arc::default(),
            product: config.product().into(),
            timeout: config.timeout,
            connect_timeout: config.connect_timeout,
            max_bytes: config.max_bytes,
            max_redirects: config.max_redirects,
            host_delay: config.host_delay.as_duration(),
        })
    }

    /// How much of an answer is read; callers hold local files to the same limit.
    #[must_use]
    pub fn max_bytes(&self) -> Bytes {
        self.max_bytes
    }

    /// Asks for a feed, following redirects; with validators, only for what changed.
    ///
    /// # Errors
    /// Every [`Error`] but those of [`Fetcher::new`] and of robots.txt; [`Error::is_temporary`] says
    /// whether asking again later may help.
    pub async fn get(&self, url: &Url, validators: &Validators) -> Result<Fetched, Error> {
        Box::pin(self.follow(url, validators, Purpose::Feed)).await
    }

    /// Asks for a page that nobody configured: only if the site's robots.txt allows it.
    ///
    /// # Errors
    /// As [`Fetcher::get`], and [`Error::Robots`], [`Error::RobotsUnknown`].
    pub async fn page(&self, url: &Url) -> Result<Body, Error> {
        let asked = Validators::default();
        match Box::pin(self.follow(url, &asked, Purpose::Page)).await? {
            Fetched::Body(body) => Ok(*body),
            // Without validators a 304 is an error already.
            Fetched::NotModified => Err(Error::Circle),
        }
    }

    async fn follow(
        &self,
        url: &Url,
        validators: &Validators,
        purpose: Purpose,
    ) -> Result<Fetched, Error> {
        let mut at = url.clone();
        let mut been: Vec<Url> = Vec::new();
        let mut moved_for_good = true;
        let mut left = self.timeout.as_duration();
        let mut held: Option<(String, Turn)> = None;
        while been.len() <= usize::try_from(self.max_redirects).unwrap_or(usize::MAX) {
            self.guard.check(&at)?;
            let pause = match purpose {
                Purpose::Page => self.allowed(&at).await?,
                Purpose::Feed | Purpose::Robots => self.host_delay,
            };
            // The next hop on the same host belongs to the same question. A host that is left is
            // given free first: two that lead to each other would wait for ever.
            let host = authority(&at);
            if held.as_ref().is_none_or(|(name, _)| *name != host) {
                drop(held.take());
                held = Some((host, self.polite.turn(&at, pause).await));
            }
            let started = clock::stop_watch();
            let hop = Box::pin(self.hop(&at, validators, purpose));
            let hop = tokio::time::timeout(left, hop).await;
            left = left.saturating_sub(started.elapsed());
            let hop = hop.map_err(|_elapsed| Error::Timeout {
                after: self.timeout,
            })?;
            match hop? {
                Hop::NotModified => return Ok(Fetched::NotModified),
                Hop::Body(mut body) => {
                    let moved = !been.is_empty() && moved_for_good;
                    body.moved_to = moved.then(|| at.clone());
                    body.final_url = at;
                    return Ok(Fetched::Body(body));
                }
                Hop::Redirect { to, for_good } => {
                    moved_for_good &= for_good;
                    let next = at.join(&to).map_err(|_| Error::Location(to))?;
                    been.push(std::mem::replace(&mut at, next));
                    if been.contains(&at) {
                        return Err(Error::Circle);
                    }
                }
            }
        }
        Err(Error::Redirects {
            limit: self.max_redirects,
        })
    }

    async fn hop(
        &self,
        url: &Url,
        validators: &Validators,
        purpose: Purpose,
    ) -> Result<Hop, Error> {
        let answer = self.ask(url, validators, purpose).await?;
        let status = answer.status();
        if status == StatusCode::NOT_MODIFIED && !validators.is_empty() {
            return Ok(Hop::NotModified);
        }
        let headers = answer.headers();
        if status.is_success() {
            let (content_type, validators) = (
                answer::text(headers, &header::CONTENT_TYPE),
                Validators {
                    etag: answer::text(headers, &header::ETAG),
                    last_modified: answer::text(headers, &header::LAST_MODIFIED),
                },
            );
            let limit = match purpose {
                Purpose::Robots => Bytes::exactly(robots::MAX_BYTES),
                Purpose::Feed | Purpose::Page => self.max_bytes,
            };
            let (bytes, cut, wire_bytes) = answer::read(answer, limit).await?;
            return Ok(Hop::Body(Box::new(Body {
                bytes,
                cut,
                wire_bytes,
                content_type,
                final_url: url.clone(),
                moved_to: None,
                validators,
            })));
        }
        match answer::text(headers, &header::LOCATION) {
            Some(to) if status.is_redirection() => Ok(Hop::Redirect {
                to,
                for_good: matches!(status.as_u16(), 301 | 308),
            }),
            _ => Err(Error::Status {
                code: status.as_u16(),
                reason: status.canonical_reason().unwrap_or_default(),
                retry_after: RetryAfter::of(headers),
            }),
        }
    }

    async fn ask(
        &self,
        url: &Url,
        validators: &Validators,
        purpose: Purpose,
    ) -> Result<Response, Error> {
        let accept = match purpose {
            Purpose::Feed => ACCEPT_FEED,
            Purpose::Page => ACCEPT_PAGE,
            Purpose::Robots => "text/plain, */*;q=0.5",
        };
        let mut request = self
            .client
            .get(url.clone())
            .header(header::ACCEPT, accept)
            .header(header::ACCEPT_ENCODING, answer::ACCEPT_ENCODING);
        if let Some(etag) = &validators.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(last_modified) = &validators.last_modified {
            request = request.header(header::IF_MODIFIED_SINCE, last_modified);
        }
        let host = url.host_str().unwrap_or_default();
        let answer = request.send().await;
        answer.map_err(|source| Error::asking(host, self.connect_timeout, source))
    }

    /// The pause before asking for a page, if its site allows asking for it at all.
    async fn allowed(&self, url: &Url) -> Result<Duration, Error> {
        let host = || url.host_str().unwrap_or_default().to_owned();
        let robots = self.robots_of(url).await;
        let robots = robots.ok_or_else(|| Error::RobotsUnknown { host: host() })?;
        if !robots.allow(&url[url::Position::BeforePath..url::Position::AfterQuery]) {
            return Err(Error::Robots { host: host() });
        }
        Ok(robots.delay.unwrap_or_default().max(self.host_delay))
    }

    async fn robots_of(&self, url: &Url) -> Option<Arc<Robots>> {
        let site = format!("{}://{}", url.scheme(), authority(url));
        if let Some(known) = self.known_robots(&site) {
            return known.robots;
        }
        let robots = self.read_robots(url).await.map(Arc::new);
        let mut all = self.robots.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_ROBOTS {
            all.clear();
        }
        let known = Known {
            since: clock::stop_watch(),
            robots,
        };
        all.entry(site).insert_entry(known).get().robots.clone()
    }

    fn known_robots(&self, site: &str) -> Option<Known> {
        let all = self.robots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(site)?;
        let kept = match known.robots {
            Some(_) => ROBOTS_KEPT,
            None => NO_ROBOTS_KEPT,
        };
        (known.since.elapsed() < kept).then(|| known.clone())
    }

    /// What the site's robots.txt says: everything is allowed if there is none, nothing as long as it
    /// cannot be read (RFC 9309 §2.3.1).
    async fn read_robots(&self, url: &Url) -> Option<Robots> {
        let place = url.join("/robots.txt").ok()?;
        match self.follow_boxed(&place).await {
            Ok(Fetched::Body(body)) => Some(Robots::parse(&body.bytes, &self.product)),
            Ok(Fetched::NotModified) => None,
            Err(Error::Status { code, .. }) if (400..500).contains(&code) && code != 429 => {
                Some(Robots::default())
            }
            Err(Error::Redirects { .. } | Error::Circle | Error::Location(_)) => {
                Some(Robots::default())
            }
            Err(_cannot_be_read) => None,
        }
    }

    /// robots.txt is asked for in the middle of asking for a page: a future that holds itself has to
    /// be on the heap.
    fn follow_boxed<'a>(
        &'a self,
        url: &'a Url,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, Error>> + Send + 'a>> {
        Box::pin(async move {
            let asked = Validators::default();
            self.follow(url, &asked, Purpose::Robots).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_told_who_asks_unless_the_configuration_words_it() {
        let mut config = Config::default();
        config.introduce("https://www.tarn.example/");
        assert_eq!(
            config.user_agent,
            format!("{PRODUCT} (+https://www.tarn.example/; news digest)")
        );
        assert_eq!(config.product(), "Courant");
        config.user_agent = "Tarn-Reader/3 (tarn.example)".to_owned();
        config.introduce("https://www.tarn.example/");
        assert_eq!(config.user_agent, "Tarn-Reader/3 (tarn.example)");
        assert_eq!(config.product(), "Tarn-Reader");
    }
}
