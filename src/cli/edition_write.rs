//! `courant edition write`: what an editor says in an edition.

use clap::Args;
use serde::Serialize;

use super::exit::{self, Failure};
use super::{Desk, find_edition};
use crate::database;
use crate::edition::{Edition, Note, Notice, Status, store};

#[derive(Debug, Args)]
pub(super) struct Write {
    /// The edition's id; the latest if not given
    id: Option<String>,
    /// Subject line of every copy; at most 60 characters are read
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Preview line of every copy; 40 to 110 characters
    #[arg(long, value_name = "TEXT")]
    preheader: Option<String>,
    /// A service sentence above the lead, its first sentence in bold; "" takes it out
    #[arg(long, value_name = "TEXT")]
    notice: Option<String>,
    /// The editor's note, at most 60 words, with links as [words](https://...); "" takes it out
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Greeting of the note; without it the usual one of the language
    #[arg(long, value_name = "TEXT", requires = "note")]
    hello: Option<String>,
    /// Who wrote the note
    #[arg(long, value_name = "TEXT", requires = "note")]
    by: Option<String>,
    /// Show what would change, store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Written<'a> {
    edition: &'a str,
    subject: &'a str,
    preheader: &'a str,
    notice: Option<&'a Notice>,
    note: Option<&'a Note>,
}

impl Write {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (_, database) = desk.open().await?;
        let mut edition = find_edition(&database, self.id.as_deref()).await?;
        if !matches!(edition.status, Status::Draft | Status::Approved) {
            let message = format!(
                "{} is {}: what is on its way cannot be rewritten",
                edition.id,
                edition.status.name()
            );
            return Err(Failure::new(exit::REFUSED, message));
        }
        if self.has_nothing() {
            let message = "nothing to write was given";
            return Err(Failure::new(exit::USAGE, message)
                .hint("--subject, --preheader, --notice or --note"));
        }
        self.put_into(&mut edition)?;
        if !self.dry_run {
            let mut transaction = database.begin_write().await?;
            let stored = store::write(&mut transaction, &edition).await?;
            database::commit(transaction).await?;
            if !stored {
                let message = format!("{} has just changed", edition.id);
                return Err(Failure::new(exit::LATER, message).hint("run the same command again"));
            }
        }
        report(desk, &edition)
    }

    fn has_nothing(&self) -> bool {
        [&self.subject, &self.preheader, &self.notice, &self.note]
            .into_iter()
            .all(Option::is_none)
    }

    fn put_into(&self, edition: &mut Edition) -> Result<(), Failure> {
        if let Some(subject) = one_line("--subject", self.subject.as_deref())? {
            edition.frame.written.subject = true;
            edition.subject = subject;
        }
        if let Some(preheader) = one_line("--preheader", self.preheader.as_deref())? {
            edition.frame.written.preheader = true;
            edition.preheader = preheader;
        }
        if let Some(notice) = &self.notice {
            edition.frame.notice = Notice::parse(&plain("--notice", notice)?).map(Box::new);
        }
        if let Some(note) = &self.note {
            let text = plain("--note", note)?;
            let own = |flag, text: &Option<String>| match text {
                Some(text) => plain(flag, text).map(|text| Some(text).filter(|it| !it.is_empty())),
                None => Ok(None),
            };
            let (hello, by) = (own("--hello", &self.hello)?, own("--by", &self.by)?);
            edition.frame.note = (!text.is_empty()).then(|| Box::new(Note { hello, text, by }));
        }
        Ok(())
    }
}

/// One line that is not empty: a mail without a subject is lost among others.
fn one_line(flag: &str, text: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let text = plain(flag, text)?;
    if text.is_empty() {
        return Err(Failure::new(exit::USAGE, format!("{flag} is empty")));
    }
    Ok(Some(text))
}

/// White space becomes single spaces; control characters, which could begin a header, are refused.
fn plain(flag: &str, text: &str) -> Result<String, Failure> {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().any(char::is_control) {
        return Err(Failure::new(
            exit::USAGE,
            format!("{flag} has a control character in it"),
        ));
    }
    Ok(line)
}

fn report(desk: &Desk, edition: &Edition) -> Result<u8, Failure> {
    let frame = &edition.frame;
    desk.output.json(&Written {
        edition: edition.id.as_str(),
        subject: &edition.subject,
        preheader: &edition.preheader,
        notice: frame.notice.as_deref(),
        note: frame.note.as_deref(),
    })?;
    let out = &desk.output;
    out.line(format!("{}  {}", edition.id, edition.status.name()));
    out.line(format!("subject    {}", edition.subject));
    out.line(format!("preheader  {}", edition.preheader));
    if let Some(notice) = &frame.notice {
        out.line(format!("notice     {} {}", notice.bold, notice.text));
    }
    if let Some(note) = &frame.note {
        out.line(format!("note       {}", note.text));
        let words = note.text.split_whitespace().count();
        if words > 60 {
            out.note(format!(
                "the note has {words} words; over 60 push the news off a phone's first screen"
            ));
        }
    }
    let letters = edition.subject.chars().count();
    if letters > 60 {
        out.note(format!(
            "the subject has {letters} characters; mail programs cut it at about 60"
        ));
    }
    Ok(exit::DONE)
}
