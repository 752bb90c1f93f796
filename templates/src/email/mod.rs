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
use std::cell::OnceCell;

use maud::{Markup, html};

use crate::pieces::{Piece, pieces};

use crate::style::Styles;
use crate::theme::Theme;
use crate::view::EditionView;

/// Writes the html part of an edition, or its copy for a browser or the archive.
///
/// Only [`Copy::Mail`](crate::view::Copy::Mail) carries the utility line and the pixel; the archive
/// copy carries none of the reader's links even if the view has them.
#[must_use]
pub fn html(view: &EditionView<'_>, theme: &Theme) -> String {
    let writer = Writer::new(view, theme);
    let written = pieces(view).into_iter().map(|piece| writer.write(piece));
    written.collect()
}

/// Writes single pieces of an edition's html part.
#[expect(
    missing_debug_implementations,
    reason = "styles are long strings nobody reads"
)]
pub struct Writer<'a> {
    view: &'a EditionView<'a>,
    theme: &'a Theme,
    styles: Styles,
    /// What stands above and below the sections.
    around: OnceCell<(String, String)>,
}

impl<'a> Writer<'a> {
    /// For the pieces of a view.
    #[must_use]
    pub fn new(view: &'a EditionView<'a>, theme: &'a Theme) -> Self {
        Self {
            view,
            theme,
            styles: Styles::new(theme, view.language, view.direction),
            around: OnceCell::new(),
        }
    }

    /// One piece; nothing where the view has none there. Each ends with the end of a line.
    #[must_use]
    pub fn write(&self, piece: Piece) -> String {
        let context = Context {
            view: self.view,
            theme: self.theme,
            styles: &self.styles,
        };
        let apart = |whole: Markup, mark: layout::Mark| {
            let (before, after) = whole.0.split_once(mark.0).unwrap_or((&whole.0, ""));
            (before.to_owned(), after.to_owned())
        };
        let around = || {
            let document = || layout::document(&context, &edition::body(&context));
            let around = || apart(document(), layout::SECTIONS);
            self.around.get_or_init(around).clone()
        };
        let frame = |at| apart(sections::frame(&context, at), layout::STORIES);
        match piece {
            Piece::Top => around().0,
            Piece::Bottom => around().1,
            Piece::Open(at) => frame(at).0,
            Piece::Close(at) => frame(at).1,
            Piece::Story(at, number) => sections::story(&context, at, number).0,
            Piece::Whole(at) => sections::whole(&context, at).0,
        }
    }
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
