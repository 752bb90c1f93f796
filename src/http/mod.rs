//! What readers and their mail programs meet: pixel, redirect, unsubscribe, preferences, copies.
//!
//! GET and HEAD never change anything about a reader, because scanners follow every link; leaving
//! takes a POST, from the page's one button or from the mail program (RFC 8058). A token that does not
//! verify is a page that does not exist, without saying why, and leaves no event. Nothing here logs an
//! address, a token or a network address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use courant_languages::{Language, Locale};
use courant_subscribers::Topics;
use courant_templates::Words;
use courant_templates::view::{
    Chosen, Direction, LinkView, MessageView, PageView, ProblemView, TopicsView,
};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::database::{Database, Error};
use crate::edition::{self, Digest, Edition};
use crate::engagement::agents::NetworksError;
use crate::feedback::apply::Grounds;
use crate::feedback::webhooks::{self as doors, Doors};
use crate::fetch::{self, Fetcher};
use crate::links::{Kind, Links, Token};
use crate::render;
use crate::signup::limits::Limits;
use crate::telemetry::with_causes;

mod access;
pub mod api;
mod archive;
pub mod desk;
mod health;
mod judge;
mod queue;
mod readers;
mod rights;
mod signup;
mod track;
mod webhooks;

use judge::Judge;
use queue::Queue;

/// What a request gets: `Err` is a page as well, one that says why there is not the other.
type Answer = Result<Response<Body>, Response<Body>>;

/// Largest body a reader's form may have.
const BODY_BYTES: usize = 16 * 1024;
/// Editions kept in memory; they are frozen but for the lists of a second wave.
const EDITIONS_KEPT: usize = 32;

/// What every request needs; and the reader's own language, once it is known who they are.
#[derive(Debug, Clone)]
pub struct State(Arc<Inner>, Option<Language>);

#[derive(Debug)]
struct Inner {
    database: Database,
    config: Config,
    links: Links,
    clock: Clock,
    editions: RwLock<BTreeMap<u32, Arc<Edition>>>,
    events: Queue,
    limits: Limits,
    doors: Doors,
    /// For the certificates of SNS.
    fetcher: Option<Fetcher>,
    /// Told when a letter was put into the table.
    news: Arc<Notify>,
}

