//! The page on which an edition is changed, and the list of what was changed before.

use maud::{Markup, html};

use super::parts::{self, Column, FieldKind, FieldView, Weight};
use super::shell::{DeskView, HeadView, page};
use crate::theme::Theme;

/// The page on which an edition is changed.
#[derive(Debug, Clone)]
pub struct EditPageView<'a> {
    /// Where its forms post.
    pub action: &'a str,
    /// Where what is said of stories for later editions is posted.
    pub later: &'a str,
    /// What every form brings along: its token, and the version that is seen.
    pub hidden: Vec<(&'a str, &'a str)>,
    /// The words around the stories: name, label, value, hint; those of several lines last.
    pub words: Vec<WordsView<'a>>,
    /// The paid message, if there may be one: its fields as they are sent.
    pub sponsor: Vec<WordsView<'a>>,
    /// The stories in reading order; nothing where who is signed in may not touch them.
    pub stories: Option<Vec<StoryEditView<'a>>>,
    /// Whose copies differ from these, and how; nothing where all get the same.
    pub copies: Option<&'a str>,
    /// Stories that only some of those copies have.
    pub others: Vec<StoryEditView<'a>>,
    /// Whether it still can be changed: else only what is said for later editions can.
    pub is_open: bool,
    /// Whether forms lead back to their story; not to a page that has to say above them what went wrong.
    pub leads_back: bool,
    /// The story that somebody came to rewrite.
    pub open_story: &'a str,
    /// What somebody wrote and could not be saved: name of the field, text.
    pub unsaved: &'a [(String, String)],
    /// What was changed: number, when, who, what.
    pub versions: Vec<(i64, &'a str, &'a str, &'a str)>,
    /// Whether changes may be taken back.
    pub may_restore: bool,
}

/// A line or a text that may be rewritten.
#[derive(Debug, Clone, Copy)]
pub struct WordsView<'a> {
    /// Name of the field.
    pub name: &'a str,
    /// Its label.
    pub label: &'a str,
    /// What it holds.
    pub value: &'a str,
    /// How many lines are shown.
    pub lines: u8,
    /// A sentence below it.
    pub hint: &'a str,
}

/// One story.
#[derive(Debug, Clone)]
pub struct StoryEditView<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where it stands, in words.
    pub place: &'a str,
    /// The headline.
    pub title: &'a str,
    /// The summary.
    pub summary: &'a str,
    /// What its picture shows.
    pub alt: &'a str,
    /// Its picture, if there is one.
    pub picture: Option<&'a str>,
    /// Where it leads.
    pub url: &'a str,
    /// Why it stands there, in sentences; empty where nothing was reckoned.
    pub plainly: String,
    /// The same in figures, or the rule that put it there.
    pub reason: &'a str,
    /// What can be done to it: value of the button, and its words.
    pub moves: Vec<(&'static str, &'static str)>,
    /// What is said of it for later editions; nothing for a story that is not stored any more.
    pub later: Option<LaterView>,
}

/// What is said of a story for the editions to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaterView {
    /// It stands at the top of the next one.
    pub is_pinned: bool,
    /// It stands in none.
    pub is_hidden: bool,
    /// The factor on its score; 1 is none.
    pub boost: f64,
}

fn words(view: &WordsView<'_>) -> Markup {
    parts::field(&FieldView {
        name: view.name,
        label: view.label,
        value: view.value,
        kind: if view.lines > 1 {
            FieldKind::Lines(view.lines)
        } else {
            FieldKind::Line("text")
        },
        hint: (!view.hint.is_empty()).then_some(view.hint),
        error: None,
        autocomplete: "off",
    })
}

