//! Accepts connections, within limits, and lets open requests finish when the process is told to stop.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::EXPECT;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::patience::{Limits, Patient, Requests};
use super::places::{CONNECTIONS, Holders, Owner, Share, places};
use super::rest;

/// For slow clients, and for clients that keep sending a body that is no longer read.
const LIMITS: Limits = Limits {
    head: Duration::from_secs(10),
    answer: Duration::from_secs(30),
    rest: Duration::from_secs(2),
    rest_bytes: 2 * 1024 * 1024,
};
const HEADER_BYTES: usize = 16 * 1024;
const HEADERS: usize = 100;
const GRACE: Duration = Duration::from_secs(30);

pub(crate) struct Allowance {
    /// How long an idle connection is kept: from the end of an answer to the end of the next request's head.
    pub(crate) idle: Duration,
    /// For one client; its site may hold a multiple. Never more than half of all.
    pub(crate) for_client: usize,
    /// None for a proxy, which brings many clients: its connections are not counted.
    pub(crate) client: Box<dyn Fn(IpAddr) -> Option<Owner> + Send + Sync>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { idle: Duration::from_secs(130), for_client: 0, client: Box::new(|_| None) }
    }
}

pub(crate) async fn serve(listener: TcpListener, app: Router, allowance: Allowance, stop: impl Future<Output = ()>) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(allowance.idle).max_headers(HEADERS).max_buf_size(HEADER_BYTES);
    let graceful = GracefulShutdown::new();
    let places = places();
    let share = Share::of(places, allowance.for_client);
    let (slots, holders) = (Arc::new(Semaphore::new(places)), Holders::default());
    let mut stop = std::pin::pin!(stop);
    let (mut was_full, mut is_failing, mut was_greedy) = (false, false, false);

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
                // Out of file descriptors, or the client has left already: keep serving the others.
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
        let held = match (allowance.client)(peer.ip()) {
            Some(client) if share.client > 0 => match holders.hold(client, share) {
                Err(holder) => {
                    if !std::mem::replace(&mut was_greedy, true) {
                        tracing::warn!(
                            client = %holder,
                            "a client, or the site it is in, holds {} connections (`http.connections_per_client`), and gets no \
                             more; if it is a proxy of yours, name it in `http.trusted_proxies`",
                            share.for_holder(holder)
                        );
                    }
                    continue;
                }
                Ok(held) => Some(held),
            },
            _ => None,
        };
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let requests = Requests::default();
        let stream = Patient::new(stream, LIMITS, requests.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (app, requests) = (app.clone(), requests.clone());
            async move { requests.answer(answer(app, request, peer, &requests)).await }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // An error of a connection concerns its client only.
            let _ = connection.await;
            drop((slot, held));
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
    requests: &Requests,
) -> Result<axum::response::Response, Infallible> {
    let expects_permission = request.headers().contains_key(EXPECT);
    let (mut request, rest) = rest::lend(request);
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = app.oneshot(request).await?;
    if rest.is_unread(expects_permission, &mut response).await {
        requests.leave_unread();
    }
    Ok(response)
}
