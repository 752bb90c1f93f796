//! Rows to the list, each with its verdict.
//!
//! What the list holds about the addresses of a part is asked for all of them at once, and what becomes of
//! a row is decided by [`decide`] alone. Those who are new are put on the list together, in the order of
//! their addresses: the indexes are then written from one end to the other. Then comes what other rows ask
//! for, one by one. A part in which all are new is written while the next one is decided.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::decide::{Held, Step, blocked, decide};
use super::newcomers::{new_subscriber, newcomer};
use super::seen::Seen;
use super::{Listed, Options, Outcome, Person, Row, RowVerdict, Standing, Verdict};
use crate::{
    Added, Beginning, Conn, Error, How, Outcome as Change, Status, Subscriber, SubscriberId,
    Suppression,
    store::{many, subscribers, suppressions},
    subscriber::Rising,
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
    let mut importer = Importer::new(options);
    let mut outcome = importer.apply(conn, rows, now).await?;
    outcome.append(importer.finish(conn, now).await?);
    Ok(outcome)
}

/// An import in several calls, which remembers the addresses of the earlier ones.
#[derive(Debug)]
pub struct Importer {
    how: How,
    listed: Listed,
    seen: Seen,
    /// What the tables held when the import began.
    began_with: Option<many::Filled>,
    ids: Option<Rising>,
    /// A part that is decided and not written.
    waiting: Part,
    /// The people of the part before, who are on the list: to be let go of while the database works.
    written: Vec<NewRow>,
}

/// A row about somebody who is new.
#[derive(Debug)]
struct NewRow {
    /// How the key of the address begins: mostly enough to know who comes first.
    head: u128,
    /// Its place.
    index: usize,
    /// What it says.
    person: Box<Person>,
    beginning: Beginning,
}

impl NewRow {
    fn new(index: usize, person: Box<Person>, beginning: Beginning) -> Self {
        let key = person.address.key().as_bytes();
        let mut head = [0; 16];
        for (place, byte) in head.iter_mut().zip(key) {
            *place = *byte;
        }
        Self {
            head: u128::from_be_bytes(head),
            index,
            person,
            beginning,
        }
    }

    /// In the order of the addresses.
    fn order(&self, other: &Self) -> Ordering {
        let keys = || self.person.address.key().cmp(other.person.address.key());
        self.head.cmp(&other.head).then_with(keys)
    }
}

/// Rows that are decided.
#[derive(Debug, Default)]
struct Part {
    verdicts: Vec<RowVerdict>,
    /// Those who are new, in the order of their addresses once all rows are decided.
    new: Vec<NewRow>,
    /// Their ids, once all rows are decided.
    ids: Vec<SubscriberId>,
    /// What other rows ask for, in their order; nothing for a row that is decided when all before it are done.
    steps: Vec<(usize, Box<Person>, Option<Step>)>,
}

impl Part {
    /// The new people as the list takes them, and their ids.
    fn people<'a>(
        &'a self,
        how: &'a How,
    ) -> (&'a [SubscriberId], impl Fn(usize) -> many::Newcomer<'a>) {
        let person = move |place: usize| {
            let new = &self.new[place];
            newcomer(how, &new.person, new.beginning, self.ids[place])
        };
        (&self.ids, person)
    }
}

/// What is held about the addresses of one part, by their keys.
#[derive(Default)]
struct Known {
    people: HashMap<String, Box<Subscriber>>,
    blocks: HashMap<String, Box<Suppression>>,
    erased: bool,
}

impl Known {
    fn of(&mut self, person: &Person) -> Held {
        let key = person.address.key();
        let block = if self.blocks.is_empty() {
            None
        } else {
            let erased = || self.blocks.get(&person.address.erased_key());
            let plain = self.blocks.get(key);
            plain
                .or_else(|| self.erased.then(erased).flatten())
                .cloned()
        };
        Held {
            person: self.people.remove(key),
            block,
        }
    }
}

/// Rows being decided.
struct Deciding<'a> {
    rows: std::vec::IntoIter<Row>,
    known: Known,
    seen: &'a mut Seen,
    listed: Listed,
    /// For those who are new.
    ids: &'a mut Rising,
    part: Part,
    /// All rows are decided; or why they cannot be written.
    arranged: Option<Result<(), Error>>,
}

impl Listed {
    fn lists(self, has_reason: bool) -> bool {
        self == Self::All || has_reason
    }

