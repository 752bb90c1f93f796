//! Coming in: who asks, whether a form is ours, signing in and out.

use std::net::IpAddr;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequestParts, RawQuery, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use courant_templates::desk::parts::Tone;
use courant_templates::desk::{HeadView, MessageView, SignInView};
use std::net::SocketAddr;

use super::pairs::Pairs;
use super::{Answer, Desk, Door, Room, html, see_other};
use crate::clock;
use crate::desk::{self, Act, Note, Role, password, store};
use crate::edition::Edition;
use crate::secret::Secret;

/// Wrong passwords an hour from one network.
const MOST_WRONG: u32 = 20;

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
    fn stranger() -> Self {
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
            set_cookie(desk, &mut response, token);
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
        let token = cookie(desk, &parts.headers);
        let session = match &token {
            Some(token) => desk::resume(desk.database(), token, desk.clock().unix()).await,
            None => Ok(None),
        };
        let session = session.map_err(|error| desk.trouble(&Self::stranger(), &error))?;
        let Some(session) = session else {
            if token.is_some() {
                desk.note(Note {
                    who: "nobody",
                    act: "session",
                    about: parts.uri.path(),
                    done: false,
                    detail: "a session that is over, or none of ours",
                })
                .await;
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

/// Browsers take a cookie of this name only from us, and over TLS only.
fn cookie_name(desk: &Desk) -> &'static str {
    if is_secure(desk) {
        "__Host-courant"
    } else {
        "courant"
    }
}

fn is_secure(desk: &Desk) -> bool {
    desk.links().base().starts_with("https://")
}

fn cookie(desk: &Desk, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(desk);
    let all = headers.get_all(header::COOKIE).iter();
    let all = all.filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

fn set_cookie(desk: &Desk, response: &mut Response<Body>, token: &str) {
    let secure = if is_secure(desk) { "; Secure" } else { "" };
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}",
        cookie_name(desk)
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// What a form asks of an edition, from somebody who may ask for that, and the edition.
pub(super) async fn asked(
    desk: &Desk,
    visitor: &Visitor,
    act: Act,
    (headers, body, id): (&HeaderMap, &Bytes, &str),
) -> Result<(Pairs, Edition), Response<Body>> {
    let form = form(desk, visitor, (headers, body, id)).await?;
    desk.may(visitor, act, id).await?;
    Ok((form, desk.edition(visitor, id).await?))
}

/// What a form of ours brought; one that another site made up is refused, and written down.
pub(super) async fn form(
    desk: &Desk,
    visitor: &Visitor,
    (headers, body, about): (&HeaderMap, &Bytes, &str),
) -> Result<Pairs, Response<Body>> {
    let form = Pairs::read(body);
    let token = form.get("token").unwrap_or_default().as_bytes();
    let is_ours =
        aws_lc_rs::constant_time::verify_slices_are_equal(token, visitor.form_token.as_bytes())
            .is_ok();
    let from = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    let is_near = from.is_none_or(|from| matches!(from, "same-origin" | "none"));
    if is_ours && is_near && !visitor.form_token.is_empty() {
        return Ok(form);
    }
    desk.note(Note {
        who: &visitor.name,
        act: "form",
        about,
        done: false,
        detail: "not a form of ours",
    })
    .await;
    Err(desk.problem(
        visitor,
        (StatusCode::FORBIDDEN, "That form is none of ours"),
        "Nothing was changed. It came from another site, or the page was open for very long: open it again.",
    ))
}

/// Where to go after signing in: a page of the desk and nowhere else.
fn next(desk: &Desk, wanted: Option<&str>) -> String {
    let home = desk.url("/editions");
    match wanted {
        Some(path) if path.starts_with(&desk.url("/")) && !path.contains(['\\', '\r', '\n']) => {
            path.to_owned()
        }
        _ => home,
    }
}

fn sign_in_page(
    desk: &Desk,
    (name, next): (&str, &str),
    (status, problem): (StatusCode, Option<&str>),
) -> Response<Body> {
    let head = HeadView {
        title: "Sign in",
        message: problem.map(|text| MessageView {
            tone: Tone::Bad,
            text,
        }),
        ..HeadView::default()
    };
    let view = SignInView {
        action: &desk.url("/sign-in"),
        hidden: vec![("next", next)],
        name,
    };
    let theme = &desk.config().theme;
    let page = desk.framed(&Visitor::stranger(), Room::Editions, |frame| {
        courant_templates::desk::sign_in(frame, &head, &view, theme)
    });
    html(status, page)
}

/// `GET /desk/sign-in`
pub(super) async fn page(Shared(desk): Shared<Desk>, RawQuery(query): RawQuery) -> Answer {
    let form = Pairs::of_query(query.as_deref());
    let next = next(&desk, form.get("next"));
    if matches!(desk.0.door, Door::Open(_)) {
        return Ok(see_other(&next));
    }
    Ok(sign_in_page(&desk, ("", &next), (StatusCode::OK, None)))
}

/// `POST /desk/sign-in`: takes as long for a name there is as for one there is not.
pub(super) async fn sign_in(
    Shared(desk): Shared<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let form = Pairs::read(&body);
    let next = next(&desk, form.get("next"));
    let Door::Guarded { limits, hashing } = &desk.0.door else {
        return Ok(see_other(&next));
    };
    let given = form.get("name").unwrap_or_default().to_owned();
    let from = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    if from.is_some_and(|from| !matches!(from, "same-origin" | "none")) {
        let problem = (
            StatusCode::FORBIDDEN,
            Some("That form came from another site."),
        );
        return Err(sign_in_page(&desk, (&given, &next), problem));
    }
    let address = desk.0.state.address_of(peer, &headers);
    if !limits.allow(address, MOST_WRONG, clock::stop_watch()) {
        desk.note(Note {
            who: "nobody",
            act: "sign-in",
            about: "",
            done: false,
            detail: "too many attempts from one network",
        })
        .await;
        let problem =
            "Too many attempts from your network. Nothing was checked; try again in an hour.";
        let problem = (StatusCode::TOO_MANY_REQUESTS, Some(problem));
        return Err(sign_in_page(&desk, (&given, &next), problem));
    }
    let stranger = Visitor::stranger();
    let found = async {
        let mut reader = desk.database().reader().await?;
        let Some(name) = desk::name(&given) else {
            return Ok(None);
        };
        store::person(&mut reader, &name).await
    };
    let found = found
        .await
        .map_err(|error: crate::database::Error| desk.trouble(&stranger, &error))?;
    let secret = Secret::new(form.get("password").unwrap_or_default());
    let stored = found.as_ref().map(|(_, stored)| stored.clone());
    let _one_of_few = hashing.acquire().await;
    let check = move || password::is_right(&secret, stored.as_deref());
    let is_right = tokio::task::spawn_blocking(check).await.unwrap_or(false);
    let Some((person, _)) = found.filter(|_| is_right) else {
        desk.note(Note {
            // What was typed may be a password in the wrong field.
            who: "nobody",
            act: "sign-in",
            about: "",
            done: false,
            detail: "wrong name or password",
        })
        .await;
        let problem = "Name or password is wrong.";
        let problem = (StatusCode::UNPROCESSABLE_ENTITY, Some(problem));
        return Err(sign_in_page(&desk, (&given, &next), problem));
    };
    // Whoever is signed in already gets a new session; the old one ends.
    if let Some(old) = cookie(&desk, &headers) {
        let ended = desk::end(desk.database(), &old).await;
        ended.map_err(|error| desk.trouble(&stranger, &error))?;
    }
    let begun = desk::begin(desk.database(), &person, desk.clock().unix()).await;
    let token = begun.map_err(|error| desk.trouble(&stranger, &error))?;
    desk.note(Note {
        who: &person.name,
        act: "sign-in",
        about: "",
        done: true,
        detail: "",
    })
    .await;
    let mut response = see_other(&next);
    set_cookie(&desk, &mut response, &token);
    Ok(response)
}

/// `POST /desk/sign-out`
pub(super) async fn sign_out(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    form(&desk, &visitor, (&headers, &body, "sign-out")).await?;
    if let Some(token) = &visitor.cookie {
        let ended = desk::end(desk.database(), token).await;
        ended.map_err(|error| desk.trouble(&visitor, &error))?;
    }
    let mut response = see_other(&desk.url("/sign-in"));
    set_cookie(&desk, &mut response, "");
    Ok(response)
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
