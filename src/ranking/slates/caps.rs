//! How many of one category or source a slate may have, and how many it has.

use super::worth::{Listed, Shortlist};
use crate::ranking::Candidate;
use crate::ranking::lookup::Map;

/// How many of one kind a slate may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cap {
    pub(super) kinds: usize,
    pub(super) most: usize,
}

/// Categories, or sources, as numbers.
pub(super) struct Kinds<'a> {
    pub(super) index: Map<&'a str, usize>,
    pub(super) counts: Vec<usize>,
    pub(super) cap: usize,
}

impl<'a> Kinds<'a> {
    /// A cap does not hold where all candidates are of one kind.
    pub(super) fn new(
        cap: usize,
        candidates: &'a [Candidate],
        name: fn(&Candidate) -> &str,
    ) -> Self {
        let varied = candidates
            .windows(2)
            .any(|pair| name(&pair[0]) != name(&pair[1]));
        Self {
            index: Map::default(),
            counts: Vec::new(),
            cap: if varied { cap } else { usize::MAX },
        }
    }

    /// Whether a slate could take more of this kind than are listed.
    pub(super) fn wants(&self, name: &str) -> bool {
        let known = self.index.get(name);
        name.is_empty() || known.is_none_or(|&at| self.counts[at] < self.cap)
    }

    pub(super) fn add(&mut self, name: &'a str) -> Option<usize> {
        if name.is_empty() {
            return None;
        }
        let at = *self.index.entry(name).or_insert(self.counts.len());
        if at == self.counts.len() {
            self.counts.push(0);
        }
        self.counts[at] += 1;
        Some(at)
    }

    pub(super) fn cap(&self) -> Cap {
        Cap {
            kinds: self.counts.len(),
            most: self.cap,
        }
    }
}

/// What a slate holds so far.
pub(super) struct Filled {
    pub(super) categories: Counts,
    pub(super) sources: Counts,
    /// Places taken although a cap was reached.
    pub(super) relaxed: usize,
}

impl Filled {
    pub(super) fn new(shortlist: &Shortlist) -> Self {
        Self {
            categories: Counts::new(shortlist.categories),
            sources: Counts::new(shortlist.sources),
            relaxed: 0,
        }
    }

    pub(super) fn add(&mut self, listed: &Listed) {
        self.categories.add(listed.category);
        self.sources.add(listed.source);
    }

    pub(super) fn is_full(&self, listed: &Listed) -> bool {
        self.categories.is_full(listed.category) || self.sources.is_full(listed.source)
    }
}

/// How many of each kind stand in a slate.
pub(super) struct Counts {
    pub(super) counts: Vec<usize>,
    pub(super) most: usize,
}

impl Counts {
    pub(super) fn new(cap: Cap) -> Self {
        Self {
            counts: vec![0; cap.kinds],
            most: cap.most,
        }
    }

    pub(super) fn of(&self, kind: Option<usize>) -> usize {
        kind.map_or(0, |at| self.counts[at])
    }

    pub(super) fn is_full(&self, kind: Option<usize>) -> bool {
        kind.is_some() && self.of(kind) >= self.most
    }

    pub(super) fn add(&mut self, kind: Option<usize>) {
        if let Some(at) = kind {
            self.counts[at] += 1;
        }
    }
}
