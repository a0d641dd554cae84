//! `templates lint`: prints the findings; any finding makes the exit code that of an invalid template.

use std::path::Path;

use anyhow::Result;

use crate::commands::DONE;
use crate::failure::Kind;
use crate::report::Report;
use crate::signals::Signals;
use crate::template::lint;

pub(super) fn run(directory: &Path, report: &Report, signals: &Signals) -> Result<i32> {
    let linted = lint::lint(directory, signals)?;
    let code = if linted.findings.is_empty() { DONE } else { Kind::Template.exit_code() };
    report.linted(&linted, code);
    Ok(code)
}
