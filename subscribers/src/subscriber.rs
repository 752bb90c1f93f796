//! A person on the list, and the steps their status may take.
//!
//! ```text
//!            confirm             unsubscribe
//!  Pending ──────────▶ Active ◀──────────────▶ Unsubscribed
//!     │                  │       resubscribe
//!     └── suppress ──────┴─────▶ Suppressed ── unsuppress ──▶ where they came from
//! ```
//!
//! [`Status::after`] is the only place that knows this picture; the store asks it before every
//! change. Who left keeps `Unsubscribed` even when the address is suppressed later: their will
//! outlives the technical reason, and the suppression stands in its own table.

use std::fmt;

use crate::{Error, address::EmailAddress, consent::How, preferences::Preferences, text};

/// Names a subscriber for good: a random positive number, made by us.
///
/// It travels inside signed links as eight bytes, so it must not be guessable in sequence and
/// must not tell how many people there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct SubscriberId(i64);

impl SubscriberId {
    /// Draws a new id.
    ///
    /// # Errors
    /// [`Error::Random`] when the system has no random bytes.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0; 8];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Random)?;
        Ok(Self((i64::from_be_bytes(bytes) & i64::MAX).max(1)))
    }

    /// The id with this number, as stored or as found in a link. Nobody may have it.
    #[must_use]
    pub const fn from_i64(number: i64) -> Self {
        Self(number)
    }

    /// The number to store or to put into a link.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

/// Ids for many people at once: random ones, each greater than the one before.
///
/// Rows that are written in the order of their ids go to one end of the tables. The steps between them are
/// random too, up to 2⁴⁰, and tell neither the next id nor how many there are.
#[derive(Debug)]
pub(crate) struct Rising {
    last: i64,
}

impl Rising {
    /// Begins at a random number.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            last: SubscriberId::random()?.as_i64() / 2,
        })
    }

    /// The next `count` of them. Near the greatest number it begins anew first.
    pub(crate) fn take(&mut self, count: usize) -> Result<Vec<SubscriberId>, Error> {
        let room = i64::try_from(count)
            .ok()
            .and_then(|count| count.checked_mul(1 << 40));
        if room.and_then(|room| self.last.checked_add(room)).is_none() {
            *self = Self::new()?;
        }
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let mut bytes = [0; 8 * 512];
            aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Random)?;
            let (numbers, _) = bytes.as_chunks::<8>();
            for number in numbers.iter().take(count - ids.len()) {
                let step = i64::try_from(u64::from_be_bytes(*number) >> 24).unwrap_or_default();
                self.last = self.last.saturating_add(step + 1);
                ids.push(SubscriberId(self.last));
            }
        }
        Ok(ids)
    }
}

impl fmt::Display for SubscriberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where a person stands with the list. Only `Active` people are mailed editions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Asked for, not yet confirmed by the owner of the mailbox.
    Pending,
    /// Confirmed: may be mailed.
    Active,
    /// Left by their own act.
    Unsubscribed,
    /// The address must not be mailed; the reason stands in the suppressions.
    Suppressed,
}

