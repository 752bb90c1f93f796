//! Events on their way from a request to the database: answered first, written afterwards, many in one
//! transaction.
//!
//! A request hands its event over and is answered; a writer puts what has come in the meantime into one
//! transaction. The queue is bounded: when the database does not keep up, events are dropped and counted,
//! and no reader waits for a picture or an article. Whoever ends the process calls [`Queue::flush`] after
//! the last request. A kill loses what the queue holds: what came during the last transaction, a few
//! milliseconds as a rule, and never more than 65 536.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::judge::{Judge, Judged};
use super::track::Asked;
use crate::database::{self, Database, Writer};
use crate::edition::Edition;
use crate::engagement::{EventKind, record};
use crate::links::Token;
use crate::telemetry::with_causes;

/// Events that may wait; more come only when the database is in trouble.
const MOST_WAITING: usize = 65_536;
/// Most events in one transaction.
const AT_ONCE: usize = 2048;
/// How often a transaction is tried, and how long between the tries.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

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
pub(super) struct Counts {
    pub written: AtomicU64,
    pub lost: AtomicU64,
}

impl Queue {
    /// Starts the writer, which ends with the last sender.
    pub(super) fn start(database: Database, judge: Judge) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let counts = Arc::new(Counts::default());
        tokio::spawn(write_all(database, receiver, judge, Arc::clone(&counts)));
        Self { sender, counts }
    }

    /// Hands an event over; never waits.
    pub(super) fn note(&self, noted: Noted) {
        if self
            .sender
            .try_send(Message::Noted(Box::new(noted)))
            .is_err()
        {
            lost(&self.counts, 1);
        }
    }

    /// Waits until everything that was handed over before is written, or given up.
    pub(super) async fn flush(&self) {
        let (told, done) = oneshot::channel();
        if self.sender.send(Message::Flush(told)).await.is_ok() {
            // A writer that is gone has written what it could.
            let _gone = done.await;
        }
    }

    /// What became of events, and how many wait.
    pub(super) fn figures(&self) -> (u64, u64, usize) {
        (
            self.counts.written.load(Ordering::Relaxed),
            self.counts.lost.load(Ordering::Relaxed),
            MOST_WAITING - self.sender.capacity(),
        )
    }
}

fn lost(counts: &Counts, count: usize) {
    let before = counts.lost.fetch_add(count as u64, Ordering::Relaxed);
    // Once at the first and then at every ten-thousandth: the log must not fill the disk.
    if before / 10_000 != (before + count as u64) / 10_000 || before == 0 {
        tracing::error!(
            lost = before + count as u64,
            "events are lost: the database does not keep up"
        );
    }
}

async fn write_all(
    database: Database,
    mut receiver: mpsc::Receiver<Message>,
    mut judge: Judge,
    counts: Arc<Counts>,
) {
    let mut messages = Vec::with_capacity(AT_ONCE);
    let mut writer = None;
    while receiver.recv_many(&mut messages, AT_ONCE).await > 0 {
        let (mut events, mut waiting) = (Vec::with_capacity(messages.len()), Vec::new());
        for message in messages.drain(..) {
            match message {
                Message::Noted(noted) => events.push(judge.judge(noted)),
                Message::Flush(told) => waiting.push(told),
            }
        }
        if !events.is_empty() {
            write(&database, &mut writer, &events, &counts).await;
        }
        if receiver.is_empty() {
            // Between bursts the connection is somebody else's: a pool that is closed waits for it.
            writer = None;
        }
        for told in waiting {
            // Whoever asked may have stopped waiting.
            let _nobody_waits = told.send(());
        }
    }
}

/// Writes a batch, with patience: a database that is away for a moment costs nothing.
async fn write(
    database: &Database,
    writer: &mut Option<Writer>,
    events: &[Judged],
    counts: &Counts,
) {
    for left in (0..TRIES).rev() {
        match try_write(database, writer, events).await {
            Ok(()) => {
                counts
                    .written
                    .fetch_add(events.len() as u64, Ordering::Relaxed);
                return;
            }
            Err(error) if left > 0 => {
                // The connection may be what is wrong.
                *writer = None;
                tracing::warn!("events wait: {}", with_causes(&error));
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            Err(error) => {
                tracing::error!("events were not written: {}", with_causes(&error));
                lost(counts, events.len());
            }
        }
    }
}

async fn try_write(
    database: &Database,
    writer: &mut Option<Writer>,
    events: &[Judged],
) -> Result<(), database::Error> {
    let kept = match writer {
        Some(kept) => kept,
        None => writer.insert(database.writer().await?),
    };
    let mut transaction = kept.begin().await?;
    for Judged {
        noted,
        verdict,
        machines,
    } in events
    {
        let edition = &*noted.edition;
        record::note(
            &mut transaction,
            (edition, noted.token),
            noted.kind,
            *verdict,
            noted.at,
        )
        .await?;
        for deed in machines {
            record::take_for_machine(&mut transaction, (edition, deed), noted.at).await?;
        }
    }
    database::commit(transaction).await
}
