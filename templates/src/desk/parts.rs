//! What pages of the desk are put together from: buttons, badges, tabs, cards, tables, fields, meters.
//!
//! Each says what it is without colour and without a script.

use maud::{Markup, html};

use crate::theme::Scheme;
use crate::view::Chosen;

/// How good something is; words say it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Quiet,
    /// Worth knowing.
    Info,
    /// As it should be.
    Good,
    /// To be looked at.
    Warn,
    /// Wrong.
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Quiet => "badge",
            Self::Info => "badge info",
            Self::Good => "badge good",
            Self::Warn => "badge warn",
            Self::Bad => "badge bad",
        }
    }
}

/// How strong a button is: a page has one main button at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The one thing to do.
    Main,
    /// Something else one can do.
    Other,
}

impl Weight {
    fn class(self) -> &'static str {
        match self {
            Self::Main => "btn main",
            Self::Other => "btn",
        }
    }
}

/// A short word on a ground of its own, such as a state.
#[must_use]
pub fn badge(tone: Tone, words: &str) -> Markup {
    html! { span class=(tone.class()) { (words) } }
}

/// The button that sends the form it stands in.
#[must_use]
pub fn button(weight: Weight, words: &str) -> Markup {
    html! { button class=(weight.class()) type="submit" { (words) } "\n" }
}

/// The same with a name and a value that are sent, where a form has several.
#[must_use]
pub fn named_button(weight: Weight, words: &str, (name, value): (&str, &str)) -> Markup {
    html! {
        button class=(weight.class()) type="submit" name=(name) value=(value) { (words) } "\n"
    }
}

/// A link that looks like a button.
#[must_use]
pub fn link_button(weight: Weight, words: &str, url: &str) -> Markup {
    html! { a class=(weight.class()) href=(url) { (words) } "\n" }
}

/// A form of one button; hidden fields are sent with it.
#[must_use]
pub fn button_form(action: &str, hidden: &[(&str, &str)], button: &Markup) -> Markup {
    html! {
        form.one method="post" action=(action) {
            (hidden_fields(hidden)) (button)
        }
        "\n"
    }
}

/// A button that asks before it does something that cannot be taken back: it opens what to know, and the form.
#[must_use]
pub fn asked(words: &str, warning: &str, form: &Markup) -> Markup {
    html! {
        details.menu {
            summary.btn { (words) } "\n"
            div.ask { p { (warning) } "\n" (form) }
            "\n"
        }
        "\n"
    }
}

/// What somebody wrote and could not be saved, by the names of the fields; nothing where all was.
#[must_use]
pub fn unsaved(written: &[(String, String)]) -> Markup {
    if written.is_empty() {
        return html! {};
    }
    let inner = html! {
        dl.unsaved {
            "\n"
            @for (name, text) in written { dt { (name) } dd { (text) } "\n" }
        }
        "\n"
    };
    card("What you sent", Some("nothing of it is saved"), &inner)
}

/// Fields nobody sees, such as the token that proves a form to be ours.
#[must_use]
pub fn hidden_fields(fields: &[(&str, &str)]) -> Markup {
    html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value); } }
}

/// One tab: a link to the same page with another part of it.
#[derive(Debug, Clone)]
pub struct TabView<'a> {
    /// Its word.
    pub name: &'a str,
    /// Where it leads.
    pub url: &'a str,
    /// What stands behind the word, such as how many need a look: a number, and of what.
    pub counts: Vec<(Tone, &'a str, &'a str)>,
    /// Where a picture of these is once they are known, while they are not.
    pub pending: Option<&'a str>,
    /// Whether it is what the page shows.
    pub is_current: bool,
}

/// Tabs; `label` says what they choose among, `end` stands at the end of their line.
#[must_use]
pub fn tabs(label: &str, tabs: &[TabView<'_>], end: &Markup) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            "\n"
            @for tab in tabs {
                a href=(tab.url) aria-current=[tab.is_current.then_some("page")] {
                    (tab.name)
                    @for (tone, count, what) in &tab.counts {
                        " " span class=(tone.class()) title={ (count) " " (what) } {
                            (count) span.quiet { " " (what) }
                        }
                    }
                    @if let Some(url) = tab.pending {
                        " " picture {
                            source media="(prefers-color-scheme:dark)" srcset={ (url) "&dark=1" };
                            img src=(url) alt="being checked" height="22";
                        }
                    }
                }
                "\n"
            }
            @if !end.0.is_empty() { span.end { (end) } "\n" }
        }
        "\n"
    }
}

