//! Engagement: what readers did with an edition, and who it really was.
//!
//! A token and the facts of a request come in; at most one event a reader, edition, kind and link is
//! kept, with the verdict of who made it. No network address and no user agent is stored.

use serde::Serialize;

pub mod accounts;
pub mod agents;
pub mod filter;
pub mod record;
pub mod store;

pub use accounts::Account;
pub use agents::{Agent, Facts};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
