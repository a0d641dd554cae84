use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::background::{self, Background};
use crate::Auth;
use crate::app::Parts;
use crate::hooks::Hooks;
use crate::operations;
use crate::server;
use crate::tokens;

pub(super) async fn serve(
    parts: Box<Parts>,
    hooks: impl Hooks,
    app: impl FnOnce(Auth) -> Router,
) -> anyhow::Result<ExitCode> {
    let auth = Auth::of(parts, hooks).await?;
    let app = server::outer_layers(app(auth.clone()), &auth);
    let bind = auth.settings().http.bind;
    let listener = TcpListener::bind(bind).await.with_context(|| {
        format!("cannot listen on {bind}; set PORT, or `http.bind` in settings.toml, to an address that is free")
    })?;
    let address = listener.local_addr()?;
    let metrics = match auth.settings().http.metrics_bind {
        Some(bind) => Some(TcpListener::bind(bind).await.with_context(|| {
            format!(
                "cannot listen on {bind}; set `http.metrics_bind` to an address that is free, or to \"\" for no metrics"
            )
        })?),
        None => None,
    };
    // Before the first log line: a program that reads it may stop the server at once.
    let stop = stop_signal(&auth)?;
    let hangup = signal(SignalKind::hangup())?;
    tokio::spawn(tokens::keep_reading(auth.clone(), hangup, tokens::every_minute()));
    if let Some(listener) = &metrics {
        tracing::info!("metrics at http://{}/metrics", listener.local_addr()?);
    }
    announce(&auth, address);

    let background = Background::start(&auth);
    let serving_metrics = async {
        if let Some(listener) = metrics {
            let allowance = server::Allowance::default();
            server::serve(listener, operations::metrics_router(auth.clone()), allowance, auth.stopped()).await;
        }
    };
    tokio::join!(server::serve(listener, app, server::Allowance::of(&auth.settings().http), stop), serving_metrics);
    background.finish(&auth).await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Prefers the public URL: the address that a container listens on cannot be called from outside.
fn announce(auth: &Auth, address: std::net::SocketAddr) {
    tracing::info!("serving on http://{address}");
    let settings = auth.settings();
    let base = settings.http.base(address);
    if !settings.is_production() {
        tracing::info!("{}", background::first_step(&format!("{base}{}", settings.http.prefix)));
    }
    if settings.serves_docs() {
        tracing::info!("read and try the API: {base}/docs/");
    }
}

/// Resolves after the server has drained; meanwhile, readiness fails.
fn stop_signal(auth: &Auth) -> anyhow::Result<impl Future<Output = ()> + use<>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let auth = auth.clone();
    Ok(async move {
        let mut asked = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        asked().await;
        auth.begin_leave();
        let drain = auth.settings().drain();
        if !drain.is_zero() {
            tracing::info!(
                "leaving: serving on for {drain:?} while readiness says so; asked once more, it stops at once"
            );
            tokio::select! {
                () = tokio::time::sleep(drain) => {}
                () = asked() => {}
            }
        }
        tracing::info!("stopping: finishing the requests under way");
        auth.begin_stop();
    })
}