/// The page on which an edition is changed.
#[must_use]
pub fn edit(
    desk: &DeskView<'_>,
    head: &HeadView<'_>,
    view: &EditPageView<'_>,
    theme: &Theme,
) -> String {
    let around = html! {
        form method="post" action=(view.action) {
            "\n"
            (parts::hidden_fields(&view.hidden))
            (parts::hidden_fields(&[("form", "words")]))
            @for field in &view.words { (words(field)) }
            (parts::button(Weight::Main, "Save the words"))
        }
        "\n"
    };
    let sponsor = html! {
        form method="post" action=(view.action) {
            "\n"
            (parts::hidden_fields(&view.hidden))
            (parts::hidden_fields(&[("form", "sponsor")]))
            @for field in &view.sponsor { (words(field)) }
            (parts::button(Weight::Other, "Save the sponsor"))
        }
        "\n"
    };
    let main = html! {
        (parts::unsaved(view.unsaved))
        @if view.is_open {
            p.jump { a href="#words" { "To the subject and the words around the stories" } } "\n"
            div.split {
                "\n"
                div.stack { "\n" (stories(view)) (changes(view)) }
                "\n"
                div.stack #words tabindex="-1" {
                    "\n"
                    (parts::card("Words around the stories", None, &around))
                    (parts::card("Sponsor", Some("all fields, or none"), &sponsor))
                }
                "\n"
            }
        } @else {
            div.stack { "\n" (stories(view)) (changes(view)) }
        }
        "\n"
    };
    page(desk, head, &main, theme)
}

fn stories(view: &EditPageView<'_>) -> Markup {
    let Some(own) = &view.stories else {
        return html! {};
    };
    let list = |from: usize, stories: &[StoryEditView<'_>]| {
        html! {
            ol.stories {
                "\n"
                @for (at, story) in stories.iter().enumerate() { (self::story(view, from + at, story)) }
            }
            "\n"
        }
    };
    let inner = html! {
        @if let Some(copies) = view.copies { p.hint { (copies) } "\n" }
        (list(0, own))
    };
    html! {
        (parts::card("Stories", Some("in reading order"), &inner))
        @if !view.others.is_empty() {
            section.card {
                "\n"
                details {
                    summary { h2 { "In some copies only (" (view.others.len()) ")" } } "\n"
                    p.hint { "Groups of readers get them, or stand-ins for a story that a reader has had." } "\n"
                    (list(own.len(), &view.others))
                }
                "\n"
            }
            "\n"
        }
    }
}

fn story(view: &EditPageView<'_>, at: usize, story: &StoryEditView<'_>) -> Markup {
    html! {
        li id=[view.leads_back.then(|| anchor(story))] {
            "\n"
            div.title { h3 { (story.title) } small { (story.place) } } "\n"
            @if view.is_open {
                form.acts method="post" action={ (view.action) "#" (anchor(story)) } {
                    (parts::hidden_fields(&view.hidden))
                    (parts::hidden_fields(&[("form", "place"), ("article", story.id)]))
                    @for (value, verb) in &story.moves {
                        button.btn type="submit" name="do" value=(value) {
                            (verb) span.quiet { ": " (story.title) }
                        }
                    }
                }
                "\n"
            }
            div.more {
            "\n"
            @if view.is_open { (rewrite(view, at, story)) }
            @if let Some(later) = story.later {
                (self::later(view, &format!("factor-{at}"), story, later))
            }
            details {
                summary { "Why here" span.quiet { ": " (story.title) } } "\n"
                @if story.plainly.is_empty() {
                    p.hint { (story.reason) } "\n"
                } @else {
                    p { (story.plainly) } "\n"
                    details { summary { "In figures" } p.hint { (story.reason) } } "\n"
                }
            }
            "\n"
            }
            "\n"
        }
        "\n"
    }
}

/// What a story's place on the page is called.
fn anchor(story: &StoryEditView<'_>) -> String {
    format!("story-{}", story.id)
}

