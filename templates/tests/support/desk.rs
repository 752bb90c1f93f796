//! Pages of the desk of the same paper.

use courant_templates::desk::parts::{
    self, FieldKind, FieldView, MeterView, TabView, Tone, Weight,
};
use courant_templates::desk::{
    self, CellView, ChartView, ColumnView, DeskView, FigureView, HeadView, LineView, MapView,
    MessageView, NavView, PointView, ReportView, ReportsView, SignedInView, StepView, TableView,
};
use courant_templates::view::{BadgeView, Chosen, Copy, EntryView, SectionView};
use courant_templates::{Theme, email};
use maud::html;

use super::tarnfold;

/// Every page by the name of its golden file.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let theme = Theme::default();
    let file = DeskView {
        brand: "Tarnfold Post",
        home_url: None,
        nav: Vec::new(),
        signed_in: None,
    };
    let silent = ReportView {
        silent: Some("Opens and clicks are not counted for this site.".to_owned()),
        figures: figures()
            .into_iter()
            .filter(|it| !it.name.contains("pen") && it.name != "Clicked")
            .collect(),
        chart: None,
        map: None,
        articles: None,
        popularity: None,
        funnel: funnel().into_iter().take(3).collect(),
        edition: None,
        files: Vec::new(),
        notes: Vec::new(),
        ..full()
    };
    let none = ReportsView {
        empty: "No edition has been sent yet.".to_owned(),
        ..ReportsView::default()
    };
    vec![
        (
            "report",
            desk::report(&desk_view("Reports"), &full(), &theme),
        ),
        ("report-silent", desk::report(&file, &silent, &theme)),
        (
            "reports",
            desk::reports(&desk_view("Reports"), &list(), &theme),
        ),
        (
            "reports-none",
            desk::reports(&desk_view("Reports"), &none, &theme),
        ),
        ("desk-parts", every_part(&theme)),
    ]
}

fn desk_view(current: &str) -> DeskView<'static> {
    let way = |name, url, count| NavView {
        name,
        url,
        count,
        is_current: name == current,
    };
    DeskView {
        brand: "Tarnfold Post",
        home_url: Some("/desk"),
        nav: vec![
            way("Editions", "/desk", None),
            way("Reports", "/desk/reports", None),
            way("Subscribers", "/desk/subscribers", Some("8,412")),
            way("Archive", "/archive", None),
        ],
        signed_in: Some(SignedInView {
            name: "Petra Osei-Lind",
            sign_out_url: "/desk/leave",
            token: "k7Qm2xVdR9wZ",
        }),
    }
}

fn text(words: &str) -> String {
    words.to_owned()
}

fn figure(name: &str, value: &str, detail: &str, usual: &str) -> FigureView {
    FigureView {
        name: text(name),
        value: text(value),
        detail: text(detail),
        usual: Some(text(usual)),
        alarm: None,
    }
}

fn figures() -> Vec<FigureView> {
    vec![
        figure("Delivered", "99.1%", "8,241 of 8,316", "Usual: 99.0%"),
        figure(
            "Opened by a person",
            "31.4–43.7%",
            "2,584 people, at most 3,604",
            "Usual: 29.8%",
        ),
        figure("Clicked", "14.4%", "1,187 people", "Usual: 12.1%"),
        FigureView {
            alarm: Some((Tone::Warn, text("More than usual"))),
            ..figure("Unsubscribed", "0.31%", "26 people", "Usual: 0.20%")
        },
        figure("Marked as spam", "0.01%", "1 person", "Stay under 0.10%"),
    ]
}

fn funnel() -> Vec<StepView> {
    let step = |name: &str, count: &str, share, lost: &str| StepView {
        name: text(name),
        count: text(count),
        share,
        is_guess: false,
        lost: Some(text(lost)),
    };
    vec![
        step(
            "On the list",
            "8,412",
            1.0,
            "96 held back: 93 had left, 3 were refused by their mail service.",
        ),
        step(
            "Sent",
            "8,316",
            0.988,
            "75 came back: 52 dead addresses, 23 may be tried again.",
        ),
        step(
            "Delivered",
            "8,241",
            0.98,
            "Nobody can see which of these reached the inbox.",
        ),
        StepView {
            is_guess: true,
            ..step(
                "Opened",
                "3,604",
                0.428,
                "For 1,020 of these a mail service loads the pictures, read or not.",
            )
        },
        step("By a person", "2,584", 0.307, "As far as anybody can tell."),
        step(
            "Clicked",
            "1,187",
            0.141,
            "In 38 copies only programs loaded or followed something; they are left out.",
        ),
    ]
}