impl Status {
    /// Every status, in the order of the picture above.
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Active,
        Self::Unsubscribed,
        Self::Suppressed,
    ];

    /// The stored and printed word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Unsubscribed => "unsubscribed",
            Self::Suppressed => "suppressed",
        }
    }

    /// The status of that word, in lower case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// The status after `step`; the same one when there is nothing to do.
    ///
    /// # Errors
    /// [`IllegalStep`] when the step would mail somebody who did not agree to it.
    pub fn after(self, step: Step) -> Result<Self, IllegalStep> {
        match (self, step) {
            (Self::Pending | Self::Active, Step::Confirm)
            | (Self::Active | Self::Unsubscribed, Step::Resubscribe)
            | (Self::Suppressed, Step::Unsuppress) => Ok(Self::Active),
            (_, Step::Unsubscribe) | (Self::Unsubscribed, Step::Suppress) => Ok(Self::Unsubscribed),
            (Self::Pending | Self::Active | Self::Suppressed, Step::Suppress) => {
                Ok(Self::Suppressed)
            }
            (Self::Suppressed, Step::UnsuppressUnconfirmed) => Ok(Self::Pending),
            (
                Self::Pending | Self::Active | Self::Unsubscribed,
                Step::Unsuppress | Step::UnsuppressUnconfirmed,
            ) => Ok(self),
            (Self::Unsubscribed | Self::Suppressed, Step::Confirm)
            | (Self::Pending | Self::Suppressed, Step::Resubscribe) => {
                Err(IllegalStep { from: self, step })
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something that may change a [`Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The owner of the mailbox said yes, or an import asserts that they did.
    Confirm,
    /// They left.
    Unsubscribe,
    /// They took leaving back, or signed up again and confirmed it. Only by their own act.
    Resubscribe,
    /// The address was blocked.
    Suppress,
    /// The block was taken back from somebody who had confirmed.
    Unsuppress,
    /// The block was taken back from somebody who had never confirmed.
    UnsuppressUnconfirmed,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confirm => "confirm",
            Self::Unsubscribe => "unsubscribe",
            Self::Resubscribe => "resubscribe",
            Self::Suppress => "suppress",
            Self::Unsuppress | Self::UnsuppressUnconfirmed => "unsuppress",
        })
    }
}

/// A step that a status does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a subscriber who is {from} cannot {step}")]
pub struct IllegalStep {
    /// The status it was tried on.
    pub from: Status,
    /// What was tried.
    pub step: Step,
}

/// What became of a change that is safe to repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Done now.
    Changed,
    /// It was so already; nothing was written.
    Unchanged,
    /// Not allowed; nothing was written.
    Refused(IllegalStep),
    /// There is nobody, or nothing, to change: erased, or never there.
    Unknown,
}

/// One person on the list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Subscriber {
    /// Who.
    pub id: SubscriberId,
    /// Where to.
    pub address: EmailAddress,
    /// What they call themselves; one line, shown in mails.
    pub name: Option<String>,
    /// Where they stand.
    pub status: Status,
    /// When the row was made; Unix seconds.
    #[serde(serialize_with = "text::rfc3339::serialize")]
    pub created_at: i64,
    /// When they first became active; kept when they leave.
    #[serde(serialize_with = "text::rfc3339::option::serialize")]
    pub confirmed_at: Option<i64>,
    /// Since when they are gone; empty while they are not.
    #[serde(serialize_with = "text::rfc3339::option::serialize")]
    pub unsubscribed_at: Option<i64>,
    /// How the address came to us.
    pub origin: How,
}

/// Where a new person begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Must confirm first: everybody who comes through a public form.
    Pending,
    /// Somebody asserts that they agreed: an import, the operator.
    Active,
    /// Kept only so that no later import brings them in.
    Unsubscribed,
}

impl Beginning {
    /// What they then are.
    pub(crate) const fn status(self) -> Status {
        match self {
            Self::Pending => Status::Pending,
            Self::Active => Status::Active,
            Self::Unsubscribed => Status::Unsubscribed,
        }
    }

    /// The days of somebody who begins like this: their own, or `now`.
    pub(crate) fn dates(self, own: Option<Dates>, now: i64) -> Dates {
        let is = |beginning| (self == beginning).then_some(now);
        own.unwrap_or(Dates {
            created_at: now,
            confirmed_at: is(Self::Active),
            unsubscribed_at: is(Self::Unsubscribed),
        })
    }
}

/// A person to [`add`](crate::store::subscribers::add).
#[derive(Clone, Debug)]
pub struct NewSubscriber {
    /// Random outside tests.
    pub id: SubscriberId,
    /// Where to.
    pub address: EmailAddress,
    /// What they call themselves; control characters are taken out when it is stored.
    pub name: Option<String>,
    /// Where they begin.
    pub beginning: Beginning,
    /// What they chose.
    pub preferences: Preferences,
    /// How the address came to us: becomes the origin and the first evidence of consent.
    pub how: How,
    /// When they came and left, for those who were on a list of ours; `None`: they come now.
    pub dates: Option<Dates>,
}

/// The days of a person, Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// When the row was made.
    pub created_at: i64,
    /// When they first became active.
    pub confirmed_at: Option<i64>,
    /// Since when they are gone.
    pub unsubscribed_at: Option<i64>,
}

impl NewSubscriber {
    /// A person with a fresh id, no name and the default preferences.
    ///
    /// # Errors
    /// [`Error::Random`] when the system has no random bytes.
    pub fn new(address: EmailAddress, beginning: Beginning, how: How) -> Result<Self, Error> {
        let id = SubscriberId::random()?;
        Ok(Self {
            id,
            address,
            name: None,
            beginning,
            preferences: Preferences::default(),
            how,
            dates: None,
        })
    }
}

/// What became of [`add`](crate::store::subscribers::add).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// They are on the list now.
    New(SubscriberId),
    /// The address was on the list; nothing was changed, not even the status.
    Existing(Box<Subscriber>),
    /// The address must not be mailed; nothing was written.
    Suppressed(crate::suppression::Suppression),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_meets_every_step() {
        use Status::{Active, Pending, Suppressed, Unsubscribed};
        // Confirm, Unsubscribe, Resubscribe, Suppress, Unsuppress, UnsuppressUnconfirmed
        let no = None;
        let table = [
            (
                Pending,
                [
                    Some(Active),
                    Some(Unsubscribed),
                    no,
                    Some(Suppressed),
                    Some(Pending),
                    Some(Pending),
                ],
            ),
            (
                Active,
                [
                    Some(Active),
                    Some(Unsubscribed),
                    Some(Active),
                    Some(Suppressed),
                    Some(Active),
                    Some(Active),
                ],
            ),
            (
                Unsubscribed,
                [
                    no,
                    Some(Unsubscribed),
                    Some(Active),
                    Some(Unsubscribed),
                    Some(Unsubscribed),
                    Some(Unsubscribed),
                ],
            ),
            (
                Suppressed,
                [
                    no,
                    Some(Unsubscribed),
                    no,
                    Some(Suppressed),
                    Some(Active),
                    Some(Pending),
                ],
            ),
        ];
        let steps = [
            Step::Confirm,
            Step::Unsubscribe,
            Step::Resubscribe,
            Step::Suppress,
            Step::Unsuppress,
            Step::UnsuppressUnconfirmed,
        ];
        assert_eq!(table.map(|(from, _)| from), Status::ALL);
        for (from, expected) in table {
            for (step, expected) in steps.into_iter().zip(expected) {
                let expected = expected.ok_or(IllegalStep { from, step });
                assert_eq!(from.after(step), expected, "{from} {step}");
            }
        }
    }

    #[test]
    fn stored_words_are_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("Active"), None);
    }

    #[test]
    fn ids_are_positive_and_differ() {
        let ids: std::collections::HashSet<_> = (0..1_000)
            .map(|_| SubscriberId::random().unwrap())
            .collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.as_i64() > 0));
    }

    #[test]
    fn an_illegal_step_says_which() {
        let error = Status::Suppressed.after(Step::Confirm).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a subscriber who is suppressed cannot confirm"
        );
    }
}
