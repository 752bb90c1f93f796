//! One edition, many copies: which stories one reader gets, in which order.
//!
//! An edition holds its own copy, which the editor approves and the archive shows, and beside it the
//! lists of its groups of readers. A reader's copy is a pure function of the edition and a
//! [`Variant`]: which list, and which stories are left out because this reader had them. The ledger
//! keeps the variant, so that the copy in a browser, the exposure of every story and the next
//! edition's rule against repeats all speak of what was sent.

use std::collections::{BTreeMap, BTreeSet};

use courant_subscribers::Topics;
use serde::{Deserialize, Serialize};

use super::trial::Trial;
use super::{Edition, EditionId, Entry, SectionKind};
use crate::ranking::chance::{hash, hash_text, uniform};
use crate::tracking::Tracking;
use crate::units::Span;

mod by_hand;
mod filling;

pub(super) use by_hand::Move;
use filling::Filling;

/// So many stories that are alone in their categories share a section.
const FEWEST_ALONE: usize = 3;
/// Title, in selections, of the section that they share; readers see words of their language.
pub(super) const ALONE: &str = "";

/// Editions up to this size have no section titles.
pub const SMALL: usize = 4;

/// The variant of the edition's own copy.
pub const OWN: u32 = 0;
/// The variant of the readers kept on newest-first.
pub const NEWEST: u32 = 1;
/// What stands for a wave where readers kept on newest-first are counted apart.
pub const HELD_OUT: u32 = 0;
/// The first group's variant; the others follow.
pub const FIRST_GROUP: u32 = 2;

/// Lists of fewer readers keep nobody on newest-first: what is learned from five of a hundred is
/// nothing.
const HOLDOUT_FROM: usize = 1000;

/// Readers a group has at least where links carry no identity.
const ANONYMOUS_GROUP: usize = 50;

/// Fewer readers than this in a first wave click too little to tell the second anything: in lists of
/// 300 two waves were no better than one.
const FEWEST_IN_WAVE: f64 = 300.0;

/// `[selection]` in `digest.toml`: who gets which stories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many groups of readers get lists of their own; without it one for 150 readers, 8 to 64.
    /// 1 is one list for all.
    pub groups: Option<usize>,
    /// How far the groups' lists differ, as a share of what is not known; 0 is not at all.
    pub exploration: f64,
    /// Who may get a story again.
    pub repeat: Repeat,
    /// Share of the readers kept on newest-first, to know what the ranking is worth; 0 is nobody.
    pub holdout: f64,
    /// How long after the first readers the others get the edition; without it all at once.
    pub second_wave: Option<Span>,
    /// Share of the readers in the first wave, where there is a second.
    pub first_wave: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            groups: None,
            exploration: crate::ranking::EXPLORATION,
            repeat: Repeat::Unopened,
            holdout: 0.05,
            second_wave: None,
            first_wave: 0.3,
        }
    }
}

impl Config {
    /// How many groups a list of so many readers has.
    ///
    /// Where links carry no identity a group is too large to tell who was in it.
    #[must_use]
    pub fn groups(&self, readers: usize, tracking: Tracking) -> usize {
        let usual = crate::ranking::groups(readers);
        let wanted = self.groups.map_or(usual, |groups| groups.clamp(1, 1024));
        match tracking {
            Tracking::Full | Tracking::Off => wanted,
            Tracking::Aggregate => wanted.min(readers / ANONYMOUS_GROUP).max(1),
        }
    }

    /// The waves of an edition for so many readers; nothing where all get it at once.
    #[must_use]
    pub(super) fn waves(&self, readers: usize) -> Option<Waves> {
        let gap = self.second_wave?;
        let share = self.first_wave.clamp(0.0, 1.0);
        #[expect(clippy::cast_precision_loss, reason = "people stay far below 2^52")]
        let first = share * readers as f64;
        (first >= FEWEST_IN_WAVE && share < 1.0).then(|| Waves {
            share,
            gap_seconds: gap.as_seconds(),
            second_from: None,
        })
    }
}

/// Two waves of one edition.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Waves {
    /// Share of the readers in the first.
    pub share: f64,
    /// How long after the first the second is due.
    pub gap_seconds: i64,
    /// How many of the groups are the first wave's; the others are the second's. Nothing until the
    /// second is planned.
    pub second_from: Option<usize>,
}

/// Who may get a story again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// Readers who showed no sign of opening the edition it stood in, once more and not oftener.
    #[default]
    Unopened,
    /// Nobody.
    Never,
}

