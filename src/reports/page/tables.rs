//! The tables of a report's page.

use courant_templates::desk::parts::Tone;
use courant_templates::desk::{CellView, ColumnView, TableView};

use super::below;
use crate::reports::words::{grouped, of, percent, share};
use crate::reports::{Clicked, FEWEST, Popular, Report, Subject, Week};
use crate::units::number;

/// Stories that are shown; all of them are in the CSV.
const ARTICLES: usize = 10;
/// Whom the figures of subjects are of.
const TRIED: &str = "Of the readers they were tried on, until one was chosen; opens of those whose opens can be trusted.";
const NOBODY: &str = "Nobody has followed a link yet.";

fn words(name: &str) -> ColumnView {
    ColumnView::Words(name.to_owned())
}

fn figure(name: &str) -> ColumnView {
    ColumnView::Number(name.to_owned())
}

fn text(words: impl Into<String>) -> CellView {
    CellView::Text(words.into())
}

fn few(rows: impl Iterator<Item = u64>) -> Option<String> {
    let mut rows = rows;
    rows.any(|of| of > 0 && of < FEWEST)
        .then(|| format!("Of fewer than {FEWEST} readers the count is shown, not a share."))
}

pub(super) fn subjects(report: &Report) -> Option<TableView> {
    let subjects: &[Subject] = report.subjects.as_deref()?;
    let why = Some(report.subject_chosen_by.map_or_else(
        || "None is chosen yet.".to_owned(),
        |by| format!("The choice was made because {}.", by.in_words()),
    ));
    let rows = subjects.iter().map(|it| {
        let chosen = match (it.is_winner, it.is_chosen) {
            (true, _) => "won, and was sent to the others",
            (false, true) => "sent to the others",
            (false, false) => "",
        };
        vec![
            CellView::Two(it.subject.clone(), chosen.to_owned()),
            text(grouped(it.counted)),
            text(share(it.opened, it.visible)),
            text(share(it.clicked, it.counted)),
            text(percent(it.probability)),
        ]
    });
    Some(TableView {
        title: "Subjects".to_owned(),
        columns: vec![
            words("Subject"),
            figure("Readers"),
            figure("Opened by a person"),
            figure("Clicked"),
            figure("Chance of being best"),
        ],
        rows: rows.collect(),
        notes: few(subjects.iter().map(|it| it.visible.min(it.counted)))
            .into_iter()
            .chain([TRIED.to_owned()])
            .chain(why)
            .collect(),
        empty: "No subject was tried.".to_owned(),
        ..TableView::default()
    })
}

pub(super) fn articles(report: &Report) -> TableView {
    let mut all: Vec<_> = report.articles.iter().collect();
    all.sort_by_key(|story| std::cmp::Reverse(story.readers));
    let most = all.first().map_or(0, |story| story.readers);
    let shares = report.clicked.filter(|clicked| *clicked >= FEWEST);
    let rows = all.iter().take(ARTICLES).filter(|_| most > 0).map(|story| {
        let mut row = vec![
            CellView::Two(story.title.clone(), stood(story)),
            text(grouped(story.readers)),
        ];
        if let Some(clicked) = shares {
            row.push(text(share(story.readers, clicked)));
        }
        row.push(CellView::Bar(number(story.readers) / number(most.max(1))));
        row
    });
    let who = if report.tracking == "full" {
        "People"
    } else {
        "Times"
    };
    let mut columns = vec![words("Article"), figure(who)];
    if shares.is_some() {
        columns.push(figure("Share"));
    }
    columns.push(ColumnView::Bars);
    let note = shares.map(|clicked| {
        format!(
            "Share of the {} people who clicked; one may follow several.",
            grouped(clicked)
        )
    });
    let has_orders = report.articles.iter().any(|story| {
        let places = story.places;
        places.is_some_and(|places| places.first != places.last)
    });
    let places = has_orders.then(|| {
        "A usual place is the median: half of a story’s copies had it there or above.".to_owned()
    });
    let rows: Vec<_> = rows.collect();
    let of_all = of(report.articles.len() as u64, "story", "stories");
    TableView {
        title: "Top articles".to_owned(),
        aside: Some(match rows.len() {
            shown if shown < report.articles.len() && shown > 0 => format!("{shown} of {of_all}"),
            _ => of_all,
        }),
        columns,
        rows,
        notes: note.into_iter().chain(places).collect(),
        empty: NOBODY.to_owned(),
    }
}

/// Where a story stood: by name where it stood there in every copy, else where in most.
fn stood(story: &Clicked) -> String {
    let Some(places) = story.places else {
        return story.section.clone();
    };
    let copies = of(story.copies, "copy", "copies");
    if places.first != places.last {
        return format!(
            "Usual place {}, from {} to {}, in {copies}",
            places.median, places.first, places.last
        );
    }
    if story.place == Some(places.first) {
        return format!("{}, in {copies}", story.section);
    }
    format!("Place {}, in {copies}", places.first)
}

