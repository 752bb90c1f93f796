//! What mails tell of their readers: everything, only how many, or nothing.

use serde::{Deserialize, Serialize};

/// What mails tell of their readers.
///
/// Frozen with an edition: what its links say cannot change once the first mail is out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tracking {
    /// Who opened and followed what, unless a reader does not want to be counted.
    #[default]
    Full,
    /// How often which link was followed; the links carry nobody's number.
    Aggregate,
    /// Nothing: no picture to count by, and the articles' own addresses.
    Off,
}

impl Tracking {
    /// Its name in `digest.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Aggregate => "aggregate",
            Self::Off => "off",
        }
    }
}
