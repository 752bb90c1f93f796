//! Which destinations want to be left alone: domains that say we are too fast, or that refuse us.
//!
//! Shared by a process's connections, for one call. A domain that is left alone gets nothing; its
//! messages are put off without an attempt. What one domain says changes nothing for the others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::retry::Wait;

/// So long a domain rests that says we are too fast; Gmail asks for ten minutes at least.
const REST: Duration = Duration::from_secs(15 * 60);
/// Policy refusals in a row, with nothing accepted between them, before a domain rests: one may be
/// about a single mailbox's rules.
const POLICY_REFUSALS: u32 = 3;

/// As many other refusals for now in a row mean that a domain has trouble of its own, or with us.
const PUT_OFF: u32 = 5;

/// What destinations have said.
#[derive(Debug, Default)]
pub(super) struct Destinations(Mutex<HashMap<String, State>>);

#[derive(Debug, Default)]
struct State {
    policy_refusals: u32,
    put_off: u32,
    rests: Option<(Instant, Wait)>,
}

impl Destinations {
    /// Why a domain is left alone now, if it is.
    pub(super) fn rests(&self, domain: &str, now: Instant) -> Option<Wait> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, wait) = all.get(domain)?.rests?;
        (until > now).then_some(wait)
    }

    /// A domain accepted a message.
    pub(super) fn accepted(&self, domain: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = all.get_mut(domain) {
            *state = State::default();
        }
    }

    /// A domain put a message off; whether it is left alone from now on, and was not before.
    pub(super) fn put_off(&self, domain: &str, wait: Wait, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = all.entry(domain.to_owned()).or_default();
        let had_rested = state.rests.is_some_and(|(until, _)| until > now);
        match wait {
            Wait::TooFast => state.rests = Some((now + REST, wait)),
            Wait::Policy => {
                state.policy_refusals += 1;
                if state.policy_refusals >= POLICY_REFUSALS {
                    state.rests = Some((now + REST * 2, wait));
                }
            }
            Wait::Other => {
                state.put_off += 1;
                if state.put_off >= PUT_OFF {
                    state.rests = Some((now + REST, wait));
                }
            }
            Wait::Greylisted | Wait::Full => {}
        }
        !had_rested && state.rests.is_some_and(|(until, _)| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_that_finds_us_too_fast_rests_and_others_do_not() {
        let (all, now) = (Destinations::default(), crate::clock::stop_watch());
        assert!(!all.put_off("a.example", Wait::Greylisted, now));
        assert!(all.put_off("a.example", Wait::TooFast, now));
        assert!(
            !all.put_off("a.example", Wait::TooFast, now),
            "rests already"
        );
        assert_eq!(all.rests("a.example", now), Some(Wait::TooFast));
        assert_eq!(all.rests("b.example", now), None);
        assert_eq!(all.rests("a.example", now + REST), None);
    }

    #[test]
    fn a_domain_in_trouble_rests() {
        let (all, now) = (Destinations::default(), crate::clock::stop_watch());
        let told: Vec<bool> = (0..6)
            .map(|_| all.put_off("a.example", Wait::Other, now))
            .collect();
        assert_eq!(told, [false, false, false, false, true, false]);
        assert_eq!(all.rests("a.example", now + REST), None);
    }

    #[test]
    fn a_domain_rests_after_refusing_us_three_times_in_a_row() {
        let (all, now) = (Destinations::default(), crate::clock::stop_watch());
        let refuse = || all.put_off("a.example", Wait::Policy, now);
        assert_eq!((refuse(), refuse()), (false, false));
        all.accepted("a.example");
        assert_eq!((refuse(), refuse(), refuse()), (false, false, true));
        assert_eq!(all.rests("a.example", now), Some(Wait::Policy));
    }
}
