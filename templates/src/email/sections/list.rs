//! Lists with a side column: ranked stories with their number, timed stories with their time.

use maud::{Markup, html};

use super::{Context, STORIES, Size, against, header, hue_class, label, summary, table, title};
use crate::view::EntryView;

/// Around stories numbered from 1; read aloud as a list.
pub(super) fn ranked(context: &Context<'_>, heading: &str) -> Markup {
    html! {
        (header(context, heading))
        div role="list" { "\n" (STORIES) }
        "\n"
    }
}

pub(super) fn ranked_story(context: &Context<'_>, number: usize, entry: &EntryView<'_>) -> Markup {
    let cells = &context.styles.cell;
    let (dir, align) = against(context, entry.direction);
    html! {
        div role="listitem" {
            "\n"
            (table(&html! {
                tr {
                    "\n"
                    td class="ac ln" width="44" valign="top"
                        style=(cells.rank.at(number)) { (number + 1) }
                    "\n"
                    td.ln valign="top" dir=[dir] align=[align] style=(cells.ranked.at(number)) {
                        "\n"
                        (label(context, entry))
                        (title(context, entry, Size::Large))
                        (summary(context, entry))
                    }
                }
            }))
        }
        "\n"
    }
}

/// Around stories beside the time they were published.
pub(super) fn timed(context: &Context<'_>, heading: &str) -> Markup {
    html! { (header(context, heading)) (table(&html! { (STORIES) })) }
}

pub(super) fn timed_story(context: &Context<'_>, number: usize, entry: &EntryView<'_>) -> Markup {
    let cells = &context.styles.cell;
    let (dir, align) = against(context, entry.direction);
    html! {
        tr {
            td class="tm ln" width="76" valign="top" style=(cells.time.at(number)) {
                (entry.time.unwrap_or_default())
            }
            "\n"
            td.ln valign="top" dir=[dir] align=[align] style=(cells.timed.at(number)) {
                "\n"
                (title(context, entry, Size::Small))
                (small_label(context, entry))
            }
        }
        "\n"
    }
}

/// A category below a small headline.
fn small_label(context: &Context<'_>, entry: &EntryView<'_>) -> Markup {
    html! {
        @if let Some(label) = &entry.label {
            p class=(hue_class(label)) style=(context.styles.hue(label.hue).small_label) {
                (label.name)
            }
            "\n"
        }
    }
}
