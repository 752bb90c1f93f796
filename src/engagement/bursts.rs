//! Machines that show themselves only by how much they do at once.
//!
//! One request looks like a reader's; many from one place within two seconds do not: a gateway follows the
//! links of one message, or of everybody's. By then the first of them are written down as a reader's, so what
//! is told here names these as well. In memory only, for seconds; a place is a keyed hash of an address.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use super::{Agent, EventKind};
use crate::links::{Kind, Token};

/// What happens in one second and the next happens at once.
const AT_ONCE_SECONDS: i64 = 1;
/// So many links of one message are followed by no finger.
const MOST_LINKS: usize = 2;
/// So many readers of one edition sit in one place, and act at once.
const MOST_READERS: usize = 4;
/// Places remembered; beyond that the oldest seconds are forgotten.
const MOST_PLACES: usize = 50_000;
/// Deeds of one machine remembered to know its next ones by.
const MOST_KEPT: usize = 20;
/// Deeds remembered to tell each only once: more than come in two seconds.
const MOST_TOLD: usize = 100_000;

/// The same link without identity, followed again from the same place by the same program within this time, is
/// the same reader.
const ONE_READER_SECONDS: i64 = 3600;
const MOST_REPEATS: usize = 200_000;

/// Something done with a link of an edition, by what called itself no machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed {
    /// The link: its edition, whose it is, and what it does.
    pub token: Token,
    /// What it was taken for by itself.
    pub agent: Agent,
}

impl Deed {
    /// What was done.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self.token.kind {
            Kind::Click(link) => EventKind::Click(link),
            _ => EventKind::Open,
        }
    }
}

/// Who did something, or from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Message { edition: u32, subscriber: i64 },
    Address { edition: u32, name: u64 },
}

/// The same deed, once or often.
#[derive(Debug)]
struct Repeated {
    deed: Deed,
    last_at: i64,
    /// By their numbers, those that nothing was told of.
    untold: Vec<u64>,
}

#[derive(Debug, Default)]
struct Recent {
    deeds: Vec<Repeated>,
}

/// What was done in the last seconds.
#[derive(Debug, Default)]
pub struct Bursts {
    places: HashMap<Place, Recent>,
    noted: u64,
    /// Those that were told of late: one may be told by its message and by its place.
    told: BTreeSet<u64>,
}

impl Bursts {
    /// Notes a deed; tells which ones, this one among them if at all, are a machine's by now. Each is told
    /// once. `now` is in Unix seconds; `source` names the address it came from, where that says anything.
    pub fn note(&mut self, deed: Deed, source: Option<u64>, now: i64) -> Vec<Deed> {
        let edition = deed.token.edition;
        let subscriber = deed.token.subscriber;
        let message = deed.token.place().is_none();
        let message = message.then_some(Place::Message {
            edition,
            subscriber,
        });
        let address = source.map(|name| Place::Address { edition, name });
        if self.places.len() >= MOST_PLACES {
            self.places.retain(|_, recent| recent.is_of(now));
            if self.places.len() >= MOST_PLACES {
                self.places.clear();
            }
        }
        self.noted += 1;
        let number = self.noted;
        let mut machines = Vec::new();
        for place in message.into_iter().chain(address) {
            let recent = self.places.entry(place).or_default();
            for (number, deed) in recent.note((number, deed), now) {
                if self.told.insert(number) {
                    machines.push(deed);
                }
            }
        }
        while self.told.len() > MOST_TOLD {
            self.told.pop_first();
        }
        machines
    }
}

/// Who followed which link that carries no identity, for an hour: one reader counts for one.
///
/// In memory only; who it was is a keyed hash of address, program and link.
#[derive(Debug, Default)]
pub struct Repeats {
    seen: HashMap<u64, i64>,
}

impl Repeats {
    /// Whether this was done within the hour before `now`, Unix seconds.
    pub fn note(&mut self, deed: u64, now: i64) -> bool {
        if self.seen.len() >= MOST_REPEATS {
            self.seen.retain(|_, at| now - *at < ONE_READER_SECONDS);
            if self.seen.len() >= MOST_REPEATS {
                self.seen.clear();
            }
        }
        let before = self.seen.get(&deed);
        let is_again = before.is_some_and(|at| now - at < ONE_READER_SECONDS);
        if !is_again {
            self.seen.insert(deed, now);
        }
        is_again
    }
}

impl Recent {
    fn is_of(&self, now: i64) -> bool {
        let mut times = self.deeds.iter().map(|it| it.last_at);
        times.any(|at| now - at <= AT_ONCE_SECONDS)
    }

    /// Those of the last seconds that nothing was told of, if they are a machine's.
    fn note(&mut self, (number, deed): (u64, Deed), now: i64) -> Vec<(u64, Deed)> {
        self.deeds.retain(|it| now - it.last_at <= AT_ONCE_SECONDS);
        match self.deeds.iter_mut().find(|it| it.deed == deed) {
            Some(again) => {
                again.last_at = now;
                if again.untold.len() < MOST_KEPT {
                    again.untold.push(number);
                }
            }
            None => self.deeds.push(Repeated {
                deed,
                last_at: now,
                untold: vec![number],
            }),
        }
        if !self.is_a_machine() {
            return Vec::new();
        }
        let told = self.deeds.iter_mut().flat_map(|it| {
            let deed = it.deed;
            it.untold.drain(..).map(move |number| (number, deed))
        });
        let told = told.collect();
        // Enough stay to know the next ones by; a flood must not fill the memory.
        if self.deeds.len() > MOST_KEPT {
            self.deeds.drain(..self.deeds.len() - MOST_KEPT);
        }
        told
    }

