//! Where an editor puts the stories of an edition.
//!
//! What is moved is moved in the edition's own copy, and what that says holds in every group's list: a story that was
//! put at a place stands no lower in any of them, and the one it passed stands below it. The rest of each list stays
//! what was drawn for it, and so does the list of readers kept on newest-first, who are there to be compared with. A
//! story that is taken out is taken out of all lists.

use std::collections::BTreeMap;

use super::edit::EditError;
use super::slates::Move;
use super::{Edition, Entry, PassedOver, SectionKind};

/// Why a story stands where it does.
const LED: &str = "an editor made it the lead";
const PUT: &str = "an editor put it here";

/// Which way a story is moved.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    /// Towards the lead.
    Up,
    /// Away from it.
    Down,
}

fn is_ranked(entry: &Entry) -> bool {
    matches!(
        entry.section,
        SectionKind::Lead | SectionKind::Top | SectionKind::Plain
    )
}

impl Edition {
    fn place(&self, id: &str) -> Result<usize, EditError> {
        let mut all = self.entries.iter();
        let found = all.position(|entry| entry.article.id.as_str() == id);
        found.ok_or_else(|| EditError::NoStory(id.to_owned()))
    }

    fn own_place(&self, id: &str) -> Result<usize, EditError> {
        let at = self.place(id)?;
        if self.entries[at].own {
            Ok(at)
        } else {
            Err(EditError::NotOwn(id.to_owned()))
        }
    }

    /// Which of the ranked stories of the own copy an entry is, from 0.
    fn rank(&self, at: usize) -> usize {
        let before = self.entries[..at].iter();
        before.filter(|entry| is_ranked(entry)).count()
    }

    pub(super) fn lead(&mut self, id: &str) -> Result<(), EditError> {
        let at = self.own_place(id)?;
        if at == 0 {
            return Err(EditError::AtTheEdge("top"));
        }
        // Everything keeps its place's section but the story itself and the lead before it, which goes first below.
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        let moved = order.remove(at);
        order.insert(0, moved);
        let (section, title) = self.standing(0);
        let below = self.entries.get(1).map(|second| {
            let is_ranked = matches!(second.section, SectionKind::Top | SectionKind::Plain);
            (is_ranked, second.section, second.section_title.clone())
        });
        let vacated = self.standing(at);
        self.entries[at].section = section;
        self.entries[at].section_title = title;
        self.entries[at].reason = LED.to_owned();
        self.give_way(0);
        if section == SectionKind::Lead {
            let (section, title) = match below {
                Some((true, section, title)) => (section, title),
                // No ranked section below: the two change places.
                _ => vacated,
            };
            self.entries[0].section = section;
            self.entries[0].section_title = title;
            if !matches!(section, SectionKind::Top | SectionKind::Plain) {
                order = (0..self.entries.len()).collect();
                order.swap(0, at);
            }
        }
        self.arrange(&order);
        self.slates.move_by_hand(Move {
            up: 0,
            place: 0,
            down: None,
        });
        Ok(())
    }

    pub(super) fn step(&mut self, id: &str, direction: Direction) -> Result<(), EditError> {
        let at = self.own_place(id)?;
        let own = self.own().count();
        let entry = &self.entries[at];
        let is_newest = entry.section == SectionKind::Newest;
        let other = match direction {
            Direction::Down if is_newest => {
                return Err(EditError::Fixed(
                    "the newest stand in the order of their times; one of them can go up into the top stories",
                ));
            }
            Direction::Up if is_newest => return self.join_top(at),
            Direction::Up => at.checked_sub(1).ok_or(EditError::AtTheEdge("top"))?,
            Direction::Down if at + 1 < own => at + 1,
            Direction::Down => return Err(EditError::AtTheEdge("end")),
        };
        // Places keep their sections, so that the two stories change places and nothing else.
        let (a, b) = (&self.entries[at], &self.entries[other]);
        let same = a.section == b.section && a.section_title == b.section_title;
        if !(same || is_ranked(a) && is_ranked(b)) {
            return match direction {
                Direction::Up => self.join_top(at),
                Direction::Down => Err(EditError::AtTheEdge("end of its section")),
            };
        }
        let in_category = !is_ranked(a);
        if in_category && a.article.category != b.article.category {
            return Err(EditError::Fixed(
                "stories that are alone in their categories stand in the order of the categories",
            ));
        }
        let [(section, title), (other_section, other_title)] =
            [at, other].map(|at| self.standing(at));
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.swap(at, other);
        self.entries[at].section = other_section;
        self.entries[at].section_title = other_title;
        self.entries[at].reason = PUT.to_owned();
        self.entries[other].section = section;
        self.entries[other].section_title = title;
        self.give_way(other);
        self.arrange(&order);
        let upper = at.min(other);
        let (up, down) = (self.entries[upper].link, self.entries[upper + 1].link);
        if in_category {
            self.slates.order_category(up, down);
        } else {
            let place = self.rank(upper);
            self.slates.move_by_hand(Move {
                up,
                place,
                down: Some(down),
            });
        }
        Ok(())
    }

