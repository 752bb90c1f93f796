//! The mails and pages of Courant: view models in, HTML or plain text out.
//!
//! A caller decides what an edition shows, writes dates and numbers in the reader's language, makes
//! the links, and puts it all in the types of [`view`]. This crate turns such a view into the two
//! parts of a mail, or into a page, and does nothing else: no file is read, no clock is asked, no
//! URL is put together, nothing is left out or cut short.
//!
//! - [`email::html`] writes the designed part of an edition: one column of tables with inline
//!   styles, readable without its style blocks, without pictures, right to left and in the dark.
//! - [`text::text`] writes the same facts in the same order, in 72 cells a line.
//! - [`pieces`] takes both apart, for who writes many lists of the same stories.
//! - [`web`] writes the pages a reader meets behind the links of the footer.
//! - [`desk`] writes the pages of the desk, for the people who make the editions.
//!
//! What varies by site is a [`Theme`], what varies by language is a [`Words`]. Both are plain
//! values; [`Theme::check`] says which colours are too close to read.
//!
//! Text from outside reaches HTML only through escaping, so a view may carry any string.

pub mod desk;
mod direction;
pub mod email;
pub mod pieces;
mod style;
pub mod text;
pub mod theme;
mod typography;
pub mod view;
pub mod web;
pub mod words;

pub use theme::Theme;
pub use typography::full_name;
pub use words::Words;

/// A text as markup that shows it, also between double quotes: what every template writes for it.
#[must_use]
pub fn escaped(text: &str) -> String {
    maud::html! { (text) }.into_string()
}
