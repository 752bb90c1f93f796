//! A mail in pieces: joined in order they are the mail, and each can be written and kept apart.
//!
//! Readers of one edition get many lists of the same stories. Whoever writes for all of them asks for
//! the [`key`] of every piece and writes only what has not been written before.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::view::{EditionView, EntryView, LabelView, SectionView};

/// One piece of a mail's html or text part; numbers are places in the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Everything before the first section.
    Top,
    /// What opens a section of stories.
    Open(usize),
    /// A story: its section's place, and its own in it.
    Story(usize, usize),
    /// What closes a section of stories.
    Close(usize),
    /// A section that holds none.
    Whole(usize),
    /// Everything after the last section.
    Bottom,
}

/// The pieces of a mail in reading order. A section without stories has none.
#[must_use]
pub fn pieces(view: &EditionView<'_>) -> Vec<Piece> {
    let mut all = vec![Piece::Top];
    for (at, section) in view.sections.iter().enumerate() {
        match section {
            SectionView::Lead(_) => all.push(Piece::Story(at, 0)),
            SectionView::Sponsor(_)
            | SectionView::Letter(_)
            | SectionView::Topics { .. }
            | SectionView::More { .. } => all.push(Piece::Whole(at)),
            SectionView::Plain(entries)
            | SectionView::Ranked { entries, .. }
            | SectionView::Timed { entries, .. }
            | SectionView::Category { entries, .. }
            | SectionView::Brief { entries, .. } => {
                if !entries.is_empty() {
                    all.push(Piece::Open(at));
                    all.extend((0..entries.len()).map(|number| Piece::Story(at, number)));
                    all.push(Piece::Close(at));
                }
            }
        }
    }
    all.push(Piece::Bottom);
    all
}

/// What a piece says, of all that may differ between two lists of one edition: two pieces of the same
/// key are the same to the last byte, in both parts. A story is known by its address.
#[must_use]
pub fn key(view: &EditionView<'_>, piece: Piece) -> u64 {
    let mut state = DefaultHasher::new();
    std::mem::discriminant(&piece).hash(&mut state);
    match piece {
        Piece::Top => {
            let length = view.length.filter(|_| !has_lead(view));
            (view.preheader, used_hues(view), length).hash(&mut state);
        }
        Piece::Open(at) | Piece::Close(at) | Piece::Whole(at) => {
            let Some(section) = view.sections.get(at) else {
                return state.finish();
            };
            std::mem::discriminant(section).hash(&mut state);
            follows_lead(view, at).hash(&mut state);
            match section {
                SectionView::Category { label, all_url, .. } => {
                    (label.name, label.hue, all_url).hash(&mut state);
                }
                SectionView::Ranked { title, .. }
                | SectionView::Timed { title, .. }
                | SectionView::Brief { title, .. }
                | SectionView::Topics { title, .. }
                | SectionView::More { title, .. } => title.hash(&mut state),
                SectionView::Lead(_)
                | SectionView::Plain(_)
                | SectionView::Sponsor(_)
                | SectionView::Letter(_) => {}
            }
        }
        Piece::Story(at, number) => {
            let Some(section) = view.sections.get(at) else {
                return state.finish();
            };
            std::mem::discriminant(section).hash(&mut state);
            match section {
                SectionView::Lead(_) => view.length.hash(&mut state),
                SectionView::Ranked { .. } => number.hash(&mut state),
                SectionView::Timed { entries, .. } => {
                    (number == 0, crate::text::time_column(entries)).hash(&mut state);
                }
                _ => (number == 0).hash(&mut state),
            }
            if let Some(entry) = entry(section, number) {
                let label = entry.label.map(|label| label.name);
                let image = entry.image.as_ref().map(|image| image.url);
                (entry.url, label, entry.summary.is_some(), image, entry.time).hash(&mut state);
                entry.badge.hash(&mut state);
            }
        }
        Piece::Bottom => view.footer.why.hash(&mut state),
    }
    state.finish()
}

/// A section's story by its place.
#[must_use]
pub fn entry<'s, 'a>(section: &'s SectionView<'a>, number: usize) -> Option<&'s EntryView<'a>> {
    stories(section).get(number)
}

/// The stories of a section.
fn stories<'s, 'a>(section: &'s SectionView<'a>) -> &'s [EntryView<'a>] {
    match section {
        SectionView::Lead(entry) => std::slice::from_ref(entry),
        SectionView::Plain(entries)
        | SectionView::Ranked { entries, .. }
        | SectionView::Timed { entries, .. }
        | SectionView::Category { entries, .. }
        | SectionView::Brief { entries, .. } => entries,
        SectionView::Sponsor(_)
        | SectionView::Letter(_)
        | SectionView::Topics { .. }
        | SectionView::More { .. } => &[],
    }
}

/// Whether a section stands right below the lead, which asks for more space.
pub(crate) fn follows_lead(view: &EditionView<'_>, at: usize) -> bool {
    let before = at
        .checked_sub(1)
        .and_then(|before| view.sections.get(before));
    matches!(before, Some(SectionView::Lead(_)))
}

/// The length of the edition stands under the lead's byline; without a lead it stands by itself.
pub(crate) fn has_lead(view: &EditionView<'_>) -> bool {
    let mut sections = view.sections.iter();
    sections.any(|section| matches!(section, SectionView::Lead(_)))
}

/// The hues that occur, so that the others cost no bytes: one bit each.
pub(crate) fn used_hues(view: &EditionView<'_>) -> u8 {
    let bit = |label: &LabelView<'_>| 1_u8 << (label.hue % 8);
    let of_section = |section: &SectionView<'_>| match section {
        SectionView::Category { label, .. } => bit(label),
        other => {
            let labels = stories(other).iter().filter_map(|entry| entry.label);
            labels.fold(0, |bits, label| bits | bit(&label))
        }
    };
    let bits = view.sections.iter().map(of_section);
    bits.fold(0, |all, bits| all | bits)
}
