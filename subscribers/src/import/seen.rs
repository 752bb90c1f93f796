//! Which rows of a file named which address first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};

use foldhash::quality::RandomState;

use super::Person;
use super::read::undressed;
use crate::EmailAddress;

/// Two hashes of an address's key: of a million addresses no two share both.
type Place = (u64, u64);

/// The rows that named an address first.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: HashMap<Place, First, BuildHasherDefault<FirstHash>>,
    hashers: [RandomState; 2],
}

/// The first of two hashes is as good as a hash of both.
#[derive(Debug, Default)]
struct FirstHash(Option<u64>);

impl Hasher for FirstHash {
    fn finish(&self) -> u64 {
        self.0.unwrap_or_default()
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0.get_or_insert(hash);
    }
}

/// The row that named an address first.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) line: u64,
    pub(super) was_refused: bool,
    was_added: bool,
}

impl Seen {
    /// Where an address of this key stands.
    pub(super) fn place(&self, key: &str) -> Place {
        let [one, other] = &self.hashers;
        (one.hash_one(key), other.hash_one(key))
    }

    /// The row that named the address before, if one did; else this one is the first.
    pub(super) fn before(&mut self, place: Place, line: u64) -> Option<First> {
        match self.rows.entry(place) {
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

    /// Notes that a row about addresses was refused: no other row of the file puts them on the list. The people
    /// whom one already put there.
    pub(super) fn doubted(&mut self, cell: &str, line: u64) -> Vec<Person> {
        let mut added = Vec::new();
        for address in addresses(cell) {
            let place = self.place(address.key());
            let before = self.before(place, line);
            self.refused(place);
            if before.is_some_and(|first| first.was_added) {
                added.push(Person::of(address));
            }
        }
        added
    }

    pub(super) fn refused(&mut self, place: Place) {
        if let Some(first) = self.rows.get_mut(&place) {
            first.was_refused = true;
        }
    }

    pub(super) fn added(&mut self, place: Place) {
        if let Some(first) = self.rows.get_mut(&place) {
            first.was_added = true;
        }
    }
}

/// The addresses of a cell that may hold anything, however they are dressed.
fn addresses(cell: &str) -> Vec<EmailAddress> {
    let parse = |text: &str| EmailAddress::parse(text).ok();
    if let Some(address) = parse(undressed(cell.trim()).1) {
        return vec![address];
    }
    let shown = cell.replace(['\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}'], "");
    let ends = |c: char| c.is_whitespace() || ",;|\"<>()[]:?".contains(c);
    let words = shown.split(ends).filter(|word| word.contains('@'));
    words
        .filter_map(|word| parse(word.trim_matches(['\'', '.', '`'])))
        .collect()
}
