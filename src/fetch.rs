//! Outbound HTTP: the one door through which this program asks the web for something.
//!
//! In comes a URL and what is known of its last answer, out comes a body or "not modified". Every
//! request has a time-out and a size limit on what is left after decompression, says honestly who
//! asks, sends no referer and no cookies, uses no proxy, and goes to no private address unless
//! `fetch.allow_private` names it, on the first hop and on every redirect. When to ask, and what the
//! answer means, is left to the caller.

mod error;
mod guard;

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::units::{Bytes, Span};

use guard::Guard;

pub use error::Error;

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
    /// How large an answer may be, decompressed.
    pub max_bytes: Bytes,
    /// How many redirects are followed.
    pub max_redirects: u32,
    /// Names, addresses and networks that are allowed although private: "127.0.0.1", "10.0.0.0/8".
    pub allow_private: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user_agent: "Courant/0.1 (news digest)".to_owned(),
            timeout: Span::seconds(30),
            connect_timeout: Span::seconds(10),
            max_bytes: Bytes::mega(10),
            max_redirects: 5,
            allow_private: Vec::new(),
        }
    }
}

/// What a server said of its last answer, to be sent back byte for byte (RFC 9110 §13.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header, quotes and weakness mark included.
    pub etag: Option<String>,
    /// The `Last-Modified` header as it stood.
    pub last_modified: Option<String>,
}

impl Validators {
    fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// Nothing changed since the answer the validators came from.
    NotModified,
    /// A body.
    Body(Box<Body>),
}

/// A successful answer, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The body, decompressed, never longer than `max_bytes`.
    pub bytes: Vec<u8>,
    /// The `Content-Type` header as it stood.
    pub content_type: Option<String>,
    /// Where it came from after redirects: what relative links are relative to.
    pub final_url: Url,
    /// Where the resource has moved for good, if every redirect said so (301, 308).
    pub moved_to: Option<Url>,
    /// To be sent with the next request.
    pub validators: Validators,
}

/// Asks for pages and feeds. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    guard: Guard,
    timeout: Span,
    connect_timeout: Span,
    max_bytes: Bytes,
    max_redirects: u32,
}

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
    application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";

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
            // Redirects are followed in `get`, which checks each and knows which were for good.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(Error::SetUp)?;
        Ok(Self {
            client,
            guard,
            timeout: config.timeout,
            connect_timeout: config.connect_timeout,
            max_bytes: config.max_bytes,
            max_redirects: config.max_redirects,
        })
    }

    /// How large an answer may be; callers hold local files to the same limit.
    #[must_use]
    pub fn max_bytes(&self) -> Bytes {
        self.max_bytes
    }

    /// Asks for `url`, following redirects; with validators, only for what changed.
    ///
    /// # Errors
    /// Every [`Error`] but those of [`Fetcher::new`]; [`Error::is_temporary`] says whether asking
    /// again later may help.
    pub async fn get(&self, url: &Url, validators: &Validators) -> Result<Fetched, Error> {
        let whole = self.follow(url, validators);
        match tokio::time::timeout(self.timeout.as_duration(), Box::pin(whole)).await {
            Ok(found) => found,
            Err(_elapsed) => Err(Error::Timeout {
                after: self.timeout,
            }),
        }
    }

    async fn follow(&self, url: &Url, validators: &Validators) -> Result<Fetched, Error> {
        let mut at = url.clone();
        let mut moved_for_good = true;
        for hop in 0..=self.max_redirects {
            let answer = self.ask(&at, validators).await?;
            let status = answer.status();
            if status == StatusCode::NOT_MODIFIED && !validators.is_empty() {
                return Ok(Fetched::NotModified);
            }
            if status.is_success() {
                let moved_to = (hop > 0 && moved_for_good).then(|| at.clone());
                return self.body(answer, at, moved_to).await;
            }
            let next = text(answer.headers(), &header::LOCATION);
            let (true, Some(next)) = (status.is_redirection(), next) else {
                return Err(Error::Status {
                    code: status.as_u16(),
                    reason: status.canonical_reason().unwrap_or_default(),
                });
            };
            moved_for_good &= matches!(status.as_u16(), 301 | 308);
            at = at.join(&next).map_err(|_| Error::Location(next))?;
        }
        Err(Error::Redirects {
            limit: self.max_redirects,
        })
    }

    async fn ask(&self, url: &Url, validators: &Validators) -> Result<Response, Error> {
        self.guard.check(url)?;
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, ACCEPT);
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

    async fn body(
        &self,
        mut answer: Response,
        final_url: Url,
        moved_to: Option<Url>,
    ) -> Result<Fetched, Error> {
        let limit = self.max_bytes.get();
        let too_large = || Error::TooLarge {
            limit: self.max_bytes,
        };
        // Servers lie about the length, so it can only speak against them.
        if answer.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let headers = answer.headers();
        let content_type = text(headers, &header::CONTENT_TYPE);
        let validators = Validators {
            etag: text(headers, &header::ETAG),
            last_modified: text(headers, &header::LAST_MODIFIED),
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(Error::BrokenOff)? {
            let length = bytes.len().saturating_add(chunk.len());
            if u64::try_from(length).map_or(true, |length| length > limit) {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched::Body(Box::new(Body {
            bytes,
            content_type,
            final_url,
            moved_to,
            validators,
        })))
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}
