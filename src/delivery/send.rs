//! One call of `send`: everything an edition still owes, over several connections.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::compose::Composer;
use super::destinations::Destinations;
use super::journal::{self, Found, Journal, Mark};
use super::ledger::{DEAD_AFTER_SECONDS, Ledger, Totals};
use super::pace::Pace;
use super::report::Times;
use super::retry::{self, Wait};
use super::store::leases;
use super::transport::{Outlet, Transport};
use super::worker::{Shared, Worker};
use super::{Config, DeliveryId, Error, Uncertain, store, threads};
use crate::clock::{self, Clock};
use crate::database::{self, Conn, Database, Kind};
use crate::edition::{self, EditionId, Status, Step};
use crate::units::hexadecimal;

/// What is to be sent and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Writes the messages.
    pub composer: Composer,
    /// The way out.
    pub transport: Transport,
    /// `[delivery]`.
    pub config: Config,
    /// Folder of the journals, on this machine.
    pub journal: PathBuf,
    /// Stop after so many messages.
    pub limit: Option<u64>,
    /// Tells the time.
    pub clock: Clock,
}

/// Who is told how far it is.
pub trait Progress: Send {
    /// So many rows were owed when it began.
    fn begins(&mut self, owed: u64);
    /// So many of them are settled now.
    fn settled(&mut self, count: u64);
    /// It is over.
    fn ends(&mut self);
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Nothing that is due is left.
    Done,
    /// A signal asked us to stop; the messages in hand were finished.
    Interrupted,
    /// The edition was called off.
    Cancelled,
    /// `--limit` was reached.
    Limit,
    /// No more may leave for now: the limits of an hour or a day, or the time of the day.
    Resting,
}

/// What one call did.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The edition.
    pub edition: String,
    /// Messages the next hop accepted in this call.
    pub accepted: u64,
    /// Recipients put off until later.
    pub deferred: u64,
    /// Recipients refused for good.
    pub refused: u64,
    /// Recipients who had left, or are suppressed.
    pub suppressed: u64,
    /// Recipients of this edition whose message a crash or a lost connection left in doubt.
    pub uncertain: u64,
    /// Of these, recipients who are held until somebody says what is to become of them.
    pub held: u64,
    /// Recipients still owed.
    pub remaining: u64,
    /// Recipients given up at the deadline.
    pub expired: u64,
    /// All recipients of the edition.
    pub queued: u64,
    /// Bytes of the accepted messages.
    pub bytes: u64,
    /// From the write of a message to its reply, in milliseconds: the median …
    pub message_p50_ms: f64,
    /// … and the 99th percentile.
    pub message_p99_ms: f64,
    /// How long the call took.
    pub seconds: f64,
    /// Accepted messages a second.
    pub messages_per_second: f64,
    /// When the first deferred recipient is due, RFC 3339.
    pub next_attempt_at: Option<String>,
    /// Why it ended.
    pub ended: Ended,
}

/// Sends what an approved edition still owes. The caller has given every recipient a row and, on
/// SQLite, holds the sending lock; on PostgreSQL several processes may send one edition.
///
/// Safe to repeat, and to kill at any point: see the stage's own words.
///
/// # Errors
/// When the relay cannot be used, refuses everyone, or the database refuses; what was sent until then
/// is in the ledger, and the next call goes on.
pub async fn send(
    database: &Database,
    plan: Plan,
    stop: &CancellationToken,
    progress: &mut dyn Progress,
) -> Result<Summary, Error> {
    let watch = clock::stop_watch();
    let (before, journal) = prepare(database, &plan).await?;
    progress.begins(before.remaining());
    let delivered = deliver(database, &plan, stop, progress, (&before, journal)).await;
    progress.ends();
    finish(database, &plan, &delivered?, watch.elapsed()).await
}

/// Recovers what dead processes left, expires what is too old, and signs this process on.
async fn prepare(database: &Database, plan: &Plan) -> Result<(store::Counts, Journal), Error> {
    let edition = plan.composer.edition();
    let now = plan.clock.now();
    let orphans = journal::orphans(&plan.journal, edition.id.as_str());
    let failed = |source| Error::Journal {
        folder: plan.journal.clone(),
        source,
    };
    let orphans = orphans.map_err(failed)?;
    let sender = random_name();
    let journal = Journal::create(&plan.journal, edition.id.as_str(), &sender).map_err(failed)?;
    let mut transaction = database.begin_write().await?;
    let status = edition::store::status(&mut transaction, &edition.id).await?;
    let status = status.unwrap_or(edition.status);
    if status != Status::Sent {
        let next = status.after(Step::Start)?;
        edition::store::set_status(&mut transaction, &edition.id, status, next, now).await?;
    }
    let mut lost = 0;
    for orphan in &orphans {
        lost += settle(&mut transaction, &edition.id, orphan, now.as_second()).await?;
    }
    // SQLite has one sender at a time, and that is this one.
    let since = match database.kind() {
        Kind::Sqlite => i64::MAX,
        Kind::Postgres => now.as_second() - DEAD_AFTER_SECONDS,
    };
    leases::bury(&mut transaction, &edition.id, since).await?;
    lost += leases::recover(&mut transaction, &edition.id, since, now.as_second()).await?;
    leases::register(&mut transaction, &sender, &edition.id, now.as_second()).await?;
    if plan.config.uncertain == Uncertain::Resend {
        store::requeue_uncertain(&mut transaction, &edition.id).await?;
    }
    let (queued_at, seconds) = deadline(plan);
    let times = (queued_at, now.as_second() - seconds);
    store::expire(&mut transaction, &edition.id, times).await?;
    let counts = store::counts(&mut transaction, &edition.id).await?;
    database::commit(transaction).await?;
    if lost > 0 {
        tracing::warn!(
            edition.id = %edition.id,
            messages = lost,
            "a sending process died; these messages may or may not have arrived"
        );
    }
    for orphan in orphans {
        // What it says is committed; a file that stays is settled again, to no effect.
        orphan.delete().map_err(failed)?;
    }
    Ok((counts, journal))
}