/// Why readers cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    /// `tracking.networks_file` is no list of networks.
    #[error("tracking.networks_file cannot be used")]
    Networks(#[from] NetworksError),
    /// A key of `feedback.webhooks` is no good.
    #[error("feedback.webhooks cannot be used")]
    Doors(#[from] doors::Error),
    /// `fetch` is no good.
    #[error("the web cannot be asked")]
    Fetch(#[from] fetch::Error),
}

impl State {
    /// Puts together what requests need, and starts writing down what readers do.
    ///
    /// # Errors
    /// [`Unready`] names the file or key that is no good.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn new(
        database: Database,
        config: Config,
        links: Links,
        clock: Clock,
    ) -> Result<Self, Unready> {
        let editions = RwLock::new(BTreeMap::new());
        let file = config.tracking.networks_file.as_ref();
        let judge = Judge::new(file.map(|file| config.folder.join(file)))?;
        let doors = Doors::open(&config.feedback.webhooks, &config.folder)?;
        let fetcher = match config.feedback.webhooks.ses.is_empty() {
            true => None,
            false => Some(Fetcher::new(&config.fetch)?),
        };
        let events = Queue::start(database.clone(), judge);
        Ok(Self(
            Arc::new(Inner {
                database,
                config,
                links,
                clock,
                editions,
                events,
                doors,
                fetcher,
                limits: Limits::default(),
                news: Arc::default(),
            }),
            None,
        ))
    }

    /// Waits until what readers did is written; for the end, after the last request.
    pub async fn flush(&self) {
        self.0.events.flush().await;
    }

    /// What notices are judged by.
    #[must_use]
    pub fn grounds(&self) -> Grounds {
        self.0.config.grounds(self.0.links.clone())
    }

    /// What is told when a letter waits to leave.
    #[must_use]
    pub fn news(&self) -> Arc<Notify> {
        Arc::clone(&self.0.news)
    }

    /// The token of a request if we made it for this kind of link, and its edition; else the page
    /// that says no more than that.
    async fn verified(
        &self,
        text: &str,
        fits: impl Fn(Kind) -> bool,
    ) -> Result<(Token, Arc<Edition>), Response<Body>> {
        let token = self.0.links.verify(text).filter(|token| fits(token.kind));
        let token = token.ok_or_else(|| self.not_found())?;
        let edition = self
            .edition(token.edition)
            .await
            .map_err(|error| self.trouble(&error))?;
        edition
            .map(|edition| (token, edition))
            .ok_or_else(|| self.not_found())
    }

    /// The token of a reader's own link, and the edition it came with.
    async fn verified_own(&self, text: &str, kind: Kind) -> Result<Own, Response<Body>> {
        let token = self.0.links.verify(text).filter(|token| token.kind == kind);
        if let Some(token) = token.filter(|token| token.edition == 0) {
            return Ok(Own {
                token,
                edition: None,
            });
        }
        let (token, edition) = self.verified(text, |it| it == kind).await?;
        Ok(Own {
            token,
            edition: Some(edition),
        })
    }

    async fn edition(&self, number: u32) -> Result<Option<Arc<Edition>>, Error> {
        if let Some(edition) = self.kept(number) {
            return Ok(Some(edition));
        }
        let mut reader = self.0.database.reader().await?;
        let Some(edition) = edition::store::find_number(&mut reader, number).await? else {
            return Ok(None);
        };
        let edition = Arc::new(edition);
        // An editor may still change what is not out.
        if !edition.status.is_published() {
            return Ok(Some(edition));
        }
        self.keep(|editions| {
            if editions.len() >= EDITIONS_KEPT {
                editions.pop_first();
            }
            editions.insert(number, Arc::clone(&edition));
        });
        Ok(Some(edition))
    }

    fn kept(&self, number: u32) -> Option<Arc<Edition>> {
        let editions = self.0.editions.read();
        let editions = editions.unwrap_or_else(PoisonError::into_inner);
        editions.get(&number).cloned()
    }

    fn keep(&self, change: impl FnOnce(&mut BTreeMap<u32, Arc<Edition>>)) {
        let editions = self.0.editions.write();
        change(&mut editions.unwrap_or_else(PoisonError::into_inner));
    }

    /// The same from the store: its second wave brings lists that a kept one does not have.
    async fn edition_anew(&self, number: u32) -> Result<Option<Arc<Edition>>, Error> {
        self.keep(|editions| {
            editions.remove(&number);
        });
        self.edition(number).await
    }

    /// Whether an address is one of our proxies.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let proxies = &self.0.config.server.proxies;
        proxies.iter().any(|proxy| proxy.contains(&address))
    }

    /// The same for who sees the head of a request alone.
    fn address_of_parts(&self, parts: &Parts) -> IpAddr {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), |peer| peer.0);
        self.address_of(peer, &parts.headers)
    }

    /// Where a request comes from: what a proxy of ours says, else the other end of the connection.
    fn address_of(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer.ip().to_canonical();
        let forwarded = headers.get_all("x-forwarded-for").iter().rev();
        let forwarded = forwarded.filter_map(|value| value.to_str().ok());
        for hop in forwarded.flat_map(|value| value.rsplit(',')) {
            if !self.is_proxy(address) {
                break;
            }
            let Some(before) = forwarded_for(hop) else {
                break;
            };
            address = before.to_canonical();
        }
        address
    }

    /// The same for somebody who chose a language of their own, if there are words in it.
    fn speaking(&self, tag: Option<&str>) -> Self {
        let own = tag.and_then(|tag| tag.parse::<Locale>().ok());
        Self(Arc::clone(&self.0), own.map(|own| own.language()))
    }

    /// The tag of the language pages are in.
    fn tag(&self) -> &str {
        match &self.1 {
            Some(own) => own.code(),
            None => &self.0.config.publication.language,
        }
    }

    fn words(&self) -> &'static Words {
        render::words_for(self.tag())
    }

    fn page(&self) -> PageView<'_> {
        let publication = &self.0.config.publication;
        PageView {
            language: self.tag(),
            direction: Direction::of_language(self.tag()),
            words: self.words(),
            brand: &publication.name,
            home_url: &publication.home_url,
            address: &publication.postal_address,
        }
    }

    fn problem(&self, status: StatusCode, title: &str, text: &str) -> Response<Body> {
        let publication = &self.0.config.publication;
        let link = LinkView {
            name: &publication.name,
            url: &publication.home_url,
        };
        let view = ProblemView {
            title,
            text,
            link: Some(link),
        };
        html(
            status,
            courant_templates::web::problem(&self.page(), &view, &self.0.config.theme),
        )
    }

    /// A page that says what was done or what comes next.
    fn message(&self, status: StatusCode, view: &MessageView<'_>) -> Response<Body> {
        let theme = &self.0.config.theme;
        html(
            status,
            courant_templates::web::message(&self.page(), view, theme),
        )
    }

    /// The page for a body that none of our forms sends.
    fn no_button(&self) -> Response<Body> {
        let words = self.words();
        self.problem(
            StatusCode::BAD_REQUEST,
            &words.button_title,
            &words.button_text,
        )
    }

    /// The topics there are to choose among: two at least, or there is no choice.
    fn offered_topics(&self) -> impl Iterator<Item = &str> {
        let categories = &self.0.config.category;
        let offered = if categories.len() > 1 {
            categories.as_slice()
        } else {
            &[]
        };
        offered.iter().map(|category| category.name.as_str())
    }

    /// What a form asks for: everything, or those of the named topics that are ours.
    fn chosen_topics<'a>(
        &self,
        wants_everything: bool,
        named: impl Iterator<Item = &'a str>,
    ) -> Topics {
        if wants_everything {
            return Topics::All;
        }
        let named: Vec<&str> = named.collect();
        Topics::of(self.offered_topics().filter(|topic| named.contains(topic)))
    }

    /// The boxes of the topics.
    fn topics(&self, chosen: &Topics) -> TopicsView<'_> {
        let offered = self.offered_topics().map(|topic| {
            let is_chosen = *chosen != Topics::All && chosen.wants(Some(topic));
            (topic, if is_chosen { Chosen::Yes } else { Chosen::No })
        });
        TopicsView {
            offered: offered.collect(),
        }
    }

    /// When each digest comes, in words.
    fn rhythms(&self, locale: &Locale) -> Vec<String> {
        let digests = self.0.config.digest.iter();
        let rhythm = |digest: &Digest| {
            let schedule = digest.rhythm();
            schedule
                .map(|it| it.in_language(locale))
                .unwrap_or_default()
        };
        digests.map(rhythm).collect()
    }

    fn not_found(&self) -> Response<Body> {
        let words = self.words();
        self.problem(StatusCode::NOT_FOUND, &words.lost_title, &words.lost_text)
    }

    /// A page for our own trouble; what it was is logged, not shown.
    fn trouble(&self, error: &Error) -> Response<Body> {
        tracing::error!("a reader's request failed: {}", with_causes(error));
        let words = self.words();
        self.problem(
            StatusCode::SERVICE_UNAVAILABLE,
            &words.trouble_title,
            &words.trouble_text,
        )
    }
}

