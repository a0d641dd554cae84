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
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stop);

    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            listener.accept().await.map(|accepted| (slot, accepted))
        };
        let (slot, (stream, peer)) = tokio::select! {
            accepted = next => match accepted {
                Ok(accepted) => accepted,
                // Out of file descriptors, or a client that left already: others are still to be served.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
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

async fn answer(
    app: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    app.oneshot(request).await
}
