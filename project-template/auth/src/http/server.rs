//! Accepts connections, within limits, and lets them finish when the process is asked to stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::patience::{Limits, Patient, Requests};

/// Connections at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 10_000;
/// From the end of an answer to the end of the next request's head: how long a connection is kept that nobody uses.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
/// What a slow client gets.
const LIMITS: Limits = Limits { head: Duration::from_secs(10), answer: Duration::from_secs(30) };
/// Bytes of a request's head, and members in it.
const HEADER_BYTES: usize = 16 * 1024;
const HEADERS: usize = 100;
/// How long requests may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Serves until `stop` resolves, then finishes the requests under way, at most half a minute.
pub(crate) async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE_TIMEOUT).max_headers(HEADERS).max_buf_size(HEADER_BYTES);
    let graceful = GracefulShutdown::new();
    let places = places(&std::fs::read_to_string("/proc/self/limits").unwrap_or_default());
    let slots = Arc::new(Semaphore::new(places));
    let mut stop = std::pin::pin!(stop);
    let (mut was_full, mut is_failing) = (false, false);

    loop {
        if slots.available_permits() == 0 && !std::mem::replace(&mut was_full, true) {
            tracing::warn!(
                "all {places} places for connections are taken, and others wait; there are {CONNECTIONS} where this process \
                 may open more files (`ulimit -n`)"
            );
        }
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            listener.accept().await.map(|accepted| (slot, accepted))
        };
        let (slot, (stream, peer)) = tokio::select! {
            accepted = next => match accepted {
                Ok(accepted) => accepted,
                // Out of file descriptors, or a client that left already: others are still to be served.
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        tracing::warn!(%error, "cannot accept a connection; trying again until it works");
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        is_failing = false;
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let requests = Requests::default();
        let stream = Patient::new(stream, LIMITS, requests.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (app, requests) = (app.clone(), requests.clone());
            async move { requests.answer(answer(app, request, peer)).await }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // What a broken connection has to say concerns its client alone.
            let _ = connection.await;
            drop(slot);
        });
    }

    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests took too long to finish and were cut off");
    }
}

/// How many connections there may be: a quarter of the files that this process may open is left to the database and all else,
/// which idle clients would keep from it.
fn places(limits: &str) -> usize {
    open_files(limits).map_or(CONNECTIONS, |files| (files - files / 4).clamp(1, CONNECTIONS))
}

/// The limit that counts, as Linux tells it; none where there is none, or on another system.
fn open_files(limits: &str) -> Option<usize> {
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    limit.split_whitespace().next()?.parse().ok()
}

async fn answer(
    app: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    app.oneshot(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_take_three_of_four_files_at_most() {
        let head = "Limit                     Soft Limit           Hard Limit           Units\n";
        let with = |soft| {
            places(&format!("{head}Max open files            {soft}                 524288               files"))
        };
        assert_eq!([with("0"), with("64"), with("1024"), with("524288")], [1, 48, 768, CONNECTIONS]);
        assert_eq!([with("unlimited"), places("")], [CONNECTIONS; 2]);
    }
}
