//! `courant subscribers`: the list.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use courant_subscribers::export::{self, ExportError};
use courant_subscribers::store::{subscribers, suppressions};
use courant_subscribers::{
    Added, Beginning, EmailAddress, How, NewSubscriber, Outcome, Reason, Status, Subscriber,
    Suppression, mailbox,
};
use serde::Serialize;

use super::Desk;
use super::exit::{self, Failure};
use super::lines::{lines, open};
use super::subscribers_import::Import;
use crate::clock;
use crate::config::Config;
use crate::database::{self, Database};
use crate::people;
use crate::signup;

#[derive(Debug, Subcommand)]
pub(super) enum Subscribers {
    /// Read a list from another program's export, with a verdict for every row
    Import(Import),
    /// Write the list as CSV
    Export,
    /// Show subscribers, one a line
    List(List),
    /// Everything held about one address
    Show(Who),
    /// Add one subscriber who agreed to it
    Add(Add),
    /// Never mail an address again
    Suppress(Suppress),
    /// Take a suppression back
    Unsuppress(Unsuppress),
    /// Erase a person; counts stay
    Forget(Who),
    /// Show readers without a sign of life, whom [signup.quiet] would ask, the next ones first; asks nobody
    Quiet,
    /// Judge addresses: JSON strings in, one a line; verdicts out
    Check(Check),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those who are: pending, active, unsubscribed or suppressed
    #[arg(long)]
    status: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Who {
    /// The address
    address: String,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The address
    address: String,
    /// What they are called
    #[arg(long)]
    name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Suppress {
    /// The address
    address: String,
    /// Why, for whoever asks later
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
pub(super) struct Unsuppress {
    /// The address
    address: String,
    /// Why it may be mailed again
    #[arg(long)]
    because: String,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The file; - is standard input
    file: PathBuf,
}

impl Subscribers {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        // Judging addresses needs no list.
        let this = match self {
            Self::Check(check) => return check.run(desk),
            other => other,
        };
        let (config, database) = desk.open().await?;
        match this {
            Self::Import(import) => import.run(desk, &database).await,
            Self::Export => write_csv(desk, &database).await,
            Self::List(list) => list.run(desk, &database).await,
            Self::Show(Who { address }) => show(desk, &database, &parse(&address)?).await,
            Self::Add(add) => add.run(desk, &database).await,
            Self::Suppress(suppress) => suppress.run(desk, &database).await,
            Self::Unsuppress(unsuppress) => unsuppress.run(desk, &database).await,
            Self::Forget(Who { address }) => forget(desk, &database, &parse(&address)?).await,
            Self::Quiet => quiet(desk, &config, &database).await,
            Self::Check(_) => Ok(exit::DONE),
        }
    }
}

fn parse(text: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(text)
        .map_err(|error| Failure::new(exit::USAGE, format!("\"{text}\" is no address: {error}")))
}

/// Whom sweeps ask; by the usual rules where the configuration has none.
async fn quiet(desk: &Desk, config: &Config, database: &Database) -> Result<u8, Failure> {
    let rules = config.signup.quiet.clone().unwrap_or_default();
    let mut reader = database.reader().await?;
    let now = desk.clock.unix();
    let silent = signup::quiet::silent(&mut reader, &rules, (now, i64::MAX)).await?;
    let left = signup::quiet::left(&mut reader, &rules, now).await?;
    for id in &silent {
        if let Some(person) = subscribers::find_by_id(&mut reader, *id).await? {
            desk.output.json(&person)?;
            desk.output.line(person.address.as_str());
        }
    }
    let next = i64::try_from(silent.len()).unwrap_or(i64::MAX).min(left);
    let asks = format!(
        "the next `courant run` asks {next} of them ({} a day)",
        rules.per_day
    );
    let state = match (&config.signup.quiet, rules.pause_after) {
        (None, _) => "nobody is asked without [signup.quiet] in digest.toml".to_owned(),
        (Some(_), None) => format!("{asks}; nobody is paused without pause_after"),
        (Some(_), Some(_)) => format!("{asks}; who does not answer is paused"),
    };
    desk.output.note(format!(
        "{} readers without a sign of life; {state}",
        silent.len()
    ));
    Ok(exit::DONE)
}

async fn write_csv(desk: &Desk, database: &Database) -> Result<u8, Failure> {
    let mut reader = database.reader().await?;
    match export::csv(&mut reader, std::io::stdout().lock(), desk.clock.unix()).await {
        Ok(_) => Ok(exit::DONE),
        Err(ExportError::Store(error)) => Err(error.into()),
        Err(ExportError::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(exit::DONE)
        }
        Err(ExportError::Write(error)) => Err(error.into()),
        Err(error) => Err(Failure::from_error(exit::UNEXPECTED, &error)),
    }
}

impl List {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let status = match self.status.as_deref() {
            None => None,
            Some(name) => Some(Status::parse(name).ok_or_else(|| {
                Failure::new(exit::USAGE, format!("\"{name}\" is not a status"))
                    .hint("one of: pending, active, unsubscribed, suppressed")
            })?),
        };
        let mut reader = database.reader().await?;
        let mut after = None;
        let mut count = 0;
        loop {
            let page = subscribers::list_page(&mut reader, status, after, 1000).await?;
            for person in &page {
                desk.output.json(person)?;
                desk.output.line(line(person));
            }
            count += page.len();
            match page.last() {
                Some(last) => after = Some(last.id),
                None => break,
            }
        }
        desk.output.note(format!("{count} subscribers"));
        Ok(exit::DONE)
    }
}

fn line(person: &Subscriber) -> String {
    let name = person.name.as_deref().unwrap_or_default();
    let mark = mailbox::mark(&person.address);
    let mark = mark.map(|it| format!(" ({it})")).unwrap_or_default();
    format!(
        "{:<40} {:<13} {name}{mark}",
        person.address.as_str(),
        person.status.as_str()
    )
    .trim_end()
    .to_owned()
}

async fn show(desk: &Desk, database: &Database, address: &EmailAddress) -> Result<u8, Failure> {
    let mut reader = database.reader().await?;
    let Some(held) = people::everything(&mut reader, address).await? else {
        return Err(unknown(address));
    };
    desk.output.json(&held)?;
    let words = clock::in_words(&held).and_then(|held| serde_json::to_string_pretty(&held));
    let words = words.map_err(|error| Failure::new(exit::UNEXPECTED, error.to_string()))?;
    desk.output.line(words);
    Ok(exit::DONE)
}

fn unknown(address: &EmailAddress) -> Failure {
    Failure::new(exit::NOTHING, format!("nothing is held about {address}"))
}

impl Add {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let address = parse(&self.address)?;
        let mut new = NewSubscriber::new(address.clone(), Beginning::Active, How::CommandLine)?;
        new.name = self.name;
        let mut transaction = database.begin_write().await?;
        let added = subscribers::add(&mut transaction, &new, desk.clock.unix()).await?;
        database::commit(transaction).await?;
        match added {
            Added::New(_) => {
                desk.output.json(
                    &serde_json::json!({ "address": address.as_str(), "verdict": "added" }),
                )?;
                desk.output.line(format!("added {address}"));
                Ok(exit::DONE)
            }
            Added::Existing(person) => {
                let message = format!("{address} is on the list: {}", person.status.as_str());
                Err(Failure::new(exit::NOTHING, message))
            }
            Added::Suppressed(block) => {
                let message = format!("{address} must not be mailed: {}", block.reason.as_str());
                Err(Failure::new(exit::REFUSED, message)
                    .hint("`courant subscribers unsuppress ADDRESS --because …` takes that back"))
            }
        }
    }
}

