//! Taking turns: one request at a time to a host, a pause between two, so many in all.
//!
//! Whoever waits for a host holds nothing that others need: a slow host delays its own sources and
//! nobody else's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Turns, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::clock;

/// Who may ask next. Clones share their turns.
#[derive(Debug, Clone)]
pub(super) struct Polite {
    hosts: Arc<Mutex<HashMap<String, Arc<Host>>>>,
    all: Arc<Semaphore>,
}

/// When the last answer of a host ended.
type Host = Turns<Option<Instant>>;

/// More hosts than this are remembered only while they are asked.
const MOST_HOSTS: usize = 1000;

impl Polite {
    /// So many requests at the same time, whatever the hosts.
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            hosts: Arc::default(),
            all: Arc::new(Semaphore::new(concurrency.clamp(1, 256))),
        }
    }

    /// Waits until `url`'s host may be asked: `pause` after its last answer ended.
    pub(super) async fn turn(&self, url: &Url, pause: Duration) -> Turn {
        let host = self.host(&authority(url));
        let ended = host.lock_owned().await;
        if let Some(at) = *ended {
            tokio::time::sleep(pause.saturating_sub(at.elapsed())).await;
        }
        // Last, so that nobody holds a place while they wait for a host.
        let place = Arc::clone(&self.all).acquire_owned().await.ok();
        Turn {
            ended,
            _place: place,
        }
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MOST_HOSTS {
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        Arc::clone(hosts.entry(name.to_owned()).or_default())
    }
}

/// The right to ask one host; the next turn's pause begins when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    ended: OwnedMutexGuard<Option<Instant>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.ended = Some(clock::stop_watch());
    }
}

/// Host and port: what robots.txt speaks for, and what takes turns.
pub(super) fn authority(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    const PAUSE: Duration = Duration::from_millis(250);

    #[tokio::test]
    async fn a_host_is_asked_after_a_pause_and_others_at_once() {
        let polite = Polite::new(8);
        let started = clock::stop_watch();
        drop(polite.turn(&url("http://a.example/1"), PAUSE).await);
        drop(polite.turn(&url("http://b.example/1"), PAUSE).await);
        assert!(started.elapsed() < PAUSE);
        drop(polite.turn(&url("http://a.example:80/2"), PAUSE).await);
        assert!(started.elapsed() >= PAUSE);
    }

    #[tokio::test]
    async fn whoever_waits_for_a_slow_host_takes_nobodys_place() {
        let polite = Polite::new(2);
        let slow = polite.turn(&url("http://slow.example/"), PAUSE).await;
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let polite = polite.clone();
                tokio::spawn(async move {
                    let _turn = polite
                        .turn(&url("http://slow.example/"), Duration::ZERO)
                        .await;
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let quick = url("http://quick.example/");
        let other = polite.turn(&quick, PAUSE);
        let other = tokio::time::timeout(Duration::from_secs(5), other).await;
        assert!(other.is_ok());
        drop((slow, other));
        for one in waiting {
            one.await.unwrap();
        }
    }
}
