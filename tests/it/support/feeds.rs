//! A loopback web server with the fixtures of `tests/fixtures/sources`, and with faults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::Path as Segment;
use axum::http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use courant::fetch::{self, Fetcher};
use courant::units::{Bytes, Span};
use rustls::pki_types::PrivatePkcs8KeyDer;
use url::Url;

/// Where the fixtures are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources")
}

/// The bytes of a fixture.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

/// A running server; it ends with the test's runtime.
pub(crate) struct Feeds {
    address: SocketAddr,
}

impl Feeds {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = axum::serve(listener, router());
        tokio::spawn(async move { serving.await.unwrap() });
        Self { address }
    }

    /// A server that shows a certificate of its own making and nothing else.
    pub(crate) async fn start_tls() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _refused_by_the_client = acceptor.accept(stream).await;
            }
        });
        Self { address }
    }

    /// The URL of a path on this server.
    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }
}

/// A fetcher that may go to loopback, waits one second and takes 100 KB.
pub(crate) fn fetcher() -> Fetcher {
    let config = fetch::Config {
        allow_private: vec!["127.0.0.1".to_owned()],
        timeout: Span::seconds(1),
        max_bytes: "100 KB".parse::<Bytes>().unwrap(),
        ..fetch::Config::default()
    };
    Fetcher::new(&config).unwrap()
}

fn router() -> Router {
    Router::new()
        .route("/feed/{name}", get(feed))
        .route(
            "/etag",
            get(async |headers: HeaderMap| {
                conditional(&headers, IF_NONE_MATCH, (ETAG, "W/\"v 1\""))
            }),
        )
        .route(
            "/dated",
            get(async |headers: HeaderMap| {
                conditional(
                    &headers,
                    IF_MODIFIED_SINCE,
                    (LAST_MODIFIED, "Mon, 23 Nov 2026 06:30:00 GMT"),
                )
            }),
        )
        .route("/gzip", get(async || encoded("gzip", "harbour.rss.xml.gz")))
        .route("/brotli", get(async || encoded("br", "harbour.rss.xml.br")))
        .route("/bomb", get(async || encoded("gzip", "bomb.xml.gz")))
        .route(
            "/moved",
            get(async || to(StatusCode::MOVED_PERMANENTLY, "/feed/harbour.rss.xml")),
        )
        .route("/found", get(async || to(StatusCode::FOUND, "/moved")))
        .route("/loop", get(async || to(StatusCode::FOUND, "/loop")))
        .route(
            "/inside",
            get(async || {
                to(
                    StatusCode::FOUND,
                    "http://169.254.169.254/latest/meta-data/",
                )
            }),
        )
        .route(
            "/disk",
            get(async || to(StatusCode::FOUND, "file:///etc/passwd")),
        )
        .route("/nowhere", get(async || to(StatusCode::FOUND, "http://[")))
        .route("/error", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/teapot", get(async || StatusCode::NOT_MODIFIED))
        .route("/slow", get(std::future::pending::<StatusCode>))
        .route("/large", get(async || " ".repeat(100_001)))
        .route(
            "/page",
            get(async || ([(CONTENT_TYPE, "text/html")], "<!doctype html><p>Hello")),
        )
}

async fn feed(Segment(name): Segment<String>) -> Response {
    let kind = if name.ends_with(".json") {
        "application/feed+json"
    } else {
        "application/xml"
    };
    ([(CONTENT_TYPE, kind)], fixture(&name)).into_response()
}

fn conditional(
    headers: &HeaderMap,
    condition: HeaderName,
    (name, value): (HeaderName, &'static str),
) -> Response {
    let known = headers.get(condition).is_some_and(|sent| sent == value);
    if known {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(name, value)], fixture("harbour.rss.xml")).into_response()
}

fn encoded(encoding: &'static str, name: &str) -> Response {
    ([(CONTENT_ENCODING, encoding)], fixture(name)).into_response()
}

fn to(status: StatusCode, location: &'static str) -> Response {
    (status, [(LOCATION, location)]).into_response()
}
