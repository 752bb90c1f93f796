//! What stands around the stories, and the order of everything.

use maud::{Markup, html};

use super::layout::{Body, SECTIONS};
use super::{Context, band, table};
use crate::pieces::has_lead;
use crate::style::{band as bands, end};
use crate::typography::{gap_after, left_to_right};
use crate::view::{ArchiveLinks, Copy, EditionView, FooterView, InlineView, NoteView, NoticeView};

/// Everything a reader reads, from the utility line to the footer, around the sections.
pub(super) fn body(context: &Context<'_>) -> Body {
    let view = context.view;
    let frame = &context.styles.frame;
    let card = html! {
        tr { td.ab height="5" style=(frame.bar) { "\u{a0}" } } "\n"
        (masthead(context))
        @if view.date.is_empty() { (hairline(context)) } @else { (dateline(context)) }
        @if let Some(notice) = &view.notice { (notice_box(context, notice)) }
        @if let Some(note) = &view.note { (note_box(context, note)) }
        @if let (Some(length), false) = (view.length, has_lead(view)) {
            (band(bands::BOX, &html! { p.tm style=(context.styles.story.length) { (length) } }))
        }
        (SECTIONS)
        tr { td height="36" style="height:36px;font-size:0;line-height:0" { "\u{a0}" } } "\n"
    };
    let utility = match view.copy {
        Copy::Mail => Some(utility(context)),
        Copy::Browser => None,
        Copy::Archive => view.archive.map(|links| archive_bar(context, &links)),
    };
    Body {
        utility,
        card,
        footer: footer(context),
    }
}

/// The preheader, visible: hidden text is what spam looks like to the large providers.
fn utility(context: &Context<'_>) -> Markup {
    let view = context.view;
    let (frame, link) = (&context.styles.frame, &context.styles.link);
    let cells = html! {
        tr {
            td.tm style=(frame.utility) { (view.preheader) }
            @if let Some(url) = view.view_url {
                "\n"
                td align=(end(view.direction)) valign="top" style=(frame.utility_end) {
                    a.tm href=(url) style=(link.quiet) { (view.words.view_in_browser) }
                }
            }
        }
    };
    band(bands::CLOSE, &table(&cells))
}

/// All editions at one edge, the neighbours at the other.
fn archive_bar(context: &Context<'_>, links: &ArchiveLinks<'_>) -> Markup {
    let (words, direction) = (context.view.words, context.view.direction);
    let (frame, link) = (&context.styles.frame, &context.styles.link);
    let neighbours = [
        (links.newer_url, &words.newer),
        (links.older_url, &words.older),
    ];
    let cells = html! {
        tr {
            td.tm style=(frame.utility) {
                a.tm href=(links.all_url) style=(link.quiet) { (words.archive) }
            }
            "\n"
            td align=(end(direction)) valign="top" style=(frame.utility_end) {
                @for (url, name) in neighbours {
                    @if let Some(url) = url {
                        " \u{a0} " a.tm href=(url) style=(link.quiet) { (name) }
                    }
                }
            }
        }
    };
    band(bands::CLOSE, &table(&cells))
}

fn masthead(context: &Context<'_>) -> Markup {
    let Context {
        view,
        theme,
        styles,
    } = context;
    html! {
        tr { td.p align="center" style=(bands::MASTHEAD) {
            "\n"
            h1.bn style=(styles.frame.wordmark) {
                a.tk href=(view.home_url) style=(styles.link.title) {
                    @if let Some(logo) = &theme.logo_url {
                        img.tk src=(logo) width=(theme.logo_width)
                            height=(theme.logo_height) alt=(view.brand)
                            style=(styles.frame.logo);
                    } @else { (view.brand) }
                }
            }
            "\n"
            @if !view.edition_name.is_empty() {
                p.ac style=(styles.frame.edition_name) { (view.edition_name) }
                "\n"
            }
        } }
        "\n"
    }
}

/// Where there is no date, a line alone ends the masthead.
fn hairline(context: &Context<'_>) -> Markup {
    let cells = html! {
        tr { td.ln height="1" style=(context.styles.frame.hairline) { "\u{a0}" } }
    };
    band(bands::CLOSE, &table(&cells))
}

