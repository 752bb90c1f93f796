//! A message to its consequences: kept, decided and acted upon once, however often it is read.
//!
//! The row of a report is written before anything is decided, and its key is a hash of what the message
//! says and of its recipient ([`Original`]): whoever comes second, later or at the same time, finds it and does nothing. Whatever
//! follows is in the same transaction, so a process that dies leaves all of it or nothing.

use courant_subscribers::store::{subscribers, suppressions};
use courant_subscribers::{EmailAddress, How, Outcome as Changed, SubscriberId, Suppression};
use serde::Serialize;

use super::message::Mail;
use super::original::Original;
use super::policy::{self, Decision, History};
use super::proof::{self, Proof};
use super::webhooks::Told;
use super::{Config, Report, ReportKind, store};
use crate::clock::Clock;
use crate::database::{self, Conn, Database, Error};
use crate::delivery::{self, DeliveryId};
use crate::edition;
use crate::engagement::record::{self, Verdict};
use crate::engagement::store::Times;
use crate::engagement::{Agent, EventKind};
use crate::links::{Links, Token};

/// What followed from a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The address must not be mailed any more.
    Suppressed,
    /// It must not be mailed since before.
    SuppressedBefore,
    /// The reader is no reader any more.
    Left,
    /// The failure was counted.
    Counted,
    /// Nothing follows for the reader: it is our own fault, and somebody must look.
    Alarm,
    /// Nothing follows.
    Ignored,
    /// The same message was read before.
    Known,
}

impl Outcome {
    /// Its name in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Suppressed | Self::SuppressedBefore => "suppressed",
            Self::Counted => "counted",
            Self::Left => "left",
            Self::Alarm => "alarm",
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

impl Applied {
    /// Tells the operator by the log, without saying whom it is about.
    pub fn log(&self) {
        let (outcome, reason) = (self.outcome, self.report.reason.name());
        if outcome == Outcome::Alarm {
            tracing::error!(reason, "a mail server refuses what we send");
        } else {
            tracing::info!(?outcome, reason, "a notice was read");
        }
    }
}

/// What notices are judged by.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// Tells our own tags and links from others.
    pub links: Links,
    /// Every copy comes back to an address of its own: what does not, and returns no mail of ours, proves
    /// nothing and changes nothing.
    pub verp: bool,
    /// `[feedback]`.
    pub config: Config,
}

/// Reads one message and does what it asks for; safe to repeat and to do twice at once.
///
/// What the message proves says whose copy it is about, whatever it says itself.
///
/// # Errors
/// When the database refuses; then nothing was done.
pub async fn apply(
    database: &Database,
    raw: &[u8],
    grounds: &Grounds,
    clock: &Clock,
) -> Result<Vec<Applied>, Error> {
    let message = (&Mail::parse(raw), &Original::of_mail(raw));
    database::anew(|| once(database, message, grounds, clock)).await
}

async fn once(
    database: &Database,
    (mail, original): (&Mail, &Original),
    grounds: &Grounds,
    clock: &Clock,
) -> Result<Vec<Applied>, Error> {
    let proof = proof::proof(mail, &grounds.links);
    let mut transaction = database.begin_write().await?;
    let (reports, holder) = understood(&mut transaction, mail, proof).await?;
    let mut applied = Vec::new();
    let asks_nothing = reports.iter().all(|report| report.kind == ReportKind::None);
    if asks_nothing && let Some(token) = proof::leaving(mail, &grounds.links) {
        applied.push(leave(&mut transaction, token, clock.unix()).await?);
        database::commit(transaction).await?;
        return Ok(applied);
    }
    let is_notice = super::is_from_a_mail_system(mail);
    let when = When::of(mail, clock.unix());
    for report in reports {
        let known = Known {
            proof,
            holder: holder.as_ref(),
            grounds,
            is_trusted: false,
        };
        if proof != Proof::Forged && report.recipient.is_none() && is_notice {
            keep_unnamed(&mut transaction, &report, original, when).await?;
        }
        applied.push(one(&mut transaction, report, (original, &known), when).await?);
    }
    database::commit(transaction).await?;
    Ok(applied)
}

/// What a message says, and whose copy it is about as it proves: then it is about this one reader, whomever relays
/// that forward name.
pub(super) async fn understood(
    conn: &mut Conn,
    mail: &Mail,
    proof: Proof,
) -> Result<(Vec<Report>, Option<Holder>), Error> {
    let mut reports = super::reports(mail);
    let holder = match proof {
        Proof::Ours(token) => holder(conn, token).await?,
        Proof::Forged | Proof::None => None,
    };
    if let Some(holder) = &holder {
        reports.sort_by_key(|report| std::cmp::Reverse(weight(report)));
        reports.truncate(1);
        for report in &mut reports {
            if report.kind != ReportKind::None {
                report.hard |= report.would_be_hard();
                report.recipient = Some(holder.address.as_str().to_owned());
            }
        }
    }
    Ok((reports, holder))
}

