//! The open pixel and the click redirect.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Path, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::queue::Noted;
use super::{Answer, State, respond};
use crate::edition::Edition;
use crate::engagement::{EventKind, Facts};
use crate::links::{Kind, Token};

/// A transparent picture of one pixel (`GIF89a`).
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\
\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// `GET /o/{token}`
pub(super) async fn open(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    asked: Asked,
) -> Answer {
    let (token, edition) = state.verified(&token, |kind| kind == Kind::Open).await?;
    note(&state, token, (&edition, EventKind::Open), asked);
    Ok(respond(StatusCode::OK, "image/gif", PIXEL))
}

/// `GET /c/{token}`: to the link stored with the edition, and nowhere else.
pub(super) async fn click(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    asked: Asked,
) -> Answer {
    let (token, edition) = state
        .verified(&token, |kind| matches!(kind, Kind::Click(_)))
        .await?;
    let Kind::Click(link) = token.kind else {
        return Err(state.not_found());
    };
    let entry = edition.entries.iter().find(|entry| entry.link == link);
    let target = entry.and_then(|entry| HeaderValue::from_str(&entry.article.url).ok());
    let target = target.ok_or_else(|| state.not_found())?;
    note(&state, token, (&edition, EventKind::Click(link)), asked);
    let mut response = respond(StatusCode::FOUND, "text/plain; charset=utf-8", "");
    response.headers_mut().insert(header::LOCATION, target);
    Ok(response)
}

/// What a request shows of its sender, kept only as long as it takes to judge it.
#[derive(Debug)]
pub(super) struct Asked {
    method: String,
    user_agent: String,
    purpose: String,
    address: Option<IpAddr>,
}

impl FromRequestParts<State> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = peer.map(|ConnectInfo(peer)| state.address_of(*peer, &parts.headers));
        Ok(Self::new(&parts.method, &parts.headers, address))
    }
}

impl Asked {
    fn new(method: &Method, headers: &HeaderMap, address: Option<IpAddr>) -> Self {
        let text = |name: &str| {
            headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
        Self {
            method: method.as_str().to_owned(),
            user_agent: text("user-agent").unwrap_or_default(),
            purpose: purposes
                .iter()
                .filter_map(|name| text(name))
                .collect::<Vec<_>>()
                .join(" "),
            address,
        }
    }

    /// Where it comes from, if that is known.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            method: &self.method,
            user_agent: &self.user_agent,
            purpose: &self.purpose,
            // Who clicked when is judged edition by edition, with everybody's clicks in view.
            ..Facts::default()
        }
    }
}

/// Hands an event over to be written; the reader's picture or article does not wait for it.
pub(super) fn note(
    state: &State,
    token: Token,
    (edition, kind): (&Arc<Edition>, EventKind),
    asked: Asked,
) {
    state.0.events.note(Noted {
        edition: Arc::clone(edition),
        token,
        kind,
        asked,
        at: state.0.clock.unix(),
    });
}
