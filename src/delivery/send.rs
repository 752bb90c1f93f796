//! One call of `send`: everything an edition still owes, over several connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use courant_subscribers::Recipient;
use serde::Serialize;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::compose::{Composer, Purpose};
use super::ledger::{Begun, Ledger, Note, Totals};
use super::reply::{Reply, Verdict};
use super::smtp::Sent;
use super::store::Owed;
use super::transport::{self, Outlet, Transport};
use super::{Config, Error, Outcome, Uncertain, store};
use crate::clock::{self, Clock};
use crate::database::{self, Database};
use crate::edition::slates::Variant;
use crate::edition::{self, Status, Step};

/// What is to be sent and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Writes the messages.
    pub composer: Composer,
    /// The way out.
    pub transport: Transport,
    /// `[delivery]`.
    pub config: Config,
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
    /// Recipients still owed.
    pub remaining: u64,
    /// Recipients given up at the deadline.
    pub expired: u64,
    /// How long the call took.
    pub seconds: f64,
    /// Accepted messages a second.
    pub messages_per_second: f64,
    /// When the first deferred recipient is due, RFC 3339.
    pub next_attempt_at: Option<String>,
    /// Why it ended.
    pub ended: Ended,
}

/// Rows read from the ledger at a time.
const PAGE: i64 = 500;
/// Connections in a row that may fail before everything stops.
const CONNECTION_TRIES: u32 = 4;
/// Refusals, of whatever kind, with nothing accepted, before everything stops.
const REFUSALS_BEFORE_STOP: u64 = 20;

/// Sends what an approved edition still owes. The caller holds the sending lock, and has given every
/// recipient a row.
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
    let before = prepare(database, &plan).await?;
    progress.begins(before.remaining());
    let delivered = deliver_all(database, &plan, stop, (progress, before.remaining())).await;
    progress.ends();
    let (totals, ended) = delivered?;
    finish(database, &plan, totals, ended, watch.elapsed()).await
}

/// Passes over what is owed, until a pass leaves nothing or moves nothing.
async fn deliver_all(
    database: &Database,
    plan: &Plan,
    stop: &CancellationToken,
    (progress, owed): (&mut dyn Progress, u64),
) -> Result<(Totals, Ended), Error> {
    let (mut totals, mut ended, mut left) = (Totals::default(), Ended::Done, owed);
    // A connection that broke before its message left puts the row back behind the reader.
    while left > 0 && ended == Ended::Done {
        let (sum, how) = deliver(database, plan, stop, (&mut *progress, totals)).await?;
        let moved = settled(sum) > settled(totals);
        (totals, ended) = (sum, how);
        left = if moved {
            queued(database, plan).await?
        } else {
            0
        };
    }
    Ok((totals, ended))
}

/// Recovers and expires; returns what is owed.
async fn prepare(database: &Database, plan: &Plan) -> Result<store::Counts, Error> {
    let edition = plan.composer.edition();
    let now = plan.clock.now();
    let mut transaction = database.begin_write().await?;
    let status = edition::store::status(&mut transaction, &edition.id).await?;
    let status = status.unwrap_or(edition.status);
    if status != Status::Sent {
        let next = status.after(Step::Start)?;
        edition::store::set_status(&mut transaction, &edition.id, status, next, now).await?;
    }
    let lost = store::recover(&mut transaction, &edition.id, now.as_second()).await?;
    if lost > 0 {
        tracing::warn!(
            edition.id = %edition.id,
            messages = lost,
            "a sending process died; these messages may or may not have arrived"
        );
    }
    if plan.config.uncertain == Uncertain::Resend {
        store::requeue_uncertain(&mut transaction, &edition.id).await?;
    }
    let queued_at = edition.enqueued_at.unwrap_or(now);
    if now.as_second() > queued_at.as_second() + plan.config.deadline.as_seconds() {
        store::expire(&mut transaction, &edition.id).await?;
    }
    let counts = store::counts(&mut transaction, &edition.id).await?;
    database::commit(transaction).await?;
    Ok(counts)
}

async fn queued(database: &Database, plan: &Plan) -> Result<u64, Error> {
    let mut reader = database.reader().await?;
    Ok(store::counts(&mut reader, &plan.composer.edition().id)
        .await?
        .queued)
}

