//! What is not a story of the day: tags, and other content of the site.

use maud::{Markup, html};

use super::{Context, against, band, bands, end, header, table};
use crate::style::start;
use crate::typography::tie_last_words;
use crate::view::{CardView, Direction, LinkView};

/// Tags as chips; classic Outlook shows them as spaced links.
pub(super) fn topics(context: &Context<'_>, title: &str, tags: &[LinkView<'_>]) -> Markup {
    if tags.is_empty() {
        return Markup::default();
    }
    let inner = html! {
        (header(context, title))
        p style="margin:16px 0 0;font-size:14px;line-height:20px" {
            @for tag in tags {
                "\n" a class="ch tb" href=(tag.url) style=(context.styles.link.chip) { (tag.name) }
            }
        }
        "\n"
    };
    band(bands::MINOR, &inner)
}

/// Cards and a line of links.
pub(super) fn more(
    context: &Context<'_>,
    title: &str,
    cards: &[CardView<'_>],
    links: &[LinkView<'_>],
) -> Markup {
    if cards.is_empty() && links.is_empty() {
        return Markup::default();
    }
    let inner = html! {
        (header(context, title))
        @match cards {
            [] => {}
            [card] => { (wide(context, card)) }
            [first, second, ..] => { (side_by_side(context, first, second)) }
        }
        @if !links.is_empty() {
            p style="margin:16px 0 0;font-size:15px;line-height:30px" {
                @for (number, link) in links.iter().enumerate() {
                    @if number > 0 { " \u{a0} " }
                    @let (dir, _) = against(context, Direction::of_text(link.name));
                    a.ac href=(link.url) dir=[dir] style=(context.styles.link.whole) { (link.name) }
                }
            }
            "\n"
        }
    };
    band(bands::MINOR, &inner)
}

/// Two cards in cells of half the width, which stay side by side on a phone.
fn side_by_side(context: &Context<'_>, first: &CardView<'_>, second: &CardView<'_>) -> Markup {
    let direction = context.view.direction;
    let style = |side: &str| format!("width:50%;padding:16px 0 0;padding-{side}:8px");
    table(&html! {
        tr {
            td width="50%" valign="top" style=(style(end(direction))) {
                "\n" (picture(context, first, Shape::Half)) (words(context, first))
            }
            "\n"
            td width="50%" valign="top" style=(style(start(direction))) {
                "\n" (picture(context, second, Shape::Half)) (words(context, second))
            }
        }
    })
}

/// One card alone looks like a story with a small picture at the end edge.
fn wide(context: &Context<'_>, card: &CardView<'_>) -> Markup {
    let cells = &context.styles.cell;
    table(&html! {
        tr {
            td valign="top" style="padding:6px 0 0" { "\n" (words(context, card)) }
            @if card.image.is_some() {
                "\n"
                td width="112" align=(end(context.view.direction)) valign="top"
                    style=(cells.thumb.at(0)) { (picture(context, card, Shape::Small)) }
            }
        }
    })
}

/// How large a card's picture is.
#[derive(Clone, Copy)]
enum Shape {
    Half,
    Small,
}

fn picture(context: &Context<'_>, card: &CardView<'_>, shape: Shape) -> Markup {
    let story = &context.styles.story;
    let (width, height, style) = match shape {
        Shape::Half => (260, 146, &story.card_image),
        Shape::Small => (96, 72, &story.thumb),
    };
    html! {
        @if let Some(image) = &card.image {
            // A picture that nothing is said of is decoration: the headline beside it leads to the same page.
            a href=(card.url) tabindex="-1" aria-hidden=[image.alt.is_empty().then_some("true")] {
                img.ph src=(image.url) width=(width) height=(height) alt=(image.alt) style=(style);
            }
            "\n"
        }
    }
}

fn words(context: &Context<'_>, card: &CardView<'_>) -> Markup {
    let styles = context.styles;
    let (dir, _) = against(context, Direction::of_text(card.title));
    let (text_dir, _) = against(context, Direction::of_text(card.text));
    html! {
        p.tm style=(styles.story.card_kind) { (card.kind) } "\n"
        h3 dir=[dir] style=(styles.headline.card) {
            a.tk href=(card.url) style=(styles.link.title) { (tie_last_words(card.title)) }
        }
        "\n"
        p.tb dir=[text_dir] style=(styles.story.card_text) { (card.text) } "\n"
    }
}
