//! Several relays: connections by weight, away from those that fail.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::pace::Pace;
use super::super::shaping;
use super::super::store::departures;
use super::{Error, Relay, Session};
use crate::clock;
use crate::database::{self, Conn};

/// How long a relay is left alone after its first failure; doubled with each, up to [`LONGEST_REST`].
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(300);

/// All relays of the configuration, and how they are.
#[derive(Debug)]
pub struct Relays {
    relays: Vec<Relay>,
    health: Mutex<Vec<Health>>,
    meters: Vec<Meter>,
}

/// What one relay may still have.
#[derive(Debug)]
struct Meter {
    pace: Pace,
    /// What this process has put by of the windows of hours and days, and not offered yet.
    left: AtomicU64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Health {
    /// Connections that are open.
    open: u32,
    /// Failures since it last worked.
    failures: u32,
    /// Left alone until then.
    rests_until: Option<Instant>,
}

impl Relays {
    /// These relays, all believed to be well.
    #[must_use]
    pub fn new(relays: Vec<Relay>) -> Self {
        let health = Mutex::new(vec![Health::default(); relays.len()]);
        let meter = |relay: &Relay| Meter {
            pace: Pace::of(relay.config.per_second),
            left: AtomicU64::new(if relay.is_limited() { 0 } else { u64::MAX }),
        };
        let meters = relays.iter().map(meter).collect();
        Self {
            relays,
            health,
            meters,
        }
    }

    /// Whether hours or days of any of them are limited.
    #[must_use]
    pub fn are_limited(&self) -> bool {
        self.relays.iter().any(Relay::is_limited)
    }

    /// Whether there are several.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.relays.len() > 1
    }

