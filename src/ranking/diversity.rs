//! From an order to an edition: the best, but not all of one kind.
//!
//! Greedy, slot by slot, so that every choice can be told in a sentence. MMR, xQuAD and DPP are
//! greedy on a concave gain too; for ten slots and one category each they would earn no more.

use std::collections::HashMap;

use super::{Candidate, Choice, Limits, Passed, Picked, Reason, Score};

/// Scores looked at first; an edition is rarely filled from further down.
const SHORTLIST: usize = 256;

/// Chooses up to `slots` articles from the top of `ranked`, which is sorted as `rank` returns it.
///
/// A score without its candidate is not chosen, nor is a story twice. A cap does not hold for an
/// article whose category or source is not known, nor where all candidates have the same. When
/// only capped articles are left they fill the slots all the same, and `relaxed` counts them.
#[must_use]
pub fn pick(ranked: &[Score], candidates: &[Candidate], slots: usize, limits: &Limits) -> Picked {
    let limits = limits.in_range();
    if let Some((shortlist, [next, ..])) = ranked.split_at_checked(SHORTLIST) {
        let picked = Slate::new(shortlist, candidates, limits).fill(slots);
        let worth = |choice: &Choice| ranked[choice.index].total * choice.diversity;
        // The same as from the whole list if nothing below could have won a slot.
        let settled = picked
            .chosen
            .iter()
            .all(|choice| worth(choice) >= next.total);
        if picked.chosen.len() == slots && picked.relaxed == 0 && settled {
            return picked;
        }
    }
    Slate::new(ranked, candidates, limits).fill(slots)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caps {
    Held,
    Relaxed,
}

/// A score that can be chosen.
struct Entry<'a> {
    index: usize,
    score: &'a Score,
    category: Label<'a>,
    source: Label<'a>,
    taken: bool,
}

/// A category or source: its name and its place in the counts.
#[derive(Clone, Copy)]
struct Label<'a> {
    name: &'a str,
    at: usize,
}

/// How many of each category, or source, were chosen.
struct Counts<'a> {
    index: HashMap<&'a str, usize>,
    counts: Vec<usize>,
    /// `None` where there is no choice.
    cap: Option<usize>,
}

impl<'a> Counts<'a> {
    fn new(cap: usize, candidates: &'a [Candidate], name: fn(&Candidate) -> &str) -> Self {
        let varied = candidates
            .windows(2)
            .any(|pair| name(&pair[0]) != name(&pair[1]));
        Self {
            index: HashMap::new(),
            counts: Vec::new(),
            cap: varied.then_some(cap),
        }
    }

    fn label(&mut self, name: &'a str) -> Label<'a> {
        let at = *self.index.entry(name).or_insert(self.counts.len());
        if at == self.counts.len() {
            self.counts.push(0);
        }
        Label { name, at }
    }

    fn is_full(&self, label: Label<'_>) -> bool {
        !label.name.is_empty() && self.cap.is_some_and(|cap| self.counts[label.at] >= cap)
    }

    fn repeats(&self, label: Label<'_>) -> usize {
        if label.name.is_empty() {
            0
        } else {
            self.counts[label.at]
        }
    }
}

struct Slate<'a> {
    entries: Vec<Entry<'a>>,
    categories: Counts<'a>,
    sources: Counts<'a>,
    repeat_factor: f64,
}

impl<'a> Slate<'a> {
    fn new(ranked: &'a [Score], candidates: &'a [Candidate], limits: Limits) -> Self {
        let mut wanted: HashMap<&str, Option<&Candidate>> = ranked
            .iter()
            .map(|score| (score.story.as_str(), None))
            .collect();
        for candidate in candidates {
            if let Some(found) = wanted.get_mut(candidate.story.as_str()) {
                found.get_or_insert(candidate);
            }
        }
        let mut slate = Self {
            entries: Vec::with_capacity(ranked.len()),
            categories: Counts::new(limits.per_category, candidates, |found| &found.category),
            sources: Counts::new(limits.per_source, candidates, |found| &found.source),
            repeat_factor: limits.repeat_factor,
        };
        for (index, score) in ranked.iter().enumerate() {
            // Removed, so that a story listed twice is met once.
            let Some(Some(candidate)) = wanted.remove(score.story.as_str()) else {
                continue;
            };
            let category = slate.categories.label(&candidate.category);
            let source = slate.sources.label(&candidate.source);
            slate.entries.push(Entry {
                index,
                score,
                category,
                source,
                taken: false,
            });
        }
        slate
    }

    fn fill(mut self, slots: usize) -> Picked {
        let mut picked = Picked {
            chosen: Vec::new(),
            passed: Vec::new(),
            relaxed: 0,
        };
        while picked.chosen.len() < slots {
            let next = self.best(Caps::Held).or_else(|| {
                let over = self.best(Caps::Relaxed)?;
                picked.relaxed += 1;
                Some(over)
            });
            let Some(choice) = next else { break };
            self.take(choice.index);
            picked.chosen.push(choice);
        }
        picked.passed = self.passed(&picked.chosen);
        picked
    }

