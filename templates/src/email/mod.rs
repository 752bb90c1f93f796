//! The html part of an edition.
//!
//! An [`EditionView`] and a [`Theme`] come in, a whole document goes out. The design works with
//! inline styles alone; three style blocks add the phone, the dark and Outlook.com. Reading order
//! in the source is the order on the screen.
//!
//! - `layout`: everything outside the card that a reader does not read: head, style blocks, the
//!   wrapper, and the conditional comments for classic Outlook.
//! - `edition`: utility line, masthead, notice, note and footer, and the order of it all.
//! - `sections`: one file for each kind of section.

mod edition;
mod layout;
mod sections;

pub(crate) use edition::personal_links;
use maud::{Markup, html};

use crate::style::Styles;
use crate::theme::Theme;
use crate::view::EditionView;

/// Writes the html part of an edition, or its copy for a browser or the archive.
///
/// Only [`Copy::Mail`](crate::view::Copy::Mail) carries the utility line and the pixel; the archive
/// copy carries none of the reader's links even if the view has them.
#[must_use]
pub fn html(view: &EditionView<'_>, theme: &Theme) -> String {
    let styles = Styles::new(theme, view.language, view.direction);
    let context = Context {
        view,
        theme,
        styles: &styles,
    };
    layout::document(&context, &edition::body(&context)).into_string()
}

/// What every component needs.
struct Context<'a> {
    view: &'a EditionView<'a>,
    theme: &'a Theme,
    styles: &'a Styles,
}

/// A layout table over the whole width, whose rows are given.
fn table(rows: &Markup) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" { (rows) } "\n"
    }
}

/// A row of the card with the side padding that phones narrow.
fn band(style: &str, inner: &Markup) -> Markup {
    html! { tr { td.p style=(style) { "\n" (inner) } } "\n" }
}
