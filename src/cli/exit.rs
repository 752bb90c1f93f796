//! How a command ends when it does not end well: words for people, a number for cron.
//!
//! The numbers are part of the contract and never change their meaning.

use crate::config;
use crate::database::{self, Trouble};
use crate::delivery::{self, smtp, transport};
use crate::edition;
use crate::links;
use crate::pipeline;
use crate::telemetry::with_causes;

/// Everything was done.
pub const DONE: u8 = 0;
/// Something nobody foresaw.
pub const UNEXPECTED: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 2;
/// There was nothing to do.
pub const NOTHING: u8 = 3;
/// Some of it was done; the rest is said, and the same command goes on with it.
pub const PARTLY: u8 = 4;
/// A check said no.
pub const REFUSED: u8 = 5;
/// Not now: locked, relay down, disk full (`EX_TEMPFAIL` of sysexits).
pub const LATER: u8 = 75;
/// The configuration has to be mended first (`EX_CONFIG` of sysexits).
pub const CONFIGURATION: u8 = 78;

/// Why a command failed, and what to do.
#[derive(Debug)]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// What happened: lower-case fragments, printed after `error: `.
    pub messages: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure in words.
    #[must_use]
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            messages: vec![message.into()],
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Words about a foreign error with all its causes.
    #[must_use]
    pub fn from_error(code: u8, error: &dyn std::error::Error) -> Self {
        Self::new(code, with_causes(error))
    }
}

impl From<database::Error> for Failure {
    fn from(error: database::Error) -> Self {
        let words = with_causes(&error);
        match error.trouble() {
            Trouble::Full => Self::new(LATER, format!("the disk of the database is full: {words}"))
                .hint(
                    "make room and run the same command again; nothing that was recorded is lost",
                ),
            Trouble::ReadOnly => Self::new(
                CONFIGURATION,
                format!("the database cannot be written: {words}"),
            )
            .hint("this user needs write access to the database file and to its folder"),
            Trouble::Locked => Self::new(LATER, format!("the database was busy: {words}"))
                .hint("the same command may be run again"),
            Trouble::Unreachable => Self::new(LATER, words)
                .hint("check database.url, and that the server or the folder is there"),
            Trouble::Other => match error {
                database::Error::Url(_) => {
                    Self::new(CONFIGURATION, format!("database.url: {words}"))
                }
                _ => Self::new(UNEXPECTED, words),
            },
        }
    }
}

impl From<courant_subscribers::Error> for Failure {
    fn from(error: courant_subscribers::Error) -> Self {
        database::Error::from(error).into()
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        match error {
            config::Error::Problems { name, problems } => {
                let messages = problems
                    .iter()
                    .map(|problem| {
                        let hint = match &problem.hint {
                            Some(hint) => format!("\n  hint: {hint}"),
                            None => String::new(),
                        };
                        let text = problem.text.trim();
                        format!(
                            "could not read {name}:{}: {}\n  {:>4} | {text}{hint}",
                            problem.line, problem.message, problem.line
                        )
                    })
                    .collect();
                Self {
                    code: CONFIGURATION,
                    messages,
                    hint: None,
                }
            }
            config::Error::Unreadable { .. } => Self::new(
                CONFIGURATION,
                format!("could not read the configuration: {error}"),
            )
            .hint("`courant init` writes one; `--config FILE` or COURANT_CONFIG names another"),
            config::Error::Secret(_) => Self::from_error(CONFIGURATION, &error),
        }
    }
}

impl From<links::Error> for Failure {
    fn from(error: links::Error) -> Self {
        Self::from_error(CONFIGURATION, &error)
            .hint("`courant init` makes the keys that are missing")
    }
}

impl From<edition::Error> for Failure {
    fn from(error: edition::Error) -> Self {
        match error {
            edition::Error::Database(error) => error.into(),
            edition::Error::Step { .. } => Self::new(REFUSED, error.to_string()),
            edition::Error::Schedule(_) => Self::new(CONFIGURATION, error.to_string()),
        }
    }
}

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        match error {
            pipeline::Error::Database(error) => error.into(),
            pipeline::Error::Edition(error) => error.into(),
            pipeline::Error::Fetch(error) => Self::from_error(CONFIGURATION, &error),
            pipeline::Error::Links(error) => error.into(),
            pipeline::Error::Changed(_) => {
                Self::from_error(LATER, &error).hint("run the same command again")
            }
            pipeline::Error::Edit(_) | pipeline::Error::NoChange(..) => {
                Self::from_error(USAGE, &error)
            }
            pipeline::Error::TooLarge { .. } => Self::from_error(REFUSED, &error).hint(
                "fewer stories in its sections (`count`), size = \"compact\", or a shorter note make it \
                 smaller",
            ),
        }
    }
}

impl From<transport::Error> for Failure {
    fn from(error: transport::Error) -> Self {
        match error {
            transport::Error::Smtp(error) => error.into(),
            transport::Error::File { .. } => Self::from_error(LATER, &error),
            transport::Error::Program { .. } => Self::from_error(CONFIGURATION, &error),
        }
    }
}

impl From<smtp::Error> for Failure {
    fn from(error: smtp::Error) -> Self {
        let again = "nothing is lost: the same command goes on where this one stopped";
        match &error {
            smtp::Error::Unreachable { .. } | smtp::Error::Greeting(_) | smtp::Error::Exhausted => {
                Self::from_error(LATER, &error).hint(again)
            }
            smtp::Error::LogIn { reply, .. } if reply.starts_with('4') => {
                Self::from_error(LATER, &error).hint(again)
            }
            smtp::Error::LogIn { .. } => Self::from_error(CONFIGURATION, &error).hint(
                "check delivery.smtp.user and its password; then run the same command again, \
                 nobody was mailed and nothing is lost",
            ),
            smtp::Error::NoStarttls(_)
            | smtp::Error::Injected
            | smtp::Error::Tls { .. }
            | smtp::Error::Certificates(_)
            | smtp::Error::NoPassword(_)
            | smtp::Error::Plaintext(_)
            | smtp::Error::NoRelay
            | smtp::Error::Secret(_) => Self::from_error(CONFIGURATION, &error),
        }
    }
}

impl From<delivery::compose::Error> for Failure {
    fn from(error: delivery::compose::Error) -> Self {
        let code = match error {
            delivery::compose::Error::Address { .. }
            | delivery::compose::Error::EncodedName { .. }
            | delivery::compose::Error::Dkim(_) => CONFIGURATION,
            delivery::compose::Error::TooLarge { .. } => REFUSED,
            delivery::compose::Error::Message(_) => UNEXPECTED,
        };
        Self::from_error(code, &error)
    }
}

impl From<delivery::Error> for Failure {
    fn from(error: delivery::Error) -> Self {
        match error {
            delivery::Error::Database(error) => error.into(),
            delivery::Error::Edition(error) => error.into(),
            delivery::Error::Compose(error) => error.into(),
            delivery::Error::Transport(error) => error.into(),
            delivery::Error::AllRefused { .. } => Self::from_error(LATER, &error).hint(
                "the relay has something against the sender, not against the readers; \
                 mend that, then run the same command again",
            ),
            delivery::Error::AllInDoubt { .. } => Self::from_error(LATER, &error).hint(
                "ask the relay's log what became of them; `courant send ID --reconcile` lists them",
            ),
            delivery::Error::Journal { .. } | delivery::Error::TakenOver => {
                Self::from_error(LATER, &error).hint("nothing is lost: run the same command again")
            }
            delivery::Error::Task => Self::from_error(UNEXPECTED, &error),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(UNEXPECTED, error.to_string())
    }
}
