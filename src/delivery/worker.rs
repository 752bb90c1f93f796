//! One connection's work: take a message, write it, send it, say how it ended.
//!
//! While a message is leaving, the envelope of the next one travels behind it, so there are two in
//! hand. Only the one whose body is written is recorded as leaving.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::compose::{Composer, Mail, Purpose};
use super::destinations::Destinations;
use super::journal::{Journal, Mark};
use super::ledger::{End, Job};
use super::pace::Pace;
use super::reply::{Phase, Reply, Verdict};
use super::report::Times;
use super::retry::Wait;
use super::smtp::{self, Exchanged, Sent};
use super::transport::{self, Outlet};
use super::{DeliveryId, Error, Outcome};
use crate::clock;

/// Connections in a row that may fail before everything stops.
const CONNECTION_TRIES: u32 = 4;
/// How often a message is offered on new connections that break before it leaves.
const MESSAGE_TRIES: u32 = 2;
/// How long a message in hand may take once everything is to stop.
const GRACE: Duration = Duration::from_secs(20);
/// A connection that waits so long for a message says that it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// What all connections share.
pub(super) struct Shared {
    pub composer: Composer,
    pub journal: Arc<Journal>,
    pub jobs: Mutex<mpsc::Receiver<Job>>,
    /// Ends every connection after the message in hand.
    pub stop: CancellationToken,
    pub accepted: AtomicU64,
    pub refusals: AtomicU64,
    pub stop_after_refusals: u64,
    /// Messages in a row that left and were not answered, and how many of these are too many.
    pub doubts: AtomicU64,
    pub stop_after_doubts: u64,
    /// Connections that are open.
    pub connected: AtomicUsize,
    pub destinations: Destinations,
    pub pace: Pace,
    pub times: Times,
    /// Somebody was told that the relay cannot take a message.
    pub has_warned: AtomicBool,
}

/// A written message and how often it was tried.
struct Letter {
    job: Job,
    mail: Mail,
    tries: u32,
}

pub(super) struct Worker {
    pub shared: Arc<Shared>,
    pub ends: mpsc::Sender<End>,
    pub outlet: Outlet,
    /// It is among [`Shared::connected`].
    pub is_counted: bool,
}

impl Worker {
    /// Works until no message is left or everything stops.
    pub(super) async fn run(mut self) -> Result<(), Error> {
        let result = self.work().await;
        if result.is_err() {
            // The others finish what they have in hand.
            self.shared.stop.cancel();
            // An envelope may be open, where a goodbye would be taken for a message.
            self.outlet.give_up();
        }
        self.outlet.hang_up().await;
        self.count_connection();
        result
    }

    /// Says to the others whether this connection is open.
    fn count_connection(&mut self) {
        let is_open = self.outlet.is_connected();
        if is_open && !self.is_counted {
            self.shared.connected.fetch_add(1, Ordering::Relaxed);
        } else if !is_open && self.is_counted {
            self.shared.connected.fetch_sub(1, Ordering::Relaxed);
        }
        self.is_counted = is_open;
    }

