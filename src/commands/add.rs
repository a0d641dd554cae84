//! `add`: features, project, write, report.

use anyhow::Result;

use super::{DONE, update_of};
use crate::cli;
use crate::features::{self, Addition};
use crate::project::Held;
use crate::report::{Added, Report};
use crate::signals::Signals;
use crate::update::Project;

pub(super) fn run(arguments: &cli::Add, report: &Report, signals: &Signals) -> Result<i32> {
    let features = features::parse(arguments.features.iter().map(String::as_str))?;
    let root = Project::directory(&arguments.directory)?;
    // Uncommitted changes are no obstacle: lines are added to them, and nothing of theirs is lost.
    let held = Held::at(&root, signals)?;
    let project = Project::at(&root)?;
    let addition = Addition::of(&root, &project.stamp, &features, &update_of(&project, &arguments.directory))?;
    held.amend(&addition.plan(), signals)?;
    report.added(&Added { project: &project, features: &features, addition: &addition });
    Ok(DONE)
}
