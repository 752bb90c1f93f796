//! The sections of an edition, one file for each kind, and the pieces they share.

mod category;
mod lead;
mod letter;
mod list;
mod more;
mod sponsor;

use maud::{Markup, html};

use super::{Context, band, table};
use crate::style::{band as bands, dir, end, start};
use crate::typography::tie_last_words;
use crate::view::{EntryView, LabelView, SectionView};

/// All sections in the order of the view; one without stories leaves nothing behind.
pub(super) fn all(context: &Context<'_>) -> Markup {
    let sections = &context.view.sections;
    html! {
        @for (number, section) in sections.iter().enumerate() {
            (one(context, section, number.checked_sub(1).and_then(|before| sections.get(before))))
        }
    }
}

fn one(
    context: &Context<'_>,
    section: &SectionView<'_>,
    before: Option<&SectionView<'_>>,
) -> Markup {
    let space = match before {
        Some(SectionView::Lead(_)) => bands::AFTER_LEAD,
        _ => bands::SECTION,
    };
    match section {
        SectionView::Lead(entry) => lead::lead(context, entry),
        SectionView::Plain(entries) => category::plain(context, space, entries),
        SectionView::Ranked { title, entries } => list::ranked(context, space, title, entries),
        SectionView::Timed { title, entries } => list::timed(context, space, title, entries),
        SectionView::Category {
            label,
            all_url,
            entries,
        } => category::category(context, space, (label, *all_url), entries),
        SectionView::Brief { title, entries } => category::brief(context, space, title, entries),
        SectionView::Sponsor(sponsor) => sponsor::sponsor(context, sponsor),
        SectionView::Letter(letter) => letter::letter(context, letter),
        SectionView::Topics { title, tags } => more::topics(context, title, tags),
        SectionView::More {
            title,
            cards,
            links,
        } => more::more(context, title, cards, links),
    }
}

/// The header of a section: a rule and a title.
fn header(context: &Context<'_>, title: &str) -> Markup {
    let boxes = &context.styles.boxes;
    table(&html! {
        tr { td.rl style=(boxes.rule) { h2.tk style=(boxes.heading) { (title) } } }
    })
}

/// Class of a category's colour in the dark.
fn hue_class(label: &LabelView<'_>) -> String {
    format!("k{}", label.hue % 8 + 1)
}

/// A category above a headline.
fn label(context: &Context<'_>, entry: &EntryView<'_>) -> Markup {
    html! {
        @if let Some(label) = &entry.label {
            p class=(hue_class(label)) style=(context.styles.hue(label.hue).label) { (label.name) }
            "\n"
        }
    }
}

/// The size of a headline.
#[derive(Clone, Copy)]
enum Size {
    Large,
    Small,
}

/// A headline that is its own link.
fn title(context: &Context<'_>, entry: &EntryView<'_>, size: Size) -> Markup {
    let (class, style) = match size {
        Size::Large => (Some("hr"), &context.styles.headline.large),
        Size::Small => (None, &context.styles.headline.small),
    };
    html! {
        h3 class=[class] lang=[entry.language] style=(style) {
            a.tk href=(entry.url) style=(context.styles.link.title) {
                (tie_last_words(entry.title))
            }
        }
        "\n"
    }
}

/// The summary, then "Read more" and the reading time; "Read more" only ever follows a summary.
fn summary(context: &Context<'_>, entry: &EntryView<'_>) -> Markup {
    let (words, styles) = (context.view.words, context.styles);
    html! {
        @if let Some(summary) = entry.summary {
            p.tb lang=[entry.language] style=(styles.story.summary) { (summary) } "\n"
            p.tm style=(styles.story.meta) {
                a.ac href=(entry.url) aria-label={ (words.read_more) ": " (entry.title) }
                    style=(styles.link.more) { (words.read_more) }
                @if let Some(time) = entry.reading_time { " · " (time) }
            }
            "\n"
        } @else if let Some(time) = entry.reading_time {
            p.tm style=(styles.story.small_meta) { (time) } "\n"
        }
    }
}

/// `dir` and `align` of a cell whose words run against the edition's direction.
fn against(
    context: &Context<'_>,
    entry: &EntryView<'_>,
) -> (Option<&'static str>, Option<&'static str>) {
    match entry.direction {
        Some(direction) if direction != context.view.direction => {
            (Some(dir(direction)), Some(start(direction)))
        }
        Some(_) | None => (None, None),
    }
}
