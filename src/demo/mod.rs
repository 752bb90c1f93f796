//! The whole path on embedded samples: no configuration, no network, nothing to install.
//!
//! Everything is the real thing but its surroundings: the feeds are files of an invented magazine,
//! the relay is a small SMTP server in this process, the readers are a few rules that press links over
//! HTTP. Two editions, a day apart; what the readers pressed in the first changes the second.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::database::{self, Database, Error as DatabaseError};
use crate::delivery::compose::{Purpose, Sender, nobody};
use crate::delivery::{self, Composer, Plan, Progress};
use crate::edition::select::candidate;
use crate::edition::slates::Variant;
use crate::edition::{self, Edition, Step};
use crate::http::{Preview, State};
use crate::links::Links;
use crate::pipeline::{self, Built, Which};
use crate::ranking;
use crate::secret::Secret;
use crate::serve;

mod readers;
mod samples;
mod sink;

/// What the demonstration did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Folder with feeds, mails, pages and the database.
    pub folder: PathBuf,
    /// Both editions.
    pub editions: Vec<EditionReport>,
    /// What moved in the second ranking because of the first edition's clicks, in words.
    pub moved: Vec<String>,
    /// The first edition, to look at.
    #[serde(skip)]
    pub preview: Option<Preview>,
}

/// One edition of the demonstration.
#[derive(Debug, Clone, Serialize)]
pub struct EditionReport {
    /// Its id.
    pub edition: String,
    /// Its subject.
    pub subject: String,
    /// New articles the sources had.
    pub new_articles: u64,
    /// Articles in it.
    pub articles: usize,
    /// Messages the relay accepted.
    pub accepted: u64,
    /// Readers who opened it.
    pub opens: u64,
    /// Links pressed by people.
    pub clicks: u64,
    /// Links followed by a scanner, and not counted.
    pub scanned: u64,
    /// The first stories in order.
    pub top: Vec<String>,
    /// Files to open.
    pub files: Vec<PathBuf>,
}

/// Runs the demonstration in `folder`, telling `say` what happens.
///
/// # Errors
/// When the folder cannot be written or a step fails.
pub async fn run(folder: &Path, say: &(dyn Fn(&str) + Sync)) -> Result<Report, Error> {
    let stage = Stage::set(folder).await?;
    let result = stage.play(say).await;
    stage.stop.cancel();
    stage.database.close().await;
    result
}

/// An edition that is out.
struct Issued {
    edition: Edition,
    mails: Vec<sink::Mail>,
    new_articles: u64,
    accepted: u64,
}

struct Stage {
    folder: PathBuf,
    config: Config,
    database: Database,
    links: Links,
    clock: Clock,
    sink: Arc<sink::Sink>,
    state: State,
    stop: CancellationToken,
    first_at: Timestamp,
}

