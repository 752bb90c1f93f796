//! The smaller pages of the desk: signing in, the list of editions, the record, groups for tests.

use maud::html;

use super::parts::{self, Column, FieldKind, FieldView, Tone, Weight};
use super::shell::{DeskView, HeadView, page};
use crate::theme::Theme;

/// The page on which one signs in.
#[derive(Debug, Clone)]
pub struct SignInView<'a> {
    /// Where the form posts.
    pub action: &'a str,
    /// What it brings along.
    pub hidden: Vec<(&'a str, &'a str)>,
    /// The name that was given.
    pub name: &'a str,
}

/// The page on which one signs in.
#[must_use]
pub fn sign_in(
    desk: &DeskView<'_>,
    head: &HeadView<'_>,
    view: &SignInView<'_>,
    theme: &Theme,
) -> String {
    let field = |name, label, value, kind, autocomplete| {
        parts::field(&FieldView {
            name,
            label,
            value,
            kind: FieldKind::Line(kind),
            hint: None,
            error: None,
            autocomplete,
        })
    };
    let main = html! {
        div.card.narrow {
            "\n"
            form method="post" action=(view.action) {
                "\n"
                (parts::hidden_fields(&view.hidden))
                (field("name", "Name", view.name, "text", "username"))
                (field("password", "Password", "", "password", "current-password"))
                (parts::button(Weight::Main, "Sign in"))
            }
            "\n"
            p.hint { "No password yet, or lost it? Whoever runs the program gives you one." } "\n"
        }
        "\n"
    };
    page(desk, head, &main, theme)
}

/// One edition in the list.
#[derive(Debug, Clone, Copy)]
pub struct EditionRowView<'a> {
    /// Its name, such as "Morning Digest, December 5".
    pub name: &'a str,
    /// Its page.
    pub url: &'a str,
    /// When its slot is.
    pub slot: &'a str,
    /// Where it stands.
    pub state: (Tone, &'a str),
    /// The subject.
    pub subject: &'a str,
    /// How many stories it has.
    pub stories: usize,
    /// What became of it.
    pub report: Option<&'a str>,
}

/// The list of editions.
#[must_use]
pub fn editions(
    desk: &DeskView<'_>,
    head: &HeadView<'_>,
    rows: &[EditionRowView<'_>],
    theme: &Theme,
) -> String {
    let columns = [
        Column::Words("Edition"),
        Column::Words("State"),
        Column::Words("Goes out"),
        Column::Words("Subject"),
        Column::Number("Stories"),
        Column::Words("Report"),
    ];
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            vec![
                html! { a href=(row.url) { (row.name) } },
                parts::badge(row.state.0, row.state.1),
                html! { (row.slot) },
                html! { (row.subject) },
                html! { (row.stories) },
                html! { @if let Some(url) = row.report {
                    a href=(url) { "Report" span.quiet { " of " (row.name) } }
                } },
            ]
        })
        .collect();
    let main = html! {
        div.card {
            "\n"
            @if rows.is_empty() {
                p.empty { "There is no edition yet. courant run builds one; so does courant edition build." } "\n"
            } @else {
                (parts::records("Editions, the latest first", &columns, &cells))
            }
        }
        "\n"
    };
    page(desk, head, &main, theme)
}

/// A table that is the whole page.
#[derive(Debug, Clone)]
pub struct RecordView<'a> {
    /// What it is, for those who do not see it.
    pub caption: &'a str,
    /// Its columns.
    pub columns: Vec<&'a str>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// What stands there when there are none.
    pub empty: &'a str,
}

/// A table that is the whole page.
#[must_use]
pub fn record(
    desk: &DeskView<'_>,
    head: &HeadView<'_>,
    view: &RecordView<'_>,
    theme: &Theme,
) -> String {
    let columns: Vec<_> = view
        .columns
        .iter()
        .map(|name| Column::Words(name))
        .collect();
    let rows: Vec<Vec<_>> = view
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| html! { (cell) }).collect())
        .collect();
    let main = html! {
        div.card {
            "\n"
            @if rows.is_empty() {
                p.empty { (view.empty) } "\n"
            } @else {
                (parts::records(view.caption, &columns, &rows))
            }
        }
        "\n"
    };
    page(desk, head, &main, theme)
}

/// Groups of addresses for tests.
#[derive(Debug, Clone)]
pub struct GroupsView<'a> {
    /// Where the forms post.
    pub action: &'a str,
    /// What they bring along.
    pub hidden: Vec<(&'a str, &'a str)>,
    /// Name and addresses, one a line.
    pub groups: Vec<(&'a str, &'a str)>,
    /// What was given and could not be kept: name, addresses, and why.
    pub wrong: Option<(&'a str, &'a str, &'a str)>,
}

/// Groups of addresses for tests.
#[must_use]
pub fn groups(
    desk: &DeskView<'_>,
    head: &HeadView<'_>,
    view: &GroupsView<'_>,
    theme: &Theme,
) -> String {
    let form = |at: usize, (name, addresses): (&str, &str), error: Option<&str>| {
        let (name_id, addresses_id) = (format!("name-{at}"), format!("addresses-{at}"));
        html! {
            form method="post" action=(view.action) {
                "\n"
                (parts::hidden_fields(&view.hidden))
                (parts::field(&FieldView {
                    name: &name_id, label: "Name", value: name, kind: FieldKind::Line("text"),
                    hint: None, error, autocomplete: "off",
                }))
                (parts::field(&FieldView {
                    name: &addresses_id, label: "Addresses", value: addresses,
                    kind: FieldKind::Lines(4), hint: Some("One a line, 10 at most. Empty it to delete the group."),
                    error: None, autocomplete: "off",
                }))
                (parts::button(Weight::Other, "Save"))
            }
            "\n"
        }
    };
    let new = view
        .wrong
        .map_or(("", ""), |(name, addresses, _)| (name, addresses));
    let main = html! {
        div.pair {
            "\n"
            @for (at, (name, addresses)) in view.groups.iter().enumerate() {
                (parts::card(name, None, &form(at + 1, (name, addresses), None)))
            }
            (parts::card("A new group", None, &form(0, new, view.wrong.map(|(_, _, why)| why))))
        }
        "\n"
    };
    page(desk, head, &main, theme)
}
