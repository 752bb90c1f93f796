//! Kept messages read once more: rules get better, and what they missed is made good.
//!
//! Says by default only what would be different. What was suppressed and would not be today stays suppressed:
//! taking that back is a person's decision, with a reason; and who was let back in after a notice came stays
//! there. What services told by a request is left out: it proved itself when it came. So is a message of which
//! only the beginning is kept: it could say something else than the whole.

use courant_subscribers::EmailAddress;
use courant_subscribers::store::suppressions;
use serde::Serialize;

use super::apply::{self, Grounds, Outcome};
use super::message::Mail;
use super::original::{self, Original};
use super::policy::{self, Decision};
use super::proof::{self, Proof};
use super::store::{self, Row};
use super::{Report, ReportKind};
use crate::clock::Clock;
use crate::database::{self, Conn, Database, Error};

/// Messages read at once.
const PAGE: i64 = 100;

/// A report that is judged differently today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// When the message was read first, Unix seconds.
    pub received_at: i64,
    /// What was decided then.
    pub was: String,
    /// What the message says, as it is read today.
    #[serde(flatten)]
    pub report: Report,
    /// What follows today.
    pub outcome: Outcome,
    /// Why, in words.
    pub because: String,
}

/// Which messages, and whether anything is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Only messages read at this instant or later, Unix seconds.
    pub since: i64,
    /// Does what follows; else only says it.
    pub act: bool,
}

/// What came of reading again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Reports whose message was read.
    pub read: u64,
    /// Reports of whose message only the beginning is kept: they are left as they are.
    pub left_out: u64,
    /// Reports judged differently, about addresses that somebody let back in after they came: nothing to do.
    pub let_back: u64,
    /// Those that are judged differently.
    pub found: Vec<Replayed>,
}

impl Reading {
    fn add(&mut self, other: Self) {
        self.read += other.read;
        self.left_out += other.left_out;
        self.let_back += other.let_back;
        self.found.extend(other.found);
    }
}

/// Reads what is kept.
///
/// Safe to repeat, to kill and to run twice at once: a report is settled in one transaction by whoever is first.
///
/// # Errors
/// When the database refuses; reports before that are done.
pub async fn replay(
    database: &Database,
    grounds: &Grounds,
    plan: Plan,
    clock: &Clock,
) -> Result<Reading, Error> {
    let mut after = (plan.since, String::new());
    let mut all = Reading::default();
    loop {
        let mut reader = database.reader().await?;
        let page = store::page(&mut reader, (after.0, &after.1), PAGE).await?;
        drop(reader);
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after = (last.received_at, last.id.clone());
        for row in page {
            if is_request(&row.raw) {
                continue;
            }
            if original::is_cut(&row.raw) {
                all.left_out += 1;
                continue;
            }
            let again = Again {
                grounds,
                act: plan.act,
                now: clock.unix(),
            };
            all.add(again.settled(database, &row).await?);
        }
    }
}

/// Services write JSON; a mail begins with a field.
fn is_request(raw: &str) -> bool {
    raw.trim_start().starts_with(['{', '['])
}

struct Again<'a> {
    grounds: &'a Grounds,
    act: bool,
    now: i64,
}

