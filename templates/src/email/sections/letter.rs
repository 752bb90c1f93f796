//! A mail about a subscription: one heading, one reason, one button.

use maud::{Markup, html};

use super::lead::button;
use super::{Context, band, bands};
use crate::view::LetterView;

pub(super) fn letter(context: &Context<'_>, letter: &LetterView<'_>) -> Markup {
    let styles = context.styles;
    let inner = html! {
        h2 class="tk hl" style=(styles.headline.letter) { (letter.title) } "\n"
        p.tb style=(styles.story.letter_text) { (letter.text) } "\n"
        (button(context, letter.button, None))
        @for sentence in &letter.small {
            p.tm style=(styles.story.letter_small) { (sentence) } "\n"
        }
    };
    band(bands::LEAD, &inner)
}
