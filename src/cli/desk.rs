//! `courant desk`: who may sign in at the desk, what they may do, and what they did.

use std::io::Read as _;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use super::desk_groups::{self, Group};
use super::desk_tokens::{self, Revoke, Token};
use super::exit::{self, Failure};
use super::{Desk, WHO};
use crate::database::{self, Database};
use crate::desk::{self, Note, Role, password, store};
use crate::secret::Secret;

#[derive(Debug, Subcommand)]
pub(super) enum People {
    /// Let somebody sign in; prints a password unless one is given on standard input
    Add(Add),
    /// Who may sign in
    List,
    /// Change what somebody may do; ends their sessions
    Role(Change),
    /// Give somebody another password; ends their sessions
    Password(Password),
    /// Take somebody out
    Remove(Name),
    /// Make a token with which a program asks the API for somebody; prints it, this once
    Token(Token),
    /// The tokens there are
    Tokens,
    /// Take tokens away
    Revoke(Revoke),
    /// The groups of addresses that tests go to
    Groups,
    /// Make, change or take away such a group
    Group(Group),
    /// What was done at the desk, and what was refused
    Log(Log),
    /// The OpenAPI document of the API
    Openapi,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Roles {
    /// Sees everything, writes words, sends tests
    Marketing,
    /// Also chooses, approves and calls off
    Editor,
    /// Also says who may do what
    Admin,
}

impl Roles {
    fn role(self) -> Role {
        match self {
            Self::Marketing => Role::Marketing,
            Self::Editor => Role::Editor,
            Self::Admin => Role::Admin,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What they sign in with
    name: String,
    /// What they may do
    #[arg(long, value_enum)]
    role: Roles,
    /// Take the password from standard input
    #[arg(long)]
    stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    /// Who
    name: String,
    /// What they may do
    #[arg(value_enum)]
    role: Roles,
}

#[derive(Debug, Args)]
pub(super) struct Password {
    /// Who
    name: String,
    /// Take the password from standard input
    #[arg(long)]
    stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Name {
    /// Who
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Log {
    /// How many lines
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: i64,
}

impl People {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        if matches!(self, Self::Openapi) {
            return desk_tokens::openapi(desk);
        }
        let (_, database) = desk.open().await?;
        match self {
            Self::Add(add) => add.run(desk, &database).await,
            Self::List => list(desk, &database).await,
            Self::Role(change) => change.run(desk, &database).await,
            Self::Password(password) => password.run(desk, &database).await,
            Self::Remove(Name { name }) => remove(desk, &database, &name).await,
            Self::Token(token) => token.run(desk, &database).await,
            Self::Tokens => desk_tokens::list(desk, &database).await,
            Self::Revoke(revoke) => revoke.run(desk, &database).await,
            Self::Groups => desk_groups::list(desk, &database).await,
            Self::Group(group) => group.run(desk, &database).await,
            Self::Log(log) => log.run(desk, &database).await,
            Self::Openapi => desk_tokens::openapi(desk),
        }
    }
}

pub(super) fn named(text: &str) -> Result<String, Failure> {
    desk::name(text).ok_or_else(|| {
        let message = format!("\"{text}\" cannot be a name");
        Failure::new(exit::USAGE, message).hint("2 to 60 letters, digits, and . _ - @")
    })
}

/// A password from standard input, or one that is invented; and whether it is to be told.
fn secret(stdin: bool) -> Result<(Secret, bool), Failure> {
    if !stdin {
        let invented = password::invent();
        return Ok((invented.map_err(|error| refused(&error))?, true));
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text)?;
    Ok((Secret::new(&text), false))
}

fn refused(error: &password::Error) -> Failure {
    Failure::from_error(exit::USAGE, error)
}

pub(super) fn nobody(name: &str) -> Failure {
    Failure::new(exit::USAGE, format!("there is nobody called {name}"))
        .hint("`courant desk list` shows who may sign in")
}

pub(super) async fn noted(
    database: &Database,
    desk: &Desk,
    (act, about, detail): (&str, &str, &str),
) -> Result<(), Failure> {
    let note = Note {
        who: WHO,
        act,
        about,
        done: true,
        detail,
    };
    Ok(desk::note(database, &note, desk.clock.unix()).await?)
}

impl Add {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let name = named(&self.name)?;
        let role = self.role.role();
        let (secret, is_new) = secret(self.stdin)?;
        let hashed = password::hash(&secret).map_err(|error| refused(&error))?;
        let mut transaction = database.begin_write().await?;
        let who = (name.as_str(), role);
        let added = store::add_person(&mut transaction, who, &hashed, desk.clock.unix()).await?;
        database::commit(transaction).await?;
        if !added {
            let message = format!("there is somebody called {name} already");
            return Err(Failure::new(exit::USAGE, message)
                .hint("`courant desk password` and `courant desk role` change what they have"));
        }
        noted(database, desk, ("add", &name, role.name())).await?;
        told(desk, (&name, Some(role)), is_new.then_some(&secret))
    }
}

fn told(
    desk: &Desk,
    (name, role): (&str, Option<Role>),
    secret: Option<&Secret>,
) -> Result<u8, Failure> {
    let secret = secret.map(Secret::expose);
    desk.output
        .json(&json!({"name": name, "role": role, "password": secret}))?;
    match secret {
        Some(secret) => desk
            .output
            .line(format!("{name} signs in with the password {secret}")),
        None => desk
            .output
            .line(format!("{name} signs in with the password that was given")),
    }
    Ok(exit::DONE)
}

impl Change {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let (name, role) = (named(&self.name)?, self.role.role());
        let mut transaction = database.begin_write().await?;
        let changed = store::set_role(&mut transaction, &name, role).await?;
        database::commit(transaction).await?;
        if !changed {
            return Err(nobody(&name));
        }
        noted(database, desk, ("role", &name, role.name())).await?;
        desk.output.json(&json!({"name": name, "role": role}))?;
        desk.output.line(format!("{name} is {}", role.name()));
        Ok(exit::DONE)
    }
}

impl Password {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let name = named(&self.name)?;
        let (secret, is_new) = secret(self.stdin)?;
        let hashed = password::hash(&secret).map_err(|error| refused(&error))?;
        let mut transaction = database.begin_write().await?;
        let changed = store::set_password(&mut transaction, &name, &hashed).await?;
        database::commit(transaction).await?;
        if !changed {
            return Err(nobody(&name));
        }
        noted(database, desk, ("password", &name, "")).await?;
        told(desk, (&name, None), is_new.then_some(&secret))
    }
}

async fn remove(desk: &Desk, database: &Database, name: &str) -> Result<u8, Failure> {
    let name = named(name)?;
    let mut transaction = database.begin_write().await?;
    let removed = store::remove_person(&mut transaction, &name).await?;
    database::commit(transaction).await?;
    if !removed {
        return Err(nobody(&name));
    }
    noted(database, desk, ("remove", &name, "")).await?;
    desk.output.json(&json!({"name": name}))?;
    desk.output.line(format!("{name} signs in no more"));
    Ok(exit::DONE)
}

async fn list(desk: &Desk, database: &Database) -> Result<u8, Failure> {
    let mut reader = database.reader().await?;
    let people = store::people(&mut reader).await?;
    for person in &people {
        desk.output.json(person)?;
    }
    let rows: Vec<_> = people
        .into_iter()
        .map(|person| vec![person.name, person.role.name().to_owned()])
        .collect();
    if rows.is_empty() {
        desk.output.note("nobody may sign in yet");
        return Ok(exit::NOTHING);
    }
    desk.output.table(&["name", "role"], &rows, 60);
    Ok(exit::DONE)
}

impl Log {
    async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let mut reader = database.reader().await?;
        for line in store::lines(&mut reader, self.limit).await? {
            desk.output.json(&line)?;
            let at = Timestamp::from_second(line.at).unwrap_or_default();
            let text = format!(
                "{at}  {}  {} {}  {}  {}",
                line.who, line.act, line.about, line.outcome, line.detail
            );
            desk.output.line(text.trim_end());
        }
        Ok(exit::DONE)
    }
}
