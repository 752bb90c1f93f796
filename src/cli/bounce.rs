//! `courant bounce`: what came back, read and acted on.
//!
//! Both commands take a file, standard input (a mail server's pipe), a folder, a Maildir or an mbox. A
//! message that cannot be understood is an answer too and ends with 0: a mail server would bounce the
//! bounce otherwise.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::edition_commands::sender;
use super::exit::{self, Failure};
use super::{Desk, instant};
use crate::config::Config;
use crate::feedback::apply::{self, Applied, Grounds, Outcome};
use crate::feedback::listener::Listener;
use crate::feedback::mailbox::{self, Mailbox};
use crate::feedback::replay;
use crate::feedback::{self, LIMIT_BYTES, Report, ReportKind};

#[derive(Debug, Subcommand)]
pub(super) enum Bounce {
    /// Say what a message is: bounce, complaint, automatic reply or nothing; stores nothing
    Classify(Messages),
    /// The same, and act on it: count failures, suppress dead addresses; safe to repeat
    Apply(Messages),
    /// Read the mailbox of [feedback.mailbox] over IMAP, and act on what is new there
    Fetch,
    /// Read the kept messages once more, and say which are judged differently today
    Replay(Replay),
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Only messages that came at this instant or later
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Do what follows; what is suppressed stays so
    #[arg(long)]
    apply: bool,
}

#[derive(Debug, Args)]
pub(super) struct Messages {
    /// The message; - is standard input, a folder is a Maildir or full of messages
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// The file holds many messages, as mbox
    #[arg(long)]
    mbox: bool,
}

/// One message and where it was.
struct Message {
    /// Its file in a folder, its number in an mbox.
    name: Option<String>,
    raw: Vec<u8>,
}

#[derive(Serialize)]
struct Answer<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    events: &'a [T],
}

impl Bounce {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        match self {
            Self::Classify(messages) => messages.classify(desk),
            Self::Apply(messages) => messages.apply(desk).await,
            Self::Fetch => fetch(desk).await,
            Self::Replay(replay) => replay.run(desk).await,
        }
    }
}

impl Messages {
    fn classify(&self, desk: &Desk) -> Result<u8, Failure> {
        let mut source = Source::open(&self.file, self.mbox)?;
        while let Some(message) = source.next(desk)? {
            let events = feedback::read(&message.raw);
            tell(desk, message.name.as_deref(), &events, words)?;
        }
        Ok(source.exit_code())
    }

    async fn apply(&self, desk: &Desk) -> Result<u8, Failure> {
        let mut source = Source::open(&self.file, self.mbox)?;
        let (config, database) = desk.open().await?;
        let grounds = grounds(&config)?;
        while let Some(message) = source.next(desk)? {
            let events = apply::apply(&database, &message.raw, &grounds, &desk.clock).await?;
            tell(desk, message.name.as_deref(), &events, told)?;
        }
        Ok(source.exit_code())
    }
}

impl Replay {
    async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let since = self.since.as_deref();
        let since = since.map(|at| instant(Some(at), &desk.clock)).transpose()?;
        let (config, database) = desk.open().await?;
        let plan = replay::Plan {
            since: since.map_or(0, jiff::Timestamp::as_second),
            act: self.apply,
        };
        let grounds = grounds(&config)?;
        let reading = replay::replay(&database, &grounds, plan, &desk.clock).await?;
        for one in &reading.found {
            desk.output.json(one)?;
            let recipient = one.report.recipient.as_deref().unwrap_or("nobody named");
            desk.output.line(format!(
                "{recipient}  {}, today {}: {}",
                one.was,
                outcome(one.outcome),
                one.because
            ));
        }
        desk.output.note(self.summary(&reading));
        Ok(exit::DONE)
    }

    fn summary(&self, reading: &replay::Reading) -> String {
        let found = reading.found.len();
        let mut told = vec![format!(
            "{} reports read again, {found} judged differently",
            reading.read
        )];
        if !self.apply && found > 0 {
            told.push("--apply does it".to_owned());
        }
        for (count, what) in [
            (
                reading.let_back,
                "about addresses that were let back in since: nothing to do",
            ),
            (
                reading.left_out,
                "left as they are: of their messages only the beginning is kept",
            ),
        ] {
            if count > 0 {
                told.push(format!("{count} {what}"));
            }
        }
        told.join("; ")
    }
}

/// What notices are judged by.
fn grounds(config: &Config) -> Result<Grounds, Failure> {
    Ok(config.grounds(super::open_links(config)?))
}