/// When an edition was queued, Unix seconds, and for how many seconds after that it is sent.
fn deadline(plan: &Plan) -> (i64, i64) {
    let queued_at = plan.composer.edition().enqueued_at;
    let queued_at = queued_at.unwrap_or_else(|| plan.clock.now());
    (queued_at.as_second(), plan.config.deadline.as_seconds())
}

/// Settles what a dead process's journal says; returns how many messages are in doubt.
async fn settle(
    conn: &mut Conn,
    edition: &EditionId,
    found: &Found,
    now: i64,
) -> Result<u64, Error> {
    let marked = |wanted: Mark| -> Vec<&DeliveryId> {
        let marks = found.marks.iter().filter(|(_, mark)| *mark == wanted);
        marks.map(|(id, _)| id).collect()
    };
    leases::mark_sent(conn, &marked(Mark::Accepted), now).await?;
    let mut lost = 0;
    for id in marked(Mark::Leaving) {
        let end = store::End {
            status: "uncertain",
            next_attempt_at: None,
            reply: "the sending process died before the reply",
        };
        store::end(conn, id, &end, now).await?;
        lost += 1;
    }
    if found.is_whole {
        leases::release_all(conn, &found.sender, edition).await?;
    }
    // Without a whole journal everything it had given to connections is in doubt: see `recover`.
    leases::sign_off(conn, &found.sender).await?;
    Ok(lost)
}

/// Sixteen hexadecimal digits that no other process has.
fn random_name() -> String {
    let mut bytes = [0_u8; 8];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    debug_assert!(filled.is_ok(), "the system's random source does not fail");
    hexadecimal(&bytes)
}

async fn finish(
    database: &Database,
    plan: &Plan,
    Delivered {
        totals,
        ended,
        times,
    }: &Delivered,
    took: Duration,
) -> Result<Summary, Error> {
    let edition = plan.composer.edition();
    let now = plan.clock.now();
    let mut transaction = database.begin_write().await?;
    let counts = store::counts(&mut transaction, &edition.id).await?;
    let next = store::next_attempt(&mut transaction, &edition.id).await?;
    // Not before the second wave, where there is one.
    let is_all_queued = edition.enqueued_at.is_some();
    if is_all_queued && counts.remaining() == 0 {
        let (from, to) = (Status::Sending, Status::Sending.after(Step::Finish)?);
        edition::store::set_status(&mut transaction, &edition.id, from, to, now).await?;
    }
    database::commit(transaction).await?;
    let seconds = took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = if seconds > 0.0 {
        totals.accepted as f64 / seconds
    } else {
        0.0
    };
    Ok(Summary {
        edition: edition.id.to_string(),
        accepted: totals.accepted,
        deferred: totals.deferred,
        refused: totals.refused,
        suppressed: totals.suppressed,
        uncertain: counts.once_uncertain,
        held: counts.uncertain,
        remaining: counts.remaining(),
        expired: counts.expired,
        queued: counts.all(),
        bytes: times.0,
        message_p50_ms: times.1,
        message_p99_ms: times.2,
        seconds: (seconds * 1000.0).round() / 1000.0,
        messages_per_second: (rate * 10.0).round() / 10.0,
        next_attempt_at: next
            .and_then(|at| jiff::Timestamp::from_second(at).ok())
            .map(|at| at.to_string()),
        ended: match ended {
            Ended::Resting if counts.remaining() == 0 => Ended::Done,
            ended => *ended,
        },
    })
}

/// What the connections and the ledger did.
struct Delivered {
    totals: Totals,
    ended: Ended,
    /// Bytes, and the median and 99th percentile of a message in milliseconds.
    times: (u64, f64, f64),
}

