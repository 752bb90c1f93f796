//! The desk: editions looked at, changed, tested and approved in a browser, and what became of them.
//!
//! Below `/desk`. With `serve` one signs in; with `preview`, on this machine only, nobody does. Pages carry no script.
//! Every form brings a number along that no other site knows, and what it may not do is refused and written down.

mod checks;
mod decide;
mod edit;
mod enter;
pub(super) mod fields;
mod head;
pub(super) mod later;
mod look;
pub(super) mod mail;
mod pairs;
mod rooms;
mod sign_in;
pub(super) mod stage;
pub(super) mod test;
mod ways;
mod written;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State as Shared};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::routing::{get, post};
use courant_templates::desk::parts::{self, Tone, Weight};
use courant_templates::desk::{DeskView, HeadView, MessageView, NavView, SignedInView};
use jiff::Timestamp;
use tokio::sync::{OnceCell, Semaphore};

use super::State;
use crate::database::Error;
use crate::delivery::Composer;
use crate::delivery::compose::{self, Sender};
use crate::delivery::dkim::Signer;
use crate::desk::{self, Act, Note};
use crate::edition::{self, Edition, EditionId};
use crate::links::Links;
use crate::preflight::Finding;
use crate::signup::limits::Limits;
use crate::telemetry::with_causes;

use enter::Visitor;
use look::Said;

/// Largest body a form of the desk may have.
const BODY_BYTES: usize = 128 * 1024;

/// Sentences that wait for their page.
const MOST_TOLD: usize = 100;

/// What a request gets.
type Answer = Result<Response<Body>, Response<Body>>;

/// Who may come in.
#[derive(Debug)]
enum Door {
    /// Whoever signs in.
    Guarded {
        /// Wrong passwords of each network, and for each name.
        limits: Limits,
        /// What was written down of each network that was nobody.
        noted: Limits,
        /// Passwords hashed at once: each takes 19 MB.
        hashing: Semaphore,
    },
    /// Whoever is on this machine; forms bring this number along.
    Open(String),
}

/// The desk of a publisher.
#[derive(Debug, Clone)]
pub struct Desk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    door: Door,
    /// What was found about editions, those looked at last behind the others.
    checked: Mutex<VecDeque<Checked>>,
    /// What is to be said on the page that a form leads to.
    told: Mutex<VecDeque<(String, Said)>>,
}

/// What was found about one version of an edition; nothing while it is looked for.
#[derive(Debug)]
struct Checked {
    edition: EditionId,
    version: i64,
    findings: Arc<OnceCell<Arc<Vec<Finding>>>>,
}

impl Desk {
    /// A desk at which one signs in.
    #[must_use]
    pub fn guarded(state: State) -> Self {
        let door = Door::Guarded {
            limits: Limits::default(),
            noted: Limits::default(),
            hashing: Semaphore::new(2),
        };
        Self::behind(state, door)
    }

