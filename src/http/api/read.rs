//! What a request brings: ids, queries, bodies. What is not understood is refused, with where it stands.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer};

use super::Api;
use super::problem::Problem;
use crate::edition::EditionId;

/// The largest body that is taken.
pub(super) const BODY_BYTES: usize = 128 * 1024;
/// The longest id.
const MOST_ID: usize = 200;

/// The id of an edition, as it stands in a path.
#[derive(Debug, Clone)]
pub(super) struct Id(pub(super) EditionId);

/// Whether a text can be the id of an edition: what a digest may be called, and a date.
pub(super) fn is_id(text: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MOST_ID).contains(&text.len()) && text.bytes().all(is_good)
}

pub(super) fn no_edition() -> Problem {
    Problem::not_found("There is no such edition.")
}

impl FromRequestParts<Api> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, api).await;
        let Path(id) = id.map_err(|_| no_edition())?;
        if !is_id(&id) {
            return Err(no_edition());
        }
        Ok(Self(EditionId::from_text(&id)))
    }
}

/// What stands behind the question mark.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl FromRequestParts<Api> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
        Ok(Self(pairs.collect()))
    }
}

impl Query {
    /// Refuses what is not among these, or comes twice.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let known = known.join(", ");
                return Err(Problem::bad(format!(
                    "query: there is no {name:?} here, only: {known}."
                )));
            }
            if self.0.iter().take(at).any(|(other, _)| other == name) {
                return Err(Problem::bad(format!("query: {name:?} comes twice.")));
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// How many are asked for, as `limit`.
    pub(super) fn limit(&self, (usual, most): (i64, i64)) -> Result<i64, Problem> {
        let Some(text) = self.get("limit") else {
            return Ok(usual);
        };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| Problem::bad(format!("query: limit is a number from 1 to {most}.")))
    }
}

/// A body of JSON.
#[derive(Debug)]
pub(super) struct Input<T>(pub(super) T);

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

impl<T: DeserializeOwned> FromRequest<Api> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, api: &Api) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send JSON, and say so: \"Content-Type: application/json\".";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let body = Bytes::from_request(request, api).await;
        let body = body.map_err(not_read)?;
        read(&body).map(Self)
    }
}

fn not_read(error: BytesRejection) -> Problem {
    let status = error.into_response().status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(status, format!("A body has {BODY_BYTES} bytes at most."));
    }
    Problem::bad("The body did not arrive whole.")
}

/// The value of a body; else what is wrong with it, with line and column.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Values alone, in the order of the fields, would be read as well.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::bad("body: an object is wanted, not a list."));
    }
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("body: {error}.")))
}

/// The largest whole number that every JSON reader keeps (RFC 8259 §6).
pub(super) const MOST_WHOLE: i64 = (1 << 53) - 1;

/// A number from 0 on without a fraction, also one that is written as 3.0.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_i64().or_else(|| of_fraction(number.as_f64()?));
    let whole = whole.filter(|whole| (0..=MOST_WHOLE).contains(whole));
    whole.ok_or_else(|| {
        D::Error::custom(format!(
            "{number} is no whole number from 0 to {MOST_WHOLE}"
        ))
    })
}

/// The same, for a number that may be missing and is small.
pub(super) fn small<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let small = whole(&number).map_err(D::Error::custom)?;
    let small =
        u32::try_from(small).map_err(|_| D::Error::custom(format!("{number} is too large")))?;
    Ok(Some(small))
}

fn of_fraction(number: f64) -> Option<i64> {
    // Written without a point it is read without rounding.
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_991.0)
        .then(|| format!("{number:.0}").parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_letters_digits_and_hyphens() {
        assert!(is_id("daily-2026-11-23") && is_id("Week"));
        for bad in ["", "a/b", "a\0", "ü", "..", &"x".repeat(201)] {
            assert!(!is_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn whole_numbers_may_have_a_point() {
        let whole = |text: &str| {
            let number: serde_json::Value = serde_json::from_str(text).unwrap();
            whole(number).ok()
        };
        for (text, is) in [
            ("0", Some(0)),
            ("3.0", Some(3)),
            ("2e3", Some(2000)),
            ("9007199254740991", Some(MOST_WHOLE)),
            ("9007199254740992", None),
            ("-1", None),
            ("0.5", None),
            ("1e300", None),
            ("\"3\"", None),
            ("null", None),
        ] {
            assert_eq!(whole(text), is, "{text}");
        }
    }

    #[test]
    fn small_numbers_may_have_a_point_or_be_missing() {
        for (text, is) in [
            ("null", Ok(None)),
            ("667.0", Ok(Some(667))),
            ("0", Ok(Some(0))),
            ("4294967295", Ok(Some(u32::MAX))),
            ("4294967296", Err(())),
            ("-1", Err(())),
            ("1.5", Err(())),
            ("\"1\"", Err(())),
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(small(value).map_err(|_| ()), is, "{text}");
        }
    }

    #[test]
    fn a_list_is_no_body() {
        assert!(read::<(u8, u8)>(b" [1, 2]").is_err());
        assert!(read::<serde_json::Value>(b" {}").is_ok());
    }

    #[test]
    fn queries_say_what_they_know() {
        let query = |text: &str| {
            let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
            Query(pairs.collect())
        };
        assert!(query("limit=5&before=x").only(&["limit", "before"]).is_ok());
        for bad in ["limits=5", "limit=5&limit=6", "%00=1"] {
            assert!(query(bad).only(&["limit"]).is_err(), "{bad}");
        }
        assert_eq!(query("").limit((20, 100)).ok(), Some(20));
        assert_eq!(query("limit=100").limit((20, 100)).ok(), Some(100));
        for bad in ["0", "101", "-1", "x", "", "1.0", "99999999999999999999"] {
            assert!(
                query(&format!("limit={bad}")).limit((20, 100)).is_err(),
                "{bad}"
            );
        }
    }
}