const OPENS: [u64; 24] = [
    742, 457, 268, 171, 128, 154, 112, 76, 58, 52, 63, 79, 60, 44, 31, 19, 9, 4, 2, 1, 1, 2, 4, 6,
];
const CLICKS: [u64; 24] = [
    331, 224, 129, 82, 58, 71, 54, 36, 27, 25, 30, 37, 26, 19, 12, 7, 3, 1, 1, 0, 0, 0, 1, 1,
];

fn chart() -> ChartView {
    let points = OPENS.iter().zip(CLICKS).enumerate();
    let points = points.map(|(at, (opens, clicks))| PointView {
        label: format!("{:02}:00", (at + 7) % 24),
        opens: *opens,
        clicks,
    });
    ChartView {
        sentence: text(
            "First opens were highest at 07:00, 742 of 2,543 on the first day, and first clicks at 07:00, 331 of 1,175.",
        ),
        points: points.collect(),
        ahead: Vec::new(),
        days: vec![PointView {
            label: text("Wednesday, December 6"),
            opens: 41,
            clicks: 12,
        }],
        aside: text("Hours in Europe/Vienna"),
    }
}

/// The full edition for nobody, with a badge behind each headline.
fn map() -> MapView {
    const WORDS: [&str; 8] = [
        "31.3%", "18.0%", "12.5%", "8.1%", "6.0%", "3.7%", "1.0%", "0.3%",
    ];
    let mut figures = WORDS.into_iter().zip([5, 4, 3, 2, 2, 1, 1, 1]).cycle();
    let mut badge = |entry: &mut EntryView<'_>| {
        let figure = figures.next();
        entry.badge = figure.map(|(words, step)| BadgeView { words, step });
    };
    let mut view = tarnfold::full();
    view.copy = Copy::Archive;
    (view.view_url, view.pixel_url, view.archive) = (None, None, None);
    for section in &mut view.sections {
        match section {
            SectionView::Lead(entry) => badge(entry),
            SectionView::Plain(entries)
            | SectionView::Ranked { entries, .. }
            | SectionView::Timed { entries, .. }
            | SectionView::Category { entries, .. }
            | SectionView::Brief { entries, .. } => entries.iter_mut().for_each(&mut badge),
            SectionView::Sponsor(_)
            | SectionView::Letter(_)
            | SectionView::Topics { .. }
            | SectionView::More { .. } => {}
        }
    }
    MapView {
        height: 5000,
        html: email::html(&view, &Theme::default()),
        aside: text("Share of the people who clicked"),
        ends: (text("0%"), text("31.3%")),
        note: text("Links of the note, the sponsor and the footer are not counted."),
    }
}

fn words(name: &str) -> ColumnView {
    ColumnView::Words(text(name))
}

fn number(name: &str) -> ColumnView {
    ColumnView::Number(text(name))
}

fn cell(words: &str) -> CellView {
    CellView::Text(text(words))
}

fn rows(rows: &[&[&str]]) -> Vec<Vec<CellView>> {
    rows.iter()
        .map(|row| row.iter().map(|words| cell(words)).collect())
        .collect()
}

fn articles() -> TableView {
    let row = |title: &str, place: &str, people: &str, share: &str, bar| {
        vec![
            CellView::Two(text(title), text(place)),
            cell(people),
            cell(share),
            CellView::Bar(bar),
        ]
    };
    TableView {
        title: text("Top articles"),
        aside: Some(text("10 of 19 in this edition")),
        columns: vec![
            words("Article"),
            number("People"),
            number("Share"),
            ColumnView::Bars,
        ],
        rows: vec![
            row(
                "The old cable car runs again, and half the town takes the day off to ride it",
                "Lead",
                "372",
                "31.3%",
                1.0,
            ),
            row(
                "Beavers dam the brook and move the town boundary by forty metres",
                "Top stories 1",
                "214",
                "18.0%",
                0.57,
            ),
            row(
                "Why snow fell upwards on the summit",
                "Top stories 2",
                "148",
                "12.5%",
                0.4,
            ),
            row(
                "How trout remember a bridge that is gone",
                "Science 2",
                "12",
                "1.0%",
                0.03,
            ),
        ],
        notes: vec![text("Share of the readers who clicked anything.")],
        empty: text("Nobody has followed a link yet."),
    }
}

