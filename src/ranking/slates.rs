//! One edition, many orders: every group of readers gets its own.
//!
//! From candidates and estimates to an ordered list for each group. One slate for all can try three
//! or four of forty new stories; groups try them all at the same cost, which is what finds the good
//! ones on their first day. In each group the rates are drawn a little around their mean, the less
//! certain the wider (Thompson's rule, tempered), and new stories take turns in a section of their
//! own.
//!
//! Promises that the same edition gives the same lists to the last bit, and that a list goes on
//! below the slate, so that what a reader already had can be skipped. Leaves to the caller who is
//! in which group and what they had.
//!
//! Memory: one number a candidate, and for each group the lists; no more than 512 candidates are
//! looked at for the groups.

mod caps;
#[cfg(test)]
mod tests;
mod worth;

use std::collections::HashSet;

use super::cells::within;
use super::chance::{hash, hash_text, normal};
use super::{Candidate, Config, Estimates, Parts};
use caps::Filled;
use worth::{Listed, Shortlist, Value, Worth};

/// Readers a group has at least, unless there would be too few groups.
const GROUP: usize = 150;

const FEWEST_GROUPS: usize = 8;
const MOST_GROUPS: usize = 64;

/// How far the draws of the groups spread, as a share of what is not known.
///
/// At 1 (Thompson's own) the simulated digests lost ten points of 64: a mail has one batch a day.
pub const EXPLORATION: f64 = 0.2;

/// Nothing is shown to a list that looked at it so often.
const WORN_OUT: f64 = 1.5;

/// How many slates long a list is, if there are enough stories.
const PAGES: usize = 5;

/// How many groups a list of this size has, without a wish of the publisher's.
#[must_use]
pub fn groups(readers: usize) -> usize {
    readers.div_ceil(GROUP).clamp(FEWEST_GROUPS, MOST_GROUPS)
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Edition<'a> {
    /// The edition's id: another id, other draws.
    pub seed: &'a str,
    /// Which of the edition's waves, from 1.
    pub wave: u32,
    /// When it leaves, in Unix seconds.
    pub at: i64,
    /// When the edition before left; stories since then are new.
    pub since: i64,
    /// How many groups.
    pub groups: usize,
    /// Stories in a slate, the new ones among them.
    pub slots: usize,
    /// Stories of the section "New".
    pub new_slots: usize,
    /// How far the draws spread, [`EXPLORATION`] if nothing speaks against it.
    pub exploration: f64,
    /// Stories the editor puts at the top of every group, in this order.
    pub pinned: &'a [String],
}

/// The lists of one edition.
#[derive(Debug, Clone, PartialEq)]
pub struct Slates {
    /// By group.
    pub groups: Vec<Slate>,
    /// Places in slates that break a cap, because nothing else was left; normally 0.
    pub relaxed: usize,
}

/// One group's list.
///
/// First the slate: the top section, then the new stories, the newest first. Below it what comes
/// next in the top section, then the new stories that come next.
#[derive(Debug, Clone, PartialEq)]
pub struct Slate {
    /// In the order they should stand.
    pub order: Vec<Place>,
}

/// One story in a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Its place among the candidates given.
    pub candidate: usize,
    /// Where it stands.
    pub section: Section,
    /// What it was ranked by: its worth × `chance`, without the factor for variety.
    pub score: f64,
    /// Factor drawn for this group.
    pub chance: f64,
    /// Factor for others of its category above.
    pub diversity: f64,
    /// What its worth is made of.
    pub parts: Parts,
}

/// A section of a slate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// The best.
    Top,
    /// Stories since the last edition, in turns.
    New,
}

/// Makes every group's list; stories without a place in it are not worth one.
///
/// Of candidates with the same story the first counts.
#[must_use]
pub fn slates(
    edition: &Edition<'_>,
    candidates: &[Candidate],
    estimates: &Estimates,
    config: &Config,
) -> Slates {
    let worth = Worth::of(edition, candidates, estimates, config);
    let shortlist = worth.shortlist(edition, config);
    let rotation = worth.rotation(edition);
    let pinned = worth.pinned(edition.pinned);
    let mut slates = Slates {
        groups: Vec::with_capacity(edition.groups),
        relaxed: 0,
    };
    for group in 0..edition.groups.max(1) {
        let turn = Group {
            edition,
            number: group,
            worth: &worth,
            config,
        };
        let (slate, relaxed) = turn.fill(&shortlist, &rotation, &pinned);
        slates.relaxed += relaxed;
        slates.groups.push(slate);
    }
    slates
}

fn spread(edition: &Edition<'_>) -> f64 {
    within(edition.exploration, 0.0, 4.0, EXPLORATION)
}

/// A listed candidate with a group's draw.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    listed: Listed,
    chance: f64,
    score: f64,
    taken: bool,
}

/// One group of one edition.
struct Group<'a> {
    edition: &'a Edition<'a>,
    number: usize,
    worth: &'a Worth<'a>,
    config: &'a Config,
}

