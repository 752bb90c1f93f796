//! The command line: talks to people in words and to programs in JSON and exit codes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::database::Database;
use crate::desk::{Act, Note};
use crate::edition::edit::Edit;
use crate::edition::{self, Digest, Edition, EditionId, Status};
use crate::links::Links;
use crate::pipeline::{self, Weight};
use crate::telemetry::{self, Verbosity};

mod agents;
mod approval;
mod articles;
mod backup;
mod bounce;
mod check;
mod demo;
mod desk;
mod desk_groups;
mod desk_tokens;
mod dkim;
mod document;
mod edition_commands;
mod edition_story;
mod edition_write;
pub mod exit;
mod extract;
mod fetch;
mod init;
mod lines;
mod output;
mod popularity;
mod progress;
mod rank;
mod report;
mod report_list;
mod send;
mod serve;
mod setup;
mod simulate;
mod source_add;
mod source_list;
mod subscribers;
mod subscribers_import;
mod test;

use exit::Failure;
use output::{Output, Style};

/// Who does what is done by command.
const WHO: &str = "command line";

/// Turns a news site's articles into an email digest, sends it, and learns from what people read.
#[derive(Debug, Parser)]
#[command(
    name = "courant",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Global {
    /// Configuration file
    #[arg(
        long,
        global = true,
        env = "COURANT_CONFIG",
        default_value = "digest.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    /// Print results as JSON: one document, or one object a line
    #[arg(long, global = true)]
    json: bool,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more (-vv: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole path on sample articles, with no configuration and no network
    Demo(demo::Demo),
    /// Write a commented digest.toml, make keys, create the database
    Init(init::Init),
    /// Poll the sources into the store
    Fetch(fetch::Fetch),
    /// Look at sources
    #[command(subcommand)]
    Source(fetch::Source),
    /// Print the readable article in one HTML page; stores nothing
    Extract(extract::Extract),
    /// Look at articles and use the editor's hand
    #[command(subcommand)]
    Articles(articles::Articles),
    /// Import what people read on the site, counted outside
    #[command(subcommand)]
    Popularity(popularity::Popularity),
    /// Show the ranking now, each score with its parts
    Rank(rank::Rank),
    /// Build, look at, approve and cancel editions
    #[command(subcommand)]
    Edition(edition_commands::Editions),
    /// Look at everything that can be wrong before a send: DNS, relay, links, size, reading, headers
    Check(check::Check),
    /// Send a test mail to any address: never counted, links change nothing
    Test(test::Test),
    /// Send what an edition still owes; safe to repeat, to kill, to run twice
    Send(send::Send),
    /// Cron's one line: fetch, build, approve, send, once per slot
    Run(send::Run),
    /// Answer readers (redirects, unsubscribe, preferences, the archive), and serve the desk
    Serve(serve::Serve),
    /// Show an edition in a browser, on this machine only
    Preview(serve::Preview),
    /// Import, list, add, suppress and forget subscribers
    #[command(subcommand)]
    Subscribers(subscribers::Subscribers),
    /// Say who made a request: a person, a privacy proxy or a scanner
    #[command(subcommand)]
    Agents(agents::Agents),
    /// Read what came back: bounces, complaints, automatic replies
    #[command(subcommand)]
    Bounce(bounce::Bounce),
    /// Say who may sign in at the desk of `serve`, and see what they did
    #[command(subcommand)]
    Desk(desk::People),
    /// Show what became of an edition
    Report(report::Report),
    /// Compare ranking policies on readers made of numbers
    Simulate(simulate::Simulate),
    /// Make the keys that sign mail, and print what the DNS has to say about them
    Dkim,
    /// Print the lines to install so that digests run by themselves
    Schedule(setup::Schedule),
    /// Write everything that is known into one file, while everything else goes on
    Backup(backup::Backup),
    /// Bring the database up to date
    Migrate,
    /// Print completions for a shell
    Completions(setup::Completions),
    /// Print the manual page
    Man,
}

/// Parses the command line, runs it, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::read();
    let quiet = cli.global.quiet;
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Debug,
    };
    telemetry::start(verbosity, environment.log.as_deref());
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::fail(&Failure::new(
                exit::UNEXPECTED,
                format!("no threads to work with: {error}"),
            ));
            return ExitCode::from(exit::UNEXPECTED);
        }
    };
    // The future is large and lives once.
    let ended = runtime.block_on(Box::pin(dispatch(cli, environment)));
    // Everything that counts was waited for. What may be left is a name that the system still looks up
    // for a request that was given up.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // Cron mails whatever is printed: a slot that is done already is no news.
            if !(quiet && failure.code == exit::NOTHING) {
                output::fail(&failure);
            }
            ExitCode::from(failure.code)
        }
    }
}

