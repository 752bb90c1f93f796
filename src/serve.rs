//! The long-running side: listens until it is told to stop, then finishes what is in hand.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::http::{self, State};

mod hurried;

use hurried::Hurried;

/// Connections at once; more wait to be taken.
const MOST_CONNECTIONS: usize = 800;
/// How long a client may take for the head of a request, its first and every further one.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a request may take, its body and our answer.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// How long a client may take none of what we send it.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// Connections of one address at once, unless it is a proxy of ours: one client must not take all places.
const MOST_OF_ONE: usize = 100;
/// How long requests in hand have once everything is to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long to wait when the system gives us no more connections.
const BREATHER: Duration = Duration::from_millis(200);

/// Serves readers on `listener` until `stop`; requests in hand get ten seconds.
///
/// Slow clients are bounded: so many connections at once, in all and of one address, so long for a request, and
/// so long in which nothing of an answer is taken.
pub async fn serve(listener: TcpListener, state: State, stop: CancellationToken) {
    let router = http::router(state.clone());
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let of_one = OfOne::default();
    let connections = GracefulShutdown::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accepted => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The client went, or the system has no more to give: neither is the listener's end.
            Err(error) => {
                tracing::warn!("a connection could not be taken: {error}");
                tokio::time::sleep(BREATHER).await;
                continue;
            }
        };
        let Some(own) = of_one.admit(peer.ip(), state.is_proxy(peer.ip())) else {
            drop(stream);
            continue;
        };
        // Answers are small and whole: none gains from waiting for the next.
        let _slower_without = stream.set_nodelay(true);
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            answer(router.clone(), request.map(Body::new), peer)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(Hurried::new(stream, WRITE_TIME)), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is nobody's trouble.
            let _broke_off = connection.await;
            drop((place, own));
        });
    }
    drop(listener);
    let _those_left_are_cut_off = tokio::time::timeout(GRACE, connections.shutdown()).await;
    // What was acknowledged is written, whatever ended the server.
    state.flush().await;
}

/// How many connections each address has.
#[derive(Debug, Clone, Default)]
struct OfOne(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A place among the connections of an address, free again when it is dropped.
#[derive(Debug)]
struct Own {
    all: OfOne,
    address: Option<IpAddr>,
}

impl OfOne {
    /// A place for a connection; nothing if its address has enough of them.
    fn admit(&self, address: IpAddr, is_proxy: bool) -> Option<Own> {
        let address = (!is_proxy).then_some(address);
        if let Some(address) = address {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = all.entry(address).or_insert(0);
            if *count >= MOST_OF_ONE {
                return None;
            }
            *count += 1;
        }
        Some(Own {
            all: self.clone(),
            address,
        })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = all.entry(address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// The answer to one request, in time.
async fn answer(
    router: Router,
    mut request: Request,
    peer: SocketAddr,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let answered =
        tokio::time::timeout(REQUEST_TIME, TowerToHyperService::new(router).call(request)).await;
    Ok(match answered {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
            response
        }
    })
}

/// Listens on an address and port such as `127.0.0.1:8025`.
///
/// # Errors
/// When the text is none, or the address is taken or not ours.
pub async fn listen(address: &str) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// A token that is cancelled by SIGINT or SIGTERM.
///
/// # Errors
/// When the system refuses to tell us about signals.
pub fn stop_on_signal() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        told.cancel();
    });
    Ok(stop)
}

/// Shows one edition on `listener` until `stop`.
///
/// # Errors
/// When the listener breaks.
pub async fn preview(
    listener: TcpListener,
    page: http::Preview,
    stop: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(listener, http::preview_router(page))
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
}

/// Serves a desk on `listener` until `stop`, to whoever is on this machine.
///
/// # Errors
/// When the listener breaks.
pub async fn desk(
    listener: TcpListener,
    desk: http::desk::Desk,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = http::desk::router(desk);
    axum::serve(
        listener,
        router.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move { stop.cancelled().await })
    .await
}
