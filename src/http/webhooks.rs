//! What mailbox relays tell about mails that they carried.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response, StatusCode, header};
use url::Url;

use super::{State, respond};
use crate::feedback::apply::{self, Applied};
use crate::feedback::webhooks::{Asked, Refused, Said, sns};
use crate::fetch::{Fetched, Validators};
use crate::telemetry::with_causes;

/// Largest body of a webhook: a thousand events, or one long message.
pub(super) const BODY_BYTES: usize = 1024 * 1024;

/// `POST /webhooks/{provider}`: 200 once everything is done, 503 to be asked again.
pub(super) async fn receive(
    Shared(state): Shared<State>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let status = match asked(&state, &provider, &headers, &body).await {
        Ok(Asked::Reports(events)) => {
            let (database, grounds) = (&state.0.database, state.grounds());
            match apply::told(database, events, (&grounds, &state.0.clock)).await {
                Ok(applied) => {
                    applied.iter().for_each(Applied::log);
                    StatusCode::OK
                }
                Err(error) => {
                    tracing::error!(provider, "a webhook waits: {}", with_causes(&error));
                    StatusCode::SERVICE_UNAVAILABLE
                }
            }
        }
        Ok(Asked::Confirm(url)) => match fetched(&state, &url).await {
            Some(_) => StatusCode::OK,
            None => StatusCode::SERVICE_UNAVAILABLE,
        },
        Err(Refused::Unknown) => StatusCode::NOT_FOUND,
        Err(Refused::Unproven | Refused::Stale) => {
            tracing::warn!("a webhook that does not prove who sent it was refused");
            StatusCode::UNAUTHORIZED
        }
        // Whoever sent it is to come again: we could not look.
        Err(Refused::Unasked) => StatusCode::SERVICE_UNAVAILABLE,
        Err(Refused::Unreadable) => StatusCode::BAD_REQUEST,
    };
    respond(status, "text/plain; charset=utf-8", "")
}

async fn asked(
    state: &State,
    provider: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Asked, Refused> {
    let doors = &state.0.doors;
    if provider == "ses" {
        let message = sns::Message::read(body)?;
        let url = message.certificate_url().ok_or(Refused::Unproven)?;
        let certificate = match doors.certificate(url) {
            Some(kept) => kept,
            None => {
                let certificate = fetched(state, url).await.ok_or(Refused::Unasked)?;
                doors.keep(url, certificate.clone());
                certificate
            }
        };
        return doors.sns(&message, &certificate);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let said = Said {
        authorization: text(header::AUTHORIZATION.as_str()),
        signature: text("x-twilio-email-event-webhook-signature"),
        timestamp: text("x-twilio-email-event-webhook-timestamp"),
    };
    doors.receive(provider, said, body, state.0.clock.unix())
}

/// What stands behind a URL of Amazon's.
async fn fetched(state: &State, url: &str) -> Option<Vec<u8>> {
    let url = Url::parse(url).ok()?;
    let fetcher = state.0.fetcher.as_ref()?;
    match fetcher.get(&url, &Validators::default()).await {
        Ok(Fetched::Body(page)) => Some(page.bytes),
        Ok(Fetched::NotModified) => None,
        Err(error) => {
            tracing::warn!("SNS cannot be asked: {}", with_causes(&error));
            None
        }
    }
}
