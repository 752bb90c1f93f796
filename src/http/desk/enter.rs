//! Who asks, and whether a form is ours.

use std::net::IpAddr;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;

use super::pairs::Pairs;
use super::{Desk, Door, see_other};
use crate::clock;
use crate::desk::{self, Act, Note, Role};
use crate::edition::Edition;

/// Lines of the record an hour that one network can cause without being anybody: more would hide the others.
const MOST_NOTED: u32 = 10;

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// What they are called.
    pub(super) name: String,
    /// What they may do.
    pub(super) role: Role,
    /// What their forms have to bring along.
    pub(super) form_token: String,
    /// Whether they are in, and not before the door.
    pub(super) is_in: bool,
    /// What their cookie holds, if they have one.
    pub(super) cookie: Option<String>,
    /// What it is to hold from now on.
    renewed: Option<String>,
}

impl Visitor {
    /// Somebody before the door.
    pub(super) fn stranger() -> Self {
        Self {
            name: "nobody".to_owned(),
            role: Role::Marketing,
            form_token: String::new(),
            is_in: false,
            cookie: None,
            renewed: None,
        }
    }

    /// An answer with what their cookie is to hold from now on.
    pub(super) fn renewing(&self, desk: &Desk, mut response: Response<Body>) -> Response<Body> {
        if let Some(token) = &self.renewed {
            set_cookie(desk, &mut response, (Cookie::Session, token));
        }
        response
    }
}

impl FromRequestParts<Desk> for Visitor {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response<Body>> {
        if let Door::Open(form_token) = &desk.0.door {
            // Another name for this machine may be a page of another site (DNS rebinding).
            if !is_this_machine(&parts.headers) {
                return Err(desk.problem(
                    &Self::stranger(),
                    (StatusCode::FORBIDDEN, "This preview is for this machine"),
                    "Open it by its number, such as http://127.0.0.1.",
                ));
            }
            return Ok(Self {
                name: "this machine".to_owned(),
                role: Role::Admin,
                form_token: form_token.clone(),
                is_in: true,
                cookie: None,
                renewed: None,
            });
        }
        let token = cookie(desk, &parts.headers, Cookie::Session);
        let session = match &token {
            Some(token) => desk::resume(desk.database(), token, desk.clock().unix()).await,
            None => Ok(None),
        };
        let session = session.map_err(|error| desk.trouble(&Self::stranger(), &error))?;
        let Some(session) = session else {
            if token.is_some() {
                let address = desk.0.state.address_of_parts(parts);
                let detail = "a session that is over, or none of ours";
                let said = ("session", parts.uri.path(), detail);
                desk.note_nobody(address, said).await;
            }
            if parts.method != Method::GET {
                return Err(desk.problem(
                    &Self::stranger(),
                    (StatusCode::FORBIDDEN, "You are not signed in"),
                    "Nothing was changed. Sign in and try again.",
                ));
            }
            let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
            let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            return Err(see_other(&desk.url(&format!("/sign-in?next={next}"))));
        };
        Ok(Self {
            name: session.person.name,
            role: session.person.role,
            form_token: session.form_token,
            is_in: true,
            cookie: token,
            renewed: session.renewed,
        })
    }
}

fn is_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let address = name.parse::<IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

/// A cookie of ours.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cookie {
    /// Who is in.
    Session,
    /// What the form of whoever is not has to bring along.
    Door,
}

impl Cookie {
    /// Browsers take a cookie of this name only from us, and over TLS only.
    fn name(self, desk: &Desk) -> &'static str {
        match (self, is_secure(desk)) {
            (Self::Session, true) => "__Host-courant",
            (Self::Session, false) => "courant",
            (Self::Door, true) => "__Host-courant-door",
            (Self::Door, false) => "courant-door",
        }
    }
}

impl Desk {
    /// Writes down what was refused to somebody who is nobody; what one network can fill the record with is limited.
    pub(super) async fn note_nobody(
        &self,
        address: IpAddr,
        (act, about, detail): (&str, &str, &str),
    ) {
        let Door::Guarded { noted, .. } = &self.0.door else {
            return;
        };
        let now = clock::stop_watch();
        let detail = format!("{detail}; from {address}");
        let last = format!("{detail}; the last of this network for an hour that is written down");
        let detail = if noted.allow(address, MOST_NOTED - 1, now) {
            &detail
        } else if noted.allow_name(&format!("last of {address}"), 1, now) {
            &last
        } else {
            return;
        };
        self.note(Note {
            who: "nobody",
            act,
            about,
            done: false,
            detail,
        })
        .await;
    }
}

