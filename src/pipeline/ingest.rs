//! Polling: every source that is due is asked, and what it said goes into the store.
//!
//! Sources are asked at the same time, as far as `fetch` lets them; what they said is written one
//! after the other, in transactions that no network waits for.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::articles;
use crate::clock::Clock;
use crate::config::Config;
use crate::database::{self, Database, Error as DatabaseError};
use crate::fetch::{Fetcher, Validators};
use crate::sources::complete::{self, Completed};
use crate::sources::{self, Asked, Due, News, State};

use super::Error;

/// Which sources are asked, and on whose behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// All that are due.
    Due,
    /// All, failed ones again too: an edition waits for them.
    ForAnEdition,
    /// The one a person named.
    Named(&'a str),
}

/// How a source's poll ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Polled {
    /// Its name.
    pub source: String,
    /// `ok`, `unchanged`, `failed`; not asked: `waiting`; and `gone` (410).
    pub status: &'static str,
    /// Articles never seen before.
    pub new: u64,
    /// Articles that changed.
    pub updated: u64,
    /// Articles that did not.
    pub unchanged: u64,
    /// What was wrong, in words: the source's failure, repairs, items that were left out.
    pub errors: Vec<String>,
    /// Until when a waiting source is left alone (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why a source was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Polled {
    fn of(source: &str, status: &'static str) -> Self {
        Self {
            source: source.to_owned(),
            status,
            new: 0,
            updated: 0,
            unchanged: 0,
            errors: Vec::new(),
            until: None,
            why: None,
        }
    }

    /// Whether it was asked and gave nothing.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.status == "failed" || self.status == "gone" && self.why.is_none()
    }

    /// Whether nothing is known of it now: it failed, or was not asked because of an earlier failure.
    #[must_use]
    pub fn unread(&self) -> bool {
        matches!(self.status, "failed" | "waiting" | "gone")
    }
}

/// Polls sources into the store. A failing source is recorded and does not stop the others, nor does
/// a slow one hold them up.
///
/// # Errors
/// When the database refuses, or no client can be made.
pub async fn fetch(
    database: &Database,
    config: &Config,
    clock: &Clock,
    which: Which<'_>,
) -> Result<Vec<Polled>, Error> {
    let asked = match which {
        Which::Due => Asked::Regularly,
        Which::ForAnEdition => Asked::ForAnEdition,
        Which::Named(_) => Asked::ByName,
    };
    let wanted = config.source.iter().filter(|source| match which {
        Which::Named(name) => source.name == name,
        Which::Due | Which::ForAnEdition => true,
    });
    let look = Arc::new(Look {
        fetcher: Fetcher::new(&config.fetch)?,
        database: database.clone(),
        folder: config.folder.clone(),
        pages: config.fetch.pages_per_poll,
        clock: clock.clone(),
    });
    let mut reports = Vec::new();
    let mut looks = JoinSet::new();
    // One answer waits to be written, and the others wait with their source: not a queue of feeds.
    let (sender, mut answers) = mpsc::channel(1);
    let mut reader = database.reader().await?;
    for source in wanted {
        let state = sources::store::state(&mut reader, &source.name).await?;
        let number = reports.len();
        reports.push(
            match sources::schedule::due(source, &state, asked, clock.unix()) {
                Due::Now => {
                    let name = source.name.clone();
                    let (look, source, sender) =
                        (Arc::clone(&look), source.clone(), sender.clone());
                    looks.spawn(async move {
                        let answer = look.at(source, state).await;
                        let _nobody_waits = sender.send((number, answer)).await;
                    });
                    // What is said if the look ends without a word, which only a mistake of ours does.
                    Polled {
                        errors: vec!["the look at it ended without a result".to_owned()],
                        ..Polled::of(&name, "failed")
                    }
                }
                Due::Waiting { until, why } => Polled {
                    until: Timestamp::from_second(until).ok().map(|at| at.to_string()),
                    why: Some(why),
                    ..Polled::of(&source.name, "waiting")
                },
                Due::OnlyByName => Polled {
                    why: Some(format!(
                        "is read from standard input: fetch --source {}",
                        source.name
                    )),
                    ..Polled::of(&source.name, "unchanged")
                },
                Due::Gone => Polled {
                    why: Some("said 410 Gone and is not asked any more".to_owned()),
                    ..Polled::of(&source.name, "gone")
                },
            },
        );
    }
    drop((reader, sender));
    let rules = config.rules();
    while let Some((number, answer)) = answers.recv().await {
        let report = record(database, answer?, &rules, clock.unix()).await?;
        if let Some(place) = reports.get_mut(number) {
            *place = report;
        }
    }
    while looks.join_next().await.is_some() {}
    join_duplicates(database, clock.unix()).await?;
    Ok(reports)
}