async fn dispatch(cli: Cli, environment: Environment) -> Result<u8, Failure> {
    let style = if cli.global.json {
        Style::Json
    } else {
        Style::Words
    };
    let desk = Desk {
        output: Output::new(style, cli.global.quiet),
        config: cli.global.config,
        environment,
        clock: Clock::System,
        opened: OnceLock::new(),
    };
    let ended = Box::pin(command(cli.command, &desk)).await;
    // SQLite folds its write-ahead log into the file when the last connection closes properly.
    if let Some(database) = desk.opened.get() {
        database.close().await;
    }
    ended
}

async fn command(command: Command, desk: &Desk) -> Result<u8, Failure> {
    match command {
        Command::Demo(command) => command.run(desk).await,
        Command::Init(command) => command.run(desk).await,
        Command::Fetch(command) => command.run(desk).await,
        Command::Source(command) => command.run(desk).await,
        Command::Extract(command) => command.run(desk).await,
        Command::Articles(command) => command.run(desk).await,
        Command::Popularity(command) => command.run(desk).await,
        Command::Rank(command) => command.run(desk).await,
        Command::Edition(command) => command.run(desk).await,
        Command::Check(command) => command.run(desk).await,
        Command::Test(command) => command.run(desk).await,
        Command::Send(command) => command.run(desk).await,
        Command::Run(command) => command.run(desk).await,
        Command::Serve(command) => command.run(desk).await,
        Command::Preview(command) => command.run(desk).await,
        Command::Subscribers(command) => command.run(desk).await,
        Command::Agents(command) => command.run(desk),
        Command::Bounce(command) => command.run(desk).await,
        Command::Desk(command) => command.run(desk).await,
        Command::Report(command) => command.run(desk).await,
        Command::Simulate(command) => command.run(desk),
        Command::Dkim => dkim::run(desk),
        Command::Schedule(command) => command.run(desk),
        Command::Backup(command) => command.run(desk).await,
        Command::Migrate => setup::migrate(desk).await,
        Command::Completions(command) => command.run(desk),
        Command::Man => setup::man(desk),
    }
}

/// What every command has before it.
#[derive(Debug)]
struct Desk {
    output: Output,
    config: PathBuf,
    environment: Environment,
    clock: Clock,
    opened: OnceLock<Database>,
}

impl Desk {
    fn config(&self) -> Result<Config, Failure> {
        Ok(Config::read(&self.config, self.environment.clone())?)
    }

    async fn open(&self) -> Result<(Config, Database), Failure> {
        let config = self.config()?;
        let database = open_database(&config).await?;
        let database = self.opened.get_or_init(|| database).clone();
        Ok((config, database))
    }
}

async fn open_database(config: &Config) -> Result<Database, Failure> {
    Ok(Database::open(&config.database_url()?, &config.folder).await?)
}

fn open_links(config: &Config) -> Result<Links, Failure> {
    Ok(Links::open(&config.links, &config.folder)?)
}