/// Keeps a notice that names nobody, for the day on which we can read it.
async fn keep_unnamed(
    conn: &mut Conn,
    report: &Report,
    original: &Original,
    when: When,
) -> Result<(), Error> {
    let kept = store::Kept {
        id: original.key(),
        address_key: "",
        report,
        delivery: None,
        happened_at: when.happened,
        raw: original.text(),
    };
    if store::add(conn, &kept, when.now).await? {
        let because = "names no address that we could mail";
        store::settle(conn, original.key(), Outcome::Ignored.name(), because).await?;
    }
    Ok(())
}

/// Does what a service asks for that carried the mail and has proven itself; safe to repeat.
///
/// # Errors
/// When the database refuses; then nothing was done.
pub async fn told(
    database: &Database,
    mut events: Vec<Told>,
    (grounds, clock): (&Grounds, &Clock),
) -> Result<Vec<Applied>, Error> {
    // Who goes through addresses in the same order stands in nobody's way.
    events.sort_by(|a, b| a.report.recipient.cmp(&b.report.recipient));
    database::anew(|| told_once(database, &events, (grounds, clock))).await
}

async fn told_once(
    database: &Database,
    events: &[Told],
    (grounds, clock): (&Grounds, &Clock),
) -> Result<Vec<Applied>, Error> {
    let known = Known {
        proof: Proof::None,
        holder: None,
        grounds,
        is_trusted: true,
    };
    let mut transaction = database.begin_write().await?;
    let mut applied = Vec::new();
    for Told { report, original } in events {
        let event = (original, &known);
        applied.push(one(&mut transaction, report.clone(), event, When::now(clock)).await?);
    }
    database::commit(transaction).await?;
    Ok(applied)
}

/// Lets a reader go who asked for it by mail.
async fn leave(conn: &mut Conn, token: Token, now: i64) -> Result<Applied, Error> {
    let id = SubscriberId::from_i64(token.subscriber);
    let left = subscribers::unsubscribe(conn, id, How::Mail, now).await?;
    if left == Changed::Changed
        && let Some(edition) = edition::store::find_number(conn, token.edition).await?
    {
        let verdict = Verdict {
            agent: Agent::Person,
            reason: "a mail to the unsubscribe address",
        };
        let (of, times) = ((&edition, token), Times::once(now));
        record::note(conn, of, EventKind::Unsubscribe, verdict, times).await?;
    }
    let mut report = Report::nothing();
    let person = subscribers::find_by_id(conn, id).await?;
    report.recipient = person.map(|person| person.address.as_str().to_owned());
    Ok(match left {
        Changed::Changed => Applied {
            report,
            outcome: Outcome::Left,
            because: "the reader asked by mail to get no more".to_owned(),
        },
        Changed::Unchanged | Changed::Refused(_) | Changed::Unknown => Applied {
            report,
            outcome: Outcome::Known,
            because: "the reader had left before".to_owned(),
        },
    })
}

/// When a notice is read, and when it was written: what it tells of happened then. Unix seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    pub(super) now: i64,
    pub(super) happened: i64,
}

impl When {
    /// Of a mail read at an instant. Who forges an older date only makes less of what it says.
    pub(super) fn of(mail: &Mail, now: i64) -> Self {
        Self {
            now,
            happened: mail.headers.written_at(now).unwrap_or(now),
        }
    }

    /// Of what is told as it happens.
    fn now(clock: &Clock) -> Self {
        let now = clock.unix();
        Self { now, happened: now }
    }
}

/// What is known beside a report.
pub(super) struct Known<'a> {
    pub(super) proof: Proof,
    pub(super) holder: Option<&'a Holder>,
    pub(super) grounds: &'a Grounds,
    /// Whoever says it has proven who they are.
    pub(super) is_trusted: bool,
}

impl Known<'_> {
    /// Whether a report about an address may change anything: with VERP what comes from nobody we know has to
    /// name the delivery that went there, and who made it up would have to know it.
    pub(super) async fn is_proven(
        &self,
        conn: &mut Conn,
        delivery: Option<&DeliveryId>,
        address: &EmailAddress,
    ) -> Result<bool, Error> {
        if !self.grounds.verp || self.is_trusted || self.holder.is_some() {
            return Ok(true);
        }
        match delivery {
            Some(delivery) => store::is_of(conn, delivery, address.key()).await,
            None => Ok(false),
        }
    }
}

/// Whose copy a message is about, as it proves.
pub(super) struct Holder {
    address: EmailAddress,
    delivery: Option<DeliveryId>,
}

