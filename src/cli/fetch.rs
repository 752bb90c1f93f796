//! `courant fetch`, `courant source`: what is read, and how it is doing.

use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::Desk;
use super::exit::{self, Failure};
use crate::articles::{self, clean};
use crate::fetch::{Fetched, Fetcher, Validators};
use crate::pipeline::{self, Polled};
use crate::sources::{self, Item, Parsed, feed};
use crate::telemetry::with_causes;

#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// Only this source
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

impl Fetch {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        if let Some(name) = &self.source
            && !config.source.iter().any(|source| &source.name == name)
        {
            let names: Vec<_> = config
                .source
                .iter()
                .map(|source| source.name.as_str())
                .collect();
            let message = format!("there is no source called \"{name}\"");
            return Err(Failure::new(exit::USAGE, message)
                .hint(format!("the sources are: {}", names.join(", "))));
        }
        let polled =
            pipeline::fetch(&database, &config, &desk.clock, self.source.as_deref()).await?;
        show(desk, &polled)?;
        Ok(exit_code(&polled))
    }
}

fn show(desk: &Desk, polled: &[Polled]) -> Result<(), Failure> {
    for source in polled {
        desk.output.json(source)?;
    }
    let rows: Vec<_> = polled
        .iter()
        .map(|source| {
            vec![
                source.source.clone(),
                source.status.to_owned(),
                source.new.to_string(),
                source.updated.to_string(),
                source.unchanged.to_string(),
                source.errors.first().cloned().unwrap_or_default(),
            ]
        })
        .collect();
    desk.output.table(
        &["source", "status", "new", "updated", "unchanged", "remark"],
        &rows,
        90,
    );
    Ok(())
}

