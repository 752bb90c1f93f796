//! A message to its consequences: kept, decided and acted upon once, however often it is read.
//!
//! The row of a report is written before anything is decided, and its key is a hash of message and
//! recipient: whoever comes second, later or at the same time, finds it and does nothing. Whatever
//! follows is in the same transaction, so a process that dies leaves all of it or nothing.

use courant_subscribers::store::suppressions;
use courant_subscribers::{EmailAddress, Outcome as Suppressed, Suppression};
use serde::Serialize;

use super::policy::{self, Decision, History};
use super::{Report, store};
use crate::clock::Clock;
use crate::database::{self, Conn, Database, Error};
use crate::delivery::{self, DeliveryId};

/// Bytes of a message that are kept.
const KEPT_BYTES: usize = 64_000;

/// What followed from a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The address must not be mailed any more.
    Suppressed,
    /// It must not be mailed since before.
    SuppressedBefore,
    /// The failure was counted.
    Counted,
    /// Nothing follows.
    Ignored,
    /// The same message was read before.
    Known,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Suppressed | Self::SuppressedBefore => "suppressed",
            Self::Counted => "counted",
            Self::Ignored | Self::Known => "ignored",
        }
    }
}

/// A report and what followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// What the message says.
    #[serde(flatten)]
    pub report: Report,
    /// What followed.
    pub outcome: Outcome,
    /// Why, in words.
    pub because: String,
}

/// Reads one message and does what it asks for; safe to repeat and to do twice at once.
///
/// # Errors
/// When the database refuses; then nothing was done.
pub async fn apply(database: &Database, raw: &[u8], clock: &Clock) -> Result<Vec<Applied>, Error> {
    let reports = super::read(raw);
    let mut transaction = database.begin_write().await?;
    let mut applied = Vec::new();
    for report in reports {
        applied.push(one(&mut transaction, report, raw, clock.unix()).await?);
    }
    database::commit(transaction).await?;
    Ok(applied)
}

async fn one(conn: &mut Conn, report: Report, raw: &[u8], now: i64) -> Result<Applied, Error> {
    let ignored = |report, because: &str| Applied {
        report,
        outcome: Outcome::Ignored,
        because: because.to_owned(),
    };
    let Some(address) = report
        .recipient
        .as_deref()
        .and_then(|text| EmailAddress::parse(text).ok())
    else {
        return Ok(ignored(report, "names no address that we could mail"));
    };
    let delivery = claimed_delivery(conn, &report).await?;
    let id = key(raw, &address);
    let kept = store::Kept {
        id: &id,
        address_key: address.key(),
        report: &report,
        delivery: delivery.as_ref(),
        raw: &beginning(raw),
    };
    if !store::add(conn, &kept, now).await? {
        return Ok(Applied {
            report,
            outcome: Outcome::Known,
            because: "the same message was read before".to_owned(),
        });
    }
    let (outcome, because) = act(conn, &report, &address, &id, now).await?;
    store::settle(conn, &id, outcome.name(), &because).await?;
    Ok(Applied {
        report,
        outcome,
        because,
    })
}

async fn act(
    conn: &mut Conn,
    report: &Report,
    address: &EmailAddress,
    id: &str,
    now: i64,
) -> Result<(Outcome, String), Error> {
    let (why, because) = match policy::decide(report) {
        Decision::Ignore(because) => return Ok((Outcome::Ignored, because)),
        Decision::Suppress(why, because) => (why, because),
        Decision::Count(because) => {
            store::settle(conn, id, Outcome::Counted.name(), &because).await?;
            let history = history(conn, address, now).await?;
            match policy::decide_run(&history) {
                None => return Ok((Outcome::Counted, because)),
                Some(run) => (courant_subscribers::Reason::SoftBounces, run),
            }
        }
    };
    let mut block = Suppression::new(address, why, now);
    block.note.clone_from(&because);
    let outcome = match suppressions::suppress(conn, &block).await? {
        Suppressed::Changed => Outcome::Suppressed,
        Suppressed::Unchanged | Suppressed::Refused(_) | Suppressed::Unknown => {
            Outcome::SuppressedBefore
        }
    };
    Ok((outcome, because))
}

async fn history(conn: &mut Conn, address: &EmailAddress, now: i64) -> Result<History, Error> {
    let key = address.key();
    let counted_at = store::counted_since(conn, key, now - policy::MEMORY).await?;
    let began = policy::run_began(&counted_at).unwrap_or(now);
    let sent = store::sent_since(conn, key, began).await?;
    Ok(History { counted_at, sent })
}

/// The delivery the message names, if there is one. Its sender may have made the name up, so nothing
/// is done with it but to write it down.
async fn claimed_delivery(conn: &mut Conn, report: &Report) -> Result<Option<DeliveryId>, Error> {
    let Some(id) = report.delivery.as_deref().and_then(DeliveryId::parse) else {
        return Ok(None);
    };
    let known = delivery::store::exists(conn, &id).await?;
    Ok(known.then_some(id))
}

fn key(raw: &[u8], address: &EmailAddress) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(address.key().as_bytes());
    context.update(b"\n");
    context.update(raw);
    let hash = context.finish();
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The beginning of a message as text that both databases can hold.
fn beginning(raw: &[u8]) -> String {
    let kept = raw.get(..KEPT_BYTES).unwrap_or(raw);
    String::from_utf8_lossy(kept).replace('\0', "\u{fffd}")
}
