//! `courant subscribers import`: a list from elsewhere, read in one thread and written in another.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use clap::{Args, ValueEnum};
use courant_subscribers::import::{
    self, ImportError, Importer, Layout, Listed, Options, Outcome, Row, RowVerdict, Verdict,
};
use serde::Serialize;
use tokio::sync::mpsc;

use super::Desk;
use super::exit::{self, Failure};
use super::lines::open;
use crate::database::{self, Database};

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Told from the header
    Auto,
    /// An audience export of Mailchimp
    Mailchimp,
    /// Substack
    Substack,
    /// Ghost
    Ghost,
    /// Beehiiv
    Beehiiv,
    /// listmonk
    Listmonk,
    /// Buttondown
    Buttondown,
    /// Columns by name: email, name, status, digests, format
    Csv,
    /// JSON objects, one a line or in one array
    Jsonl,
}

impl From<Format> for Layout {
    fn from(format: Format) -> Self {
        match format {
            Format::Auto => Self::Auto,
            Format::Mailchimp => Self::Mailchimp,
            Format::Substack => Self::Substack,
            Format::Ghost => Self::Ghost,
            Format::Beehiiv => Self::Beehiiv,
            Format::Listmonk => Self::Listmonk,
            Format::Buttondown => Self::Buttondown,
            Format::Csv => Self::Csv,
            Format::Jsonl => Self::Json,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file; - is standard input
    file: PathBuf,
    /// Say what would happen, change nothing
    #[arg(long)]
    dry_run: bool,
    /// Its layout
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
}

/// Rows given to the database at a time; all of a file are one transaction.
const ROWS_AT_ONCE: usize = 50_000;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    outcome: Outcome,
    dry_run: bool,
    columns_ignored: Vec<String>,
}

impl Import {
    pub(super) async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let name = self
            .file
            .file_name()
            .map_or("standard input".into(), |name| name.to_string_lossy());
        let reading = Reading::begin(&self.file, self.format.into())?;
        let ignored = Arc::clone(&reading.ignored);
        let outcome = self.apply(desk, database, reading, &name).await?;
        let columns_ignored = ignored.get().cloned().unwrap_or_default();
        if !columns_ignored.is_empty() {
            desk.output.note(format!(
                "columns that mean nothing here: {}; should one of them say who may not be mailed, call it \"status\"",
                columns_ignored.join(", ")
            ));
        }
        let report = Report {
            outcome,
            dry_run: self.dry_run,
            columns_ignored,
        };
        desk.output.document(&report)?;
        let outcome = &report.outcome;
        for row in &outcome.rows {
            // Without a word about what went as it should.
            if row.verdict == Verdict::Refused || !desk.output.is_quiet() {
                desk.output.line(line(row));
            }
        }
        let would = if self.dry_run {
            "nothing was changed; it would be: "
        } else {
            ""
        };
        desk.output.line(format!(
            "{would}{} added, {} updated, {} unchanged, {} refused, {} suppressed",
            outcome.added, outcome.updated, outcome.unchanged, outcome.refused, outcome.suppressed
        ));
        Ok(if outcome.refused > 0 {
            exit::PARTLY
        } else {
            exit::DONE
        })
    }

    /// All of the file or nothing: one transaction, and a dry run takes it back.
    async fn apply(
        &self,
        desk: &Desk,
        database: &Database,
        mut reading: Reading,
        name: &str,
    ) -> Result<Outcome, Failure> {
        let now = desk.clock.unix();
        let mut importer = Importer::new(&Options {
            file: name.to_owned(),
            listed: if desk.output.is_json() {
                Listed::All
            } else {
                Listed::Remarkable
            },
        });
        let mut outcome = Outcome::default();
        let mut progress = desk.output.reading(reading.total);
        let mut rows = 0;
        let mut writer = database.bulk_writer().await?;
        // Nobody else writes until the end: not while a slow pipe has not said anything.
        let mut next = reading.parts.recv().await;
        let mut transaction = writer.begin().await?;
        while let Some(part) = next {
            let part = part.map_err(|error| self.unreadable(&error))?;
            rows += u64::try_from(part.len()).unwrap_or_default();
            let done = importer.apply(&mut transaction, part, now).await?;
            outcome.append(done);
            progress.at(reading.read.load(Ordering::Relaxed), rows);
            next = reading.parts.recv().await;
        }
        let done = importer.finish(&mut transaction, now).await?;
        outcome.append(done);
        progress.ends();
        if self.dry_run {
            transaction
                .rollback()
                .await
                .map_err(database::Error::from)?;
        } else {
            database::commit(transaction).await?;
        }
        Ok(outcome)
    }

    fn unreadable(&self, error: &ImportError) -> Failure {
        if let ImportError::Broken(_) = error {
            return Failure::new(
                exit::REFUSED,
                format!("{}: {error}; nothing was imported", self.file.display()),
            )
            .hint("export the list again, or end the file where it breaks off");
        }
        Failure::new(exit::REFUSED, format!("{}: {error}", self.file.display()))
            .hint("the first line names the columns; one of them must be \"email\"")
    }
}

fn line(row: &RowVerdict) -> String {
    let reason = row.reason.as_deref().unwrap_or_default();
    format!(
        "line {}: {} {}: {reason}",
        row.line, row.address, row.verdict
    )
}

/// Rows of a file, or why there are no more.
type Part = Result<Vec<Row>, ImportError>;

/// A file being read by a thread of its own.
struct Reading {
    parts: mpsc::Receiver<Part>,
    /// Bytes read so far.
    read: Arc<AtomicU64>,
    /// Bytes of the file; nothing for a pipe.
    total: Option<u64>,
    /// Columns that mean nothing to us; known before the first rows come.
    ignored: Arc<OnceLock<Vec<String>>>,
}

impl Reading {
    fn begin(file: &Path, layout: Layout) -> Result<Self, Failure> {
        let open = open(file)?;
        let total = std::fs::metadata(file).ok();
        let total = total
            .filter(std::fs::Metadata::is_file)
            .map(|data| data.len());
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            file: open,
            read: Arc::clone(&read),
        };
        let (sender, parts) = mpsc::channel(1);
        let ignored = Arc::new(OnceLock::new());
        let told = Arc::clone(&ignored);
        std::thread::spawn(move || send_parts(counted, layout, (&sender, &told)));
        Ok(Self {
            parts,
            read,
            total,
            ignored,
        })
    }
}

fn send_parts(
    file: impl Read,
    layout: Layout,
    (sender, ignored): (&mpsc::Sender<Part>, &OnceLock<Vec<String>>),
) {
    let mut rows = match import::read_as(file, layout) {
        Ok(rows) => rows,
        Err(error) => {
            let _nobody_listens = sender.blocking_send(Err(error));
            return;
        }
    };
    ignored.get_or_init(|| rows.ignored());
    loop {
        let part: Vec<Row> = rows.by_ref().take(ROWS_AT_ONCE).collect();
        // Nothing of a list that ends in the middle: who left may stand in the rest.
        if let Some(broken) = rows.broken() {
            let _nobody_listens = sender.blocking_send(Err(ImportError::Broken(broken.clone())));
            return;
        }
        if part.is_empty() || sender.blocking_send(Ok(part)).is_err() {
            return;
        }
    }
}

/// A reader that says how far it is.
struct Counted<R> {
    file: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        let bytes = u64::try_from(count).unwrap_or_default();
        self.read.fetch_add(bytes, Ordering::Relaxed);
        Ok(count)
    }
}
