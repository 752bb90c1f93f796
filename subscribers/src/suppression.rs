//! Addresses that must not be mailed, with the reason and the end.
//!
//! A suppression belongs to an address, not to a person: it also stops sign-ups and imports, and
//! it outlives the erasure of the person, because it is what keeps the promise not to mail them.
//! Which bounce or complaint deserves one is decided by the caller.

use std::fmt;

use crate::{address, address::EmailAddress, text};

/// A block on one address.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Suppression {
    /// The address in its [normal form](EmailAddress::key).
    pub key: String,
    /// Why.
    pub reason: Reason,
    /// When the cause happened, not when we heard of it; Unix seconds.
    #[serde(serialize_with = "text::rfc3339::serialize")]
    pub since: i64,
    /// When it ends by itself; empty: for good.
    #[serde(serialize_with = "text::rfc3339::option::serialize")]
    pub until: Option<i64>,
    /// For the operator: the server's words, a ticket; may be empty.
    pub note: String,
}

impl Suppression {
    /// A block for good, without a note.
    #[must_use]
    pub fn new(address: &EmailAddress, reason: Reason, since: i64) -> Self {
        Self {
            key: address.key().to_owned(),
            reason,
            since,
            until: None,
            note: String::new(),
        }
    }
}

/// The address is masked: this is printed in logs.
impl fmt::Debug for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suppression")
            .field("key", &address::mask(&self.key))
            .field("reason", &self.reason)
            .field("since", &self.since)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A block as the table holds it, also after it was taken back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Recorded {
    /// The block.
    #[serde(flatten)]
    pub suppression: Suppression,
    /// When and why it was taken back; empty while it stands.
    pub lifted: Option<Lifted>,
}

impl Recorded {
    /// Whether it forbids mail at `now` (Unix seconds).
    #[must_use]
    pub fn stands(&self, now: i64) -> bool {
        self.lifted.is_none() && self.suppression.until.is_none_or(|until| until > now)
    }
}

/// The end of a block.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Lifted {
    /// When; Unix seconds.
    #[serde(serialize_with = "text::rfc3339::serialize")]
    pub at: i64,
    /// Why, in the operator's words.
    pub because: String,
}

/// Why an address must not be mailed. The order has no meaning of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The receiving server says for good that nobody is there.
    HardBounce,
    /// Too many passing failures in a row.
    SoftBounces,
    /// The reader called a mail spam.
    Complaint,
    /// The owner asked not to be mailed, outside of a subscription.
    Unsubscribed,
    /// The operator said so.
    Manual,
}

impl Reason {
    const ALL: [Self; 5] = [
        Self::HardBounce,
        Self::SoftBounces,
        Self::Complaint,
        Self::Unsubscribed,
        Self::Manual,
    ];

    /// The stored and printed word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard-bounce",
            Self::SoftBounces => "soft-bounces",
            Self::Complaint => "complaint",
            Self::Unsubscribed => "unsubscribed",
            Self::Manual => "manual",
        }
    }

    /// The reason of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_words_are_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(Reason::parse("bounce"), None);
    }

    #[test]
    fn a_block_stands_until_its_end_or_until_it_is_lifted() {
        let address = EmailAddress::parse("ann@example.org").unwrap();
        let for_good = Suppression::new(&address, Reason::Manual, 10);
        let ending = Suppression {
            until: Some(20),
            ..for_good.clone()
        };
        let lifted = Some(Lifted {
            at: 12,
            because: "asked".to_owned(),
        });
        let cases = [
            (for_good.clone(), None, 1_000, true),
            (ending.clone(), None, 19, true),
            (ending, None, 20, false),
            (for_good, lifted, 13, false),
        ];
        for (suppression, lifted, now, expected) in cases {
            assert_eq!(
                Recorded {
                    suppression,
                    lifted
                }
                .stands(now),
                expected
            );
        }
    }

    #[test]
    fn debug_hides_the_address() {
        let address = EmailAddress::parse("annika@example.org").unwrap();
        let shown = format!("{:?}", Suppression::new(&address, Reason::Complaint, 10));
        assert!(
            shown.contains("a…a@example.org") && !shown.contains("annika"),
            "{shown}"
        );
    }
}
