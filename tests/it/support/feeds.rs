//! A loopback web server with the fixtures of `tests/fixtures/sources`, and with faults.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes as Chunk};
use axum::extract::{Path as Segment, Request};
use axum::http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER, USER_AGENT,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use courant::clock::stop_watch;
use courant::fetch::{self, Fetcher};
use courant::units::{Bytes, Span};
use futures_util::stream;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
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
    asked: Asked,
    told: Told,
}

/// What to answer at a path instead of the usual: status, a header, a body.
type Told = Arc<Mutex<HashMap<String, (u16, Option<(HeaderName, String)>, Vec<u8>)>>>;

/// Paths that were asked for, each with its `User-Agent` and when.
type Asked = Arc<Mutex<Vec<(String, String, Instant)>>>;

impl Feeds {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let told = Told::default();
        let (noted, saying) = (Arc::clone(&asked), Arc::clone(&told));
        let note = move |request: Request, next: Next| {
            let header = |name| request.headers().get(name)?.to_str().ok();
            let agent = header(USER_AGENT).unwrap_or_default().to_owned();
            let path = request.uri().path().to_owned();
            let told = saying.lock().unwrap().get(&path).cloned();
            noted.lock().unwrap().push((path, agent, stop_watch()));
            async move {
                let Some((status, header, body)) = told else {
                    return next.run(request).await;
                };
                let status = StatusCode::from_u16(status).unwrap();
                let mut answer = (status, body).into_response();
                if let Some((name, value)) = header {
                    answer.headers_mut().insert(name, value.parse().unwrap());
                }
                answer
            }
        };
        let router = router().layer(axum::middleware::from_fn(note));
        let serving = axum::serve(listener, router);
        tokio::spawn(async move { serving.await.unwrap() });
        Self {
            address,
            asked,
            told,
        }
    }

    /// A server that says `answer`, byte for byte, to every request and hangs up.
    pub(crate) async fn start_raw(answer: &'static [u8]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _length = stream.read(&mut request).await;
                let _hung_up = stream.write_all(answer).await;
            }
        });
        Self {
            address,
            asked: Asked::default(),
            told: Told::default(),
        }
    }

    /// From now on answers so at `path`.
    pub(crate) fn say(&self, path: &str, status: u16, header: Option<(HeaderName, &str)>) {
        let header = header.map(|(name, value)| (name, value.to_owned()));
        let answer = (status, header, Vec::new());
        self.told.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// From now on answers with these words at `path`.
    pub(crate) fn say_body(&self, path: &str, status: u16, body: &str) {
        let answer = (status, None, body.as_bytes().to_vec());
        self.told.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Takes [`Self::say`] back.
    pub(crate) fn as_usual(&self, path: &str) {
        self.told.lock().unwrap().remove(path);
    }

    /// The paths asked for since the last call, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let all = std::mem::take(&mut *self.asked.lock().unwrap());
        all.into_iter().map(|(path, _, _)| path).collect()
    }

    /// The same with who asked and when.
    pub(crate) fn asked_by(&self) -> Vec<(String, String, Instant)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
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
        Self {
            address,
            asked: Asked::default(),
            told: Told::default(),
        }
    }

    /// The URL of a path on this server.
    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }
}

/// May go to loopback, waits one second, takes 100 KB and makes no pauses.
pub(crate) fn fetch_config() -> fetch::Config {
    fetch::Config {
        allow_private: vec!["127.0.0.1".to_owned()],
        timeout: Span::seconds(1),
        max_bytes: "100 KB".parse::<Bytes>().unwrap(),
        host_delay: Span::seconds(0),
        ..fetch::Config::default()
    }
}