/// The address of one hop, as proxies write it: also quoted, in brackets, and with a port.
fn forwarded_for(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok();
    address.or_else(|| hop.parse().ok().map(|it: SocketAddr| it.ip()))
}

/// What a reader's own link belongs to.
struct Own {
    token: Token,
    edition: Option<Arc<Edition>>,
}

/// The path of `links.base_url`, without a slash at its end.
fn path_of(links: &Links) -> String {
    url::Url::parse(links.base())
        .map(|url| url.path().trim_end_matches('/').to_owned())
        .unwrap_or_default()
}

/// All routes, below the path of `links.base_url`.
pub fn router(state: State) -> Router {
    let path = path_of(&state.0.links);
    let routes = Router::new()
        .route("/o/{token}", get(track::open))
        .route("/c/{token}", get(track::click))
        .route(
            "/u/{token}",
            get(readers::unsubscribe_page).post(readers::unsubscribe),
        )
        .route(
            "/p/{token}",
            get(readers::preferences_page).post(readers::save_preferences),
        )
        .route("/p/{token}/data", get(rights::data))
        .route("/p/{token}/erase", post(rights::erase))
        .route("/v/{token}", get(readers::view))
        .route("/subscribe", get(signup::page).post(signup::ask))
        .route("/subscribe/sent", get(signup::sent))
        .route(
            "/y/{token}",
            get(signup::confirm_page).post(signup::confirm),
        )
        .route("/s/{token}", get(signup::stay_page).post(signup::stay))
        .route("/archive", get(archive::list))
        .route("/archive/feed.xml", get(archive::rss))
        .route("/archive/feed.json", get(archive::json_feed))
        .route("/archive/{id}", get(archive::edition))
        .route(
            "/webhooks/{provider}",
            post(webhooks::receive).layer(DefaultBodyLimit::max(webhooks::BODY_BYTES)),
        )
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(axum::middleware::map_response_with_state(
            state.clone(),
            as_a_page,
        ))
        .with_state(state.clone());
    let routes = if state.0.config.server.desk {
        let desk = desk::Desk::guarded(state.clone());
        let api = api::Api::new(state.clone(), desk.clone());
        routes.merge(desk::router(desk)).merge(api::router(api))
    } else {
        routes
    };
    let routes = if access::is_wanted() {
        routes.layer(axum::middleware::from_fn(access::log))
    } else {
        routes
    };
    if path.is_empty() {
        return routes;
    }
    Router::new()
        .nest(&path, routes)
        .fallback(move || async move { state.not_found() })
}

