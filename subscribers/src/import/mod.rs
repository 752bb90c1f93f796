//! People from a CSV file, with a verdict for every row.
//!
//! [`read`] streams [`Row`]s out of the file; [`apply`] writes them with the caller's connection
//! and says of each what became of it. The caller opens the transaction: one for the whole file
//! makes it all or nothing, and rolling back makes it a dry run.
//!
//! # What an import means
//! - **It asserts consent.** A new row is Active at once; the evidence says "import" and the name
//!   of the file. Confirm by mail what you cannot prove.
//! - **It never brings anybody back.** Who is Unsubscribed or Suppressed here stays so, and who
//!   left, bounced or complained in the file is never active because of it: who left is kept as
//!   Unsubscribed, other addresses are suppressed, also when another row says otherwise.
//! - **It does not overrule a reader.** Digests, format and counting are set for new people only;
//!   for those on the list a row may change the name.
//! - **Again is fine.** The second time every row is Unchanged, Suppressed or Refused.
//!
//! - **Evidence is kept.** Beside the file's name stands when they agreed, where the file says so.
//!   Network addresses in it are not kept: nothing here needs them.
//! - **Our own export comes back**: who was pending or suppressed is that again, with the days and reasons.
//!
//! The file is told from its first line: Mailchimp, Substack, Ghost, Beehiiv, listmonk, Buttondown,
//! plain columns, bare addresses, or JSON. What a status word means stands in `words.rs`, which columns
//! tell that somebody left in `telling.rs`. A word nobody knows refuses the row, and so does whatever may
//! mean that they left when nothing else says it clearly.

mod apply;
mod columns;
mod decide;
mod encoding;
mod head;
mod lines;
mod members;
mod newcomers;
mod objects;
mod read;
mod seen;
mod telling;
mod words;

use std::fmt;

pub use apply::{Importer, apply};
pub use columns::Layout;
pub use read::{Broken, Rows, read, read_as};

use crate::{Dates, EmailAddress, How, Preferences, Reason, Suppression, address};

/// How an import is done.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The file's name as the evidence shall show it.
    pub file: String,
    /// Which rows the outcome tells one by one.
    pub listed: Listed,
}

/// Rows that an [`Outcome`] tells one by one; all are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listed {
    /// Every row.
    #[default]
    All,
    /// Those of which there is something to say: most rows of a long list are of no interest.
    Remarkable,
}

/// One row of the file.
#[derive(Clone)]
pub struct Row {
    /// The line it begins on; the header is line 1 of most files.
    pub line: u64,
    /// The address cell as written, which may be anything; `None` when it is the person's address.
    pub written: Option<String>,
    /// The person, or why the row is of no use.
    pub person: Result<Box<Person>, String>,
}

impl Row {
    /// The address cell as written, for the verdict.
    #[must_use]
    pub fn address(&self) -> &str {
        match (&self.written, &self.person) {
            (Some(written), _) => written,
            (None, Ok(person)) => person.address.as_str(),
            (None, Err(_)) => "",
        }
    }
}

/// The address is masked: rows are printed in logs and by failing tests.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("line", &self.line)
            .field("address", &address::mask(self.address()))
            .field("person", &self.person)
            .finish()
    }
}

/// What a row says of a person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where to.
    pub address: EmailAddress,
    /// What they are called; `None` when the file does not say.
    pub name: Option<String>,
    /// Where they stood there.
    pub standing: Standing,
    /// The file says that they left, whatever else it says.
    pub has_left: bool,
    /// What they chose; `None` when the file says nothing of it, or what everybody has who chose nothing.
    pub preferences: Option<Box<Preferences>>,
    /// When they agreed, by the file's own account and in its words; `None` when it does not say.
    pub agreed: Option<String>,
    /// The file is an export of this program: what it says of them is restored, not judged.
    pub restored: Option<Box<Restored>>,
    /// What was odd about the row, though it could be read.
    pub remark: Option<String>,
}

impl Person {
    /// Somebody of whom nothing is known but the address.
    fn of(address: EmailAddress) -> Self {
        Self {
            address,
            name: None,
            standing: Standing::Left,
            has_left: true,
            preferences: None,
            agreed: None,
            restored: None,
            remark: None,
        }
    }
}

/// What only our own export says of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When they came and left; `None` for an address that is suppressed and not on the list.
    pub dates: Option<Dates>,
    /// How the address came to us.
    pub origin: Option<How>,
    /// The block on the address.
    pub block: Option<Suppression>,
}

/// Where a person stood in the list the file came from.
///
/// The order is that of caution: of two that a row claims, the greater one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Was mailed there.
    #[default]
    Active,
    /// Never confirmed there.
    Unconfirmed,
    /// Left there.
    Left,
    /// Their address must not be mailed.
    Blocked(Reason),
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The first line holds an address.
    #[error("the first line holds an address; the names of the columns must stand there")]
    NoHeader,
    /// No column for the address.
    #[error("no column is called \"email\"; the columns are {}", .0.join(", "))]
    NoAddressColumn(Vec<String>),
    /// The first line is too long for a header.
    #[error("the first line is longer than 64 KB; this is no CSV file")]
    LongHeader,
    /// The file ends in the middle of something, or cannot be read to its end.
    #[error("the file could not be read any further than line {}: {}", .0.line, .0.reason)]
    Broken(Broken),
    /// The file could not be read.
    #[error("the file could not be read")]
    Read(#[from] std::io::Error),
}

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// New on the list, active.
    Added,
    /// On the list; now active, or with another name.
    Updated,
    /// On the list as the row says, or named before in the same file.
    Unchanged,
    /// The row is of no use; the reason says why.
    Refused,
    /// Known as an address that must not be mailed; kept as such.
    Suppressed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Suppressed => "suppressed",
        })
    }
}

/// What became of one row, and why.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct RowVerdict {
    /// The line the row begins on.
    pub line: u64,
    /// The address as written in the file.
    pub address: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why; empty when there is nothing to say.
    pub reason: Option<String>,
}

/// The address is masked: this is printed in logs.
impl fmt::Debug for RowVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, verdict) = (self.line, self.verdict);
        let address = address::mask(&self.address);
        write!(f, "line {line} {address}: {verdict:?} {:?}", self.reason)
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Rows with [`Verdict::Added`].
    pub added: u64,
    /// Rows with [`Verdict::Updated`].
    pub updated: u64,
    /// Rows with [`Verdict::Unchanged`].
    pub unchanged: u64,
    /// Rows with [`Verdict::Refused`].
    pub refused: u64,
    /// Rows with [`Verdict::Suppressed`].
    pub suppressed: u64,
    /// The rows, all or those with a reason, in the order of the file.
    pub rows: Vec<RowVerdict>,
}

impl Outcome {
    /// Adds one row to the list and to its count.
    pub fn push(&mut self, row: RowVerdict) {
        self.count(row.verdict);
        self.rows.push(row);
    }

    fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Added => &mut self.added,
            Verdict::Updated => &mut self.updated,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Refused => &mut self.refused,
            Verdict::Suppressed => &mut self.suppressed,
        } += 1;
    }

    /// Joins the outcome of a later part of the same file.
    pub fn append(&mut self, later: Self) {
        self.added += later.added;
        self.updated += later.updated;
        self.unchanged += later.unchanged;
        self.refused += later.refused;
        self.suppressed += later.suppressed;
        self.rows.extend(later.rows);
    }
}
