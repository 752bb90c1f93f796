//! Tables of a report for spreadsheets, one a file; no cell runs as a formula.

use courant_subscribers::export::harmless;

use super::{Places, Report};

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The stories and who followed them.
    Articles,
    /// First opens and clicks by hour, then by day.
    Hours,
    /// The mail services.
    Services,
    /// The stories of the last editions.
    Popular,
    /// The list, week by week.
    Growth,
    /// Readers by the month they joined.
    Cohorts,
    /// The subjects that were tried.
    Subjects,
}

/// A table of a report as CSV with a header (RFC 4180).
#[must_use]
pub fn csv(report: &Report, table: Table) -> String {
    let known = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let mut out = String::new();
    match table {
        Table::Articles => {
            row(
                &mut out,
                &[
                    "position",
                    "section",
                    "article",
                    "title",
                    "people",
                    "of_readers",
                    "programs",
                    "copies",
                    "first_place",
                    "median_place",
                    "last_place",
                ],
            );
            for it in &report.articles {
                let place = |pick: fn(&Places) -> u32| {
                    let places = it.places.as_ref().map(pick);
                    places.map(|place| place.to_string()).unwrap_or_default()
                };
                let numbers = [
                    it.position.to_string(),
                    it.readers.to_string(),
                    // Too early, it would be a guess that looks like a count.
                    if report.told {
                        it.exposed.to_string()
                    } else {
                        String::new()
                    },
                    it.programs.to_string(),
                    it.copies.to_string(),
                    place(|places| places.first),
                    place(|places| places.median),
                    place(|places| places.last),
                ];
                let [position, people, of, programs, copies, first, median, last] = &numbers;
                row(
                    &mut out,
                    &[
                        position,
                        &it.section,
                        &it.article,
                        &it.title,
                        people,
                        of,
                        programs,
                        copies,
                        first,
                        median,
                        last,
                    ],
                );
            }
        }
        Table::Hours => {
            row(&mut out, &["from", "opens", "clicks"]);
            for it in &report.hours {
                row(
                    &mut out,
                    &[
                        &it.from.to_string(),
                        &it.opens.to_string(),
                        &it.clicks.to_string(),
                    ],
                );
            }
            for it in &report.days {
                row(
                    &mut out,
                    &[
                        &it.date.to_string(),
                        &it.opens.to_string(),
                        &it.clicks.to_string(),
                    ],
                );
            }
        }
        Table::Services => {
            row(
                &mut out,
                &[
                    "service",
                    "sent",
                    "refused",
                    "delivered",
                    "counted",
                    "opened",
                    "clicked",
                ],
            );
            for it in &report.by_service {
                let counts = [it.sent, it.refused, it.delivered, it.counted];
                let [sent, refused, delivered, counted] = &counts.map(|count| count.to_string());
                row(
                    &mut out,
                    &[
                        &it.service,
                        sent,
                        refused,
                        delivered,
                        counted,
                        &known(it.opened),
                        &known(it.clicked),
                    ],
                );
            }
        }
        Table::Popular => {
            row(
                &mut out,
                &["article", "title", "first_edition", "editions", "people"],
            );
            for it in &report.popular {
                row(
                    &mut out,
                    &[
                        &it.article,
                        &it.title,
                        &it.first,
                        &it.editions.to_string(),
                        &it.people.to_string(),
                    ],
                );
            }
        }
        Table::Growth => {
            row(
                &mut out,
                &["week", "joined", "left", "bounced", "complained"],
            );
            for it in &report.growth {
                let counts =
                    [it.joined, it.left, it.bounced, it.complained].map(|count| count.to_string());
                let [joined, left, bounced, complained] = &counts;
                row(
                    &mut out,
                    &[&it.from.to_string(), joined, left, bounced, complained],
                );
            }
        }
        Table::Cohorts => {
            row(
                &mut out,
                &["month", "and_before", "joined", "active", "clicked"],
            );
            for it in &report.cohorts {
                let before = if it.and_before { "yes" } else { "no" };
                row(
                    &mut out,
                    &[
                        &it.month.to_string(),
                        before,
                        &it.joined.to_string(),
                        &it.active.to_string(),
                        &known(it.clicked),
                    ],
                );
            }
        }
        Table::Subjects => subjects(report, &mut out),
    }
    out
}

fn subjects(report: &Report, out: &mut String) {
    let header = [
        "subject",
        "readers",
        "visible",
        "opened",
        "clicked",
        "probability",
        "won",
        "chosen",
    ];
    row(out, &header);
    for it in report.subjects.iter().flatten() {
        let numbers = [it.counted, it.visible, it.opened, it.clicked].map(|it| it.to_string());
        let [counted, visible, opened, clicked] = &numbers;
        let probability = format!("{:.4}", it.probability);
        let yes = |is: bool| if is { "yes" } else { "no" };
        let (won, chosen) = (yes(it.is_winner), yes(it.is_chosen));
        row(
            out,
            &[
                &it.subject,
                counted,
                visible,
                opened,
                clicked,
                &probability,
                won,
                chosen,
            ],
        );
    }
}

fn row(out: &mut String, cells: &[&str]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let cell = harmless(cell);
        if cell.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_run_nothing() {
        let mut out = String::new();
        row(&mut out, &["=1+1", "a \"b\", c", "-3", "plain"]);
        assert_eq!(out, "'=1+1,\"a \"\"b\"\", c\",'-3,plain\r\n");
    }
}
