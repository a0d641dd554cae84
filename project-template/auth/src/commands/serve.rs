//! `serve`.

use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::Auth;
use crate::hooks::Hooks;
use crate::http;
use crate::mail;
use crate::operations;
use crate::parts::Parts;
use crate::redis;
use crate::sessions;

/// Serves until SIGTERM or Ctrl-C, then finishes what was begun.
pub(super) async fn serve(
    parts: Box<Parts>,
    hooks: impl Hooks,
    app: impl FnOnce(Auth) -> Router,
) -> anyhow::Result<ExitCode> {
    let auth = Auth::of(parts, hooks).await?;
    let app = http::outer_layers(app(auth.clone()), &auth);
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
    // Before the first line says that the server is there: whoever reads it may stop the server at once.
    let stop = stop_signal(&auth)?;
    if let Some(listener) = &metrics {
        tracing::info!("metrics at http://{}/metrics", listener.local_addr()?);
    }
    announce(&auth, address);

    let mail = mail::Worker::start(auth.clone());
    tokio::spawn(redis::prepare(auth.clone()));
    tokio::spawn(sessions::hear_of_changes(auth.clone()));
    let flushing = tokio::spawn(operations::flush_by_itself(auth.clone()));
    let serving_metrics = async {
        if let Some(listener) = metrics {
            http::serve(listener, operations::metrics_router(auth.clone()), auth.stopped()).await;
        }
    };
    tokio::join!(http::serve(listener, app, stop), serving_metrics);
    let _ = flushing.await;
    auth.failures().finish(&auth).await;
    mail.finish().await;
    auth.db().close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn announce(auth: &Auth, address: std::net::SocketAddr) {
    tracing::info!("serving on http://{address}");
    if !auth.settings().is_production() {
        tracing::info!(
            "sign up: curl http://{address}{}/registration/ -H 'Content-Type: application/json' -d '{{\"email\":\
             \"you@example.com\",\"password1\":\"correct horse battery\",\"password2\":\"correct horse battery\"}}'",
            auth.settings().http.prefix
        );
    }
    if auth.settings().serves_docs() {
        tracing::info!("read and try the API: http://{address}/docs/");
    }
}

/// Resolves when the process is asked to stop, and has readiness say so.
fn stop_signal(auth: &Auth) -> anyhow::Result<impl Future<Output = ()> + use<>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let auth = auth.clone();
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: finishing the requests under way");
        auth.begin_stop();
    })
}
