//! A verified token and the facts of a request to at most one event.

use super::{Agent, EventKind, Facts, agents, store};
use crate::database::{Conn, Error};
use crate::delivery::{self, DeliveryId};
use crate::edition::{Edition, EditionId};
use crate::links::Token;
use crate::tracking::Tracking;

/// Records what was done with a link of an edition.
///
/// A token that carries no identity is only counted. One that does leaves no event where the edition
/// counts nobody, whatever its mails said, and none of a copy that does not exist (a test mail, an
/// erased reader).
///
/// # Errors
/// When the database refuses.
pub async fn note(
    conn: &mut Conn,
    (edition, token): (&Edition, Token),
    kind: EventKind,
    facts: &Facts<'_>,
    now: i64,
) -> Result<Option<Agent>, Error> {
    let Some((wave, position)) = token.place() else {
        let is_reading = kind != EventKind::Unsubscribe;
        if is_reading && edition.frame.tracking != Tracking::Full {
            return Ok(None);
        }
        return record(conn, (&edition.id, token.subscriber), kind, facts, now).await;
    };
    let (agent, _reason) = agents::classify(facts);
    let event = store::Anonymous {
        kind,
        wave,
        position: u32::from(position),
        agent,
    };
    store::add_anonymous(conn, &edition.id, &event).await?;
    Ok(Some(agent))
}

/// Records what a reader did. A token of a copy that does not exist (a test mail, an erased reader)
/// leaves no event.
///
/// # Errors
/// When the database refuses.
pub async fn record(
    conn: &mut Conn,
    (edition, subscriber): (&EditionId, i64),
    kind: EventKind,
    facts: &Facts<'_>,
    now: i64,
) -> Result<Option<Agent>, Error> {
    let delivery = DeliveryId::of(edition, subscriber);
    if !delivery::store::exists(conn, &delivery).await? {
        return Ok(None);
    }
    let (agent, reason) = agents::classify(facts);
    let event = store::Event {
        edition,
        delivery: &delivery,
        kind,
        agent,
        reason,
    };
    store::add(conn, &event, now).await?;
    Ok(Some(agent))
}
