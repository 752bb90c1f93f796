//! `courant desk token`, `tokens`, `revoke`, `openapi`: how programs come to the desk.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::desk::{named, nobody, noted};
use super::exit::{self, Failure};
use super::{Desk, open_links};
use crate::database::{self, Database};
use crate::desk::{store, tokens};
use crate::http::api;

const DAY: i64 = 86_400;

#[derive(Debug, Args)]
pub(super) struct Token {
    /// Whose it is: it may what they may
    name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    label: String,
    /// After how many days it ends
    #[arg(long, value_name = "N", default_value_t = tokens::USUAL_DAYS,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(tokens::MOST_DAYS)))]
    days: u32,
}

#[derive(Debug, Args)]
#[group(id = "which", required = true, multiple = false)]
pub(super) struct Which {
    /// The one with this label
    #[arg(long, value_name = "TEXT", group = "which")]
    label: Option<String>,
    /// All of theirs
    #[arg(long, group = "which")]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// Whose it is
    name: String,
    #[command(flatten)]
    which: Which,
}

fn day(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

fn label(text: &str) -> Result<String, Failure> {
    tokens::label(text).ok_or_else(|| {
        let message = format!("\"{}\" cannot be a label", text.escape_debug());
        Failure::new(exit::USAGE, message).hint("1 to 60 characters on one line")
    })
}

impl Token {
    pub(super) async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let (name, label) = (named(&self.name)?, label(&self.label)?);
        let mut reader = database.reader().await?;
        let found = store::person(&mut reader, &name).await?;
        drop(reader);
        let (person, _) = found.ok_or_else(|| nobody(&name))?;
        let now = desk.clock.unix();
        let expires = now + i64::from(self.days) * DAY;
        let whose = (&person, label.as_str());
        let Some(token) = tokens::issue(database, whose, (now, expires)).await? else {
            let message = format!("{name} has a token with the label \"{label}\" already");
            return Err(Failure::new(exit::USAGE, message)
                .hint("take it away with `courant desk revoke`, or choose another label"));
        };
        noted(database, desk, ("token", &name, &label)).await?;
        let ends = Timestamp::from_second(expires).unwrap_or_default();
        desk.output.json(
            &json!({"name": name, "label": label, "token": token, "expires": ends.to_string()}),
        )?;
        desk.output.line(&token);
        let until = day(expires);
        desk.output.note(format!(
            "it is shown this once, may what {name} may, and ends on {until}"
        ));
        Ok(exit::DONE)
    }
}

pub(super) async fn list(desk: &Desk, database: &Database) -> Result<u8, Failure> {
    let mut reader = database.reader().await?;
    let all = store::tokens::all(&mut reader).await?;
    let now = desk.clock.unix();
    let mut rows = Vec::new();
    for token in &all {
        desk.output.json(token)?;
        let ends = day(token.expires_at);
        rows.push(vec![
            token.person.clone(),
            token.label.clone(),
            day(token.created_at),
            token.used_at.map_or("never".to_owned(), day),
            if token.expires_at <= now {
                format!("{ends} (over)")
            } else {
                ends
            },
        ]);
    }
    if rows.is_empty() {
        desk.output.note("there is no token");
        return Ok(exit::NOTHING);
    }
    desk.output
        .table(&["name", "label", "made", "used", "ends"], &rows, 60);
    Ok(exit::DONE)
}

impl Revoke {
    pub(super) async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let name = named(&self.name)?;
        let label = self.which.label.as_deref().map(label).transpose()?;
        let mut transaction = database.begin_write().await?;
        let gone = store::tokens::remove(&mut transaction, &name, label.as_deref()).await?;
        database::commit(transaction).await?;
        if gone == 0 {
            return Err(
                Failure::new(exit::USAGE, format!("{name} has no such token"))
                    .hint("`courant desk tokens` shows those there are"),
            );
        }
        let detail = label.as_deref().unwrap_or("all");
        noted(database, desk, ("revoke", &name, detail)).await?;
        desk.output.json(&json!({"name": name, "revoked": gone}))?;
        let tokens = if gone == 1 { "token is" } else { "tokens are" };
        desk.output
            .line(format!("{gone} {tokens} good for nothing any more"));
        Ok(exit::DONE)
    }
}

/// The document of the API, one object.
pub(super) fn openapi(desk: &Desk) -> Result<u8, Failure> {
    let config = desk.config()?;
    let links = open_links(&config)?;
    let document = api::document(links.base());
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::from_error(exit::UNEXPECTED, &error))?;
    desk.output.json(&document)?;
    desk.output.line(text);
    Ok(exit::DONE)
}