impl Repeat {
    /// Whether a reader has had enough of a story that they were sent so often, and may have seen.
    #[must_use]
    pub fn is_enough(self, sent: usize, opened: bool) -> bool {
        match self {
            Self::Unopened => sent > 0 && (opened || sent >= 2),
            Self::Never => sent > 0,
        }
    }
}

/// One reader's copy: which list, and what is left out of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Variant {
    /// [`OWN`], [`NEWEST`], or a group's.
    pub slate: u32,
    /// Links of the stories this reader has had, rising.
    pub skipped: Vec<u16>,
    /// Which subject, where several are tried: 0 is the editor's, the alternatives follow.
    pub subject: u32,
}

impl Variant {
    /// The links in one text, as the ledger keeps them.
    #[must_use]
    pub fn skipped_text(&self) -> String {
        let links: Vec<String> = self.skipped.iter().map(u16::to_string).collect();
        links.join(" ")
    }

    /// The variant the ledger keeps; nothing if the text is not ours.
    #[must_use]
    pub fn from_ledger((slate, subject): (i64, i64), skipped: &str) -> Option<Self> {
        let links: Result<Vec<u16>, _> = skipped.split_whitespace().map(str::parse).collect();
        Some(Self {
            slate: u32::try_from(slate).ok()?,
            skipped: links.ok()?,
            subject: u32::try_from(subject).ok()?,
        })
    }
}

/// The lists of an edition, frozen with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Slates {
    /// How many stories stand in which section.
    pub shape: Shape,
    /// For readers kept on newest-first.
    pub newest: List,
    /// By group; none where everybody gets the edition's own copy.
    pub groups: Vec<List>,
    /// By category in the order of the sections: its stories, the best first.
    pub categories: Vec<(String, Vec<u16>)>,
    /// Share of the readers kept on newest-first.
    pub holdout: f64,
    /// Who may get a story again.
    pub repeat: Repeat,
    /// Editions whose stories could stand in this one again.
    pub earlier: Vec<Earlier>,
    /// Nothing where all readers get it at once.
    pub waves: Option<Waves>,
    /// Where an editor put stories, in the order in which it was done.
    pub by_hand: Vec<Move>,
    /// Which subjects are tried, and how; boxed, as what stands in few frames.
    pub trial: Box<Trial>,
}

/// How many stories stand in which section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shape {
    /// 0 or 1.
    pub lead: usize,
    /// Below the lead.
    pub top: usize,
    /// The new ones.
    pub newest: usize,
    /// In each category's section.
    pub per_category: usize,
    /// Nobody gets a copy with fewer stories.
    pub fewest: usize,
}

/// The stories of one list by their links, longer than a copy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct List {
    /// For lead and top, the best first.
    pub top: Vec<u16>,
    /// For the new ones, in this list's turn.
    pub new: Vec<u16>,
}

/// An edition before this one, and which of its stories is which of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its id.
    pub edition: String,
    /// Its link and ours, for stories that both hold, told by whichever article.
    pub links: Vec<(u16, u16)>,
}

/// A story at its place in one copy.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The story.
    pub entry: &'a Entry,
    /// Counts all stories of the copy from 1, in reading order.
    pub position: u32,
    /// Which section.
    pub section: SectionKind,
    /// The section's title; the category's name for `categories`.
    pub section_title: &'a str,
}

impl Slates {
    /// Which list a reader belongs to: drawn anew for every edition, and always the same again.
    #[must_use]
    pub fn of(&self, edition: &EditionId, subscriber: i64) -> u32 {
        if self.groups.is_empty() {
            return OWN;
        }
        if self.is_held_out(edition, subscriber) {
            return NEWEST;
        }
        let all = self.groups.len();
        let (from, to) = match self.second_from() {
            Some(second) if self.wave(edition, subscriber) == 2 => (second, all),
            Some(second) => (0, second),
            None => (0, all),
        };
        let count = u64::try_from(to - from).unwrap_or(u64::MAX).max(1);
        let group = draw(edition, subscriber, 2) % count;
        let group = u64::try_from(from).unwrap_or(0) + group;
        FIRST_GROUP.saturating_add(u32::try_from(group).unwrap_or(0))
    }

    /// Which wave a reader belongs to, from 1. Who is kept on newest-first need not wait.
    #[must_use]
    pub fn wave(&self, edition: &EditionId, subscriber: i64) -> u32 {
        let Some(waves) = self.waves else { return 1 };
        let is_early = uniform(draw(edition, subscriber, 3)) < waves.share;
        if is_early || self.is_held_out(edition, subscriber) {
            1
        } else {
            2
        }
    }

    fn is_held_out(&self, edition: &EditionId, subscriber: i64) -> bool {
        uniform(draw(edition, subscriber, 1)) < self.holdout
    }

