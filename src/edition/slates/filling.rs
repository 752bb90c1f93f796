//! One reader's copy while it is put together.

use std::collections::BTreeSet;

use super::Placed;
use crate::edition::{Edition, SectionKind};

/// Stories at the places that are taken so far.
pub(super) struct Filling<'a> {
    pub(super) edition: &'a Edition,
    pub(super) used: BTreeSet<u16>,
    pub(super) placed: Vec<Placed<'a>>,
}

impl<'a> Filling<'a> {
    fn title(&self, kind: SectionKind) -> &'a str {
        let mut order = self.edition.frame.order.iter();
        let found = order.find(|(section, _)| *section == kind);
        found.map_or("", |(_, title)| title.as_str())
    }

    pub(super) fn add(&mut self, links: impl Iterator<Item = u16>, section: SectionKind) {
        let section_title = self.title(section);
        for link in links {
            self.put(link, section, section_title);
        }
    }

    pub(super) fn put(&mut self, link: u16, section: SectionKind, section_title: &'a str) {
        let entry = self.edition.entries.get(usize::from(link));
        if let Some(entry) = entry.filter(|entry| entry.link == link)
            && self.used.insert(link)
        {
            self.placed.push(Placed {
                entry,
                position: 0,
                section,
                section_title,
            });
        }
    }

    pub(super) fn newest(&mut self, links: BTreeSet<u16>) {
        let published = |link: &u16| {
            let entry = self.edition.entries.get(usize::from(*link));
            entry.map_or(0, |entry| entry.article.published_at)
        };
        let mut links: Vec<u16> = links.into_iter().collect();
        links.sort_by_key(|link| (std::cmp::Reverse(published(link)), *link));
        self.add(links.into_iter(), SectionKind::Newest);
    }

    pub(super) fn in_reading_order(mut self) -> Vec<Placed<'a>> {
        let order = &self.edition.frame.order;
        let place = |kind: SectionKind| {
            // The rest of a small edition follows its lead.
            let kind = if kind == SectionKind::Plain {
                SectionKind::Lead
            } else {
                kind
            };
            let found = order.iter().position(|(section, _)| *section == kind);
            found.unwrap_or(order.len())
        };
        self.placed
            .sort_by_key(|placed| (place(placed.section), placed.section == SectionKind::Plain));
        for (index, placed) in self.placed.iter_mut().enumerate() {
            placed.position = u32::try_from(index + 1).unwrap_or(u32::MAX);
        }
        self.placed
    }
}
