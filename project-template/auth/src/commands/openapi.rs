//! `openapi`.

use std::process::ExitCode;

use crate::app;
use crate::settings::Settings;

/// Prints the description of the API, whether or not these settings serve it.
pub(super) fn print(settings: &Settings) -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&app::description(settings))?);
    Ok(ExitCode::SUCCESS)
}
