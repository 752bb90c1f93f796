//! The long-running side: listens until it is told to stop, then finishes what is in hand.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::http::{self, State};

/// Serves readers on `listener` until `stop`; requests in hand get ten seconds.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    state: State,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = http::router(state.clone());
    let gentle = stop.clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { gentle.cancelled().await });
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(10)).await;
    };
    let ended = tokio::select! {
        ended = server => ended,
        () = deadline => Ok(()),
    };
    // What was acknowledged is written, whatever ended the server.
    state.flush().await;
    ended
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
