//! The one writer of the ledger while an edition is being sent: group commits for all connections.
//!
//! A connection asks to begin a message and waits until that is committed; how the one before ended
//! travels in the same commit. So a connection never has two rows in flight, and eight connections
//! cost one transaction, not sixteen.

use courant_subscribers::{Recipient, SubscriberId, audience};
use tokio::sync::{mpsc, oneshot};

use super::{DeliveryId, Error, Outcome, retry, store};
use crate::clock::Clock;
use crate::database::{self, Conn, Database};
use crate::edition::{self, EditionId, Status};

/// What a connection tells the ledger.
pub(super) enum Note {
    /// "I am about to send this one."
    Begin {
        id: DeliveryId,
        subscriber: i64,
        answer: oneshot::Sender<Begun>,
    },
    /// "This is how it ended."
    End { id: DeliveryId, outcome: Outcome },
}

/// Whether a message may be sent.
#[derive(Debug)]
pub(super) enum Begun {
    /// Yes, to this recipient; the row is marked.
    Go(Box<Recipient>),
    /// No: the reader left or is suppressed, or the row is not owed any more.
    Leave,
    /// The edition was called off.
    Cancelled,
}

/// Running totals of one call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub accepted: u64,
    pub deferred: u64,
    pub refused: u64,
    pub suppressed: u64,
    pub uncertain: u64,
}

/// Most notes in one transaction: enough for every connection, few enough to stay quick.
const BATCH: usize = 256;

/// What the writer needs to know.
pub(super) struct Ledger {
    pub database: Database,
    pub edition: EditionId,
    pub digest: String,
    pub clock: Clock,
}

impl Ledger {
    /// Writes until every connection has gone; returns the totals.
    pub(super) async fn run(
        self,
        mut notes: mpsc::Receiver<Note>,
        totals: tokio::sync::watch::Sender<Totals>,
    ) -> Result<Totals, Error> {
        let mut batch = Vec::with_capacity(BATCH);
        while notes.recv_many(&mut batch, BATCH).await > 0 {
            let mut transaction = self.database.begin_write().await?;
            let mut answers = Vec::new();
            let mut sum = *totals.borrow();
            let cancelled = self.is_cancelled(&mut transaction).await?;
            // Ends first: a requeued row may be begun again in the same batch.
            let (ends, begins): (Vec<_>, Vec<_>) = batch
                .drain(..)
                .partition(|note| matches!(note, Note::End { .. }));
            for note in ends.into_iter().chain(begins) {
                match note {
                    Note::End { id, outcome } => {
                        self.end(&mut transaction, &id, &outcome, &mut sum).await?;
                    }
                    Note::Begin { answer, .. } if cancelled => {
                        answers.push((answer, Begun::Cancelled));
                    }
                    Note::Begin {
                        id,
                        subscriber,
                        answer,
                    } => {
                        let begun = self
                            .begin(&mut transaction, &id, subscriber, &mut sum)
                            .await?;
                        answers.push((answer, begun));
                    }
                }
            }
            database::commit(transaction).await?;
            totals.send_replace(sum);
            for (answer, begun) in answers {
                // A connection that has gone left its row `sending`; recovery will find it.
                let _ = answer.send(begun);
            }
        }
        let sum = *totals.borrow();
        Ok(sum)
    }

    async fn is_cancelled(&self, conn: &mut Conn) -> Result<bool, Error> {
        let edition = edition::store::status(conn, &self.edition).await?;
        Ok(edition == Some(Status::Cancelled))
    }

    async fn begin(
        &self,
        conn: &mut Conn,
        id: &DeliveryId,
        subscriber: i64,
        totals: &mut Totals,
    ) -> Result<Begun, Error> {
        let subscriber = SubscriberId::from_i64(subscriber);
        let now = self.clock.unix();
        let recipient = audience::still_mailable(conn, subscriber, &self.digest)
            .await
            .map_err(database::Error::from)?;
        let Some(recipient) = recipient else {
            let end = store::End {
                status: "suppressed",
                next_attempt_at: None,
                reply: "left or suppressed since the edition was queued",
            };
            store::end(conn, id, &end, now).await?;
            totals.suppressed += 1;
            return Ok(Begun::Leave);
        };
        if store::begin(conn, id).await? {
            Ok(Begun::Go(Box::new(recipient)))
        } else {
            Ok(Begun::Leave)
        }
    }

    async fn end(
        &self,
        conn: &mut Conn,
        id: &DeliveryId,
        outcome: &Outcome,
        totals: &mut Totals,
    ) -> Result<(), Error> {
        let now = self.clock.unix();
        let (status, reply, next_attempt_at) = match outcome {
            Outcome::Accepted => ("sent", "accepted", None),
            Outcome::Deferred(reply) => {
                let attempts = store::attempts(conn, id).await?;
                let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
                let seed = u64::from_str_radix(id.as_str().get(..8).unwrap_or("0"), 16);
                let delay = retry::delay_seconds(attempts, seed.unwrap_or(0));
                ("deferred", reply.as_str(), Some(now + delay))
            }
            Outcome::Refused(reply) => ("refused", reply.as_str(), None),
            Outcome::Uncertain(reply) => ("uncertain", reply.as_str(), None),
            Outcome::NotSent => ("queued", "", None),
        };
        match outcome {
            Outcome::Accepted => totals.accepted += 1,
            Outcome::Deferred(_) => totals.deferred += 1,
            Outcome::Refused(_) => totals.refused += 1,
            Outcome::Uncertain(_) => totals.uncertain += 1,
            Outcome::NotSent => {}
        }
        let end = store::End {
            status,
            next_attempt_at,
            reply,
        };
        Ok(store::end(conn, id, &end, now).await?)
    }
}
