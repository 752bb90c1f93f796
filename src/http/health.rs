//! For whoever watches the process: whether it lives, whether it can work, and numbers.

use axum::extract::State as Shared;
use axum::http::StatusCode;

use super::{Answer, State, respond};
use crate::edition;

const PLAIN: &str = "text/plain; charset=utf-8";

/// `GET /readyz`: whether the database answers.
pub(super) async fn ready(Shared(state): Shared<State>) -> Answer {
    let asked = async {
        let mut reader = state.0.database.reader().await?;
        edition::store::list(&mut reader, 1).await
    };
    match asked.await {
        Ok(_answer) => Ok(respond(StatusCode::OK, PLAIN, "ready\n")),
        Err(error) => {
            tracing::error!("not ready: {error}");
            Err(respond(
                StatusCode::SERVICE_UNAVAILABLE,
                PLAIN,
                "the database does not answer\n",
            ))
        }
    }
}

/// `GET /metrics`: numbers in Prometheus' text format. A proxy keeps them from the world.
pub(super) async fn metrics(Shared(state): Shared<State>) -> Answer {
    let (written, lost, waiting) = state.0.events.figures();
    let text = format!(
        "# HELP courant_events_written_total Opens, clicks and departures written down.\n\
         # TYPE courant_events_written_total counter\n\
         courant_events_written_total {written}\n\
         # HELP courant_events_lost_total Events dropped because the database did not keep up.\n\
         # TYPE courant_events_lost_total counter\n\
         courant_events_lost_total {lost}\n\
         # HELP courant_events_waiting Events on their way to the database.\n\
         # TYPE courant_events_waiting gauge\n\
         courant_events_waiting {waiting}\n"
    );
    Ok(respond(StatusCode::OK, "text/plain; version=0.0.4", text))
}
