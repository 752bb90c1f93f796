//! `courant report`: what became of an edition, without flattering.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::exit::{self, Failure};
use super::{Desk, find_edition};
use crate::delivery::{self, store::Counts};
use crate::edition::Edition;
use crate::engagement::store::{Tally, tallies};
use crate::feedback::rates::{self, Level, Returned};
use crate::pipeline::{self, Known};
use crate::ranking::Lift;
use crate::tracking::Tracking;
use crate::units::number;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    /// The edition's id; the latest if not given
    id: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Serialize)]
struct Figures {
    edition: String,
    status: &'static str,
    subject: String,
    recipients: u64,
    sent: u64,
    deferred: u64,
    refused: u64,
    suppressed: u64,
    expired: u64,
    uncertain: u64,
    /// Readers who showed a sign of reading, by pictures or a link, as far as we can tell.
    opened_by_people: u64,
    /// Readers whose pictures a mail service loads, read or not.
    loaded_by_proxies: u64,
    /// Readers in whose copies a program loaded pictures or followed links.
    followed_by_scanners: u64,
    /// What its mails told of their readers: "full", "aggregate" (then people are times) or "off".
    tracking: &'static str,
    /// Whether enough hours have passed for opens to tell how many read it; before, the usual share.
    told: bool,
    /// How many read it, taken from those whose opens can be seen.
    readers: Estimated,
    unsubscribed: u64,
    /// What came back, from all and by mail service.
    returned: Returned,
    services: Vec<Returned>,
    articles: Vec<Clicked>,
    /// Which story stood where, in how many copies, and what came of it. Wave 0 are the readers kept on
    /// newest-first.
    exposures: Vec<Exposed>,
    /// What the ranking was worth over the last editions of this digest, once enough is known.
    lift: Option<Lift>,
}

/// A number nobody can know, with the interval that holds it nine times in ten as far as chance goes.
#[derive(Serialize)]
struct Estimated {
    estimate: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Clicked {
    position: u32,
    /// Its place in the edition's own copy.
    #[serde(skip)]
    place: Option<u32>,
    article: String,
    title: String,
    /// People who followed it.
    readers: u64,
    /// Readers who could have seen it.
    exposed: f64,
    /// Copies in which only programs followed it.
    programs: u64,
}

#[derive(Serialize)]
struct Exposed {
    wave: u32,
    article: String,
    position: u32,
    recipients: u64,
    /// How many of them probably read.
    readers: f64,
    people: u64,
    /// How much of that counts for the ranking.
    credit: f64,
    programs: u64,
}

impl Report {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (_, database) = desk.open().await?;
        let edition = find_edition(&database, self.id.as_deref()).await?;
        let mut reader = database.reader().await?;
        let (known, lift) = pipeline::account(&mut reader, &edition, desk.clock.now()).await?;
        let counts = delivery::store::counts(&mut reader, &edition.id).await?;
        let tallies = tallies(&mut reader, &edition.id).await?;
        let returned = rates::returned(&mut reader, &edition.id).await?;
        let figures = Figures {
            lift,
            ..figures(&edition, &known, (counts, &tallies), returned)
        };
        if self.format == Format::Json && !desk.output.is_json() {
            let text = serde_json::to_string(&figures)
                .map_err(|error| Failure::new(exit::UNEXPECTED, error.to_string()))?;
            desk.output.raw(&text);
            return Ok(exit::DONE);
        }
        desk.output.json(&figures)?;
        print(desk, &figures);
        Ok(exit::DONE)
    }
}

fn figures(
    edition: &Edition,
    known: &Known,
    (counts, tallies): (Counts, &[Tally]),
    (returned, services): (Returned, Vec<Returned>),
) -> Figures {
    let waves = || known.account.waves.values();
    let exposures = exposures(edition, known);
    let articles = edition.entries.iter().map(|entry| {
        let id = entry.article.id.to_string();
        let own = || exposures.iter().filter(|exposed| exposed.article == id);
        let clicked = Clicked {
            position: entry.position,
            place: entry.own.then_some(entry.position),
            title: entry.article.title.clone(),
            readers: own().map(|exposed| exposed.people).sum(),
            exposed: tenth(own().map(|exposed| exposed.readers).sum()),
            programs: own().map(|exposed| exposed.programs).sum(),
            article: id.clone(),
        };
        (entry.own, clicked)
    });
    // Of the stories that only some readers got, those that somebody followed.
    let articles = articles.filter(|(own, clicked)| *own || clicked.readers > 0);
    Figures {
        edition: edition.id.to_string(),
        status: edition.status.name(),
        subject: edition.subject.clone(),
        recipients: counts.all(),
        sent: counts.sent,
        deferred: counts.deferred,
        refused: counts.refused,
        suppressed: counts.suppressed,
        expired: counts.expired,
        uncertain: counts.once_uncertain,
        opened_by_people: waves().map(|wave| wave.signs).sum(),
        loaded_by_proxies: waves().map(|wave| wave.proxied).sum(),
        followed_by_scanners: waves().map(|wave| wave.machines).sum(),
        tracking: edition.frame.tracking.name(),
        told: known.is_told() && edition.frame.tracking == Tracking::Full,
        readers: estimated(known),
        unsubscribed: tallies
            .iter()
            .filter(|tally| tally.kind == "unsubscribe")
            .map(|tally| tally.readers)
            .sum(),
        returned,
        services,
        articles: articles.map(|(_, clicked)| clicked).collect(),
        exposures,
        lift: None,
    }
}