async fn holder(conn: &mut Conn, token: Token) -> Result<Option<Holder>, Error> {
    let id = SubscriberId::from_i64(token.subscriber);
    let Some(person) = subscribers::find_by_id(conn, id).await? else {
        return Ok(None);
    };
    let edition = edition::store::find_id(conn, token.edition).await?;
    let delivery = edition.map(|edition| DeliveryId::of(&edition, token.subscriber));
    Ok(Some(Holder {
        address: person.address,
        delivery,
    }))
}

/// What matters most of what a message says.
fn weight(report: &Report) -> u8 {
    match report.kind {
        ReportKind::Complaint => 3,
        ReportKind::Bounce => 2,
        ReportKind::AutoReply => 1,
        ReportKind::None => 0,
    }
}

pub(super) async fn one(
    conn: &mut Conn,
    report: Report,
    (original, known): (&Original, &Known<'_>),
    when: When,
) -> Result<Applied, Error> {
    let ignored = |report, because: &str| Applied {
        report,
        outcome: Outcome::Ignored,
        because: because.to_owned(),
    };
    if known.proof == Proof::Forged {
        return Ok(ignored(report, "came to an address that is none of ours"));
    }
    if known.holder.is_none() && matches!(known.proof, Proof::Ours(_)) {
        return Ok(ignored(
            report,
            "about somebody who is not on the list any more",
        ));
    }
    let Some(address) = report
        .recipient
        .as_deref()
        .and_then(|text| EmailAddress::parse(text).ok())
    else {
        return Ok(ignored(report, "names no address that we could mail"));
    };
    let delivery = match known.holder {
        Some(holder) => holder.delivery.clone(),
        None => claimed_delivery(conn, &report).await?,
    };
    let id = original.about(&address);
    let kept = store::Kept {
        id: &id,
        address_key: address.key(),
        report: &report,
        delivery: delivery.as_ref(),
        happened_at: when.happened,
        raw: original.text(),
    };
    if !store::add(conn, &kept, when.now).await? {
        return Ok(Applied {
            report,
            outcome: Outcome::Known,
            because: "the same message was read before".to_owned(),
        });
    }
    let is_proven = known.is_proven(conn, delivery.as_ref(), &address).await?;
    let (outcome, because) = if !is_proven {
        let because = "nothing proves that it is about a mail of ours";
        (Outcome::Ignored, because.to_owned())
    } else {
        let (config, about) = (&known.grounds.config, (&address, id.as_str()));
        act(conn, &report, about, (config, when)).await?
    };
    store::settle(conn, &id, outcome.name(), &because).await?;
    Ok(Applied {
        report,
        outcome,
        because,
    })
}

pub(super) async fn act(
    conn: &mut Conn,
    report: &Report,
    (address, id): (&EmailAddress, &str),
    (config, when): (&Config, When),
) -> Result<(Outcome, String), Error> {
    let (why, because) = match policy::decide(report) {
        Decision::Ignore(because) => return Ok((Outcome::Ignored, because)),
        Decision::Alarm(because) => return Ok((Outcome::Alarm, because)),
        Decision::Suppress(why, because) => (why, because),
        Decision::Count(because) => {
            store::settle(conn, id, Outcome::Counted.name(), &because).await?;
            let history = history(conn, address, when.now).await?;
            match policy::decide_run(&history, config) {
                None => return Ok((Outcome::Counted, because)),
                Some(run) => (courant_subscribers::Reason::SoftBounces, run),
            }
        }
    };
    let mut block = Suppression::new(address, why, when.happened);
    block.note.clone_from(&because);
    let outcome = match suppressions::suppress(conn, &block).await? {
        Changed::Changed => Outcome::Suppressed,
        Changed::Unchanged | Changed::Refused(_) | Changed::Unknown => Outcome::SuppressedBefore,
    };
    Ok((outcome, because))
}

/// Failures so far. Those from before somebody let the address back in are answered: they begin no run.
async fn history(conn: &mut Conn, address: &EmailAddress, now: i64) -> Result<History, Error> {
    let key = address.key();
    let let_back = suppressions::lifted_at(conn, address).await?;
    let since = let_back.map_or(0, |at| at.saturating_add(1));
    let since = since.max(now - policy::MEMORY);
    let counted_at = store::counted_since(conn, key, since).await?;
    let began = policy::run_began(&counted_at).unwrap_or(now);
    let sent = store::sent_since(conn, key, began).await?;
    Ok(History { counted_at, sent })
}

/// The delivery the message names, if there is one. Its sender may have made the name up, so nothing
/// is done with it but to write it down.
pub(super) async fn claimed_delivery(
    conn: &mut Conn,
    report: &Report,
) -> Result<Option<DeliveryId>, Error> {
    let Some(id) = report.delivery.as_deref().and_then(DeliveryId::parse) else {
        return Ok(None);
    };
    let known = delivery::store::exists(conn, &id).await?;
    Ok(known.then_some(id))
}
