//! `add`: features, project, write, report.

use std::path::PathBuf;

use anyhow::Result;

use super::{DONE, update_of};
use crate::cli;
use crate::failure::{Failure, Failures};
use crate::features::{self, Addition, Feature};
use crate::project::Held;
use crate::report::{Added, Report};
use crate::signals::Signals;
use crate::update::Project;

/// The features and the project's directory.
pub(super) fn checked(arguments: &cli::Add) -> Result<(Vec<Feature>, PathBuf), Failure> {
    let mut failures = Failures::default();
    let features = failures.of(features::parse(arguments.features.iter().map(String::as_str)));
    let root = failures.of(Project::directory(&arguments.directory));
    failures.unless_any(features.zip(root))
}

pub(super) fn run(arguments: &cli::Add, report: &Report, signals: &Signals) -> Result<i32> {
    let (features, root) = checked(arguments)?;
    // Uncommitted changes are no obstacle: lines are added to them, and nothing of theirs is lost.
    let held = Held::at(&root, signals)?;
    let project = Project::at(&root)?;
    let addition = Addition::of(&root, &project.stamp, &features, &update_of(&project, &arguments.directory))?;
    held.amend(&addition.plan(), signals)?;
    report.added(&Added { project: &project, features: &features, addition: &addition });
    Ok(DONE)
}