impl Suppress {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let address = parse(&self.address)?;
        let mut block = Suppression::new(&address, Reason::Manual, desk.clock.unix());
        block.note = self.note;
        let mut transaction = database.begin_write().await?;
        let outcome = suppressions::suppress(&mut transaction, &block).await?;
        database::commit(transaction).await?;
        say(desk, &address, outcome, "suppressed")
    }
}

impl Unsuppress {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let address = parse(&self.address)?;
        let now = desk.clock.unix();
        let mut transaction = database.begin_write().await?;
        let outcome =
            match suppressions::unsuppress(&mut transaction, &address, &self.because, now).await {
                Err(courant_subscribers::Error::ReasonMissing) => {
                    return Err(Failure::new(exit::USAGE, "--because says nothing")
                        .hint("why may the address be mailed again? \"wrote to us on Monday\""));
                }
                lifted => lifted?,
            };
        let person = subscribers::find_by_address(&mut transaction, &address).await?;
        database::commit(transaction).await?;
        let what = match person.map(|person| person.status) {
            Some(Status::Unsubscribed) => {
                "is blocked no more; they left, and only they can come back"
            }
            Some(Status::Pending) => "is blocked no more; they have not confirmed",
            _ => "may be mailed again",
        };
        say(desk, &address, outcome, what)
    }
}

