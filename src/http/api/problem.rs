//! What is refused, in words (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;

use crate::preflight::{Finding, Severity};
use crate::telemetry::with_causes;

/// The media type of problems.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// Why something was not done.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Problem {
    /// Always "about:blank": the status says which kind it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What is wrong, and what to do.
    detail: String,
    /// The version the edition has now, if it is another than the one that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// The checks that fail, if they are why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
    #[serde(skip)]
    headers: Box<[(HeaderName, &'static str)]>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            version: None,
            findings: Vec::new(),
            headers: Box::default(),
        }
    }

    /// A request that makes no sense.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A request that makes sense and cannot be done.
    pub(super) fn cannot(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// Something that the edition, as it stands, does not allow.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// There is no such thing.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Our own trouble; what it is stands in the log.
    pub(super) fn trouble(error: &dyn std::error::Error) -> Self {
        tracing::error!("a request of the API failed: {}", with_causes(error));
        let detail = "Something is wrong on our side. The log of the program says what it is.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// With the version there is now.
    pub(super) fn at_version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// With the checks that fail.
    pub(super) fn with_failed(mut self, findings: &[Finding]) -> Self {
        let failed = findings.iter().filter(|it| it.severity == Severity::Fail);
        self.findings = failed.cloned().collect();
        self
    }

    /// With a header.
    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers = Box::new([(name, value)]);
        self
    }
}

impl From<crate::database::Error> for Problem {
    fn from(error: crate::database::Error) -> Self {
        Self::trouble(&error)
    }
}

impl From<courant_subscribers::Error> for Problem {
    fn from(error: courant_subscribers::Error) -> Self {
        Self::trouble(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.status);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let mut response = super::super::respond(status, MEDIA_TYPE, body);
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}