    /// The wave that a list is of, from 1; 0 for readers kept on newest-first, who are held against
    /// the others.
    #[must_use]
    pub fn wave_of(&self, slate: u32) -> u32 {
        if slate == NEWEST {
            return HELD_OUT;
        }
        let group = slate.checked_sub(FIRST_GROUP);
        let group = group.and_then(|group| usize::try_from(group).ok());
        match (group, self.second_from()) {
            (Some(group), Some(second)) if group >= second => 2,
            _ => 1,
        }
    }

    /// Where the groups of the second wave begin, once it is planned.
    fn second_from(&self) -> Option<usize> {
        let second = self.waves?.second_from?;
        (second > 0 && second < self.groups.len()).then_some(second)
    }

    /// Whether there is such a list.
    #[must_use]
    pub fn has(&self, slate: u32) -> bool {
        slate == OWN || self.list(slate).is_some()
    }

    fn list(&self, slate: u32) -> Option<&List> {
        match slate {
            OWN => None,
            NEWEST => Some(&self.newest),
            group => self.groups.get(usize::try_from(group - FIRST_GROUP).ok()?),
        }
    }

    /// The links that everybody of a list gets if they have had nothing of it.
    #[must_use]
    pub fn every_link(&self) -> BTreeSet<u16> {
        let lists = self.groups.iter().chain([&self.newest]);
        let listed = lists.flat_map(|list| list.top.iter().chain(&list.new));
        let sorted = self.categories.iter().flat_map(|(_, links)| links);
        listed.chain(sorted).copied().collect()
    }
}

/// Sections and the stories of each, and the stories that stand in none, by their categories.
pub(super) type Apart<N, S> = (Vec<(N, Vec<S>)>, Vec<(N, S)>);

/// Tells categories with a section of their own from stories that are alone in theirs: three headers
/// with one headline each say less than one list.
pub(super) fn apart<N, S>(categories: Vec<(N, Vec<S>)>) -> Apart<N, S> {
    let alone = |stories: &[S]| stories.len() == 1;
    let lonely = categories.iter().filter(|(_, stories)| alone(stories));
    let together = lonely.count() >= FEWEST_ALONE;
    let (mut sections, mut rest) = (Vec::new(), Vec::new());
    for (name, mut stories) in categories {
        match stories.pop() {
            Some(story) if together && stories.is_empty() => rest.push((name, story)),
            Some(story) => {
                stories.push(story);
                sections.push((name, stories));
            }
            None => {}
        }
    }
    (sections, rest)
}

/// A reader's luck in an edition, for one purpose.
pub(super) fn draw(edition: &EditionId, subscriber: i64, purpose: u64) -> u64 {
    hash(&[
        hash_text(edition.as_str()),
        subscriber.cast_unsigned(),
        purpose,
    ])
}

/// The share of a list that is kept on newest-first.
#[must_use]
pub fn holdout(config: &Config, readers: usize) -> f64 {
    if readers < HOLDOUT_FROM {
        0.0
    } else {
        config.holdout.clamp(0.0, 0.5)
    }
}

