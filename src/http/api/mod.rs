//! The desk for programs: JSON below `/api/v1`, with tokens.
//!
//! One table says what can be asked; the routes and the OpenAPI document are made of it, so that neither has what the
//! other lacks. Roles, checks and the record are those of the desk. What is refused comes as problem details
//! (RFC 9457). Addresses of readers go in, for tests and previews; none comes out that was not asked with.

mod caller;
mod changes;
mod document;
mod editions;
mod later;
mod operation;
mod others;
mod preview;
mod problem;
mod read;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::{Response, StatusCode};
use axum::routing::any;
use serde::Serialize;
use serde_json::Value;

use super::State;
use super::desk::Desk;
use crate::database::Error;
use crate::edition::{self, Edition, EditionId};
use crate::signup::limits::Limits;

use operation::Operation;
use problem::Problem;

/// Where the API begins, below the path of `links.base_url`.
const ROOT: &str = "/api/v1";

/// What a request gets.
type Answer = Result<Response<Body>, Problem>;

/// The desk of a publisher, for programs.
#[derive(Debug, Clone)]
pub struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    desk: Desk,
    /// Wrong tokens of each network.
    wrong: Limits,
    /// The OpenAPI document.
    document: String,
}

impl Api {
    /// The API of a desk.
    #[must_use]
    pub fn new(state: State, desk: Desk) -> Self {
        let url = format!("{}{ROOT}", super::path_of(desk.links()));
        let document = document::document(&operations(), &url).to_string();
        Self(Arc::new(Inner {
            state,
            desk,
            wrong: Limits::default(),
            document,
        }))
    }

    /// A URL of the API.
    fn url(&self, path: &str) -> String {
        let base = self.0.desk.links().base().trim_end_matches('/');
        format!("{base}{ROOT}{path}")
    }

    async fn edition(&self, id: &EditionId) -> Result<Edition, Problem> {
        let found = async {
            let mut reader = self.0.desk.database().reader().await?;
            edition::store::find(&mut reader, id).await
        };
        let found = found.await.map_err(|error: Error| Problem::from(error))?;
        found.ok_or_else(read::no_edition)
    }
}

/// Everything that can be asked.
fn operations() -> Vec<Operation> {
    let document = Operation::get(("/openapi.json", "openapi"), ("This document", ""), openapi);
    let mut all = vec![document.open()];
    all.extend(editions::operations());
    all.extend(preview::operations());
    all.extend(changes::operations());
    all.extend(later::operations());
    all.extend(others::operations());
    all
}

/// The OpenAPI document, for an installation whose links begin like this.
#[must_use]
pub fn document(base: &str) -> Value {
    let url = format!("{}{ROOT}", base.trim_end_matches('/'));
    document::document(&operations(), &url)
}

/// All routes of the API.
pub fn router(api: Api) -> Router {
    let mut router = Router::new();
    for operation in operations() {
        router = router.route(&format!("{ROOT}{}", operation.path), operation.route);
    }
    for path in ["", "/", "/{*rest}"] {
        router = router.route(&format!("{ROOT}{path}"), any(lost));
    }
    router
        .method_not_allowed_fallback(not_so)
        .layer(DefaultBodyLimit::max(read::BODY_BYTES))
        .with_state(api)
}

async fn openapi(Shared(api): Shared<Api>) -> Response<Body> {
    super::respond(StatusCode::OK, "application/json", api.0.document.clone())
}

async fn lost(Shared(api): Shared<Api>) -> Problem {
    let document = api.url("/openapi.json");
    Problem::not_found(format!(
        "There is nothing here. {document} says what there is."
    ))
}

async fn not_so() -> Problem {
    let detail = "This cannot be asked like that; the header Allow says how.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

fn json<T: Serialize>(value: &T) -> Answer {
    let body = serde_json::to_vec(value).map_err(|error| Problem::trouble(&error))?;
    Ok(super::respond(StatusCode::OK, "application/json", body))
}
