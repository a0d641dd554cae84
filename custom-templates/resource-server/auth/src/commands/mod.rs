//! The program: it serves. Differs from the built-in project: it only serves.

mod logs;

use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::Auth;
use crate::Settings;
use crate::server::{self, Allowance};

/// Serves until SIGTERM or Ctrl-C, then finishes what was begun.
pub async fn serve(app: impl FnOnce(Auth) -> Router) -> ExitCode {
    let served = match Settings::from_environment() {
        Ok(settings) => serve_with(settings, app).await,
        Err(problems) => Err(problems.into()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve_with(settings: Settings, app: impl FnOnce(Auth) -> Router) -> anyhow::Result<()> {
    logs::start(&settings);
    let auth = Auth::start(settings).await?;
    let settings = &auth.settings().http;
    let listener = TcpListener::bind(settings.bind).await.with_context(|| {
        format!("cannot listen on {}; set PORT, or `http.bind` in settings.toml, to one that is free", settings.bind)
    })?;
    let address = listener.local_addr()?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    };
    tracing::info!("serving on http://{address}");
    server::serve(listener, server::outer_layers(app(auth.clone()), settings), Allowance::of(settings), stop).await;
    tracing::info!("stopped");
    Ok(())
}
