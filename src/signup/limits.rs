//! How often one network may ask for something. In memory only, and without addresses: what is kept is a
//! keyed hash, and the key dies with the process.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Networks remembered at once; more than that in an hour are counted as one.
const MOST_NETWORKS: usize = 100_000;
const HOUR: Duration = Duration::from_secs(3600);

/// Counts what each network asked for within an hour.
#[derive(Debug, Default)]
pub struct Limits {
    key: RandomState,
    counts: Mutex<HashMap<u64, (Instant, u32)>>,
}

impl Limits {
    /// Counts one request; whether it is within the limit.
    pub fn allow(&self, address: IpAddr, most: u32, now: Instant) -> bool {
        let mut name = self.key.hash_one(network(address));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST_NETWORKS {
            counts.retain(|_, (since, _)| now.duration_since(*since) < HOUR);
            if counts.len() >= MOST_NETWORKS {
                name = 0;
            }
        }
        let (since, count) = counts.entry(name).or_insert((now, 0));
        if now.duration_since(*since) >= HOUR {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= most
    }
}

/// The network of an address: what one household or office has.
fn network(address: IpAddr) -> [u8; 8] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            [4, a, b, c, 0, 0, 0, 0]
        }
        IpAddr::V6(address) => {
            let mut network = [0; 8];
            network.copy_from_slice(&address.octets()[..8]);
            network
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_counted_for_an_hour_and_no_other_with_it() {
        let (limits, now) = (Limits::default(), crate::clock::stop_watch());
        let ask = |address: &str, now| limits.allow(address.parse().unwrap(), 2, now);
        assert!(ask("192.0.2.1", now) && ask("192.0.2.77", now));
        assert!(!ask("192.0.2.1", now) && !ask("::ffff:192.0.2.9", now));
        assert!(ask("192.0.3.1", now));
        assert!(ask("2001:db8::1", now) && ask("2001:db8::2", now) && !ask("2001:db8::3", now));
        assert!(ask("2001:db8:0:1::1", now));
        assert!(ask("192.0.2.1", now + HOUR));
    }
}
