//! What an editor did to the lists of an edition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{List, Slates};

/// A story that an editor put somewhere among the ranked, in every group's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Its link.
    pub up: u16,
    /// It stands no lower than here, from 0, the lead.
    pub place: usize,
    /// The story that it passed, which stands below it.
    pub down: Option<u16>,
}

impl Move {
    fn make(self, list: &mut List) {
        let at = |list: &List, link: u16| list.top.iter().position(|other| *other == link);
        if at(list, self.up).is_none_or(|at| at > self.place) {
            list.new.retain(|other| *other != self.up);
            list.top.retain(|other| *other != self.up);
            list.top.insert(self.place.min(list.top.len()), self.up);
        }
        if let Some(down) = self.down
            && let Some(from) = at(list, down)
            && from <= self.place
        {
            list.top.remove(from);
            list.top.insert((self.place + 1).min(list.top.len()), down);
        }
    }
}

impl Slates {
    /// Makes a move in every group's list, and in those of a second wave when they are drawn.
    pub(in crate::edition) fn move_by_hand(&mut self, wanted: Move) {
        for list in &mut self.groups {
            wanted.make(list);
        }
        self.by_hand.push(wanted);
    }

    /// Makes all moves again in lists that were drawn after them: those from a group on.
    pub(in crate::edition) fn repeat_by_hand(&mut self, from: usize) {
        for wanted in self.by_hand.clone() {
            for list in self.groups.iter_mut().skip(from) {
                wanted.make(list);
            }
        }
    }

    /// Puts a story of a category before another of it.
    pub(in crate::edition) fn order_category(&mut self, up: u16, down: u16) {
        for (_, stories) in &mut self.categories {
            let at = |link: u16| stories.iter().position(|other| *other == link);
            if let (Some(late), Some(early)) = (at(up), at(down))
                && late > early
            {
                stories.remove(late);
                stories.insert(early, up);
            }
        }
    }

    /// Links have other numbers now; those without one are gone.
    pub(in crate::edition) fn renumber(&mut self, links: &BTreeMap<u16, u16>) {
        let again = |all: &mut Vec<u16>| {
            *all = all
                .iter()
                .filter_map(|link| links.get(link).copied())
                .collect();
        };
        for list in self.groups.iter_mut().chain([&mut self.newest]) {
            again(&mut list.top);
            again(&mut list.new);
        }
        for (_, stories) in &mut self.categories {
            again(stories);
        }
        for earlier in &mut self.earlier {
            earlier.links = earlier
                .links
                .iter()
                .filter_map(|(theirs, ours)| Some((*theirs, *links.get(ours)?)))
                .collect();
        }
        self.by_hand = self
            .by_hand
            .iter()
            .filter_map(|made| {
                Some(Move {
                    up: *links.get(&made.up)?,
                    place: made.place,
                    down: made.down.and_then(|link| links.get(&link).copied()),
                })
            })
            .collect();
    }
}