pub(super) fn services(report: &Report) -> TableView {
    let is_off = report.tracking == "off";
    let rows = report.by_service.iter().map(|it| {
        let tried = it.tried();
        let delivered = share(it.delivered, tried);
        let is_low = tried >= FEWEST && below(it.delivered, tried);
        let known = |count: Option<u64>| match count {
            Some(count) => share(count, it.counted),
            None => "not known".to_owned(),
        };
        let mut row = vec![
            text(if it.service == "others" {
                "Everyone else"
            } else {
                &it.service
            }),
            text(grouped(tried)),
            if is_low {
                CellView::Marked(Tone::Warn, delivered)
            } else {
                text(delivered)
            },
        ];
        if !is_off {
            row.extend([text(known(it.opened)), text(known(it.clicked))]);
        }
        row
    });
    let mut columns = vec![words("Service"), figure("Sent"), figure("Delivered")];
    if !is_off {
        columns.extend([figure("Opened by a person"), figure("Clicked")]);
    }
    let has_icloud = !is_off && report.by_service.iter().any(|it| it.service == "iCloud");
    let mut notes: Vec<String> = has_icloud
        .then(|| "iCloud loads the pictures of every mail: of its readers only those who clicked are known.".to_owned())
        .into_iter()
        .collect();
    notes.extend(few(report
        .by_service
        .iter()
        .flat_map(|it| [it.tried(), it.counted])));
    for service in report.services.iter().filter(|it| it.waiting > 0) {
        notes.push(format!(
            "Not among them: {} that {} has put off, for now or until it was too late.",
            grouped(service.waiting),
            service.service
        ));
    }
    TableView {
        title: "By mail service".to_owned(),
        columns,
        rows: rows.collect(),
        notes,
        empty: "Nothing has been sent yet.".to_owned(),
        ..TableView::default()
    }
}

/// Nothing where there is no other edition.
pub(super) fn popular(report: &Report) -> Option<TableView> {
    let is_other = |story: &Popular| story.editions > 1 || story.first != report.edition;
    if !report.popular.iter().any(is_other) {
        return None;
    }
    let most = report.popular.first().map_or(1, |story| story.people);
    let rows = report.popular.iter().map(|story| {
        vec![
            CellView::Two(story.title.clone(), first_of(&story.first)),
            text(grouped(story.editions as u64)),
            text(grouped(story.people)),
            CellView::Bar(number(story.people) / number(most)),
        ]
    });
    let who = if report.tracking == "full" {
        "People"
    } else {
        "Times"
    };
    Some(TableView {
        title: "Over the last editions".to_owned(),
        aside: Some("Of this digest: this one and ten before it".to_owned()),
        columns: vec![
            words("Article"),
            figure("Editions"),
            figure(who),
            ColumnView::Bars,
        ],
        rows: rows.collect(),
        notes: Vec::new(),
        empty: NOBODY.to_owned(),
    })
}

/// When a story was in an edition first: names of editions end in their day.
fn first_of(edition: &str) -> String {
    let begins = edition.len().saturating_sub("2026-12-05".len());
    let day = edition.get(begins..).map(str::parse::<jiff::civil::Date>);
    match day {
        Some(Ok(day)) => format!("first on {}", day.strftime("%B %-d, %Y")),
        _ => format!("first in {edition}"),
    }
}

pub(super) fn growth(weeks: &[Week]) -> TableView {
    let rows = weeks.iter().map(|week| {
        let gone = week.left + week.bounced + week.complained;
        let change = match week.joined.cmp(&gone) {
            std::cmp::Ordering::Greater => format!("+{}", grouped(week.joined - gone)),
            std::cmp::Ordering::Equal => "0".to_owned(),
            std::cmp::Ordering::Less => format!("−{}", grouped(gone - week.joined)),
        };
        let counts = [week.joined, week.left, week.bounced, week.complained];
        let mut row = vec![text(week.from.strftime("%b\u{a0}%-d, %Y").to_string())];
        row.extend(counts.map(|count| text(grouped(count))));
        row.push(text(change));
        row
    });
    TableView {
        title: "The list, week by week".to_owned(),
        columns: vec![
            words("Week from"),
            figure("Joined"),
            figure("Left"),
            figure("Bounced"),
            figure("Spam"),
            figure("Change"),
        ],
        rows: rows.collect(),
        notes: vec![
            "All digests together; weeks begin on Monday, UTC. Without those erased since."
                .to_owned(),
        ],
        empty: "Nobody has joined yet.".to_owned(),
        ..TableView::default()
    }
}

pub(super) fn cohorts(report: &Report) -> TableView {
    let is_counted = report.cohorts.iter().any(|it| it.clicked.is_some());
    let rows = report.cohorts.iter().map(|it| {
        let month = it.month.strftime("%B %Y");
        let month = if it.and_before {
            format!("{month} and before")
        } else {
            month.to_string()
        };
        let mut row = vec![
            text(month),
            text(grouped(it.joined)),
            text(share(it.active, it.joined)),
        ];
        if is_counted {
            let clicked = it.clicked.map_or_else(String::new, |clicked| {
                if it.joined < FEWEST {
                    grouped(clicked)
                } else {
                    percent(number(clicked.min(it.joined)) / number(it.joined))
                }
            });
            row.push(text(clicked));
        }
        row
    });
    let mut columns = vec![
        words("Joined in"),
        figure("Readers"),
        figure("Still on the list"),
    ];
    if is_counted {
        columns.push(figure("Clicked lately"));
    }
    let mut notes: Vec<String> = is_counted
        .then(|| {
            "Clicked lately: followed a link of this edition or one of the ten before it. Of all who joined, also \
             those who left or are not counted."
                .to_owned()
        })
        .into_iter()
        .collect();
    notes.extend(few(report.cohorts.iter().map(|it| it.joined)));
    TableView {
        title: "Readers by the month they joined".to_owned(),
        columns,
        rows: rows.collect(),
        notes,
        empty: "Nobody has joined yet.".to_owned(),
        ..TableView::default()
    }
}