/// Whether a browser says that a request is from a page of ours. `Sec-Fetch-Site` does (Fetch Metadata); where it is
/// missing, `Origin` (RFC 6454 section 7.3), which every browser sends with a form of another site. What sends
/// neither is no browser, and has the token of the form or not.
pub(super) fn is_near(desk: &Desk, headers: &HeaderMap) -> bool {
    let text =
        |value: Option<&HeaderValue>| value.and_then(|it| it.to_str().ok().map(str::to_owned));
    if let Some(from) = text(headers.get("sec-fetch-site")) {
        return matches!(from.as_str(), "same-origin" | "none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Some(origin) = text(Some(origin)).and_then(|origin| url::Url::parse(&origin).ok()) else {
        return false;
    };
    let is_base = || {
        let base = url::Url::parse(desk.links().base());
        base.is_ok_and(|base| base.origin() == origin.origin())
    };
    let is_host = || {
        let host = text(headers.get(header::HOST));
        let asked =
            host.and_then(|host| url::Url::parse(&format!("{}://{host}", origin.scheme())).ok());
        asked.is_some_and(|asked| asked.origin() == origin.origin())
    };
    origin.has_host() && (is_base() || is_host())
}

/// Whether a form brought what it has to bring.
pub(super) fn is_token(form: &Pairs, wanted: &str) -> bool {
    let token = form.get("token").unwrap_or_default().as_bytes();
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(token, wanted.as_bytes());
    same.is_ok() && !wanted.is_empty()
}

fn is_secure(desk: &Desk) -> bool {
    desk.links().base().starts_with("https://")
}

pub(super) fn cookie(desk: &Desk, headers: &HeaderMap, which: Cookie) -> Option<String> {
    let name = which.name(desk);
    let all = headers.get_all(header::COOKIE).iter();
    let all = all.filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

pub(super) fn set_cookie(
    desk: &Desk,
    response: &mut Response<Body>,
    (which, token): (Cookie, &str),
) {
    let secure = if is_secure(desk) { "; Secure" } else { "" };
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}",
        which.name(desk)
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// A form of ours from somebody who is in; one that another site made up is refused, and written down.
#[derive(Debug)]
pub(super) struct Posted {
    /// Who sent it.
    pub(super) visitor: Visitor,
    /// What it is about: the edition's id, else the page's name.
    pub(super) about: String,
    /// What it brought.
    pub(super) form: Pairs,
}

impl FromRequest<Desk> for Posted {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, Response<Body>> {
        let (mut parts, body) = request.into_parts();
        let visitor = match Visitor::from_request_parts(&mut parts, desk).await {
            Ok(visitor) => visitor,
            Err(refused) => {
                let request = Request::from_parts(parts, body);
                return Err(kept_for_them(desk, refused, request).await);
            }
        };
        let about = match Path::<String>::from_request_parts(&mut parts, desk).await {
            Ok(Path(id)) => id,
            Err(_) => {
                let page = parts.uri.path().rsplit('/').next();
                page.unwrap_or_default().to_owned()
            }
        };
        let headers = parts.headers.clone();
        let address = desk.0.state.address_of_parts(&parts);
        let body = Bytes::from_request(Request::from_parts(parts, body), desk).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let form = form(desk, (&visitor, address), (&headers, &body, &about)).await?;
        Ok(Self {
            visitor,
            about,
            form,
        })
    }
}

/// The page that says that somebody is not signed in any more, with what they had written: nobody else keeps it.
async fn kept_for_them(desk: &Desk, refused: Response<Body>, request: Request) -> Response<Body> {
    // Whoever was refused for another reason is told that one.
    if refused.status() != StatusCode::FORBIDDEN || matches!(desk.0.door, Door::Open(_)) {
        return refused;
    }
    let Ok(body) = Bytes::from_request(request, desk).await else {
        return refused;
    };
    let written = Pairs::read(&body).texts();
    if written.is_empty() || !Pairs::is_text(&body) {
        return refused;
    }
    let text = "Nothing was changed. What you wrote stands below: sign in in another tab, and put it in again.";
    let visitor = Visitor::stranger();
    desk.problem_with(
        &visitor,
        (refused.status(), "You are not signed in"),
        (text, &written),
    )
}

impl Posted {
    /// The edition it is about, if who sent it may do that.
    pub(super) async fn edition(&self, desk: &Desk, act: Act) -> Result<Edition, Response<Body>> {
        desk.may(&self.visitor, act, &self.about).await?;
        desk.edition(&self.visitor, &self.about).await
    }
}

async fn form(
    desk: &Desk,
    (visitor, address): (&Visitor, IpAddr),
    (headers, body, about): (&HeaderMap, &Bytes, &str),
) -> Result<Pairs, Response<Body>> {
    let form = Pairs::read(body);
    let (is_ours, is_near) = (is_token(&form, &visitor.form_token), is_near(desk, headers));
    if is_ours && is_near {
        if Pairs::is_text(body) {
            return Ok(form);
        }
        return Err(desk.problem(
            visitor,
            (StatusCode::BAD_REQUEST, "That cannot be read"),
            "Nothing was changed. What the form brought is no text in UTF-8.",
        ));
    }
    let why = if is_near {
        "without the number of a form of ours"
    } else {
        "from a page of another site"
    };
    let detail = format!("{why}; from {address}");
    desk.note(Note {
        who: &visitor.name,
        act: "form",
        about,
        done: false,
        detail: &detail,
    })
    .await;
    Err(desk.problem(
        visitor,
        (StatusCode::FORBIDDEN, "That form is none of ours"),
        "Nothing was changed. It came from another site, or the page was open for very long: open it again.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_of_this_machine_is_another_site() {
        for (host, is_here) in [
            ("127.0.0.1:8025", true),
            ("localhost:1", true),
            ("[::1]:8025", true),
            ("127.0.0.1.evil.example", false),
            ("evil.example:8025", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            assert_eq!(is_this_machine(&headers), is_here, "{host}");
        }
        assert!(!is_this_machine(&HeaderMap::new()));
    }
}