fn services() -> TableView {
    let mut all = rows(&[
        &["Gmail", "3,948", "99.4%", "35.2%", "15.9%"],
        &["Outlook.com", "1,431", "", "27.8%", "12.0%"],
        &["iCloud", "989", "99.7%", "not known", "14.8%"],
        &["Yahoo", "616", "99.2%", "30.1%", "11.6%"],
        &["GMX and WEB.DE", "14", "14", "5", "2"],
        &["others", "1,318", "99.2%", "29.9%", "13.9%"],
    ]);
    all[1][2] = CellView::Marked(Tone::Warn, text("97.6%"));
    TableView {
        title: text("By mail service"),
        aside: None,
        columns: vec![
            words("Service"),
            number("Sent"),
            number("Delivered"),
            number("Opened by a person"),
            number("Clicked"),
        ],
        rows: all,
        notes: vec![
            text("iCloud loads the pictures of every mail: who opened it is not known."),
            text("Of fewer than 20 readers the count is shown, not a share."),
        ],
        empty: text("Nothing has been sent yet."),
    }
}

fn full() -> ReportView {
    ReportView {
        title: text("The old cable car runs again, and half the town rides"),
        sub: text(
            "The Breakfast Letter of Tuesday, December 5, 2023, sent at 07:00. Counted until December 7, 07:30.",
        ),
        state: (Tone::Good, text("Sent")),
        edition: Some(text("/desk/edition")),
        files: ["Stories (CSV)", "JSON", "HTML"]
            .map(|name| (text(name), format!("/desk/{}", name.replace(' ', "-"))))
            .to_vec(),
        figures: figures(),
        silent: None,
        notes: vec![text(
            "171 readers asked not to be counted. They are left out of opens, clicks and shares.",
        )],
        chart: Some(chart()),
        funnel: funnel(),
        map: Some(map()),
        subjects: Some(TableView {
            title: text("Subjects"),
            aside: Some(text("The first was sent to the others")),
            columns: vec![
                words("Subject"),
                number("Readers"),
                number("Opened by a person"),
                number("Clicked"),
            ],
            rows: rows(&[
                &[
                    "The old cable car runs again, and half the town takes the day off",
                    "841",
                    "33.9%",
                    "16.2%",
                ],
                &[
                    "Nineteen years later: the cable car runs again",
                    "842",
                    "30.2%",
                    "13.7%",
                ],
            ]),
            notes: Vec::new(),
            empty: String::new(),
        }),
        articles: Some(articles()),
        services: Some(services()),
        popularity: Some(TableView {
            title: text("Over the last 10 editions"),
            aside: Some(text("The most followed")),
            columns: vec![
                words("Article"),
                number("Editions"),
                number("People"),
                ColumnView::Bars,
            ],
            rows: vec![
                vec![
                    CellView::Two(
                        text("Salt carriers and dairies agree on a price, and on tea"),
                        text("first on December 1"),
                    ),
                    cell("2"),
                    cell("612"),
                    CellView::Bar(1.0),
                ],
                vec![
                    CellView::Two(
                        text(
                            "The old cable car runs again, and half the town takes the day off to ride it",
                        ),
                        text("first on December 5"),
                    ),
                    cell("1"),
                    cell("372"),
                    CellView::Bar(0.61),
                ],
            ],
            notes: Vec::new(),
            empty: text("Nobody has followed a link yet."),
        }),
        growth: Some(TableView {
            title: text("The list, week by week"),
            aside: None,
            columns: vec![
                words("Week from"),
                number("Joined"),
                number("Left"),
                number("Bounced"),
                number("Complained"),
                number("Change"),
            ],
            rows: rows(&[
                &["Monday, December 4", "61", "14", "9", "1", "+37"],
                &["Monday, November 27", "48", "21", "31", "0", "−4"],
            ]),
            notes: vec![text("Without those who were erased since.")],
            empty: text("Nobody has joined yet."),
        }),
        cohorts: Some(TableView {
            title: text("Readers by the month they joined"),
            aside: None,
            columns: vec![
                words("Joined in"),
                number("Readers"),
                number("Still on the list"),
                number("Clicked in the last 10 editions"),
            ],
            rows: rows(&[
                &["December 2023", "17", "17", "9"],
                &["November 2023", "204", "96.1%", "41.7%"],
                &["Before November 2022", "6,310", "74.0%", "28.9%"],
            ]),
            notes: Vec::new(),
            empty: text("Nobody has joined yet."),
        }),
    }
}