async fn finish(
    database: &Database,
    plan: &Plan,
    totals: Totals,
    ended: Ended,
    took: Duration,
) -> Result<Summary, Error> {
    let edition = plan.composer.edition();
    let now = plan.clock.now();
    let mut transaction = database.begin_write().await?;
    let counts = store::counts(&mut transaction, &edition.id).await?;
    let next = store::next_attempt(&mut transaction, &edition.id).await?;
    // Not before the second wave, where there is one.
    let is_all_queued = edition.enqueued_at.is_some();
    if is_all_queued && counts.remaining() == 0 && counts.uncertain == 0 {
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
        remaining: counts.remaining() + counts.uncertain,
        expired: counts.expired,
        seconds: (seconds * 1000.0).round() / 1000.0,
        messages_per_second: (rate * 10.0).round() / 10.0,
        next_attempt_at: next
            .and_then(|at| jiff::Timestamp::from_second(at).ok())
            .map(|at| at.to_string()),
        ended,
    })
}

/// What all connections share.
struct Shared {
    composer: Composer,
    jobs: Mutex<mpsc::Receiver<Owed>>,
    /// Ends every connection after the message in hand.
    stop: CancellationToken,
    accepted: AtomicU64,
    refusals: AtomicU64,
}

async fn deliver(
    database: &Database,
    plan: &Plan,
    stop: &CancellationToken,
    (progress, before): (&mut dyn Progress, Totals),
) -> Result<(Totals, Ended), Error> {
    let connections = plan.config.connections.clamp(1, 256);
    let (jobs_in, jobs) = mpsc::channel(connections * 2);
    let (notes_in, notes) = mpsc::channel(connections * 4);
    let (totals_in, totals) = watch::channel(before);
    let shared = Arc::new(Shared {
        composer: plan.composer.clone(),
        jobs: Mutex::new(jobs),
        stop: stop.child_token(),
        accepted: AtomicU64::new(0),
        refusals: AtomicU64::new(0),
    });
    let edition = plan.composer.edition();
    let ledger = Ledger {
        database: database.clone(),
        edition: edition.id.clone(),
        digest: edition.digest.clone(),
        clock: plan.clock.clone(),
    };
    let writer = tokio::spawn(ledger.run(notes, totals_in));
    let mut workers = JoinSet::new();
    for _ in 0..connections {
        let worker = Worker {
            shared: Arc::clone(&shared),
            notes: notes_in.clone(),
            outlet: Outlet::new(plan.transport.clone()),
        };
        workers.spawn(worker.run());
    }
    drop(notes_in);

    let fed = feed(database, plan, &shared, &jobs_in, (progress, &totals)).await;
    drop(jobs_in);
    if fed.is_err() {
        shared.stop.cancel();
    }
    let mut failure = None;
    let mut cancelled = false;
    while let Some(joined) = workers.join_next().await {
        progress.settled(settled(*totals.borrow()));
        match joined {
            Ok(Ok(Left::Cancelled)) => cancelled = true,
            Ok(Ok(Left::Done)) => {}
            Ok(Err(error)) => failure = Some(failure.unwrap_or(error)),
            Err(_) => failure = Some(failure.unwrap_or(Error::Task)),
        }
    }
    let sum = writer.await.map_err(|_| Error::Task)??;
    progress.settled(settled(sum));
    let limited = fed?;
    if let Some(error) = failure {
        return Err(error);
    }
    let ended = match (stop.is_cancelled(), cancelled, limited) {
        (true, ..) => Ended::Interrupted,
        (_, true, _) => Ended::Cancelled,
        (_, _, Fed::Limit) => Ended::Limit,
        (_, _, Fed::All) => Ended::Done,
    };
    Ok((sum, ended))
}

fn settled(totals: Totals) -> u64 {
    totals.accepted + totals.deferred + totals.refused + totals.suppressed + totals.uncertain
}

enum Fed {
    All,
    Limit,
}

/// Hands the owed rows to the connections, page by page, until none is left or all have gone.
async fn feed(
    database: &Database,
    plan: &Plan,
    shared: &Shared,
    jobs: &mpsc::Sender<Owed>,
    (progress, totals): (&mut dyn Progress, &watch::Receiver<Totals>),
) -> Result<Fed, Error> {
    let mut after = String::new();
    let mut left = plan.limit.unwrap_or(u64::MAX);
    // The due instant is fixed at the start: what this call defers, a later call tries again.
    let now = plan.clock.unix();
    loop {
        let edition = &plan.composer.edition().id;
        let mut reader = database.reader().await?;
        let page = store::owed(&mut reader, edition, now, &after, PAGE).await?;
        drop(reader);
        let Some(last) = page.last() else {
            return Ok(Fed::All);
        };
        after = last.id.as_str().to_owned();
        for job in page {
            if left == 0 {
                return Ok(Fed::Limit);
            }
            left -= 1;
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => return Ok(Fed::All),
                sent = jobs.send(job) => if sent.is_err() { return Ok(Fed::All) },
            }
            progress.settled(settled(*totals.borrow()));
        }
    }
}

