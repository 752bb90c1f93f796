//! How often one network may ask for something. In memory only, and without addresses: what is kept is a
//! keyed hash, and the key dies with the process.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Networks remembered at once; more than that in an hour are counted as one.
const MOST_NETWORKS: usize = 100_000;
const HOUR: Duration = Duration::from_secs(3600);

/// How long a network's prefix is, and the prefix.
type Network = (u8, [u8; 8]);

/// Networks of one household or office that share a larger one of IPv6 together have this many times the limit of
/// one: who is given a /48 has 65 536 of them.
const FAR: u32 = 8;

/// Counts what each network asked for within an hour.
#[derive(Debug, Default)]
pub struct Limits {
    key: RandomState,
    counts: Mutex<HashMap<u64, (Instant, u32)>>,
}

impl Limits {
    /// Counts one request; whether it is within the limit.
    pub fn allow(&self, address: IpAddr, most: u32, now: Instant) -> bool {
        let (near, far) = networks(address);
        let is_near = self.count(&near, most, now);
        far.is_none_or(|far| self.count(&far, most.saturating_mul(FAR), now)) && is_near
    }

    /// The same for whatever has a name, such as an account.
    pub fn allow_name(&self, name: &str, most: u32, now: Instant) -> bool {
        self.count(&name, most, now)
    }

    /// Takes one request of a network and a name back that was none of those that are counted.
    pub fn forgive(&self, address: IpAddr, name: &str) {
        let (near, far) = networks(address);
        let mut keys = vec![self.key.hash_one(near), self.key.hash_one(name)];
        keys.extend(far.map(|far| self.key.hash_one(far)));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some((_, count)) = counts.get_mut(&key) {
                *count = count.saturating_sub(1);
            }
        }
    }

    fn count(&self, what: &impl Hash, most: u32, now: Instant) -> bool {
        let mut name = self.key.hash_one(what);
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

/// The network of an address, what one household or office has; for IPv6 also the one around it, what one customer
/// may have.
fn networks(address: IpAddr) -> (Network, Option<Network>) {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            ((4, [a, b, c, 0, 0, 0, 0, 0]), None)
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h, ..] = address.octets();
            let around = (48, [a, b, c, d, e, f, 0, 0]);
            ((64, [a, b, c, d, e, f, g, h]), Some(around))
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

    #[test]
    fn who_is_given_many_networks_has_not_as_many_turns() {
        let (limits, now) = (Limits::default(), crate::clock::stop_watch());
        let within = (0..100_u16)
            .map(|net| format!("2001:db8:7:{net:x}::1").parse().unwrap())
            .filter(|address| limits.allow(*address, 2, now));
        assert_eq!(within.count(), 16);
    }

    #[test]
    fn what_is_forgiven_is_not_counted() {
        let (limits, now) = (Limits::default(), crate::clock::stop_watch());
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        for _ in 0..50 {
            assert!(limits.allow(address, 1, now) && limits.allow_name("ida", 1, now));
            limits.forgive(address, "ida");
        }
        assert!(limits.allow_name("ida", 1, now) && !limits.allow_name("ida", 1, now));
    }
}
