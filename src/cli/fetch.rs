//! `courant fetch`, `courant source`: what is read, and how it is doing.

use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::Desk;
use super::document;
use super::exit::{self, Failure};
use super::source_add::Add;
use super::source_list::list;
use crate::articles::{self, clean};
use crate::pipeline::{self, Polled, Which};
use crate::sources::{self, Item, Kind, Parsed, markdown, poll};

#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// Only this source, even if it has to wait after failures
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
        let which = self.source.as_deref().map_or(Which::Due, Which::Named);
        let polled = pipeline::fetch(&database, &config, &desk.clock, which).await?;
        pipeline::tidy(&database, &config, &desk.clock).await?;
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
                remark(source),
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

fn remark(source: &Polled) -> String {
    match (&source.until, &source.why) {
        (Some(until), Some(why)) => format!("until {until}: {why}"),
        (None, Some(why)) => why.clone(),
        (_, None) => source.errors.first().cloned().unwrap_or_default(),
    }
}

/// 0 if all that were asked answered, 4 if some did, 75 if none did: whatever waits has not failed.
fn exit_code(polled: &[Polled]) -> u8 {
    let failed = polled.iter().filter(|source| source.failed()).count();
    let asked = polled.iter().filter(|source| source.why.is_none()).count();
    match failed {
        0 => exit::DONE,
        n if n < asked => exit::PARTLY,
        _ => exit::LATER,
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Source {
    /// Parse one source and print what it would yield; stores nothing
    Check(Check),
    /// Show every source's health
    List,
    /// Find the feed of a site and add it to the configuration
    Add(Add),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// RSS, Atom or JSON Feed
    Feed,
    /// One web page
    Page,
    /// A folder of Markdown files, or one of them
    Markdown,
    /// A sitemap, or an index of sitemaps
    Sitemap,
    /// One JSON object a line
    Jsonl,
}

impl Format {
    fn kind(self) -> Kind {
        match self {
            Self::Feed => Kind::Feed,
            Self::Page => Kind::Page,
            Self::Markdown => Kind::Markdown,
            Self::Sitemap => Kind::Sitemap,
            Self::Jsonl => Kind::Jsonl,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// A file, a folder, an http(s) URL, or - for standard input
    #[arg(value_name = "FILE|URL")]
    from: String,
    /// What it is
    #[arg(long, value_enum, default_value_t = Format::Feed)]
    format: Format,
    /// For Markdown: the address of a page below --base-url
    #[arg(long, value_name = "PATTERN")]
    permalink: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
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
            Self::Add(add) => add.run(desk).await,
        }
    }
}

impl Check {
    async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let parsed = self.parsed(desk).await;
        let failed = parsed.is_err();
        let checked = match parsed {
            Ok(parsed) => checked(parsed),
            Err((error, hint)) => Checked {
                ok: false,
                error: Some(error),
                hint,
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
        if let Some(hint) = &checked.hint {
            desk.output.note(format!("\nhint: {hint}"));
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

    /// What was read, or what is wrong and what to do.
    async fn parsed(&self, desk: &Desk) -> Result<Parsed, (String, Option<String>)> {
        let kind = self.format.kind();
        let path = Path::new(&self.from);
        if let Some(pattern) = &self.permalink {
            markdown::check_permalink(pattern).map_err(|error| (error.to_string(), None))?;
        }
        let local = document::web(&self.from).is_none();
        if local && kind == Kind::Markdown {
            let settings = markdown::Settings {
                home_url: self.base_url.clone(),
                permalink: self.permalink.clone(),
            };
            return markdown::read(path, &settings)
                .map(|folder| folder.parsed)
                .map_err(|error| (error.to_string(), None));
        }
        if local && kind != Kind::Markdown && path.is_dir() {
            let hint = "--format markdown reads a folder of Markdown files";
            return Err(("is a folder".to_owned(), Some(hint.to_owned())));
        }
        if self.from == "-" && kind == Kind::Jsonl {
            let input = std::io::stdin().lock();
            return sources::read_json_lines(input, self.base_url.as_ref())
                .map_err(|error| (error.to_string(), None));
        }
        let (base, content_type) = (self.base_url.clone(), self.content_type.clone());
        let document = document::read(desk, &self.from, base, content_type).await;
        let document = document.map_err(|error| (error, None))?;
        let (base, content_type) = (document.url.as_ref(), document.content_type.as_deref());
        let read = sources::read(kind, &document.bytes, base, content_type);
        let mut parsed = read.map_err(|error| {
            let hint = sources::hint(kind, &document.bytes, base, content_type);
            (error.to_string(), hint)
        })?;
        poll::say_if_cut(&mut parsed, document.cut, document.limit);
        match &document.fetcher {
            Some(fetcher) => sources::follow(fetcher, parsed)
                .await
                .map_err(|error| (error, None)),
            None if parsed.format == sources::Format::SitemapIndex => {
                Err((poll::INDEX_IN_A_FILE.to_owned(), None))
            }
            None => Ok(parsed),
        }
    }
}

fn checked(parsed: Parsed) -> Checked {
    Checked {
        ok: true,
        error: None,
        hint: None,
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
