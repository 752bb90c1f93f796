//! Which rows of a file named which address first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher as _;

use foldhash::quality::RandomState;

use super::Person;
use crate::EmailAddress;

/// The rows that named an address first, by two hashes of its key: of a million addresses no two share both.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: HashMap<(u64, u64), First, RandomState>,
    hashers: [RandomState; 2],
}

/// The row that named an address first.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) line: u64,
    pub(super) was_refused: bool,
    was_added: bool,
}

impl Seen {
    /// The row that named the address before, if one did; else this one is the first.
    pub(super) fn before(&mut self, key: &str, line: u64) -> Option<First> {
        let [one, other] = &self.hashers;
        match self.rows.entry((one.hash_one(key), other.hash_one(key))) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(First {
                    line,
                    was_refused: false,
                    was_added: false,
                });
                None
            }
        }
    }

    fn first(&mut self, key: &str) -> Option<&mut First> {
        let [one, other] = &self.hashers;
        let key = (one.hash_one(key), other.hash_one(key));
        self.rows.get_mut(&key)
    }

    /// Notes that a row about an address was refused: no other row of the file puts them on the list. The person,
    /// if one already did.
    pub(super) fn doubted(&mut self, address: &str, line: u64) -> Option<Person> {
        let address = EmailAddress::parse(address.trim()).ok()?;
        let before = self.before(address.key(), line);
        self.refused(address.key());
        before
            .is_some_and(|first| first.was_added)
            .then(|| Person::of(address))
    }

    pub(super) fn refused(&mut self, key: &str) {
        if let Some(first) = self.first(key) {
            first.was_refused = true;
        }
    }

    pub(super) fn added(&mut self, key: &str) {
        if let Some(first) = self.first(key) {
            first.was_added = true;
        }
    }
}
