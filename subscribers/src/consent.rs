//! The evidence of consent: what a person did, when, and by which way it reached us.
//!
//! Every change by or for a person adds one line, in the same transaction as the change. The
//! lines are never edited; they go when the person is erased. The links that carry a confirmation
//! or an unsubscription are signed elsewhere; this file only says what they led to.

use std::fmt;
use std::sync::Arc;

use crate::text;

/// Longest file name kept with an import.
const MAX_FILE_NAME: usize = 100;
/// Most of a form's words that are kept.
const MAX_WORDING: usize = 400;

/// One line of evidence.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Consent {
    /// When; Unix seconds.
    #[serde(serialize_with = "text::rfc3339::serialize")]
    pub at: i64,
    /// What.
    pub act: Act,
    /// By which way.
    pub how: How,
}

/// What somebody did about their subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// The address was entered; its owner has not answered yet.
    Asked,
    /// Agreed to be mailed.
    Subscribed,
    /// Left.
    Unsubscribed,
    /// Came back.
    Resubscribed,
    /// Said that they still read.
    Stayed,
}

impl Act {
    const ALL: [Self; 5] = [
        Self::Asked,
        Self::Subscribed,
        Self::Unsubscribed,
        Self::Resubscribed,
        Self::Stayed,
    ];

    /// The stored and printed word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Resubscribed => "resubscribed",
            Self::Stayed => "stayed",
        }
    }

    /// The act of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == word)
    }
}

/// By which way an act reached us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The mail program's own button, which posts for the reader (RFC 8058).
    OneClick,
    /// A button on one of our pages.
    Button,
    /// The public sign-up form, with the words that stood on it.
    Form(String),
    /// A mail to the unsubscribe address.
    Mail,
    /// The operator, on the command line.
    CommandLine,
    /// A file of this name.
    Import(Arc<str>),
}

impl How {
    /// An import of the file with this name; control characters are taken out.
    #[must_use]
    pub fn import(file: &str) -> Self {
        Self::Import(text::clean(file, MAX_FILE_NAME).unwrap_or_default().into())
    }

    /// The public sign-up form with these words on it; control characters are taken out.
    #[must_use]
    pub fn form(wording: &str) -> Self {
        Self::Form(text::clean(wording, MAX_WORDING).unwrap_or_default())
    }

    /// The way of those words, as [`Display`](fmt::Display) writes them.
    #[must_use]
    pub fn parse(words: &str) -> Option<Self> {
        Some(match words {
            "one-click" => Self::OneClick,
            "button" => Self::Button,
            "form" => Self::Form(String::new()),
            "mail" => Self::Mail,
            "command line" => Self::CommandLine,
            "import" => Self::Import("".into()),
            _ => match words.strip_prefix("form: ") {
                Some(wording) => Self::Form(wording.to_owned()),
                None => Self::Import(words.strip_prefix("import ")?.into()),
            },
        })
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneClick => f.write_str("one-click"),
            Self::Button => f.write_str("button"),
            Self::Form(wording) if wording.is_empty() => f.write_str("form"),
            Self::Form(wording) => write!(f, "form: {wording}"),
            Self::Mail => f.write_str("mail"),
            Self::CommandLine => f.write_str("command line"),
            Self::Import(file) if file.is_empty() => f.write_str("import"),
            Self::Import(file) => write!(f, "import {file}"),
        }
    }
}

impl serde::Serialize for How {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_read_back_as_written() {
        let ways = [
            (How::OneClick, "one-click"),
            (How::Button, "button"),
            (How::form(""), "form"),
            (
                How::form("Sign\nup. We send one email."),
                "form: Sign up. We send one email.",
            ),
            (How::Mail, "mail"),
            (How::CommandLine, "command line"),
            (How::import("march 2026.csv"), "import march 2026.csv"),
            (How::import("a\nb\0.csv"), "import a b .csv"),
            (How::import("\n"), "import"),
        ];
        for (way, words) in ways {
            assert_eq!(way.to_string(), words);
            assert_eq!(How::parse(words), Some(way));
        }
        assert_eq!(How::parse("pigeon"), None);
    }

    #[test]
    fn acts_are_read_back_as_written() {
        for act in Act::ALL {
            assert_eq!(Act::parse(act.as_str()), Some(act));
        }
        assert_eq!(Act::parse("sold"), None);
    }
}
