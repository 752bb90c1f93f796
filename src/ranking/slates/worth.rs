//! What candidates are worth to everybody, before the groups draw.
//!
//! From all candidates to the few that some group may choose, the new ones that take turns, and
//! those the editor pinned.

use foldhash::fast::FixedState;

use super::caps::{Cap, Kinds};
use super::{Edition, PAGES, WORN_OUT, spread};
use crate::ranking::chance::hash_text;
use crate::ranking::lookup::{Map, Set};
use crate::ranking::score::{Known, Scorer};
use crate::ranking::{Candidate, Config, Estimates, Parts};

/// Stories that this share of the list looked at have been tried.
const TRIED: f64 = 0.25;

/// Candidates looked at by value alone.
const SHORTLIST: usize = 256;

/// Candidates looked at in all, with those that a cap may let through.
const LONGEST_SHORTLIST: usize = 512;

/// What each candidate is worth to everybody.
pub(super) struct Worth<'a> {
    pub(super) candidates: &'a [Candidate],
    pub(super) scorer: Scorer<'a>,
    pub(super) known: Known<'a>,
    /// Candidate and worth; without what was shown to everybody often enough, or twice given.
    pub(super) values: Vec<Value>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) candidate: usize,
    pub(super) worth: f64,
    pub(super) shape: f64,
    pub(super) reach: f64,
}

/// A candidate of the shortlist, with its category and source as numbers; `None` when not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) value: Value,
    pub(super) category: Option<usize>,
    pub(super) source: Option<usize>,
    pub(super) story: u64,
}

pub(super) struct Shortlist {
    pub(super) listed: Vec<Listed>,
    pub(super) categories: Cap,
    pub(super) sources: Cap,
}

impl<'a> Worth<'a> {
    pub(super) fn of(
        edition: &Edition<'_>,
        candidates: &'a [Candidate],
        estimates: &'a Estimates,
        config: &Config,
    ) -> Self {
        let scorer = Scorer::new(estimates, edition.at, config);
        let known = Known::of(estimates);
        let mut values = Vec::with_capacity(candidates.len());
        let mut met = Set::with_capacity_and_hasher(candidates.len(), FixedState::default());
        for (candidate, given) in candidates.iter().enumerate() {
            if !met.insert(given.story.as_str()) {
                continue;
            }
            let parts = scorer.parts(given, known.about(given));
            let worth = parts.total();
            // An editor's 0 means "not this one".
            if parts.reach < WORN_OUT && worth > 0.0 {
                values.push(Value {
                    candidate,
                    worth,
                    shape: parts.shape,
                    reach: parts.reach,
                });
            }
        }
        Self {
            candidates,
            scorer,
            known,
            values,
        }
    }

    pub(super) fn story(&self, value: &Value) -> &'a str {
        &self.candidates[value.candidate].story
    }

    pub(super) fn parts(&self, candidate: usize) -> Parts {
        let given = &self.candidates[candidate];
        self.scorer.parts(given, self.known.about(given))
    }

    /// The candidates that some group may choose: the best with the luck that a group may have, and
    /// the best of the others by category and source, for when the caps close.
    pub(super) fn shortlist(&self, edition: &Edition<'_>, config: &Config) -> Shortlist {
        let limits = config.limits.in_range();
        let luck = |value: &Value| value.worth * (1.0 + 2.0 * spread(edition) / value.shape.sqrt());
        let mut order: Vec<(f64, &Value)> = self.values.iter().map(|v| (luck(v), v)).collect();
        let better = |a: &(f64, &Value), b: &(f64, &Value)| {
            let by_id = || self.story(a.1).cmp(self.story(b.1));
            b.0.total_cmp(&a.0).then_with(by_id)
        };
        let sure = SHORTLIST.max(edition.slots.saturating_mul(PAGES));
        let looked_at = sure.saturating_mul(16);
        if order.len() > looked_at {
            order.select_nth_unstable_by(looked_at, better);
            order.truncate(looked_at);
        }
        order.sort_unstable_by(better);
        let mut categories = Kinds::new(limits.per_category, self.candidates, |c| &c.category);
        let mut sources = Kinds::new(limits.per_source, self.candidates, |c| &c.source);
        let most = sure.max(LONGEST_SHORTLIST);
        let mut listed: Vec<Listed> = Vec::with_capacity(most.min(order.len()));
        for (_, value) in order {
            let given = &self.candidates[value.candidate];
            let wanted = categories.wants(&given.category) || sources.wants(&given.source);
            if listed.len() < sure || (wanted && listed.len() < most) {
                listed.push(Listed {
                    value: *value,
                    category: categories.add(&given.category),
                    source: sources.add(&given.source),
                    story: hash_text(&given.story),
                });
            }
        }
        Shortlist {
            listed,
            categories: categories.cap(),
            sources: sources.cap(),
        }
    }

    /// Stories since the last edition that few have seen: the least seen first, then the newest.
    pub(super) fn rotation(&self, edition: &Edition<'_>) -> Vec<Value> {
        if edition.new_slots == 0 {
            return Vec::new();
        }
        let published = |value: &Value| self.candidates[value.candidate].published_at;
        let mut pool: Vec<Value> = self
            .values
            .iter()
            .filter(|value| published(value) > edition.since && value.reach < TRIED)
            .copied()
            .collect();
        let seen = |value: &Value| (value.reach * 1000.0).round();
        let sooner = |a: &Value, b: &Value| {
            seen(a)
                .total_cmp(&seen(b))
                .then_with(|| published(b).cmp(&published(a)))
                .then_with(|| self.story(a).cmp(self.story(b)))
        };
        // So many take turns at most; the rest need not be in order.
        let turns = edition.groups.max(1) + PAGES;
        let most = turns
            .saturating_mul(edition.new_slots)
            .saturating_add(edition.slots);
        if pool.len() > most {
            pool.select_nth_unstable_by(most, sooner);
            pool.truncate(most);
        }
        pool.sort_unstable_by(sooner);
        pool
    }

    pub(super) fn pinned(&self, wanted: &[String]) -> Vec<usize> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let index: Map<&str, usize> = self
            .candidates
            .iter()
            .enumerate()
            .rev()
            .map(|(at, candidate)| (candidate.story.as_str(), at))
            .collect();
        let mut pinned = Vec::new();
        for story in wanted {
            if let Some(&candidate) = index.get(story.as_str())
                && !pinned.contains(&candidate)
            {
                pinned.push(candidate);
            }
        }
        pinned
    }
}