fn find_digest<'a>(config: &'a Config, name: &str) -> Result<&'a Digest, Failure> {
    config.digest(name).ok_or_else(|| {
        let names: Vec<_> = config
            .digest
            .iter()
            .map(|digest| digest.name.as_str())
            .collect();
        Failure::new(exit::USAGE, format!("there is no digest called \"{name}\""))
            .hint(format!("the digests are: {}", names.join(", ")))
    })
}

/// The edition of this id; without one the latest.
async fn find_edition(database: &Database, id: Option<&str>) -> Result<Edition, Failure> {
    let mut reader = database.reader().await?;
    let Some(id) = id.map(EditionId::from_text) else {
        let latest = edition::store::list(&mut reader, 1)
            .await?
            .into_iter()
            .next();
        return latest.ok_or_else(|| {
            Failure::new(exit::NOTHING, "there is no edition yet")
                .hint("`courant edition build DIGEST` builds one")
        });
    };
    edition::store::find(&mut reader, &id)
        .await?
        .ok_or_else(|| {
            Failure::new(exit::USAGE, format!("there is no edition \"{id}\""))
                .hint("`courant edition list` shows them")
        })
}

impl Desk {
    /// Changes an edition and writes that down, or shows what it would be then; an approval is taken back.
    async fn change(
        &self,
        (config, database): (&Config, &Database),
        (edition, edits, act): (&Edition, &[Edit], Act),
        is_dry: bool,
    ) -> Result<(Edition, Weight), Failure> {
        if is_dry {
            let mut changed = edition.clone();
            for edit in edits {
                changed.edit(edit).map_err(pipeline::Error::from)?;
            }
            let weight = pipeline::within_limit(config, &changed)?;
            return Ok((changed, weight));
        }
        let (by, now) = (WHO, self.clock.now());
        let changed = pipeline::change(database, config, (edition, edits), by, now).await?;
        self.note_version(database, (act, edition), &changed.0)
            .await?;
        Ok(changed)
    }

    /// Writes into the record that an edition has another version than before, if it has.
    async fn note_version(
        &self,
        database: &Database,
        (act, before): (Act, &Edition),
        changed: &Edition,
    ) -> Result<(), Failure> {
        if changed.version == before.version {
            return Ok(());
        }
        if before.status == Status::Approved && changed.status == Status::Draft {
            self.output.note(format!(
                "its approval is taken back; `courant edition approve {}` approves it as it is now",
                changed.id
            ));
        }
        let version = format!("version {}", changed.version);
        self.note(database, (act, changed), (true, &version)).await
    }

    /// Writes into the record what was done to an edition by command.
    async fn note(
        &self,
        database: &Database,
        (act, edition): (Act, &Edition),
        (done, detail): (bool, &str),
    ) -> Result<(), Failure> {
        let note = Note {
            who: WHO,
            act: act.name(),
            about: edition.id.as_str(),
            done,
            detail,
        };
        Ok(crate::desk::note(database, &note, self.clock.unix()).await?)
    }
}

/// An instant from `--at`, else now.
fn instant(at: Option<&str>, clock: &Clock) -> Result<Timestamp, Failure> {
    match at {
        None => Ok(clock.now()),
        Some(text) => text.parse().map_err(|_| {
            Failure::new(exit::USAGE, format!("\"{text}\" is not an instant"))
                .hint("write it as RFC 3339, such as 2026-11-23T07:00:00+01:00")
        }),
    }
}

/// Writes a file whole, and only if nothing is there.
fn write_new(path: &Path, text: &str) -> Result<bool, Failure> {
    create_new(path, text, 0o666)
}

/// Makes a file nobody else may read.
fn write_secret(path: &Path, text: &str) -> Result<bool, Failure> {
    create_new(path, text, 0o600)
}

fn create_new(path: &Path, text: &str, mode: u32) -> Result<bool, Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
    }
    let mut options = std::fs::File::options();
    match options.write(true).create_new(true).mode(mode).open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())
                .map_err(|error| named(path, &error))?;
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(named(path, &error)),
    }
}

fn named(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        exit::UNEXPECTED,
        format!("{} cannot be written: {error}", path.display()),
    )
}
