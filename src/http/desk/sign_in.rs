//! Signing in and out.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, RawQuery, State as Shared};
use axum::http::{HeaderMap, Response, StatusCode};
use courant_templates::desk::parts::Tone;
use courant_templates::desk::{HeadView, MessageView, SignInView};

use super::enter::{Cookie, Posted, Visitor, cookie, is_near, is_token, set_cookie};
use super::pairs::Pairs;
use super::{Answer, Desk, Door, Room, html, see_other};
use crate::clock;
use crate::desk::{self, Note, password, store};
use crate::secret::Secret;

/// Wrong passwords an hour from one network.
const MOST_WRONG: u32 = 20;
/// Wrong passwords an hour for one name, from everywhere.
const MOST_WRONG_OF_NAME: u32 = 100;

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

/// The page with the form; what it has to bring along is in a cookie as well, so that no other site can sign somebody
/// in under a name of its own.
fn sign_in_page(
    desk: &Desk,
    (name, next, door): (&str, &str, &str),
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
        hidden: vec![("next", next), ("token", door)],
        name,
    };
    let theme = &desk.config().theme;
    let page = desk.framed(&Visitor::stranger(), Room::Editions, |frame| {
        courant_templates::desk::sign_in(frame, &head, &view, theme)
    });
    let mut response = html(status, page);
    set_cookie(desk, &mut response, (Cookie::Door, door));
    response
}

/// What the cookie of the door holds, a new number if nothing of ours.
fn door(desk: &Desk, headers: &HeaderMap) -> Result<String, crate::database::Error> {
    let known = cookie(desk, headers, Cookie::Door);
    let is_ours = |text: &String| text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
    match known.filter(is_ours) {
        Some(known) => Ok(known),
        None => desk::random(),
    }
}

/// `GET /desk/sign-in`
pub(super) async fn page(
    Shared(desk): Shared<Desk>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let form = Pairs::of_query(query.as_deref());
    let next = next(&desk, form.get("next"));
    if matches!(desk.0.door, Door::Open(_)) {
        return Ok(see_other(&next));
    }
    let stranger = Visitor::stranger();
    let door = door(&desk, &headers).map_err(|error| desk.trouble(&stranger, &error))?;
    Ok(sign_in_page(
        &desk,
        ("", &next, &door),
        (StatusCode::OK, None),
    ))
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
    let Door::Guarded {
        limits, hashing, ..
    } = &desk.0.door
    else {
        return Ok(see_other(&next));
    };
    let given = form.get("name").unwrap_or_default().to_owned();
    let stranger = Visitor::stranger();
    let door = door(&desk, &headers).map_err(|error| desk.trouble(&stranger, &error))?;
    let again = |status, problem| {
        let page = (given.as_str(), next.as_str(), door.as_str());
        sign_in_page(&desk, page, (status, Some(problem)))
    };
    let shown = cookie(&desk, &headers, Cookie::Door).unwrap_or_default();
    if !is_near(&desk, &headers) || !is_token(&form, &shown) {
        let problem = "That form came from another site, or your browser keeps no cookies. Nothing was checked; \
                       try it from here.";
        return Err(again(StatusCode::FORBIDDEN, problem));
    }
    let address = desk.0.state.address_of(peer, &headers);
    let name = desk::name(&given);
    let account = name.as_deref().unwrap_or_default().to_owned();
    let now = clock::stop_watch();
    let is_within = limits.allow(address, MOST_WRONG, now);
    if !(limits.allow_name(&account, MOST_WRONG_OF_NAME, now) && is_within) {
        let detail = "too many attempts from one network, or of one name";
        desk.note_nobody(address, ("sign-in", "", detail)).await;
        let problem = "Too many attempts from your network, or of that name. Nothing was checked; try again in an \
                       hour.";
        return Err(again(StatusCode::TOO_MANY_REQUESTS, problem));
    }
    let found = async {
        let mut reader = desk.database().reader().await?;
        match &name {
            Some(name) => store::person(&mut reader, name).await,
            None => Ok(None),
        }
    };
    let found = found
        .await
        .map_err(|error: crate::database::Error| desk.trouble(&stranger, &error))?;
    let secret = Secret::new(form.get("password").unwrap_or_default());
    let stored = found.as_ref().map(|(_, stored)| stored.clone());
    let _one_of_few = hashing.acquire().await;
    let check = move || password::is_right(&secret, stored.as_deref());
    let is_right = tokio::task::spawn_blocking(check).await.unwrap_or(false);
    let known = found.as_ref().map(|(person, _)| person.name.clone());
    let Some((person, _)) = found.filter(|_| is_right) else {
        // What was typed as a name may be a password in the wrong field.
        let detail = match &known {
            Some(name) => format!("wrong password of {name}"),
            None => "no account of that name".to_owned(),
        };
        desk.note_nobody(address, ("sign-in", "", &detail)).await;
        let problem = "Name or password is wrong.";
        return Err(again(StatusCode::UNPROCESSABLE_ENTITY, problem));
    };
    limits.forgive(address, &account);
    // Whoever is signed in already gets a new session; the old one ends.
    if let Some(old) = cookie(&desk, &headers, Cookie::Session) {
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
    set_cookie(&desk, &mut response, (Cookie::Session, &token));
    set_cookie(&desk, &mut response, (Cookie::Door, ""));
    Ok(response)
}

/// `POST /desk/sign-out`
pub(super) async fn sign_out(Shared(desk): Shared<Desk>, posted: Posted) -> Answer {
    let visitor = posted.visitor;
    if let Some(token) = &visitor.cookie {
        let ended = desk::end(desk.database(), token).await;
        ended.map_err(|error| desk.trouble(&visitor, &error))?;
    }
    let mut response = see_other(&desk.url("/sign-in"));
    set_cookie(&desk, &mut response, (Cookie::Session, ""));
    Ok(response)
}
