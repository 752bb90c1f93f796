//! A verified token and the facts of a request to at most one event.

use super::bursts::Deed;
use super::store::Times;
use super::{Agent, EventKind, Facts, agents, store};
use crate::database::{Conn, Error};
use crate::delivery::store::person::Holder;
use crate::delivery::{self, DeliveryId};
use crate::edition::Edition;
use crate::links::Token;
use crate::tracking::Tracking;

/// A request judged: who made it, and why we think so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Who.
    pub agent: Agent,
    /// Why, in words.
    pub reason: &'static str,
}

impl Verdict {
    /// The verdict on one request by itself.
    #[must_use]
    pub fn on(facts: &Facts<'_>) -> Self {
        let (agent, reason) = agents::classify(facts);
        Self { agent, reason }
    }
}

/// What is recorded of a deed that turned out to be one of many at once.
pub const BURST: Verdict = Verdict {
    agent: Agent::Scanner,
    reason: "many things at once",
};

/// Records what was done with a link of an edition, once or often; whether anything was.
///
/// A token that carries no identity is only counted. One that does leaves no event where the edition
/// counts nobody, whatever its mails said, none of a copy that does not exist (a test mail, an erased
/// reader), and none of a reader's who is not to be counted, also in mails from before they said so.
///
/// # Errors
/// When the database refuses.
pub async fn note(
    conn: &mut Conn,
    (edition, token): (&Edition, Token),
    kind: EventKind,
    verdict: Verdict,
    times: Times,
) -> Result<bool, Error> {
    let Some((wave, position)) = token.place() else {
        let is_reading = kind != EventKind::Unsubscribe;
        if is_reading && edition.frame.tracking != Tracking::Full {
            return Ok(false);
        }
        let delivery = DeliveryId::of(&edition.id, token.subscriber);
        match delivery::store::person::holder(conn, &delivery).await? {
            Holder::Nobody => return Ok(false),
            // That they left is no secret of theirs, what they read is.
            Holder::Uncounted if is_reading => return Ok(false),
            Holder::Uncounted | Holder::Counted => {}
        }
        let event = store::Event {
            edition: &edition.id,
            delivery: &delivery,
            kind,
            agent: verdict.agent,
            reason: verdict.reason,
        };
        store::add(conn, &event, times).await?;
        return Ok(true);
    };
    let event = store::Anonymous {
        kind,
        wave,
        position: u32::from(position),
        agent: verdict.agent,
    };
    store::add_anonymous(conn, &edition.id, &event, times).await?;
    Ok(true)
}

/// Takes back that a deed was what it was taken for: it was a machine's, as what came with it shows.
///
/// # Errors
/// When the database refuses.
pub async fn take_for_machine(
    conn: &mut Conn,
    (edition, deed): (&Edition, &Deed),
    now: i64,
) -> Result<(), Error> {
    let kind = deed.kind();
    let was_noted = match deed.token.place() {
        Some((wave, position)) => {
            let event = store::Anonymous {
                kind,
                wave,
                position: u32::from(position),
                agent: deed.agent,
            };
            store::take_anonymous(conn, &edition.id, &event).await?
        }
        None => {
            let delivery = DeliveryId::of(&edition.id, deed.token.subscriber);
            store::take(conn, (&edition.id, &delivery), (kind, deed.agent)).await?
        }
    };
    if was_noted {
        note(conn, (edition, deed.token), kind, BURST, Times::once(now)).await?;
    }
    Ok(())
}