async fn not_found(axum::extract::State(state): axum::extract::State<State>) -> Response<Body> {
    state.not_found()
}

/// What the router and its extractors refuse by themselves is a page like any other.
async fn as_a_page(
    axum::extract::State(state): axum::extract::State<State>,
    response: Response<Body>,
) -> Response<Body> {
    let status = response.status();
    if !status.is_client_error() || response.headers().contains_key(header::REFERRER_POLICY) {
        return response;
    }
    let words = state.words();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return state.problem(status, &words.button_title, &words.button_text);
    }
    state.problem(status, &words.lost_title, &words.lost_text)
}

/// Of every answer.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Of pages beside these.
const PAGE_HEADERS: [(HeaderName, &str); 2] = [
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; img-src https: http:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
];

fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(HEADERS.len() + PAGE_HEADERS.len() + 2);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn html(status: StatusCode, page: String) -> Response<Body> {
    let mut response = respond(status, "text/html; charset=utf-8", page);
    for (name, value) in PAGE_HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// One edition to look at, on this machine.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The html part.
    pub html: String,
    /// The text part.
    pub text: String,
    /// Pictures by name, for samples whose site does not exist.
    pub pictures: Vec<(&'static str, &'static [u8])>,
}

/// `/` as designed, `/text` as plain text, `/pictures/…`.
pub fn preview_router(page: Preview) -> Router {
    let page = Arc::new(page);
    let (designed, plain, pictures) = (Arc::clone(&page), Arc::clone(&page), page);
    Router::new()
        .route(
            "/",
            get(move || async move { html(StatusCode::OK, designed.html.clone()) }),
        )
        .route(
            "/text",
            get(move || async move {
                respond(
                    StatusCode::OK,
                    "text/plain; charset=utf-8",
                    plain.text.clone(),
                )
            }),
        )
        .route(
            "/pictures/{name}",
            get(
                move |axum::extract::Path(name): axum::extract::Path<String>| async move {
                    match pictures
                        .pictures
                        .iter()
                        .find(|(picture, _)| *picture == name)
                    {
                        Some((_, bytes)) => respond(StatusCode::OK, "image/jpeg", *bytes),
                        None => respond(
                            StatusCode::NOT_FOUND,
                            "text/plain; charset=utf-8",
                            "no such picture\n",
                        ),
                    }
                },
            ),
        )
}
