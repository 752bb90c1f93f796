//! The pages of signing up. Opening them changes nothing; only forms and buttons do.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{HeaderValue, Response, StatusCode, header};
use courant_languages::Locale;
use courant_subscribers::{Digests, EmailAddress, Preferences, Status, Subscriber, Topics};
use courant_templates::view::{
    ChoiceView, Chosen, ConfirmView, LinkView, MessageView, SubscribeView,
};
use courant_templates::web;

use super::track::Asked;
use super::{Answer, State, html, respond};
use crate::clock;
use crate::links::{Kind, Token};
use crate::signup::{self, CONFIRM_SECONDS, Confirmed, Wish};

/// Faster than this nobody fills in a form.
const QUICKEST_SECONDS: i64 = 2;
/// A form that is older was forgotten in a tab.
const SLOWEST_SECONDS: i64 = 24 * 3600;

/// How long the answer to a form takes, whoever the address belongs to.
const SAME_TIME: Duration = Duration::from_millis(100);

/// What the form brought.
#[derive(Debug, Default, PartialEq, Eq)]
struct Form {
    email: String,
    name: String,
    digests: Vec<String>,
    topics: Vec<String>,
    everything: bool,
    ticket: Option<String>,
    trap: bool,
}

impl Form {
    fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            let value = value.into_owned();
            match &*name {
                "email" => form.email = value.trim().to_owned(),
                "name" => form.name = value.trim().to_owned(),
                "digest" => form.digests.push(value),
                "topic" => form.topics.push(value),
                "everything" => form.everything = true,
                "ticket" => form.ticket = Some(value),
                "website" => form.trap |= !value.is_empty(),
                _ => {}
            }
        }
        form
    }
}

impl State {
    /// The form, with what was given the last time and what is wrong with it.
    fn sign_up_page(
        &self,
        form: &Form,
        (status, problem): (StatusCode, Option<&str>),
    ) -> Response<Body> {
        let config = &self.0.config;
        let locale = Locale::of(self.tag());
        let whens = self.rhythms(&locale);
        let is_new = form.ticket.is_none() && form.digests.is_empty();
        let digests = config.digest.iter().zip(&whens).map(|(digest, when)| {
            let is_chosen = is_new || form.digests.contains(&digest.name);
            ChoiceView {
                value: &digest.name,
                name: &digest.title,
                when,
                chosen: if is_chosen { Chosen::Yes } else { Chosen::No },
            }
        });
        let ticket = Token::dated(0, Kind::Form, self.0.clock.unix());
        let words = self.words();
        let archive = format!("{}/archive", self.0.links.base());
        let latest = config
            .digest
            .iter()
            .any(|digest| digest.archive)
            .then_some(LinkView {
                name: &words.latest_edition,
                url: &archive,
            });
        let privacy = config
            .publication
            .privacy_url
            .as_deref()
            .map(|url| LinkView {
                name: &words.privacy,
                url,
            });
        let view = SubscribeView {
            action: &format!("{}/subscribe", self.0.links.base()),
            ticket: &self.0.links.sign(ticket),
            email: &form.email,
            name: &form.name,
            digests: digests.collect(),
            topics: self.topics(&self.topics_of(form)),
            problem,
            links: latest.into_iter().chain(privacy).collect(),
        };
        html(status, web::subscribe(&self.page(), &view, &config.theme))
    }

    /// The topics of a form that are ours; all where nothing else was said.
    fn topics_of(&self, form: &Form) -> Topics {
        self.chosen_topics(form.everything, form.topics.iter().map(String::as_str))
    }

    /// How long ago a form of ours was handed out; nothing if it is none.
    fn age_of_form(&self, form: &Form) -> Option<i64> {
        let token = self.0.links.verify(form.ticket.as_deref()?)?;
        (token.kind == Kind::Form).then(|| self.0.clock.unix() - token.made_at())
    }

    /// What stood on the form: the evidence of what somebody agreed to.
    fn wording(&self) -> String {
        let words = self.words();
        let title = words
            .sign_up_title
            .replacen("{brand}", &self.0.config.publication.name, 1);
        format!("\"{title}\", \"{}\"", words.sign_up_small)
    }

    /// The whole list's name, for pages that belong to no edition.
    pub(super) fn list_name(&self) -> String {
        let config = &self.0.config;
        let title = match config.digest.as_slice() {
            [only] => only.title.as_str(),
            _ => "",
        };
        courant_templates::full_name(&config.publication.name, title).into_owned()
    }
}

