//! One edition at the desk: seven ways to look at it, who it is shown as, what it weighs, and tests of it.

use maud::{Markup, html};

use super::parts::{self, Column, FieldKind, FieldView, MeterView, TabView, Tone, Weight};
use super::shell::{DeskView, HeadView, page};
use crate::theme::Theme;
use crate::view::Chosen;

/// The page of one edition.
#[derive(Debug, Clone)]
pub struct EditionPageView<'a> {
    /// The ways to look at it.
    pub tabs: Vec<TabView<'a>>,
    /// Where "Images off" leads, and whether they are; nothing where there are none to see.
    pub images: Option<(&'a str, Chosen)>,
    /// What is looked at.
    pub stage: StageView<'a>,
    /// Who it is shown as.
    pub reader: ReaderView<'a>,
    /// How it stands in an inbox.
    pub inbox: InboxView<'a>,
    /// What it weighs.
    pub size: SizeView<'a>,
    /// The form of tests.
    pub test: TestView<'a>,
}

/// What is looked at.
#[derive(Debug, Clone)]
pub enum StageView<'a> {
    /// In the window of a mail program.
    Desktop(WindowView<'a>),
    /// On phones, side by side.
    Phones {
        /// What stands above the mail.
        window: WindowView<'a>,
        /// The frames.
        frames: Vec<PhoneView<'a>>,
    },
    /// As plain text.
    Text(&'a str),
    /// As it is written.
    Source {
        /// The html part.
        html: &'a str,
        /// What it is, in a sentence.
        about: &'a str,
        /// Where the whole message is, and the html part by itself.
        files: (&'a str, &'a str),
    },
    /// The header fields.
    Headers(Vec<FieldRowView<'a>>),
    /// What was checked.
    Checks(Vec<CheckView<'a>>),
}

/// One header field.
#[derive(Debug, Clone, Copy)]
pub struct FieldRowView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value.
    pub value: &'a str,
    /// What is to be said of it.
    pub result: Option<(Tone, &'a str)>,
}

/// What a mail program shows above a mail.
#[derive(Debug, Clone, Copy)]
pub struct WindowView<'a> {
    /// Name of the sender.
    pub name: &'a str,
    /// Address of the sender.
    pub from: &'a str,
    /// To whom.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// When it comes.
    pub time: &'a str,
    /// Whether mail programs offer to leave with one press (RFC 8058).
    pub can_leave: bool,
    /// Where the mail is, for the frame.
    pub url: &'a str,
}

/// One phone.
#[derive(Debug, Clone, Copy)]
pub struct PhoneView<'a> {
    /// Where the mail is, for the frame.
    pub url: &'a str,
    /// What is shown, for those who do not see it.
    pub title: &'a str,
    /// What stands below.
    pub caption: &'a str,
    /// Whether the phone is dark.
    pub is_dark: bool,
}

/// One thing that was checked.
#[derive(Debug, Clone, Copy)]
pub struct CheckView<'a> {
    /// What kind of thing it is about, such as Size or Links.
    pub group: &'a str,
    /// How it came out.
    pub tone: Tone,
    /// The same in words.
    pub verdict: &'a str,
    /// What was checked.
    pub name: &'a str,
    /// What is wrong and how to mend it.
    pub text: &'a str,
    /// Where.
    pub place: &'a str,
    /// Where it is mended: words and address.
    pub mend: Option<(&'a str, &'a str)>,
}

/// Who the edition is shown as.
#[derive(Debug, Clone)]
pub struct ReaderView<'a> {
    /// Where the form goes, by GET.
    pub action: &'a str,
    /// Which way is looked at, kept by the form.
    pub view: &'a str,
    /// The address that was given.
    pub address: &'a str,
    /// Copies to choose from where no address is given: value and words; none where there is one copy.
    pub copies: Vec<(&'a str, &'a str)>,
    /// The chosen one.
    pub copy: &'a str,
    /// Subjects to choose from: value and words; none where there is one.
    pub subjects: Vec<(&'a str, &'a str)>,
    /// The chosen one.
    pub subject: &'a str,
    /// What is wrong with it.
    pub error: Option<&'a str>,
    /// The reader before, and after.
    pub steps: (Option<&'a str>, Option<&'a str>),
    /// Which of how many, in words.
    pub which: &'a str,
    /// Who that is, in a sentence.
    pub about: &'a str,
    /// Whether they get this edition at all.
    pub is_reached: bool,
}

