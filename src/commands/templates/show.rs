//! `templates show`.

use anyhow::Result;

use crate::commands::DONE;
use crate::report::Report;
use crate::signals::Signals;
use crate::template::{Notice, Template};

pub(super) fn run(template: &str, report: &Report, signals: &Signals) -> Result<i32> {
    let template = Template::shown(template, signals)?;
    template.remark.iter().for_each(|remark| report.notice(Notice::Warning(remark.clone())));
    report.template(&template.describe());
    Ok(DONE)
}