/// The mailbox of the configuration, if it names one.
pub(super) fn mailbox(config: &Config) -> Result<Option<Mailbox>, Failure> {
    let password = config.environment.imap_password.as_ref();
    let open = |mailbox| Mailbox::open(mailbox, &config.folder, password);
    let mailbox = config.feedback.mailbox.as_ref().map(open).transpose();
    mailbox.map_err(|error| Failure::from_error(exit::CONFIGURATION, &error))
}

/// The door for the mail server beside us, if the configuration wants one.
pub(super) async fn listener(config: &Config) -> Result<Option<Listener>, Failure> {
    let Some(address) = &config.feedback.listen else {
        return Ok(None);
    };
    let (sender, _) = sender(config)?;
    let mailboxes = sender.mailboxes().map(str::to_owned);
    let listener = Listener::open(address, mailboxes).await;
    listener
        .map(Some)
        .map_err(|error| Failure::from_error(exit::CONFIGURATION, &error))
}

async fn fetch(desk: &Desk) -> Result<u8, Failure> {
    let (config, database) = desk.open().await?;
    let Some(mailbox) = mailbox(&config)? else {
        return Err(
            Failure::new(exit::CONFIGURATION, "digest.toml names no mailbox to read")
                .hint("[feedback.mailbox] with host, user and password_file"),
        );
    };
    let grounds = grounds(&config)?;
    let told = RefCell::new(Vec::new());
    let read = mailbox
        .read(&async |raw: Vec<u8>| {
            let events = apply::apply(&database, &raw, &grounds, &desk.clock).await?;
            told.borrow_mut().push(events);
            Ok(())
        })
        .await;
    // What was done before a failure was done.
    for events in told.into_inner() {
        tell(desk, None, &events, self::told)?;
    }
    match read {
        Ok(count) => {
            desk.output.note(format!("{count} messages read"));
            Ok(exit::DONE)
        }
        Err(mailbox::Error::Act(error)) => Err(error.into()),
        Err(error) => {
            let code = match error {
                mailbox::Error::Unreachable(..) => exit::LATER,
                _ => exit::CONFIGURATION,
            };
            Err(Failure::from_error(code, &error))
        }
    }
}

fn tell<T: Serialize>(
    desk: &Desk,
    file: Option<&str>,
    events: &[T],
    words: fn(&T) -> String,
) -> Result<(), Failure> {
    desk.output.json(&Answer { file, events })?;
    for event in events {
        desk.output.line(words(event));
    }
    Ok(())
}

fn words(report: &Report) -> String {
    let recipient = report.recipient.as_deref().unwrap_or("nobody named");
    let strength = match (report.kind, report.hard) {
        (ReportKind::Bounce, true) => " (hard)",
        _ => "",
    };
    let status = report.status.as_deref().unwrap_or_default();
    let line = format!(
        "{recipient}  {}{strength}  {}  {status}  {}",
        report.kind.name(),
        report.reason.name(),
        report.diagnostic
    );
    line.trim_end().to_owned()
}

fn told(applied: &Applied) -> String {
    let recipient = applied
        .report
        .recipient
        .as_deref()
        .unwrap_or("nobody named");
    format!(
        "{recipient}  {}: {}",
        outcome(applied.outcome),
        applied.because
    )
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Suppressed => "suppressed",
        Outcome::SuppressedBefore => "was suppressed before",
        Outcome::Counted => "counted",
        Outcome::Left => "left",
        Outcome::Alarm => "ALARM",
        Outcome::Ignored => "ignored",
        Outcome::Known => "known",
    }
}

/// Where messages come from, one after the other.
struct Source {
    from: From,
    failed: bool,
}

enum From {
    One(Option<Box<dyn Read>>),
    Files(std::vec::IntoIter<PathBuf>),
    Mbox(Mbox),
}

impl Source {
    fn open(path: &Path, mbox: bool) -> Result<Self, Failure> {
        let from = if path == Path::new("-") {
            Self::stream(Box::new(std::io::stdin()), mbox)
        } else if path.is_dir() {
            From::Files(files(path)?.into_iter())
        } else {
            let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
            Self::stream(Box::new(file), mbox)
        };
        Ok(Self {
            from,
            failed: false,
        })
    }

    fn stream(reader: Box<dyn Read>, mbox: bool) -> From {
        if mbox {
            From::Mbox(Mbox::new(reader))
        } else {
            From::One(Some(reader))
        }
    }