    async fn work(&mut self) -> Result<(), Error> {
        let mut again = VecDeque::new();
        // The letter whose envelope the relay has accepted.
        let mut open: Option<Letter> = None;
        loop {
            let next = self.next(&mut again, open.is_some()).await?;
            if open.is_none() {
                if next.is_none() {
                    return Ok(());
                }
                match self.connect().await {
                    // The others go on as long as their relays do.
                    Err(Error::Transport(transport::Error::Smtp(smtp::Error::Exhausted))) => {
                        return self.give_back(next).await;
                    }
                    // A relay may allow fewer connections than we would like.
                    Err(Error::Transport(transport::Error::Smtp(error)))
                        if error.is_temporary()
                            && self.shared.connected.load(Ordering::Relaxed) > 0 =>
                    {
                        tracing::warn!("one connection fewer: {error}");
                        for letter in again.drain(..).collect::<Vec<_>>() {
                            self.give_back(Some(letter)).await?;
                        }
                        return self.give_back(next).await;
                    }
                    connected => connected?,
                }
                self.pause(self.outlet.turn()).await;
                if self.shared.stop.is_cancelled() {
                    return self.give_back(next).await;
                }
            } else if next.is_some() {
                // It was asked whether there is one to wait for.
                let _none = self.outlet.turn();
            }
            // A connection that has carried enough gets no further envelope.
            let next = match next {
                Some(letter) if open.is_some() && self.outlet.is_worn() => {
                    again.push_front(letter);
                    None
                }
                next => next,
            };
            if let Some(letter) = &open {
                self.mark(&letter.job.id, Mark::Leaving)?;
            }
            let done = self.exchange(open.as_ref(), next.as_ref()).await;
            let done = match done {
                Ok(done) => done,
                Err(error) => {
                    self.failed(open.take()).await?;
                    self.give_back(next).await?;
                    return Err(error);
                }
            };
            if let (Some(letter), Some(sent)) = (open.take(), done.sent) {
                self.ended(letter, sent, &mut again).await?;
            }
            match (next, done.refused) {
                (Some(letter), Some(refused)) => self.ended(letter, refused, &mut again).await?,
                (next, _) => open = next,
            }
        }
    }

    /// The next letter, written; none when there is none now or everything stops. A connection with an
    /// open envelope does not wait for one.
    async fn next(
        &mut self,
        again: &mut VecDeque<Letter>,
        is_busy: bool,
    ) -> Result<Option<Letter>, Error> {
        if self.shared.stop.is_cancelled() {
            while let Some(letter) = again.pop_front() {
                self.give_back(Some(letter)).await?;
            }
            return Ok(None);
        }
        if let Some(letter) = again.pop_front() {
            return Ok(Some(letter));
        }
        let Some(job) = self.job(is_busy).await? else {
            return Ok(None);
        };
        let composer = &self.shared.composer;
        match composer.mail(&job.recipient, &job.variant, Purpose::Edition) {
            Ok(mail) => Ok(Some(Letter {
                job,
                mail,
                tries: 0,
            })),
            Err(error) => {
                self.tell(job.ended(Outcome::NotSent)).await?;
                Err(error.into())
            }
        }
    }

    /// The next job whose destination may be disturbed, when it is its turn.
    async fn job(&mut self, is_busy: bool) -> Result<Option<Job>, Error> {
        let shared = Arc::clone(&self.shared);
        loop {
            let job = if is_busy {
                // A letter that is ready does not wait for the turn of the next one.
                let is_free = shared.pace.is_free() && self.outlet.is_free();
                match shared.jobs.try_lock() {
                    Ok(mut jobs) if is_free => jobs.try_recv().ok(),
                    Ok(_) | Err(_) => None,
                }
            } else {
                self.wait().await
            };
            let Some(job) = job else { return Ok(None) };
            let domain = domain_of(job.recipient.address.as_str());
            if let Some(wait) = shared.destinations.rests(domain, clock::stop_watch()) {
                let reply = format!("{domain} is left alone for a while (not asked)");
                self.tell(job.ended(Outcome::Deferred(wait, reply))).await?;
                continue;
            }
            let pause = shared.pace.take();
            if pause.is_zero() {
                return Ok(Some(job));
            }
            self.pause(pause).await;
            if shared.stop.is_cancelled() {
                self.tell(job.ended(Outcome::NotSent)).await?;
                return Ok(None);
            }
            return Ok(Some(job));
        }
    }

