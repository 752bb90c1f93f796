//! The list as CSV, and everything we hold about one address.
//!
//! The CSV can be [imported](crate::import) again: the same people, choices and absences come out
//! of it. Spreadsheets run cells that begin like a formula, so those get an apostrophe in front,
//! which the import takes off. The answer to an access request is [`Held`], which serialises.

use std::collections::{HashMap, HashSet};
use std::{borrow::Cow, io::Write};

use crate::{
    Conn, Consent, Digests, EmailAddress, Error, Preferences, Status, Subscriber, Suppression,
    Topics,
    store::{consents, many, subscribers, suppressions},
    suppression::Recorded,
    text,
};

/// How many people are read at a time.
const PAGE: i64 = 500;

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The list could not be read.
    #[error("the list could not be read")]
    Store(#[from] Error),
    /// The file could not be written.
    #[error("the file could not be written")]
    Write(#[from] std::io::Error),
}

/// Writes everybody on the list as CSV with a header, then the addresses that are not on it and must not be
/// mailed; returns how many rows. Who was erased is not told: there is no address.
///
/// Instants are RFC 3339. Read within one transaction for a list of one moment, which is `now` (Unix seconds).
///
/// # Errors
/// When the database or `out` fails; what was written so far is then of no use.
pub async fn csv(conn: &mut Conn, out: impl Write, now: i64) -> Result<u64, ExportError> {
    let mut table = Table::begin(out)?;
    let mut after = None;
    let mut count = 0;
    loop {
        let page = subscribers::list_page(conn, None, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let keys: Vec<String> = page.iter().map(|it| it.address.key().to_owned()).collect();
        let blocks = many::blocks(conn, &keys, now).await?;
        let blocks: HashMap<&str, &Suppression> =
            blocks.iter().map(|it| (it.key.as_str(), it)).collect();
        for person in &page {
            let chosen = subscribers::preferences(conn, person.id)
                .await?
                .unwrap_or_default();
            let block = blocks.get(person.address.key()).copied();
            table.row(person, &chosen, block)?;
            count += 1;
        }
    }
    let mut after: Option<String> = None;
    loop {
        let page = suppressions::list_page(conn, after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.suppression.key.clone());
        let standing: Vec<_> = page.iter().filter(|it| it.stands(now)).collect();
        let keys: Vec<String> = standing
            .iter()
            .map(|it| it.suppression.key.clone())
            .collect();
        let listed = many::find(conn, &keys).await?;
        let listed: HashSet<&str> = listed.iter().map(|it| it.address.key()).collect();
        for block in standing.iter().map(|it| &it.suppression) {
            // Of who was erased there is only a hash.
            let is_address = EmailAddress::parse(&block.key).is_ok();
            if is_address && !listed.contains(block.key.as_str()) {
                table.blocked(block)?;
                count += 1;
            }
        }
    }
    table.finish()?;
    Ok(count)
}

/// The columns, in their order.
pub(crate) const COLUMNS: [&str; 18] = [
    "email",
    "name",
    "status",
    "digests",
    "topics",
    "format",
    "counting",
    "time_zone",
    "language",
    "paused_until",
    "created_at",
    "confirmed_at",
    "unsubscribed_at",
    "origin",
    "suppression",
    "suppressed_since",
    "suppressed_until",
    "suppression_note",
];

/// A CSV of subscribers being written, for callers that choose the people.
pub struct Table<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn begin(out: W) -> Result<Self, std::io::Error> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(COLUMNS)?;
        Ok(Self { out })
    }

    /// Writes one person, with the block on their address.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn row(
        &mut self,
        person: &Subscriber,
        chosen: &Preferences,
        block: Option<&Suppression>,
    ) -> Result<(), std::io::Error> {
        let digests = match &chosen.digests {
            Digests::All => String::new(),
            Digests::Only(names) if names.is_empty() => "none".to_owned(),
            Digests::Only(names) => names.join(" "),
        };
        let topics = match &chosen.topics {
            Topics::All => String::new(),
            // An import takes semicolons for the ends of names where a cell has one line only.
            Topics::Only(names) if names.len() == 1 && names[0].contains(';') => {
                format!("{0}\n{0}", names[0])
            }
            Topics::Only(names) => names.join("\n"),
        };
        let origin = person.origin.to_string();
        let [reason, since, until, note] = of_block(block);
        self.out.write_record([
            harmless(person.address.as_str()).as_ref(),
            harmless(person.name.as_deref().unwrap_or_default()).as_ref(),
            person.status.as_str(),
            harmless(&digests).as_ref(),
            harmless(&topics).as_ref(),
            chosen.format.as_str(),
            chosen.counting.as_str(),
            harmless(chosen.time_zone.as_deref().unwrap_or_default()).as_ref(),
            harmless(chosen.language.as_deref().unwrap_or_default()).as_ref(),
            &instant(chosen.paused_until),
            &instant(Some(person.created_at)),
            &instant(person.confirmed_at),
            &instant(person.unsubscribed_at),
            harmless(&origin).as_ref(),
            &reason,
            &since,
            &until,
            harmless(&note).as_ref(),
        ])?;
        Ok(())
    }

    /// Writes an address that is not on the list and must not be mailed.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn blocked(&mut self, block: &Suppression) -> Result<(), std::io::Error> {
        let [reason, since, until, note] = of_block(Some(block));
        let mut row = [""; 18];
        let (key, note) = (harmless(&block.key), harmless(&note));
        row[0] = key.as_ref();
        row[2] = Status::Suppressed.as_str();
        row[14..].copy_from_slice(&[&reason, &since, &until, note.as_ref()]);
        self.out.write_record(row)?;
        Ok(())
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn finish(mut self) -> Result<(), std::io::Error> {
        self.out.flush()
    }
}

