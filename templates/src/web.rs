//! Pages a reader meets behind the links of the footer.
//!
//! Each function takes what every page shares, what this page shows, and the theme, and writes a
//! whole document: one card, one main button, no script, no cookie, light and dark, 320 pixels and
//! up. Forms post; nothing changes by opening a page. Headers such as `Referrer-Policy` and the
//! check that a form's link is genuine belong to whoever serves the page.

mod signup;
mod style;

use maud::{DOCTYPE, Markup, html};

pub use signup::{confirm, message, subscribe};

use crate::style::dir;
use crate::theme::Theme;
use crate::view::{
    ArchiveView, ChoiceView, Chosen, PageView, PastView, PreferencesView, ProblemView, TopicsView,
    UnsubscribeView, UnsubscribedView,
};

/// The page behind "Unsubscribe": one button, which posts `confirm=1`.
#[must_use]
pub fn unsubscribe(page: &PageView<'_>, view: &UnsubscribeView<'_>, theme: &Theme) -> String {
    let words = page.words;
    let main = html! {
        h1 { (words.unsubscribe_title) } "\n"
        p { (sentence(&words.unsubscribe_text, view.list, view.masked_address)) } "\n"
        form method="post" action=(view.action) {
            input type="hidden" name="confirm" value="1";
            button.main type="submit" { (words.unsubscribe) }
        }
        "\n"
        p.small {
            (words.unsubscribe_instead) " "
            a href=(view.preferences_url) { (words.change_preferences) }
        }
        "\n"
    };
    document(page, theme, &words.unsubscribe_title, &main)
}

/// The page after leaving; its "Undo" posts `undo=1`.
#[must_use]
pub fn unsubscribed(page: &PageView<'_>, view: &UnsubscribedView<'_>, theme: &Theme) -> String {
    let words = page.words;
    let main = html! {
        h1 tabindex="-1" autofocus { (words.unsubscribed_title) } "\n"
        p role="status" {
            (sentence(&words.unsubscribed_text, view.list, view.masked_address))
        }
        "\n"
        @if let Some(action) = view.undo_action {
            form method="post" action=(action) {
                input type="hidden" name="undo" value="1";
                button type="submit" { (words.undo) }
            }
            "\n"
        }
    };
    document(page, theme, &words.unsubscribed_title, &main)
}

/// The preferences page.
///
/// The form posts `digest` once for each ticked digest, `text_only=1`, `uncounted=1` and `paused=1` if
/// ticked, and `time_zone`, which is empty for none; another one posts `erase=1`.
#[must_use]
pub fn preferences(page: &PageView<'_>, view: &PreferencesView<'_>, theme: &Theme) -> String {
    let words = page.words;
    let main = html! {
        @if let Some(notice) = view.notice {
            p.box role="status" tabindex="-1" autofocus { (notice) } "\n"
        }
        h1 { (words.preferences_title) } "\n"
        p { (sentence(&words.preferences_for, "", view.masked_address)) } "\n"
        form method="post" action=(view.action) {
            "\n"
            @if !view.digests.is_empty() {
                fieldset {
                    legend { (words.digests) } "\n"
                    @for digest in &view.digests { (digest_box(digest)) }
                }
                "\n"
            }
            (topics_box(page, &view.topics))
            fieldset {
                legend { (words.format) } "\n"
                (check_box("text_only", "1", view.text_only, (&words.text_only, &words.text_only_hint)))
            }
            "\n"
            label.field for="zone" { (words.time_zone) } "\n"
            select #zone name="time_zone" {
                option value="" { (words.time_zone_usual) }
                @for zone in &view.time_zones {
                    "\n" option value=(zone) selected[view.time_zone == Some(*zone)] { (zone.replace('_', " ")) }
                }
            }
            "\n"
            label.field for="language" { (words.language) } "\n"
            select #language name="language" {
                option value="" { (words.language_usual) }
                @for (tag, name) in &view.languages {
                    "\n" option value=(tag) lang=(tag) selected[view.language == Some(*tag)] { (name) }
                }
            }
            "\n"
            fieldset.first {
                legend { (words.privacy) } "\n"
                (check_box("uncounted", "1", view.uncounted, (&words.uncounted, &words.uncounted_hint)))
            }
            (pause(page, view))
            button.main type="submit" { (words.save) }
            "\n"
        }
        "\n"
        p.small { a href=(view.unsubscribe_url) { (words.unsubscribe) } } "\n"
        (own_data(page, view))
    };
    document(page, theme, &words.preferences_title, &main)
}

fn pause(page: &PageView<'_>, view: &PreferencesView<'_>) -> Markup {
    let words = page.words;
    let chosen = if view.paused.is_some() {
        Chosen::Yes
    } else {
        Chosen::No
    };
    let hint = view.paused.unwrap_or(&words.paused_hint);
    html! {
        div.group { (check_box("paused", "1", chosen, (&words.paused, hint))) }
        "\n"
    }
}

/// What is held about a reader: a file of it, and the button that deletes it, behind one more press.
fn own_data(page: &PageView<'_>, view: &PreferencesView<'_>) -> Markup {
    let words = page.words;
    html! {
        h2 { (words.your_data) } "\n"
        p { a href=(view.data_url) { (words.download_data) } } "\n"
        details {
            summary { (words.erase) } "\n"
            p { (words.erase_hint) } "\n"
            form method="post" action=(view.erase_action) {
                input type="hidden" name="erase" value="1";
                button type="submit" { (words.erase) }
            }
            "\n"
        }
        "\n"
    }
}

