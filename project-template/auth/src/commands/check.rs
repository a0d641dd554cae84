//! `check`: the settings, and with `--deploy` what is unsafe in production.

use std::process::ExitCode;

use crate::mail;
use crate::settings::{Problems, Settings};
use crate::templates::Templates;
use crate::tokens::Tokens;

/// The settings themselves were checked when they were read.
pub(super) fn check(settings: &Settings, deploy: bool) -> anyhow::Result<ExitCode> {
    let mut problems = Tokens::load(&settings.tokens).err().unwrap_or_default();
    problems.extend(Templates::load(&settings.templates, settings.http.host()).err().unwrap_or_default());
    problems.extend(mail::Sender::new(&settings.mail).err().map(|error| format!("{error:#}")));
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    let warnings = if deploy { settings.deployment_warnings() } else { Vec::new() };
    for warning in &warnings {
        println!("unsafe: {warning}");
    }
    if warnings.is_empty() {
        println!("the settings are fine");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