/// Why a connection's work ended.
enum Left {
    Done,
    Cancelled,
}

struct Worker {
    shared: Arc<Shared>,
    notes: mpsc::Sender<Note>,
    outlet: Outlet,
}

impl Worker {
    async fn run(mut self) -> Result<Left, Error> {
        let result = self.work().await;
        if !matches!(result, Ok(Left::Done)) {
            // The others finish what they have in hand.
            self.shared.stop.cancel();
        }
        self.outlet.hang_up().await;
        result
    }

    async fn work(&mut self) -> Result<Left, Error> {
        loop {
            let job = {
                let mut jobs = self.shared.jobs.lock().await;
                tokio::select! {
                    biased;
                    () = self.shared.stop.cancelled() => None,
                    job = jobs.recv() => job,
                }
            };
            let Some(job) = job else {
                return Ok(Left::Done);
            };
            // Connect first: a row is marked as in flight only when there is a way out.
            self.connect().await?;
            if self.shared.stop.is_cancelled() {
                return Ok(Left::Done);
            }
            let (answer, answered) = oneshot::channel();
            let begin = Note::Begin {
                id: job.id.clone(),
                subscriber: job.subscriber,
                answer,
            };
            if self.notes.send(begin).await.is_err() {
                return Ok(Left::Done);
            }
            match answered.await {
                // The writer's own error is the one to report.
                Err(_) => return Ok(Left::Done),
                Ok(Begun::Cancelled) => return Ok(Left::Cancelled),
                Ok(Begun::Leave) => {}
                Ok(Begun::Go(recipient)) => {
                    let outcome = self.one(&recipient, &job.variant).await;
                    let (outcome, failed) = match outcome {
                        Ok(outcome) => (outcome, None),
                        Err(error) => (Outcome::NotSent, Some(error)),
                    };
                    let end = Note::End {
                        id: job.id,
                        outcome,
                    };
                    if self.notes.send(end).await.is_err() {
                        return Ok(Left::Done);
                    }
                    if let Some(error) = failed {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            match self.outlet.ready().await {
                Ok(()) => return Ok(()),
                Err(transport::Error::Smtp(error)) if error.is_temporary() => {
                    tries += 1;
                    if tries >= CONNECTION_TRIES {
                        return Err(transport::Error::Smtp(error).into());
                    }
                    let pause = Duration::from_millis(250 << tries);
                    tokio::select! {
                        () = self.shared.stop.cancelled() => return Ok(()),
                        () = tokio::time::sleep(pause) => {}
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn one(&mut self, recipient: &Recipient, variant: &Variant) -> Result<Outcome, Error> {
        let composer = &self.shared.composer;
        let mail = composer.mail(recipient, variant, Purpose::Edition)?;
        let mut sent = self.outlet.send(&mail).await?;
        if matches!(sent, Sent::LostBefore(_)) {
            // Most often the relay closed an idle connection; nothing has left, so once more.
            self.connect().await?;
            sent = self.outlet.send(&mail).await?;
        }
        Ok(match sent {
            Sent::Answered(phase, reply) => self.judged(&reply, reply.verdict(phase))?,
            Sent::LostBefore(_) => Outcome::NotSent,
            Sent::LostDuring(why) => Outcome::Uncertain(why),
        })
    }

    fn judged(&self, reply: &Reply, verdict: Verdict) -> Result<Outcome, Error> {
        let shared = &self.shared;
        match verdict {
            Verdict::Accepted => {
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                Ok(Outcome::Accepted)
            }
            Verdict::TryLater => Ok(Outcome::Deferred(reply.to_string())),
            Verdict::RecipientRefused | Verdict::SenderRefused => {
                let count = shared.refusals.fetch_add(1, Ordering::Relaxed) + 1;
                if count >= REFUSALS_BEFORE_STOP && shared.accepted.load(Ordering::Relaxed) == 0 {
                    return Err(Error::AllRefused {
                        count,
                        reply: reply.to_string(),
                    });
                }
                Ok(if verdict == Verdict::RecipientRefused {
                    Outcome::Refused(reply.to_string())
                } else {
                    Outcome::Deferred(reply.to_string())
                })
            }
        }
    }
}
