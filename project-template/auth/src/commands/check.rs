//! `check`; with `--deploy`, also settings that are or may be unsafe in production.

use std::process::ExitCode;

use crate::Settings;

/// The settings, and the parts built from them, were validated before this.
pub(super) fn check(settings: &Settings, deploy: bool) -> ExitCode {
    let (warnings, notes) =
        if deploy { (settings.deployment_warnings(), settings.deployment_notes()) } else { Default::default() };
    for warning in &warnings {
        println!("unsafe: {warning}");
    }
    for note in notes {
        println!("note: {note}");
    }
    if warnings.is_empty() {
        println!("the settings are fine");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}
