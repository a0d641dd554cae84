use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::Settings;
use crate::settings::variable;

/// Of sqlx, only warnings, such as slow statements. At `info` it logs PostgreSQL's notices.
const DEFAULT: &str = "info,sqlx=warn";

/// `RUST_LOG` sets the filter, such as `info,auth=debug`.
pub(super) fn start(settings: &Settings) {
    let wished = wished();
    let targets = wished.as_ref().ok().cloned().flatten().unwrap_or_else(|| DEFAULT.parse().unwrap_or_default());
    let registry = tracing_subscriber::registry().with(targets);
    let is_colourful = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_colourful);
    // Tests start it more than once: the first one stays in place.
    let _ = if settings.is_production() {
        registry.with(layer.json()).try_init()
    } else {
        registry.with(layer.with_target(false)).try_init()
    };
    if let Err(problem) = wished {
        tracing::warn!("{problem}; logging `{DEFAULT}` instead");
    }
}

fn wished() -> Result<Option<Targets>, String> {
    let Some(text) = variable("RUST_LOG")? else { return Ok(None) };
    text.parse().map(Some).map_err(|error| format!("RUST_LOG: {error}"))
}
