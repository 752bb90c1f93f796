//! The one writer of the ledger in a sending process: rows out to the connections, their ends back
//! in, many in one transaction.
//!
//! A transaction records how messages ended, leases owed rows, asks once more whether their readers may
//! be mailed, and marks these rows as given to connections, before a connection sees them. The
//! journal forgets a message when its end is committed here, and not before.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use courant_subscribers::{Recipient, SubscriberId, audience};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::shaping::{self, Shaping, Turn};
use super::smtp::Relays;
use super::store::leases::{self, Owed};
use super::{DeliveryId, Error, Outcome, pace, retry, store};
use crate::clock::Clock;
use crate::database::{self, Conn, Database, Writer};
use crate::edition::slates::Variant;
use crate::edition::{self, EditionId, Status};

/// How long a call waits for messages that only wait for a place at their destination.
const PATIENCE_SECONDS: i64 = 30;
/// How often a process says that it is alive, and after which silence the others give it up.
pub(super) const BEAT: Duration = Duration::from_secs(10);
pub(super) const DEAD_AFTER_SECONDS: i64 = 60;
/// How long ends are gathered before they are written; the journal has them meanwhile.
const GATHER: Duration = Duration::from_millis(100);
/// How often it is looked for more of them meanwhile.
const NAP: Duration = Duration::from_millis(4);
/// What everything together is counted by.
const ALL: &str = "all";
/// Most ends in one transaction.
const MOST_ENDS: usize = 1024;

/// A message to send, marked as such.
#[derive(Debug)]
pub(super) struct Job {
    pub id: DeliveryId,
    pub recipient: Recipient,
    pub variant: Variant,
}

impl Job {
    /// It, with how it ended.
    pub(super) fn ended(self, outcome: Outcome) -> End {
        End {
            subscriber: Some(self.recipient.id.as_i64()),
            id: self.id,
            outcome,
        }
    }
}

/// How a message ended.
#[derive(Debug)]
pub(super) struct End {
    pub id: DeliveryId,
    /// Whose it was, where that is known.
    pub subscriber: Option<i64>,
    pub outcome: Outcome,
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

/// What the writer needs to know.
pub(super) struct Ledger {
    pub database: Database,
    pub edition: EditionId,
    pub digest: String,
    pub clock: Clock,
    pub journal: Arc<Journal>,
    /// Messages given to connections at once, at least and at most.
    pub hand: RangeInclusive<usize>,
    /// When the edition was queued, and for how many seconds after that it is sent.
    pub deadline: (i64, i64),
    /// How fast single destinations may be.
    pub destinations: Vec<shaping::Config>,
    /// The relays, where some are limited.
    pub relays: Option<Arc<Relays>>,
    /// `[delivery.limits]`, which all processes and editions share.
    pub limits: pace::Config,
    /// Told when these, and not the rows, are what ends a call.
    pub rests: Arc<AtomicBool>,
    /// Messages to give out at most.
    pub limit: u64,
    /// Ends every connection after the message in hand.
    pub stop: CancellationToken,
    pub cancelled: Arc<AtomicBool>,
}

/// What is under way.
struct State {
    /// Given out, and not ended yet.
    given: usize,
    left: u64,
    /// How many may be given out, by how fast they end: about a second's worth.
    hand: usize,
    /// When some were given out last.
    given_at: Instant,
    /// Nothing owed was found the last time …
    is_dry: bool,
    /// … but something is due then, Unix seconds.
    wake_at: Option<i64>,
    /// When late rows were given up last.
    expired_at: i64,
    shaping: Shaping,
    due: i64,
    beat_at: Instant,
}

impl Ledger {
    /// Works until nothing owed is left and every connection has gone; returns the totals.
    ///
    /// On every way out, what was not sent is back in the queue.
    pub(super) async fn run(
        self,
        jobs: mpsc::Sender<Job>,
        mut ends: mpsc::Receiver<End>,
        totals: watch::Sender<Totals>,
    ) -> Result<Totals, Error> {
        let ran = self.work(jobs, &mut ends, &totals).await;
        if ran.is_err() {
            self.stop.cancel();
            // The connections finish what they have in hand; how that ends is recorded below.
            let mut rest = Vec::new();
            while let Some(end) = ends.recv().await {
                rest.push(end);
            }
            let recorded = self.last_words(&rest, &totals).await;
            ran.and(recorded)?;
        } else {
            self.last_words(&[], &totals).await?;
        }
        let sum = *totals.borrow();
        Ok(sum)
    }

