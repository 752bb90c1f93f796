//! The sections of an edition, one file for each kind, and the pieces they share.

mod category;
mod lead;
mod letter;
mod list;
mod more;
mod sponsor;

use maud::{Markup, html};

use super::layout::STORIES;
use super::{Context, band, table};
use crate::pieces::{self, follows_lead};
use crate::style::{band as bands, dir, end, start};
use crate::theme::Scheme;
use crate::typography::tie_last_words;
use crate::view::{Direction, EntryView, LabelView, SectionView};

/// What stands around the stories of a section.
pub(super) fn frame(context: &Context<'_>, at: usize) -> Markup {
    let space = if follows_lead(context.view, at) {
        bands::AFTER_LEAD
    } else {
        bands::SECTION
    };
    let inner = match context.view.sections.get(at) {
        Some(SectionView::Plain(_)) => html! { (STORIES) },
        Some(SectionView::Ranked { title, .. }) => list::ranked(context, title),
        Some(SectionView::Timed { title, .. }) => list::timed(context, title),
        Some(SectionView::Category { label, all_url, .. }) => {
            category::category(context, label, *all_url)
        }
        Some(SectionView::Brief { title, .. }) => html! { (header(context, title)) (STORIES) },
        _ => return Markup::default(),
    };
    band(space, &inner)
}

/// One story of a section.
pub(super) fn story(context: &Context<'_>, at: usize, number: usize) -> Markup {
    let Some(section) = context.view.sections.get(at) else {
        return Markup::default();
    };
    let Some(entry) = pieces::entry(section, number) else {
        return Markup::default();
    };
    match section {
        SectionView::Lead(_) => lead::lead(context, entry),
        SectionView::Plain(_) => category::feature(context, number, entry, &label(context, entry)),
        SectionView::Ranked { .. } => list::ranked_story(context, number, entry),
        SectionView::Timed { .. } => list::timed_story(context, number, entry),
        SectionView::Category { .. } if number == 0 => {
            category::feature(context, number, entry, &Markup::default())
        }
        // Only the first has none above it, and this one is not.
        SectionView::Category { .. } => category::compact(context, 1, entry),
        SectionView::Brief { .. } => category::compact(context, number, entry),
        SectionView::Sponsor(_)
        | SectionView::Letter(_)
        | SectionView::Topics { .. }
        | SectionView::More { .. } => Markup::default(),
    }
}

/// A section that holds no stories.
pub(super) fn whole(context: &Context<'_>, at: usize) -> Markup {
    match context.view.sections.get(at) {
        Some(SectionView::Sponsor(sponsor)) => sponsor::sponsor(context, sponsor),
        Some(SectionView::Letter(letter)) => letter::letter(context, letter),
        Some(SectionView::Topics { title, tags }) => more::topics(context, title, tags),
        Some(SectionView::More {
            title,
            cards,
            links,
        }) => more::more(context, title, cards, links),
        _ => Markup::default(),
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
            (badge(context, entry))
        }
        "\n"
    }
}

/// How many followed a story, behind its headline, in copies that show it.
fn badge(context: &Context<'_>, entry: &EntryView<'_>) -> Markup {
    let Some(badge) = &entry.badge else {
        return Markup::default();
    };
    let (ground, text) = context.theme.step(badge.step, Scheme::Light);
    let style = format!(
        "display:inline-block;padding:0 8px;border-radius:10px;vertical-align:middle;white-space:nowrap;\
         font:bold 13px/20px {};letter-spacing:0;background-color:{ground};color:{text}",
        context.theme.text_font.stack()
    );
    html! { " " span class={ "bg" (badge.step.clamp(1, 5)) } style=(style) { (badge.words) } }
}

/// The summary, then "Read more" and the reading time; "Read more" only ever follows a summary.
fn summary(context: &Context<'_>, entry: &EntryView<'_>) -> Markup {
    let (words, styles) = (context.view.words, context.styles);
    html! {
        @if let Some(summary) = entry.summary {
            p.tb lang=[entry.language] style=(styles.story.summary) { (summary) } "\n"
            p.tm style=(styles.story.meta) {
                a.ac href=(entry.url) aria-label={ (words.read_more) (words.colon) (entry.title) }
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
    own: Option<Direction>,
) -> (Option<&'static str>, Option<&'static str>) {
    match own {
        Some(direction) if direction != context.view.direction => {
            (Some(dir(direction)), Some(start(direction)))
        }
        Some(_) | None => (None, None),
    }
}
