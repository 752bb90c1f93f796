//! How fast single destinations may be: so many a second, an hour, a day.
//!
//! Asked when rows are leased, before they are given to connections: what a destination may not have
//! yet waits in the ledger and holds nobody else up. Of the seconds each process keeps its own count;
//! hours and days are windows over what all processes sent.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::store::departures;
use crate::database::{Conn, Error};

/// `[[delivery.destination]]` in `digest.toml`: limits that some domains share.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The domains, such as "gmail.com" and "googlemail.com".
    pub domains: Vec<String>,
    /// Messages a second, of one process.
    pub per_second: Option<u32>,
    /// Messages in any hour.
    pub per_hour: Option<u64>,
    /// Messages in any 24 hours.
    pub per_day: Option<u64>,
}

/// How long rows wait for a window that is full before they are looked at again.
const FULL_SECONDS: i64 = 10 * 60;

/// How long a place is kept that nobody came for.
const PLACE_SECONDS: i64 = 5;

/// When a message may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    /// Not before this instant, Unix seconds.
    At(i64),
}

/// The limits of all destinations, and what they have had.
#[derive(Debug, Default)]
pub(super) struct Shaping {
    groups: Vec<Group>,
    by_domain: HashMap<String, usize>,
}

#[derive(Debug)]
struct Group {
    name: String,
    limits: Config,
    /// The last second that has places, and how many of them are taken.
    second: (i64, u32),
    /// What the windows leave.
    left: u64,
    /// Given out since the windows were read.
    given: u64,
    /// Places promised to rows that wait for them, by their second.
    promised: BTreeMap<i64, u32>,
}

impl Shaping {
    pub(super) fn new(all: &[Config]) -> Self {
        let mut this = Self::default();
        for limits in all {
            let Some(first) = limits.domains.first() else {
                continue;
            };
            for domain in &limits.domains {
                let number = this.groups.len();
                this.by_domain.insert(domain.to_ascii_lowercase(), number);
            }
            this.groups.push(Group {
                name: format!("domain {}", first.to_ascii_lowercase()),
                limits: limits.clone(),
                second: (0, 0),
                left: u64::MAX,
                given: 0,
                promised: BTreeMap::new(),
            });
        }
        this
    }

    pub(super) fn is_none(&self) -> bool {
        self.groups.is_empty()
    }

    /// Reads what the windows of hours and days leave.
    pub(super) async fn read(&mut self, conn: &mut Conn, now: i64) -> Result<(), Error> {
        for group in &mut self.groups {
            let (per_hour, per_day) = (group.limits.per_hour, group.limits.per_day);
            group.left = left(conn, &group.name, (per_hour, per_day), now).await?;
        }
        Ok(())
    }

    /// When a message to a domain may leave; one with a `place` has waited for that second. Places that nobody
    /// here promised, or that nobody came for, are none: after a pause all would come at once.
    pub(super) fn turn(&mut self, domain: &str, place: Option<i64>, now: i64) -> Turn {
        let number = self.by_domain.get(domain).copied();
        let Some(group) = number.and_then(|number| self.groups.get_mut(number)) else {
            return Turn::Now;
        };
        if group.left == 0 {
            return Turn::At(now + FULL_SECONDS);
        }
        group.promised = group.promised.split_off(&(now - PLACE_SECONDS));
        let promised = place.and_then(|second| group.promised.get_mut(&second));
        let has_place = promised.is_some_and(|count| {
            let is_kept = *count > 0;
            *count = count.saturating_sub(1);
            is_kept
        });
        if let (Some(rate), false) = (group.limits.per_second, has_place) {
            let (second, taken) = group.second;
            group.second = if second < now {
                (now, 1)
            } else if taken < rate {
                (second, taken + 1)
            } else {
                (second + 1, 1)
            };
            if group.second.0 > now {
                *group.promised.entry(group.second.0).or_default() += 1;
                return Turn::At(group.second.0);
            }
        }
        group.left -= 1;
        group.given += 1;
        Turn::Now
    }

    /// Writes down what was given out.
    pub(super) async fn write(&mut self, conn: &mut Conn, now: i64) -> Result<(), Error> {
        for group in &mut self.groups {
            let given = std::mem::take(&mut group.given);
            let is_counted = group.limits.per_hour.is_some() || group.limits.per_day.is_some();
            if given > 0 && is_counted {
                departures::count(conn, &group.name, given, now).await?;
            }
        }
        Ok(())
    }
}

/// How many messages limits of an hour and a day leave to a name.
pub(super) async fn left(
    conn: &mut Conn,
    name: &str,
    (per_hour, per_day): (Option<u64>, Option<u64>),
    now: i64,
) -> Result<u64, Error> {
    if per_hour.is_none() && per_day.is_none() {
        return Ok(u64::MAX);
    }
    let (hour, day) = departures::recent(conn, name, now).await?;
    let of = |limit: Option<u64>, had: u64| limit.map_or(u64::MAX, |it| it.saturating_sub(had));
    Ok(of(per_hour, hour).min(of(per_day, day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaping(per_second: Option<u32>, left: u64) -> Shaping {
        let domains = ["gmail.example", "Googlemail.example"].map(str::to_owned);
        let mut shaping = Shaping::new(&[Config {
            domains: domains.into(),
            per_second,
            ..Config::default()
        }]);
        shaping.groups[0].left = left;
        shaping
    }

    #[test]
    fn places_of_a_second_are_shared_by_the_domains_of_a_destination() {
        let mut shaping = shaping(Some(2), u64::MAX);
        let mut turn = |domain, now| shaping.turn(domain, None, now);
        let turns = [
            turn("gmail.example", 100),
            turn("googlemail.example", 100),
            turn("gmail.example", 100),
            turn("other.example", 100),
            turn("gmail.example", 100),
            turn("gmail.example", 100),
            turn("gmail.example", 200),
        ];
        let wanted = [
            Turn::Now,
            Turn::Now,
            Turn::At(101),
            Turn::Now,
            Turn::At(101),
            Turn::At(102),
            Turn::Now,
        ];
        assert_eq!(turns, wanted);
        let mut again = |place| shaping.turn("gmail.example", place, 200);
        assert_eq!(again(None), Turn::Now);
        assert_eq!(again(Some(101)), Turn::At(201), "too late for its place");
        assert_eq!(again(Some(102)), Turn::At(201));
        assert_eq!(
            shaping.turn("gmail.example", Some(201), 201),
            Turn::Now,
            "its place"
        );
        assert_eq!(shaping.turn("gmail.example", Some(201), 201), Turn::Now);
        assert_eq!(
            shaping.turn("gmail.example", Some(201), 201),
            Turn::At(202),
            "once each"
        );
    }

    #[test]
    fn what_a_full_window_holds_back_is_looked_at_again() {
        let mut shaping = shaping(None, 1);
        assert_eq!(shaping.turn("gmail.example", None, 100), Turn::Now);
        assert_eq!(shaping.turn("gmail.example", Some(100), 100), Turn::At(700));
    }
}