    /// Makes a story of a section that is not ranked the last of the top stories, which are one more then.
    fn join_top(&mut self, at: usize) -> Result<(), EditError> {
        let edge = || EditError::AtTheEdge("top of its section");
        let mut sections = self.frame.order.iter();
        let top = sections.find(|(kind, _)| *kind == SectionKind::Top);
        let title = top.map(|(_, title)| title.clone()).ok_or_else(edge)?;
        let last = self.entries.iter().rposition(|it| it.own && is_ranked(it));
        let last = last.ok_or_else(edge)?;
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        let moved = order.remove(at);
        let to = if at < last { last } else { last + 1 };
        order.insert(to, moved);
        let entry = &mut self.entries[at];
        if entry.section == SectionKind::Newest {
            self.slates.shape.newest = self.slates.shape.newest.saturating_sub(1);
        }
        self.slates.shape.top += 1;
        entry.section = SectionKind::Top;
        entry.section_title = title;
        entry.reason = PUT.to_owned();
        self.arrange(&order);
        let (up, place) = (self.entries[to].link, self.rank(to));
        self.slates.move_by_hand(Move {
            up,
            place,
            down: None,
        });
        Ok(())
    }

    pub(super) fn remove(&mut self, id: &str) -> Result<(), EditError> {
        let at = self.place(id)?;
        if self.entries[at].own && self.own().count() == 1 {
            return Err(EditError::LastStory);
        }
        let was = self.entries[at].section;
        let was_lead = self.entries[at].own && was == SectionKind::Lead;
        let order: Vec<usize> = (0..self.entries.len())
            .filter(|place| *place != at)
            .collect();
        let gone = self.entries[at].article.clone();
        self.arrange(&order);
        self.passed_over.retain(|it| it.article != gone.id);
        self.passed_over.push(PassedOver {
            article: gone.id,
            title: gone.title,
            reason: "an editor took it out".to_owned(),
        });
        // A lead is followed by the best story below it.
        if was_lead && let Some(first) = self.entries.first_mut().filter(|entry| entry.own) {
            first.section = SectionKind::Lead;
            first.section_title.clear();
        }
        Ok(())
    }

    fn standing(&self, at: usize) -> (SectionKind, String) {
        let entry = &self.entries[at];
        (entry.section, entry.section_title.clone())
    }

    /// Who led by an editor's hand and gives way stands where that put it.
    fn give_way(&mut self, at: usize) {
        let reason = &mut self.entries[at].reason;
        if reason == LED {
            PUT.clone_into(reason);
        }
    }

    /// Puts entries into an order, by their places before; those that are not in it go, from all lists.
    fn arrange(&mut self, order: &[usize]) {
        let mut before: Vec<Option<Entry>> = self.entries.drain(..).map(Some).collect();
        let mut links = BTreeMap::new();
        for place in order {
            if let Some(entry) = before.get_mut(*place).and_then(Option::take) {
                let now = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
                links.insert(entry.link, now);
                self.entries.push(entry);
            }
        }
        number(&mut self.entries);
        self.slates.renumber(&links);
    }
}

/// Positions count from 1, links from 0.
pub(super) fn number(entries: &mut [Entry]) {
    for (at, entry) in entries.iter_mut().enumerate() {
        entry.position = u32::try_from(at + 1).unwrap_or(u32::MAX);
        entry.link = u16::try_from(at).unwrap_or(u16::MAX);
    }
}