fn instant(at: Option<i64>) -> String {
    at.map(text::instant).unwrap_or_default()
}

/// Reason, beginning, end and note.
fn of_block(block: Option<&Suppression>) -> [String; 4] {
    block.map_or_else(Default::default, |block| {
        [
            block.reason.to_string(),
            instant(Some(block.since)),
            instant(block.until),
            block.note.clone(),
        ]
    })
}

/// A cell that no spreadsheet runs: an apostrophe goes before what begins like a formula.
///
/// Cells that begin with apostrophes and then like a formula get one more, so that taking one off
/// gives back every cell.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    if is_formula(cell.trim_start_matches('\'')) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The cell that [`harmless`] was given.
pub(crate) fn bare(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        Some(_) | None => cell,
    }
}

fn is_formula(cell: &str) -> bool {
    // Spreadsheets take the full-width forms for the same.
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// Everything this crate holds about one address, for an access request.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// The person, when the address is on the list.
    pub subscriber: Option<Subscriber>,
    /// What they chose.
    pub preferences: Option<Preferences>,
    /// What they agreed to and took back, oldest first.
    pub consents: Vec<Consent>,
    /// The block on the address, also when it was taken back.
    pub suppression: Option<Recorded>,
}

/// Reads everything held about the address; `None` when that is nothing.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn held(conn: &mut Conn, address: &EmailAddress) -> Result<Option<Held>, Error> {
    let suppression = suppressions::find(conn, address).await?;
    let Some(subscriber) = subscribers::find_by_address(conn, address).await? else {
        let nobody = Held {
            subscriber: None,
            preferences: None,
            consents: Vec::new(),
            suppression,
        };
        return Ok(nobody.suppression.is_some().then_some(nobody));
    };
    let preferences = subscribers::preferences(conn, subscriber.id).await?;
    let consents = consents::list(conn, subscriber.id).await?;
    Ok(Some(Held {
        subscriber: Some(subscriber),
        preferences,
        consents,
        suppression,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{How, Status, SubscriberId};

    #[test]
    fn cells_that_begin_like_a_formula_are_made_harmless_and_come_back() {
        let cases = [
            ("Ann", "Ann"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+1@example.org", "'+1@example.org"),
            ("-x", "'-x"),
            ("@x", "'@x"),
            ("＝1+1", "'＝1+1"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("'=1", "''=1"),
            ("'Ann'", "'Ann'"),
        ];
        for (cell, expected) in cases {
            assert_eq!(harmless(cell), expected, "{cell:?}");
            assert_eq!(bare(expected), cell, "{cell:?}");
        }
    }

    #[test]
    fn a_person_is_one_line() {
        let person = Subscriber {
            id: SubscriberId::from_i64(7),
            address: EmailAddress::parse("=a@example.org").unwrap(),
            name: Some("Lee, \"Ann\"".to_owned()),
            status: Status::Active,
            created_at: 0,
            confirmed_at: Some(60),
            unsubscribed_at: None,
            origin: How::import("old.csv"),
        };
        let mut out = Vec::new();
        let mut table = Table::begin(&mut out).unwrap();
        let block = Suppression {
            note: "=1".to_owned(),
            ..Suppression::new(&person.address, crate::Reason::Complaint, 60)
        };
        table
            .row(&person, &Preferences::default(), Some(&block))
            .unwrap();
        table.blocked(&block).unwrap();
        table.finish().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "email,name,status,digests,topics,format,counting,time_zone,language,paused_until,created_at,confirmed_at,unsubscribed_at,origin,\
             suppression,suppressed_since,suppressed_until,suppression_note\n\
             '=a@example.org,\"Lee, \"\"Ann\"\"\",active,,,designed,allowed,,,,1970-01-01T00:00:00Z,\
             1970-01-01T00:01:00Z,,import old.csv,complaint,1970-01-01T00:01:00Z,,'=1\n\
             '=a@example.org,,suppressed,,,,,,,,,,,,complaint,1970-01-01T00:01:00Z,,'=1\n"
        );
    }
}