    /// The best that may still be chosen; of equals, the one ranked higher.
    fn best(&self, caps: Caps) -> Option<Choice> {
        let mut found: Option<(f64, &Entry<'_>)> = None;
        for entry in self.entries.iter().filter(|entry| !entry.taken) {
            // The factor is at most 1 and the order falling: nothing further down can be better.
            if found.is_some_and(|(best, _)| entry.score.total <= best) {
                break;
            }
            if caps == Caps::Held && self.cap(entry).is_some() {
                continue;
            }
            let value = entry.score.total * self.diversity(entry);
            if found.is_none_or(|(best, _)| value > best) {
                found = Some((value, entry));
            }
        }
        found.map(|(_, entry)| Choice {
            story: entry.score.story.clone(),
            index: entry.index,
            category: entry.category.name.to_owned(),
            repeats: self.categories.repeats(entry.category),
            diversity: self.diversity(entry),
        })
    }

    fn cap(&self, entry: &Entry<'_>) -> Option<Reason> {
        if self.categories.is_full(entry.category) {
            Some(Reason::CategoryCap)
        } else if self.sources.is_full(entry.source) {
            Some(Reason::SourceCap)
        } else {
            None
        }
    }

    fn diversity(&self, entry: &Entry<'_>) -> f64 {
        let repeats = self.categories.repeats(entry.category);
        self.repeat_factor
            .powi(i32::try_from(repeats).unwrap_or(i32::MAX))
    }

    fn take(&mut self, index: usize) {
        let Ok(at) = self
            .entries
            .binary_search_by_key(&index, |entry| entry.index)
        else {
            return;
        };
        let entry = &mut self.entries[at];
        entry.taken = true;
        self.categories.counts[entry.category.at] += 1;
        self.sources.counts[entry.source.at] += 1;
    }

    /// Those above the lowest chosen that were left out.
    fn passed(&self, chosen: &[Choice]) -> Vec<Passed> {
        let Some(lowest) = chosen.iter().map(|choice| choice.index).max() else {
            return Vec::new();
        };
        let above = self.entries.iter().take_while(|entry| entry.index < lowest);
        above
            .filter(|entry| !entry.taken)
            .map(|entry| Passed {
                story: entry.score.story.clone(),
                index: entry.index,
                reason: self.cap(entry).unwrap_or(Reason::Repeats),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::{Config, estimate, rank};

    /// Stories named by their place, best first; each with category and source.
    fn picked(labels: &[(&str, &str)], slots: usize) -> Picked {
        let candidates: Vec<Candidate> = labels
            .iter()
            .zip(0i64..)
            .map(|((category, source), at)| Candidate {
                story: format!("{at:04}"),
                category: (*category).to_owned(),
                source: (*source).to_owned(),
                published_at: -at * 3600,
                boost: 1.0,
            })
            .collect();
        let config = Config::default();
        let ranked = rank(&candidates, &estimate(&[], &[], 0.0, &config), 0, &config);
        pick(&ranked, &candidates, slots, &config.limits)
    }

    fn stories(picked: &Picked) -> Vec<usize> {
        picked.chosen.iter().map(|choice| choice.index).collect()
    }

    fn passed(picked: &Picked) -> Vec<(usize, Reason)> {
        picked
            .passed
            .iter()
            .map(|passed| (passed.index, passed.reason))
            .collect()
    }

    #[test]
    fn a_category_gets_four_places() {
        let mut labels = vec![("Politics", ""); 6];
        labels.extend([("Science", ""), ("Sport", "")]);
        let picked = picked(&labels, 6);
        let politics = picked
            .chosen
            .iter()
            .filter(|choice| choice.category == "Politics")
            .count();
        assert_eq!((politics, picked.chosen.len(), picked.relaxed), (4, 6, 0));
        assert_eq!(
            passed(&picked),
            [(4, Reason::CategoryCap), (5, Reason::CategoryCap)]
        );
    }

    #[test]
    fn a_source_gets_four_places() {
        let mut labels = vec![("", "Herald"); 5];
        labels.push(("", "Post"));
        let picked = picked(&labels, 5);
        assert_eq!(stories(&picked), [0, 1, 2, 3, 5]);
        assert_eq!(passed(&picked), [(4, Reason::SourceCap)]);
    }

    #[test]
    fn a_repeat_must_be_that_much_better() {
        let picked = picked(&[("Politics", ""), ("Politics", ""), ("Science", "")], 2);
        assert_eq!(stories(&picked), [0, 2]);
        assert_eq!(passed(&picked), [(1, Reason::Repeats)]);
    }

    #[test]
    fn when_it_runs_dry_caps_give_way_and_it_is_said() {
        let mut labels = vec![("Politics", ""); 6];
        labels.push(("Science", ""));
        let picked = picked(&labels, 6);
        assert_eq!(picked.chosen.len(), 6);
        assert_eq!(picked.relaxed, 1);
        assert_eq!(picked.chosen[5].repeats, 4);
        assert!((picked.chosen[5].diversity - 0.92f64.powi(4)).abs() < 1e-12);
    }

    #[test]
    fn a_cap_needs_an_alternative_to_hold() {
        for label in [("Politics", "Herald"), ("", "")] {
            let picked = picked(&[label; 8], 8);
            assert_eq!(stories(&picked), [0, 1, 2, 3, 4, 5, 6, 7]);
            assert_eq!((picked.relaxed, picked.passed.len()), (0, 0));
        }
    }

    #[test]
    fn fewer_articles_than_slots_is_a_shorter_edition() {
        assert_eq!(stories(&picked(&[("Politics", "")], 10)), [0]);
        assert_eq!(stories(&picked(&[], 10)), [0usize; 0]);
        assert_eq!(stories(&picked(&[("Politics", "")], 0)), [0usize; 0]);
    }

    #[test]
    fn what_lies_below_the_shortlist_can_still_be_needed() {
        let mut labels = vec![("Politics", ""); SHORTLIST + 40];
        labels.extend([("Science", ""); 6]);
        let picked = picked(&labels, 6);
        let science = picked
            .chosen
            .iter()
            .filter(|choice| choice.category == "Science")
            .count();
        assert_eq!((science, picked.relaxed), (2, 0));
    }
}
