//! Lists with a side column: ranked stories with their number, timed stories with their time.

use maud::{Markup, html};

use super::{Context, Size, against, band, header, hue_class, label, summary, table, title};
use crate::view::EntryView;

/// Stories numbered from 1; read aloud as a list.
pub(super) fn ranked(
    context: &Context<'_>,
    space: &str,
    heading: &str,
    entries: &[EntryView<'_>],
) -> Markup {
    let cells = &context.styles.cell;
    if entries.is_empty() {
        return Markup::default();
    }
    let rows = html! {
        (header(context, heading))
        div role="list" {
            "\n"
            @for (number, entry) in entries.iter().enumerate() {
                @let (dir, align) = against(context, entry);
                div role="listitem" {
                    "\n"
                    (table(&html! {
                        tr {
                            "\n"
                            td class="ac ln" width="44" valign="top"
                                style=(cells.rank.at(number)) { (number + 1) }
                            "\n"
                            td.ln valign="top" dir=[dir] align=[align]
                                style=(cells.ranked.at(number)) {
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
        "\n"
    };
    band(space, &rows)
}

/// Stories beside the time they were published.
pub(super) fn timed(
    context: &Context<'_>,
    space: &str,
    heading: &str,
    entries: &[EntryView<'_>],
) -> Markup {
    let cells = &context.styles.cell;
    if entries.is_empty() {
        return Markup::default();
    }
    let rows = html! {
        @for (number, entry) in entries.iter().enumerate() {
            @let (dir, align) = against(context, entry);
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
    };
    band(space, &html! { (header(context, heading)) (table(&rows)) })
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