/// Counts as a picture of badges, for where they are known only later.
#[must_use]
pub fn counts_picture(counts: &[(Tone, &str)], scheme: Scheme) -> String {
    const HEIGHT: usize = 22;
    let mut from = 0;
    let mut badges = Vec::new();
    for (tone, count) in counts {
        let wide = 20 + 8 * count.chars().count();
        badges.push((from, wide, super::style::tone(*tone, scheme), count));
        from += wide + 4;
    }
    let all = from.saturating_sub(4).max(1);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(all) height=(HEIGHT) viewBox={ "0 0 " (all) " " (HEIGHT) } {
            @for (from, wide, (text, ground), count) in &badges {
                rect x=(from) width=(wide) height=(HEIGHT) rx="11" fill=(ground) {}
                text x=(from + wide / 2) y="16" text-anchor="middle" font-family="sans-serif" font-size="13"
                    font-weight="600" fill=(text) { (count) }
            }
        }
    }
    .into_string()
}

/// A card with a title; `aside` stands small at the end of the title's line.
#[must_use]
pub fn card(title: &str, aside: Option<&str>, inner: &Markup) -> Markup {
    let aside = html! { @if let Some(aside) = aside { " " small { (aside) } } };
    card_of("card", (title, &aside), inner)
}

/// A card of a class of its own, with anything at the end of the title's line.
pub(super) fn card_of(class: &str, (title, aside): (&str, &Markup), inner: &Markup) -> Markup {
    html! {
        section class=(class) {
            "\n"
            div.title { h2 { (title) } (aside) }
            "\n"
            (inner)
        }
        "\n"
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column<'a> {
    /// Words, at the start edge.
    Words(&'a str),
    /// Numbers, at the end edge.
    Number(&'a str),
    /// A picture of a number beside it; screen readers pass it by, and so do phones.
    Picture,
}

/// A table with headers; it scrolls sideways where it is too wide. `caption` is for screen readers. The
/// first cell of each row is its header.
#[must_use]
pub fn table(caption: &str, columns: &[Column<'_>], rows: &[Vec<Markup>]) -> Markup {
    rows_of(false, caption, (columns, rows))
}

/// The same for rows of words: on a phone each is a card, with the names of the columns before what stands in them.
#[must_use]
pub fn records(caption: &str, columns: &[Column<'_>], rows: &[Vec<Markup>]) -> Markup {
    rows_of(true, caption, (columns, rows))
}

fn rows_of(
    is_cards: bool,
    caption: &str,
    (columns, rows): (&[Column<'_>], &[Vec<Markup>]),
) -> Markup {
    let name = |column: &Column<'_>| match *column {
        Column::Words(words) | Column::Number(words) => words.to_owned(),
        Column::Picture => String::new(),
    };
    let class = |column: &Column<'_>| match column {
        Column::Words(_) => None,
        Column::Number(_) => Some("n"),
        Column::Picture => Some("pic"),
    };
    let cells = |row: &[Markup]| {
        html! {
            @for (at, (column, cell)) in columns.iter().zip(row).enumerate() {
                @if at == 0 {
                    th scope="row" class=[class(column)] { (cell) }
                } @else {
                    td class=[class(column)] data-label=[is_cards.then(|| name(column))] { (cell) }
                }
            }
        }
    };
    html! {
        section.wide tabindex="0" aria-label=(caption) {
            "\n"
            table.data.cards[is_cards] {
                "\n"
                caption.quiet { (caption) } "\n"
                thead { tr {
                    @for column in columns {
                        @match column {
                            Column::Words(words) | Column::Number(words) => {
                                th scope="col" class=[class(column)] { (words) }
                            }
                            Column::Picture => { td.pic {} }
                        }
                    }
                } }
                "\n"
                tbody {
                    "\n"
                    @for row in rows { tr { (cells(row)) } "\n" }
                }
                "\n"
            }
            "\n"
        }
        "\n"
    }
}

/// A field of a form: its label, what it holds, and what is wrong with that.
#[derive(Debug, Clone)]
pub struct FieldView<'a> {
    /// Name that is sent, and id on the page.
    pub name: &'a str,
    /// The label.
    pub label: &'a str,
    /// What it holds.
    pub value: &'a str,
    /// What kind of field it is.
    pub kind: FieldKind<'a>,
    /// A sentence below it.
    pub hint: Option<&'a str>,
    /// What is wrong with what it holds.
    pub error: Option<&'a str>,
    /// For browsers that fill in, such as "username"; "off" for what nobody has saved.
    pub autocomplete: &'a str,
}

/// What kind of field it is.
#[derive(Debug, Clone)]
pub enum FieldKind<'a> {
    /// One line: an `input` of this type, such as "text", "email", "password" or "number".
    Line(&'a str),
    /// Several lines, this many of them shown.
    Lines(u8),
    /// One of these values, each with its words.
    OneOf(Vec<(&'a str, &'a str)>),
}

/// A field with its label; hint and error are tied to it.
#[must_use]
pub fn field(view: &FieldView<'_>) -> Markup {
    let (hint, error) = (
        format!("{}-hint", view.name),
        format!("{}-error", view.name),
    );
    let ids = [
        view.error.map(|_| error.as_str()),
        view.hint.map(|_| hint.as_str()),
    ];
    let ids: Vec<&str> = ids.into_iter().flatten().collect();
    let described = (!ids.is_empty()).then(|| ids.join(" "));
    let invalid = view.error.map(|_| "true");
    html! {
        div.field {
            "\n"
            label for=(view.name) { (view.label) } "\n"
            @match &view.kind {
                FieldKind::Line(kind) => {
                    input type=(kind) id=(view.name) name=(view.name) value=(view.value)
                        autocomplete=(view.autocomplete) aria-describedby=[&described]
                        aria-invalid=[invalid];
                }
                FieldKind::Lines(rows) => {
                    textarea id=(view.name) name=(view.name) rows=(rows)
                        aria-describedby=[&described] aria-invalid=[invalid] {
                        // A browser drops the first end of line.
                        "\n" (view.value)
                    }
                }
                FieldKind::OneOf(values) => {
                    select id=(view.name) name=(view.name) aria-describedby=[&described]
                        aria-invalid=[invalid] {
                        @for (value, words) in values {
                            option value=(value) selected[*value == view.value] { (words) }
                        }
                    }
                }
            }
            "\n"
            @if let Some(text) = view.error { p.wrong id=(error) { (text) } "\n" }
            @if let Some(text) = view.hint { p.hint id=(hint) { (text) } "\n" }
        }
        "\n"
    }
}

/// A box to tick, with its words beside it.
#[must_use]
pub fn check_box(name: &str, value: &str, chosen: Chosen, words: &str) -> Markup {
    html! {
        label.check {
            input type="checkbox" name=(name) value=(value) checked[chosen == Chosen::Yes];
            span { (words) }
        }
        "\n"
    }
}

/// A bar of so much of its width, 0 to 1: a picture of a number that stands beside it.
#[must_use]
pub fn bar(share: f64) -> Markup {
    let width = format!("{:.1}", share.clamp(0.0, 1.0) * 100.0);
    html! {
        svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect.back width="100" height="10" {}
            rect.fill width=(width) height="10" {}
        }
    }
}

/// How full something is, between marks.
#[derive(Debug, Clone)]
pub struct MeterView<'a> {
    /// What is measured, and how much that is, in words: "38.8 of 102 KB".
    pub label: &'a str,
    /// How much of the whole, 0 to 1.
    pub share: f64,
    /// How good that is.
    pub tone: Tone,
    /// Marks on the way, each with its place from 0 to 1 and its words, in order.
    pub marks: Vec<(f64, &'a str)>,
}

/// A meter with its marks written below, each at its place.
#[must_use]
pub fn meter(view: &MeterView<'_>) -> Markup {
    let percent = |share: f64| format!("{:.1}%", share.clamp(0.0, 1.0) * 100.0);
    let class = match view.tone {
        Tone::Quiet | Tone::Info => "fill",
        Tone::Good => "fill good",
        Tone::Warn => "fill warn",
        Tone::Bad => "fill bad",
    };
    // A word at either end stays inside.
    let side = |share: f64| match share {
        ..0.15 => "from",
        0.85.. => "to",
        _ => "mid",
    };
    html! {
        svg.meter width="100%" height="34" role="img" aria-label=(view.label) {
            rect.back width="100%" height="12" rx="6" {}
            rect class=(class) width=(percent(view.share)) height="12" rx="6" {}
            @for (share, words) in &view.marks {
                line.mark x1=(percent(*share)) x2=(percent(*share)) y1="0" y2="15" {}
                text class=(side(*share)) x=(percent(*share)) y="30" { (words) }
            }
        }
        "\n"
    }
}

/// A sentence as a page shows it: it begins with a capital, unless with a name, and names between backticks are code.
#[must_use]
pub fn sentence(text: &str) -> Markup {
    let first = text.split(' ').next().unwrap_or_default();
    let is_name = first.contains(['`', '.', '_', '=', '@', '/']) && !first.ends_with('.');
    let mut letters = text.chars();
    let capital = letters.next().filter(|_| !is_name);
    let capital: String = capital.into_iter().flat_map(char::to_uppercase).collect();
    let rest = if is_name { text } else { letters.as_str() };
    html! {
        (capital)
        @for (at, piece) in rest.split('`').enumerate() {
            @if at % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// Names and what they are, a line each.
#[must_use]
pub fn facts(facts: &[(&str, &str)]) -> Markup {
    html! {
        dl.facts {
            "\n"
            @for (name, value) in facts { div { dt { (name) } dd { (value) } } "\n" }
        }
        "\n"
    }
}

/// Several pieces behind each other.
#[must_use]
pub fn all(pieces: &[Markup]) -> Markup {
    html! { @for piece in pieces { (piece) } }
}

/// A number as people write it: "12,345".
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