/// The date at one edge and the weather at the other, or the date alone in the middle.
fn dateline(context: &Context<'_>) -> Markup {
    let view = context.view;
    let frame = &context.styles.frame;
    let cells = html! {
        tr {
            @if let Some(weather) = &view.weather {
                td class="tb ln dl" style=(frame.date) { (view.date) } "\n"
                td class="tb ln dl" align=(end(view.direction)) style=(frame.weather) {
                    strong.tk style=(frame.strong) {
                        (left_to_right(view.direction, weather.temperature))
                    }
                    @if let Some(sky) = weather.sky { (view.words.comma) (sky) }
                }
            } @else {
                td class="tb ln dl" align="center" style=(frame.date) { (view.date) }
            }
        }
    };
    band(bands::CLOSE, &table(&cells))
}

fn notice_box(context: &Context<'_>, notice: &NoticeView<'_>) -> Markup {
    let styles = context.styles;
    let cells = html! {
        tr { td.ln style=(styles.boxes.notice) {
            p.tb style=(styles.boxes.notice_text) {
                strong.tk style=(styles.frame.strong) { (notice.bold) }
                (gap_after(notice.bold)) (notice.text)
            }
        } }
    };
    band(bands::BOX, &table(&cells))
}

fn note_box(context: &Context<'_>, note: &NoteView<'_>) -> Markup {
    let styles = context.styles;
    let cells = html! {
        tr { td class="nt ae" style=(styles.boxes.note) {
            "\n"
            p.tb style=(styles.boxes.note_text) {
                strong.tk style=(styles.frame.strong) { (note.hello) }
                (gap_after(note.hello))
                @if let Some(first) = note.text.first() { (running(context, first)) }
            }
            "\n"
            @for paragraph in note.text.iter().skip(1) {
                p.tb style=(styles.boxes.note_more) { (running(context, paragraph)) }
                "\n"
            }
            @if let Some(by) = note.by { p.tm style=(styles.story.meta) { (by) } "\n" }
        } }
    };
    band(bands::BOX, &table(&cells))
}

fn running(context: &Context<'_>, pieces: &[InlineView<'_>]) -> Markup {
    let styles = context.styles;
    html! {
        @for piece in pieces {
            @match piece {
                InlineView::Words(words) => { (words) }
                InlineView::Strong(words) => { strong.tk style=(styles.frame.strong) { (words) } }
                InlineView::Emphasis(words) => { em { (words) } }
                InlineView::Link(words, url) => {
                    a.ac href=(url) style=(styles.link.text) { (words) }
                }
            }
        }
    }
}

fn footer(context: &Context<'_>) -> Markup {
    let view = context.view;
    let FooterView {
        why,
        subscribe_url,
        address,
        privacy_url,
        ..
    } = view.footer;
    let (link, style) = (&context.styles.link.footer, &context.styles.frame.footer);
    let links = personal_links(view);
    let inner = html! {
        @if !links.is_empty() {
            p style="margin:0;font-size:14px;line-height:28px" {
                @for (number, (name, url)) in links.iter().enumerate() {
                    @if number > 0 { " \u{a0} " }
                    a.tb href=(url) style=(link) { (name) }
                }
            }
            "\n"
        }
        @if let (Some(why), false) = (why, view.copy == Copy::Archive) {
            p.tm style=(style) { (why) } "\n"
        }
        @if let Some(url) = subscribe_url {
            p.tm style=(style) {
                @if view.copy != Copy::Archive { (view.words.forwarded) " " }
                a.tb href=(url) style=(link) { (view.words.own_copy) }
            }
            "\n"
        }
        p.tm style=(style) {
            (address)
            @if let Some(url) = privacy_url {
                br;
                a.tb href=(url) style=(link) { (view.words.privacy) }
            }
        }
        "\n"
    };
    band(bands::FOOTER, &inner)
}

/// The reader's own links in the footer: words and where they lead; none in the archive copy.
pub(crate) fn personal_links<'a>(view: &EditionView<'a>) -> Vec<(&'a str, &'a str)> {
    let footer = &view.footer;
    let links = match view.copy {
        Copy::Mail => [
            footer.preferences_url,
            footer.unsubscribe_url,
            view.view_url,
        ],
        Copy::Browser => [footer.preferences_url, footer.unsubscribe_url, None],
        Copy::Archive => [None; 3],
    };
    let words = view.words;
    [
        words.change_preferences.as_str(),
        &words.unsubscribe,
        &words.view_in_browser,
    ]
    .into_iter()
    .zip(links)
    .filter_map(|(name, url)| url.map(|url| (name, url)))
    .collect()
}
