//! `templates list`.

use crate::commands::DONE;
use crate::report::Report;
use crate::template::description;

pub(super) fn run(report: &Report) -> i32 {
    report.templates(&description::embedded().collect::<Vec<_>>());
    DONE
}
