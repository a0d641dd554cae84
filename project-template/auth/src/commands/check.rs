//! `check`: with `--deploy` what is unsafe in production.

use std::process::ExitCode;

use crate::settings::Settings;

/// The settings themselves, and what is made of them, were checked before this.
pub(super) fn check(settings: &Settings, deploy: bool) -> ExitCode {
    let warnings = if deploy { settings.deployment_warnings() } else { Vec::new() };
    for warning in &warnings {
        println!("unsafe: {warning}");
    }
    if warnings.is_empty() {
        println!("the settings are fine");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}
