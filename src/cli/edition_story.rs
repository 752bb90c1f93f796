//! `courant edition story`, `changes`, `restore`: the stories of an edition by an editor's hand.

use clap::{ArgGroup, Args};
use jiff::Timestamp;
use serde::Serialize;

use super::edition_commands::note_size;
use super::exit::{self, Failure};
use super::{Desk, WHO, find_edition};
use crate::desk::Act;
use crate::edition::edit::Edit;
use crate::edition::store::versions;
use crate::edition::told::Whole;
use crate::edition::{Edition, Entry};
use crate::pipeline::{self, Weight};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true)
    .args(["lead", "up", "down", "out", "headline", "summary", "url", "alt", "no_picture"]))]
pub(super) struct Story {
    /// The edition's id, such as daily-2026-11-23
    edition: String,
    /// The story: its place in `edition show`, or the article's id or its beginning
    story: String,
    /// Make it the lead, of all copies
    #[arg(long, group = "where")]
    lead: bool,
    /// Move it one place up
    #[arg(long, group = "where")]
    up: bool,
    /// Move it one place down
    #[arg(long, group = "where")]
    down: bool,
    /// Take it out of all copies
    #[arg(long, group = "where")]
    out: bool,
    /// Its headline
    #[arg(long, value_name = "TEXT")]
    headline: Option<String>,
    /// Its summary; "" is none
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Where it leads
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// What its picture shows
    #[arg(long, value_name = "TEXT")]
    alt: Option<String>,
    /// Take its picture away
    #[arg(long)]
    no_picture: bool,
    /// Show what would change, store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The edition's id, such as daily-2026-11-23
    edition: String,
    /// The number of the change before which it was as it should be (`courant edition changes`)
    change: i64,
}

/// The story that somebody names.
fn find<'a>(edition: &'a Edition, wanted: &str) -> Result<&'a Entry, Failure> {
    let place: Option<u32> = wanted.parse().ok();
    let found = edition.entries.iter().filter(|entry| match place {
        Some(place) if wanted.len() < 5 => entry.own && entry.position == place,
        _ => !wanted.is_empty() && entry.article.id.as_str().starts_with(wanted),
    });
    let found: Vec<_> = found.collect();
    match found[..] {
        [one] => Ok(one),
        [] => {
            let message = format!("there is no story \"{wanted}\" in {}", edition.id);
            Err(Failure::new(exit::USAGE, message).hint(format!(
                "`courant edition show {}` shows their places",
                edition.id
            )))
        }
        _ => {
            let message = format!("\"{wanted}\" begins the ids of {} stories", found.len());
            Err(Failure::new(exit::USAGE, message).hint("give more of it"))
        }
    }
}

impl Story {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, Some(&self.edition)).await?;
        let article = find(&edition, &self.story)?.article.id.to_string();
        let edits = self.edits(&article);
        let what = (&edition, edits.as_slice(), Act::Arrange);
        let stored = (&config, &database);
        let (changed, weight) = desk.change(stored, what, self.dry_run).await?;
        told(desk, &changed, weight)
    }

    fn edits(&self, article: &str) -> Vec<Edit> {
        let article = || article.to_owned();
        let moved = [
            self.lead.then(|| Edit::Lead { article: article() }),
            self.up.then(|| Edit::Up { article: article() }),
            self.down.then(|| Edit::Down { article: article() }),
        ];
        let words = [
            self.headline.clone().map(|text| Edit::Headline {
                article: article(),
                text,
            }),
            self.summary.clone().map(|text| Edit::Summary {
                article: article(),
                text,
            }),
            self.url.clone().map(|url| Edit::Url {
                article: article(),
                url,
            }),
            self.alt.clone().map(|text| Edit::Alt {
                article: article(),
                text,
            }),
            self.no_picture
                .then(|| Edit::NoPicture { article: article() }),
            self.out.then(|| Edit::Remove { article: article() }),
        ];
        moved.into_iter().chain(words).flatten().collect()
    }
}

/// Shows what became of an edition.
fn told(desk: &Desk, changed: &Edition, weight: Weight) -> Result<u8, Failure> {
    desk.output.json(&Whole::of(changed))?;
    super::edition_commands::print(desk, changed);
    note_size(desk, weight);
    Ok(exit::DONE)
}

#[derive(Serialize)]
struct Change<'a> {
    version: i64,
    at: Timestamp,
    who: &'a str,
    what: &'a str,
}

/// `courant edition changes`
pub(super) async fn changes(desk: &Desk, id: Option<&str>) -> Result<u8, Failure> {
    let (_, database) = desk.open().await?;
    let edition = find_edition(&database, id).await?;
    let mut reader = database.reader().await?;
    let all = versions::versions(&mut reader, &edition.id).await?;
    if all.is_empty() {
        desk.output
            .note(format!("nobody has changed {}", edition.id));
        return Ok(exit::NOTHING);
    }
    let mut rows = Vec::new();
    for it in &all {
        let at = Timestamp::from_second(it.at).unwrap_or_default();
        desk.output.json(&Change {
            version: it.version,
            at,
            who: &it.who,
            what: &it.what,
        })?;
        rows.push(vec![
            it.version.to_string(),
            at.to_string(),
            it.who.clone(),
            it.what.clone(),
        ]);
    }
    desk.output
        .table(&["change", "at", "who", "what"], &rows, 80);
    Ok(exit::DONE)
}

impl Restore {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, Some(&self.edition)).await?;
        if !edition.is_open() {
            let status = edition.status.name();
            let message = format!("{} is {status}: it stays as it is", edition.id);
            return Err(Failure::new(exit::REFUSED, message));
        }
        let (by, now) = (WHO, desk.clock.now());
        let what = (&edition, self.change);
        let (changed, weight) = pipeline::restore(&database, &config, what, by, now).await?;
        desk.note_version(&database, (Act::Arrange, &edition), &changed)
            .await?;
        told(desk, &changed, weight)
    }
}
