//! `courant report`: what became of an edition, without flattering.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::exit::{self, Failure};
use super::{Desk, find_edition, report_list};
use crate::clock::moment;
use crate::feedback::rates::Level;
use crate::reports::{self, Table};
use crate::units::number;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
    /// One table for a spreadsheet
    Csv,
    /// A page in one file
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CsvOf {
    /// The stories and who followed them
    Articles,
    /// First opens and clicks by hour, then by day
    Hours,
    /// The mail services
    Services,
    /// The most followed stories of the last editions
    Popular,
    /// The list, week by week
    Growth,
    /// Readers by the month they joined
    Cohorts,
    /// The subjects that were tried
    Subjects,
}

impl CsvOf {
    fn table(self) -> Table {
        match self {
            Self::Articles => Table::Articles,
            Self::Hours => Table::Hours,
            Self::Services => Table::Services,
            Self::Popular => Table::Popular,
            Self::Growth => Table::Growth,
            Self::Cohorts => Table::Cohorts,
            Self::Subjects => Table::Subjects,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Report {
    /// The edition's id; the latest if not given
    id: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Which table, with `--format csv`
    #[arg(long, value_enum, value_name = "TABLE")]
    csv_of: Option<CsvOf>,
    /// Writes a file in place of standard output; none that is there is overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Report {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let wrong = |message: &str| Err(Failure::new(exit::USAGE, message));
        if self.csv_of.is_some() && self.format != Format::Csv {
            return wrong("--csv-of goes with --format csv");
        }
        if self.out.is_some() && self.format == Format::Table {
            return wrong("--out goes with --format json, csv or html");
        }
        if desk.output.is_json() && matches!(self.format, Format::Csv | Format::Html) {
            return wrong("--json goes without --format csv or html");
        }
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, self.id.as_deref()).await?;
        let mut reader = database.reader().await?;
        let report = reports::gather(&mut reader, &edition, desk.clock.now()).await?;
        let text = match self.format {
            Format::Table => {
                desk.output.json(&report)?;
                print(desk, &report, &edition.frame.zone());
                return Ok(exit::DONE);
            }
            Format::Json => serde_json::to_string(&report)
                .map_err(|error| Failure::new(exit::UNEXPECTED, error.to_string()))?,
            Format::Csv => reports::csv(&report, self.csv_of.unwrap_or(CsvOf::Articles).table()),
            Format::Html => reports::file(&report, &edition, &config.theme),
        };
        match &self.out {
            None => desk.output.raw(&text),
            Some(file) if super::write_new(file, &text)? => {
                desk.output.note(format!("{} is written", file.display()));
            }
            Some(file) => {
                let message = format!("{} is there already", file.display());
                return Err(
                    Failure::new(exit::USAGE, message).hint("name another file, or remove it")
                );
            }
        }
        Ok(exit::DONE)
    }
}

/// Opens and clicks hour by hour, as lines of blocks.
fn by_hour(desk: &Desk, report: &reports::Report, zone: &TimeZone) {
    let out = &desk.output;
    let (Some(first), Some(last)) = (report.hours.first(), report.hours.last()) else {
        return;
    };
    let opens = reports::sparkline(report.hours.iter().map(|hour| hour.opens));
    if opens.is_empty() {
        return;
    }
    let clicks = reports::sparkline(report.hours.iter().map(|hour| hour.clicks));
    out.line(format!("first opens by hour   {opens}"));
    if !clicks.is_empty() {
        out.line(format!("first clicks by hour  {clicks}"));
    }
    out.line(format!(
        "                      from {} to {}",
        moment(first.from, zone),
        moment(last.from, zone)
    ));
}

/// The subjects that were tried, and what came of it.
fn subjects(desk: &Desk, report: &reports::Report) {
    let Some(subjects) = &report.subjects else {
        return;
    };
    let out = &desk.output;
    let rows = subjects.iter().map(|it| {
        vec![
            it.counted.to_string(),
            format!("{} of {}", it.opened, it.visible),
            it.clicked.to_string(),
            format!("{:.1} %", it.probability * 100.0),
            if it.is_chosen { "yes" } else { "" }.to_owned(),
            it.subject.clone(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let header = [
        "readers",
        "opened",
        "clicked",
        "chance of best",
        "chosen",
        "subject",
    ];
    out.table(&header, &rows, 80);
    match report.subject_chosen_by {
        Some(by) => out.line(format!("the subject was chosen because {}", by.in_words())),
        None => out.line("no subject is chosen yet"),
    }
}

/// Who read it, as far as anybody can tell.
fn reading(desk: &Desk, report: &reports::Report, zone: &TimeZone) {
    let out = &desk.output;
    let readers = &report.readers;
    match (report.tracking, report.told) {
        ("off", _) => {
            out.line("nothing is counted: its mails tell nothing of their readers (tracking.mode)");
            return;
        }
        ("aggregate", _) => {
            out.line(format!(
                "its links carry no identity: counted is how often, not by how many people; pictures were \
                 loaded {} times, {} times by programs",
                report.opened_by_people, report.followed_by_scanners,
            ));
            return;
        }
        _ => {}
    }
    out.line(format!(
        "opened by {} people as far as we can tell, by {} at most: for {} more a mail service loaded the \
         pictures, read or not",
        report.opened_by_people, report.opened_at_most, report.loaded_by_proxies,
    ));
    if let Some(clicked) = report.clicked {
        out.line(format!("{clicked} people clicked"));
    }
    if report.opted_out > 0 {
        out.line(format!(
            "{} readers asked not to be counted",
            report.opted_out
        ));
    }
    subjects(desk, report);
    by_hour(desk, report, zone);
    if report.told {
        out.line(format!(
            "about {}, if those whose opens cannot be seen read like the others",
            readers.in_words("readers", |count| count.to_string())
        ));
    } else {
        let usual = (report.usual.editions > 0).then_some(readers.estimate);
        let usual = usual.map(|usual| format!("; the usual would be {usual:.0}"));
        out.line(format!(
            "too early to tell how many read it{}",
            usual.unwrap_or_default()
        ));
    }
    out.line(format!(
        "in {} copies programs loaded pictures or followed links, which counts for nothing",
        report.followed_by_scanners
    ));
}

/// What came back, and from which services.
fn came_back(desk: &Desk, report: &reports::Report) {
    let out = &desk.output;
    let all = &report.returned;
    let rate = number(all.complained) * 100.0 / number(all.sent.max(1));
    out.line(format!(
        "{} came back, {} of them dead addresses; {} refused at once, {} of them dead addresses; {} complained \
         ({rate:.2} % of those sent)",
        all.bounced,
        all.dead_later(),
        all.refused,
        all.dead_at_once,
        all.complained,
    ));
    for service in std::iter::once(all).chain(&report.services) {
        let word = match service.level {
            Level::Fine => continue,
            Level::Warning => "LOOK AT",
            Level::Alarm => "ALARM",
        };
        out.line(format!(
            "{word}: {}: of {} sent {} complained, {} addresses are dead, {} refused, {} refuse what we send",
            service.service,
            service.sent,
            service.complained,
            service.dead,
            service.refused,
            service.our_fault,
        ));
    }
    if report.services.len() > 1 {
        let rows = report.services.iter().map(|service| {
            let numbers = [
                service.sent,
                service.refused,
                service.waiting,
                service.bounced,
                service.complained,
            ];
            let numbers = numbers.iter().map(ToString::to_string);
            std::iter::once(service.service.clone())
                .chain(numbers)
                .collect()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let header = [
            "service",
            "sent",
            "refused",
            "put off or given up",
            "came back",
            "complained",
        ];
        out.table(&header, &rows, 80);
    }
}

fn print(desk: &Desk, report: &reports::Report, zone: &TimeZone) {
    let out = &desk.output;
    out.line(format!(
        "{}  {}  “{}”",
        report.edition, report.status, report.subject
    ));
    if report.is_called_off() && report.recipients == 0 {
        out.line(format!(
            "called off before anybody got it; {} readers would have at most",
            report.waiting
        ));
        return;
    }
    if report.is_ahead() {
        out.line(format!(
            "not sent yet: it would go to {} readers now, but for those who have had its stories",
            report.waiting
        ));
        return;
    }
    out.line(format!(
        "{} recipients: {} sent, {} put off, {} refused, {} had left, {} had had all its stories, {} given up, \
         {} in doubt{}",
        report.recipients,
        report.sent,
        report.deferred,
        report.refused,
        report.suppressed,
        report.nothing_new,
        report.expired,
        report.held,
        match (report.queued, report.is_called_off()) {
            (0, _) => String::new(),
            (queued, true) => format!(", {queued} not sent: it was called off"),
            (queued, false) => format!(", {queued} to go"),
        },
    ));
    let settled = report.uncertain.saturating_sub(report.held);
    if settled > 0 {
        out.line(format!(
            "{settled} of these were in doubt after a crash: who got one of them may have it twice"
        ));
    }
    if report.waiting > 0 {
        let words = if report.is_called_off() {
            "had no turn before it was called off"
        } else {
            "wait for their turn"
        };
        out.line(format!("{} more readers {words}", report.waiting));
    }
    report_list::figures(desk, report);
    reading(desk, report, zone);
    if let Some(found) = &report.lift {
        out.line(format!(
            "over {} editions a mail got {:.3} clicks by people, one on newest-first {:.3}: {:+.0} % ({:+.0} to {:+.0})",
            found.editions,
            found.ours,
            found.newest,
            found.lift * 100.0,
            found.low * 100.0,
            found.high * 100.0,
        ));
    }
    out.line(format!("{} unsubscribed", report.unsubscribed));
    came_back(desk, report);
    report_list::by_service(desk, report);
    out.line("");
    let mut rows: Vec<_> = report.articles.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.readers));
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            vec![
                row.readers.to_string(),
                if report.told {
                    format!("{:.0}", row.exposed)
                } else {
                    String::new()
                },
                row.programs.to_string(),
                match row.places {
                    Some(places) if places.first == places.last => places.first.to_string(),
                    Some(places) => {
                        format!("{} ({} to {})", places.median, places.first, places.last)
                    }
                    None => String::new(),
                },
                row.copies.to_string(),
                row.title.clone(),
            ]
        })
        .collect();
    let who = if report.tracking == "full" {
        "people"
    } else {
        "times"
    };
    out.table(
        &[who, "of readers", "programs", "place", "copies", "article"],
        &rows,
        80,
    );
    report_list::list(desk, report);
}