impl Stage {
    async fn set(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder.join("feeds"))?;
        fs::create_dir_all(folder.join("pictures"))?;
        for (name, bytes) in samples::PICTURES {
            fs::write(folder.join("pictures").join(name), bytes)?;
        }
        let stop = CancellationToken::new();
        let sink = sink::Sink::start(stop.clone()).await?;
        let (listener, address) = serve::listen("127.0.0.1:0").await?;
        let text = samples::CONFIG
            .replace("{base_url}", &format!("http://{address}"))
            .replace("{smtp_port}", &sink.port().to_string());
        fs::write(folder.join("digest.toml"), &text)?;
        fs::create_dir_all(folder.join("keys"))?;
        let key = Links::new_key();
        fs::write(folder.join("keys/links.key"), &key)?;
        let config = Config::read(&folder.join("digest.toml"), Environment::default())?;
        let database = Database::open(&config.database_url()?, folder).await?;
        let links = Links::new(&config.links.base_url, &Secret::new(&key))?;
        // Seven o'clock, UTC, of two days whose readers have read by now: nothing is dated ahead.
        let now = Clock::System.now();
        let slot = config
            .digest
            .first()
            .ok_or(Error::Sample)?
            .schedule()?
            .slot(now - 24.hours())?;
        let first_at = slot.begins - 24.hours();
        let clock = Clock::fixed(first_at);
        let state = State::new(
            database.clone(),
            config.clone(),
            links.clone(),
            clock.clone(),
        )?;
        tokio::spawn(serve::serve(listener, state.clone(), stop.clone()));
        let folder = folder.to_owned();
        Ok(Self {
            folder,
            config,
            database,
            links,
            clock,
            sink,
            state,
            stop,
            first_at,
        })
    }

    async fn play(&self, say: &(dyn Fn(&str) + Sync)) -> Result<Report, Error> {
        self.subscribe().await?;
        say("Day one: three feeds, 24 readers, and nothing known about either.");
        let issued = self.issue(&samples::DAY_ONE, say).await?;
        let edition = issued.edition.clone();
        let first = self.read(issued, say).await?;
        self.clock.set(self.first_at + 24.hours());
        say("\nDay two: new stories, and what the readers pressed yesterday.");
        let issued = self.issue(&samples::DAY_TWO, say).await?;
        let moved = self.moved().await?;
        say("  What moved in today's ranking because of yesterday's clicks:");
        for words in &moved {
            say(&format!("    {words}"));
        }
        let second = self.read(issued, say).await?;
        let preview = Some(self.preview(edition)?);
        Ok(Report {
            folder: self.folder.clone(),
            editions: vec![first, second],
            moved,
            preview,
        })
    }

    async fn subscribe(&self) -> Result<(), Error> {
        use courant_subscribers::import;
        let rows = import::read(samples::READERS.as_bytes()).map_err(|_| Error::Sample)?;
        let options = import::Options {
            file: "readers.csv".to_owned(),
            listed: import::Listed::Remarkable,
        };
        let mut transaction = self.database.begin_write().await?;
        import::apply(&mut transaction, rows, &options, self.clock.unix())
            .await
            .map_err(DatabaseError::from)?;
        database::commit(transaction).await?;
        Ok(())
    }

    /// Polls a day's feeds, builds the edition, sends it.
    async fn issue(
        &self,
        feeds: &[(&str, &str)],
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<Issued, Error> {
        let now = self.clock.now();
        for (name, text) in feeds {
            fs::write(
                self.folder.join("feeds").join(name),
                samples::dated(text, now),
            )?;
        }
        let digest = self.config.digest.first().ok_or(Error::Sample)?;
        let polled = pipeline::fetch(&self.database, &self.config, &self.clock, Which::Due).await?;
        let new_articles = polled.iter().map(|source| source.new).sum();
        let built = pipeline::build(&self.database, &self.config, digest, now, false).await?;
        let (Built::New(edition) | Built::Existing(edition)) = built else {
            return Err(Error::Sample);
        };
        let step = pipeline::take_step(&self.database, &edition, Step::Approve, now).await?;
        let edition = Edition {
            status: step.ok_or(Error::Sample)?,
            ..edition
        };
        say(&format!(
            "  {new_articles} new articles; built {}: “{}”",
            edition.id, edition.subject
        ));
        for entry in edition.own().take(4) {
            say(&format!("    {}. {}", entry.position, entry.article.title));
        }
        let summary = self.send(&edition).await?;
        let mails = self.sink.take();
        say(&format!(
            "  sent over SMTP: {} messages in {:.1} s, each with its own Message-ID",
            summary.accepted, summary.seconds
        ));
        Ok(Issued {
            edition,
            mails,
            new_articles,
            accepted: summary.accepted,
        })
    }

    /// Lets the readers read, and keeps the files.
    async fn read(
        &self,
        issued: Issued,
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<EditionReport, Error> {
        let Issued {
            edition,
            mails,
            new_articles,
            accepted,
        } = issued;
        let pressed = readers::read(&mails, &edition, &self.links, &self.clock).await;
        self.state.flush().await;
        say(&format!(
            "  {} readers opened it, {} links pressed; a scanner followed {} more, which do not count",
            pressed.opens, pressed.clicks, pressed.scanned
        ));
        let files = self.keep(&edition, &mails)?;
        let report = EditionReport {
            edition: edition.id.to_string(),
            subject: edition.subject.clone(),
            new_articles,
            articles: edition.own().count(),
            accepted,
            opens: pressed.opens,
            clicks: pressed.clicks,
            scanned: pressed.scanned,
            top: edition
                .own()
                .take(6)
                .map(|entry| entry.article.title.clone())
                .collect(),
            files,
        };
        Ok(report)
    }

    fn composer(&self, edition: Edition) -> Result<Composer, Error> {
        let sender = Sender::parse(&self.config.delivery)?;
        let theme = self.config.theme.clone();
        Ok(Composer::new(
            edition,
            theme,
            self.links.clone(),
            sender,
            self.clock.clone(),
        ))
    }

    async fn send(&self, edition: &Edition) -> Result<delivery::Summary, Error> {
        let now = self.clock.now();
        let edition = pipeline::enqueue(&self.database, &self.config, edition.clone(), now).await?;
        let plan = Plan {
            composer: self.composer(edition)?,
            transport: self
                .config
                .delivery
                .open_transport(&self.folder, None)
                .map_err(delivery::Error::from)?,
            config: self.config.delivery.clone(),
            journal: self.folder.join("journal"),
            limit: None,
            clock: self.clock.clone(),
        };
        Ok(delivery::send(&self.database, plan, &self.stop, &mut Silent).await?)
    }

    /// Writes every mail as `.eml`, and one reader's copy as `.html` and `.txt`.
    fn keep(&self, edition: &Edition, mails: &[sink::Mail]) -> Result<Vec<PathBuf>, Error> {
        let folder = self.folder.join(edition.id.as_str());
        fs::create_dir_all(&folder)?;
        for mail in mails {
            fs::write(
                folder.join(format!("{}.eml", mail.file_name())),
                &mail.bytes,
            )?;
        }
        let page = self.preview(edition.clone())?;
        let (html, text) = (folder.with_extension("html"), folder.with_extension("txt"));
        fs::write(&html, page.html)?;
        fs::write(&text, page.text)?;
        Ok(vec![folder, html, text])
    }

    /// One copy with the magazine's pictures beside it, since its site does not exist.
    fn preview(&self, edition: Edition) -> Result<Preview, Error> {
        let address = courant_subscribers::EmailAddress::parse("reader@example.org")
            .map_err(|_| Error::Sample)?;
        let composer = self.composer(edition)?;
        let recipient = nobody(address, &self.clock);
        // The same checks as for a real mail.
        composer.mail(&recipient, &Variant::default(), Purpose::Test)?;
        let rendered = composer.rendered(&recipient, &Variant::default());
        let html = rendered.html.unwrap_or_default();
        Ok(Preview {
            html: html.replace("https://www.ellerfold.example/pictures/", "pictures/"),
            text: rendered.text,
            pictures: samples::PICTURES.to_vec(),
        })
    }

    /// Today's ranking with yesterday's clicks against the same without them.
    async fn moved(&self) -> Result<Vec<String>, Error> {
        let digest = self.config.digest.first().ok_or(Error::Sample)?;
        let mut reader = self.database.reader().await?;
        // As it was when today's edition was chosen, before it was out itself.
        let at = self.clock.now() - 1.second();
        let after = pipeline::rank(&mut reader, &self.config, digest, at).await?;
        let first =
            edition::EditionId::of(&digest.name, digest.schedule()?.slot(self.first_at)?.date);
        let had = edition::store::find(&mut reader, &first)
            .await?
            .ok_or(Error::Sample)?;
        let fresh: Vec<_> = after
            .articles
            .iter()
            .filter(|article| {
                !had.entries
                    .iter()
                    .any(|entry| entry.article.id == article.id)
            })
            .collect();
        let candidates: Vec<_> = fresh.iter().map(|article| candidate(article)).collect();
        let unlearned = ranking::estimate(&[], &[], 0.0, &self.config.ranking);
        let now = at.as_second();
        let before = ranking::rank(&candidates, &unlearned, now, &self.config.ranking);
        let with = ranking::rank(&candidates, &after.estimates, now, &self.config.ranking);
        let movements = ranking::movement(&before, &with, &candidates, &after.estimates);
        let title = |story: &str| {
            let found = fresh.iter().find(|article| article.id.as_str() == story);
            found.map_or(String::new(), |article| article.title.clone())
        };
        Ok(movements
            .iter()
            .take(6)
            .map(|moved| format!("“{}” {}", title(&moved.story), moved.words))
            .collect())
    }
}

struct Silent;

impl Progress for Silent {
    fn begins(&mut self, _owed: u64) {}
    fn settled(&mut self, _count: u64) {}
    fn ends(&mut self) {}
}

/// Why the demonstration stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a socket.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The samples do not fit the program any more.
    #[error("the embedded samples do not fit this program")]
    Sample,
    /// The embedded configuration has a mistake.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Links cannot be made.
    #[error(transparent)]
    Links(#[from] crate::links::Error),
    /// The list of networks cannot be read.
    #[error(transparent)]
    Unready(#[from] crate::http::Unready),
    /// An edition's rules were broken.
    #[error(transparent)]
    Edition(#[from] edition::Error),
    /// A step before sending failed.
    #[error(transparent)]
    Pipeline(#[from] pipeline::Error),
    /// A message cannot be written.
    #[error(transparent)]
    Compose(#[from] delivery::compose::Error),
    /// Sending failed.
    #[error(transparent)]
    Delivery(#[from] delivery::Error),
}