    /// Puts by of limited relays' windows what this process may offer next, `most` at once: counted now, so that
    /// no other process takes it as well.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_by(
        &self,
        conn: &mut Conn,
        most: u64,
        now: i64,
    ) -> Result<(), database::Error> {
        for (relay, meter) in self.limited() {
            let has = meter.left.load(Ordering::Relaxed);
            if has >= most {
                continue;
            }
            let name = format!("relay {}", relay.name());
            let limits = (relay.config.per_hour, relay.config.per_day);
            let left = shaping::left(conn, &name, limits, now).await?;
            let more = left.min(most - has);
            if more > 0 {
                departures::count(conn, &name, more, now).await?;
                meter.left.fetch_add(more, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Gives back what was put by and not offered.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn give_back(&self, conn: &mut Conn, now: i64) -> Result<(), database::Error> {
        for (relay, meter) in self.limited() {
            let unspent = meter.left.swap(0, Ordering::Relaxed);
            if unspent > 0 {
                let name = format!("relay {}", relay.name());
                departures::take_back(conn, &name, unspent, now).await?;
            }
        }
        Ok(())
    }

    fn limited(&self) -> impl Iterator<Item = (&Relay, &Meter)> {
        let all = self.relays.iter().zip(&self.meters);
        all.filter(|(relay, _)| relay.is_limited())
    }

    /// Whether a relay may have no more for now.
    #[must_use]
    pub fn is_exhausted(&self, index: usize) -> bool {
        let meter = self.meters.get(index);
        meter.is_some_and(|meter| meter.left.load(Ordering::Relaxed) == 0)
    }

    /// Whether a relay's next message need not wait.
    #[must_use]
    pub fn is_free(&self, index: usize) -> bool {
        self.meters
            .get(index)
            .is_none_or(|meter| meter.pace.is_free())
    }

    /// How long a relay's next message has to wait.
    #[must_use]
    pub fn turn(&self, index: usize) -> Duration {
        let meter = self.meters.get(index);
        meter.map_or(Duration::ZERO, |meter| meter.pace.take())
    }

    /// A relay was offered a message.
    pub fn spend(&self, index: usize) {
        let limited = self.relays.get(index).is_some_and(Relay::is_limited);
        if let (Some(meter), true) = (self.meters.get(index), limited) {
            let spent = |left: u64| Some(left.saturating_sub(1));
            let _always = meter
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent);
        }
    }

    /// Messages one connection to a relay may carry.
    #[must_use]
    pub fn messages_per_connection(&self, index: usize) -> u32 {
        let relay = self.relays.get(index);
        relay.map_or(1, Relay::messages_per_connection)
    }

    /// Host and port of a relay.
    #[must_use]
    pub fn name(&self, index: usize) -> String {
        self.relays.get(index).map(Relay::name).unwrap_or_default()
    }

    /// Opens a connection to the relay with the fewest for its weight; to the next one when that
    /// fails.
    ///
    /// # Errors
    /// The last relay's, when none can be used.
    pub async fn connect(&self) -> Result<(usize, Session), Error> {
        let mut tried = vec![false; self.relays.len()];
        let mut failure = None;
        while let Some((index, relay)) = self.best(&tried) {
            if let Some(tried) = tried.get_mut(index) {
                *tried = true;
            }
            match relay.connect().await {
                Ok(session) => {
                    self.change(index, |health| {
                        health.failures = 0;
                        health.rests_until = None;
                    });
                    return Ok((index, session));
                }
                Err(error) => {
                    self.closed(index);
                    self.failed(index);
                    if self.relays.len() > 1 {
                        tracing::warn!(relay = relay.name(), %error, "a relay cannot be used");
                    }
                    failure = Some(error);
                }
            }
        }
        let nobody = if self.relays.is_empty() {
            Error::NoRelay
        } else {
            Error::Exhausted
        };
        Err(failure.unwrap_or(nobody))
    }

    /// The relay to try: a well one before a resting one, then by connections for its weight. It is
    /// counted as open at once, so that connections opened together spread.
    fn best(&self, tried: &[bool]) -> Option<(usize, &Relay)> {
        let now = clock::stop_watch();
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let candidates = self.relays.iter().enumerate();
        let untried = candidates
            .filter(|(index, _)| tried.get(*index) == Some(&false) && !self.is_exhausted(*index));
        let (index, relay) = untried.min_by_key(|(index, relay)| {
            let health = health.get(*index).copied().unwrap_or_default();
            let resting = health.rests_until.is_some_and(|until| until > now);
            let load = u64::from(health.open + 1) * 1000 / u64::from(relay.weight());
            (resting, load, *index)
        })?;
        if let Some(health) = health.get_mut(index) {
            health.open += 1;
        }
        Some((index, relay))
    }

    /// A connection ended.
    pub fn closed(&self, index: usize) {
        self.change(index, |health| health.open = health.open.saturating_sub(1));
    }

    /// A relay could not be used, or closed by itself.
    pub fn failed(&self, index: usize) {
        let now = clock::stop_watch();
        self.change(index, |health| {
            let rest = FIRST_REST * 2_u32.saturating_pow(health.failures.min(16));
            health.failures = health.failures.saturating_add(1);
            health.rests_until = Some(now + rest.min(LONGEST_REST));
        });
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Health)) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(health) = health.get_mut(index) {
            change(health);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Tls};
    use super::*;

    fn relays(weights: &[u32]) -> Relays {
        let relay = |(number, weight): (usize, &u32)| {
            let config = Config {
                host: "localhost".to_owned(),
                port: Some(u16::try_from(number + 1).unwrap()),
                tls: Tls::None,
                weight: *weight,
                ..Config::default()
            };
            Relay::open(&config, std::path::Path::new("."), None).unwrap()
        };
        Relays::new(weights.iter().enumerate().map(relay).collect())
    }

    #[test]
    fn connections_spread_by_weight_and_leave_the_sick_alone() {
        let relays = relays(&[3, 1]);
        let mut counts = [0, 0];
        for _ in 0..8 {
            counts[relays.best(&[false, false]).unwrap().0] += 1;
        }
        assert_eq!(counts, [6, 2]);
        relays.failed(0);
        assert_eq!(relays.best(&[false, false]).unwrap().0, 1);
        assert_eq!(
            relays.best(&[false, true]).unwrap().0,
            0,
            "better than none"
        );
        assert!(relays.best(&[true, true]).is_none());
    }
}
