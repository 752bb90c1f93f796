//! Kept messages read once more: rules get better, and what they missed is made good.
//!
//! Says by default only what would be different. What was suppressed and would not be today stays suppressed:
//! taking that back is a person's decision, with a reason. What services told by a request is left out: it
//! proved itself when it came; and so is what is longer than what is kept of a message.

use courant_subscribers::EmailAddress;
use serde::Serialize;

use super::apply::{self, Grounds, Outcome};
use super::message::Mail;
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

/// Reads what is kept; how many reports that was, and those that are judged differently.
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
) -> Result<(u64, Vec<Replayed>), Error> {
    let (mut after, mut count) = ((plan.since, String::new()), 0);
    let mut found = Vec::new();
    loop {
        let mut reader = database.reader().await?;
        let page = store::page(&mut reader, (after.0, &after.1), PAGE).await?;
        drop(reader);
        let Some(last) = page.last() else {
            return Ok((count, found));
        };
        after = (last.received_at, last.id.clone());
        for row in page {
            // What was cut off may be what said it.
            if is_request(&row.raw) || apply::is_cut(&row.raw) {
                continue;
            }
            count += 1;
            let again = Again {
                grounds,
                act: plan.act,
                now: clock.unix(),
            };
            if plan.act {
                let mut transaction = database.begin_write().await?;
                found.extend(again.read(&mut transaction, &row).await?);
                database::commit(transaction).await?;
            } else {
                // Who only looks keeps nobody from writing.
                let mut reader = database.reader().await?;
                found.extend(again.read(&mut reader, &row).await?);
            }
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
    async fn read(&self, conn: &mut Conn, row: &Row) -> Result<Vec<Replayed>, Error> {
        let mail = Mail::parse(row.raw.as_bytes());
        let proof = proof::proof(&mail, &self.grounds.links);
        if proof == Proof::Forged {
            return Ok(Vec::new());
        }
        let (reports, holder) = apply::understood(conn, &mail, proof).await?;
        let mut found = Vec::new();
        if row.address_key.is_empty() {
            // It named nobody then.
            for report in reports {
                let known = apply::Known {
                    proof,
                    holder: holder.as_ref(),
                    grounds: self.grounds,
                    is_trusted: false,
                };
                let Some(address) = report.address() else {
                    continue;
                };
                if self.act {
                    let raw = (row.raw.as_bytes(), &known);
                    let done = apply::one(conn, report, raw, row.received_at).await?;
                    if done.outcome != Outcome::Known {
                        found.push(row.replayed(done.report, (done.outcome, done.because)));
                    }
                } else if !store::is_kept(conn, &apply::key(row.raw.as_bytes(), &address)).await? {
                    let verdict = would_be(policy::decide(&report));
                    found.push(row.replayed(report, verdict));
                }
            }
            return Ok(found);
        }
        let about = |report: &Report| {
            report
                .address()
                .is_some_and(|address| address.key() == row.address_key)
        };
        let Some(report) = reports.into_iter().find(about) else {
            return Ok(found);
        };
        let (mut outcome, mut because) = would_be(policy::decide(&report));
        let is_same = outcome.name() == row.verdict
            // A run of failures suppressed it.
            || (outcome == Outcome::Counted && row.verdict == Outcome::Suppressed.name());
        let Some(address) = report.address().filter(|_| !is_same) else {
            return Ok(found);
        };
        if self.grounds.verp
            && holder.is_none()
            && !apply::was_sent(conn, row.delivery().as_ref(), &address).await?
        {
            return Ok(found);
        }
        let is_milder = row.verdict == Outcome::Suppressed.name();
        if is_milder {
            because.push_str("; the address stays suppressed until somebody takes that back");
        } else if self.act {
            // Whoever comes second finds another verdict.
            if !store::reopen(conn, (&row.id, &row.verdict), &report).await? {
                return Ok(found);
            }
            let (config, about) = (&self.grounds.config, (&address, row.id.as_str()));
            let at = row.received_at.min(self.now);
            (outcome, because) = apply::act(conn, &report, about, (config, at)).await?;
            store::settle(conn, &row.id, outcome.name(), &because).await?;
        }
        found.push(row.replayed(report, (outcome, because)));
        Ok(found)
    }
}

impl Row {
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

fn would_be(decision: Decision) -> (Outcome, String) {
    match decision {
        Decision::Suppress(_, because) => (Outcome::Suppressed, because),
        Decision::Count(because) => (Outcome::Counted, because),
        Decision::Alarm(because) => (Outcome::Alarm, because),
        Decision::Ignore(because) => (Outcome::Ignored, because),
    }
}