/// The list of editions anybody may read: each by its subject, with its preview line below.
#[must_use]
pub fn archive(page: &PageView<'_>, view: &ArchiveView<'_>, theme: &Theme) -> String {
    let words = page.words;
    let pages = [
        (view.newer_url, &words.newer),
        (view.older_url, &words.older),
    ];
    let main = html! {
        h1 { (words.archive) } "\n"
        @if let Some(url) = view.subscribe_url {
            p { a.main href=(url) { (words.own_copy) } } "\n"
        }
        @for month in &view.months {
            h2 { (month.name) } "\n"
            ul {
                "\n"
                @for edition in &month.editions { (past(edition)) }
            }
            "\n"
        }
        p.small {
            @for (url, name) in pages {
                @if let Some(url) = url { a href=(url) { (name) } " \u{a0} " }
            }
            @if let Some(url) = view.feed_url { a href=(url) { (words.feed) } }
        }
        "\n"
    };
    whole(page, theme, (&words.archive, &main), Robots::Welcome)
}

fn past(edition: &PastView<'_>) -> Markup {
    html! {
        li {
            small { (edition.date) }
            a href=(edition.url) { (edition.title) }
            @if !edition.preheader.is_empty() { p { (edition.preheader) } }
        }
        "\n"
    }
}

/// A page that says what went wrong and the one thing to do.
#[must_use]
pub fn problem(page: &PageView<'_>, view: &ProblemView<'_>, theme: &Theme) -> String {
    let main = html! {
        div role="alert" {
            h1 { (view.title) } "\n"
            p { (view.text) } "\n"
        }
        "\n"
        @if let Some(link) = &view.link {
            p { a.main href=(link.url) { (link.name) } } "\n"
        }
    };
    document(page, theme, view.title, &main)
}

/// Whether search engines may keep a page: those of one reader they may not.
#[derive(Clone, Copy, PartialEq)]
enum Robots {
    Welcome,
    Stay,
}

fn document(page: &PageView<'_>, theme: &Theme, title: &str, main: &Markup) -> String {
    whole(page, theme, (title, main), Robots::Stay)
}

fn whole(
    page: &PageView<'_>,
    theme: &Theme,
    (title, main): (&str, &Markup),
    robots: Robots,
) -> String {
    html! {
        (DOCTYPE) "\n"
        html lang=(page.language) dir=(dir(page.direction)) {
            "\n"
            head {
                "\n"
                meta charset="utf-8"; "\n"
                meta name="viewport" content="width=device-width,initial-scale=1"; "\n"
                @if robots == Robots::Stay { meta name="robots" content="noindex"; "\n" }
                meta name="color-scheme" content="light dark"; "\n"
                title { (title) " · " (page.brand) } "\n"
                style { (style::sheet(theme)) } "\n"
            }
            "\n"
            body {
                "\n"
                header { a.brand href=(page.home_url) { (page.brand) } } "\n"
                main { "\n" (main) } "\n"
                footer { (page.address) } "\n"
            }
            "\n"
        }
        "\n"
    }
    .into_string()
}

/// A sentence with the list's name in it and the address in bold, wherever the language puts them.
fn sentence(phrase: &str, list: &str, address: &str) -> Markup {
    let with_list = |text: &str| text.replacen("{list}", list, 1);
    html! {
        @if let Some((before, after)) = phrase.split_once("{address}") {
            (with_list(before)) strong dir="ltr" { (address) } (with_list(after))
        } @else {
            (with_list(phrase))
        }
    }
}

fn digest_box(digest: &ChoiceView<'_>) -> Markup {
    check_box(
        "digest",
        digest.value,
        digest.chosen,
        (digest.name, digest.when),
    )
}

/// The topics, with "everything" before them: who ticks some and leaves it ticked wants everything.
fn topics_box(page: &PageView<'_>, view: &TopicsView<'_>) -> Markup {
    let words = page.words;
    html! {
        @if !view.offered.is_empty() {
            fieldset.first {
                legend { (words.topics) } "\n"
                (check_box("everything", "1", view.everything(), (&words.everything, &words.topics_hint)))
                @for (topic, chosen) in &view.offered { (check_box("topic", topic, *chosen, (topic, ""))) }
            }
            "\n"
        }
    }
}

/// A box, its words, and smaller words that explain them.
fn check_box(name: &str, value: &str, chosen: Chosen, (words, hint): (&str, &str)) -> Markup {
    html! {
        label {
            input type="checkbox" name=(name) value=(value) checked[chosen == Chosen::Yes];
            span { (words) @if !hint.is_empty() { small { (hint) } } }
        }
        "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_where_the_language_puts_it() {
        for (phrase, expected) in [
            (
                "{list} to {address}.",
                "A &amp; B to <strong dir=\"ltr\">a•••z</strong>.",
            ),
            (
                "{address}: {list}",
                "<strong dir=\"ltr\">a•••z</strong>: A &amp; B",
            ),
            ("Without gaps", "Without gaps"),
        ] {
            assert_eq!(sentence(phrase, "A & B", "a•••z").into_string(), expected);
        }
    }
}