impl Again<'_> {
    async fn settled(&self, database: &Database, row: &Row) -> Result<Reading, Error> {
        if !self.act {
            // Who only looks keeps nobody from writing.
            let mut reader = database.reader().await?;
            return self.read(&mut reader, row).await;
        }
        database::anew(|| self.acted(database, row)).await
    }

    async fn acted(&self, database: &Database, row: &Row) -> Result<Reading, Error> {
        let mut transaction = database.begin_write().await?;
        let reading = self.read(&mut transaction, row).await?;
        database::commit(transaction).await?;
        Ok(reading)
    }

    async fn read(&self, conn: &mut Conn, row: &Row) -> Result<Reading, Error> {
        let mail = Mail::parse(row.raw.as_bytes());
        let proof = proof::proof(&mail, &self.grounds.links);
        let mut reading = Reading {
            read: 1,
            ..Reading::default()
        };
        if proof == Proof::Forged {
            return Ok(reading);
        }
        let (reports, holder) = apply::understood(conn, &mail, proof).await?;
        let known = apply::Known {
            proof,
            holder: holder.as_ref(),
            grounds: self.grounds,
            is_trusted: false,
        };
        let named = reports.into_iter().filter_map(|report| {
            let address = report.address()?;
            Some((report, address))
        });
        for (report, address) in named {
            let said = (report, &address);
            if row.address_key.is_empty() {
                // It named nobody then.
                reading.add(self.named_now(conn, row, said, &known).await?);
            } else if address.key() == row.address_key {
                reading.add(self.named_before(conn, row, said, &known).await?);
                break;
            }
        }
        Ok(reading)
    }

    /// What a message says of an address that nobody found in it before.
    async fn named_now(
        &self,
        conn: &mut Conn,
        row: &Row,
        (report, address): (Report, &EmailAddress),
        known: &apply::Known<'_>,
    ) -> Result<Reading, Error> {
        let mut reading = Reading::default();
        let message = Original::kept(&row.id, &row.raw);
        let delivery = apply::claimed_delivery(conn, &report).await?;
        if store::is_kept(conn, &message.about(address)).await?
            || !known.is_proven(conn, delivery.as_ref(), address).await?
        {
            return Ok(reading);
        }
        let decision = policy::decide(&report);
        if decision.is_held_against() && was_let_back(conn, address, row).await? {
            reading.let_back = 1;
            return Ok(reading);
        }
        let (report, verdict) = if self.act {
            let done = apply::one(conn, report, (&message, known), row.when(self.now)).await?;
            if done.outcome == Outcome::Known {
                return Ok(reading);
            }
            (done.report, (done.outcome, done.because))
        } else {
            (report, would_be(conn, address, decision).await?)
        };
        reading.found.push(row.replayed(report, verdict));
        Ok(reading)
    }

    /// What a message says today of the address that it was about before.
    async fn named_before(
        &self,
        conn: &mut Conn,
        row: &Row,
        (report, address): (Report, &EmailAddress),
        known: &apply::Known<'_>,
    ) -> Result<Reading, Error> {
        let mut reading = Reading::default();
        let decision = policy::decide(&report);
        let is_held_against = decision.is_held_against();
        let (mut outcome, mut because) = would_be(conn, address, decision).await?;
        let was_suppressed = row.verdict == Outcome::Suppressed.name();
        let is_same = outcome.name() == row.verdict
            // A run of failures suppressed it.
            || (outcome == Outcome::Counted && was_suppressed);
        if is_same
            || !known
                .is_proven(conn, row.delivery().as_ref(), address)
                .await?
        {
            return Ok(reading);
        }
        if (is_held_against || was_suppressed) && was_let_back(conn, address, row).await? {
            reading.let_back = 1;
            return Ok(reading);
        }
        if was_suppressed {
            because.push_str("; the address stays suppressed until somebody takes that back");
        } else if self.act {
            // Whoever comes second finds another verdict.
            if !store::reopen(conn, (&row.id, &row.verdict), &report).await? {
                return Ok(reading);
            }
            let (config, about) = (&self.grounds.config, (address, row.id.as_str()));
            (outcome, because) =
                apply::act(conn, &report, about, (config, row.when(self.now))).await?;
            store::settle(conn, &row.id, outcome.name(), &because).await?;
        }
        reading.found.push(row.replayed(report, (outcome, because)));
        Ok(reading)
    }
}

/// Whether somebody let the address back in after the message came.
async fn was_let_back(conn: &mut Conn, address: &EmailAddress, row: &Row) -> Result<bool, Error> {
    let lifted = suppressions::lifted_at(conn, address).await?;
    Ok(lifted.is_some_and(|at| at >= row.happened_at))
}

impl Row {
    /// As when it was read first.
    fn when(&self, now: i64) -> apply::When {
        apply::When {
            now: self.received_at.min(now),
            happened: self.happened_at.min(now),
        }
    }

    fn replayed(&self, report: Report, (outcome, because): (Outcome, String)) -> Replayed {
        Replayed {
            received_at: self.received_at,
            was: self.verdict.clone(),
            report,
            outcome,
            because,
        }
    }
}

impl Report {
    /// The address it is about, if it could be mailed and something is said of it.
    fn address(&self) -> Option<EmailAddress> {
        let said = self.recipient.as_deref();
        let said = said.filter(|_| self.kind != ReportKind::None);
        said.and_then(|text| EmailAddress::parse(text).ok())
    }
}

impl Decision {
    /// Whether it stops the mail of an address, or may with others.
    fn is_held_against(&self) -> bool {
        matches!(self, Self::Suppress(..) | Self::Count(_))
    }
}

/// What a decision would lead to, but for a run of failures.
async fn would_be(
    conn: &mut Conn,
    address: &EmailAddress,
    decision: Decision,
) -> Result<(Outcome, String), Error> {
    Ok(match decision {
        Decision::Suppress(_, because) => {
            let block = suppressions::find(conn, address).await?;
            let stands = block.is_some_and(|block| block.lifted.is_none());
            let outcome = if stands {
                Outcome::SuppressedBefore
            } else {
                Outcome::Suppressed
            };
            (outcome, because)
        }
        Decision::Count(because) => (Outcome::Counted, because),
        Decision::Alarm(because) => (Outcome::Alarm, because),
        Decision::Ignore(because) => (Outcome::Ignored, because),
    })
}
