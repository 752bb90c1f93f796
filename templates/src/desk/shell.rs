//! The frame of a page of the desk.

use maud::{DOCTYPE, Markup, html};

use super::parts::{self, Tone};
use super::style;
use crate::theme::Theme;

/// What every page of the desk shows around its own.
#[derive(Debug, Clone)]
pub struct DeskView<'a> {
    /// Name of the publication.
    pub brand: &'a str,
    /// Where the name leads: the first page of the desk. None where a page is a file by itself.
    pub home_url: Option<&'a str>,
    /// The pages one can go to, such as Editions, Reports and Subscribers.
    pub nav: Vec<NavView<'a>>,
    /// Who is signed in, if one has to sign in.
    pub signed_in: Option<SignedInView<'a>>,
}

/// One way of the navigation.
#[derive(Debug, Clone, Copy)]
pub struct NavView<'a> {
    /// Its word.
    pub name: &'a str,
    /// Where it leads.
    pub url: &'a str,
    /// What stands behind the word, such as how many are waiting.
    pub count: Option<&'a str>,
    /// Whether the page is this one, or below it.
    pub is_current: bool,
}

/// Who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct SignedInView<'a> {
    /// The name they go by.
    pub name: &'a str,
    /// Where the form of "Sign out" posts.
    pub sign_out_url: &'a str,
    /// Sent with it as `token`: what proves that the form is ours.
    pub token: &'a str,
}

/// The head of a page: its title, and what belongs to all of it.
#[derive(Debug, Clone, Default)]
pub struct HeadView<'a> {
    /// The title, the page's only `h1`.
    pub title: &'a str,
    /// Which part of it the page shows, for the browser's title; nothing where it has no parts.
    pub tab: Option<&'a str>,
    /// A sentence below the title.
    pub sub: Option<&'a str>,
    /// The state of what the page is about.
    pub state: Option<(Tone, &'a str)>,
    /// Buttons and links at the end of the line; [`parts::button`], [`parts::link_button`].
    pub actions: Markup,
    /// What was just done, or could not be.
    pub message: Option<MessageView<'a>>,
}

/// What was just done, or could not be.
#[derive(Debug, Clone, Copy)]
pub struct MessageView<'a> {
    /// How good that is; [`Tone::Bad`] interrupts a screen reader, all others wait their turn.
    pub tone: Tone,
    /// The sentence.
    pub text: &'a str,
}

/// A whole page of the desk; `main` is what stands below its head.
#[must_use]
pub fn page(desk: &DeskView<'_>, head: &HeadView<'_>, main: &Markup, theme: &Theme) -> String {
    html! {
        (DOCTYPE) "\n"
        html lang="en" {
            "\n"
            head {
                "\n"
                meta charset="utf-8"; "\n"
                meta name="viewport" content="width=device-width,initial-scale=1"; "\n"
                meta name="robots" content="noindex"; "\n"
                meta name="color-scheme" content="light dark"; "\n"
                title {
                    @if let Some(tab) = head.tab { (tab) ": " }
                    (head.title) " · " (desk.brand)
                }
                "\n"
                style { (style::sheet(theme)) } "\n"
            }
            "\n"
            body {
                "\n"
                a.skip href="#main" { "Skip to the page" } "\n"
                (top(desk))
                main #main tabindex="-1" {
                    "\n"
                    @if let Some(message) = &head.message { (said(message)) }
                    (title(head))
                    (main)
                }
                "\n"
            }
            "\n"
        }
        "\n"
    }
    .into_string()
}

fn top(desk: &DeskView<'_>) -> Markup {
    html! {
        header.top {
            "\n"
            @if let Some(url) = desk.home_url {
                a.mark href=(url) { (desk.brand) } "\n"
            } @else {
                span.mark { (desk.brand) } "\n"
            }
            @if !desk.nav.is_empty() {
                nav aria-label="Main" {
                    "\n"
                    @for way in &desk.nav {
                        a href=(way.url) aria-current=[way.is_current.then_some("page")] {
                            (way.name)
                            @if let Some(count) = way.count { " " span.count { (count) } }
                        }
                        "\n"
                    }
                }
                "\n"
            }
            @if let Some(person) = &desk.signed_in {
                form.who method="post" action=(person.sign_out_url) {
                    input type="hidden" name="token" value=(person.token);
                    span { (person.name) } " "
                    button.plain type="submit" { "Sign out" }
                }
                "\n"
            }
        }
        "\n"
    }
}

fn said(message: &MessageView<'_>) -> Markup {
    let (class, role) = match message.tone {
        Tone::Bad => ("said bad", "alert"),
        Tone::Warn => ("said warn", "status"),
        Tone::Good | Tone::Info | Tone::Quiet => ("said", "status"),
    };
    html! { p class=(class) role=(role) tabindex="-1" autofocus { (message.text) } "\n" }
}

fn title(head: &HeadView<'_>) -> Markup {
    html! {
        div.head {
            "\n"
            div.t {
                h1 { (head.title) }
                @if let Some(sub) = head.sub { "\n" p.sub { (sub) } }
            }
            "\n"
            @if let Some((tone, words)) = head.state { (parts::badge(tone, words)) "\n" }
            @if !head.actions.0.is_empty() { div.acts { "\n" (head.actions) } "\n" }
        }
        "\n"
    }
}