/// A fetcher that obeys [`fetch_config`].
pub(crate) fn fetcher() -> Fetcher {
    Fetcher::new(&fetch_config()).unwrap()
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
        .route(
            "/zstd",
            get(async || encoded("zstd", "harbour.rss.xml.zst")),
        )
        .route("/bomb", get(async || encoded("gzip", "bomb.xml.gz")))
        .route("/zstd-bomb", get(async || encoded("zstd", "bomb.xml.zst")))
        .route("/wide", get(async || encoded("zstd", "wide.rss.xml.zst")))
        .route(
            "/not-gzip",
            get(async || encoded("gzip", "harbour.rss.xml")),
        )
        .route(
            "/compress",
            get(async || encoded("compress", "harbour.rss.xml")),
        )
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
        .route(
            "/mapped",
            get(async || to(StatusCode::FOUND, "http://[::ffff:169.254.169.254]/")),
        )
        .route(
            "/hop/{number}",
            get(async |Segment(number): Segment<u32>| {
                let next = format!("/hop/{}", number + 1);
                (StatusCode::FOUND, [(LOCATION, next)])
            }),
        )
        .route("/endless", get(endless))
        .route("/drip", get(drip))
        .route("/gone", get(async || StatusCode::GONE))
        .route(
            "/busy",
            get(async || (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "120")])),
        )
        .route(
            "/front",
            get(async || {
                page("<link rel=alternate type=application/rss+xml href=/feed/harbour.rss.xml>")
            }),
        )
        .route(
            "/maze",
            get(async || page("<link rel=alternate type=application/rss+xml href=/front>")),
        )
        .route(
            "/robots.txt",
            get(async || "User-agent: courant\nDisallow: /article/secret\n"),
        )
        .route("/article/{name}", get(article))
        .route("/thin.xml", get(thin))
        .route("/error", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/teapot", get(async || StatusCode::NOT_MODIFIED))
        .route("/slow", get(std::future::pending::<StatusCode>))
        .route("/large", get(large))
        .route("/large.json", get(large_json))
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

/// 200 KB of a feed, with a title at the beginning.
async fn large() -> String {
    let item = "<item><title>A</title><link>https://herald.example/a</link></item>";
    let items = item.repeat(200_000 / item.len());
    format!("<rss version='2.0'><channel><title>Large</title>{items}</channel></rss>")
}

async fn large_json() -> String {
    let item = r#"{"id": "https://herald.example/a", "title": "A"},"#;
    let items = item.repeat(200_000 / item.len());
    let items = items.trim_end_matches(',');
    format!(r#"{{"version": "https://jsonfeed.org/version/1.1", "items": [{items}]}}"#)
}

/// A feed without an end.
async fn endless() -> Body {
    let begin = "<rss version='2.0'><channel><title>Endless</title>".to_owned();
    Body::from_stream(stream::unfold(begin, |chunk| async move {
        let item = "<item><title>A</title><link>https://herald.example/a</link></item>";
        Some((
            Ok::<_, std::io::Error>(Chunk::from(chunk)),
            item.repeat(200),
        ))
    }))
}

/// A byte now and then: every single wait is short.
async fn drip() -> Body {
    Body::from_stream(stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((Ok::<_, std::io::Error>(Chunk::from("<")), ()))
    }))
}

fn page(head: &str) -> Response {
    let html = format!("<!doctype html><html><head><title>Page</title>{head}</head><p>Hello");
    ([(CONTENT_TYPE, "text/html")], html).into_response()
}

async fn article(Segment(name): Segment<String>) -> Response {
    if name == "broken" {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    page(&format!(
        "<meta property='og:description' content='All about {name}.'>\
         <meta property='og:image' content='/{name}.jpg'>"
    ))
}

/// Items without summary and picture, the oldest first, and one without a title.
async fn thin() -> Response {
    let item = |name: &str, title: &str, day: u32| {
        format!(
            "<item>{title}<link>/article/{name}</link>\
             <pubDate>{day} Nov 2026 10:00:00 GMT</pubDate></item>"
        )
    };
    let items = [
        item("old", "<title>Old</title>", 1),
        item("bare", "", 2),
        item("broken", "<title>Broken</title>", 3),
        item("secret", "<title>Secret</title>", 4),
        item("new", "<title>New</title>", 5),
    ]
    .concat();
    let feed = format!("<rss version='2.0'><channel><title>Thin</title>{items}</channel></rss>");
    (
        [(CONTENT_TYPE, "application/xml"), (ETAG, "\"thin\"")],
        feed,
    )
        .into_response()
}
