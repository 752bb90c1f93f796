//! Rows to the list, each with its verdict.

use std::collections::HashMap;

use super::{Options, Outcome, Person, Row, RowVerdict, Standing, Verdict};
use crate::{
    Added, Beginning, Conn, Error, How, NewSubscriber, Outcome as Change, Preferences, Status,
    Subscriber, Suppression,
    store::{subscribers, suppressions},
    text,
};

/// Applies the rows of one file; see the [module](super) for what an import means.
///
/// Safe to repeat. For a large file call an [`Importer`] with a part at a time.
///
/// # Errors
/// When the database fails; the caller rolls back. Bad rows are verdicts, not errors.
pub async fn apply(
    conn: &mut Conn,
    rows: impl IntoIterator<Item = Row>,
    options: &Options,
    now: i64,
) -> Result<Outcome, Error> {
    Importer::new(options).apply(conn, rows, now).await
}

/// An import in several calls, which remembers the addresses of the earlier ones.
#[derive(Debug)]
pub struct Importer {
    how: How,
    /// Address keys to the line they were first seen on.
    seen: HashMap<String, u64>,
}

impl Importer {
    /// Begins the import of one file.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self {
            how: How::import(&options.file),
            seen: HashMap::new(),
        }
    }

    /// Applies the next rows of the file.
    ///
    /// # Errors
    /// When the database fails; the caller rolls back.
    pub async fn apply(
        &mut self,
        conn: &mut Conn,
        rows: impl IntoIterator<Item = Row>,
        now: i64,
    ) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        for row in rows {
            let (verdict, reason) = match row.person {
                Err(reason) => (Verdict::Refused, Some(reason)),
                Ok(person) => self.person(conn, person, row.line, now).await?,
            };
            outcome.push(RowVerdict {
                line: row.line,
                address: row.address,
                verdict,
                reason,
            });
        }
        Ok(outcome)
    }

    async fn person(
        &mut self,
        conn: &mut Conn,
        person: Person,
        line: u64,
        now: i64,
    ) -> Result<(Verdict, Option<String>), Error> {
        let first = *self
            .seen
            .entry(person.address.key().to_owned())
            .or_insert(line);
        match person.standing {
            // Leaving counts on any line, also on the second of the same address.
            Standing::Blocked(reason) => {
                if person.is_ours {
                    let _known_or_new = self.add(conn, &person, Beginning::Active, now).await?;
                }
                let mut block = Suppression::new(&person.address, reason, now);
                block.note = format!("{} line {line}", self.how);
                let _known_or_new = suppressions::suppress(conn, &block).await?;
                Ok((Verdict::Suppressed, Some(format!("{reason} in the file"))))
            }
            Standing::Left => self.leave(conn, person, now).await,
            Standing::Active | Standing::Unconfirmed if first != line => Ok((
                Verdict::Unchanged,
                Some(format!("the same address as line {first}")),
            )),
            Standing::Unconfirmed if person.is_ours => {
                match self.add(conn, &person, Beginning::Pending, now).await? {
                    Added::New(_) => Ok((Verdict::Added, Some("pending, as exported".to_owned()))),
                    Added::Suppressed(block) => Ok((Verdict::Suppressed, Some(blocked(&block)))),
                    Added::Existing(_) => Ok((Verdict::Unchanged, None)),
                }
            }
            Standing::Unconfirmed => Ok((
                Verdict::Refused,
                Some("was not confirmed in the file".to_owned()),
            )),
            Standing::Active => self.join(conn, person, now).await,
        }
    }

    async fn leave(
        &self,
        conn: &mut Conn,
        person: Person,
        now: i64,
    ) -> Result<(Verdict, Option<String>), Error> {
        let reason = match self
            .add(conn, &person, Beginning::Unsubscribed, now)
            .await?
        {
            Added::New(_) => {
                "unsubscribed in the file; kept so that nobody adds them again".to_owned()
            }
            Added::Suppressed(block) => blocked(&block),
            Added::Existing(here) => {
                match subscribers::unsubscribe(conn, here.id, self.how.clone(), now).await? {
                    Change::Changed => "unsubscribed in the file, and now here".to_owned(),
                    Change::Unchanged | Change::Refused(_) | Change::Unknown => {
                        "unsubscribed in the file and here".to_owned()
                    }
                }
            }
        };
        Ok((Verdict::Suppressed, Some(reason)))
    }

    async fn join(
        &self,
        conn: &mut Conn,
        person: Person,
        now: i64,
    ) -> Result<(Verdict, Option<String>), Error> {
        match self.add(conn, &person, Beginning::Active, now).await? {
            Added::New(_) => Ok((Verdict::Added, person.remark)),
            Added::Suppressed(block) => Ok((Verdict::Suppressed, Some(blocked(&block)))),
            Added::Existing(here) => self.meet(conn, &here, person, now).await,
        }
    }

    /// A row about somebody who is on the list.
    async fn meet(
        &self,
        conn: &mut Conn,
        here: &Subscriber,
        person: Person,
        now: i64,
    ) -> Result<(Verdict, Option<String>), Error> {
        let mut verdict = Verdict::Unchanged;
        match here.status {
            Status::Unsubscribed => {
                let when = here
                    .unsubscribed_at
                    .map(|at| format!(" on {}", text::day(at)));
                let when = when.unwrap_or_default();
                let reason = format!("unsubscribed here{when}; only they can come back");
                return Ok((Verdict::Suppressed, Some(reason)));
            }
            Status::Suppressed => {
                return Ok((Verdict::Suppressed, Some("suppressed here".to_owned())));
            }
            Status::Pending => {
                let done = subscribers::confirm(conn, here.id, self.how.clone(), now).await?;
                if done == Change::Changed {
                    verdict = Verdict::Updated;
                }
            }
            Status::Active => {}
        }
        // A file without names does not take names away.
        if person.name.is_some()
            && subscribers::set_name(conn, here.id, person.name.as_deref()).await?
                == Change::Changed
        {
            verdict = Verdict::Updated;
        }
        Ok((verdict, person.remark))
    }

    /// The file, and when they agreed by its own account.
    fn evidence(&self, person: &Person) -> How {
        match (&self.how, &person.agreed) {
            (How::Import(file), Some(at)) => How::Import(format!("{file}, agreed there {at}")),
            (how, _) => how.clone(),
        }
    }

    async fn add(
        &self,
        conn: &mut Conn,
        person: &Person,
        beginning: Beginning,
        now: i64,
    ) -> Result<Added, Error> {
        let mut new = NewSubscriber::new(person.address.clone(), beginning, self.evidence(person))?;
        new.name.clone_from(&person.name);
        new.preferences = Preferences {
            digests: person.digests.clone().unwrap_or_default(),
            topics: person.topics.clone().unwrap_or_default(),
            format: person.format.unwrap_or_default(),
            counting: person.counting.unwrap_or_default(),
            time_zone: person.time_zone.clone(),
            language: person.language.clone(),
            paused_until: person.paused_until,
        };
        subscribers::add(conn, &new, now).await
    }
}

fn blocked(block: &Suppression) -> String {
    format!(
        "suppressed here since {}: {}",
        text::day(block.since),
        block.reason
    )
}
