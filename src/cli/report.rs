//! `courant report`: what became of an edition, without flattering.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::exit::{self, Failure};
use super::{Desk, find_edition};
use crate::delivery;
use crate::engagement::store::{Tally, tallies};

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
    /// Readers whose copy a person (or somebody who may be one) opened.
    opened_by_people: u64,
    /// Readers whose pictures a mail service loads, read or not.
    loaded_by_proxies: u64,
    /// Readers whose links a program followed.
    followed_by_scanners: u64,
    unsubscribed: u64,
    articles: Vec<Clicked>,
}

#[derive(Serialize)]
struct Clicked {
    position: u32,
    article: String,
    title: String,
    readers: u64,
}

impl Report {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (_, database) = desk.open().await?;
        let edition = find_edition(&database, self.id.as_deref()).await?;
        let mut reader = database.reader().await?;
        let counts = delivery::store::counts(&mut reader, &edition.id).await?;
        let tallies = tallies(&mut reader, &edition.id).await?;
        let sum = |kind: &str, link: Option<i64>, agents: &[&str]| -> u64 {
            let fits = |tally: &&Tally| {
                tally.kind == kind
                    && link.is_none_or(|link| tally.link == link)
                    && agents.contains(&tally.agent.as_str())
            };
            tallies.iter().filter(fits).map(|tally| tally.readers).sum()
        };
        let people = ["person", "unknown"];
        let articles = edition.entries.iter().map(|entry| {
            let clicked = Clicked {
                position: entry.position,
                article: entry.article.id.to_string(),
                title: entry.article.title.clone(),
                readers: sum("click", Some(i64::from(entry.link)), &people),
            };
            (entry.own, clicked)
        });
        // Of the stories that only some readers got, those that somebody followed.
        let articles = articles.filter(|(own, clicked)| *own || clicked.readers > 0);
        let articles = articles.map(|(_, clicked)| clicked);
        let figures = Figures {
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
            opened_by_people: sum("open", None, &people),
            loaded_by_proxies: sum("open", None, &["privacy_proxy"]),
            followed_by_scanners: tallies
                .iter()
                .filter(|tally| tally.kind == "click" && tally.agent == "scanner")
                .map(|tally| tally.readers)
                .max()
                .unwrap_or(0),
            unsubscribed: sum(
                "unsubscribe",
                None,
                &["person", "unknown", "privacy_proxy", "scanner"],
            ),
            articles: articles.collect(),
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
    let at_most = (figures.opened_by_people + figures.loaded_by_proxies).min(figures.sent);
    out.line(format!(
        "opened by {} people for certain, by {at_most} at most: for {} readers a mail service \
         loads the pictures, read or not",
        figures.opened_by_people, figures.loaded_by_proxies,
    ));
    out.line(format!("{} unsubscribed\n", figures.unsubscribed));
    let mut rows: Vec<_> = figures.articles.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.readers));
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            vec![
                row.readers.to_string(),
                row.position.to_string(),
                row.title.clone(),
            ]
        })
        .collect();
    out.table(&["people", "place", "article"], &rows, 80);
}