    fn next(&mut self, desk: &Desk) -> Result<Option<Message>, Failure> {
        match &mut self.from {
            From::One(reader) => {
                let Some(reader) = reader.take() else {
                    return Ok(None);
                };
                let raw =
                    whole(reader).map_err(|error| unreadable(Path::new("message"), &error))?;
                if is_mbox(&raw) {
                    desk.output.note(
                        "this looks like an mbox of several messages, and was read as one; --mbox reads each",
                    );
                }
                Ok(Some(Message { name: None, raw }))
            }
            From::Files(files) => {
                for path in files.by_ref() {
                    let name = Some(path.display().to_string());
                    match std::fs::File::open(&path).and_then(|file| whole(Box::new(file))) {
                        Ok(raw) => return Ok(Some(Message { name, raw })),
                        Err(error) => {
                            self.failed = true;
                            desk.output
                                .note(format!("{} cannot be read: {error}", path.display()));
                        }
                    }
                }
                Ok(None)
            }
            From::Mbox(mbox) => mbox
                .next()
                .map_err(|error| unreadable(Path::new("mbox"), &error)),
        }
    }

    fn exit_code(&self) -> u8 {
        if self.failed {
            exit::PARTLY
        } else {
            exit::DONE
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        exit::USAGE,
        format!("{} cannot be read: {error}", path.display()),
    )
}

/// A message as far as it is looked at; the rest is read and dropped, so that no pipe breaks.
fn whole(reader: Box<dyn Read>) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let limit = u64::try_from(LIMIT_BYTES).unwrap_or(u64::MAX);
    let mut limited = reader.take(limit);
    limited.read_to_end(&mut raw)?;
    std::io::copy(&mut limited.into_inner(), &mut std::io::sink())?;
    Ok(raw)
}

/// Whether another message begins somewhere behind the first as an mbox separates them.
fn is_mbox(raw: &[u8]) -> bool {
    let separates = |line: &[u8]| {
        let line = String::from_utf8_lossy(line.trim_ascii_end());
        line.strip_prefix("From ")
            .and_then(|rest| rest.get(rest.len().checked_sub(4)?..))
            .is_some_and(|year| year.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut lines = raw.split(|byte| *byte == b'\n');
    if !lines.next().is_some_and(separates) {
        return false;
    }
    let mut is_blank = false;
    lines.any(|line| {
        std::mem::replace(&mut is_blank, line.trim_ascii().is_empty()) && separates(line)
    })
}

/// Messages of a folder by name; of a Maildir those in `new` and `cur`.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let inner: Vec<PathBuf> = ["new", "cur"]
        .iter()
        .map(|name| folder.join(name))
        .filter(|path| path.is_dir())
        .collect();
    let folders = if inner.is_empty() {
        vec![folder.to_owned()]
    } else {
        inner
    };
    let mut files = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Messages of an mbox: each begins with a "From " line behind an empty one.
struct Mbox {
    reader: BufReader<Box<dyn Read>>,
    begun: Vec<u8>,
    number: u64,
    ended: bool,
}

/// Longest piece of a line that is read at once.
const PIECE_BYTES: u64 = 65_536;

impl Mbox {
    fn new(reader: Box<dyn Read>) -> Self {
        Self {
            reader: BufReader::new(reader),
            begun: Vec::new(),
            number: 0,
            ended: false,
        }
    }

    fn next(&mut self) -> std::io::Result<Option<Message>> {
        let mut raw = std::mem::take(&mut self.begun);
        let mut blank = raw.is_empty();
        while !self.ended {
            let mut piece = Vec::new();
            let read = self
                .reader
                .by_ref()
                .take(PIECE_BYTES)
                .read_until(b'\n', &mut piece)?;
            if read == 0 {
                self.ended = true;
                break;
            }
            if blank && is_envelope_line(&piece) && !raw.is_empty() {
                self.begun = piece;
                break;
            }
            blank = piece.trim_ascii().is_empty();
            if raw.len() < LIMIT_BYTES {
                raw.extend_from_slice(&piece);
            }
        }
        if raw.trim_ascii().is_empty() {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Message {
            name: Some(self.number.to_string()),
            raw,
        }))
    }
}

/// `From ann@example.org Mon Nov 23 07:00:00 2026`; prose has no time of day in such a place.
fn is_envelope_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") && line.len() < 200 && line.contains(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mbox_comes_apart_at_its_from_lines() {
        let text = "From a Mon 1:00\nSubject: 1\n\nFrom here on\n>From x\n\nFrom b Tue 2:00\nSubject: 2\n\nbody\n";
        let mut mbox = Mbox::new(Box::new(text.as_bytes()));
        let mut found = Vec::new();
        while let Some(message) = mbox.next().unwrap() {
            found.push(String::from_utf8(message.raw).unwrap());
        }
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].contains("Subject: 2"));
        let mut empty = Mbox::new(Box::new(&b""[..]));
        assert!(empty.next().unwrap().is_none());
    }
}
