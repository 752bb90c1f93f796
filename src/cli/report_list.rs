//! `courant report`, in words: the figures beside what is usual, and what became of the list.

use super::Desk;
use crate::reports::{self, Report};

/// Stories, and months of readers, in their tables.
const MOST_ROWS: usize = 6;

/// A count's share; nothing where the count itself says as much.
fn share(count: u64, of: u64) -> String {
    if of < reports::FEWEST {
        return String::new();
    }
    reports::share(count, of)
}

/// The five figures, each with its share and with what is usual for the digest.
pub(super) fn figures(desk: &Desk, report: &Report) {
    let usual = &report.usual;
    let counted = report.counted;
    let is_counted = report.tracking == "full";
    let mut rows = vec![(
        "delivered",
        report.delivered,
        report.tried(),
        usual.delivered_rate,
    )];
    if is_counted {
        let opened = report.opened_by_people;
        rows.push(("opened by people", opened, counted, usual.opened_rate));
        if let Some(clicked) = report.clicked {
            rows.push(("clicked", clicked, counted, usual.clicked_rate));
        }
    }
    let complained = report.returned.complained;
    rows.push((
        "unsubscribed",
        report.unsubscribed,
        report.sent,
        usual.unsubscribed_rate,
    ));
    rows.push(("complained", complained, report.sent, usual.complained_rate));
    let rows = rows.into_iter().map(|(name, count, of, usual)| {
        vec![
            name.to_owned(),
            count.to_string(),
            share(count, of),
            usual.map_or_else(String::new, reports::percent),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    desk.output
        .table(&["figure", "readers", "share", "usual"], &rows, 80);
}

/// What readers of each mail service did.
pub(super) fn by_service(desk: &Desk, report: &Report) {
    if report.by_service.len() < 2 || report.tracking != "full" {
        return;
    }
    let count =
        |count: Option<u64>| count.map_or_else(|| "not known".to_owned(), |it| it.to_string());
    let rows = report.by_service.iter().map(|it| {
        vec![
            it.service.clone(),
            it.delivered.to_string(),
            count(it.opened),
            count(it.clicked),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    desk.output
        .table(&["service", "delivered", "opened", "clicked"], &rows, 80);
}

/// How the list grew, who stays, and what was read most over the last editions.
pub(super) fn list(desk: &Desk, report: &Report) {
    let out = &desk.output;
    let weeks = || report.growth.iter().rev();
    let joined = reports::sparkline(weeks().map(|week| week.joined));
    let gone = |week: &reports::Week| week.left + week.bounced + week.complained;
    let left = reports::sparkline(weeks().map(gone));
    if let (Some(first), Some(last)) = (report.growth.last(), report.growth.first()) {
        let sum = |part: &dyn Fn(&reports::Week) -> u64| weeks().map(part).sum::<u64>();
        out.line("");
        out.line(format!(
            "joined by week  {joined}  {}",
            sum(&|week| week.joined)
        ));
        out.line(format!("gone by week    {left}  {}", sum(&gone)));
        out.line(format!(
            "                weeks from {} to {}",
            first.from, last.from
        ));
    }
    if !report.popular.is_empty() {
        out.line("");
        let rows = report.popular.iter().take(MOST_ROWS).map(|it| {
            vec![
                it.people.to_string(),
                it.editions.to_string(),
                it.first.clone(),
                it.title.clone(),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        out.table(
            &[
                "people",
                "editions",
                "first",
                "popular over the last editions",
            ],
            &rows,
            80,
        );
    }
    if !report.cohorts.is_empty() {
        out.line("");
        let rows = report.cohorts.iter().take(MOST_ROWS).map(|it| {
            let before = if it.and_before { " and before" } else { "" };
            vec![
                format!("{}{before}", it.month.strftime("%Y-%m")),
                it.joined.to_string(),
                it.active.to_string(),
                it.clicked
                    .map_or_else(String::new, |clicked| clicked.to_string()),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        out.table(
            &["joined in", "joined", "still mailed", "clicked lately"],
            &rows,
            80,
        );
    }
}
