//! `templates show`.

use anyhow::Result;

use crate::commands::DONE;
use crate::report::Report;
use crate::signals::Signals;
use crate::template::Template;

pub(super) fn run(template: &str, report: &Report, signals: &Signals) -> Result<i32> {
    report.template(&Template::at(Some(template), signals)?.describe());
    Ok(DONE)
}
