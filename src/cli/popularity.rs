//! `courant popularity`: what people read on the site, counted by others.

use std::fs::File;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use url::Url;

use super::Desk;
use super::exit::{self, Failure};
use crate::database::{self, Database};
use crate::ranking::page_views::{self, Account, Counter, Lines, Settings, Views};
use crate::ranking::store::{self, PageViews};

#[derive(Debug, Subcommand)]
pub(super) enum Popularity {
    /// Import page views: a table of url,views[,date], or an access log; safe to repeat
    Import(Import),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The first line tells
    Auto,
    /// url,views[,date], with commas, semicolons or tabs
    Csv,
    /// Apache's and nginx's common or combined format
    Log,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Files, packed with gzip or not, or - for standard input; a day that lies in two is whole if
    /// both are given
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// What they are
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// The day of rows without a date (without it: the day their article was published)
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Who counted: views of different origins are added up
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// What paths are relative to (without it: the publication's front page)
    #[arg(long, value_name = "URL")]
    base_url: Option<Url>,
    /// Count and say, but store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Imported<'a> {
    format: &'static str,
    origin: &'a str,
    dry_run: bool,
    #[serde(flatten)]
    account: &'a Account,
    articles: usize,
    rows: usize,
    changed: u64,
}

impl Popularity {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        match self {
            Self::Import(import) => import.run(desk).await,
        }
    }
}

impl Import {
    async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let settings = self.settings(desk, &config.publication.home_url)?;
        let mut reader = database.reader().await?;
        let known = store::known_articles(&mut reader).await?;
        drop(reader);
        let mut counter = Counter::new(settings, known);
        for file in &self.files {
            read(&mut counter, file)?;
        }
        let (views, account, lines) = counter.end();
        if account.read == 0 {
            return Err(Failure::new(exit::NOTHING, "there is nothing to import"));
        }
        let origin = self.origin.as_deref().unwrap_or(lines.name());
        let changed = if self.dry_run {
            0
        } else {
            put(&database, lines, origin, &views).await?
        };
        let articles: std::collections::BTreeSet<_> = views.keys().map(|(id, _)| id).collect();
        let imported = Imported {
            format: lines.name(),
            origin,
            dry_run: self.dry_run,
            articles: articles.len(),
            rows: views.len(),
            account: &account,
            changed,
        };
        desk.output.json(&imported)?;
        say(desk, &imported);
        Ok(if account.refused > 0 {
            exit::PARTLY
        } else {
            exit::DONE
        })
    }

    fn settings(&self, desk: &Desk, home_url: &str) -> Result<Settings, Failure> {
        let day = match &self.date {
            None => None,
            Some(text) => Some(page_views::parse_day(text).ok_or_else(|| {
                Failure::new(exit::USAGE, format!("\"{text}\" is no date"))
                    .hint("write it as 2026-11-23")
            })?),
        };
        let origin = self.origin.as_deref();
        if origin.is_some_and(|origin| origin.trim().is_empty() || origin.len() > 64) {
            let message = "an origin is a name of 1 to 64 letters";
            return Err(Failure::new(exit::USAGE, message));
        }
        let base = match &self.base_url {
            Some(base) => base.clone(),
            None => Url::parse(home_url)
                .map_err(|_| Failure::new(exit::CONFIGURATION, "publication.home_url is no URL"))?,
        };
        Ok(Settings {
            base,
            now: desk.clock.unix(),
            day,
            lines: match self.format {
                Format::Auto => None,
                Format::Csv => Some(Lines::Table),
                Format::Log => Some(Lines::Log),
            },
        })
    }
}

fn read(counter: &mut Counter, file: &str) -> Result<(), Failure> {
    let read = match file {
        "-" => counter.read(std::io::stdin().lock()),
        path => File::open(path).and_then(|file| counter.read(file)),
    };
    read.map_err(|error| {
        Failure::new(exit::USAGE, format!("{file} cannot be read: {error}"))
            .hint("nothing was stored; the same command can be repeated")
    })
}

/// One transaction, in the order of the table's key, so that two imports wait for each other.
async fn put(
    database: &Database,
    lines: Lines,
    origin: &str,
    views: &Views,
) -> Result<u64, Failure> {
    let mut changed = 0;
    let mut transaction = database.begin_write().await?;
    for ((article, day), views) in views {
        let found = PageViews {
            article: article.clone(),
            day: *day,
            views: i64::try_from(*views).unwrap_or(i64::MAX),
        };
        let stored = store::put_page_views(&mut transaction, lines, origin, &found).await?;
        changed += u64::from(stored);
    }
    database::commit(transaction).await?;
    Ok(changed)
}

fn say(desk: &Desk, imported: &Imported<'_>) {
    let account = imported.account;
    for error in &account.errors {
        desk.output.note(format!("error: {error}"));
    }
    let more = account.refused.saturating_sub(account.errors.len() as u64);
    if more > 0 {
        desk.output
            .note(format!("error: {more} more lines cannot be read"));
    }
    desk.output.line(format!(
        "{} views of {} articles on {} days of theirs; {} of these changed{}",
        account.views,
        imported.articles,
        imported.rows,
        imported.changed,
        if imported.dry_run { " (dry run)" } else { "" },
    ));
    desk.output.line(format!(
        "{} lines: {} counted, {} by robots, {} repeated, {} no successful GET, {} of no known article, \
         {} refused",
        account.read,
        account.counted,
        account.robots,
        account.repeated,
        account.ignored,
        account.unknown,
        account.refused,
    ));
}
