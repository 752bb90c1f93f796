//! Who asks: the token in `Authorization`, and nothing else (RFC 6750). No cookie is read, so that no page of another
//! site can ask in somebody's name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::Api;
use super::problem::Problem;
use crate::clock;
use crate::desk::tokens::{self, Bearer};
use crate::desk::{Act, Note, Role};

/// Wrong tokens an hour from one network.
const MOST_WRONG: u32 = 20;

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(super) struct Caller(pub(super) Bearer);

impl Caller {
    /// What they are called.
    pub(super) fn name(&self) -> &str {
        &self.0.person.name
    }

    pub(super) fn role(&self) -> Role {
        self.0.person.role
    }
}

fn unknown(detail: &str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail).with(header::WWW_AUTHENTICATE, challenge)
}

/// The token of a request; nothing if none is shown.
fn shown(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else {
        return Ok(None);
    };
    let bearer = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    bearer.map(Some).ok_or_else(|| {
        let detail = "Only tokens are taken here: send \"Authorization: Bearer TOKEN\".";
        unknown(detail, "Bearer realm=\"courant\"")
    })
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Some(token) = shown(&parts.headers)? else {
            let detail =
                "Send a token: \"Authorization: Bearer TOKEN\". `courant desk token` makes one.";
            return Err(unknown(detail, "Bearer realm=\"courant\""));
        };
        let desk = &api.0.desk;
        let found = tokens::bearer(desk.database(), token, desk.clock().unix()).await?;
        if let Some(found) = found {
            return Ok(Self(found));
        }
        // Only wrong ones are counted: a guess at 32 random bytes is hopeless, what is limited is the noise.
        let address = api.0.state.address_of_parts(parts);
        if !api.0.wrong.allow(address, MOST_WRONG, clock::stop_watch()) {
            let detail = "Too many wrong tokens from your network. Try again in an hour.";
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail);
            return Err(problem.with(header::RETRY_AFTER, "3600"));
        }
        desk.note(Note {
            who: "nobody",
            act: "token",
            about: parts.uri.path(),
            done: false,
            detail: "a token that is over, or none of ours",
        })
        .await;
        let detail = "This token is none of ours, has ended, or was taken away.";
        Err(unknown(
            detail,
            "Bearer realm=\"courant\", error=\"invalid_token\"",
        ))
    }
}

impl Api {
    /// Whether somebody may do something; if not, that they tried is written down.
    pub(super) async fn may(&self, caller: &Caller, act: Act, about: &str) -> Result<(), Problem> {
        if caller.role().may(act) {
            return Ok(());
        }
        let role = caller.role().name();
        let label = &caller.0.token.label;
        let detail = format!("{role} accounts may not (token \"{label}\")");
        self.note(caller, (act, about), (false, &detail)).await;
        let detail = format!(
            "This token's account has the role {role}, which may not {}. Nothing was changed; the attempt is in the record.",
            act.name()
        );
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }

    /// Writes into the record.
    pub(super) async fn note(
        &self,
        caller: &Caller,
        (act, about): (Act, &str),
        (done, detail): (bool, &str),
    ) {
        let note = Note {
            who: caller.name(),
            act: act.name(),
            about,
            done,
            detail,
        };
        self.0.desk.note(note).await;
    }

    /// Writes into the record that something was done, and by which token.
    pub(super) async fn done(&self, caller: &Caller, act: Act, (about, detail): (&str, &str)) {
        let label = &caller.0.token.label;
        let detail = match detail {
            "" => format!("by token \"{label}\""),
            detail => format!("{detail}, by token \"{label}\""),
        };
        self.note(caller, (act, about), (true, &detail)).await;
    }
}