    fn is_a_machine(&self) -> bool {
        if self.deeds.len() <= MOST_LINKS.min(MOST_READERS) {
            return false;
        }
        let mut readers = BTreeSet::new();
        // By reader, or nobody's: links that carry no identity are of one message as likely as not.
        let mut links: BTreeMap<Option<i64>, BTreeSet<u16>> = BTreeMap::new();
        for token in self.deeds.iter().map(|it| it.deed.token) {
            let reader = token.place().is_none().then_some(token.subscriber);
            readers.extend(reader);
            if let Kind::Click(link) = token.kind {
                links.entry(reader).or_default().insert(link);
            }
        }
        readers.len() > MOST_READERS || links.values().any(|links| links.len() > MOST_LINKS)
    }
}

/// What stands for an address here, if it tells one place from another: not the address of this machine or of
/// a private network, which is a proxy's that nobody named.
#[must_use]
pub fn source(key: &impl std::hash::BuildHasher, address: IpAddr) -> Option<u64> {
    let address = address.to_canonical();
    let is_somewhere = match address {
        IpAddr::V4(address) => {
            !(address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified())
        }
        IpAddr::V6(address) => {
            !(address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_unspecified())
        }
    };
    is_somewhere.then(|| key.hash_one(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn click(subscriber: i64, link: u16) -> Deed {
        Deed {
            token: Token {
                subscriber,
                edition: 7,
                kind: Kind::Click(link),
            },
            agent: Agent::Person,
        }
    }

    fn anonymous(link: u16) -> Deed {
        let kind = Kind::Click(link);
        Deed {
            token: Token::anonymous(7, (1, link + 1), kind),
            agent: Agent::Person,
        }
    }

    /// How many deeds are told at each step.
    fn told(deeds: &[Deed], source: Option<u64>, pause: i64) -> Vec<usize> {
        let (mut bursts, mut at) = (Bursts::default(), 1_795_824_000);
        let steps = deeds.iter().map(|deed| {
            at += pause;
            bursts.note(*deed, source, at).len()
        });
        steps.collect()
    }

    #[test]
    fn three_links_of_one_message_at_once_are_a_machines_from_the_first() {
        let deeds = [
            click(1, 0),
            click(1, 0),
            click(1, 1),
            click(1, 2),
            click(1, 3),
        ];
        assert_eq!(told(&deeds, None, 0), [0, 0, 0, 4, 1]);
        assert_eq!(told(&deeds, None, 2), [0; 5]);
    }

    #[test]
    fn five_readers_from_one_place_at_once_are_a_machine() {
        let deeds: Vec<_> = (1..=6).map(|reader| click(reader, 0)).collect();
        assert_eq!(told(&deeds, Some(1), 0), [0, 0, 0, 0, 5, 1]);
        assert_eq!(told(&deeds, None, 0), [0; 6]);
        assert_eq!(told(&deeds, Some(1), 2), [0; 6]);
    }

    #[test]
    fn links_without_identity_are_judged_by_the_place_they_are_followed_from() {
        let deeds = [anonymous(0), anonymous(1), anonymous(2)];
        assert_eq!(told(&deeds, Some(1), 0), [0, 0, 3]);
        assert_eq!(told(&deeds, None, 0), [0; 3]);
        // Readers behind one address who follow the same story.
        assert_eq!(told(&[anonymous(0); 9], Some(1), 0), [0; 9]);
    }

    #[test]
    fn a_flood_is_told_once_each_and_forgotten() {
        let deeds: Vec<_> = (0..500).map(|n| click(n, 0)).collect();
        assert_eq!(told(&deeds, Some(1), 0).iter().sum::<usize>(), 500);
    }

    #[test]
    fn this_machine_and_private_networks_are_no_place() {
        let key = std::hash::RandomState::new();
        let of = |address: &str| source(&key, address.parse().unwrap());
        for address in [
            "127.0.0.1",
            "::1",
            "10.1.2.3",
            "fe80::1",
            "fd00::1",
            "::ffff:192.168.1.1",
        ] {
            assert_eq!(of(address), None, "{address}");
        }
        assert!(of("203.0.113.7").is_some());
        assert_eq!(of("203.0.113.7"), of("::ffff:203.0.113.7"));
    }

    #[test]
    fn one_reader_without_identity_counts_once_an_hour() {
        let mut repeats = Repeats::default();
        let seen: Vec<bool> = [(1, 0), (1, 1), (2, 1), (1, 3599), (1, 3600), (1, 7000)]
            .map(|(deed, at)| repeats.note(deed, at))
            .to_vec();
        assert_eq!(seen, [false, true, false, true, false, true]);
    }
}