fn estimated(known: &Known) -> Estimated {
    let (mut estimate, mut spread) = (0.0, 0.0);
    for (wave, found) in known.account.waves.values().zip(known.readers.values()) {
        estimate += number(wave.recipients) * found.readership.rate;
        spread += number(wave.recipients) * found.readership.spread;
    }
    Estimated {
        estimate: tenth(estimate),
        low: tenth((estimate - spread).max(0.0)),
        high: tenth(estimate + spread),
    }
}

fn exposures(edition: &Edition, known: &Known) -> Vec<Exposed> {
    let cells = known.account.cells.iter();
    let exposed = cells.filter_map(|(place, cell)| {
        let entry = edition.entries.get(usize::from(place.link))?;
        Some(Exposed {
            wave: place.wave,
            article: entry.article.id.to_string(),
            position: place.position,
            recipients: cell.recipients,
            readers: tenth(known.readers(place.wave, cell, cell.recipients)),
            people: cell.people,
            credit: tenth(cell.credit),
            programs: cell.machines,
        })
    });
    exposed.collect()
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Who read it, as far as anybody can tell.
fn reading(desk: &Desk, figures: &Figures) {
    let out = &desk.output;
    let readers = &figures.readers;
    match (figures.tracking, figures.told) {
        ("off", _) => {
            out.line("nothing is counted: its mails tell nothing of their readers (tracking.mode)");
            return;
        }
        ("aggregate", _) => {
            out.line(format!(
                "its links carry no identity: counted is how often, not by how many people; pictures were \
                 loaded {} times, {} times by programs",
                figures.opened_by_people, figures.followed_by_scanners,
            ));
            return;
        }
        _ => {}
    }
    let at_most = (figures.opened_by_people + figures.loaded_by_proxies).min(figures.sent);
    out.line(format!(
        "opened by {} people as far as we can tell, by {at_most} at most: for {} readers a mail service \
         loads the pictures, read or not",
        figures.opened_by_people, figures.loaded_by_proxies,
    ));
    if figures.told {
        out.line(format!(
            "about {:.0} readers ({:.0} to {:.0}), if those whose opens cannot be seen read like the others",
            readers.estimate, readers.low, readers.high,
        ));
    } else {
        out.line(format!(
            "too early to tell how many read it; the usual would be {:.0}",
            readers.estimate
        ));
    }
    out.line(format!(
        "in {} copies programs loaded pictures or followed links, which counts for nothing",
        figures.followed_by_scanners
    ));
}

/// What came back, and from which services.
fn came_back(desk: &Desk, figures: &Figures) {
    let out = &desk.output;
    let all = &figures.returned;
    let rate = number(all.complained) * 100.0 / number(all.sent.max(1));
    out.line(format!(
        "{} came back, {} of them dead addresses; {} complained ({rate:.2} % of those sent)",
        all.bounced, all.dead, all.complained,
    ));
    for service in std::iter::once(all).chain(&figures.services) {
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
    if figures.services.len() > 1 {
        let rows = figures.services.iter().map(|service| {
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
            "waiting",
            "came back",
            "complained",
        ];
        out.table(&header, &rows, 80);
    }
}

fn print(desk: &Desk, figures: &Figures) {
    let out = &desk.output;
    out.line(format!(
        "{}  {}  “{}”",
        figures.edition, figures.status, figures.subject
    ));
    out.line(format!(
        "{} recipients: {} sent, {} put off, {} refused, {} had left, {} given up, {} in doubt",
        figures.recipients,
        figures.sent,
        figures.deferred,
        figures.refused,
        figures.suppressed,
        figures.expired,
        figures.uncertain,
    ));
    reading(desk, figures);
    if let Some(found) = &figures.lift {
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
    out.line(format!("{} unsubscribed", figures.unsubscribed));
    came_back(desk, figures);
    out.line("");
    let mut rows: Vec<_> = figures.articles.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.readers));
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            vec![
                row.readers.to_string(),
                if figures.told {
                    format!("{:.0}", row.exposed)
                } else {
                    String::new()
                },
                row.programs.to_string(),
                row.place
                    .map_or_else(String::new, |place| place.to_string()),
                row.title.clone(),
            ]
        })
        .collect();
    let who = if figures.tracking == "full" {
        "people"
    } else {
        "times"
    };
    out.table(
        &[who, "of readers", "programs", "place", "article"],
        &rows,
        80,
    );
}