fn say(desk: &Desk, address: &EmailAddress, outcome: Outcome, what: &str) -> Result<u8, Failure> {
    match outcome {
        Outcome::Changed => {
            desk.output
                .json(&serde_json::json!({ "address": address.as_str(), "now": what }))?;
            desk.output.line(format!("{address} {what}"));
            Ok(exit::DONE)
        }
        Outcome::Unchanged => Err(Failure::new(
            exit::NOTHING,
            format!("{address}: nothing to change"),
        )),
        Outcome::Refused(step) => Err(Failure::new(exit::REFUSED, format!("{address}: {step}"))),
        Outcome::Unknown => {
            let message = format!("nothing blocks {address}, and nothing did");
            Err(Failure::new(exit::NOTHING, message))
        }
    }
}

async fn forget(desk: &Desk, database: &Database, address: &EmailAddress) -> Result<u8, Failure> {
    let outcome = people::forget(database, address, desk.clock.unix()).await?;
    say(desk, address, outcome, "is erased")
}

#[derive(Serialize)]
struct Verdict {
    address: String,
    ok: bool,
    reason: Option<String>,
    normalised: Option<String>,
    /// An office and not a person, such as `postmaster@`.
    role: bool,
    /// A mailbox for a few minutes.
    disposable: bool,
    /// Only relays that offer SMTPUTF8 (RFC 6531) take it.
    smtputf8: bool,
}

impl Verdict {
    fn of(address: String) -> Self {
        let parsed = EmailAddress::parse(&address);
        let good = parsed.as_ref().ok();
        Self {
            ok: good.is_some(),
            reason: parsed.as_ref().err().map(ToString::to_string),
            normalised: good.map(|good| good.as_str().to_owned()),
            role: good.is_some_and(mailbox::is_role),
            disposable: good.is_some_and(mailbox::is_disposable),
            smtputf8: good.is_some_and(EmailAddress::needs_smtputf8),
            address,
        }
    }
}

impl Check {
    fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let mut refused = 0;
        for line in lines(open(&self.file)?) {
            let (_, line) = line?;
            // A line that is no JSON string is taken as it is.
            let address: String = serde_json::from_str(&line).unwrap_or_else(|_| line.clone());
            let verdict = Verdict::of(address);
            refused += u32::from(!verdict.ok);
            desk.output.json(&verdict)?;
            let words = verdict.reason.as_deref().unwrap_or("ok");
            desk.output.line(format!("{}  {words}", verdict.address));
        }
        Ok(if refused > 0 {
            exit::PARTLY
        } else {
            exit::DONE
        })
    }
}
