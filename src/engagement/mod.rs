//! Engagement: what readers did with an edition, and who it really was.
//!
//! A token and the facts of a request come in; at most one event a reader, edition, kind and link is
//! kept, with the verdict of who made it. No network address and no user agent is stored.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::tracking::Tracking;
use crate::units::Span;

pub mod accounts;
pub mod agents;
pub mod bursts;
pub mod filter;
pub mod record;
pub mod store;

pub use accounts::Account;
pub use agents::{Agent, Facts};

/// `[tracking]` in `digest.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What mails tell of their readers.
    pub mode: Tracking,
    /// Networks that machines ask from, in place of those the program knows.
    pub networks_file: Option<PathBuf>,
    /// How long what single readers did is kept; after that only how many did what on which day.
    pub keep: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Tracking::default(),
            networks_file: None,
            keep: Span::days(90),
        }
    }
}

impl Config {
    /// What single readers did before this instant is not kept, Unix seconds.
    #[must_use]
    pub fn since(&self, clock: &Clock) -> i64 {
        clock.unix() - self.keep.as_seconds()
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The pixel was loaded.
    Open,
    /// The edition's link of this number was followed.
    Click(u16),
    /// The reader left.
    Unsubscribe,
}

impl EventKind {
    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Click(_) => "click",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// The link's number; -1 where there is none.
    #[must_use]
    pub fn link(self) -> i64 {
        match self {
            Self::Click(link) => i64::from(link),
            Self::Open | Self::Unsubscribe => -1,
        }
    }
}