/// How the edition stands in an inbox.
#[derive(Debug, Clone, Copy)]
pub struct InboxView<'a> {
    /// Name of the sender.
    pub name: &'a str,
    /// When it comes.
    pub time: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The preview line.
    pub preheader: &'a str,
    /// Characters of the subject, in words.
    pub subject_count: (&'a str, Tone),
    /// Characters of the preview line, in words.
    pub preheader_count: (&'a str, Tone),
}

/// What the edition weighs.
#[derive(Debug, Clone)]
pub struct SizeView<'a> {
    /// The html part as sent.
    pub figure: &'a str,
    /// The same as a meter.
    pub meter: MeterView<'a>,
    /// The other parts: name and size.
    pub facts: Vec<(&'a str, &'a str)>,
}

/// The form of tests.
#[derive(Debug, Clone)]
pub struct TestView<'a> {
    /// Where it posts.
    pub action: &'a str,
    /// What proves the form to be ours, who it is shown as, and the like.
    pub hidden: Vec<(&'a str, &'a str)>,
    /// The addresses that were given.
    pub to: &'a str,
    /// What is wrong with them.
    pub error: Option<&'a str>,
    /// Saved groups.
    pub groups: Vec<&'a str>,
    /// Words of the button.
    pub button: &'a str,
    /// What came of the tests before: address, whether it went, and the relay's words.
    pub results: Vec<(&'a str, Tone, &'a str)>,
    /// As whom it goes, in a sentence.
    pub whom: &'a str,
    /// Nothing may be sent; why.
    pub off: Option<&'a str>,
}

/// The page of one edition.
#[must_use]
pub fn edition(
    desk: &DeskView<'_>,
    head: &HeadView<'_>,
    view: &EditionPageView<'_>,
    theme: &Theme,
) -> String {
    let images = html! {
        @if let Some((url, off)) = view.images {
            a.btn href=(url) {
                @if off == Chosen::Yes { "Show images" } @else { "Hide images" }
            }
        }
    };
    let main = html! {
        div.split.preview {
            "\n"
            section aria-label="Preview" {
                "\n"
                a.skip href="#reader" { "Skip the mail" } "\n"
                p.jump { a href="#reader" { "To the reader, the size and tests" } } "\n"
                (parts::tabs("Ways to look at it", &view.tabs, &images))
                (stage(&view.stage))
            }
            "\n"
            div.stack #reader tabindex="-1" {
                "\n"
                (reader(&view.reader))
                (inbox(&view.inbox))
                (size(&view.size))
                (test(&view.test))
            }
            "\n"
        }
        "\n"
    };
    page(desk, head, &main, theme)
}

fn stage(view: &StageView<'_>) -> Markup {
    match view {
        StageView::Desktop(window) => html! {
            div.card.flush {
                "\n"
                (self::window(window))
                iframe.tall title="The edition at desktop width" src=(window.url) sandbox="" {}
            }
            "\n"
        },
        StageView::Phones { window, frames } => html! {
            div.phones {
                "\n"
                @for frame in frames { (phone(window, frame)) }
            }
            "\n"
        },
        StageView::Text(text) => html! {
            // Ruler and text are moved sideways together.
            div.card.flush.sheet role="region" tabindex="0" aria-label="Plain text" {
                "\n"
                pre.ruler aria-hidden="true" {
                    "         1         2         3         4         5         6         7 |72\n"
                    "123456789012345678901234567890123456789012345678901234567890123456789012"
                }
                "\n"
                pre.text { (text) }
                "\n"
            }
            "\n"
        },
        StageView::Source { html, about, files } => html! {
            div.card.flush {
                "\n"
                div.filebar {
                    span { (about) } " "
                    span.acts {
                        (parts::link_button(Weight::Other, "Download .eml", files.0))
                        (parts::link_button(Weight::Other, "Download HTML", files.1))
                    }
                }
                "\n"
                pre.source role="region" tabindex="0" aria-label="Source of the html part" {
                    @for line in html.lines() { span { (line) "\n" } }
                }
                "\n"
            }
            "\n"
        },
        StageView::Headers(fields) => {
            let columns = [
                Column::Words("Header"),
                Column::Words("Value for this reader"),
                Column::Words("Result"),
            ];
            let rows: Vec<_> = fields
                .iter()
                .map(|FieldRowView { name, value, result }| {
                    vec![
                        html! { (name) },
                        html! { code { (value) } },
                        html! { @if let Some((tone, words)) = result { (parts::badge(*tone, words)) } },
                    ]
                })
                .collect();
            html! { div.card { "\n" (parts::records("Headers of the message", &columns, &rows)) } "\n" }
        }
        StageView::Checks(checks) => self::checks(checks),
    }
}

