//! A line for every request: what was asked, by its route, and how that went. No address, no token, no program's
//! name: nothing that says who it was.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::clock;

/// Whether anybody reads these lines: without them requests need not pay for them.
pub(super) fn is_wanted() -> bool {
    tracing::enabled!(target: "courant::access", tracing::Level::INFO)
}

/// Logs a request at level `info`.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let begun = clock::stop_watch();
    let response = next.run(request).await;
    tracing::info!(
        target: "courant::access",
        %method,
        route = route.as_ref().map_or("-", MatchedPath::as_str),
        status = response.status().as_u16(),
        micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
    );
    response
}