impl Group<'_> {
    fn fill(&self, shortlist: &Shortlist, rotation: &[Value], pinned: &[usize]) -> (Slate, usize) {
        let slots = self.edition.slots;
        let mut drawn = self.draw(shortlist);
        let mut filled = Filled::new(shortlist);
        let pins = pinned.iter().take(slots);
        let mut tops: Vec<Place> = pins.map(|&at| self.place(at, Section::Top)).collect();
        take(&mut drawn, &tops, |listed| filled.add(listed));
        let wanted = slots.saturating_sub(self.edition.new_slots).max(tops.len());
        self.page(&mut filled, &mut drawn, (&mut tops, wanted));
        let mut fresh = self.turn(rotation, &tops);
        let later = fresh.split_off(fresh.len().min(self.edition.new_slots).min(slots - wanted));
        take(&mut drawn, &fresh, |_| ());
        let published = |place: &Place| self.worth.candidates[place.candidate].published_at;
        fresh.sort_by_key(|place| std::cmp::Reverse(published(place)));
        // Too few new stories: the top section takes their places.
        let wanted = slots - fresh.len();
        self.page(&mut filled, &mut drawn, (&mut tops, wanted));
        let mut reserves = Vec::new();
        // A page for itself, so that whoever has had the slate gets one as mixed as the first.
        for page in 1..PAGES {
            let next = &mut Filled::new(shortlist);
            self.page(next, &mut drawn, (&mut reserves, page * slots));
        }
        let standing: HashSet<usize> = tops.iter().chain(&reserves).map(|p| p.candidate).collect();
        let mut order = tops;
        order.append(&mut fresh);
        order.append(&mut reserves);
        order.extend(
            later
                .into_iter()
                .filter(|place| !standing.contains(&place.candidate)),
        );
        (Slate { order }, filled.relaxed)
    }

    /// Every listed candidate with its luck in this group, best first.
    fn draw(&self, shortlist: &Shortlist) -> Vec<Drawn> {
        let spread = spread(self.edition);
        let group = u64::try_from(self.number).unwrap_or(u64::MAX);
        let edition = [
            hash_text(self.edition.seed),
            u64::from(self.edition.wave),
            group,
        ];
        let mut drawn: Vec<Drawn> = shortlist
            .listed
            .iter()
            .map(|listed| {
                let luck = normal(hash(&[edition[0], edition[1], edition[2], listed.story]));
                let shape = listed.value.shape;
                let chance = if spread > 0.0 {
                    (spread * luck / shape.sqrt() - spread * spread / (2.0 * shape)).exp()
                } else {
                    1.0
                };
                Drawn {
                    listed: *listed,
                    chance,
                    score: listed.value.worth * chance,
                    taken: false,
                }
            })
            .collect();
        drawn.sort_by(|a, b| {
            let by_id = || {
                let [a, b] = [a, b].map(|entry| self.worth.story(&entry.listed.value));
                a.cmp(b)
            };
            b.score.total_cmp(&a.score).then_with(by_id)
        });
        drawn
    }

    /// Adds the best left until there are as many as wanted.
    fn page(
        &self,
        filled: &mut Filled,
        drawn: &mut [Drawn],
        (places, wanted): (&mut Vec<Place>, usize),
    ) {
        let factor = self.config.limits.in_range().repeat_factor;
        while places.len() < wanted {
            let diversity = |entry: &Drawn| {
                let repeats = filled.categories.of(entry.listed.category);
                factor.powi(i32::try_from(repeats).unwrap_or(i32::MAX))
            };
            let open = |entry: &Drawn| (!filled.is_full(&entry.listed)).then(|| diversity(entry));
            let held = best(drawn, open);
            let over = held.or_else(|| best(drawn, |entry| Some(diversity(entry))));
            let Some((at, diversity)) = over else { break };
            filled.relaxed += usize::from(held.is_none());
            let entry = &mut drawn[at];
            entry.taken = true;
            filled.add(&entry.listed);
            places.push(Place {
                candidate: entry.listed.value.candidate,
                section: Section::Top,
                score: entry.score,
                chance: entry.chance,
                diversity,
                parts: self.worth.parts(entry.listed.value.candidate),
            });
        }
    }

    /// The new stories in the order in which this group would take them.
    fn turn(&self, rotation: &[Value], tops: &[Place]) -> Vec<Place> {
        let standing: HashSet<usize> = tops.iter().map(|place| place.candidate).collect();
        let length = rotation.len().max(1);
        let start = self.number * self.edition.new_slots % length;
        let (before, from) = rotation.split_at(start.min(rotation.len()));
        from.iter()
            .chain(before)
            .filter(|value| !standing.contains(&value.candidate))
            .take(self.edition.new_slots * PAGES)
            .map(|value| self.place(value.candidate, Section::New))
            .collect()
    }

    fn place(&self, candidate: usize, section: Section) -> Place {
        let parts = self.worth.parts(candidate);
        Place {
            candidate,
            section,
            score: parts.total(),
            chance: 1.0,
            diversity: 1.0,
            parts,
        }
    }
}

/// Marks what stands elsewhere.
fn take(drawn: &mut [Drawn], places: &[Place], mut each: impl FnMut(&Listed)) {
    let standing: HashSet<usize> = places.iter().map(|place| place.candidate).collect();
    let found = |entry: &&mut Drawn| standing.contains(&entry.listed.value.candidate);
    for entry in drawn.iter_mut().filter(found) {
        entry.taken = true;
        each(&entry.listed);
    }
}

/// The best not yet taken, with its factor for variety; of equals the one that stands first.
fn best(drawn: &[Drawn], factor: impl Fn(&Drawn) -> Option<f64>) -> Option<(usize, f64)> {
    let mut found: Option<(f64, usize, f64)> = None;
    for (at, entry) in drawn.iter().enumerate().filter(|(_, entry)| !entry.taken) {
        // The factor is at most 1 and the order falling: nothing further down can be better.
        if found.is_some_and(|(best, ..)| entry.score <= best) {
            break;
        }
        if let Some(factor) = factor(entry) {
            let value = entry.score * factor;
            if found.is_none_or(|(best, ..)| value > best) {
                found = Some((value, at, factor));
            }
        }
    }
    found.map(|(_, at, factor)| (at, factor))
}
