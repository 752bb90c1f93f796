//! One question for whoever looks whether something answers: the status, the way there, and little else.
//!
//! The guard and the turns of hosts hold here, too. robots.txt is not asked: these are addresses that a
//! person is about to send to readers, each asked for once.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::{Method, Response, header};
use url::Url;

use super::polite::authority;
use super::{Error, Fetcher, answer};
use crate::units::Bytes;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// Whether a page is there: HEAD, and GET where a server does not answer that well. Redirects are followed.
    Page,
    /// The first bytes of a small answer; redirects are not followed.
    Get,
    /// A form is handed in; redirects are not followed.
    Form(&'a str),
    /// A message is handed in, as it is.
    Message(&'a [u8]),
}

/// An answer, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The status of the last answer.
    pub status: u16,
    /// Where it came from.
    pub url: Url,
    /// Where the redirects before it led from.
    pub through: Vec<Url>,
    /// The server's time, if it says so.
    pub date: Option<Timestamp>,
    /// What kind of content it is.
    pub content_type: Option<String>,
    /// How much content there is, if it says so.
    pub length: Option<u64>,
    /// The first bytes of the body; empty for [`Asked::Page`].
    pub body: Vec<u8>,
}

/// Enough for a word, or for the verdict of a spam filter.
const MOST_BYTES: u64 = 256 * 1024;

impl Fetcher {
    /// Asks and says what was answered.
    ///
    /// # Errors
    /// When there is no answer, or it may not be asked for; a status is none.
    pub async fn probe(&self, url: &Url, asked: Asked<'_>) -> Result<Probed, Error> {
        let asking = Box::pin(self.probe_hops(url, asked));
        let asking = tokio::time::timeout(self.timeout.as_duration(), asking).await;
        asking.map_err(|_elapsed| Error::Timeout {
            after: self.timeout,
        })?
    }

    async fn probe_hops(&self, url: &Url, asked: Asked<'_>) -> Result<Probed, Error> {
        let mut at = url.clone();
        let mut through: Vec<Url> = Vec::new();
        loop {
            let answer = self.probe_hop(&at, asked).await?;
            let location = answer::text(answer.headers(), &header::LOCATION);
            match location {
                Some(to) if asked == Asked::Page && answer.status().is_redirection() => {
                    let next = at.join(&to).map_err(|_| Error::Location(to))?;
                    through.push(std::mem::replace(&mut at, next));
                    if through.contains(&at) {
                        return Err(Error::Circle);
                    }
                    if through.len() > usize::try_from(self.max_redirects).unwrap_or(usize::MAX) {
                        return Err(Error::Redirects {
                            limit: self.max_redirects,
                        });
                    }
                }
                _ => return probed(answer, at, through, asked).await,
            }
        }
    }

    async fn probe_hop(&self, url: &Url, asked: Asked<'_>) -> Result<Response, Error> {
        self.guard.check(url)?;
        let _turn = self.polite.turn(url, self.host_delay).await;
        match asked {
            Asked::Page => {
                let head = self.probe_once(url, Method::HEAD, None).await;
                // Many servers refuse HEAD, or answer it as they would not answer a reader.
                if let Ok(answer) = head
                    && (answer.status().is_success() || answer.status().is_redirection())
                {
                    return Ok(answer);
                }
                self.probe_once(url, Method::GET, None).await
            }
            Asked::Get => self.probe_once(url, Method::GET, None).await,
            Asked::Form(form) => {
                let kind = "application/x-www-form-urlencoded";
                let body = (kind, form.as_bytes().to_vec());
                self.probe_once(url, Method::POST, Some(body)).await
            }
            Asked::Message(bytes) => {
                let body = ("message/rfc822", bytes.to_vec());
                self.probe_once(url, Method::POST, Some(body)).await
            }
        }
    }

    async fn probe_once(
        &self,
        url: &Url,
        method: Method,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Response, Error> {
        let mut request = self
            .client
            .request(method, url.clone())
            .header(header::ACCEPT, super::ACCEPT_PAGE);
        if let Some((kind, bytes)) = body {
            request = request.header(header::CONTENT_TYPE, kind).body(bytes);
        }
        let answer = request.send().await;
        let host = authority(url);
        answer.map_err(|source| Error::asking(&host, self.connect_timeout, source))
    }
}

async fn probed(
    answer: Response,
    url: Url,
    through: Vec<Url>,
    asked: Asked<'_>,
) -> Result<Probed, Error> {
    let headers = answer.headers();
    let date = answer::text(headers, &header::DATE);
    let date = date.and_then(|text| {
        rfc2822::DateTimeParser::new()
            .parse_timestamp(text.trim())
            .ok()
    });
    let length = answer::text(headers, &header::CONTENT_LENGTH);
    let (status, content_type) = (
        answer.status().as_u16(),
        answer::text(headers, &header::CONTENT_TYPE),
    );
    let body = match asked {
        Asked::Page => Vec::new(),
        Asked::Get | Asked::Form(_) | Asked::Message(_) => {
            let reading = answer::read(answer, Bytes::exactly(MOST_BYTES));
            tokio::time::timeout(Duration::from_secs(10), reading)
                .await
                .map(|read| read.map(|(bytes, _, _)| bytes))
                .unwrap_or(Ok(Vec::new()))?
        }
    };
    Ok(Probed {
        status,
        url,
        through,
        date,
        content_type,
        length: length.and_then(|text| text.parse().ok()),
        body,
    })
}
