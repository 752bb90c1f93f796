//! Questions to web servers, within the common limit; their answers also say what time it is there.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
use url::Url;

use super::Subject;
use crate::clock::Clock;
use crate::fetch::{self, Asked, Fetcher, Probed};
use crate::units::Span;

/// How long one answer may take: readers wait no longer.
const ANSWER: Span = Span::seconds(10);
const CONNECTION: Span = Span::seconds(5);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The checks' time was up.
    Late,
    /// There is none, or it may not be asked for.
    Failed(fetch::Error),
}

/// Who asks.
pub(super) struct Web<'a> {
    fetcher: Fetcher,
    clock: &'a Clock,
    until: Instant,
    /// By how many seconds our clock is ahead of each server that said its time.
    ahead: Mutex<Vec<(String, i64)>>,
}

impl<'a> Web<'a> {
    pub(super) fn new(subject: &Subject<'a>, until: Instant) -> Result<Self, fetch::Error> {
        let config = &subject.config.fetch;
        let config = fetch::Config {
            timeout: config.timeout.min(ANSWER),
            connect_timeout: config.connect_timeout.min(CONNECTION),
            // One at a time at each host, but without pauses: the checks have half a minute.
            host_delay: Span::seconds(0),
            ..config.clone()
        };
        Ok(Self {
            fetcher: Fetcher::new(&config)?,
            clock: subject.clock,
            until,
            ahead: Mutex::default(),
        })
    }

    pub(super) async fn ask(&self, url: &Url, asked: Asked<'_>) -> Result<Probed, Trouble> {
        let asking = Box::pin(self.fetcher.probe(url, asked));
        let answer = tokio::time::timeout_at(self.until, asking).await;
        let answer = answer.map_err(|_elapsed| Trouble::Late)?;
        let answer = answer.map_err(Trouble::Failed)?;
        if let Some(date) = answer.date {
            let ahead = self.clock.unix() - date.as_second();
            let host = answer.url.host_str().unwrap_or_default().to_owned();
            let mut all = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((host, ahead));
        }
        Ok(answer)
    }

    /// By how many seconds our clock is ahead of the server that is nearest to it, and which that is.
    pub(super) fn ahead(&self) -> Option<(String, i64)> {
        let all = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().min_by_key(|(_, ahead)| ahead.abs()).cloned()
    }
}
