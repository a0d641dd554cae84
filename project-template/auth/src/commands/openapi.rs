use std::process::ExitCode;

use clap::ValueEnum;

use super::output;
use crate::Settings;
use crate::app::api::description;
use crate::openapi;

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// The description itself (OpenAPI 3.1)
    Json,
    /// A collection of requests for Postman (version 2.1)
    Postman,
    /// A text of requests that editors send
    Http,
}

/// Works even if these settings serve no description.
pub(super) fn print(settings: &Settings, format: Format) -> ExitCode {
    let spec = description(settings);
    let text = match format {
        Format::Json => format!("{spec:#}\n"),
        Format::Postman => openapi::postman(&spec),
        Format::Http => openapi::http_file(&spec),
    };
    output::whole(text);
    ExitCode::SUCCESS
}