/// `GET /subscribe`, with `?email=` from a form on another page.
pub(super) async fn page(Shared(state): Shared<State>, RawQuery(query): RawQuery) -> Answer {
    let given = Form::read(query.unwrap_or_default().as_bytes());
    let form = Form {
        email: given.email,
        ..Form::default()
    };
    if !state.0.config.signup.open {
        return Err(state.not_found());
    }
    Ok(state.sign_up_page(&form, (StatusCode::OK, None)))
}

/// `POST /subscribe`: the same answer whoever the address belongs to.
pub(super) async fn ask(Shared(state): Shared<State>, asked: Asked, body: Bytes) -> Answer {
    if !state.0.config.signup.open {
        return Err(state.not_found());
    }
    let words = state.words();
    let form = Form::read(&body);
    let Some(age) = state.age_of_form(&form) else {
        // A form on another page hands over the address; the person goes on with ours.
        return Ok(state.sign_up_page(&form, (StatusCode::OK, None)));
    };
    let wrong = (
        StatusCode::UNPROCESSABLE_ENTITY,
        Some(words.address_wrong.as_str()),
    );
    let Ok(address) = EmailAddress::parse(&form.email) else {
        return Ok(state.sign_up_page(&form, wrong));
    };
    let ours = state.0.config.digest.iter().map(|digest| &digest.name);
    let ours: Vec<_> = ours.collect();
    let chosen: Vec<_> = ours
        .iter()
        .filter(|name| form.digests.contains(name))
        .collect();
    if ours.len() > 1 && chosen.is_empty() {
        let problem = (
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(words.choose_one.as_str()),
        );
        return Ok(state.sign_up_page(&form, problem));
    }
    if !(QUICKEST_SECONDS..=SLOWEST_SECONDS).contains(&age) {
        let problem = (
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(words.too_quick.as_str()),
        );
        return Ok(state.sign_up_page(&form, problem));
    }
    if let Some(address) = asked.address() {
        let most = state.0.config.signup.per_network;
        if !state.0.limits.allow(address, most, clock::stop_watch()) {
            let page = state.problem(
                StatusCode::TOO_MANY_REQUESTS,
                &words.busy_title,
                &words.busy_text,
            );
            return Err(page);
        }
    }
    // Programs are told what people are told.
    if !form.trap {
        let wish = Wish {
            address,
            name: Some(form.name.clone()).filter(|name| !name.is_empty()),
            preferences: Preferences {
                digests: if chosen.len() == ours.len() || ours.len() == 1 {
                    Digests::All
                } else {
                    Digests::Only(chosen.into_iter().map(|name| (*name).clone()).collect())
                },
                topics: state.topics_of(&form),
                ..Preferences::default()
            },
            wording: state.wording(),
        };
        // An address that is new costs more than one that is known: the answer comes no sooner for either.
        let answer_at = tokio::time::Instant::now() + SAME_TIME;
        let asked = signup::ask(&state.0.database, wish, state.0.clock.unix()).await;
        asked.map_err(|error| state.trouble(&error))?;
        state.0.news.notify_one();
        tokio::time::sleep_until(answer_at).await;
    }
    let mut response = respond(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    let next = format!("{}/subscribe/sent", state.0.links.base());
    if let Ok(next) = HeaderValue::from_str(&next) {
        response.headers_mut().insert(header::LOCATION, next);
    }
    Ok(response)
}

/// `GET /subscribe/sent`
pub(super) async fn sent(Shared(state): Shared<State>) -> Answer {
    let words = state.words();
    let view = MessageView {
        title: &words.inbox_title,
        text: &words.inbox_text,
        list: "",
        address: "",
        links: Vec::new(),
        small: Some(&words.inbox_small),
    };
    Ok(state.message(StatusCode::OK, &view))
}

/// The person and the token of a confirmation link, in their language; else the page that says what is wrong with it.
async fn confirmation(
    state: &State,
    text: &str,
) -> Result<(State, Token, Subscriber), Response<Body>> {
    let token = state.0.links.verify(text);
    let token = token.filter(|token| token.kind == Kind::Confirm);
    let token = token.ok_or_else(|| state.not_found())?;
    if state.0.clock.unix() - token.made_at() > CONFIRM_SECONDS {
        return Err(expired(state));
    }
    let (state, person, _) = state.person(token).await?;
    Ok((state, token, person))
}

fn expired(state: &State) -> Response<Body> {
    let words = state.words();
    let url = format!("{}/subscribe", state.0.links.base());
    let view = MessageView {
        title: &words.expired_title,
        text: &words.expired_text,
        list: "",
        address: "",
        links: vec![LinkView {
            name: &words.sign_up,
            url: &url,
        }],
        small: None,
    };
    state.message(StatusCode::GONE, &view)
}

/// `GET /y/{token}`: the button. Scanners open links, so nothing changes.
pub(super) async fn confirm_page(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
) -> Answer {
    let (state, token, person) = confirmation(&state, &token).await?;
    let words = state.words();
    let view = ConfirmView {
        title: &words.confirm_page_title,
        text: &words.confirm_page_text,
        button: &words.confirm,
        small: Some(&words.confirm_page_small),
        list: &state.list_name(),
        address: person.address.as_str(),
        action: &state.0.links.url(token),
    };
    Ok(html(
        StatusCode::OK,
        web::confirm(&state.page(), &view, &state.0.config.theme),
    ))
}

/// `POST /y/{token}`
pub(super) async fn confirm(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    body: Bytes,
) -> Answer {
    let (state, token, person) = confirmation(&state, &token).await?;
    if !pressed(&body) {
        return Err(state.no_button());
    }
    let (welcome, now) = (state.0.config.signup.welcome, state.0.clock.unix());
    let whose = (person.id, token.made_at());
    let confirmed = signup::confirm(&state.0.database, whose, welcome, now).await;
    let person = match confirmed.map_err(|error| state.trouble(&error))? {
        Confirmed::Reader(person) => person,
        Confirmed::TooLate => return Err(expired(&state)),
        Confirmed::Nobody => return Err(state.gone()),
    };
    state.0.news.notify_one();
    let words = state.words();
    let archive = format!("{}/archive", state.0.links.base());
    let preferences = state.0.links.url(Token {
        subscriber: person.id.as_i64(),
        edition: 0,
        kind: Kind::Preferences,
    });
    let has_archive = state.0.config.digest.iter().any(|digest| digest.archive);
    let latest = has_archive.then_some(LinkView {
        name: &words.latest_edition,
        url: &archive,
    });
    let own = LinkView {
        name: &words.preferences_title,
        url: &preferences,
    };
    let view = MessageView {
        title: &words.confirmed_title,
        text: &words.confirmed_text,
        list: &state.list_name(),
        address: person.address.as_str(),
        links: latest.into_iter().chain([own]).collect(),
        small: None,
    };
    Ok(state.message(StatusCode::OK, &view))
}

/// Whether the body is that of the page's one button.
fn pressed(body: &[u8]) -> bool {
    let mut pairs = url::form_urlencoded::parse(body);
    pairs.any(|(name, value)| name == "confirm" && value == "1")
}

/// The person and the token of a link that asks whether they still read.
async fn staying(state: &State, text: &str) -> Result<(State, Token, Subscriber), Response<Body>> {
    let token = state.0.links.verify(text);
    let token = token.filter(|token| token.kind == Kind::Stay);
    let token = token.ok_or_else(|| state.not_found())?;
    let (state, person, _) = state.person(token).await?;
    // Who has left meanwhile does not come back by it.
    if person.status != Status::Active {
        return Err(expired(&state));
    }
    Ok((state, token, person))
}

/// `GET /s/{token}`: whether somebody still reads.
pub(super) async fn stay_page(Shared(state): Shared<State>, Path(token): Path<String>) -> Answer {
    let (state, token, person) = staying(&state, &token).await?;
    let words = state.words();
    let view = ConfirmView {
        title: &words.stay_page_title,
        text: &words.stay_page_text,
        button: &words.stay,
        small: None,
        list: &state.list_name(),
        address: person.address.as_str(),
        action: &state.0.links.url(token),
    };
    let page = web::confirm(&state.page(), &view, &state.0.config.theme);
    Ok(html(StatusCode::OK, page))
}

/// `POST /s/{token}`
pub(super) async fn stay(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    body: Bytes,
) -> Answer {
    let (state, _, person) = staying(&state, &token).await?;
    if !pressed(&body) {
        return Err(state.no_button());
    }
    let now = state.0.clock.unix();
    let answered = signup::quiet::answer(&state.0.database, person.id, now).await;
    answered.map_err(|error| state.trouble(&error))?;
    let words = state.words();
    let view = MessageView {
        title: &words.stayed_title,
        text: &words.stayed_text,
        list: &state.list_name(),
        address: person.address.as_str(),
        links: Vec::new(),
        small: None,
    };
    Ok(state.message(StatusCode::OK, &view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_the_trap_with_it() {
        let form = Form::read(
            b"email=+a%40b.example+&name=Ida&digest=daily&digest=weekly&ticket=x&website=",
        );
        assert_eq!(
            (form.email.as_str(), form.name.as_str()),
            ("a@b.example", "Ida")
        );
        assert_eq!(form.digests, ["daily", "weekly"]);
        assert_eq!((form.ticket.as_deref(), form.trap), (Some("x"), false));
        assert!(Form::read(b"website=http%3A%2F%2Fspam.example").trap);
        assert_eq!(Form::read(b"\xff\xfe=&&&=%zz").email, "");
    }
}
