//! Events on their way from a request to the database: answered first, written afterwards, many in one
//! transaction, the same ones as one.
//!
//! A request hands its event over and is answered. A task judges it and puts it with those of its kind, while
//! another writes what was gathered before. Both sides are bounded: when the database does not keep up,
//! events are dropped and counted, and no reader waits for a picture or an article. Whoever ends the process
//! calls [`Queue::flush`] after the last request. A kill loses what is not written: what came during the
//! last transaction and the one before, some hundredths of a second as a rule, and never more than what
//! 65 536 different events and 65 536 on their way come to.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::judge::Judge;
use super::track::Asked;
use crate::database::{self, Database, Writer};
use crate::edition::Edition;
use crate::engagement::bursts::Deed;
use crate::engagement::record::{self, Verdict};
use crate::engagement::store::Times;
use crate::engagement::{Agent, EventKind};
use crate::links::Token;
use crate::telemetry::with_causes;

/// Events that may wait to be judged, and different ones to be written; more come only when the database is
/// in trouble.
const MOST_WAITING: usize = 65_536;
/// Most events judged at a time, and the least time between two looks.
const AT_ONCE: usize = 8192;
const PAUSE: Duration = Duration::from_millis(5);
/// How long a database may be away before what waits for it is given up, and the pause between two tries.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often it is still tried once the process is to end.
const LAST_TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// How many more losses are worth another line in the log.
const TELL_EVERY: u64 = 100_000;

/// What one request says of its reader.
#[derive(Debug)]
pub(super) struct Noted {
    pub edition: Arc<Edition>,
    pub token: Token,
    pub kind: EventKind,
    pub asked: Asked,
    /// Unix seconds.
    pub at: i64,
}

#[derive(Debug)]
enum Message {
    Noted(Box<Noted>),
    Flush(oneshot::Sender<()>),
}

/// The way to the writer.
#[derive(Debug)]
pub(super) struct Queue {
    sender: mpsc::Sender<Message>,
    counts: Arc<Counts>,
}

/// What became of events since the process began.
#[derive(Debug, Default)]
struct Counts {
    noted: AtomicU64,
    written: AtomicU64,
    lost: AtomicU64,
    /// Somebody waits for the end.
    is_ending: AtomicBool,
}

impl Queue {
    /// Starts the writer, which ends with the last sender.
    pub(super) fn start(database: Database, judge: Judge) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let counts = Arc::new(Counts::default());
        tokio::spawn(gather(database, receiver, judge, Arc::clone(&counts)));
        Self { sender, counts }
    }

    /// Hands an event over; never waits.
    pub(super) fn note(&self, noted: Noted) {
        self.counts.noted.fetch_add(1, Ordering::Relaxed);
        if self
            .sender
            .try_send(Message::Noted(Box::new(noted)))
            .is_err()
        {
            lost(&self.counts, 1);
        }
    }

    /// Waits until everything that was handed over before is written, or given up; for the end of the process.
    pub(super) async fn flush(&self) {
        let (told, done) = oneshot::channel();
        self.counts.is_ending.store(true, Ordering::Relaxed);
        if self.sender.send(Message::Flush(told)).await.is_ok() {
            // A writer that is gone has written what it could.
            let _gone = done.await;
        }
    }

    /// How many events were written, lost, and are on their way.
    pub(super) fn figures(&self) -> (u64, u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (written, lost) = (read(&self.counts.written), read(&self.counts.lost));
        let noted = read(&self.counts.noted);
        (written, lost, noted.saturating_sub(written + lost))
    }
}

fn lost(counts: &Counts, count: u64) {
    let before = counts.lost.fetch_add(count, Ordering::Relaxed);
    // Once at the first and then now and again: the log must not fill the disk.
    if before / TELL_EVERY != (before + count) / TELL_EVERY || before == 0 {
        tracing::error!(
            lost = before + count,
            "events are lost: the database does not keep up"
        );
    }
}

/// What is the same event when it happens again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    token: Token,
    kind: EventKind,
    agent: Agent,
}

#[derive(Debug)]
struct Event {
    edition: Arc<Edition>,
    reason: &'static str,
    times: Times,
}

