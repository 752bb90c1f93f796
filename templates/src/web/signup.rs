//! The pages of signing up: the form, the button that confirms, and what is said in between.

use maud::{Markup, html};

use super::{digest_box, document, sentence, topics_box};
use crate::theme::Theme;
use crate::view::{ConfirmView, MessageView, PageView, SubscribeView};

/// The sign-up form.
///
/// It posts `email`, `name`, `digest` once for each ticked digest, and `ticket` as it was given. A field
/// that only programs see, `website`, has to stay empty.
#[must_use]
pub fn subscribe(page: &PageView<'_>, view: &SubscribeView<'_>, theme: &Theme) -> String {
    let words = page.words;
    let title = words.sign_up_title.replacen("{brand}", page.brand, 1);
    let is_wrong = view.problem.is_some();
    let main = html! {
        @if let Some(problem) = view.problem {
            p.box #problem role="alert" { (problem) } "\n"
        }
        h1 { (title) } "\n"
        form method="post" action=(view.action) {
            "\n"
            input type="hidden" name="ticket" value=(view.ticket);
            "\n"
            p.trap aria-hidden="true" {
                label { "Website " input type="text" name="website" tabindex="-1" autocomplete="off"; }
            }
            "\n"
            label.field for="email" { (words.email_address) } "\n"
            input #email type="email" name="email" value=(view.email) required maxlength="320"
                autocomplete="email" inputmode="email" dir="ltr" autofocus[is_wrong]
                aria-invalid=[is_wrong.then_some("true")]
                aria-describedby=[is_wrong.then_some("problem")];
            "\n"
            label.field for="name" { (words.first_name) " " small { (words.optional) } } "\n"
            input #name type="text" name="name" value=(view.name) maxlength="100"
                autocomplete="given-name";
            "\n"
            @match view.digests.as_slice() {
                [] => {}
                [only] => { @if !only.when.is_empty() { p { (only.name) " · " (only.when) } "\n" } }
                several => {
                    fieldset.first {
                        legend { (words.digests) } "\n"
                        @for digest in several { (digest_box(digest)) }
                    }
                    "\n"
                }
            }
            (topics_box(page, &view.topics))
            button.main type="submit" { (words.sign_up) }
            "\n"
        }
        "\n"
        p.small {
            (words.sign_up_small)
            @for link in view.links.iter() { " " a href=(link.url) { (link.name) } }
        }
        "\n"
    };
    document(page, theme, &title, &main)
}

/// The page behind the link of the confirming mail: one button, which posts `confirm=1`.
#[must_use]
pub fn confirm(page: &PageView<'_>, view: &ConfirmView<'_>, theme: &Theme) -> String {
    let main = html! {
        h1 { (view.title) } "\n"
        p { (sentence(view.text, view.list, view.address)) } "\n"
        form method="post" action=(view.action) {
            input type="hidden" name="confirm" value="1";
            button.main type="submit" { (view.button) }
        }
        "\n"
        @if let Some(small) = view.small { p.small { (small) } "\n" }
    };
    document(page, theme, view.title, &main)
}

/// A page that says what was done or what comes next.
#[must_use]
pub fn message(page: &PageView<'_>, view: &MessageView<'_>, theme: &Theme) -> String {
    let main = html! {
        h1 tabindex="-1" autofocus { (view.title) } "\n"
        p role="status" { (sentence(view.text, view.list, view.address)) } "\n"
        @for (number, link) in view.links.iter().enumerate() {
            (button(link.name, link.url, number == 0)) "\n"
        }
        @if let Some(small) = view.small { p.small { (small) } "\n" }
    };
    document(page, theme, view.title, &main)
}

fn button(name: &str, url: &str, is_main: bool) -> Markup {
    html! { p { a.main[is_main] href=(url) { (name) } } }
}