fn window(window: &WindowView<'_>) -> Markup {
    let letter: String = window.name.chars().take(1).collect();
    html! {
        div.window {
            "\n"
            span.ava aria-hidden="true" { (letter) } "\n"
            p {
                strong { (window.name) } " " small { (window.from) }
                @if window.can_leave { " " small.leave { "Unsubscribe" } }
            }
            "\n"
            p.when { (window.time) } "\n"
            p { strong { (window.subject) } } "\n"
            p.when { "to " (window.to) } "\n"
        }
        "\n"
    }
}

fn phone(window: &WindowView<'_>, frame: &PhoneView<'_>) -> Markup {
    html! {
        figure {
            "\n"
            div.phone.dark[frame.is_dark] {
                "\n"
                div.bar { span { (window.time) } span { "Inbox" } } "\n"
                div.line { strong { (window.subject) } br; (window.name) ", to " (window.to) } "\n"
                iframe title=(frame.title) src=(frame.url) sandbox="" {}
                "\n"
            }
            "\n"
            figcaption { (frame.caption) }
            "\n"
        }
        "\n"
    }
}

/// So many of a kind; none is nothing to point at.
fn sum(count: usize, tone: Tone, words: &str) -> Markup {
    let tone = if count == 0 { Tone::Quiet } else { tone };
    parts::badge(tone, &format!("{count} {words}"))
}

fn checks(checks: &[CheckView<'_>]) -> Markup {
    let count = |tones: &[Tone]| {
        let found = checks.iter().filter(|check| tones.contains(&check.tone));
        found.count()
    };
    let (failed, look, passed) = (
        count(&[Tone::Bad]),
        count(&[Tone::Warn]),
        count(&[Tone::Good]),
    );
    html! {
        div.card {
            "\n"
            p.sums {
                (sum(failed, Tone::Bad, "failed")) " "
                (sum(look, Tone::Warn, "to look at")) " "
                (sum(passed, Tone::Good, "passed"))
                " A failed check stops approval; one to look at does not."
            }
            "\n"
            // What is to be done first, whatever it is about; the rest by what it is about.
            @if failed + look > 0 { (rows(checks.iter().filter(|it| it.tone != Tone::Good))) }
            @for group in groups(checks) {
                h2.group { (group) } "\n"
                (rows(checks.iter().filter(|it| it.tone == Tone::Good && it.group == group)))
            }
        }
        "\n"
    }
}

/// What the checks that passed are about, each once, in their order.
fn groups<'a>(checks: &[CheckView<'a>]) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for check in checks.iter().filter(|check| check.tone == Tone::Good) {
        if !all.contains(&check.group) {
            all.push(check.group);
        }
    }
    all
}

fn rows<'a>(checks: impl Iterator<Item = &'a CheckView<'a>>) -> Markup {
    html! {
        ul.checks {
            "\n"
            @for check in checks {
                li {
                    (parts::badge(check.tone, check.verdict)) " "
                    div {
                        strong {
                            @if check.tone != Tone::Good { (check.group) ": " }
                            (check.name)
                        }
                        " " (parts::sentence(check.text))
                        @if !check.place.is_empty() { small { (check.place) } }
                        @if let Some((words, url)) = check.mend { a.mend href=(url) { (words) } }
                    }
                }
                "\n"
            }
        }
        "\n"
    }
}