    /// A desk for whoever is on this machine.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn open(state: State) -> Result<Self, Error> {
        let door = Door::Open(desk::random()?);
        Ok(Self::behind(state, door))
    }

    fn behind(state: State, door: Door) -> Self {
        Self(Arc::new(Inner {
            state,
            door,
            checked: Mutex::default(),
            told: Mutex::default(),
        }))
    }

    pub(super) fn config(&self) -> &crate::config::Config {
        &self.0.state.0.config
    }

    pub(super) fn database(&self) -> &crate::database::Database {
        &self.0.state.0.database
    }

    pub(super) fn links(&self) -> &Links {
        &self.0.state.0.links
    }

    pub(super) fn clock(&self) -> &crate::clock::Clock {
        &self.0.state.0.clock
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// Leads from a form to a page of its edition that says what came of it: to load that page again does nothing
    /// again.
    #[expect(clippy::result_large_err, reason = "what every page answers with")]
    fn lead_to(&self, visitor: &Visitor, (id, query): (&str, &str), said: Said) -> Answer {
        let key = desk::random().map_err(|error| self.trouble(visitor, &error))?;
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST_TOLD {
            told.pop_front();
        }
        told.push_back((key.clone(), said));
        drop(told);
        let url = self.url(&format!("/editions/{id}?{query}&said={key}"));
        Ok(visitor.renewing(self, see_other(&url)))
    }

    /// What is to be said, once.
    fn told(&self, key: &str) -> Option<Said> {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        let at = told.iter().position(|(known, _)| known == key)?;
        told.remove(at).map(|(_, said)| said)
    }

    /// A URL of the desk, below the path of `links.base_url`.
    fn url(&self, path: &str) -> String {
        let base = match self.0.door {
            // Whoever is on this machine comes by its own address.
            Door::Open(_) => String::new(),
            Door::Guarded { .. } => super::path_of(self.links()),
        };
        format!("{base}/desk{path}")
    }

    /// The edition of an id, else the page that says that there is none.
    async fn edition(&self, visitor: &Visitor, id: &str) -> Result<Edition, Response<Body>> {
        let found = async {
            let mut reader = self.database().reader().await?;
            edition::store::find(&mut reader, &EditionId::from_text(id)).await
        };
        match found.await {
            Ok(Some(edition)) => Ok(edition),
            Ok(None) => Err(self.problem(
                visitor,
                (StatusCode::NOT_FOUND, "There is no such edition"),
                "It may have another name, or never have been built.",
            )),
            Err(error) => Err(self.trouble(visitor, &error)),
        }
    }

    /// What writes an edition's mails.
    pub(super) fn composer(&self, edition: Edition) -> Result<Composer, compose::Error> {
        let config = self.config();
        let sender = Sender::parse(&config.delivery)?;
        let signer = Signer::open(&config.delivery.dkim, sender.domain(), &config.folder)?;
        let (theme, links) = (config.theme.clone(), self.links().clone());
        Ok(Composer::new(edition, theme, links, sender, self.clock().clone()).signed_by(signer))
    }

    /// Writes into the record; a record that cannot be written is logged, and stops nobody.
    pub(super) async fn note(&self, note: Note<'_>) {
        let noted = desk::note(self.database(), &note, self.clock().unix()).await;
        if let Err(error) = noted {
            tracing::error!("the record was not written: {}", with_causes(&error));
        }
    }

    /// Whether somebody may do something; if not, that they tried is written down.
    async fn may(&self, visitor: &Visitor, act: Act, about: &str) -> Result<(), Response<Body>> {
        if visitor.role.may(act) {
            return Ok(());
        }
        let role = visitor.role.name();
        self.note(Note {
            who: &visitor.name,
            act: act.name(),
            about,
            done: false,
            detail: &format!("{role} accounts may not"),
        })
        .await;
        Err(self.problem(
            visitor,
            (StatusCode::FORBIDDEN, "That is not yours to do"),
            &format!(
                "You are signed in as {role}. Nothing was changed; the attempt is in the record."
            ),
        ))
    }

    /// The frame of a page.
    fn framed<R>(&self, visitor: &Visitor, room: Room, fill: impl FnOnce(&DeskView<'_>) -> R) -> R {
        let home = self.url("/editions");
        let ways = Room::ALL.map(|way| (way, self.url(way.path())));
        let nav = ways
            .iter()
            .filter(|(way, _)| visitor.role.may(way.act()))
            .map(|(way, url)| NavView {
                name: way.name(),
                url,
                count: None,
                is_current: *way == room,
            });
        let sign_out = self.url("/sign-out");
        let view = DeskView {
            brand: &self.config().publication.name,
            home_url: Some(&home),
            nav: if visitor.is_in {
                nav.collect()
            } else {
                Vec::new()
            },
            signed_in: (visitor.is_in && visitor.cookie.is_some()).then_some(SignedInView {
                name: &visitor.name,
                sign_out_url: &sign_out,
                token: &visitor.form_token,
            }),
        };
        fill(&view)
    }

    /// A page that says what is wrong.
    fn problem(
        &self,
        visitor: &Visitor,
        (status, title): (StatusCode, &str),
        text: &str,
    ) -> Response<Body> {
        self.problem_with(visitor, (status, title), (text, &[]))
    }

    /// The same with what somebody wrote and could not be taken: name of the field, text.
    fn problem_with(
        &self,
        visitor: &Visitor,
        (status, title): (StatusCode, &str),
        (text, written): (&str, &[(String, String)]),
    ) -> Response<Body> {
        // What somebody wrote and could not be taken is said loudly; else the sentence explains the title.
        let message = (!written.is_empty()).then_some(MessageView {
            tone: Tone::Bad,
            text,
        });
        let head = HeadView {
            title,
            sub: message.is_none().then_some(text),
            message,
            actions: parts::link_button(Weight::Other, "All editions", &self.url("/editions")),
            ..HeadView::default()
        };
        let theme = &self.config().theme;
        let page = self.framed(visitor, Room::Editions, |frame| {
            courant_templates::desk::page(frame, &head, &parts::unsaved(written), theme)
        });
        html(status, page)
    }

    fn trouble(&self, visitor: &Visitor, error: &dyn std::error::Error) -> Response<Body> {
        tracing::error!("a request of the desk failed: {}", with_causes(error));
        self.problem(
            visitor,
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "Something is wrong on our side",
            ),
            "Nothing was changed. The log of the program says what it is; try again in a moment.",
        )
    }
}