/// What waits to be written.
#[derive(Debug, Default)]
struct Batch {
    events: HashMap<Key, Event>,
    /// Written before, and a machine's as it turned out.
    machines: Vec<(Arc<Edition>, Deed, i64)>,
    /// Who waits until all this is written.
    told: Vec<oneshot::Sender<()>>,
    hits: u64,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.machines.is_empty() && self.told.is_empty()
    }

    fn is_full(&self) -> bool {
        self.events.len() + self.machines.len() >= MOST_WAITING
    }

    fn add(&mut self, noted: &Noted, verdict: Verdict) {
        self.hits += 1;
        let key = Key {
            token: noted.token,
            kind: noted.kind,
            agent: verdict.agent,
        };
        self.count((key, verdict.reason), &noted.edition, noted.at);
    }

    fn count(&mut self, (key, reason): (Key, &'static str), edition: &Arc<Edition>, at: i64) {
        let event = self.events.entry(key).or_insert_with(|| Event {
            edition: Arc::clone(edition),
            reason,
            times: Times {
                hits: 0,
                ..Times::once(at)
            },
        });
        event.times.hits += 1;
        event.times.last_at = at;
    }

    /// A deed that was a machine's: here if it still waits, else where it is written.
    fn take_for_machine(&mut self, edition: &Arc<Edition>, deed: Deed, at: i64) {
        let kind = deed.kind();
        let key = |agent| Key {
            token: deed.token,
            kind,
            agent,
        };
        let own = key(deed.agent);
        let Some(waiting) = self.events.get_mut(&own) else {
            self.machines.push((Arc::clone(edition), deed, at));
            return;
        };
        waiting.times.hits -= 1;
        if waiting.times.hits == 0 {
            self.events.remove(&own);
        }
        let burst = record::BURST;
        self.count((key(burst.agent), burst.reason), edition, at);
    }
}

async fn gather(
    database: Database,
    mut receiver: mpsc::Receiver<Message>,
    mut judge: Judge,
    counts: Arc<Counts>,
) {
    let mut messages = Vec::with_capacity(AT_ONCE);
    let mut batch = Batch::default();
    let mut writing: Option<JoinHandle<()>> = None;
    let (mut is_open, mut look_at) = (true, Instant::now());
    loop {
        if writing.is_none() && !batch.is_empty() {
            let (batch, database) = (std::mem::take(&mut batch), database.clone());
            writing = Some(tokio::spawn(write(database, batch, Arc::clone(&counts))));
        }
        if writing.is_none() && !is_open {
            return;
        }
        tokio::select! {
            () = ended(&mut writing) => writing = None,
            count = gathered(&mut receiver, &mut messages, look_at), if is_open && !batch.is_full() => {
                is_open = count > 0;
                look_at = Instant::now() + PAUSE;
                for message in messages.drain(..) {
                    match message {
                        Message::Flush(told) => batch.told.push(told),
                        Message::Noted(noted) if judge.is_again(&noted) => batch.hits += 1,
                        Message::Noted(noted) => {
                            let (verdict, machines) = judge.judge(&noted);
                            batch.add(&noted, verdict);
                            for deed in machines {
                                batch.take_for_machine(&noted.edition, deed, noted.at);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What came since the last look, which is some time ago: a task that is not waiting needs no waking, and
/// requests need not pay for that.
async fn gathered(
    receiver: &mut mpsc::Receiver<Message>,
    messages: &mut Vec<Message>,
    look_at: Instant,
) -> usize {
    tokio::time::sleep_until(look_at).await;
    receiver.recv_many(messages, AT_ONCE).await
}

/// Waits for the transaction under way; for ever where there is none.
async fn ended(writing: &mut Option<JoinHandle<()>>) {
    match writing {
        // A task that broke has lost its batch, which it cannot say.
        Some(task) => drop(task.await),
        None => std::future::pending().await,
    }
}

/// Writes a batch, with patience: a database that is away for some minutes costs nothing. What comes
/// meanwhile waits, as far as there is room. Whoever wants to end waits for a few more tries.
async fn write(database: Database, batch: Batch, counts: Arc<Counts>) {
    let give_up_at = Instant::now() + PATIENCE;
    let mut last_tries = LAST_TRIES;
    loop {
        match try_write(&database, &batch).await {
            Ok(()) => {
                counts.written.fetch_add(batch.hits, Ordering::Relaxed);
                break;
            }
            Err(error) if last_tries > 0 && Instant::now() < give_up_at => {
                if counts.is_ending.load(Ordering::Relaxed) {
                    last_tries -= 1;
                }
                tracing::warn!("events wait: {}", with_causes(&error));
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            Err(error) => {
                tracing::error!("events were not written: {}", with_causes(&error));
                lost(&counts, batch.hits);
                break;
            }
        }
    }
    for told in batch.told {
        // Whoever asked may have stopped waiting.
        let _nobody_waits = told.send(());
    }
}

async fn try_write(database: &Database, batch: &Batch) -> Result<(), database::Error> {
    if batch.events.is_empty() && batch.machines.is_empty() {
        return Ok(());
    }
    let mut writer: Writer = database.writer().await?;
    let mut transaction = writer.begin().await?;
    for (key, event) in &batch.events {
        let verdict = Verdict {
            agent: key.agent,
            reason: event.reason,
        };
        let whose = (&*event.edition, key.token);
        record::note(&mut transaction, whose, key.kind, verdict, event.times).await?;
    }
    for (edition, deed, at) in &batch.machines {
        record::take_for_machine(&mut transaction, (edition, deed), *at).await?;
    }
    database::commit(transaction).await
}
