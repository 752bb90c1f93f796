//! An edition's own copy with a figure behind each headline, for who made it.

use std::collections::BTreeMap;

use courant_templates::Theme;
use courant_templates::view::{BadgeView, Copy, EditionView, EntryView, InlineView, SectionView};

use super::{Prepared, Urls};
use crate::edition::Edition;
use crate::edition::slates::Variant;

/// Whether a copy shows pictures, which come from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// As in the mail.
    Shown,
    /// As with pictures switched off, and without the holes.
    LeftOut,
}

/// Where links of such a copy lead, until they lead nowhere: then they are no stops on a keyboard's way.
const NOWHERE: &str = "about:nowhere";

/// Renders the edition's own copy with figures and their steps, 1 to 5, by the numbers of the stories' links. It
/// is what is sent but for these: nobody's links, and none that leads anywhere.
#[must_use]
pub fn marked_copy(
    prepared: &Prepared,
    edition: &Edition,
    badges: &BTreeMap<u16, (String, u8)>,
    (pictures, theme): (Pictures, &Theme),
) -> String {
    let copied = prepared.copy(edition, &Variant::default());
    let placed = copied.placed.iter();
    // The address says which story it is, until the badge is found.
    let names: BTreeMap<String, u16> = placed
        .map(|placed| (format!("#{}", placed.entry.link), placed.entry.link))
        .collect();
    let urls = Urls {
        entries: copied
            .placed
            .iter()
            .map(|placed| format!("#{}", placed.entry.link))
            .collect(),
        view: String::new(),
        preferences: String::new(),
        unsubscribe: String::new(),
        pixel: None,
    };
    let mut view = copied.view(&urls, None, Copy::Archive);
    for entry in stories(&mut view) {
        let badge = names.get(entry.url).and_then(|link| badges.get(link));
        entry.badge = badge.map(|(words, step)| BadgeView { words, step: *step });
        entry.url = NOWHERE;
        entry.image = entry.image.filter(|_| pictures == Pictures::Shown);
    }
    lead_nowhere(&mut view, pictures);
    let mut theme = theme.clone();
    theme.logo_url = theme.logo_url.filter(|_| pictures == Pictures::Shown);
    let html = courant_templates::email::html(&view, &theme);
    let html = html.replace(&format!(" href=\"{NOWHERE}\""), "");
    let style = format!("<style>{}</style></head>", theme.badges_in_the_dark());
    html.replacen("</head>", &style, 1)
}

fn stories<'v, 'a>(view: &'v mut EditionView<'a>) -> impl Iterator<Item = &'v mut EntryView<'a>> {
    view.sections.iter_mut().flat_map(|section| match section {
        SectionView::Lead(entry) => std::slice::from_mut(entry),
        SectionView::Plain(entries)
        | SectionView::Ranked { entries, .. }
        | SectionView::Timed { entries, .. }
        | SectionView::Category { entries, .. }
        | SectionView::Brief { entries, .. } => entries.as_mut_slice(),
        SectionView::Sponsor(_)
        | SectionView::Letter(_)
        | SectionView::Topics { .. }
        | SectionView::More { .. } => &mut [],
    })
}

/// Takes away where everything but the stories leads.
fn lead_nowhere(view: &mut EditionView<'_>, pictures: Pictures) {
    view.home_url = NOWHERE;
    (view.footer.subscribe_url, view.footer.privacy_url) = (None, None);
    let paragraphs = view.note.iter_mut().flat_map(|note| &mut note.text);
    for piece in paragraphs.flatten() {
        if let InlineView::Link(_, url) = piece {
            *url = NOWHERE.into();
        }
    }
    for section in &mut view.sections {
        match section {
            SectionView::Category { all_url, .. } => *all_url = all_url.map(|_| NOWHERE),
            SectionView::Sponsor(sponsor) => sponsor.url = NOWHERE,
            SectionView::Topics { tags, .. } => tags.iter_mut().for_each(|tag| tag.url = NOWHERE),
            SectionView::More { cards, links, .. } => {
                links.iter_mut().for_each(|link| link.url = NOWHERE);
                for card in cards {
                    card.url = NOWHERE;
                    card.image = card.image.filter(|_| pictures == Pictures::Shown);
                }
            }
            SectionView::Lead(_)
            | SectionView::Plain(_)
            | SectionView::Ranked { .. }
            | SectionView::Timed { .. }
            | SectionView::Brief { .. }
            | SectionView::Letter(_) => {}
        }
    }
}
