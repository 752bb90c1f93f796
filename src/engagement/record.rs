//! A verified token and the facts of a request to at most one event.

use super::{Agent, EventKind, Facts, agents, store};
use crate::database::{Conn, Error};
use crate::delivery::{self, DeliveryId};
use crate::edition::EditionId;

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