/// Puts new and changed articles with those that tell the same story; safe to repeat.
///
/// After the articles are stored, in a transaction of its own: whoever comes last has seen all.
///
/// # Errors
/// When the database refuses.
pub async fn join_duplicates(database: &Database, now: i64) -> Result<(), Error> {
    let mut transaction = database.begin_write().await?;
    let moved = articles::store::clusters::join(&mut transaction, now).await?;
    database::commit(transaction).await?;
    tracing::debug!(moved, "articles were compared");
    Ok(())
}

/// What every look needs.
struct Look {
    fetcher: Fetcher,
    database: Database,
    folder: PathBuf,
    pages: usize,
    clock: Clock,
}

/// What a source said, not yet stored.
struct Answer {
    source: sources::Config,
    state: State,
    polled: sources::Polled,
    completed: Completed,
}

impl Look {
    /// Asks one source, and the pages of its articles where it leaves something out. Nothing of the
    /// database is open while the network is talked to.
    async fn at(&self, source: sources::Config, state: State) -> Result<Answer, DatabaseError> {
        let mut polled = sources::poll(&self.fetcher, &source, &self.folder, &state).await;
        let mut completed = Completed::default();
        if let sources::Polled::News(news) = &mut polled {
            completed = self.complete(&source, news).await?;
        }
        Ok(Answer {
            source,
            state,
            polled,
            completed,
        })
    }

    async fn complete(
        &self,
        source: &sources::Config,
        news: &mut News,
    ) -> Result<Completed, DatabaseError> {
        let items = &mut news.parsed.items;
        let wanted = complete::wanted(source, items);
        if wanted.is_empty() {
            return Ok(Completed::default());
        }
        let urls: Vec<_> = wanted.iter().map(|(_, url)| url.clone()).collect();
        let mut reader = self.database.reader().await?;
        let visited = sources::store::pages(&mut reader, &urls).await?;
        drop(reader);
        let wanted: Vec<_> = wanted
            .into_iter()
            .zip(visited)
            .map(|((number, url), visited)| (number, url, visited))
            .collect();
        let (most, now) = (self.pages, self.clock.unix());
        let completed =
            complete::complete_from_pages(&self.fetcher, items, &wanted, most, now).await;
        if completed.unfinished {
            // "Not modified" would hide the items whose pages are still to be asked for.
            news.validators = Validators::default();
        }
        Ok(completed)
    }
}

async fn record(
    database: &Database,
    answer: Answer,
    rules: &articles::topics::Rules,
    now: i64,
) -> Result<Polled, Error> {
    let source = &answer.source;
    let mut report = Polled::of(&source.name, "ok");
    let mut transaction = database.begin_write().await?;
    match &answer.polled {
        sources::Polled::Failed { message, .. } => {
            tracing::info!(source.name = %source.name, "a source could not be read: {message}");
            let setback = sources::schedule::setback(source, &answer.state, &answer.polled, now);
            report.status = match setback.gone_at {
                Some(_) => "gone",
                None => "failed",
            };
            sources::store::record_failure(&mut transaction, source, &setback, now).await?;
            report.errors.push(message.clone());
        }
        sources::Polled::Unchanged => {
            sources::store::record_unchanged(&mut transaction, source, now).await?;
            report.status = "unchanged";
        }
        sources::Polled::News(news) => {
            report.errors.extend(news.parsed.repaired.iter().cloned());
            report.errors.extend(answer.completed.problems);
            for item in &news.parsed.items {
                match articles::draft(item, source, rules, now) {
                    Err(rejected) => report.errors.push(rejected.to_string()),
                    Ok(draft) => {
                        let sighting =
                            articles::store::upsert(&mut transaction, &draft, now).await?;
                        match sighting {
                            articles::Sighting::New => report.new += 1,
                            articles::Sighting::Updated => report.updated += 1,
                            articles::Sighting::Unchanged => report.unchanged += 1,
                        }
                    }
                }
            }
            for (url, visit) in &answer.completed.visits {
                sources::store::record_visit(&mut transaction, url, *visit, now).await?;
            }
            sources::store::record_success(&mut transaction, source, news, now).await?;
        }
    }
    database::commit(transaction).await?;
    Ok(report)
}
