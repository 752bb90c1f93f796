//! Stories of one category, and stories under no title at all.

use maud::{Markup, html};

use super::{Context, Size, against, band, end, header, hue_class, label, summary, table, title};
use crate::view::{EntryView, LabelView};

/// A category: its name in its colour, the first story large, the others compact.
pub(super) fn category(
    context: &Context<'_>,
    space: &str,
    (label, all_url): (&LabelView<'_>, Option<&str>),
    entries: &[EntryView<'_>],
) -> Markup {
    if entries.is_empty() {
        return Markup::default();
    }
    let (view, styles) = (context.view, context.styles);
    let (class, hue) = (hue_class(label), styles.hue(label.hue));
    let header = html! {
        tr {
            td class=(class) valign="top" style=(hue.rule) {
                h2 class=(class) style=(hue.heading) { (label.name) }
            }
            @if let Some(url) = all_url {
                "\n"
                td class=(class) align=(end(view.direction)) valign="top" style=(hue.rule_end) {
                    a.ac href=(url) style=(styles.link.text) { (view.words.all(label.name)) }
                }
            }
        }
    };
    let rows = html! {
        (table(&header))
        @for (number, entry) in entries.iter().enumerate() {
            @if number == 0 {
                (feature(context, number, entry, &Markup::default()))
            } @else {
                (compact(context, 1, entry))
            }
        }
    };
    band(space, &rows)
}

/// Stories of many categories, each with its own below the headline.
pub(super) fn brief(
    context: &Context<'_>,
    space: &str,
    heading: &str,
    entries: &[EntryView<'_>],
) -> Markup {
    if entries.is_empty() {
        return Markup::default();
    }
    let rows = html! {
        (header(context, heading))
        @for (number, entry) in entries.iter().enumerate() {
            (compact(context, number, entry))
        }
    };
    band(space, &rows)
}

/// Stories of an edition too small for sections; each says its category itself.
pub(super) fn plain(context: &Context<'_>, space: &str, entries: &[EntryView<'_>]) -> Markup {
    if entries.is_empty() {
        return Markup::default();
    }
    let rows = html! {
        @for (number, entry) in entries.iter().enumerate() {
            (feature(context, number, entry, &label(context, entry)))
        }
    };
    band(space, &rows)
}

/// A story with its summary; the picture stands after the words, and words without a picture take
/// the whole width.
fn feature(context: &Context<'_>, number: usize, entry: &EntryView<'_>, label: &Markup) -> Markup {
    let (styles, cells) = (context.styles, &context.styles.cell);
    let (dir, align) = against(context, entry);
    table(&html! {
        tr {
            td.ln valign="top" dir=[dir] align=[align] style=(cells.feature.at(number)) {
                "\n" (label) (title(context, entry, Size::Large)) (summary(context, entry))
            }
            @if let Some(image) = &entry.image {
                "\n"
                td.ln width="112" align=(end(context.view.direction)) valign="top"
                    style=(cells.thumb.at(number)) {
                    a href=(entry.url) tabindex="-1" aria-hidden="true" {
                        img.ph src=(image.url) width="96" height="72" alt=""
                            style=(styles.story.thumb);
                    }
                }
            }
        }
    })
}

/// A headline, its category if no title says it, and its reading time.
fn compact(context: &Context<'_>, number: usize, entry: &EntryView<'_>) -> Markup {
    let styles = context.styles;
    let (dir, align) = against(context, entry);
    table(&html! {
        tr { td.ln dir=[dir] align=[align] style=(styles.cell.compact.at(number)) {
            "\n" (title(context, entry, Size::Small))
            @if let Some(label) = &entry.label {
                p class=(hue_class(label)) style=(styles.hue(label.hue).small_label) {
                    (label.name)
                    @if let Some(time) = entry.reading_time {
                        span.tm style=(styles.story.after_label) { " · " (time) }
                    }
                }
                "\n"
            } @else if let Some(time) = entry.reading_time {
                p.tm style=(styles.story.small_meta) { (time) } "\n"
            }
        } }
    })
}