impl Edition {
    /// The stories of the edition's own copy.
    pub fn own(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.own)
    }

    /// The stories of one copy at their places, in reading order.
    #[must_use]
    pub fn copy(&self, variant: &Variant) -> Vec<Placed<'_>> {
        match self.slates.list(variant.slate) {
            None if variant.skipped.is_empty() => self.own().map(Entry::placed).collect(),
            None => {
                let open = |entry: &&Entry| variant.skipped.binary_search(&entry.link).is_err();
                let placed = self.own().filter(open).map(Entry::placed);
                let numbered = placed
                    .zip(1..)
                    .map(|(placed, position)| Placed { position, ..placed });
                numbered.collect()
            }
            Some(list) => self.assemble(list, &variant.skipped),
        }
    }

    /// Where a copy's stories stand for links that carry no identity: their places in the whole list,
    /// and the last of these for all that are not in it.
    ///
    /// What a reader had before shifts the places of their copy; a place of its own would give them away.
    #[must_use]
    pub fn nominal(&self, variant: &Variant) -> Vec<(u16, u32)> {
        let whole = self.copy(&Variant {
            slate: variant.slate,
            ..Variant::default()
        });
        let last = u32::try_from(whole.len()).unwrap_or(u32::MAX).max(1);
        let place = |link: u16| {
            let found = whole.iter().find(|placed| placed.entry.link == link);
            found.map_or(last, |placed| placed.position)
        };
        let copy = self.copy(variant);
        let links = copy.iter().map(|placed| placed.entry.link);
        links.map(|link| (link, place(link))).collect()
    }

    /// The links of stories that somebody with these topics does not want.
    pub fn links_outside(&self, topics: &Topics) -> impl Iterator<Item = u16> {
        let outside = |entry: &&Entry| !topics.wants(entry.article.category.as_deref());
        self.entries.iter().filter(outside).map(|entry| entry.link)
    }

    /// Whether a copy has enough in it to be sent.
    #[must_use]
    pub fn is_worth_sending(&self, variant: &Variant) -> bool {
        let is_whole = variant.slate == OWN && variant.skipped.is_empty();
        is_whole || self.copy(variant).len() >= self.slates.shape.fewest.max(1)
    }

    fn assemble(&self, list: &List, skipped: &[u16]) -> Vec<Placed<'_>> {
        let shape = self.slates.shape;
        let open = |link: &&u16| skipped.binary_search(link).is_err();
        let tops: Vec<u16> = list.top.iter().filter(open).copied().collect();
        let news = list.new.iter().filter(open).copied();
        let sorted = self.slates.categories.iter();
        let sorted = sorted.flat_map(|(_, links)| links.iter().filter(open).copied());
        let mut filling = Filling {
            edition: self,
            used: BTreeSet::new(),
            placed: Vec::new(),
        };
        let everything: BTreeSet<u16> = tops.iter().copied().chain(sorted.clone()).collect();
        let everything =
            everything.len() + news.clone().filter(|l| !everything.contains(l)).count();
        if everything <= SMALL {
            filling.add(tops.iter().copied().take(shape.lead), SectionKind::Lead);
            let rest = tops.iter().copied().chain(news).chain(sorted);
            filling.add(rest, SectionKind::Plain);
            return filling.in_reading_order();
        }
        let above = shape.lead + shape.top;
        let standing: BTreeSet<u16> = tops.iter().copied().take(above).collect();
        let newest: BTreeSet<u16> = news
            .filter(|link| !standing.contains(link))
            .take(shape.newest)
            .collect();
        // Too few new stories: the top section takes their places.
        let above = above + shape.newest.saturating_sub(newest.len());
        let best = tops.into_iter().filter(|link| !newest.contains(link));
        let best: Vec<u16> = best.take(above).collect();
        let (lead, top) = best.split_at(shape.lead.min(best.len()));
        filling.add(lead.iter().copied(), SectionKind::Lead);
        filling.add(top.iter().copied(), SectionKind::Top);
        filling.newest(newest);
        let categories = self.slates.categories.iter();
        let categories = categories.map(|(name, links)| {
            let links = links.iter().filter(open).copied();
            let unused = links.filter(|link| !filling.used.contains(link));
            (name.as_str(), unused.take(shape.per_category).collect())
        });
        let (sections, alone) = apart(categories.collect());
        for (name, links) in sections {
            for link in links {
                filling.put(link, SectionKind::Categories, name);
            }
        }
        for (_, link) in alone {
            filling.put(link, SectionKind::Categories, ALONE);
        }
        filling.in_reading_order()
    }
}

impl Entry {
    fn placed(&self) -> Placed<'_> {
        Placed {
            entry: self,
            position: self.position,
            section: self.section,
            section_title: &self.section_title,
        }
    }
}

/// What one reader was sent before, by our links.
#[derive(Debug, Clone, Default)]
pub struct Had(BTreeMap<u16, (usize, bool)>);

impl Had {
    /// Notes that an earlier copy held a story, and whether its reader showed a sign of opening it.
    pub fn note(&mut self, link: u16, opened: bool) {
        let (sent, seen) = self.0.entry(link).or_default();
        *sent += 1;
        *seen |= opened;
    }

    /// The links this reader is spared, rising.
    #[must_use]
    pub fn skipped(&self, repeat: Repeat) -> Vec<u16> {
        let enough =
            |(_, (sent, opened)): &(&u16, &(usize, bool))| repeat.is_enough(*sent, *opened);
        self.0
            .iter()
            .filter(enough)
            .map(|(link, _)| *link)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_alone_in_their_categories_share_a_section_from_three_on() {
        let two = vec![("A", vec![1]), ("B", vec![2, 3]), ("C", vec![4])];
        assert_eq!(apart(two.clone()), (two, vec![]));
        let three = vec![
            ("A", vec![1]),
            ("B", vec![2, 3]),
            ("none", vec![]),
            ("C", vec![4]),
            ("D", vec![5]),
        ];
        let together = vec![("A", 1), ("C", 4), ("D", 5)];
        assert_eq!(apart(three), (vec![("B", vec![2, 3])], together));
    }
}