/// 0 if all answered, 4 if some did, 75 if none.
fn exit_code(polled: &[Polled]) -> u8 {
    let failed = polled
        .iter()
        .filter(|source| source.status == "failed")
        .count();
    match failed {
        0 => exit::DONE,
        n if n < polled.len() => exit::PARTLY,
        _ => exit::LATER,
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Source {
    /// Parse one feed and print what it would yield; stores nothing
    Check(Check),
    /// Show every source's health
    List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// RSS, Atom or JSON Feed
    Feed,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// A file or an http(s) URL
    #[arg(value_name = "FILE|URL")]
    from: String,
    /// What it is
    #[arg(long, value_enum, default_value_t = Format::Feed)]
    format: Format,
    /// What relative links are relative to
    #[arg(long, value_name = "URL")]
    base_url: Option<Url>,
    /// Content-Type it was served with
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

#[derive(Serialize)]
struct Checked {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    format: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repaired: Vec<String>,
    feed: Option<Head>,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Head {
    title: Option<String>,
    link: Option<String>,
    language: Option<String>,
}

#[derive(Serialize)]
struct Entry {
    id: String,
    title: Option<String>,
    link: Option<String>,
    published: Option<String>,
    updated: Option<String>,
    summary: Option<String>,
    authors: Vec<String>,
    categories: Vec<String>,
    image: Option<String>,
    language: Option<String>,
}

impl Entry {
    fn of(item: Item) -> Self {
        let instant = |seconds: Option<i64>| {
            seconds
                .and_then(|at| Timestamp::from_second(at).ok())
                .map(|at| at.to_string())
        };
        let markup = item
            .summary_markup
            .as_deref()
            .or(item.content_markup.as_deref());
        let lines = |texts: Vec<String>| {
            let texts = texts.iter();
            texts
                .filter_map(|text| clean::line(text, usize::MAX))
                .collect()
        };
        Self {
            title: articles::title(&item),
            link: item.link.map(String::from),
            published: instant(item.published_at),
            updated: instant(item.updated_at),
            summary: markup.and_then(clean::summary),
            authors: lines(item.authors),
            categories: lines([item.categories, item.tags].concat()),
            image: item.image_url.map(String::from),
            language: item.language,
            id: item.id,
        }
    }
}

impl Source {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        match self {
            Self::Check(check) => check.run(desk).await,
            Self::List => list(desk).await,
        }
    }
}

impl Check {
    async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let Format::Feed = self.format;
        let parsed = match self.bytes(desk).await {
            Ok((bytes, base, content_type)) => {
                feed::parse(&bytes, base.as_ref(), content_type.as_deref())
                    .map_err(|error| with_causes(&error))
            }
            Err(why) => Err(why),
        };
        let failed = parsed.is_err();
        let checked = match parsed {
            Ok(parsed) => checked(parsed),
            Err(error) => Checked {
                ok: false,
                error: Some(error),
                format: None,
                repaired: Vec::new(),
                feed: None,
                entries: Vec::new(),
            },
        };
        desk.output.json(&checked)?;
        if let Some(error) = &checked.error {
            desk.output.note(format!("error: {}: {error}", self.from));
        }
        for repair in &checked.repaired {
            desk.output.note(format!("repaired: {repair}"));
        }
        let rows: Vec<_> = checked
            .entries
            .iter()
            .map(|entry| {
                let text = |value: &Option<String>| value.clone().unwrap_or_default();
                vec![
                    text(&entry.published),
                    text(&entry.title),
                    text(&entry.link),
                ]
            })
            .collect();
        if !rows.is_empty() {
            desk.output
                .table(&["published", "title", "link"], &rows, 70);
        }
        Ok(if failed { exit::REFUSED } else { exit::DONE })
    }

    async fn bytes(&self, desk: &Desk) -> Result<(Vec<u8>, Option<Url>, Option<String>), String> {
        let web = Url::parse(&self.from)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = web else {
            let bytes = std::fs::read(Path::new(&self.from))
                .map_err(|error| format!("cannot be read: {error}"))?;
            return Ok((bytes, self.base_url.clone(), self.content_type.clone()));
        };
        // The configuration only says how to ask; without one the defaults do.
        let settings = desk.config().map(|config| config.fetch).unwrap_or_default();
        let fetcher = Fetcher::new(&settings).map_err(|error| with_causes(&error))?;
        let fetched = fetcher.get(&url, &Validators::default()).await;
        match fetched.map_err(|error| with_causes(&error))? {
            Fetched::NotModified => Err("answered \"not modified\" to a first request".to_owned()),
            Fetched::Body(body) => Ok((
                body.bytes,
                Some(self.base_url.clone().unwrap_or(body.final_url)),
                self.content_type.clone().or(body.content_type),
            )),
        }
    }
}

fn checked(parsed: Parsed) -> Checked {
    Checked {
        ok: true,
        error: None,
        format: Some(parsed.format.to_string()),
        repaired: parsed.repaired,
        feed: Some(Head {
            title: parsed.title.as_deref().and_then(clean::title),
            link: parsed.link.map(String::from),
            language: parsed.language,
        }),
        entries: parsed.items.into_iter().map(Entry::of).collect(),
    }
}

#[derive(Serialize)]
struct Health {
    source: String,
    location: String,
    checked_at: Option<String>,
    succeeded_at: Option<String>,
    failures: i64,
    last_error: Option<String>,
}

async fn list(desk: &Desk) -> Result<u8, Failure> {
    let (config, database) = desk.open().await?;
    let mut reader = database.reader().await?;
    let mut rows = Vec::new();
    for source in &config.source {
        let health = health(&mut reader, source).await?;
        desk.output.json(&health)?;
        rows.push(vec![
            health.source,
            health.succeeded_at.unwrap_or_else(|| "never".to_owned()),
            health.failures.to_string(),
            health.last_error.unwrap_or_default(),
        ]);
    }
    desk.output.table(
        &["source", "last success", "failures in a row", "last error"],
        &rows,
        80,
    );
    Ok(exit::DONE)
}

async fn health(
    conn: &mut crate::database::Conn,
    source: &sources::Config,
) -> Result<Health, Failure> {
    let state = sources::store::state(conn, &source.name).await?;
    let instant = |seconds: Option<i64>| {
        seconds
            .and_then(|at| Timestamp::from_second(at).ok())
            .map(|at| at.to_string())
    };
    Ok(Health {
        source: source.name.clone(),
        location: source.location_text(),
        checked_at: instant(state.checked_at),
        succeeded_at: instant(state.succeeded_at),
        failures: state.failures,
        last_error: state.last_error,
    })
}
