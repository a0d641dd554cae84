//! `templates export`: writes a template completely or not at all, like a project.

use std::path::Path;

use anyhow::{Error, Result};

use crate::cli::IfExists;
use crate::commands::{DONE, both};
use crate::failure::{Failure, Kind};
use crate::project::{self, Destination};
use crate::report::Report;
use crate::signals::Signals;
use crate::template::embedded;
use crate::vcs::Git;

pub(super) fn run(name: &str, directory: &Path, report: &Report, signals: &Signals) -> Result<i32> {
    let destination = Destination::of(directory.to_owned())?;
    let is_free = destination.refuse_occupied(IfExists::Error).map_err(in_the_way);
    let ((), tree) = both(is_free, embedded::export(name).ok_or_else(|| unknown(name)))?;
    let written = project::write(&tree, &destination, IfExists::Error, Git::none(), signals).map_err(in_the_way)?;
    report.exported(name, directory, &written);
    Ok(DONE)
}

fn unknown(name: &str) -> Failure {
    Failure::new(Kind::Template, format!("no template `{name}` comes with the program"))
        .hint(format!("there are {}", embedded::names().collect::<Vec<_>>().join(", ")))
}

/// Replaces the hints of `startproject`, which do not apply here.
fn in_the_way(error: Error) -> Error {
    match error.downcast::<Failure>() {
        Ok(failure) if failure.kind == Kind::Destination => {
            Failure { hints: vec!["take a directory that is not there yet, or empty".into()], ..failure }.into()
        }
        Ok(failure) => failure.into(),
        Err(error) => error,
    }
}