fn reader(view: &ReaderView<'_>) -> Markup {
    let field = FieldView {
        name: "as",
        label: "Subscriber, by address (empty: nobody in particular)",
        value: view.address,
        kind: FieldKind::Line("email"),
        hint: None,
        error: view.error,
        autocomplete: "off",
    };
    let (before, after) = view.steps;
    let one_of = |name, label, value, values: &Vec<_>| FieldView {
        name,
        label,
        value,
        kind: FieldKind::OneOf(values.clone()),
        hint: None,
        error: None,
        autocomplete: "off",
    };
    let copies = (view.copies.len() > 1).then(|| {
        let label = "Or as a group of readers gets it";
        one_of("copy", label, view.copy, &view.copies)
    });
    let subjects = (!view.subjects.is_empty())
        .then(|| one_of("subject", "With the subject", view.subject, &view.subjects));
    let mut fields: Vec<_> = [Some(field), copies, subjects]
        .into_iter()
        .flatten()
        .collect();
    let last = fields.pop();
    let steps = html! {
        div.steps {
            @match before {
                Some(url) => { (parts::link_button(Weight::Other, "Previous", url)) }
                None => { span.btn aria-disabled="true" { "Previous" } }
            }
            span { (view.which) }
            @match after {
                Some(url) => { (parts::link_button(Weight::Other, "Next", url)) }
                None => { span.btn aria-disabled="true" { "Next" } }
            }
        }
        "\n"
    };
    let inner = html! {
        form method="get" action=(view.action) {
            "\n"
            (parts::hidden_fields(&[("view", view.view)]))
            @for field in &fields { (parts::field(field)) }
            @if let Some(last) = &last {
                div.ask-for { (parts::field(last)) (parts::button(Weight::Other, "Show")) }
            }
        }
        "\n"
        @if view.is_reached {
            p.hint { (view.about) } "\n"
        } @else {
            p.hint.none { (view.about) } "\n"
        }
    };
    parts::card_of("card reader", ("Preview as", &steps), &inner)
}

fn inbox(view: &InboxView<'_>) -> Markup {
    let inner = html! {
        div.inbox {
            p { strong { (view.name) } span { (view.time) } } "\n"
            p.once { strong { (view.subject) } } "\n"
            p.twice { (view.preheader) } "\n"
        }
        "\n"
        dl.facts {
            div { dt { "Subject" } dd { (parts::badge(view.subject_count.1, view.subject_count.0)) } } "\n"
            div { dt { "Preview line" } dd { (parts::badge(view.preheader_count.1, view.preheader_count.0)) } } "\n"
        }
        "\n"
    };
    parts::card("In the inbox", None, &inner)
}

fn size(view: &SizeView<'_>) -> Markup {
    let inner = html! {
        p.big { strong { (view.figure) } " " small { "HTML part, as sent" } } "\n"
        (parts::meter(&view.meter))
        (parts::facts(&view.facts))
    };
    parts::card("Size", None, &inner)
}

fn test(view: &TestView<'_>) -> Markup {
    let field = FieldView {
        name: "to",
        label: "To",
        value: view.to,
        kind: FieldKind::Line("text"),
        hint: Some(
            "Up to 10 addresses with commas between. Marked [Test]; never counted, and its links change nothing.",
        ),
        error: view.error,
        autocomplete: "off",
    };
    let nobody = std::iter::once(("", "none"));
    let groups: Vec<_> = nobody
        .chain(view.groups.iter().map(|name| (*name, *name)))
        .collect();
    let inner = html! {
        div #test tabindex="-1" {
            "\n"
            @if let Some(why) = view.off {
                p { (why) } "\n"
            } @else {
                form method="post" action=(view.action) {
                    "\n"
                    (parts::hidden_fields(&view.hidden))
                    (parts::field(&field))
                    @if !view.groups.is_empty() {
                        (parts::field(&FieldView {
                            name: "group",
                            label: "And to the group",
                            value: "",
                            kind: FieldKind::OneOf(groups.clone()),
                            hint: None,
                            error: None,
                            autocomplete: "off",
                        }))
                    }
                    (parts::button(Weight::Main, view.button))
                    p.hint { (view.whom) }
                    "\n"
                }
                "\n"
            }
            @if !view.results.is_empty() {
                ul.results {
                    "\n"
                    @for (address, tone, words) in &view.results {
                        li { (parts::badge(*tone, if *tone == Tone::Good { "Sent" } else { "Not sent" })) " "
                            span { (address) " " small { (words) } } }
                        "\n"
                    }
                }
                "\n"
            }
        }
        "\n"
    };
    parts::card("Send a test", None, &inner)
}