    async fn work(
        &self,
        jobs: mpsc::Sender<Job>,
        ends: &mut mpsc::Receiver<End>,
        totals: &watch::Sender<Totals>,
    ) -> Result<(), Error> {
        let mut state = State {
            given: 0,
            left: self.limit,
            hand: *self.hand.start(),
            given_at: Instant::now(),
            is_dry: false,
            wake_at: None,
            expired_at: 0,
            shaping: Shaping::new(&self.destinations),
            // Fixed at the start: what this call defers, a later call tries again.
            due: self.clock.unix(),
            beat_at: Instant::now() + BEAT,
        };
        let mut jobs = Some(jobs);
        let mut batch = Vec::with_capacity(MOST_ENDS);
        let mut writer = self.database.writer().await?;
        loop {
            // What a connection gave back is owed again.
            if batch
                .iter()
                .any(|end: &End| end.outcome == Outcome::NotSent)
            {
                state.is_dry = false;
            }
            let ready = self.step(&mut writer, &mut state, &batch, totals).await?;
            batch.clear();
            let is_waiting = state.wake_at.is_some();
            let over =
                self.stop.is_cancelled() || (ready.is_empty() && state.given == 0 && !is_waiting);
            state.given += ready.len();
            for job in ready {
                let Some(jobs) = &jobs else { break };
                // The channel holds a hand, and no more is ever given.
                if jobs.try_send(job).is_err() {
                    break;
                }
            }
            if over || (state.given == 0 && !is_waiting) {
                jobs = None;
            }
            if !self.gather(&mut state, ends, &mut batch).await {
                // Every connection has gone.
                self.step(&mut writer, &mut state, &batch, totals).await?;
                return Ok(());
            }
        }
    }

    /// Waits for ends, and a little longer for more of them; false when nobody is left to send any.
    async fn gather(
        &self,
        state: &mut State,
        ends: &mut mpsc::Receiver<End>,
        batch: &mut Vec<End>,
    ) -> bool {
        let wake = state.wake_at.map(|at| {
            let seconds = u64::try_from(at - self.clock.unix()).unwrap_or(0);
            Instant::now() + Duration::from_secs(seconds.max(1))
        });
        let until = wake.map_or(state.beat_at, |wake| wake.min(state.beat_at));
        let count = match timeout_at(until, ends.recv_many(batch, MOST_ENDS)).await {
            Ok(0) => return false,
            Ok(count) => count,
            Err(_) => return true,
        };
        state.given = state.given.saturating_sub(count);
        let until = Instant::now() + GATHER;
        // Not when connections run out of work for it.
        while batch.len() < MOST_ENDS / 2
            && state.given > 0
            && (state.is_dry || state.given > state.hand / 2)
        {
            // Asleep, and not waiting for the next: connections then need not wake anybody for every message.
            sleep_until(until.min(Instant::now() + NAP)).await;
            if !ends.is_empty() {
                let count = ends.recv_many(batch, MOST_ENDS).await;
                state.given = state.given.saturating_sub(count);
            }
            if Instant::now() >= until || ends.is_closed() {
                break;
            }
        }
        true
    }

    /// One transaction; returns the messages that may be sent now.
    async fn step(
        &self,
        writer: &mut Writer,
        state: &mut State,
        batch: &[End],
        totals: &watch::Sender<Totals>,
    ) -> Result<Vec<Job>, Error> {
        let mut sum = *totals.borrow();
        let mut transaction = writer.begin().await?;
        let now = self.clock.unix();
        if Instant::now() >= state.beat_at {
            if !leases::beat(&mut transaction, self.journal.sender(), now).await? {
                return Err(Error::TakenOver);
            }
            state.beat_at = Instant::now() + BEAT;
            let since = now - DEAD_AFTER_SECONDS;
            if leases::bury(&mut transaction, &self.edition, since).await? > 0 {
                leases::recover(&mut transaction, &self.edition, since, now).await?;
                state.is_dry = false;
            }
        }
        self.record(&mut transaction, batch, &mut sum).await?;
        self.expire(&mut transaction, state, now).await?;
        if let Some(relays) = &self.relays {
            // Twice what may be given out by the next step, which may double the hand: a relay that has
            // nothing left is taken for used up.
            let most = u64::try_from(state.hand * 4).unwrap_or(u64::MAX);
            relays.put_by(&mut transaction, most, now).await?;
        }
        let mut ready = Vec::new();
        let status = edition::store::status(&mut transaction, &self.edition).await?;
        if status == Some(Status::Cancelled) {
            self.cancelled.store(true, Ordering::Relaxed);
            self.stop.cancel();
        } else if !self.stop.is_cancelled() && state.given <= state.hand / 2 {
            ready = self.take(&mut transaction, state, &mut sum).await?;
        }
        database::commit(transaction).await?;
        totals.send_replace(sum);
        self.settled(batch)?;
        Ok(ready)
    }

    fn settled(&self, batch: &[End]) -> Result<(), Error> {
        let settled = self.journal.settled(batch.iter().map(|end| &end.id));
        settled.map_err(|source| self.journal.error(source))
    }