/// Starts the connections and the ledger, and waits for them.
async fn deliver(
    database: &Database,
    plan: &Plan,
    stop: &CancellationToken,
    progress: &mut dyn Progress,
    (before, journal): (&store::Counts, Journal),
) -> Result<Delivered, Error> {
    let began = plan.clock.unix();
    let connections = plan.config.connections.clamp(1, 256);
    let hand = connections * 2..=(connections * 64).clamp(64, 1024);
    let (jobs_in, jobs) = mpsc::channel(*hand.end());
    let (ends_in, ends) = mpsc::channel(*hand.end());
    let (totals_in, totals) = watch::channel(Totals::default());
    let journal = Arc::new(journal);
    let cancelled = Arc::new(AtomicBool::new(false));
    let rests = Arc::new(AtomicBool::new(false));
    let is_nearly_done = before.remaining().saturating_mul(10) <= before.sent;
    let edition = plan.composer.edition();
    let shared = Arc::new(Shared {
        composer: plan.composer.clone(),
        journal: Arc::clone(&journal),
        jobs: Mutex::new(jobs),
        stop: stop.child_token(),
        accepted: AtomicU64::new(0),
        refusals: AtomicU64::new(0),
        stop_after_refusals: match is_nearly_done {
            // Who is left may well be dead addresses and nobody else.
            true => u64::MAX,
            false => plan.config.stop_after_refusals.max(1),
        },
        doubts: AtomicU64::new(0),
        stop_after_doubts: u64::try_from(connections * 2).unwrap_or(u64::MAX).max(4),
        connected: AtomicUsize::new(0),
        destinations: Destinations::default(),
        pace: Pace::of(plan.config.limits.per_second),
        times: Times::default(),
        has_warned: AtomicBool::new(false),
    });
    let ledger = Ledger {
        database: database.clone(),
        edition: edition.id.clone(),
        digest: edition.digest.clone(),
        clock: plan.clock.clone(),
        journal: Arc::clone(&journal),
        hand,
        deadline: deadline(plan),
        destinations: plan.config.destination.clone(),
        relays: match &plan.transport {
            Transport::Smtp(relays) if relays.are_limited() => Some(Arc::clone(relays)),
            Transport::Smtp(_) | Transport::Sendmail(_) | Transport::File(_) => None,
        },
        limits: plan.config.limits.clone(),
        rests: Arc::clone(&rests),
        limit: plan.limit.unwrap_or(u64::MAX),
        stop: shared.stop.clone(),
        cancelled: Arc::clone(&cancelled),
    };
    let writer = tokio::spawn(ledger.run(jobs_in, ends, totals_in));
    // Whoever does not wait for us any more stops the connections, too.
    let _stop_with_us = shared.stop.clone().drop_guard();
    let worker = |_| Worker {
        shared: Arc::clone(&shared),
        ends: ends_in.clone(),
        outlet: Outlet::new(plan.transport.clone()),
        is_counted: false,
    };
    let workers = threads::start((0..connections).map(worker).collect());
    drop(ends_in);
    let failure = join(workers, (progress, totals)).await;
    let sum = writer.await.map_err(|_| Error::Task)??;
    let times = shared.times.sum();
    drop(shared);
    if let Some(journal) = Arc::into_inner(journal) {
        let folder = plan.journal.clone();
        // Everything it says is in the database.
        journal
            .delete()
            .map_err(|source| Error::Journal { folder, source })?;
    }
    if let Some(error) = failure {
        if matches!(error, Error::AllRefused { .. }) {
            take_back(database, plan, began).await?;
        }
        return Err(error);
    }
    let reached = |limit: u64| settled(sum) - sum.suppressed >= limit;
    let ended = match (stop.is_cancelled(), cancelled.load(Ordering::Relaxed)) {
        (true, _) => Ended::Interrupted,
        (_, true) => Ended::Cancelled,
        (..) if plan.limit.is_some_and(reached) => Ended::Limit,
        (..) if rests.load(Ordering::Relaxed) => Ended::Resting,
        (..) => Ended::Done,
    };
    Ok(Delivered {
        totals: sum,
        ended,
        times,
    })
}

/// A relay that refuses everybody says nothing of anybody: those it refused in this call are tried again,
/// after others.
async fn take_back(database: &Database, plan: &Plan, began: i64) -> Result<(), Error> {
    let edition = &plan.composer.edition().id;
    let again = plan.clock.unix() + retry::delay_seconds(Wait::Policy, 1, 20);
    let mut transaction = database.begin_write().await?;
    store::take_back_refusals(&mut transaction, edition, (began, again)).await?;
    Ok(database::commit(transaction).await?)
}

/// Waits for every connection, telling how far it is; the first failure, if there is one.
async fn join(
    mut workers: mpsc::UnboundedReceiver<Result<(), Error>>,
    (progress, mut totals): (&mut dyn Progress, watch::Receiver<Totals>),
) -> Option<Error> {
    let mut failure = None;
    loop {
        tokio::select! {
            biased;
            ended = workers.recv() => match ended {
                None => break,
                Some(Ok(())) => {}
                Some(Err(error)) => failure = Some(failure.unwrap_or(error)),
            },
            Ok(()) = totals.changed() => progress.settled(settled(*totals.borrow())),
        }
    }
    progress.settled(settled(*totals.borrow()));
    failure
}

fn settled(totals: Totals) -> u64 {
    totals.accepted + totals.deferred + totals.refused + totals.suppressed + totals.uncertain
}
