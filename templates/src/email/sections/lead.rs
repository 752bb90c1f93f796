//! The lead story: headline above the picture, so that a first phone screen carries news even
//! while pictures are off.

use maud::{Markup, html};

use super::{Context, against, badge, hue_class};
use crate::style::band;
use crate::typography::tie_last_words;
use crate::view::{EntryView, ImageView, LinkView};

pub(super) fn lead(context: &Context<'_>, entry: &EntryView<'_>) -> Markup {
    let styles = context.styles;
    let (dir, align) = against(context, entry.direction);
    html! {
        tr { td.p dir=[dir] align=[align] style=(band::LEAD) {
            "\n"
            @if let Some(label) = &entry.label {
                p class=(hue_class(label)) style=(styles.hue(label.hue).lead_label) {
                    (label.name)
                }
                "\n"
            }
            h2.hl lang=[entry.language] style=(styles.headline.lead) {
                a.tk href=(entry.url) style=(styles.link.title) { (tie_last_words(entry.title)) }
                (badge(context, entry))
            }
            "\n"
            @if let Some(image) = &entry.image { (picture(context, entry, image)) }
            @if let Some(summary) = entry.summary {
                p class="tb dk" lang=[entry.language] style=(styles.story.lead_summary) {
                    (summary)
                }
                "\n"
            }
            (byline(context, entry))
            (button(
                context,
                LinkView { name: &context.view.words.read_full_story, url: entry.url },
                Some(entry.title),
            ))
        } }
        "\n"
    }
}

/// The picture links to the story as the headline does; unless its alternative text says something
/// of its own, screen readers need not hear the link twice.
fn picture(context: &Context<'_>, entry: &EntryView<'_>, image: &ImageView<'_>) -> Markup {
    let styles = context.styles;
    let silent = image.alt.is_empty();
    let (tabindex, hidden) = (silent.then_some("-1"), silent.then_some("true"));
    html! {
        p style="margin:18px 0 0" {
            a.tm href=(entry.url) tabindex=[tabindex] aria-hidden=[hidden]
                style=(styles.link.picture) {
                img class="ph tm" src=(image.url) width="536" height="302" alt=(image.alt)
                    style=(styles.story.lead_image);
            }
        }
        "\n"
    }
}

/// Who wrote it and how long it takes; below, how long the whole edition takes.
fn byline(context: &Context<'_>, entry: &EntryView<'_>) -> Markup {
    let view = context.view;
    let by = entry.byline.map(|name| view.words.by(name));
    let facts: Vec<&str> = by
        .as_deref()
        .into_iter()
        .chain(entry.reading_time)
        .collect();
    let lines: Vec<String> = [
        facts.join(" · "),
        view.length.unwrap_or_default().to_owned(),
    ]
    .into_iter()
    .filter(|line| !line.is_empty())
    .collect();
    html! {
        @if !lines.is_empty() {
            p.tm style=(context.styles.story.byline) {
                @for (number, line) in lines.iter().enumerate() {
                    @if number > 0 { br; }
                    (line)
                }
            }
            "\n"
        }
    }
}

/// The one button of a mail; what it leads to is said aloud where its words do not.
pub(super) fn button(context: &Context<'_>, link: LinkView<'_>, about: Option<&str>) -> Markup {
    let styles = context.styles;
    let label = about.map(|about| [link.name, &context.view.words.colon, about].concat());
    html! {
        table.w1 role="presentation" cellpadding="0" cellspacing="0" style="margin-top:20px" {
            tr { td.bt bgcolor=(context.theme.button.light) style=(styles.boxes.button) {
                a class="btl bw" href=(link.url) aria-label=[label] style=(styles.link.button) {
                    (link.name)
                }
            } }
        }
        "\n"
    }
}