    /// Takes as many rows into hand as the connections have room for.
    async fn take(
        &self,
        conn: &mut Conn,
        state: &mut State,
        totals: &mut Totals,
    ) -> Result<Vec<Job>, Error> {
        let now = self.clock.unix();
        if state.wake_at.is_some_and(|at| at <= now) {
            state.is_dry = false;
        }
        self.fit_hand(state);
        state.shaping.read(conn, now).await?;
        let may_leave = self.may_leave(conn, now).await?;
        let room = state.hand.saturating_sub(state.given);
        let wanted = room.min(usize::try_from(state.left).unwrap_or(usize::MAX));
        let room = wanted.min(usize::try_from(may_leave).unwrap_or(usize::MAX));
        if room == 0 && wanted > 0 {
            self.rests.store(true, Ordering::Relaxed);
        }
        let mut ready = Vec::with_capacity(room);
        while ready.len() < room && !state.is_dry {
            let wanted = i64::try_from(room - ready.len()).unwrap_or(1);
            let kind = self.database.kind();
            let times = (state.due, now);
            let owed = leases::lease(conn, kind, &self.edition, times, wanted).await?;
            state.is_dry = owed.is_empty();
            let owed = self.shape(conn, &mut state.shaping, owed, now).await?;
            let jobs = self.admit(conn, owed, totals).await?;
            let people: Vec<i64> = jobs.iter().map(|job| job.recipient.id.as_i64()).collect();
            let owner = (&self.edition, self.journal.sender());
            if leases::mark_sending(conn, owner, &people).await? != people.len() as u64 {
                return Err(Error::TakenOver);
            }
            ready.extend(jobs);
        }
        state.left = state.left.saturating_sub(ready.len() as u64);
        if self.limits.has_windows() && !ready.is_empty() {
            store::departures::count(conn, ALL, ready.len() as u64, now).await?;
        }
        state.shaping.write(conn, now).await?;
        state.wake_at = None;
        if state.is_dry && !state.shaping.is_none() {
            let next = store::next_place(conn, &self.edition).await?;
            state.wake_at = next.filter(|at| *at - now <= PATIENCE_SECONDS && state.left > 0);
        }
        Ok(ready)
    }

    /// How many messages may be given out by the limits of hours, days and times of the day.
    async fn may_leave(&self, conn: &mut Conn, now: i64) -> Result<u64, Error> {
        let at = Timestamp::from_second(now).unwrap_or_default();
        if !self.limits.is_open(at) {
            return Ok(0);
        }
        if !self.limits.has_windows() {
            return Ok(u64::MAX);
        }
        let (hour, day) = store::departures::recent(conn, ALL, now).await?;
        Ok(self.limits.left(at, hour, day))
    }

    /// Gives up on rows that are too old, once a second.
    async fn expire(&self, conn: &mut Conn, state: &mut State, now: i64) -> Result<(), Error> {
        let (queued_at, seconds) = self.deadline;
        if now <= queued_at + seconds || state.expired_at == now {
            return Ok(());
        }
        state.expired_at = now;
        let times = (queued_at, now - seconds);
        let late = store::expire(conn, &self.edition, times).await?;
        if late > 0 {
            tracing::warn!(edition.id = %self.edition, messages = late, "the deadline is over");
        }
        Ok(())
    }

    /// Lets rows wait whose destination may not have them yet; returns the others.
    async fn shape(
        &self,
        conn: &mut Conn,
        shaping: &mut Shaping,
        owed: Vec<Owed>,
        now: i64,
    ) -> Result<Vec<Owed>, Error> {
        if shaping.is_none() || owed.is_empty() {
            return Ok(owed);
        }
        let ids: Vec<_> = owed
            .iter()
            .map(|row| SubscriberId::from_i64(row.subscriber))
            .collect();
        let domains = audience::domains(conn, &ids)
            .await
            .map_err(database::Error::from)?;
        let mut waiting: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        let mut ready = Vec::with_capacity(owed.len());
        for row in owed {
            let domain = domains.get(&row.subscriber).map_or("", String::as_str);
            match shaping.turn(domain, row.place, now) {
                Turn::Now => ready.push(row),
                Turn::At(at) => waiting.entry(at).or_default().push(row.subscriber),
            }
        }
        for (at, readers) in waiting {
            leases::let_wait(conn, &self.edition, &readers, at).await?;
        }
        Ok(ready)
    }

    /// Gives out more at once where half of it was gone quickly, and less where it took long: who leaves
    /// or is suppressed is mailed by rows in hand only, and those are to be of the last second.
    fn fit_hand(&self, state: &mut State) {
        let took = state.given_at.elapsed();
        if took < Duration::from_millis(500) {
            state.hand *= 2;
        } else if took > Duration::from_secs(1) {
            state.hand /= 2;
        }
        state.hand = state.hand.clamp(*self.hand.start(), *self.hand.end());
        state.given_at = Instant::now();
    }