fn list() -> ReportsView {
    let line = |title: &str, day: &str, state, opens: &[u64], figures: [&str; 4]| LineView {
        title: text(title),
        url: format!("/desk/reports/{day}"),
        sub: format!("The Breakfast Letter, December {day}"),
        state,
        opens_by_hour: opens.to_vec(),
        sentence: match opens.iter().sum::<u64>() {
            0 => text("not counted"),
            all => format!("{all} first opens in the first day"),
        },
        figures: figures.map(text).to_vec(),
    };
    ReportsView {
        sub: text("The last 30 editions, the newest first."),
        figures: ["Sent", "Opened by a person", "Clicked", "Unsubscribed"]
            .map(text)
            .to_vec(),
        lines: vec![
            line(
                "The old cable car runs again, and half the town takes the day off",
                "5",
                (Tone::Info, text("Sending")),
                &OPENS,
                ["8,316", "31.4–43.7%", "14.4%", "0.31%"],
            ),
            line(
                "Salt carriers and dairies agree on a price, and on tea",
                "4",
                (Tone::Good, text("Sent")),
                &CLICKS,
                ["8,290", "29.1–41.0%", "12.2%", "0.20%"],
            ),
            line(
                "A quiet Sunday",
                "3",
                (Tone::Good, text("Sent")),
                &[0; 24],
                ["12", "not counted", "not counted", "0"],
            ),
        ],
        notes: vec![text(
            "Opens are a range: people as far as anybody can tell, and at most.",
        )],
        empty: String::new(),
    }
}

/// A page with one of each part, for who builds other pages of it.
fn every_part(theme: &Theme) -> String {
    let field = |name, label, kind, error| {
        parts::field(&FieldView {
            name,
            label,
            value: "desk@tarnfoldpost.example",
            kind,
            hint: Some("Up to 10 addresses, with commas between them."),
            error,
            autocomplete: "off",
        })
    };
    let tab = |name, counts, is_current| TabView {
        name,
        url: "/desk/daily?view=mobile",
        counts,
        pending: None,
        is_current,
    };
    let tabs = [
        tab("Desktop", vec![], true),
        tab("Mobile", vec![], false),
        tab(
            "Checks",
            vec![(Tone::Bad, "1", "failed"), (Tone::Warn, "2", "to look at")],
            false,
        ),
    ];
    let form = html! {
        form method="post" action="/desk/daily/test" {
            (parts::hidden_fields(&[("token", "k7Qm2xVdR9wZ")]))
            (field("to", "To", FieldKind::Line("text"), Some("One of them is no address: \"me@\".")))
            (field("note", "Note", FieldKind::Lines(3), None))
            (field("as", "Preview as", FieldKind::OneOf(vec![("", "Everybody"), ("1", "Ida")]), None))
            (parts::check_box("prefix", "1", Chosen::Yes, "Put \"[Test]\" before the subject"))
            (parts::button(Weight::Main, "Send the test"))
            (parts::named_button(Weight::Other, "Save", ("step", "save")))
        }
    };
    let meter = html! {
        (parts::meter(&MeterView {
            label: "38.8 of 102 KB",
            share: 0.38,
            tone: Tone::Good,
            marks: vec![(0.392, "40 goal"), (1.0, "102 Gmail clips")],
        }))
        (parts::facts(&[("Plain text", "6.2 KB"), ("Whole message", "47.1 KB")]))
    };
    let main = html! {
        (parts::tabs("Ways to look at it", &tabs, &html! {}))
        div.split {
            (parts::card("Send a test", Some("Not counted"), &form))
            (parts::card("Size", None, &meter))
        }
    };
    let actions = html! {
        (parts::link_button(Weight::Other, "Edit", "/desk/daily/edit"))
        (parts::button_form("/desk/daily/approve", &[("token", "k7Qm2xVdR9wZ")], &parts::button(Weight::Main, "Approve for 07:00")))
    };
    let head = HeadView {
        title: "The Breakfast Letter, December 5",
        tab: None,
        sub: Some("Goes to 8,412 subscribers at 07:00, in 39 minutes."),
        state: Some((Tone::Info, "Waiting for approval")),
        actions,
        message: Some(MessageView {
            tone: Tone::Bad,
            text: "The test was not sent: one of the addresses is none.",
        }),
    };
    desk::page(&desk_view("Editions"), &head, &main, theme)
}