    /// Waits for a job; none when there will be none, or everything stops.
    async fn wait(&mut self) -> Option<Job> {
        let shared = Arc::clone(&self.shared);
        let mut receiving = std::pin::pin!(async {
            let mut jobs = shared.jobs.lock().await;
            jobs.recv().await
        });
        loop {
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => return None,
                job = &mut receiving => return job,
                () = tokio::time::sleep(KEEP_ALIVE) => self.outlet.keep_alive().await,
            }
        }
    }

    /// Waits, unless everything stops.
    async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            tokio::select! {
                biased;
                () = self.shared.stop.cancelled() => {}
                () = tokio::time::sleep(time) => {}
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let stop = self.shared.stop.clone();
        let mut tries = 0;
        loop {
            self.count_connection();
            let ready = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                ready = self.outlet.ready() => ready,
            };
            match ready {
                Ok(()) => {
                    self.count_connection();
                    return Ok(());
                }
                Err(transport::Error::Smtp(error)) if error.is_temporary() => {
                    tries += 1;
                    if tries >= CONNECTION_TRIES {
                        return Err(transport::Error::Smtp(error).into());
                    }
                    let pause = Duration::from_millis(250 << tries);
                    self.pause(pause).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// One exchange with the relay; once everything stops it has [`GRACE`] left.
    async fn exchange(
        &mut self,
        open: Option<&Letter>,
        next: Option<&Letter>,
    ) -> Result<Exchanged, Error> {
        let stop = self.shared.stop.clone();
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let watch = clock::stop_watch();
        let (current, following) = (open.map(|l| &l.mail), next.map(|l| &l.mail));
        let done = tokio::select! {
            biased;
            done = self.outlet.exchange(current, following) => Some(done?),
            () = too_late => None,
        };
        if open.is_some() {
            self.shared.times.took(watch.elapsed());
        }
        Ok(done.unwrap_or_else(|| {
            let why = || "stopped while waiting for the relay".to_owned();
            let in_doubt = self.outlet.is_in_doubt();
            let mut ended = self.outlet.take_ended();
            self.outlet.give_up();
            let left = |_| {
                if in_doubt {
                    Sent::LostDuring(why())
                } else {
                    Sent::LostBefore(why())
                }
            };
            Exchanged {
                // It may have been answered, and only what comes after it was waited for.
                sent: open.map(|letter| ended.take().unwrap_or_else(|| left(letter))),
                refused: next.map(|_| Sent::LostBefore(why())),
            }
        }))
    }

    /// What becomes of a letter the relay has answered, or not.
    async fn ended(
        &mut self,
        mut letter: Letter,
        sent: Sent,
        again: &mut VecDeque<Letter>,
    ) -> Result<(), Error> {
        let outcome = match sent {
            Sent::LostDuring(why) => {
                let doubts = self.shared.doubts.fetch_add(1, Ordering::Relaxed) + 1;
                self.tell(letter.job.ended(Outcome::Uncertain(why.clone())))
                    .await?;
                if doubts >= self.shared.stop_after_doubts {
                    return Err(Error::AllInDoubt { count: doubts, why });
                }
                return Ok(());
            }
            Sent::LostBefore(why) => {
                self.mark(&letter.job.id, Mark::NotTaken)?;
                letter.tries += 1;
                if letter.tries < MESSAGE_TRIES {
                    // Most often the relay closed an idle connection.
                    again.push_back(letter);
                    return Ok(());
                }
                Outcome::Deferred(
                    Wait::Other,
                    format!("the connection broke before the message left: {why}"),
                )
            }
            Sent::Answered(phase, reply) if self.turns_elsewhere(&letter, phase, &reply) => {
                self.mark(&letter.job.id, Mark::NotTaken)?;
                letter.tries += 1;
                again.push_back(letter);
                return Ok(());
            }
            Sent::Answered(phase, reply) => {
                let verdict = reply.verdict(phase);
                let mark = match verdict {
                    Verdict::Accepted => Mark::Accepted,
                    _ => Mark::NotTaken,
                };
                self.mark(&letter.job.id, mark)?;
                let (outcome, stop) = self.judged(&letter, (phase, &reply), verdict);
                self.tell(letter.job.ended(outcome)).await?;
                return stop.map_or(Ok(()), Err);
            }
        };
        self.tell(letter.job.ended(outcome)).await
    }

    /// Gives up this connection, or its relay for a while, where a reply speaks of these and not of the message:
    /// the relay has had enough on one that took messages before, or it refuses our MAIL and there are
    /// others. Whether it did, and the message is to be tried elsewhere.
    fn turns_elsewhere(&mut self, letter: &Letter, phase: Phase, reply: &Reply) -> bool {
        if phase != Phase::Sender || letter.tries + 1 >= MESSAGE_TRIES {
            return false;
        }
        let is_ours = reply.enhanced() != Some((4, 7, 28));
        let had_enough = reply.code == 421 && is_ours && self.outlet.taken() > 0;
        if had_enough {
            self.outlet.give_up();
        }
        had_enough || self.outlet.turn_away()
    }

    fn judged(
        &self,
        letter: &Letter,
        (phase, reply): (Phase, &Reply),
        verdict: Verdict,
    ) -> (Outcome, Option<Error>) {
        let shared = &self.shared;
        let to = letter.mail.envelope.to().first();
        let domain = to.map_or("", lettre::Address::domain);
        if phase == Phase::Offer {
            if !shared.has_warned.swap(true, Ordering::Relaxed) {
                tracing::error!(%reply, "the relay cannot take a message");
            }
            let outcome = Outcome::Deferred(Wait::Other, reply.to_string());
            // An address that needs more than the relay offers is one reader's; a size is everybody's.
            let is_everybody = reply.code == 552;
            return (outcome, is_everybody.then(|| self.refusal(reply)).flatten());
        }
        let outcome = match verdict {
            Verdict::Accepted => {
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                shared.doubts.store(0, Ordering::Relaxed);
                shared.destinations.accepted(domain);
                shared.times.sent(letter.mail.bytes.len());
                return (Outcome::Accepted, None);
            }
            Verdict::RecipientRefused => Outcome::Refused(reply.to_string()),
            Verdict::TryLater | Verdict::SenderRefused => {
                let wait = Wait::of(reply, phase);
                let now = clock::stop_watch();
                if shared.destinations.put_off(domain, wait, now) {
                    tracing::error!(domain, %reply, "a destination is left alone for a while");
                } else if wait == Wait::Policy {
                    tracing::warn!(domain, %reply, "a destination refuses us, not the reader");
                }
                Outcome::Deferred(wait, reply.to_string())
            }
        };
        if verdict == Verdict::TryLater {
            return (outcome, None);
        }
        (outcome, self.refusal(reply))
    }

    /// Counts a refusal; the error that ends everything, if nobody has been accepted and it is one too
    /// many.
    fn refusal(&self, reply: &Reply) -> Option<Error> {
        let shared = &self.shared;
        let count = shared.refusals.fetch_add(1, Ordering::Relaxed) + 1;
        let nobody = shared.accepted.load(Ordering::Relaxed) == 0;
        (nobody && count >= shared.stop_after_refusals).then(|| Error::AllRefused {
            count,
            reply: reply.to_string(),
        })
    }

    /// A way out that failed by itself, such as a full disk: nothing was taken.
    async fn failed(&mut self, open: Option<Letter>) -> Result<(), Error> {
        if let Some(letter) = &open {
            self.mark(&letter.job.id, Mark::NotTaken)?;
        }
        self.give_back(open).await
    }

    async fn give_back(&mut self, letter: Option<Letter>) -> Result<(), Error> {
        match letter {
            Some(letter) => self.tell(letter.job.ended(Outcome::NotSent)).await,
            None => Ok(()),
        }
    }

    fn mark(&self, id: &DeliveryId, mark: Mark) -> Result<(), Error> {
        let journal = &self.shared.journal;
        journal.mark(id, mark).map_err(|error| journal.error(error))
    }

    async fn tell(&self, end: End) -> Result<(), Error> {
        // The writer is gone only when it failed; its own error is the one to report.
        let _its_error_is_reported = self.ends.send(end).await;
        Ok(())
    }
}

fn domain_of(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or_default()
}