fn rewrite(view: &EditPageView<'_>, at: usize, story: &StoryEditView<'_>) -> Markup {
    // Ids have to differ where stories share a page.
    let name = |field: &str| format!("{field}-{at}");
    let fields = [
        ("title", "Headline", story.title, 1, ""),
        ("summary", "Summary", story.summary, 3, ""),
        ("url", "Leads to", story.url, 1, ""),
    ];
    html! {
            details open[story.id == view.open_story] {
                summary { "Rewrite" span.quiet { ": " (story.title) } } "\n"
                form method="post" action={ (view.action) "#" (anchor(story)) } {
                    "\n"
                    (parts::hidden_fields(&view.hidden))
                    (parts::hidden_fields(&[("form", "story"), ("article", story.id)]))
                    @for (field, label, value, lines, hint) in fields {
                        (words(&WordsView { name: &name(field), label, value, lines, hint }))
                    }
                    @if let Some(picture) = story.picture {
                        (words(&WordsView {
                            name: &name("alt"),
                            label: "What the picture shows",
                            value: story.alt,
                            lines: 1,
                            hint: picture,
                        }))
                        (parts::check_box(&name("no_picture"), "1", crate::view::Chosen::No, "No picture"))
                    }
                    (parts::button(Weight::Other, "Save the story"))
                }
                "\n"
            }
            "\n"
    }
}

fn later(
    view: &EditPageView<'_>,
    factor: &str,
    story: &StoryEditView<'_>,
    later: LaterView,
) -> Markup {
    let pin = if later.is_pinned {
        ("unpin", "Do not pin")
    } else {
        ("pin", "Pin to the next one")
    };
    let hide = if later.is_hidden {
        ("unhide", "Let it in again")
    } else {
        ("hide", "Keep it out of all")
    };
    let is_boosted = (later.boost - 1.0).abs() > f64::EPSILON;
    let marks = [
        later.is_pinned.then(|| "pinned".to_owned()),
        later.is_hidden.then(|| "kept out".to_owned()),
        is_boosted.then(|| format!("boosted by {}", later.boost)),
    ];
    let marks: Vec<String> = marks.into_iter().flatten().collect();
    html! {
        details {
            summary {
                "Later editions" span.quiet { ": " (story.title) }
                @if !marks.is_empty() { " (" (marks.join(", ")) ")" }
            }
            "\n"
            form method="post" action={ (view.later) "#" (anchor(story)) } {
                "\n"
                (parts::hidden_fields(&view.hidden))
                (parts::hidden_fields(&[("article", story.id)]))
                div.acts {
                    @for (value, verb) in [pin, hide] {
                        button.btn type="submit" name="do" value=(value) {
                            (verb) span.quiet { ": " (story.title) }
                        }
                    }
                }
                "\n"
                (words(&WordsView {
                    name: factor,
                    label: "Times its score",
                    value: &later.boost.to_string(),
                    lines: 1,
                    hint: "2 doubles it, 0.5 halves it, 1 leaves it as it is; from 0.01 to 100.",
                }))
                button.btn type="submit" name="do" value="boost" {
                    "Boost" span.quiet { ": " (story.title) }
                }
            }
            "\n"
        }
        "\n"
    }
}

fn changes(view: &EditPageView<'_>) -> Markup {
    let may_take_back = view.may_restore && view.is_open;
    let mut columns = vec![
        Column::Words("Change"),
        Column::Words("When"),
        Column::Words("Who"),
        Column::Words("What"),
    ];
    if may_take_back {
        columns.push(Column::Words("Undo"));
    }
    let rows: Vec<_> = view
        .versions
        .iter()
        .enumerate()
        .map(|(at, (number, when, who, what))| {
            let take_back = html! {
                form method="post" action=(view.action) {
                    (parts::hidden_fields(&view.hidden))
                    (parts::hidden_fields(&[("form", "restore"), ("change", &number.to_string())]))
                    button.btn type="submit" {
                        @if at == 0 { "Undo" } @else { "Undo this and newer" }
                        span.quiet { ": change " (number) }
                    }
                }
            };
            let mut cells = vec![
                html! { (number) },
                html! { (when) },
                html! { (who) },
                html! { (what) },
            ];
            if may_take_back {
                cells.push(take_back);
            }
            cells
        })
        .collect();
    let inner = html! {
        @if rows.is_empty() {
            p.hint { "Nobody has changed anything: it stands as it was built." } "\n"
        } @else {
            (parts::records("Changes of this edition, the latest first", &columns, &rows))
        }
    };
    parts::card("Changes", None, &inner)
}