    /// Writes the person's address where the row has no other, if the row is listed.
    fn name(self, address: &mut String, has_reason: bool, person: &Person) {
        if address.is_empty() && self.lists(has_reason) {
            person.address.as_str().clone_into(address);
        }
    }
}

/// Rows decided between two statements.
const SLICE: usize = many::AT_ONCE;

impl Deciding<'_> {
    /// Decides some more rows; whether there were any.
    fn some(&mut self) -> bool {
        let mut any = false;
        for _ in 0..SLICE {
            let Some(row) = self.rows.next() else { break };
            any = true;
            let index = self.part.verdicts.len();
            let mut address = row.written.unwrap_or_default();
            let (verdict, reason) = match row.person {
                Err(reason) => {
                    for doubted in self.seen.doubted(&address, row.line) {
                        let step = Step::TakeBack(reason.clone());
                        self.part.steps.push((index, Box::new(doubted), Some(step)));
                    }
                    (Verdict::Refused, Some(reason))
                }
                Ok(person) => match self.asked(&person, row.line) {
                    Some(Step::None(verdict, reason)) => {
                        self.listed.name(&mut address, reason.is_some(), &person);
                        (verdict, reason)
                    }
                    Some(Step::Add(beginning, verdict, reason)) => {
                        self.listed.name(&mut address, reason.is_some(), &person);
                        self.part.new.push(NewRow::new(index, person, beginning));
                        (verdict, reason)
                    }
                    step => {
                        self.listed.name(&mut address, true, &person);
                        self.part.steps.push((index, person, step));
                        (Verdict::Unchanged, None)
                    }
                },
            };
            self.part.verdicts.push(RowVerdict {
                line: row.line,
                address,
                verdict,
                reason,
            });
        }
        any
    }

    /// What a row about a person asks for; nothing when that is known only when all before it are done.
    fn asked(&mut self, person: &Person, line: u64) -> Option<Step> {
        let place = self.seen.place(person.address.key());
        let before = self.seen.before(place, line);
        let may_be_open = person.restored.is_some()
            || matches!(person.standing, Standing::Left | Standing::Blocked(_));
        // What another row left in doubt stays so, in our own exports, too.
        let is_doubted =
            before.is_some_and(|first| first.was_refused) && person.standing < Standing::Left;
        if before.is_some() && may_be_open && !is_doubted {
            return None;
        }
        let step = decide(person, self.known.of(person), before);
        match &step {
            Step::None(Verdict::Refused, _) => self.seen.refused(place),
            Step::Add(..) => self.seen.added(place),
            // Whom this row confirms another one may put in doubt.
            Step::Meet(here) if here.status == Status::Pending => self.seen.added(place),
            _ => {}
        }
        Some(step)
    }

    /// Decides some more rows; after the last one, makes the new people ready for the list.
    fn step(&mut self) {
        if self.arranged.is_none() && !self.some() {
            self.arranged = Some(self.arrange());
        }
    }

    fn arrange(&mut self) -> Result<(), Error> {
        self.part.new.sort_unstable_by(NewRow::order);
        self.part.ids = self.ids.take(self.part.new.len())?;
        Ok(())
    }

    fn end(mut self) -> Result<Part, Error> {
        loop {
            match self.arranged.take() {
                Some(arranged) => return arranged.map(|()| self.part),
                None => self.step(),
            }
        }
    }
}

