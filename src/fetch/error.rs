//! Why a request got no answer, in words for the person who configured the URL.

use std::error::Error as StdError;
use std::net::IpAddr;

use crate::units::{Bytes, Span};

use super::answer::RetryAfter;
use super::guard::Refusal;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An entry of `fetch.allow_private` is neither a name nor a network.
    #[error(
        "\"{0}\" in fetch.allow_private is neither a host name nor a network such as 10.0.0.0/8"
    )]
    AllowPrivate(String),
    /// The client cannot be built; as far as known, only for a user agent that is no header value.
    #[error("the HTTP client cannot be set up (is fetch.user_agent one plain line?)")]
    SetUp(#[source] reqwest::Error),
    /// Neither http nor https.
    #[error("\"{0}:\" is neither http: nor https:")]
    Scheme(String),
    /// A user name or password in the URL.
    #[error("the URL holds a user name or password, which is not sent")]
    UserInfo,
    /// No host in the URL.
    #[error("the URL names no host")]
    NoHost,
    /// The URL's literal address is private.
    #[error("the address {address} is private and not allowed (fetch.allow_private)")]
    PrivateAddress {
        /// The address.
        address: IpAddr,
    },
    /// The name has only private addresses.
    #[error(
        "{host} leads to the address {address}, which is private and not allowed (fetch.allow_private)"
    )]
    PrivateName {
        /// The name.
        host: String,
        /// Its first address.
        address: IpAddr,
    },
    /// The name has no address, or no name server answers.
    #[error("{host} cannot be resolved")]
    Resolve {
        /// The name.
        host: String,
        /// The system's reason.
        source: reqwest::Error,
    },
    /// Nothing listens there.
    #[error("{host} refused the connection (connection refused)")]
    Refused {
        /// The name or address.
        host: String,
    },
    /// The server's certificate is not accepted, or it speaks no TLS we speak.
    #[error("no secure connection to {host}: {problem}")]
    Tls {
        /// The name or address.
        host: String,
        /// The TLS library's sentence.
        problem: String,
    },
    /// The server cannot be reached, or hangs up before it answers.
    #[error("{host} cannot be reached")]
    Connect {
        /// The name or address.
        host: String,
        /// The client's reason.
        source: reqwest::Error,
    },
    /// Time is up.
    #[error("took longer than {after}")]
    Timeout {
        /// The limit.
        after: Span,
    },
    /// No connection in time.
    #[error("{host} could not be reached within {after}")]
    ConnectTimeout {
        /// The name or address.
        host: String,
        /// The limit.
        after: Span,
    },
    /// A redirect to something that is no URL.
    #[error("redirects to \"{0}\", which is no URL")]
    Location(String),
    /// A redirect to where it came from.
    #[error("redirects in a circle")]
    Circle,
    /// Too many redirects.
    #[error("redirects more than {limit} times")]
    Redirects {
        /// The limit.
        limit: u32,
    },
    /// An answer that is no success.
    #[error("answered {code} {reason}")]
    Status {
        /// The status.
        code: u16,
        /// The standard's words for it; may be empty.
        reason: &'static str,
        /// How long the server wants to be left alone.
        retry_after: Option<RetryAfter>,
    },
    /// A little that unpacks to more than the limit.
    #[error("unpacks more than {times}-fold to over {limit}, which no honest answer does")]
    Bomb {
        /// The limit.
        limit: Bytes,
        /// What honest answers stay below.
        times: u64,
    },
    /// Packed in a way nobody asked for.
    #[error("is packed as \"{0}\", which was not asked for")]
    Encoding(String),
    /// The body is not what its header says.
    #[error("says it is packed as {encoding}, but does not unpack")]
    Unpack {
        /// `gzip`, `br` or `zstd`.
        encoding: String,
        /// The decoder's reason.
        source: std::io::Error,
    },
    /// The body ended before its end.
    #[error("the answer broke off before its end")]
    BrokenOff(#[source] reqwest::Error),
    /// The site asks programs to stay away from this page.
    #[error("the robots.txt of {host} does not allow it")]
    Robots {
        /// The name or address.
        host: String,
    },
    /// Nobody knows what the site allows.
    #[error("the robots.txt of {host} cannot be read now, so its pages are left alone")]
    RobotsUnknown {
        /// The name or address.
        host: String,
    },
}

impl Error {
    /// Whether the same request may succeed later without anybody mending anything here.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Refused { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::ConnectTimeout { .. }
            | Self::Unpack { .. }
            | Self::RobotsUnknown { .. }
            | Self::BrokenOff(_) => true,
            Self::Status { code, .. } => matches!(code, 408 | 425 | 429 | 500..),
            Self::AllowPrivate(_)
            | Self::SetUp(_)
            | Self::Scheme(_)
            | Self::UserInfo
            | Self::NoHost
            | Self::PrivateAddress { .. }
            | Self::PrivateName { .. }
            | Self::Tls { .. }
            | Self::Location(_)
            | Self::Circle
            | Self::Redirects { .. }
            | Self::Bomb { .. }
            | Self::Encoding(_)
            | Self::Robots { .. } => false,
        }
    }

    /// Whether the server says that there is nothing any more and never will be (410).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Status { code: 410, .. })
    }

    /// How long the server wants to be left alone, if it says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::Status {
                code: 429 | 503,
                retry_after,
                ..
            } => *retry_after,
            _ => None,
        }
    }

    /// The client's error in our words: it names its kinds only along the chain of its sources.
    pub(super) fn asking(host: &str, connect_timeout: Span, error: reqwest::Error) -> Self {
        let host = host.to_owned();
        if error.is_timeout() {
            return Self::ConnectTimeout {
                host,
                after: connect_timeout,
            };
        }
        if let Some(found) = cause::<Refusal>(&error).cloned() {
            return Self::PrivateName {
                host: found.host,
                address: found.address,
            };
        }
        if let Some(found) = cause::<rustls::Error>(&error) {
            let problem = found.to_string();
            return Self::Tls { host, problem };
        }
        if error.is_dns() {
            return Self::Resolve {
                host,
                source: error,
            };
        }
        let refused = std::io::ErrorKind::ConnectionRefused;
        if cause::<std::io::Error>(&error).is_some_and(|found| found.kind() == refused) {
            return Self::Refused { host };
        }
        Self::Connect {
            host,
            source: error,
        }
    }
}

/// The first error of type `E` along the sources of `error`; an [`std::io::Error`] hides what it
/// wraps from its own `source`.
fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if let Some(wrapped) = wrapped {
            let wrapped: &(dyn StdError + 'static) = wrapped;
            if let Some(found) = cause::<E>(wrapped) {
                return Some(found);
            }
        }
        next = error.source();
    }
    None
}
