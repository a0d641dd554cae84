use std::process::ExitCode;

use super::output;
use crate::Settings;
use crate::app::Draft;
use crate::settings::{Advice, Problems};

/// The settings and the parts built from them were validated before this. `found` is further advice.
pub(super) fn check(settings: &Settings, deploy: bool, found: Advice) -> ExitCode {
    let mut judged = if deploy { judge(settings) } else { Judged::default() };
    judged.warnings.extend(found.warnings);
    judged.notes.extend(found.notes);
    for (word, lines) in [("refused", &judged.refused), ("unsafe", &judged.warnings), ("note", &judged.notes)] {
        for line in lines {
            output::line(format_args!("{word}: {line}"));
        }
    }
    if judged.refused.is_empty() && judged.warnings.is_empty() {
        output::line("the settings are fine");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

#[derive(Default)]
struct Judged {
    /// Without these changes, production does not start.
    refused: Vec<String>,
    warnings: Vec<String>,
    notes: Vec<String>,
}

/// Production requires more, and reads no `.env`.
fn judge(settings: &Settings) -> Judged {
    let mut judged = Judged::default();
    let of_production = if settings.is_production() {
        settings.clone()
    } else {
        let hint = "environment: set ENVIRONMENT=production; cookies are not Secure and errors are verbose";
        judged.warnings.push(hint.into());
        let read = Draft::as_in_production().map(Draft::judge);
        let (settings, refused) = read.unwrap_or_else(|Problems(problems)| (settings.clone(), problems));
        judged.refused = refused;
        settings
    };
    judged.warnings.extend(of_production.deployment_warnings());
    judged.notes = of_production.deployment_notes();
    judged
}
