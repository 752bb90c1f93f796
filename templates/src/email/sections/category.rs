//! Stories of one category, and stories under no title at all.

use maud::{Markup, html};

use super::{Context, STORIES, Size, against, end, hue_class, summary, table, title};
use crate::view::{EntryView, LabelView};

/// Around the stories of a category: its name in its colour. The first story is large, the others
/// compact.
pub(super) fn category(
    context: &Context<'_>,
    label: &LabelView<'_>,
    all_url: Option<&str>,
) -> Markup {
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
    html! { (table(&header)) (STORIES) }
}

/// A story with its summary; the picture stands after the words, and words without a picture take
/// the whole width.
pub(super) fn feature(
    context: &Context<'_>,
    number: usize,
    entry: &EntryView<'_>,
    label: &Markup,
) -> Markup {
    let (styles, cells) = (context.styles, &context.styles.cell);
    let (dir, align) = against(context, entry.direction);
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
pub(super) fn compact(context: &Context<'_>, number: usize, entry: &EntryView<'_>) -> Markup {
    let styles = context.styles;
    let (dir, align) = against(context, entry.direction);
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