    /// Asks once more whether readers may be mailed; who left meanwhile is settled.
    async fn admit(
        &self,
        conn: &mut Conn,
        owed: Vec<Owed>,
        totals: &mut Totals,
    ) -> Result<Vec<Job>, Error> {
        let ids: Vec<_> = owed
            .iter()
            .map(|row| SubscriberId::from_i64(row.subscriber))
            .collect();
        let people =
            audience::all_still_mailable(conn, &ids, (&self.digest, self.clock.unix())).await;
        let people = people.map_err(database::Error::from)?;
        let mut people: HashMap<i64, Recipient> = people
            .into_iter()
            .map(|person| (person.id.as_i64(), person))
            .collect();
        let mut jobs = Vec::with_capacity(owed.len());
        for row in owed {
            if let Some(recipient) = people.remove(&row.subscriber) {
                jobs.push(Job {
                    id: row.id,
                    recipient,
                    variant: row.variant,
                });
                continue;
            }
            let end = store::End {
                status: "suppressed",
                next_attempt_at: None,
                reply: "left or suppressed since the edition was queued",
            };
            store::end(conn, &row.id, &end, self.clock.unix()).await?;
            totals.suppressed += 1;
        }
        Ok(jobs)
    }

    /// Records how messages ended.
    async fn record(
        &self,
        conn: &mut Conn,
        batch: &[End],
        totals: &mut Totals,
    ) -> Result<(), Error> {
        let now = self.clock.unix();
        let ended = |wanted: &Outcome| -> Vec<&End> {
            let matching = batch.iter().filter(|end| end.outcome == *wanted);
            matching.collect()
        };
        let accepted = ended(&Outcome::Accepted);
        let people: Vec<i64> = accepted.iter().filter_map(|end| end.subscriber).collect();
        let owner = (&self.edition, self.journal.sender());
        let marked = leases::mark_sent_by_reader(conn, owner, &people, now).await?;
        if marked != accepted.len() as u64 {
            // Somebody was erased meanwhile, or the row is in another's hand.
            leases::mark_sent(conn, &ids_of(&accepted), now).await?;
        }
        totals.accepted += accepted.len() as u64;
        let back = ended(&Outcome::NotSent);
        leases::release(conn, self.journal.sender(), &ids_of(&back)).await?;
        for End { id, outcome, .. } in batch {
            let (status, reply, next_attempt_at) = match outcome {
                Outcome::Accepted | Outcome::NotSent => continue,
                Outcome::Deferred(wait, reply) => {
                    totals.deferred += 1;
                    let attempts = store::attempts(conn, id).await?;
                    let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
                    let seed = u64::from_str_radix(id.as_str().get(..8).unwrap_or("0"), 16);
                    let delay = retry::delay_seconds(*wait, attempts, seed.unwrap_or(0));
                    ("deferred", reply, Some(now + delay))
                }
                Outcome::Refused(reply) => {
                    totals.refused += 1;
                    ("refused", reply, None)
                }
                Outcome::Uncertain(reply) => {
                    totals.uncertain += 1;
                    ("uncertain", reply, None)
                }
            };
            let end = store::End {
                status,
                next_attempt_at,
                reply,
            };
            store::end(conn, id, &end, now).await?;
        }
        Ok(())
    }

    /// Records the last ends, and puts back what was not sent. Messages that the journal still has as
    /// leaving are in doubt: their connection was given up without a word.
    async fn last_words(&self, batch: &[End], totals: &watch::Sender<Totals>) -> Result<(), Error> {
        let mut sum = *totals.borrow();
        let mut transaction = self.database.begin_write().await?;
        self.record(&mut transaction, batch, &mut sum).await?;
        let told = |id: &DeliveryId| batch.iter().any(|end| end.id == *id);
        let lost = self.journal.leaving().into_iter();
        let lost: Vec<End> = lost
            .filter(|id| !told(id))
            .map(|id| End {
                id,
                subscriber: None,
                outcome: Outcome::Uncertain("the connection was given up".to_owned()),
            })
            .collect();
        self.record(&mut transaction, &lost, &mut sum).await?;
        if let Some(relays) = &self.relays {
            relays
                .give_back(&mut transaction, self.clock.unix())
                .await?;
        }
        let sender = self.journal.sender();
        leases::release_all(&mut transaction, sender, &self.edition).await?;
        leases::sign_off(&mut transaction, sender).await?;
        database::commit(transaction).await?;
        totals.send_replace(sum);
        self.settled(batch)?;
        self.settled(&lost)
    }
}

fn ids_of<'a>(ends: &[&'a End]) -> Vec<&'a DeliveryId> {
    ends.iter().map(|end| &end.id).collect()
}