impl Importer {
    /// Begins the import of one file.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self {
            how: How::import(&options.file),
            listed: options.listed,
            seen: Seen::default(),
            began_with: None,
            ids: None,
            waiting: Part::default(),
            written: Vec::new(),
        }
    }

    /// Applies the next rows of the file; tens of thousands at a time are the fastest.
    ///
    /// The outcome is that of rows which are written: these come with the next call, or at the
    /// [end](Self::finish).
    ///
    /// # Errors
    /// When the database fails; the caller rolls back.
    pub async fn apply(
        &mut self,
        conn: &mut Conn,
        rows: impl IntoIterator<Item = Row>,
        now: i64,
    ) -> Result<Outcome, Error> {
        let rows: Vec<Row> = rows.into_iter().collect();
        let known = self.known(conn, &rows, now).await?;
        let ids = match &mut self.ids {
            Some(ids) => ids,
            None => self.ids.insert(Rising::new()?),
        };
        let mut deciding = Deciding {
            ids,
            part: Part {
                verdicts: Vec::with_capacity(rows.len()),
                ..Part::default()
            },
            arranged: None,
            rows: rows.into_iter(),
            known,
            seen: &mut self.seen,
            listed: self.listed,
        };
        let waiting = std::mem::take(&mut self.waiting);
        let written = &mut self.written;
        let mut meanwhile = || {
            written.truncate(written.len().saturating_sub(SLICE));
            deciding.step();
        };
        let people = waiting.people(&self.how);
        let left_out = many::add(conn, people, (&self.how, now), &mut meanwhile).await?;
        let part = deciding.end()?;
        let mut outcome = self.write(conn, waiting, left_out, now).await?;
        if part.steps.is_empty() {
            self.waiting = part;
        } else {
            outcome.append(self.put(conn, part, now).await?);
        }
        Ok(outcome)
    }

    /// Writes what is still to be written.
    ///
    /// # Errors
    /// When the database fails; the caller rolls back.
    pub async fn finish(mut self, conn: &mut Conn, now: i64) -> Result<Outcome, Error> {
        let waiting = std::mem::take(&mut self.waiting);
        self.put(conn, waiting, now).await
    }

    /// Writes a part while nothing else is to be done.
    async fn put(&mut self, conn: &mut Conn, part: Part, now: i64) -> Result<Outcome, Error> {
        let people = part.people(&self.how);
        let left_out = many::add(conn, people, (&self.how, now), &mut || {}).await?;
        self.write(conn, part, left_out, now).await
    }

    /// What is held about the addresses of these rows. Tables that were empty hold only what this import
    /// wrote, and that is known by its lines.
    async fn known(&mut self, conn: &mut Conn, rows: &[Row], now: i64) -> Result<Known, Error> {
        let began_with = match self.began_with {
            Some(filled) => filled,
            None => *self.began_with.insert(many::begin(conn).await?),
        };
        let mut known = Known {
            erased: began_with.erased,
            ..Known::default()
        };
        if !began_with.people && !began_with.blocks {
            return Ok(known);
        }
        let people = || rows.iter().filter_map(|row| row.person.as_ref().ok());
        let mut keys: Vec<String> = people()
            .map(|person| person.address.key().to_owned())
            .collect();
        // In the order of the index.
        keys.sort_unstable();
        if began_with.people {
            let found = many::find(conn, &keys).await?;
            known.people = found
                .into_iter()
                .map(|here| (here.address.key().to_owned(), Box::new(here)))
                .collect();
        }
        if began_with.blocks {
            if began_with.erased {
                keys.extend(people().map(|person| person.address.erased_key()));
            }
            let found = many::blocks(conn, &keys, now).await?;
            known.blocks = found
                .into_iter()
                .map(|block| (block.key.clone(), Box::new(block)))
                .collect();
        }
        Ok(known)
    }

    /// Does what a row asks for.
    async fn take(
        &self,
        conn: &mut Conn,
        step: Step,
        person: &Person,
        (line, now): (u64, i64),
    ) -> Result<(Verdict, Option<String>), Error> {
        match step {
            Step::None(verdict, reason) => Ok((verdict, reason)),
            Step::Add(Beginning::Unsubscribed, verdict, reason) => {
                self.keep_out(conn, person, now).await?;
                Ok((verdict, reason))
            }
            Step::Add(beginning, verdict, reason) => {
                let new = new_subscriber(&self.how, person, beginning, SubscriberId::random()?);
                match subscribers::add(conn, &new, now).await? {
                    Added::New(_) => Ok((verdict, reason)),
                    Added::Suppressed(block) => Ok((Verdict::Suppressed, Some(blocked(&block)))),
                    Added::Existing(_) => Err(Error::Contended),
                }
            }
            Step::Leave(here) => {
                let left = subscribers::unsubscribe(conn, here.id, self.how.clone(), now).await?;
                let reason = match left {
                    Change::Changed => "unsubscribed in the file, and now here",
                    Change::Unchanged | Change::Refused(_) | Change::Unknown => {
                        "unsubscribed in the file and here"
                    }
                };
                Ok((Verdict::Suppressed, Some(reason.to_owned())))
            }
            Step::Block(reason) => {
                // Who takes the block back must not bring back who had left.
                if person.has_left {
                    self.keep_out(conn, person, now).await?;
                }
                let restored = person.restored.as_deref();
                if let Some(dates) = restored.and_then(|it| it.dates) {
                    let beginning = match (person.standing, dates.confirmed_at) {
                        (Standing::Left, _) => Beginning::Unsubscribed,
                        (_, Some(_)) => Beginning::Active,
                        (_, None) => Beginning::Pending,
                    };
                    let new = new_subscriber(&self.how, person, beginning, SubscriberId::random()?);
                    let _known_or_new = subscribers::add(conn, &new, now).await?;
                }
                let block = match restored.and_then(|it| it.block.clone()) {
                    Some(block) if block.since > 0 => block,
                    _ => {
                        let mut block = Suppression::new(&person.address, reason, now);
                        block.note = format!("{} line {line}", self.how);
                        block
                    }
                };
                let _known_or_new = suppressions::suppress(conn, &block).await?;
                Ok((Verdict::Suppressed, Some(format!("{reason} in the file"))))
            }
            Step::TakeBack(reason) => {
                let here = subscribers::find_by_address(conn, &person.address).await?;
                if let Some(here) = here {
                    let how = self.how.clone();
                    let _changed = subscribers::unsubscribe(conn, here.id, how, now).await?;
                }
                let reason =
                    format!("{reason}; they are unsubscribed here, whatever another row says");
                Ok((Verdict::Refused, Some(reason)))
            }
            Step::Meet(here) => {
                let mut changes = Vec::new();
                if here.status == Status::Pending {
                    changes.push(subscribers::confirm(conn, here.id, self.how.clone(), now).await?);
                }
                if person.name.is_some() {
                    let name = person.name.as_deref();
                    changes.push(subscribers::set_name(conn, here.id, name).await?);
                }
                let verdict = if changes.contains(&Change::Changed) {
                    Verdict::Updated
                } else {
                    Verdict::Unchanged
                };
                Ok((verdict, person.remark.clone()))
            }
        }
    }

    /// Makes somebody unsubscribed who is on the list, and puts on it as unsubscribed who is not, blocked or not.
    async fn keep_out(&self, conn: &mut Conn, person: &Person, now: i64) -> Result<(), Error> {
        if let Some(here) = subscribers::find_by_address(conn, &person.address).await? {
            let _changed = subscribers::unsubscribe(conn, here.id, self.how.clone(), now).await?;
            return Ok(());
        }
        let id = SubscriberId::random()?;
        let new = |_| newcomer(&self.how, person, Beginning::Unsubscribed, id);
        let _taken = many::add(conn, (&[id], new), (&self.how, now), &mut || {}).await?;
        Ok(())
    }

    /// Does what the rows of a part ask for that are not about new people. Whose address came to the list
    /// meanwhile, by somebody else's hand, is decided anew.
    async fn write(
        &mut self,
        conn: &mut Conn,
        mut part: Part,
        left_out: Vec<usize>,
        now: i64,
    ) -> Result<Outcome, Error> {
        let again = left_out.into_iter().filter_map(|place| part.new.get(place));
        let again: Vec<_> = again
            .map(|new| (new.index, new.person.clone(), None))
            .collect();
        let steps = std::mem::take(&mut part.steps);
        for (index, person, step) in again.into_iter().chain(steps) {
            let Some(row) = part.verdicts.get_mut(index) else {
                continue;
            };
            let step = match step {
                Some(step) => step,
                None => decide(&person, held(conn, &person, now).await?, None),
            };
            (row.verdict, row.reason) = self.take(conn, step, &person, (row.line, now)).await?;
            self.listed
                .name(&mut row.address, row.reason.is_some(), &person);
        }
        let mut outcome = Outcome::default();
        for row in part.verdicts.drain(..) {
            if self.listed.lists(row.reason.is_some()) {
                outcome.push(row);
            } else {
                outcome.count(row.verdict);
            }
        }
        self.written = part.new;
        Ok(outcome)
    }
}

/// What is held about one address.
async fn held(conn: &mut Conn, person: &Person, now: i64) -> Result<Held, Error> {
    let block = suppressions::find(conn, &person.address).await?;
    Ok(Held {
        person: subscribers::find_by_address(conn, &person.address)
            .await?
            .map(Box::new),
        block: block
            .filter(|recorded| recorded.stands(now))
            .map(|recorded| Box::new(recorded.suppression)),
    })
}
