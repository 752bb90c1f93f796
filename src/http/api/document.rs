//! The OpenAPI document, made of the table of operations and the types they take and give.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::operation::{Content, Operation};
use super::problem::{self, Problem};

/// The version of OpenAPI whose schemas are JSON Schema 2020-12.
const OPENAPI: &str = "3.1.0";
/// What stands in front of everything.
const ABOUT: &str = "What the desk does in a browser, for programs: editions looked at, changed, tested, approved and \
    called off, and what became of them. A token (`courant desk token`) may what its person may. What is refused \
    comes as problem details (RFC 9457), in words. Instants are RFC 3339.";

/// What a status means here.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request makes no sense; the answer says where",
        401 => "No token, or one that is not good",
        403 => "The person of the token may not do this",
        404 => "There is no such edition",
        406 => "None of the media types in Accept is there",
        409 => "The edition does not allow it as it stands, or has changed since it was looked at",
        413 => "The body is too large",
        415 => "The body is no JSON",
        422 => "It cannot be done; the answer says why",
        429 => "Too many wrong tokens from this network",
        _ => "Something is wrong on our side, or busy; try again",
    }
}

fn settings() -> SchemaSettings {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    settings
}

/// The document, for an API below this URL.
pub(super) fn document(operations: &[Operation], url: &str) -> Value {
    let mut given = settings().for_serialize().into_generator();
    let mut taken = settings().for_deserialize().into_generator();
    let problem = given.subschema_for::<Problem>();
    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        let method = operation.method.to_ascii_lowercase();
        path[method] = describe(operation, (&mut given, &mut taken), &problem);
    }
    let mut schemas = given.take_definitions(true);
    schemas.extend(taken.take_definitions(true));
    schemas.sort_keys();
    json!({
        "openapi": OPENAPI,
        "info": {
            "title": "Courant",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "servers": [{ "url": url }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of `courant desk token`.",
                },
            },
            "schemas": schemas,
        },
    })
}

fn describe(
    operation: &Operation,
    (given, taken): (&mut SchemaGenerator, &mut SchemaGenerator),
    problem: &schemars::Schema,
) -> Value {
    let (summary, more) = operation.words;
    let mut parameters = operation.query.clone();
    if operation.has_id() {
        parameters.push(json!({
            "name": "id", "in": "path", "required": true,
            "description": "The edition's id, such as daily-2026-11-23",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9-]+$", "minLength": 1, "maxLength": 200 },
        }));
    }
    let mut responses = Map::new();
    let done = json!({
        "description": "It is done, or here it is",
        "content": content(&operation.gives, given),
    });
    responses.insert("200".to_owned(), done);
    for status in operation.statuses() {
        let refused = json!({
            "description": meaning(status),
            "content": { problem::MEDIA_TYPE: { "schema": problem } },
        });
        responses.insert(status.to_string(), refused);
    }
    let mut description = json!({
        "operationId": operation.name,
        "summary": summary,
        "responses": responses,
    });
    if !more.is_empty() {
        description["description"] = json!(more);
    }
    if !parameters.is_empty() {
        description["parameters"] = json!(parameters);
    }
    if let Some(takes) = &operation.takes {
        description["requestBody"] = json!({ "required": true, "content": content(takes, taken) });
    }
    if operation.is_open {
        description["security"] = json!([]);
    }
    description
}

fn content(content: &Content, generator: &mut SchemaGenerator) -> Value {
    match content {
        Content::Json(schema) => json!({ "application/json": { "schema": schema(generator) } }),
        Content::Document => json!({ "application/json": { "schema": { "type": "object" } } }),
        Content::Text(kinds) => {
            let kinds = kinds.iter().map(|kind| {
                (
                    (*kind).to_owned(),
                    json!({ "schema": { "type": "string" } }),
                )
            });
            Value::Object(kinds.collect())
        }
    }
}
