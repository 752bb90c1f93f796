//! What can be asked: one table, of which both the routes and the OpenAPI document are made.

use axum::handler::Handler;
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::Api;

/// What an operation takes or gives.
pub(super) enum Content {
    /// JSON of a type.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Text or bytes of these media types.
    Text(&'static [&'static str]),
    /// A JSON document that has no type of ours.
    Document,
}

/// What can be asked.
pub(super) struct Operation {
    /// In capitals.
    pub(super) method: &'static str,
    /// Below the root of the API.
    pub(super) path: &'static str,
    /// Its name in the document.
    pub(super) name: &'static str,
    /// What it does, and more about it.
    pub(super) words: (&'static str, &'static str),
    /// What answers.
    pub(super) route: MethodRouter<Api>,
    /// What may stand behind the question mark.
    pub(super) query: Vec<Value>,
    /// What it takes.
    pub(super) takes: Option<Content>,
    /// What it gives.
    pub(super) gives: Content,
    /// Statuses of refusals, beside those that follow from the rest.
    pub(super) refusals: Vec<u16>,
    /// Whether it takes a token.
    pub(super) is_open: bool,
}

impl Operation {
    fn new(
        method: &'static str,
        (path, name): (&'static str, &'static str),
        words: (&'static str, &'static str),
        route: MethodRouter<Api>,
    ) -> Self {
        Self {
            method,
            path,
            name,
            words,
            route,
            query: Vec::new(),
            takes: None,
            gives: Content::Document,
            refusals: Vec::new(),
            is_open: false,
        }
    }

    /// Something to look at.
    pub(super) fn get<H: Handler<T, Api>, T: 'static>(
        at: (&'static str, &'static str),
        words: (&'static str, &'static str),
        handler: H,
    ) -> Self {
        Self::new("GET", at, words, axum::routing::get(handler))
    }

    /// Something to do.
    pub(super) fn post<H: Handler<T, Api>, T: 'static>(
        at: (&'static str, &'static str),
        words: (&'static str, &'static str),
        handler: H,
    ) -> Self {
        Self::new("POST", at, words, axum::routing::post(handler))
    }

    /// It takes JSON of this type.
    pub(super) fn takes<B: JsonSchema>(mut self) -> Self {
        self.takes = Some(Content::Json(SchemaGenerator::subschema_for::<B>));
        self
    }

    /// It gives JSON of this type.
    pub(super) fn gives<B: JsonSchema>(mut self) -> Self {
        self.gives = Content::Json(SchemaGenerator::subschema_for::<B>);
        self
    }

    /// It gives text of these media types.
    pub(super) fn gives_text(mut self, kinds: &'static [&'static str]) -> Self {
        self.gives = Content::Text(kinds);
        self
    }

    /// It takes this behind the question mark.
    pub(super) fn query(mut self, name: &str, words: &str, schema: &Value) -> Self {
        self.query.push(json!({
            "name": name, "in": "query", "description": words, "schema": schema,
        }));
        self
    }

    /// It may also answer with this status.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refusals.extend(statuses);
        self
    }

    /// It asks for no token.
    pub(super) fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Whether an edition's id stands in its path.
    pub(super) fn has_id(&self) -> bool {
        self.path.contains("{id}")
    }

    /// Every status it may refuse with.
    pub(super) fn statuses(&self) -> Vec<u16> {
        let mut all = self.refusals.clone();
        if !self.is_open {
            all.extend([401, 429, 503]);
        }
        if self.has_id() {
            all.push(404);
        }
        if !self.query.is_empty() {
            all.push(400);
        }
        if self.takes.is_some() {
            all.extend([400, 413, 415]);
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}