/// The pages one can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Editions,
    Reports,
    Groups,
    Record,
}

impl Room {
    const ALL: [Self; 4] = [Self::Editions, Self::Reports, Self::Groups, Self::Record];

    fn name(self) -> &'static str {
        match self {
            Self::Editions => "Editions",
            Self::Reports => "Reports",
            Self::Groups => "Test groups",
            Self::Record => "Record",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Editions => "/editions",
            Self::Reports => "/reports",
            Self::Groups => "/groups",
            Self::Record => "/record",
        }
    }

    fn act(self) -> Act {
        match self {
            Self::Editions | Self::Reports => Act::Look,
            Self::Groups => Act::Test,
            Self::Record => Act::Manage,
        }
    }
}

/// All routes of the desk, from `/desk` on.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route("/desk", get(home))
        .route("/desk/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/desk/sign-out", post(sign_in::sign_out))
        .route("/desk/editions", get(rooms::editions))
        .route("/desk/editions/{id}", get(look::page))
        .route("/desk/editions/{id}/mail", get(mail::shown))
        .route("/desk/editions/{id}/checks.svg", get(checks::picture))
        .route("/desk/editions/{id}/mail.eml", get(mail::message))
        .route("/desk/editions/{id}/mail.html", get(mail::html_part))
        .route("/desk/editions/{id}/edit", get(edit::page).post(edit::save))
        .route("/desk/editions/{id}/later", get(back).post(later::save))
        .route(
            "/desk/editions/{id}/approve",
            get(back).post(decide::approve),
        )
        .route("/desk/editions/{id}/cancel", get(back).post(decide::cancel))
        .route("/desk/editions/{id}/test", get(back).post(test::send))
        .route("/desk/reports", get(rooms::reports))
        .route("/desk/reports/{id}", get(rooms::report))
        .route("/desk/groups", get(rooms::groups).post(rooms::save_group))
        .route("/desk/record", get(rooms::record))
        .route("/desk/{*rest}", get(lost))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(map_response_with_state(desk.clone(), dressed))
        .with_state(desk)
}

/// What was refused before anything of ours saw it, as a page.
async fn dressed(Shared(desk): Shared<Desk>, response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !status.is_client_error() || is_page {
        return response;
    }
    let words = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            "Nothing was changed: it was more than a form of ours can hold."
        }
        _ => "Nothing was changed: the request makes no sense here.",
    };
    let title = status.canonical_reason().unwrap_or("That cannot be done");
    let page = desk.problem(&Visitor::stranger(), (status, title), words);
    let (mut head, body) = page.into_parts();
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        head.headers.insert(header::ALLOW, allowed.clone());
    }
    Response::from_parts(head, body)
}

/// Where a form posts there is no page: back to what it was on.
async fn back(Shared(desk): Shared<Desk>, Path(id): Path<String>) -> Response<Body> {
    see_other(&desk.url(&format!("/editions/{id}")))
}

async fn home(Shared(desk): Shared<Desk>) -> Response<Body> {
    see_other(&desk.url("/editions"))
}

async fn lost(Shared(desk): Shared<Desk>, visitor: Visitor) -> Response<Body> {
    desk.problem(
        &visitor,
        (StatusCode::NOT_FOUND, "There is no such page"),
        "The address may have been cut; everything there is stands above.",
    )
}

/// Of every page of the desk: pictures of previews come from elsewhere, frames are our own.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; \
    form-action 'self'; frame-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

fn html(status: StatusCode, page: String) -> Response<Body> {
    let mut response = super::respond(status, "text/html; charset=utf-8", page);
    let headers = response.headers_mut();
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_POLICY),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}

fn see_other(url: &str) -> Response<Body> {
    let mut response = super::respond(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    if let Ok(url) = HeaderValue::from_str(url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    response
}
